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
        &expect![[r#"
            problem userNames corp: 1 userPrincipalName belongs to more than one
              - ada@contoso.com: CN=ada,OU=Staff,DC=contoso,DC=com; CN=bob,OU=Staff,DC=contoso,DC=com
              fix: give each user a name of their own in the directory; the tenant takes it from one only
            problem addresses corp: 1 address belongs to more than one
              - bob@contoso.com: CN=bob,OU=Staff,DC=contoso,DC=com; CN=cy,OU=Staff,DC=contoso,DC=com
              fix: take the address out of mail and proxyAddresses of all but one; the tenant takes it from one only
        "#]],
    );
}

#[test]
fn names_that_the_tenant_would_change_are_listed() {
    check_directory(
        "ad user jörg mail=joerg@contoso.com\n\
         ad user bob userPrincipalName=bob mail=bob@contoso.com\n\
         ad user cy userPrincipalName=cy@corp.local mail=cy@contoso.com\n\
         ad user dora userPrincipalName=dora@Corp.Local mail=dora@contoso.com",
        &expect![[r#"
            warning userNames corp: 2 userPrincipalNames have characters that the tenant does not take, or no domain: these people would sign in under another name
              - jörg@contoso.com
              - bob
              fix: use letters and digits without accents and ' . - _ ! # ^ ~ only, then @ and a domain
            warning userNames corp: 2 users have a domain that the tenant has not verified: they would sign in at its initial domain
              - corp.local (2 users)
              fix: verify the domain in the tenant, or give the users a userPrincipalName at a verified one
        "#]],
    );
}

#[test]
fn people_without_a_name_or_an_address_are_listed() {
    check_directory(
        "ad user ada\nad user bob userPrincipalName=\"\" mail=bob@contoso.com\nad user cy userPrincipalName=\"\"",
        &expect![[r#"
            warning userNames corp: 1 user has no userPrincipalName: sAMAccountName at the directory's domain would be used
              - bob
              fix: set userPrincipalName to what they shall sign in with
            warning userNames corp: 1 user has a sAMAccountName only, neither userPrincipalName nor mail
              - cy
              fix: leave accounts that are no people out of scope, and give the people a userPrincipalName
            warning addresses corp: 1 user has no mail address
              - ada@contoso.com
              fix: set mail, or leave them: they can sign in, and are found by no address
        "#]],
    );
}

#[test]
fn values_that_do_not_fit_are_listed() {
    let long = "x".repeat(129);
    let text =
        format!("ad user ada mail=ada@contoso.com title={long}\nad user bob mail=bob@contoso.com title=ok");
    check_directory(
        &text,
        &expect![[r#"
        warning lengths corp: title of 1 user is longer than the 128 characters of jobTitle, and would not be written
          - ada@contoso.com (129)
          fix: shorten it in the directory, or write a flow for jobTitle that does
    "#]],
    );
}

#[test]
fn without_rights_nobody_can_tell_who_is_disabled() {
    check_directory(
        "ad user ada mail=ada@contoso.com userAccountControl=\"\"",
        &expect![[r#"
        problem rights corp: userAccountControl of 1 user cannot be read: whether they are disabled is not known
          - ada@contoso.com
          fix: let the account that reads the directory read this attribute, or export it
    "#]],
    );
}

#[test]
fn a_scope_that_holds_nobody_is_a_problem() {
    check_directory(
        "ad user ada ou=Elsewhere",
        &expect![[r#"
        problem scope corp: nothing is in scope
          fix: compare the scope of the policy with the directory: `samesign explain` says why somebody is out
    "#]],
    );
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
    check_directory(
        &text,
        &expect![[r#"
        warning members corp: 1 group has more than 50000 members
          - large (50001)
          fix: with channel: directorySync, make sure that the tenant takes so many; smaller groups are faster
        problem members corp: 1 group has more than 250000 members
          - huge (250001)
          fix: split the group, or leave it out of scope: directory synchronisation does not take so many
    "#]],
    );
}
