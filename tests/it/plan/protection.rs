//! Who is never removed, blocked or taken over.

use expect_test::expect;
use samesign::model::{Roles, TenantReading, TenantSnapshot};
use std::fmt::Write as _;

use super::world::{World, check_world, world};

/// What is held of a world, with the reasons.
fn reasons(world: &World) -> String {
    let mut text = String::new();
    for change in world.plan().plan.changes() {
        let held =
            change.held().map_or("goes on".to_owned(), |it| format!("{}: {}", it.guard.word(), it.reason));
        writeln!(text, "{} {}: {held}", change.op().word(), change.name()).unwrap();
    }
    text
}

#[test]
fn who_holds_a_role_is_not_blocked_and_the_role_is_named() {
    let world = world(
        "cloud user one
         role one name=\"Global Administrator\"
         cloud user three
         role three name=\"Helpdesk Administrator,Reports Reader,User Administrator\"
         cloud user none
         ad user off userAccountControl=514
         cloud user off
         role off name=\"User Administrator\"
         cloud group admins
         role admins name=\"Reports Reader\"",
    );
    expect![[r#"
        block none@contoso.com: goes on
        block off@contoso.com: protected: holds the role User Administrator in the tenant: take the role away first, or do it by hand
        block one@contoso.com: protected: holds the role Global Administrator in the tenant: take the role away first, or do it by hand
        block three@contoso.com: protected: holds the role Helpdesk Administrator and 2 more in the tenant: take the role away first, or do it by hand
    "#]].assert_eq(&reasons(&world));
}

#[test]
fn accounts_of_the_directory_and_of_its_synchronisation_stay() {
    let world = world(
        "ad user guest isCriticalSystemObject=TRUE
         cloud user guest
         ad user MSOL_0123456789ab
         cloud user MSOL_0123456789ab userPrincipalName=one@contoso.com
         ad user AAD_0123456789ab
         cloud user AAD_0123456789ab userPrincipalName=two@contoso.com
         ad user dns-dc1
         cloud user dns-dc1 userPrincipalName=three@contoso.com
         cloud user krbtgt
         cloud user Sync_DC1_0123456789ab
         cloud user dns-dc2
         cloud user dnsmith
         cloud group dns-team",
    );
    expect![[r#"
        block Sync_DC1_0123456789ab@contoso.com: protected: it is a service account of a directory or its synchronisation
        block dns-dc2@contoso.com: protected: it is a service account of a directory or its synchronisation
        block dnsmith@contoso.com: goes on
        block guest@contoso.com: protected: AD marks it as isCriticalSystemObject
        block krbtgt@contoso.com: protected: it is a service account of a directory or its synchronisation
        block one@contoso.com: protected: it is an account of a directory service
        block two@contoso.com: protected: it is an account of a directory service
        update three@contoso.com: goes on
    "#]].assert_eq(&reasons(&world));
}

#[test]
fn the_account_that_samesign_signs_in_with_stays() {
    let text = "ad user svc ou=Old\ncloud user svc\nad user svc2 ou=Old\ncloud user svc2";
    for own in ["svc@contoso.com", "contoso\\svc", "svc"] {
        let mut world = world(text);
        world.policy.guards.own_accounts = vec![own.to_owned()];
        assert_eq!(world.held(), ["protected: block svc@contoso.com"], "{own}");
        assert_eq!(world.free(), ["block svc2@contoso.com"], "{own}");
    }
}

#[test]
fn what_the_policy_lists_is_not_a_matter_of_case_and_only_of_the_name() {
    let mut world = world("cloud user Glass\ncloud user glasses\nad user kept title=Clerk\ncloud user kept");
    world.policy.guards.protect = vec!["glass@contoso.com".to_owned(), "kept@contoso.com".to_owned()];
    assert_eq!(world.held(), ["protected: block Glass@contoso.com"]);
    assert_eq!(world.free(), ["block glasses@contoso.com", "update kept@contoso.com"]);
}

#[test]
fn while_nobody_knows_who_holds_roles_nobody_is_blocked_and_the_rest_goes_on() {
    let mut world = world(
        "ad user ada title=Clerk
         cloud user ada
         cloud user eve
         ad user off userAccountControl=514
         cloud user off
         cloud group old",
    );
    let tenant = std::mem::take(&mut world.tenant);
    world.tenant = with_roles(&tenant, Roles::Unknown("grant RoleManagement.Read.Directory".to_owned()));
    check_world(
        &world,
        &expect![[r#"
            ~ user   ada@contoso.com         attribute differs
                jobTitle           (none) -> "Clerk"
            ! user   eve@contoso.com         held: it is not known who holds admin roles: grant RoleManagement.Read.Directory
                block: deleted in AD: block sign-in now, delete on 2026-12-06
            ! user   off@contoso.com         held: it is not known who holds admin roles: grant RoleManagement.Read.Directory
                block: disabled in AD: block sign-in
            ? group  old: left the directory or the scope: will be deleted on 2026-12-06

            plan: 0 to add, 1 to change, 0 to block, 0 to delete; 2 held; 0 left alone
            guards: held by rolesUnknown (2): removals and blocks wait until samesign can read who holds admin roles
            to approve exactly what is held: samesign apply … --approve sha256:f4a5e6e29e4eee5422f590bb18385ccf4d3cbc09a50975948b2ba8816a1bea5d
            to approve some of it: samesign plan … --out FILE, then samesign approve FILE --what WHO
        "#]],
    );
}

/// The same tenant with other roles.
fn with_roles(tenant: &TenantSnapshot, roles: Roles) -> TenantSnapshot {
    TenantReading {
        identity: tenant.identity().clone(),
        domains: tenant.domains().to_vec(),
        users: tenant.users().to_vec(),
        groups: tenant.groups().to_vec(),
        roles,
        ..TenantReading::default()
    }
    .finish()
}
