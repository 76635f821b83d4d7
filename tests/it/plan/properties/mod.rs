//! What must hold for every plan, over random worlds, policies and faults.
//!
//! `PROPTEST_CASES` sets how many: 256 if it is not set, and a share of that where a case is long.

mod channel;
mod incremental;
mod model;
mod pseudonyms;
mod rollback;
mod worlds;

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use samesign::model::{Anchor, CloudId, Property};
use samesign::plan::{Change, Consent, Op, Planned, Subject, lint, review};
use samesign::render::{Encoded, plans_json};

use self::model::{Fate, Tenant, run};
use self::worlds::{Sketch, sketches};
use super::world::World;

/// A share of the usual number of cases.
fn one_in(share: u32) -> ProptestConfig {
    let usual = ProptestConfig::default();
    ProptestConfig { cases: (usual.cases / share).max(1), ..usual }
}

fn made(sketch: &Sketch) -> World {
    sketch.world(&sketch.lines())
}

/// Runs end within so many: a block, the end of a grace period of no days, and what waits for names.
const RUNS_MAX: usize = 8;

/// Applies until nothing is left but what is held; how many runs it took, and what the service refused.
fn settle(world: &mut World) -> (usize, Vec<String>) {
    let mut refused = Vec::new();
    let mut was_quiet = false;
    for runs in 0..RUNS_MAX {
        let (planned, again) = run(world, |_| Fate::Done);
        refused.extend(again);
        let is_quiet = planned.plan.changes().iter().all(|it| it.held().is_some());
        // A run that writes nothing may still begin a grace period of no days.
        if is_quiet && was_quiet {
            return (runs, refused);
        }
        was_quiet = is_quiet;
    }
    (RUNS_MAX, refused)
}

/// The tenant as people see it: who was created has the anchor for a name.
fn seen(world: &World, first: &BTreeSet<CloudId>) -> BTreeMap<String, String> {
    let tenant = Tenant::of(&world.tenant);
    let key = |id: &CloudId, anchor: Option<Anchor>| match anchor {
        Some(anchor) if !first.contains(id) => anchor.to_string(),
        Some(_) | None => id.to_string(),
    };
    let users = tenant.users.values().map(|it| (it.id, key(&it.id, it.anchor)));
    let keys: BTreeMap<CloudId, String> =
        users.chain(tenant.groups.values().map(|it| (it.id, key(&it.id, it.anchor)))).collect();
    let known = |id: &CloudId| keys.get(id).cloned().unwrap_or_else(|| id.to_string());
    let mut seen = BTreeMap::new();
    for it in tenant.users.values() {
        let manager = it.manager.as_ref().map(known);
        let name = it.attributes.text(Property::UserPrincipalName.id()).map(|name| {
            let id = it.id.to_string().replace('-', "");
            name.trim_start_matches(&id).to_owned()
        });
        let others: Vec<_> =
            it.attributes.iter().filter(|it| it.0 != Property::UserPrincipalName.id()).collect();
        let deleted = it.deleted_at.is_some();
        seen.insert(keys[&it.id].clone(), format!("{name:?} {others:?} {manager:?} {deleted}"));
    }
    for it in tenant.groups.values() {
        let members: BTreeSet<String> = it.members.iter().map(known).collect();
        let values: Vec<_> = it.attributes.iter().collect();
        let deleted = it.deleted_at.is_some();
        seen.insert(keys[&it.id].clone(), format!("{values:?} {members:?} {deleted}"));
    }
    seen
}

fn ids(world: &World) -> BTreeSet<CloudId> {
    let users = world.tenant.users().iter().map(|it| it.id);
    users.chain(world.tenant.groups().iter().map(|it| it.id)).collect()
}

fn json(planned: Planned) -> String {
    plans_json(&Encoded { plans: &[planned], manifests: None })
}

fn removals(planned: &Planned) -> impl Iterator<Item = &Change> {
    planned.plan.changes().iter().filter(|it| it.held().is_none() && it.is_removal())
}

fn faults() -> impl Strategy<Value = Vec<Fate>> {
    let fate = prop_oneof![
        6 => Just(Fate::Done),
        2 => Just(Fate::Refused),
        2 => Just(Fate::Lost),
        1 => Just(Fate::Stopped),
    ];
    prop::collection::vec(fate, 1..30)
}

