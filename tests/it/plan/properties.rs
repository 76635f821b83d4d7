//! What must hold for every plan.

use proptest::prelude::*;
use samesign::plan::{Consent, Op, Planned, review};

use super::world::{World, world};

fn lines() -> impl Strategy<Value = Vec<String>> {
    let name = prop_oneof![Just("ada"), Just("bob"), Just("cleo"), Just("dan"), Just("eve")];
    let line = (0..9, name.clone(), name).prop_map(|(sort, one, other)| match sort {
        0 => format!("ad user {one} title={other}"),
        1 => format!("ad user {one} ou=Old"),
        2 => format!("ad user {one} userPrincipalName={other}@contoso.com manager={other}"),
        3 => format!("cloud user {one} jobTitle={other}"),
        4 => format!("cloud-only user {one}{other}"),
        5 => format!("deleted user {one}"),
        6 => format!("ad group g{one} member={one},{other}"),
        7 => format!("cloud group g{one} members={other}"),
        _ => format!("unlinked user {one}"),
    });
    proptest::collection::vec(line, 0..20).prop_map(|lines| {
        let mut seen = std::collections::BTreeSet::new();
        let key = |it: &String| {
            let words: Vec<&str> = it.split(' ').collect();
            let side = if words[0] == "ad" { "ad" } else { "cloud" };
            (side, words[2].to_owned())
        };
        lines.into_iter().filter(|it| seen.insert(key(it))).collect()
    })
}

fn show(planned: &Planned) -> String {
    samesign::render::plan_text(planned, samesign::render::Paint::Plain)
}

fn cloud_only(world: &World) -> Vec<samesign::model::CloudId> {
    let users = world.tenant.users().iter().filter(|it| it.anchor.is_none()).map(|it| it.id);
    users.collect()
}

proptest! {
    #[test]
    fn the_order_in_which_servers_answer_does_not_change_a_byte(lines in lines(), seed in any::<u64>()) {
        let mut shuffled = lines.clone();
        let rotate = usize::try_from(seed % 7).unwrap() % shuffled.len().max(1);
        shuffled.rotate_left(rotate);
        shuffled.reverse();
        let (one, other) = (world(&lines.join("\n")).plan(), world(&shuffled.join("\n")).plan());
        prop_assert_eq!(show(&one), show(&other));
        prop_assert_eq!(one.plan, other.plan);
    }

    #[test]
    fn a_plan_never_touches_a_cloud_only_object(lines in lines()) {
        let world = world(&lines.join("\n"));
        let planned = world.plan();
        for id in cloud_only(&world) {
            for change in planned.plan.changes() {
                prop_assert_ne!(change.subject(), samesign::plan::Subject::Known(id));
                if let Op::Members { add, remove, .. } = change.op() {
                    prop_assert!(add.iter().chain(remove).all(|it| it.subject != samesign::plan::Subject::Known(id)));
                }
            }
        }
    }

    #[test]
    fn what_is_held_never_runs_without_consent(lines in lines()) {
        let world = world(&lines.join("\n"));
        let review = review(world.plan().plan, &Consent::default(), world.as_of);
        prop_assert!(review.approved.changes().all(|it| it.held().is_none()));
    }

    #[test]
    fn every_change_changes_something(lines in lines()) {
        for change in world(&lines.join("\n")).plan().plan.changes() {
            match change.op() {
                Op::Create(values) => prop_assert!(!values.is_empty()),
                Op::Update(attributes) => {
                    prop_assert!(!attributes.is_empty());
                    prop_assert!(attributes.iter().all(|it| it.from != it.to));
                }
                Op::Members { add, remove, .. } => prop_assert!(!add.is_empty() || !remove.is_empty()),
                Op::Adopt { differ, agree } => prop_assert!(!differ.is_empty() || !agree.is_empty()),
                Op::Block | Op::Unblock | Op::Delete | Op::Restore => (),
            }
        }
    }
}
