//! The history of runs: what is kept, for how long, and what a killed run leaves.

use jiff::{SignedDuration, Timestamp};
use samesign::apply::{Applied, Outcome};
use samesign::model::{Links, PausedChange};
use samesign::plan::{Consent, Planned, review};
use samesign::policy::{Approval, ApprovedChange};
use samesign::state::{Record, State};

use crate::plan::world::{World, world};

const WORLD: &str = "ad user ada\nad user bob title=Clerk\ncloud user bob jobTitle=Old";

/// A run of all changes of a world; those of whoever is named come to nothing.
fn attempt(world: &World, state: &mut State, failing: &str) {
    let Planned { header, plan, report } = world.plan();
    let approved = review(plan, &Consent::default(), world.as_of).approved;
    let record = Record {
        reviewed: world.policy.reviewed(),
        header: &header,
        report: &report,
        approved: &approved,
        policy_waits: false,
        by: "kim",
        as_of: world.as_of,
        links: &Links::default(),
    };
    let begun = state.begin(&record).unwrap();
    let outcome = |name: &str| if name == failing { Outcome::NotTried(None) } else { Outcome::Applied };
    let outcomes: Vec<_> =
        approved.changes().map(|it| (it, Applied { outcome: outcome(it.name()), id: None })).collect();
    state.settle(&begun, &outcomes, world.as_of).unwrap();
    state.end(&begun, world.as_of).unwrap();
}

#[test]
fn only_what_failed_last_and_not_since_is_failing() {
    let folder = tempfile::tempdir().unwrap();
    let mut state = State::open(folder.path()).unwrap();
    let both = world(WORLD);
    let failing = |state: &State, tenant: &str| -> Vec<String> {
        let found = state.failing("contoso", tenant).unwrap();
        found.iter().map(|(run, it)| format!("{run}: {} {}: {}", it.op, it.name, it.outcome)).collect()
    };
    attempt(&both, &mut state, "ada@contoso.com");
    assert_eq!(failing(&state, "t"), ["1: create ada@contoso.com: stopped"]);
    // Bob failed later, and ada is not touched by that run.
    attempt(&world("ad user bob title=Clerk\ncloud user bob jobTitle=Old"), &mut state, "bob@contoso.com");
    assert_eq!(
        failing(&state, "t"),
        ["2: update bob@contoso.com: stopped", "1: create ada@contoso.com: stopped"]
    );
    assert!(failing(&state, "another").is_empty());
    attempt(&both, &mut state, "nobody");
    assert!(failing(&state, "t").is_empty());
}

#[test]
fn what_is_tried_again_later_is_failing_whatever_else_was_done_to_its_object() {
    let folder = tempfile::tempdir().unwrap();
    let mut state = State::open(folder.path()).unwrap();
    let (one, other) = (
        world("ad user bob title=Clerk\ncloud user bob jobTitle=Old"),
        world("ad user bob title=Boss\ncloud user bob jobTitle=Old"),
    );
    attempt(&one, &mut state, "bob@contoso.com");
    let digest = one.plan().plan.changes()[0].digest();
    attempt(&other, &mut state, "nobody");
    assert!(state.failing("contoso", "t").unwrap().is_empty());
    let paused = PausedChange { digest, password_set: 0, failures: 2, pause: 60, next: one.as_of };
    state.put_paused(("contoso", "t"), std::slice::from_ref(&paused)).unwrap();
    let failing = |state: &State| -> Vec<i64> {
        state.failing("contoso", "t").unwrap().iter().map(|it| it.0).collect()
    };
    assert_eq!(failing(&state), [1]);
    attempt(&one, &mut state, "bob@contoso.com");
    assert_eq!(failing(&state), [3], "of several times the last");
    drop(state);
    let mut state = State::open(folder.path()).unwrap();
    assert_eq!(state.paused("contoso", "t").unwrap(), [paused]);
    assert!(
        state.paused("contoso", "other").unwrap().is_empty()
            && state.paused("adatum", "t").unwrap().is_empty()
    );
    state.put_paused(("contoso", "t"), &[]).unwrap();
    assert!(state.paused("contoso", "t").unwrap().is_empty());
}

/// Begins a run at a time and settles its first change; it ends only if it is not killed.
fn run(world: &World, state: &mut State, at: Timestamp, is_killed: bool) {
    let Planned { header, plan, report } = world.plan();
    let approved = review(plan, &Consent::default(), at).approved;
    let reviewed = world.policy.reviewed();
    let record = Record {
        reviewed,
        header: &header,
        report: &report,
        approved: &approved,
        policy_waits: false,
        by: "kim",
        as_of: at,
        links: &Links::default(),
    };
    let begun = state.begin(&record).unwrap();
    let change = approved.changes().next().unwrap();
    state.settle(&begun, &[(change, Applied { outcome: Outcome::Applied, id: None })], at).unwrap();
    if !is_killed {
        state.end(&begun, at).unwrap();
    }
}

