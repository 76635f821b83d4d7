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
    check(
        &findings,
        &expect![[r#"
        ok certificate dc1:636: certificate CN=dc1 is valid until 2026-12-23
        warning certificate dc1:636: certificate CN=dc1 ends within a month, in 30 d on 2026-12-22
          fix: renew it
        warning certificate dc1:636: certificate CN=dc1 ends within a week, in 7 d on 2026-11-29
          fix: renew it
        warning certificate dc1:636: certificate CN=dc1 ends within a day, at 2026-11-22T14:14:00Z
          fix: renew it
        problem certificate dc1:636: certificate CN=dc1 ended on 2026-11-22
          fix: renew it
        problem certificate dc1:636: certificate CN=dc1 ended on 2026-11-21
          fix: renew it
    "#]],
    );
    check(
        &[of("2027-01-01T00:00:00Z", 10_000)],
        &expect![[r#"
        problem certificate dc1:636: certificate CN=dc1 is not valid before 2027-01-01T00:00:00Z
          fix: check this machine's clock, or wait
    "#]],
    );
}

#[test]
fn an_export_of_yesterday_is_old() {
    let of = |hours| export_age("x.ldif", now() - SignedDuration::from_hours(hours), now());
    check(
        &[of(-1), of(24), of(72)],
        &expect![[r#"
        ok reading x.ldif: written within the last day
        ok reading x.ldif: written within the last day
        warning reading x.ldif: 3 d old, written on 2026-11-19
          fix: export the directory anew before a plan of it is applied
    "#]],
    );
}

#[test]
fn clocks_may_differ_by_a_minute_and_must_not_by_five() {
    let of = |seconds| {
        let clocks = Some((now() + SignedDuration::from_secs(seconds), now()));
        let base = Some("DC=corp,DC=example,DC=com".parse().unwrap());
        let facts = ControllerFacts { base, clocks, ..ControllerFacts::default() };
        facts.judge("dc1:636", "corp.example.com").remove(1)
    };
    check(
        &[of(3), of(-60), of(61), of(-300), of(301)],
        &expect![[r#"
        ok clock dc1:636: its clock and this machine's agree
        ok clock dc1:636: its clock is 60 s behind this machine's
        warning clock dc1:636: its clock is 61 s ahead of this machine's
          fix: set both clocks by the same time server: Kerberos and signed requests fail beyond 5 minutes
        warning clock dc1:636: its clock is 300 s behind this machine's
          fix: set both clocks by the same time server: Kerberos and signed requests fail beyond 5 minutes
        problem clock dc1:636: its clock is 301 s ahead of this machine's
          fix: set both clocks by the same time server: Kerberos and signed requests fail beyond 5 minutes
    "#]],
    );
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
    check_controller(
        &facts,
        &expect![[r#"
        ok controller dc1:636: dc1.corp.example.com is a read-only controller of corp.example.com, functional level 7 (Windows Server 2016), invocation id 5d0c0f6e-3b1e-4c55-9f0a-6a1f6b0c1a04
        ok clock dc1:636: it does not tell the time
        problem bases dc1:636: 1 of the search bases cannot be read
          - OU=Gone,DC=corp,DC=example,DC=com
          fix: correct searchBases in the Directory, or let the account read them
    "#]],
    );
    let other = ControllerFacts { base: Some("DC=x".parse().unwrap()), ..ControllerFacts::default() };
    check_controller(
        &other,
        &expect![[r#"
        problem controller dc1:636: it holds the domain x, not Corp.Example.com
          fix: correct domain or servers of the Directory
        ok clock dc1:636: it does not tell the time
    "#]],
    );
    check_controller(
        &ControllerFacts::default(),
        &expect![[r#"
        problem controller dc1:636: it does not say which domain it holds
          fix: name a domain controller in servers of the Directory
        ok clock dc1:636: it does not tell the time
    "#]],
    );
}
