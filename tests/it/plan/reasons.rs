//! The reasons that a plan gives.

use expect_test::expect;
use samesign::model::Provenance;
use samesign::plan::Change;

use super::world::{World, check_world, world};

/// The reasons of all changes.
fn words(world: &World) -> String {
    let plan = world.plan().plan;
    let line = |it: &Change| format!("{} {}\n", it.name(), it.because().word());
    plan.changes().iter().map(line).collect::<Vec<_>>().concat()
}

#[test]
fn a_change_of_the_tenant_is_told_from_a_change_of_the_directory() {
    let before = world(
        "ad user ada title=Clerk\ncloud user ada jobTitle=Clerk
         ad user bob title=Clerk\ncloud user bob jobTitle=Clerk
         ad user new\ncloud user new
         ad group staff member=ada\ncloud group staff members=ada",
    );
    let now = world(
        "ad user ada title=Clerk\ncloud user ada jobTitle=Boss
         ad user bob title=Chief\ncloud user bob jobTitle=Clerk
         ad user new\ncloud user new displayName=Other
         ad group staff member=ada\ncloud group staff members=ada,bob",
    );
    expect![[r#"
        ada@contoso.com driftedInTenant
        bob@contoso.com attributeDiffers
        new@contoso.com driftedInTenant
        staff driftedInTenant
    "#]]
    .assert_eq(&words(&now.since(&before)));
}

#[test]
fn what_was_never_on_record_simply_differs() {
    let world = world("ad user ada title=Clerk\ncloud user ada jobTitle=Boss");
    assert_eq!(words(&world), "ada@contoso.com attributeDiffers\n");
}

fn commit(world: &mut World, before: &str, now: &str, dirty: bool) {
    world.links.reviewed.as_mut().unwrap().commit = Some(before.to_owned());
    world.policy.provenance = Provenance { commit: Some(now.to_owned()), dirty };
}

#[test]
fn a_flow_that_was_edited_is_named_with_the_commit() {
    let mut world = world(
        "ad user ada title=Clerk department=Sales\ncloud user ada jobTitle=Boss department=Office
         ad user bob department=Sales\ncloud user bob department=Office",
    );
    world.edit("users.flows.jobTitle");
    commit(&mut world, "1111111", "2222222", false);
    check_world(
        &world,
        &expect![[r#"
        ~ user   ada@contoso.com         flow changed: users.flows.jobTitle in commit 2222222 (last applied: 1111111)
            jobTitle           "Boss" -> "Clerk"
            department         "Office" -> "Sales"
        ~ user   bob@contoso.com         attribute differs
            department         "Office" -> "Sales"

        plan: 0 to add, 2 to change, 0 to block, 0 to delete; 0 held; 0 left alone
        guards: clear (0 removals; limit 5 or 2 %)
    "#]],
    );
}

#[test]
fn edits_that_are_not_committed_are_said_to_be_so() {
    let mut world = world("ad user ada ou=Old\ncloud user ada\nad user bob title=Clerk\ncloud user bob");
    world.edit("users.scope.bases");
    world.edit("users.flows.jobTitle");
    commit(&mut world, "1111111", "1111111", true);
    check_world(
        &world,
        &expect![[r#"
            ~ user   bob@contoso.com         flow changed: users.flows.jobTitle in edits that are not committed, on top of 1111111
                jobTitle           (none) -> "Clerk"
            ! user   ada@contoso.com         held: leaves because the policy changed, not the directory
                block: policy changed: users.scope.bases in edits that are not committed, on top of 1111111 (below none of the policy's bases): block sign-in now, delete on 2026-12-06

            plan: 0 to add, 1 to change, 0 to block, 0 to delete; 1 held; 0 left alone
            guards: held by policyChange (1): removals because the policy changed always wait for a person
            to approve exactly what is held: samesign apply … --approve sha256:79e5527e5ad65a2ed92ad74d101041aef87e5f9e3944f83a047b8f89190314dc
            to approve some of it: samesign plan … --out FILE, then samesign approve FILE --what WHO
        "#]],
    );
}

#[test]
fn who_was_moved_is_told_from_where_to_where() {
    let before = world("ad user ada\ncloud user ada\nad user bob\ncloud user bob");
    let now =
        world("ad user ada ou=Left\ncloud user ada\nad user bob isCriticalSystemObject=TRUE\ncloud user bob");
    check_world(
        &now.since(&before),
        &expect![[r#"
        x user   ada@contoso.com         moved out of scope, from OU=Staff,DC=contoso,DC=com to OU=Left,DC=contoso,DC=com (below none of the policy's bases): block sign-in now, delete on 2026-12-06
        ! user   bob@contoso.com         held: AD marks it as isCriticalSystemObject
            block: moved out of scope (excluded by default: it is a critical system object of the directory): block sign-in now, delete on 2026-12-06

        plan: 0 to add, 0 to change, 1 to block, 0 to delete; 1 held; 0 left alone
        guards: held by protected (1): protected accounts are never removed, blocked or adopted; no approval helps
    "#]],
    );
}

#[test]
fn a_grace_period_that_was_shortened_waits_for_a_person() {
    let mut world = world(
        "cloud user old accountEnabled=false\nblocked old 2026-11-18
         cloud user older accountEnabled=false\nblocked older 2026-11-01",
    );
    world.policy.users.as_mut().unwrap().lifecycle.removal.delete_after_days = Some(3);
    world.edit("users.lifecycle.removed");
    commit(&mut world, "1111111", "2222222", false);
    check_world(
        &world,
        &expect![[r#"
            ! user   old@contoso.com         held: leaves because the policy changed, not the directory
                delete: policy changed: users.lifecycle.removed in commit 2222222 (last applied: 1111111) (left before, and the rule for deleting is another one now): delete (recycle bin)
            ! user   older@contoso.com       held: leaves because the policy changed, not the directory
                delete: policy changed: users.lifecycle.removed in commit 2222222 (last applied: 1111111) (left before, and the rule for deleting is another one now): delete (recycle bin)

            plan: 0 to add, 0 to change, 0 to block, 0 to delete; 2 held; 0 left alone
            guards: held by policyChange (2): removals because the policy changed always wait for a person
            to approve exactly what is held: samesign apply … --approve sha256:730ed82cecb188a84026637b0d273bb95319d1c1278453465b16db4811075dee
            to approve some of it: samesign plan … --out FILE, then samesign approve FILE --what WHO
        "#]],
    );
}
