//! What is news: the beginning, the worsening and the end of an alarm, and nothing between.

use std::collections::BTreeSet;

use samesign::observe::{Alarm, Board, Notice, Part, Severity, Topic};

use super::{alarm, at};

const CONTOSO: (Option<&str>, Part) = (Some("contoso"), Part::Plan);

fn said(notices: &[Notice]) -> Vec<String> {
    notices.iter().map(|it| format!("{} {}", it.event.word(), it.text)).collect()
}

#[test]
fn each_alarm_is_told_once_when_it_begins_and_once_when_it_is_over() {
    let mut board = Board::default();
    let held = || vec![alarm(Topic::HeldPlan, "held", 1)];
    assert_eq!(said(&board.report(CONTOSO, at("08:00"), held())), ["raised held"]);
    assert_eq!(said(&board.report(CONTOSO, at("08:01"), held())), [""; 0]);
    let over = board.report(CONTOSO, at("09:00"), Vec::new());
    assert_eq!(said(&over), ["recovered held"]);
    assert_eq!((over[0].since, over[0].at), (at("08:00"), at("09:00")));
    assert_eq!(said(&board.report(CONTOSO, at("09:01"), Vec::new())), [""; 0]);
    assert_eq!(said(&board.report(CONTOSO, at("10:00"), held())), ["raised held"]);
}

#[test]
fn what_grows_or_gets_worse_is_told_again_and_what_shrinks_is_not() {
    let mut board = Board::default();
    let mut report = |size: u64, severity| {
        let alarm = Alarm { severity, ..alarm(Topic::Failing, &size.to_string(), size) };
        said(&board.report(CONTOSO, at("08:00"), vec![alarm]))
    };
    assert_eq!(report(2, Severity::Warning), ["raised 2"]);
    assert_eq!(report(3, Severity::Warning), ["worse 3"]);
    assert_eq!(report(1, Severity::Warning), [""; 0]);
    assert_eq!(report(3, Severity::Warning), [""; 0], "it was told that it was 3 once");
    assert_eq!(report(3, Severity::Error), ["worse 3"]);
}

#[test]
fn policies_and_parts_do_not_end_each_others_alarms() {
    let mut board = Board::default();
    let one = |text: &str| vec![alarm(Topic::Finding, text, 1)];
    board.report(CONTOSO, at("08:00"), one("a"));
    board.report((Some("adatum"), Part::Plan), at("08:01"), one("b"));
    board.report((None, Part::Manifests), at("08:02"), one("c"));
    assert_eq!(said(&board.report((Some("contoso"), Part::Cycle), at("08:03"), Vec::new())), [""; 0]);
    let open = |board: &Board| board.open().map(|it| it.1.text.clone()).collect::<Vec<_>>();
    assert_eq!(open(&board), ["c", "b", "a"]);
    let over = board.forget(|it| it == "contoso", at("08:04"));
    assert_eq!(said(&over), ["recovered b"]);
    assert_eq!(open(&board), ["c", "a"]);
}

#[test]
fn several_of_one_topic_are_told_apart() {
    let mut board = Board::default();
    let of = |about: &str| Alarm { about: about.to_owned(), ..alarm(Topic::Guard, about, 1) };
    assert_eq!(
        said(&board.report(CONTOSO, at("08:00"), vec![of("removals"), of("clears")])),
        ["raised removals", "raised clears"]
    );
    assert_eq!(
        said(&board.report(CONTOSO, at("08:01"), vec![of("clears"), of("blocks")])),
        ["raised blocks", "recovered removals"]
    );
}

#[test]
fn whoever_was_told_how_bad_it_was_is_told_that_it_is_over() {
    let mut board = Board::default();
    let bad = Alarm { severity: Severity::Error, ..alarm(Topic::Finding, "the directory", 1) };
    board.report(CONTOSO, at("08:00"), vec![bad]);
    board.report(CONTOSO, at("08:01"), vec![alarm(Topic::Finding, "the directory", 1)]);
    let over = board.report(CONTOSO, at("08:02"), Vec::new());
    assert_eq!((over.len(), over[0].severity), (1, Severity::Error));
}

fn known() -> BTreeSet<String> {
    BTreeSet::from(["it".to_owned()])
}

/// Of each message whether who was there, and whether who was added, gets it.
fn heard(notices: &[Notice]) -> Vec<String> {
    let who = |it: &Notice| ["it", "late"].into_iter().filter(|name| it.to.has(name)).collect::<Vec<_>>();
    notices
        .iter()
        .map(|it| format!("{}: {}", said(std::slice::from_ref(it))[0], who(it).join(", ")))
        .collect()
}

#[test]
fn whoever_was_added_while_nothing_ran_is_told_what_still_stands_and_nothing_that_is_over() {
    let mut board = Board::default();
    let of = |about: &str, size| Alarm { about: about.to_owned(), ..alarm(Topic::Guard, about, size) };
    let all = || vec![of("stands", 1), of("grew", 2)];
    let told = board.report(CONTOSO, at("08:00"), [all(), vec![of("over", 1)]].concat());
    let mut board = Board::remembering(told.iter().map(|it| it.told(known())).collect());
    assert_eq!(heard(&board.news(at("08:30"))), [""; 0], "nobody has looked whether they stand");
    assert_eq!(
        heard(&board.report(CONTOSO, at("09:00"), vec![of("stands", 1), of("grew", 3)])),
        ["raised stands: late", "worse grew: it, late", "recovered over: it"]
    );
    assert_eq!(heard(&board.report(CONTOSO, at("09:01"), all())), [""; 0], "once");
    assert_eq!(
        heard(&board.report(CONTOSO, at("09:02"), vec![of("grew", 2)])),
        ["recovered stands: it, late"]
    );
    // Older records do not say whom.
    let mut unknown = told[0].told(known());
    unknown.to = None;
    let mut board = Board::remembering(vec![unknown]);
    assert_eq!(heard(&board.report(CONTOSO, at("09:00"), vec![of("stands", 1)])), [""; 0]);
}

#[test]
fn what_people_were_told_is_no_news_after_a_restart_and_its_end_is() {
    let mut board = Board::default();
    let of = |about: &str, size| Alarm { about: about.to_owned(), ..alarm(Topic::Guard, about, size) };
    let told = board.report(CONTOSO, at("08:00"), vec![of("removals", 2), of("clears", 1)]);
    let mut board = Board::remembering(told.iter().map(|it| it.told(known())).collect());
    let mut after = board.report(CONTOSO, at("09:00"), vec![of("removals", 2), of("blocks", 1)]);
    after.retain(|it| it.to.has("it"));
    assert_eq!(said(&after), ["raised blocks", "recovered clears"]);
    assert_eq!((after[1].since, after[1].at), (at("08:00"), at("09:00")));
    assert_eq!(
        said(&board.report(CONTOSO, at("09:01"), vec![of("removals", 3)])),
        ["worse removals", "recovered blocks"]
    );
    let mut unknown = told[0].told(known());
    unknown.topic = "of another version".to_owned();
    assert_eq!(Board::remembering(vec![unknown]).open().count(), 0);
}
