//! Certificates, exports and clocks.

use expect_test::{Expect, expect};
use jiff::{SignedDuration, Timestamp};
use samesign::doctor::{ControllerFacts, Finding, certificate, export_age};
use samesign::wire::x509::Certificate;

use super::check;

fn now() -> Timestamp {
    "2026-11-22T09:14:00Z".parse().unwrap()
}

#[test]
fn a_certificate_is_renewed_in_good_time() {
    let of = |begins: &str, hours: i64| {
        let ends = now() + SignedDuration::from_hours(hours);
        let shown = Certificate { subject: Some("dc1".to_owned()), begins: begins.parse().unwrap(), ends };
        certificate("dc1:636", &shown, now(), "renew it")
    };
    let before = "2026-01-01T00:00:00Z";
    let findings: Vec<Finding> =
        [31 * 24 + 1, 30 * 24, 7 * 24, 5, 0, -24].into_iter().map(|it| of(before, it)).collect();
    check(&findings, &expect![[r#""#]]);
    check(&[of("2027-01-01T00:00:00Z", 10_000)], &expect![[r#""#]]);
}

#[test]
fn an_export_of_yesterday_is_old() {
    let of = |hours| export_age("x.ldif", now() - SignedDuration::from_hours(hours), now());
    check(&[of(-1), of(24), of(72)], &expect![[r#""#]]);
}

#[test]
fn clocks_may_differ_by_a_minute_and_must_not_by_five() {
    let of = |seconds| {
        let clocks = Some((now() + SignedDuration::from_secs(seconds), now()));
        let base = Some("DC=corp,DC=example,DC=com".parse().unwrap());
        let facts = ControllerFacts { base, clocks, ..ControllerFacts::default() };
        facts.judge("dc1:636", "corp.example.com").remove(1)
    };
    check(&[of(3), of(-60), of(61), of(-300), of(301)], &expect![[r#""#]]);
}

fn check_controller(facts: &ControllerFacts, expected: &Expect) {
    check(&facts.judge("dc1:636", "Corp.Example.com"), expected);
}

#[test]
fn a_controller_is_of_the_right_domain() {
    let facts = ControllerFacts {
        name: Some("dc1.corp.example.com".to_owned()),
        base: Some("DC=corp,DC=example,DC=com".parse().unwrap()),
        clocks: None,
        writable: Some(false),
        functional_level: Some(7),
        invocation_id: Some("5d0c0f6e-3b1e-4c55-9f0a-6a1f6b0c1a04".parse().unwrap()),
        missing_bases: vec!["OU=Gone,DC=corp,DC=example,DC=com".parse().unwrap()],
    };
    check_controller(&facts, &expect![[r#""#]]);
    let other = ControllerFacts { base: Some("DC=x".parse().unwrap()), ..ControllerFacts::default() };
    check_controller(&other, &expect![[r#""#]]);
    check_controller(&ControllerFacts::default(), &expect![[r#""#]]);
}
