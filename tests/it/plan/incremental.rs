//! Planning what changed, where random worlds seldom come.

use std::collections::BTreeSet;

use jiff::Timestamp;
use samesign::model::{Guid, Touched};
use samesign::plan::{Memo, News, Op, Planned, replan};

use super::world::{World, guid, world};

/// Ada, as she is wanted, on a day that she sees the end of or not.
fn ada(values: &str, at: &str) -> World {
    let text = format!("ad user ada {values}\ncloud user ada");
    let mut world = world(&text).since(&world(&text));
    world.as_of = at.parse().unwrap();
    world
}

fn only(touched: &[Guid]) -> News {
    let directory = Touched::Only(touched.iter().copied().collect());
    News { directory, tenant: Touched::Only(BTreeSet::new()) }
}

/// What is planned of what changed, which is what is planned of everything.
fn planned(memo: Option<Memo>, world: &World, touched: &[Guid]) -> (Planned, Memo) {
    let (planned, memo) = replan(memo, &world.inputs(), &only(touched));
    assert_eq!(planned, world.plan_without_list());
    (planned, memo.expect("the reading is whole"))
}

#[test]
fn an_account_expires_on_the_day_on_which_its_end_was_set() {
    let noon: Timestamp = "2026-11-22T12:00:00Z".parse().unwrap();
    let expires = "accountExpires=134398224000000000";
    let (_, memo) = planned(None, &ada("", "2026-11-22T09:00:00Z"), &[]);
    assert_ne!(memo.turns_at(), noon);

    let (still, memo) = planned(Some(memo), &ada(expires, "2026-11-22T10:00:00Z"), &[guid("ada")]);
    assert!(still.plan.changes().is_empty());
    assert_eq!(memo.turns_at(), noon);

    let (then, _) = planned(Some(memo), &ada(expires, "2026-11-22T12:00:00Z"), &[]);
    assert!(matches!(then.plan.changes()[0].op(), Op::Block));
}

#[test]
fn nobody_is_planned_again_without_a_reason() {
    let (_, memo) = planned(None, &ada("", "2026-11-22T09:00:00Z"), &[]);
    assert_eq!(memo.planned(), 1);
    let (_, memo) = planned(Some(memo), &ada("", "2026-11-22T10:00:00Z"), &[]);
    assert_eq!(memo.planned(), 0);
    let (_, memo) = planned(Some(memo), &ada("", "2026-11-22T10:00:00Z"), &[guid("ada")]);
    assert_eq!(memo.planned(), 1);
}
