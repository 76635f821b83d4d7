//! Who leaves, why, and what holds their removal.

use std::fmt::Write as _;

use expect_test::expect;
use samesign::model::{Digest, Reading};
use samesign::plan::Change;
use samesign::policy::{Channel, Removal};
use samesign::render::{Encoded, plans_json, read_plans};

use super::world::{check, check_world, world};

#[test]
fn who_is_deleted_in_the_directory_is_blocked_now_and_deleted_after_the_grace_period() {
    check(
        "ad user ada
         ad group staff member=ada
         cloud user ada
         cloud user eve
         cloud user old accountEnabled=false
         cloud user older accountEnabled=false
         blocked old 2026-11-20
         blocked older 2026-11-08
         cloud group staff members=ada,eve",
        &expect![[r#"
            ~ group  staff                   members left
                members            - eve@contoso.com
                                   1 after
            x user   eve@contoso.com         deleted in AD: block sign-in now, delete on 2026-12-06
            - user   older@contoso.com       deleted in AD: delete (recycle bin)
            ? user   old@contoso.com: left the directory or the scope: will be deleted on 2026-12-04

            plan: 0 to add, 1 to change, 1 to block, 1 to delete; 0 held; 0 left alone
            guards: clear (2 removals; limit 5 or 2 %)
        "#]],
    );
}

#[test]
fn without_a_grace_period_the_first_plan_that_sees_a_departure_deletes() {
    let mut world = world(
        "ad user ada
         cloud user ada
         ad group keep
         cloud group keep
         cloud group staff
         cloud user eve
         cloud user old accountEnabled=false",
    );
    let at_once = |it: &mut Removal| it.delete_after_days = Some(0);
    at_once(&mut world.policy.users.as_mut().unwrap().lifecycle.removal);
    at_once(&mut world.policy.groups.as_mut().unwrap().removal);
    world.links.reviewed = Some(world.policy.reviewed());
    check_world(
        &world,
        &expect![[r#"
        x user   eve@contoso.com         deleted in AD: block sign-in now, delete on 2026-11-22
        - user   old@contoso.com         deleted in AD: delete (recycle bin)
        - group  staff                   deleted in AD: delete (recycle bin)

        plan: 0 to add, 0 to change, 1 to block, 2 to delete; 0 held; 0 left alone
        guards: clear (2 removals; limit 5 or 2 %)
    "#]],
    );
}

#[test]
fn who_moves_out_of_scope_leaves_and_who_returns_is_allowed_again() {
    check(
        "ad user ada ou=Old
         ad user bob
         cloud user ada
         cloud user bob accountEnabled=false
         blocked bob 2026-11-20",
        &expect![[r#"
            ~ user   bob@contoso.com         returned: allow sign-in
            x user   ada@contoso.com         moved out of scope (below none of the policy's bases): block sign-in now, delete on 2026-12-06

            plan: 0 to add, 1 to change, 1 to block, 0 to delete; 0 held; 0 left alone
            guards: clear (1 removal; limit 5 or 2 %)
        "#]],
    );
}

#[test]
fn a_group_that_a_directory_is_master_of_is_deleted_for_good_and_the_plan_says_so() {
    let mut world = world(
        "ad group keep
         cloud group keep
         synced keep
         cloud group staff
         synced staff
         blocked staff 2026-11-01",
    );
    world.policy.channel = Channel::DirectorySync;
    check_world(
        &world,
        &expect![[r#"
            - group  staff                   deleted in AD: delete for good (the recycle bin keeps no group that a directory is master of)
            ? scope  office: directory synchronisation is off in the tenant, which then takes nothing on this channel: set onPremisesSyncEnabled of the organisation to true as a Global Administrator

            plan: 0 to add, 0 to change, 0 to block, 1 to delete; 0 held; 0 left alone
            guards: clear (0 removals; limit 5 or 2 %)
        "#]],
    );
    let planned = world.plan();
    let flags: Vec<bool> = planned.plan.changes().iter().map(Change::is_for_good).collect();
    assert!(flags.contains(&true));
    let plans = std::slice::from_ref(&planned);
    let file = plans_json(&Encoded { plans, manifests: None });
    assert_eq!(read_plans(&file).unwrap().remove(0).planned.plan, planned.plan);
    let lie = file.replacen(r#""forGood": true"#, r#""forGood": false"#, 1);
    assert_ne!(lie, file);
    assert!(read_plans(&lie).is_err(), "an approval is for what cannot be undone");
}

#[test]
fn a_removal_because_the_policy_changed_is_always_held() {
    let mut world = world(
        "ad user ada ou=Old
         cloud user ada
         cloud user eve",
    );
    world.edit("users.scope.bases");
    check_world(
        &world,
        &expect![[r#"
            x user   eve@contoso.com         deleted in AD: block sign-in now, delete on 2026-12-06
            ! user   ada@contoso.com         held: leaves because the policy changed, not the directory
                block: policy changed: users.scope.bases (below none of the policy's bases): block sign-in now, delete on 2026-12-06

            plan: 0 to add, 0 to change, 1 to block, 0 to delete; 1 held; 0 left alone
            guards: held by policyChange (1): removals because the policy changed always wait for a person
            to approve exactly what is held: samesign apply … --approve sha256:79e5527e5ad65a2ed92ad74d101041aef87e5f9e3944f83a047b8f89190314dc
            to approve some of it: samesign plan … --out FILE, then samesign approve FILE --what WHO
        "#]],
    );
}

#[test]
fn another_directory_removes_nobody_by_itself() {
    let mut world = world("ad user ada\ncloud user ada\ncloud user eve");
    world.policy.directory_digest = Digest::of_fields([b"another directory".as_slice()]);
    check_world(
        &world,
        &expect![[r#"
            ! user   eve@contoso.com         held: leaves because the policy changed, not the directory
                block: policy changed: directory (not in the directory that the manifests now name): block sign-in now, delete on 2026-12-06

            plan: 0 to add, 0 to change, 0 to block, 0 to delete; 1 held; 0 left alone
            guards: held by policyChange (1): removals because the policy changed always wait for a person
            to approve exactly what is held: samesign apply … --approve sha256:2b5ad3a395dfea332417cddb823a64dfded0549e21678b7b889a26017c23c322
            to approve some of it: samesign plan … --out FILE, then samesign approve FILE --what WHO
        "#]],
    );
}

#[test]
fn more_removals_than_the_limit_are_all_held_and_the_rest_goes_on() {
    let mut text = "ad user ada title=Clerk\ncloud user ada\n".to_owned();
    for number in 0..6 {
        writeln!(text, "cloud user leaver{number}").unwrap();
    }
    check(
        &text,
        &expect![[r#"
            ~ user   ada@contoso.com         attribute differs
                jobTitle           (none) -> "Clerk"
            ! user   leaver0@contoso.com     held: 6 users leave; limit 5 or 2 %
                block: deleted in AD: block sign-in now, delete on 2026-12-06
            ! user   leaver1@contoso.com     held: 6 users leave; limit 5 or 2 %
                block: deleted in AD: block sign-in now, delete on 2026-12-06
            ! user   leaver2@contoso.com     held: 6 users leave; limit 5 or 2 %
                block: deleted in AD: block sign-in now, delete on 2026-12-06
            ! user   leaver3@contoso.com     held: 6 users leave; limit 5 or 2 %
                block: deleted in AD: block sign-in now, delete on 2026-12-06
            ! user   leaver4@contoso.com     held: 6 users leave; limit 5 or 2 %
                block: deleted in AD: block sign-in now, delete on 2026-12-06
            ! user   leaver5@contoso.com     held: 6 users leave; limit 5 or 2 %
                block: deleted in AD: block sign-in now, delete on 2026-12-06

            plan: 0 to add, 1 to change, 0 to block, 0 to delete; 6 held; 0 left alone
            guards: held by users.removals (6; limit 5 or 2 %): more users leave than the policy allows
            to approve exactly what is held: samesign apply … --approve sha256:adfc0c74df23fb349a642006f1a987ff225dd02db71146b2b737165e444e7fcd
            to approve some of it: samesign plan … --out FILE, then samesign approve FILE --what WHO
        "#]],
    );
}

#[test]
fn a_reading_that_broke_off_removes_nobody() {
    let mut world = world(
        "ad user ada title=Clerk
         ad user bob
         ad group staff member=ada
         cloud user ada
         cloud user bob
         cloud user eve
         cloud group staff members=ada,bob",
    );
    let Reading::Whole(_) = &world.directory else { panic!("whole") };
    let names = super::world::names();
    let mut reading = samesign::model::PartialDirectory::new(names);
    reading.push(super::world::one_entry("ad user ada title=Clerk"));
    world.directory =
        Reading::Broken { objects: reading.break_off(), cause: "the connection was lost".to_owned() };
    check_world(
        &world,
        &expect![[r#"
            ~ user   ada@contoso.com         attribute differs
                jobTitle           (none) -> "Clerk"
            ? scope  OU=Groups,DC=contoso,DC=com: the scope names it, the directory does not have it: correct the policy, or let the account of samesign read it
            ? health corp: the reading broke off after 1 object: the connection was lost; updates go on, and the next whole reading decides about the rest

            plan: 0 to add, 1 to change, 0 to block, 0 to delete; 0 held; 0 left alone
            guards: clear (0 removals; limit 5 or 2 %)
        "#]],
    );
}

#[test]
fn lost_records_never_cause_a_removal() {
    let mut world = world("ad user ada\nad user bob ou=Old\ncloud user ada\ncloud user bob\ncloud user eve");
    world.links = samesign::model::Links::default();
    check_world(
        &world,
        &expect![[r#"
            ? user   bob@contoso.com: left alone: belongs to CN=bob,OU=Old,DC=contoso,DC=com, which is out of scope, and was never in it as far as our records go
            ? user   eve@contoso.com: left alone: carries the anchor 96g+5owXeuNyHycoNZI5Qg==, which neither the directory nor our records know; if it is somebody who left, block it by hand

            plan: nothing to do; 1 object is the same on both sides; 2 left alone
            guards: clear (0 removals; limit 5 or 2 %)
        "#]],
    );
}

#[test]
fn protected_accounts_are_neither_blocked_nor_deleted() {
    let mut world = world("ad user ada userAccountControl=514\ncloud user ada\ncloud user eve");
    world.policy.guards.protect = vec!["ada@contoso.com".to_owned(), "eve@contoso.com".to_owned()];
    check_world(
        &world,
        &expect![[r#"
            ! user   ada@contoso.com         held: the policy protects this account
                block: disabled in AD: block sign-in
            ! user   eve@contoso.com         held: the policy protects this account
                block: deleted in AD: block sign-in now, delete on 2026-12-06

            plan: 0 to add, 0 to change, 0 to block, 0 to delete; 2 held; 0 left alone
            guards: held by protected (2): protected accounts are never removed, blocked or adopted; no approval helps
        "#]],
    );
}

#[test]
fn a_change_of_policy_deletes_nobody_who_is_blocked_already_but_asks_to_begin_the_grace_period() {
    let mut world = world(
        "ad user ada ou=Old userAccountControl=514
         ad group staff ou=Old
         cloud user ada accountEnabled=false
         cloud group staff",
    );
    world.edit("users.scope.bases");
    world.edit("groups.scope.bases");
    check_world(
        &world,
        &expect![[r#"
            ! user   ada@contoso.com         held: leaves because the policy changed, not the directory
                block: policy changed: users.scope.bases (below none of the policy's bases): block sign-in now, delete on 2026-12-06
            ! group  staff                   held: leaves because the policy changed, not the directory
                grace period: policy changed: groups.scope.bases (below none of the policy's bases): delete on 2026-12-06

            plan: 0 to add, 0 to change, 0 to block, 0 to delete; 2 held; 0 left alone
            guards: held by policyChange (2): removals because the policy changed always wait for a person
            to approve exactly what is held: samesign apply … --approve sha256:11ecaaf2b8cf1fb5f3bde268716aa627254bea1bd6c5a255d275137473a5cbc2
            to approve some of it: samesign plan … --out FILE, then samesign approve FILE --what WHO
        "#]],
    );
}

#[test]
fn what_waits_because_of_the_policy_does_not_hold_who_really_left() {
    let mut text = "cloud user eve\n".to_owned();
    for number in 0..6 {
        writeln!(text, "ad user u{number} ou=Old\ncloud user u{number}").unwrap();
    }
    let mut world = world(&text);
    world.edit("users.scope.bases");
    let planned = world.plan();
    let free: Vec<&str> =
        planned.plan.changes().iter().filter(|it| it.held().is_none()).map(Change::name).collect();
    assert_eq!(free, ["eve@contoso.com"]);
}