proptest! {
    #[test]
    fn the_order_in_which_servers_answer_does_not_change_a_byte(
        (sketch, shuffled) in sketches().prop_flat_map(|it| {
            let lines = Just(it.lines()).prop_shuffle();
            (Just(it), lines)
        })
    ) {
        prop_assert_eq!(json(made(&sketch).plan()), json(sketch.world(&shuffled).plan()));
    }

    #[test]
    fn no_plan_has_a_fault(sketch in sketches()) {
        let world = made(&sketch);
        let planned = world.plan();
        let faults: Vec<String> = lint(&planned, &world.inputs()).iter().map(ToString::to_string).collect();
        prop_assert_eq!(faults, Vec::<String>::new(), "{}", sketch.lines().join("\n"));
    }

    #[test]
    fn what_is_held_never_runs_without_consent(sketch in sketches()) {
        let world = made(&sketch);
        let review = review(world.plan().plan, &Consent::default(), world.as_of);
        prop_assert!(review.approved.changes().all(|it| it.held().is_none()));
    }

    #[test]
    fn every_change_changes_something(sketch in sketches()) {
        for change in made(&sketch).plan().plan.changes() {
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

    #[test]
    fn one_run_removes_no_more_than_the_limits_and_changes_only_what_it_says(sketch in sketches()) {
        let mut world = made(&sketch);
        let before = Tenant::of(&world.tenant);
        let (planned, refused) = run(&mut world, |_| Fate::Done);
        prop_assert_eq!(refused, Vec::<String>::new(), "{}", sketch.lines().join("\n"));
        let limits = &world.policy.guards;
        let of = |kind| removals(&planned).filter(move |it| it.kind() == kind).count();
        prop_assert!(of(samesign::model::ObjectKind::User) <= limits.users.removals.max as usize);
        prop_assert!(of(samesign::model::ObjectKind::Group) <= limits.groups.removals.max as usize);
        let named: BTreeSet<Subject> =
            planned.plan.changes().iter().filter(|it| it.held().is_none()).map(Change::subject).collect();
        let after = Tenant::of(&world.tenant);
        let deleted = |id: &CloudId| after.users.get(id).is_some_and(|it| it.deleted_at.is_some());
        for user in before.users.values().filter(|it| !named.contains(&Subject::Known(it.id))) {
            let mut user = user.clone();
            user.manager = user.manager.filter(|it| !deleted(it));
            prop_assert_eq!(Some(&user), after.users.get(&user.id));
        }
        let created = planned.plan.changes().iter().filter(|it| matches!(it.op(), Op::Create(_)));
        let created = created.filter(|it| it.held().is_none()).count();
        let (then, now) = (before.users.len() + before.groups.len(), after.users.len() + after.groups.len());
        prop_assert_eq!(then + created, now);
    }

}

proptest! {
    #![proptest_config(one_in(3))]

    #[test]
    fn nobody_cloud_only_is_touched_and_no_admin_loses_access(sketch in sketches()) {
        let mut world = made(&sketch);
        let before = Tenant::of(&world.tenant);
        let links = world.links.by_anchor.values().map(|it| it.cloud).collect::<BTreeSet<_>>();
        let _runs = settle(&mut world);
        let after = Tenant::of(&world.tenant);
        for user in before.users.values().filter(|it| it.anchor.is_none() && !links.contains(&it.id)) {
            let mut user = user.clone();
            let gone = |it: &CloudId| after.users.get(it).is_some_and(|it| it.deleted_at.is_some());
            user.manager = user.manager.filter(|it| !gone(it));
            prop_assert_eq!(Some(&user), after.users.get(&user.id));
        }
        let may_sign_in = |it: &samesign::model::CloudUser| {
            it.deleted_at.is_none() && it.attributes.text(Property::AccountEnabled.id()) != Some("false")
        };
        for user in before.users.values().filter(|it| !world.tenant.roles_of(it.id).is_empty()) {
            prop_assert!(!may_sign_in(user) || may_sign_in(&after.users[&user.id]));
        }
    }

    #[test]
    fn applying_again_and_again_comes_to_an_end(sketch in sketches()) {
        let mut world = made(&sketch);
        let (runs, refused) = settle(&mut world);
        prop_assert_eq!(refused, Vec::<String>::new(), "{}", sketch.lines().join("\n"));
        prop_assert!(runs < RUNS_MAX, "{}", sketch.lines().join("\n"));
    }

    #[test]
    fn whatever_goes_wrong_the_end_is_the_same(sketch in sketches(), fates in prop::collection::vec(faults(), 1..3)) {
        let sketch = sketch.without_limits();
        let (mut smooth, mut rough) = (made(&sketch), made(&sketch));
        let first = ids(&smooth);
        settle(&mut smooth);
        for schedule in &fates {
            run(&mut rough, |at| schedule.get(at).copied().unwrap_or(Fate::Done));
        }
        let (runs, _refused) = settle(&mut rough);
        prop_assert!(runs < RUNS_MAX);
        prop_assert_eq!(seen(&smooth, &first), seen(&rough, &first), "{}", sketch.lines().join("\n"));
    }
}