#[test]
fn a_killed_run_is_told_as_far_as_it_went() {
    let folder = tempfile::tempdir().unwrap();
    let world = world(WORLD);
    run(&world, &mut State::open(folder.path()).unwrap(), world.as_of, true);
    let state = State::open(folder.path()).unwrap();
    let (run, changes) = state.run(1).unwrap().unwrap();
    assert_eq!((run.done, run.failed, run.ended, changes.len()), (1, 0, None, 1));
}

#[test]
fn old_runs_are_dropped_with_their_changes() {
    let folder = tempfile::tempdir().unwrap();
    let world = world(WORLD);
    let mut state = State::open(folder.path()).unwrap();
    let days = |it: i64| world.as_of + SignedDuration::from_hours(24 * it);
    for day in [-401, -399, 0] {
        run(&world, &mut state, days(day), false);
    }
    let kept: Vec<i64> = state.runs(&["contoso"], 10).unwrap().iter().map(|it| it.number).collect();
    assert_eq!(kept, [3, 2]);
    assert!(state.run(1).unwrap().is_none());
    drop(state);
    let database = rusqlite::Connection::open(folder.path().join("state.db")).unwrap();
    let orphans: u32 =
        database.query_row("SELECT count(*) FROM run_change WHERE run = 1", [], |it| it.get(0)).unwrap();
    assert_eq!(orphans, 0);
}

#[test]
fn a_policy_that_never_rests_pushes_out_its_own_runs_only() {
    let folder = tempfile::tempdir().unwrap();
    let world = world(WORLD);
    drop(State::open(folder.path()).unwrap());
    let database = rusqlite::Connection::open(folder.path().join("state.db")).unwrap();
    for (policy, number) in [("quiet", 5), ("contoso", 10_000)] {
        let insert = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?2) INSERT INTO \
                      run (policy, tenant, plan, dirty, policy_digest, login, started, done, failed, held) \
                      SELECT ?1, 't', '', 0, '', '', ?3, 0, 0, 0 FROM n";
        database.execute(insert, rusqlite::params![policy, number, world.as_of.as_second()]).unwrap();
    }
    drop(database);
    let mut state = State::open(folder.path()).unwrap();
    run(&world, &mut state, world.as_of, false);
    let numbers = |policy: &str| -> Vec<i64> {
        state.runs(&[policy], 20_000).unwrap().iter().map(|it| it.number).collect()
    };
    assert_eq!(numbers("quiet").len(), 5);
    let kept = numbers("contoso");
    assert_eq!((kept.len(), kept[0], kept[9_999]), (10_000, 10_006, 7));
}

#[test]
fn the_approval_of_a_change_is_recorded_with_it() {
    let folder = tempfile::tempdir().unwrap();
    // Bob went out of scope, and the scope is not the reviewed one: his removal is held.
    let mut world = world("ad user bob ou=Old\ncloud user bob");
    world.edit("users.scope.bases");
    let Planned { header, plan, report } = world.plan();
    let changes = plan.changes().iter().map(|it| ApprovedChange { digest: it.digest(), what: String::new() });
    let approval = Approval {
        name: "leavers".to_owned(),
        reason: "ticket 4711".to_owned(),
        by: "lee".to_owned(),
        expires: world.as_of + SignedDuration::from_hours(1),
        changes: changes.collect(),
    };
    let consent = Consent { approvals: &[approval], held_set: plan.held_digest(), ..Consent::default() };
    let approved = review(plan, &consent, world.as_of).approved;
    let reviewed = world.policy.reviewed();
    let record = Record {
        reviewed,
        header: &header,
        report: &report,
        approved: &approved,
        policy_waits: false,
        by: "kim",
        as_of: world.as_of,
        links: &Links::default(),
    };
    let mut state = State::open(folder.path()).unwrap();
    let begun = state.begin(&record).unwrap();
    let outcomes: Vec<_> =
        approved.changes().map(|it| (it, Applied { outcome: Outcome::Applied, id: None })).collect();
    state.settle(&begun, &outcomes, world.as_of).unwrap();
    let (run, changes) = state.run(1).unwrap().unwrap();
    let release = changes[0].release.as_ref().unwrap();
    // The manifest says more than the digest of the command line, which was given as well.
    assert_eq!((release.approval.as_deref(), release.by.as_str()), (Some("leavers"), "lee"));
    assert_eq!((run.by.as_str(), release.reason.as_deref()), ("kim", Some("ticket 4711")));
    assert_eq!(changes[0].values, r#"{"attributes":[{"name":"accountEnabled","from":true,"to":false}]}"#);
}
