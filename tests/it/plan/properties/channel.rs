//! The random worlds on the channel of Entra Connect: what must hold for a plan by itself.
//!
//! What becomes of a plan is left to the stories: the tables of `model` calculate no addresses and show everything.

use proptest::prelude::*;
use samesign::model::{
    AttributeNamesBuilder, CloudGroup, CloudUser, Features, ObjectKind, Origin, TenantIdentity, TenantReading,
};
use samesign::plan::{Consent, Op, Subject, Value, lint, review};
use samesign::policy::{Channel, Flows, preset_flows};

use super::worlds::{Sketch, sketches};
use super::{World, json};

/// Which objects of the tenant a directory is master of.
fn masters() -> impl Strategy<Value = Vec<bool>> {
    prop::collection::vec(prop::bool::weighted(0.7), 1..12)
}

/// The world, with the flows of the channel, and with objects that were synchronised.
pub(super) fn synchronised(sketch: &Sketch, lines: &[String], masters: &[bool]) -> World {
    let mut world = sketch.world(lines);
    // The attributes that worlds give themselves, with the same numbers.
    let mut names = AttributeNamesBuilder::new();
    for name in ["title", "department"] {
        names.intern(name).unwrap();
    }
    let mut flows = |kind| Flows::combine(preset_flows(Channel::DirectorySync, kind, "default", &mut names));
    world.policy.channel = Channel::DirectorySync;
    world.policy.users.as_mut().unwrap().flows = flows(ObjectKind::User);
    world.policy.groups.as_mut().unwrap().flows = flows(ObjectKind::Group);
    let tenant = &world.tenant;
    let origin = |at: usize| if masters[at % masters.len()] { Origin::Synced } else { Origin::Cloud };
    let user = |(at, it): (usize, &CloudUser)| {
        let origin = if it.anchor.is_some() { origin(at) } else { Origin::Cloud };
        CloudUser { origin, ..it.clone() }
    };
    // The tenant shows no anchor of a group that was synchronised.
    let group = |(at, it): (usize, &CloudGroup)| match (it.anchor, origin(at)) {
        (Some(_), Origin::Synced) => CloudGroup { origin: Origin::Synced, anchor: None, ..it.clone() },
        (_, _) => it.clone(),
    };
    world.tenant = TenantReading {
        contacts: Vec::new(),
        identity: TenantIdentity { takes_synchronised: Some(true), ..tenant.identity().clone() },
        domains: tenant.domains().to_vec(),
        users: tenant.users().iter().enumerate().map(user).collect(),
        groups: tenant.groups().iter().enumerate().map(group).collect(),
        roles: tenant.roles().clone(),
        features: Features::default(),
    }
    .finish();
    world
}

proptest! {
    #[test]
    fn the_order_in_which_servers_answer_does_not_change_a_byte(
        (sketch, shuffled) in sketches().prop_flat_map(|it| {
            let lines = Just(it.lines()).prop_shuffle();
            (Just(it), lines)
        })
    ) {
        // Who is first is master of none: places differ when lines are shuffled.
        let [one, other] = [&sketch.lines(), &shuffled].map(|it| synchronised(&sketch, it, &[true]));
        prop_assert_eq!(json(one.plan()), json(other.plan()));
    }

    #[test]
    fn no_plan_has_a_fault_and_nothing_held_runs(sketch in sketches(), masters in masters()) {
        let world = synchronised(&sketch, &sketch.lines(), &masters);
        let planned = world.plan();
        let faults: Vec<String> = lint(&planned, &world.inputs()).iter().map(ToString::to_string).collect();
        prop_assert_eq!(faults, Vec::<String>::new(), "{}\n{:?}", sketch.lines().join("\n"), masters);
        let review = review(planned.plan, &Consent::default(), world.as_of);
        prop_assert!(review.approved.changes().all(|it| it.held().is_none()));
    }

    #[test]
    fn nobody_whom_the_cloud_masters_is_changed_without_a_person(sketch in sketches(), masters in masters()) {
        let world = synchronised(&sketch, &sketch.lines(), &masters);
        for change in world.plan().plan.changes().iter().filter(|it| it.held().is_none()) {
            let refers_to = change.attribute_changes().iter().filter_map(|it| match &it.to {
                Some(Value::Reference(to)) => Some(to.subject),
                _ => None,
            });
            for subject in refers_to {
                let Subject::Known(id) = subject else { continue };
                prop_assert!(world.tenant.user(id).is_none_or(|it| it.origin == Origin::Synced), "{change:?}");
            }
            let Subject::Known(id) = change.subject() else { continue };
            let user = world.tenant.user(id);
            let is_cloud = user.is_some_and(|it| it.origin == Origin::Cloud && it.deleted_at.is_none());
            let is_cloud_group = world.tenant.group(id).is_some_and(|it| it.origin == Origin::Cloud);
            prop_assert!(
                !is_cloud_group && !is_cloud,
                "{:?}\n{}", change, sketch.lines().join("\n")
            );
        }
    }

    #[test]
    fn every_change_changes_something(sketch in sketches(), masters in masters()) {
        for change in synchronised(&sketch, &sketch.lines(), &masters).plan().plan.changes() {
            match change.op() {
                Op::Create(values) => prop_assert!(!values.is_empty()),
                Op::Update(attributes) => {
                    prop_assert!(!attributes.is_empty());
                    prop_assert!(attributes.iter().all(|it| it.from != it.to));
                }
                Op::Members { add, remove, .. } => prop_assert!(!add.is_empty() || !remove.is_empty()),
                Op::Adopt { differ, agree } => prop_assert!(!differ.is_empty() || !agree.is_empty()),
                Op::Features(turns) => prop_assert!(!turns.is_empty()),
                Op::Block | Op::Unblock | Op::Delete | Op::Restore(_) | Op::Password(_) => (),
            }
        }
    }
}
