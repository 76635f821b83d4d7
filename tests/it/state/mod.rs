//! What is remembered between runs.

mod history;
mod migrating;

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use samesign::apply::{Applied, Outcome};
use samesign::model::{Links, ObjectKind, ToldAlarm};
use samesign::plan::{Change, Consent, review};
use samesign::state::{Record, State, StateError};
use samesign::target::TargetError;

use crate::plan::world::{World, cloud_id, world};

/// Plans a world, and hands over what is recorded when all that may run is carried out.
fn with_record((world, consent): (&World, &Consent<'_>), as_of: Timestamp, work: impl FnOnce(&Record<'_>)) {
    let planned = world.plan();
    let approved = review(planned.plan, consent, as_of).approved;
    work(&Record {
        reviewed: world.policy.reviewed(),
        header: &planned.header,
        report: &planned.report,
        approved: &approved,
        policy_waits: false,
        by: "kim",
        as_of,
        links: &Links::default(),
    });
}

/// Plans a world, settles every change as applied, and records all of it.
fn run(world: &World, state: &mut State) {
    with_record((world, &Consent::default()), world.as_of, |record| {
        let begun = state.begin(record).unwrap();
        let applied = |it: &Change| Applied { outcome: Outcome::Applied, id: Some(cloud_id(it.name())) };
        let outcomes: Vec<(&Change, Applied)> =
            record.approved.changes().map(|it| (it, applied(it))).collect();
        state.settle(&begun, &outcomes, world.as_of).unwrap();
        state.finish(record).unwrap();
    });
}

#[test]
fn links_blocks_and_the_reviewed_policy_survive_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let world = world("ad user ada\nad user bob\ncloud user bob\ncloud user eve");
    run(&world, &mut State::open(folder.path()).unwrap());
    let links = State::open(folder.path()).unwrap().links("contoso", "t").unwrap();
    assert_eq!(
        links.by_anchor.len(),
        2,
        "ada was created and bob joined; eve had a link that is not in this file"
    );
    assert!(links.by_anchor.values().all(|it| it.kind == ObjectKind::User && it.blocked_since.is_none()));
    assert_eq!(links.reviewed, world.links.reviewed);
    assert!(State::open(folder.path()).unwrap().links("contoso", "other").unwrap().by_anchor.is_empty());
}

/// Plans a world and begins to carry it out; no answer comes, or nothing more is heard of it at all.
fn begin(world: &World, state: &mut State, outcome: Option<fn() -> Outcome>) {
    with_record((world, &Consent::default()), world.as_of, |record| {
        let begun = state.begin(record).unwrap();
        let Some(outcome) = outcome else { return };
        let settled = |it| (it, Applied { outcome: outcome(), id: None });
        let outcomes: Vec<(&Change, Applied)> = record.approved.changes().map(settled).collect();
        state.settle(&begun, &outcomes, world.as_of).unwrap();
    });
}

#[test]
fn what_is_about_to_be_created_is_on_record_until_it_has_a_link_or_was_not_seen_for_a_day() {
    let folder = tempfile::tempdir().unwrap();
    let mut state = State::open(folder.path()).unwrap();
    let open = |state: &State| state.links("contoso", "t").unwrap().intents.len();
    let world = world("ad user ada\nad user bob\ncloud user bob\nad group staff");
    begin(&world, &mut state, None);
    assert_eq!(open(&state), 2, "ada and staff");
    assert_eq!(state.check().unwrap().intents, 2);
    let outcomes: [fn() -> Outcome; 3] = [
        || Outcome::Unknown(TargetError::Step { what: "no answer came".to_owned() }),
        || Outcome::Refused(TargetError::Step { what: "it cannot be done".to_owned() }),
        || Outcome::NotTried(None),
    ];
    for outcome in outcomes {
        begin(&world, &mut state, Some(outcome));
        assert_eq!(open(&state), 2, "{:?}", outcome());
    }
    run(&world, &mut state);
    assert_eq!(open(&state), 0);
    begin(&world, &mut state, None);
    let mut later = world_of_both();
    state.note_seen(&later.plan(), &Links::default()).unwrap();
    assert_eq!(open(&state), 1, "ada was seen, and staff may be there still");
    later.as_of += SignedDuration::from_hours(25);
    begin(&later, &mut state, None);
    assert_eq!(open(&state), 0);
}

