//! The data quality of a directory before the first run.

use std::fmt::Write as _;

use expect_test::{Expect, expect};
use samesign::doctor::{Level, Population};
use samesign::plan::in_scope;

use super::check;
use crate::plan::world::world;

/// What is found in a directory of these lines, beside what is as it should be.
fn check_directory(text: &str, expected: &Expect) {
    let world = world(text);
    let objects = world.directory.objects();
    let (found, missing) = in_scope(&world.policy, objects);
    let population = Population {
        policy: &world.policy,
        objects,
        in_scope: &found,
        missing: &missing,
        domains: Some(world.tenant.domains()),
    };
    let mut findings = population.judge();
    findings.retain(|it| it.level != Level::Ok);
    check(&findings, expected);
}

#[test]
fn good_data_is_left_in_peace() {
    check_directory("ad user ada mail=ada@contoso.com\nad group staff member=ada", &expect![[r#""#]]);
}

#[test]
fn what_two_people_share_is_named_with_both() {
    check_directory(
        "ad user ada mail=ada@contoso.com\n\
         ad user bob userPrincipalName=ADA@contoso.com mail=bob@contoso.com\n\
         ad user cy mail=cy@contoso.com proxyAddresses=smtp:Bob@contoso.com\n\
         ad user dora mail=dora@contoso.com proxyAddresses=SMTP:dora@contoso.com",
        &expect![[r#""#]],
    );
}

#[test]
fn names_that_the_tenant_would_change_are_listed() {
    check_directory(
        "ad user jörg mail=joerg@contoso.com\n\
         ad user bob userPrincipalName=bob mail=bob@contoso.com\n\
         ad user cy userPrincipalName=cy@corp.local mail=cy@contoso.com\n\
         ad user dora userPrincipalName=dora@Corp.Local mail=dora@contoso.com",
        &expect![[r#""#]],
    );
}

#[test]
fn people_without_a_name_or_an_address_are_listed() {
    check_directory(
        "ad user ada\nad user bob userPrincipalName=\"\" mail=bob@contoso.com\nad user cy userPrincipalName=\"\"",
        &expect![[r#""#]],
    );
}

#[test]
fn values_that_do_not_fit_are_listed() {
    let long = "x".repeat(129);
    let text =
        format!("ad user ada mail=ada@contoso.com title={long}\nad user bob mail=bob@contoso.com title=ok");
    check_directory(&text, &expect![[r#""#]]);
}

#[test]
fn without_rights_nobody_can_tell_who_is_disabled() {
    check_directory("ad user ada mail=ada@contoso.com userAccountControl=\"\"", &expect![[r#""#]]);
}

#[test]
fn a_scope_that_holds_nobody_is_a_problem() {
    check_directory("ad user ada ou=Elsewhere", &expect![[r#""#]]);
}

#[test]
fn groups_may_be_too_large_for_directory_synchronisation() {
    let group = |name: &str, members: usize| {
        let mut text = format!("ad group {name} member=");
        (0..members).for_each(|it| write!(text, "m{it},").unwrap());
        text.trim_end_matches(',').to_owned()
    };
    let text = format!(
        "ad user ada mail=ada@contoso.com\n{}\n{}\n{}",
        group("small", 50_000),
        group("large", 50_001),
        group("huge", 250_001)
    );
    check_directory(&text, &expect![[r#""#]]);
}