#[test]
fn only_who_is_not_on_record_yet_is_noted() {
    let folder = tempfile::tempdir().unwrap();
    let mut state = State::open(folder.path()).unwrap();
    let planned = world_of_both().plan();
    let (ada, ..) = planned.report.joined[0];
    state.note_seen(&planned, &Links::default()).unwrap();
    let mut links = state.links("contoso", "t").unwrap();
    assert_eq!(links.by_anchor.len(), 2);

    let elsewhere = tempfile::tempdir().unwrap();
    let mut state = State::open(elsewhere.path()).unwrap();
    state.note_seen(&planned, &links).unwrap();
    assert_eq!(state.links("contoso", "t").unwrap().by_anchor.len(), 0, "both are said to be on record");
    links.from_intents.insert(ada);
    state.note_seen(&planned, &links).unwrap();
    let noted = state.links("contoso", "t").unwrap().by_anchor;
    assert!(noted.keys().eq([&ada]), "a link that comes from what was begun is not on record");
}

fn world_of_both() -> World {
    world("ad user ada\ncloud user ada\nad user bob\ncloud user bob")
}

#[test]
fn a_second_process_is_refused_and_told_which_file_is_in_use() {
    let folder = tempfile::tempdir().unwrap();
    let _first = State::open(folder.path()).unwrap();
    let error = State::open(folder.path()).unwrap_err();
    assert!(matches!(error, StateError::InUse { .. }), "{error:?}");
    assert!(error.to_string().contains("state.db is in use by another samesign process"), "{error}");
}

#[test]
fn a_damaged_file_is_said_to_be_one() {
    let folder = tempfile::tempdir().unwrap();
    #[expect(clippy::disallowed_methods, reason = "the test damages the file")]
    std::fs::write(folder.path().join("state.db"), "this is no database, whatever its name says".repeat(99))
        .unwrap();
    let error = State::open(folder.path()).unwrap_err();
    assert!(matches!(error, StateError::Damaged { .. }), "{error:?}");
}

#[test]
fn a_policy_whose_removals_stay_held_does_not_count_as_reviewed() {
    let folder = tempfile::tempdir().unwrap();
    let mut state = State::open(folder.path()).unwrap();
    let mut world = world("ad user ada ou=Old\ncloud user ada");
    world.edit("users.scope.bases");
    run(&world, &mut state);
    assert_eq!(state.links("contoso", "t").unwrap().reviewed, None);
}

fn names(all: &[&str]) -> BTreeSet<String> {
    all.iter().map(|it| (*it).to_owned()).collect()
}

#[test]
fn what_people_were_told_and_what_is_silent_survive_a_restart_until_it_is_over() {
    let folder = tempfile::tempdir().unwrap();
    let since = world("").as_of;
    let told = |policy: Option<&str>, size| ToldAlarm {
        policy: policy.map(str::to_owned),
        part: "plan".to_owned(),
        topic: "heldPlan".to_owned(),
        about: String::new(),
        severity: "warning".to_owned(),
        text: format!("{size} changes wait"),
        size,
        since,
        to: Some(names(&["it"])),
    };
    let mut state = State::open(folder.path()).unwrap();
    for (policy, size) in [(None, 1), (Some("contoso"), 1), (Some("contoso"), 2)] {
        state.note_told(&told(policy, size)).unwrap();
    }
    state.note_silence("contoso", "cycle", Some(since)).unwrap();
    drop(state);
    let mut state = State::open(folder.path()).unwrap();
    assert_eq!(state.told_alarms().unwrap(), [told(None, 1), told(Some("contoso"), 2)]);
    state.note_told(&ToldAlarm { to: Some(names(&["late"])), ..told(None, 1) }).unwrap();
    assert_eq!(state.told_alarms().unwrap()[0].to, Some(names(&["it", "late"])));
    state.note_told(&told(None, 1)).unwrap();
    assert_eq!(state.silences("contoso").unwrap(), [("cycle".to_owned(), since)]);
    assert!(state.silences("adatum").unwrap().is_empty());
    state.note_over(&told(Some("contoso"), 9)).unwrap();
    state.note_silence("contoso", "cycle", None).unwrap();
    let both = ToldAlarm { to: Some(names(&["it", "late"])), ..told(None, 1) };
    assert_eq!(state.told_alarms().unwrap(), [both]);
    assert!(state.silences("contoso").unwrap().is_empty());
}
