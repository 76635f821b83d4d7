//! A run undone: what it did to one world, planned back in the world that came after.

use expect_test::{Expect, expect};
use jiff::Timestamp;
use samesign::model::{CloudId, PastChange, PastRun};
use samesign::plan::{Change, Op, PastDeeds, Planned, Subject, lint, roll_back};
use samesign::policy::Mode;
use samesign::render::{Paint, past_deeds, plan_text, recorded_values};

use super::world::{World, cloud_id, world};

/// What the records have of changes that were all done.
pub(crate) fn past<'a>(done: impl IntoIterator<Item = (&'a Change, CloudId)>) -> PastDeeds {
    let changes: Vec<PastChange> = done.into_iter().map(record).collect();
    past_deeds(&past_run(), &changes).unwrap()
}

fn record((change, id): (&Change, CloudId)) -> PastChange {
    PastChange {
        digest: change.digest().to_string(),
        op: change.op().word().to_owned(),
        kind: change.kind().word().to_owned(),
        anchor: change.anchor().to_string(),
        id: Some(id.to_string()),
        name: change.name().to_owned(),
        because: String::new(),
        values: recorded_values(change),
        outcome: "done".to_owned(),
        message: None,
        release: None,
        settled: Timestamp::UNIX_EPOCH,
    }
}

fn past_run() -> PastRun {
    PastRun {
        number: 12,
        policy: "contoso".to_owned(),
        tenant_id: "t".to_owned(),
        plan: "7f3a9c12".to_owned(),
        commit: Some("3f2c1d9".to_owned()),
        dirty: false,
        policy_digest: String::new(),
        by: "kim".to_owned(),
        started: Timestamp::UNIX_EPOCH,
        ended: Some(Timestamp::UNIX_EPOCH),
        done: 0,
        failed: 0,
        held: 0,
    }
}

/// All that the plan of a world does, as if it had been done.
fn deeds(before: &World) -> PastDeeds {
    let planned = before.plan();
    let id = |it: &Change| match it.subject() {
        Subject::Known(id) => id,
        Subject::Created(_) => cloud_id(it.name().split('@').next().unwrap()),
    };
    past(planned.plan.changes().iter().map(|it| (it, id(it))))
}

fn undone(past: &PastDeeds, after: &World) -> Planned {
    let planned = roll_back(&after.inputs(), past);
    let faults: Vec<String> = lint(&planned, &after.inputs()).iter().map(ToString::to_string).collect();
    assert_eq!(faults, Vec::<String>::new());
    planned
}

/// Plans a world, and undoes that in another one.
fn check(before: &str, after: &str, expect: &Expect) {
    check_past(&deeds(&world(before)), &world(after), expect);
}

fn check_past(past: &PastDeeds, after: &World, expect: &Expect) {
    let shown = plan_text(&undone(past, after), Paint::Plain);
    expect.assert_eq(shown.split_once("\n\n").expect("a heading").1);
}

#[test]
fn values_that_nobody_changed_since_are_put_back_and_others_are_left() {
    check(
        "ad user ada title=Countess department=Sums telephoneNumber=1
         cloud user ada jobTitle=Analyst department=Engines businessPhones=2",
        "ad user ada title=Countess department=Sums telephoneNumber=1
         cloud user ada jobTitle=Countess department=Other businessPhones=2",
        &expect![[r#"
            ~ user     ada@contoso.com         rolled back (run 12)
                jobTitle           "Countess" -> "Analyst"
            ? rollback contoso: the policy still wants what run 12 did: the next `apply`, or `samesign run` once it is approved, would do 1 change to 1 of these objects again; first put back what led to them, in the directory or in the manifests (run 12 was of commit 3f2c1d9)
            ? user     ada@contoso.com: department is "Other" now, where run 12 left "Sums": left as it is

            plan: 0 to bring back, 1 to change, 0 to block, 0 to delete; 0 held
            guards: clear (0 removals; limit 5 or 2 %)
        "#]],
    );
}

#[test]
fn names_that_two_exchanged_for_others_go_back_one_after_the_other() {
    check(
        "ad user ada userPrincipalName=queen@contoso.com
         cloud user ada
         ad user bob userPrincipalName=ada@contoso.com
         cloud user bob",
        "ad user ada userPrincipalName=queen@contoso.com
         cloud user ada userPrincipalName=queen@contoso.com
         ad user bob userPrincipalName=ada@contoso.com
         cloud user bob userPrincipalName=ada@contoso.com",
        &expect![[r#"
            ~ user     ada@contoso.com         rolled back (run 12)
                userPrincipalName  "ada@contoso.com" -> "bob@contoso.com"
            ~ user     queen@contoso.com       rolled back (run 12)
                userPrincipalName  "queen@contoso.com" -> "ada@contoso.com"
            ? rollback contoso: the policy still wants what run 12 did: the next `apply`, or `samesign run` once it is approved, would do 2 changes to 2 of these objects again; first put back what led to them, in the directory or in the manifests (run 12 was of commit 3f2c1d9)

            plan: 0 to bring back, 2 to change, 0 to block, 0 to delete; 0 held
            guards: clear (0 removals; limit 5 or 2 %)
        "#]],
    );
}

#[test]
fn a_name_that_somebody_else_has_by_now_is_not_taken_from_them() {
    check(
        "ad user ada userPrincipalName=queen@contoso.com
         cloud user ada
         ad user bob userPrincipalName=ada@contoso.com
         cloud user bob",
        "ad user ada userPrincipalName=queen@contoso.com
         cloud user ada userPrincipalName=queen@contoso.com
         ad user bob userPrincipalName=ada@contoso.com
         cloud user bob userPrincipalName=ada@contoso.com
         cloud-only user other userPrincipalName=bob@contoso.com",
        &expect![[r#"
            ? user   ada@contoso.com: userPrincipalName is left as it is: the value from before belongs to bob@contoso.com (d0db777f-e58b-5ff4-84ba-af70aae4a2e4)
            ? user   queen@contoso.com: userPrincipalName is left as it is: the value from before belongs to ada@contoso.com (ef45d397-0411-5f5e-8940-9bdbdef3958b)

            plan: nothing to do; nothing of this run is left that could be put back
            guards: clear (0 removals; limit 5 or 2 %)
        "#]],
    );
}

#[test]
fn managers_and_members_go_back_as_far_as_they_are_there() {
    check(
        "ad user ada manager=eve
         cloud user ada manager=dan
         ad user bob manager=eve
         cloud user bob manager=gus
         ad user eve
         cloud user eve
         ad user dan
         cloud user dan
         ad user gus ou=Old
         cloud user gus
         ad group staff member=ada,eve
         cloud group staff members=ada,dan,gus",
        "ad user ada manager=eve
         cloud user ada manager=eve
         ad user bob manager=eve
         cloud user bob manager=eve
         ad user eve
         cloud user eve
         ad user dan
         cloud user dan
         ad group staff member=ada,eve
         cloud group staff members=ada,eve",
        &expect![[r#"
            ~ user     ada@contoso.com         rolled back (run 12)
                manager            eve@contoso.com -> dan@contoso.com
            ~ group    staff                   rolled back (run 12)
                members            + dan@contoso.com
                members            - eve@contoso.com
                                   2 after
            ? rollback contoso: the policy still wants what run 12 did: the next `apply`, or `samesign run` once it is approved, would do 3 changes to 2 of these objects again; first put back what led to them, in the directory or in the manifests (run 12 was of commit 3f2c1d9)
            ? user     bob@contoso.com: manager stays eve@contoso.com (ae9e1028-5be6-5297-985b-03e2c963bcac): the one before run 12 cannot be named any more
            ? user     gus@contoso.com: is not in the tenant any more, nor in its recycle bin (883c55f8-5d5c-54b9-a23b-0f243b5604de)
            ? group    staff: does not get gus@contoso.com back, who is not in the tenant any more

            plan: 0 to bring back, 2 to change, 0 to block, 0 to delete; 0 held
            guards: clear (0 removals; limit 5 or 2 %)
        "#]],
    );
}

#[test]
fn who_was_blocked_may_sign_in_and_who_was_let_in_is_blocked_again() {
    check(
        "ad user ada userAccountControl=514
         cloud user ada
         ad user bob
         cloud user bob accountEnabled=false
         ad user eve userAccountControl=514
         cloud user eve",
        "ad user ada userAccountControl=514
         cloud user ada accountEnabled=false
         ad user bob
         cloud user bob
         role bob
         ad user eve userAccountControl=514
         cloud user eve",
        &expect![[r#"
            ~ user     ada@contoso.com         rolled back (run 12): allow sign-in
            ! user     bob@contoso.com         held: holds the role Global Administrator in the tenant: take the role away first, or do it by hand
                block: rolled back (run 12): block sign-in
            ? rollback contoso: the policy still wants what run 12 did: the next `apply`, or `samesign run` once it is approved, would do 1 change to 1 of these objects again; first put back what led to them, in the directory or in the manifests (run 12 was of commit 3f2c1d9)

            plan: 0 to bring back, 1 to change, 0 to block, 0 to delete; 1 held
            guards: held by protected (1): protected accounts are never removed, blocked or adopted; no approval helps
        "#]],
    );
}

#[test]
fn what_was_created_goes_to_the_recycle_bin_and_what_was_deleted_comes_back() {
    check(
        "ad user ada manager=bob
         ad user bob
         ad group staff member=ada,bob
         cloud user dan accountEnabled=false
         blocked dan 2026-10-01
         cloud user gus accountEnabled=false
         blocked gus 2026-10-01
         cloud user kim accountEnabled=false
         blocked kim 2026-10-01",
        "ad user ada manager=bob
         cloud user ada manager=bob
         ad user bob
         unlinked user bob
         ad group staff member=ada,bob
         cloud group staff members=ada,bob
         deleted user dan accountEnabled=false
         deleted user gus accountEnabled=false
         cloud-only user other userPrincipalName=gus@contoso.com",
        &expect![[r#"
            + user     dan@contoso.com         rolled back (run 12): restore
            - user     ada@contoso.com         rolled back (run 12): delete (recycle bin)
            - group    staff                   rolled back (run 12): delete (recycle bin)
            ? rollback contoso: the policy still wants what run 12 did: the next `apply`, or `samesign run` once it is approved, would do 2 changes to 2 of these objects again; first put back what led to them, in the directory or in the manifests (run 12 was of commit 3f2c1d9)
            ? user     bob@contoso.com: stays in the tenant, where run 12 put it: the records have no link to it, and then nobody is deleted
            ? user     gus@contoso.com: stays in the recycle bin: its name belongs to gus@contoso.com (d0db777f-e58b-5ff4-84ba-af70aae4a2e4) now, who has to get another first
            ? user     kim@contoso.com: is not in the tenant any more, nor in its recycle bin (644787b3-a7cf-5260-ade0-960e4450bee3)

            plan: 1 to bring back, 0 to change, 0 to block, 2 to delete; 0 held
            guards: clear (1 removal; limit 5 or 2 %)
        "#]],
    );
}

#[test]
fn nobody_is_deleted_on_half_a_reading() {
    check(
        "ad user ada
         ad group staff member=ada
         cloud group staff",
        "ad user ada
         cloud user ada
         ad group staff member=ada
         cloud group staff members=ada
         broken",
        &expect![[r#"
            ? health corp: the reading broke off after 2 objects: the connection was lost; updates go on, and the next whole reading decides about the rest
            ? user   ada@contoso.com: stays in the tenant, where run 12 put it: the directory was not read to its end, and then nobody is deleted
            ? group  staff: keeps ada@contoso.com: the directory was not read to its end

            plan: nothing to do; nothing of this run is left that could be put back
            guards: clear (0 removals; limit 5 or 2 %)
        "#]],
    );
}

#[test]
fn many_are_held_and_an_admin_whatever_anybody_approves() {
    let people =
        |line: &str| (1..=7).map(|it| line.replace('#', &it.to_string())).collect::<Vec<_>>().join("\n");
    let after = people("ad user p#\ncloud user p#") + "\nrole p1";
    check(
        &people("ad user p#"),
        &after,
        &expect![[r#"
            ! user     p1@contoso.com          held: holds the role Global Administrator in the tenant: take the role away first, or do it by hand
                delete: rolled back (run 12): delete (recycle bin)
            ! user     p2@contoso.com          held: 6 users leave; limit 5 or 2 %
                delete: rolled back (run 12): delete (recycle bin)
            ! user     p3@contoso.com          held: 6 users leave; limit 5 or 2 %
                delete: rolled back (run 12): delete (recycle bin)
            ! user     p4@contoso.com          held: 6 users leave; limit 5 or 2 %
                delete: rolled back (run 12): delete (recycle bin)
            ! user     p5@contoso.com          held: 6 users leave; limit 5 or 2 %
                delete: rolled back (run 12): delete (recycle bin)
            ! user     p6@contoso.com          held: 6 users leave; limit 5 or 2 %
                delete: rolled back (run 12): delete (recycle bin)
            ! user     p7@contoso.com          held: 6 users leave; limit 5 or 2 %
                delete: rolled back (run 12): delete (recycle bin)
            ? rollback contoso: the policy still wants what run 12 did: the next `apply`, or `samesign run` once it is approved, would do 6 changes to 6 of these objects again; first put back what led to them, in the directory or in the manifests (run 12 was of commit 3f2c1d9)

            plan: 0 to bring back, 0 to change, 0 to block, 0 to delete; 7 held
            guards: held by protected (1): protected accounts are never removed, blocked or adopted; no approval helps
            guards: held by users.removals (6; limit 5 or 2 %): more users leave than the policy allows
            to approve exactly what is held: samesign apply … --approve sha256:d2a72562163cfc76086688d3957ab43221ba4d3980a460359095d78a2d1c6fcc
            to approve some of it: samesign plan … --out FILE, then samesign approve FILE --what WHO
        "#]],
    );
}

#[test]
fn an_automatic_policy_is_named_with_what_it_would_do_again() {
    let before = world("ad user ada title=Countess\ncloud user ada jobTitle=Analyst");
    let mut after = world("ad user ada title=Countess\ncloud user ada jobTitle=Countess");
    after.policy.mode = Mode::Auto;
    check_past(
        &deeds(&before),
        &after,
        &expect![[r#"
        ~ user     ada@contoso.com         rolled back (run 12)
            jobTitle           "Countess" -> "Analyst"
        ? rollback contoso: the policy still wants what run 12 did: the next cycle of `samesign run`, or the next `apply`, would do 1 change to 1 of these objects again; first put back what led to them, in the directory or in the manifests (run 12 was of commit 3f2c1d9), or set mode: observe

        plan: 0 to bring back, 1 to change, 0 to block, 0 to delete; 0 held
        guards: clear (0 removals; limit 5 or 2 %)
    "#]],
    );
    let put_back = world("ad user ada title=Analyst\ncloud user ada jobTitle=Countess");
    check_past(
        &deeds(&before),
        &put_back,
        &expect![[r#"
        ~ user   ada@contoso.com         rolled back (run 12)
            jobTitle           "Countess" -> "Analyst"

        plan: 0 to bring back, 1 to change, 0 to block, 0 to delete; 0 held
        guards: clear (0 removals; limit 5 or 2 %)
    "#]],
    );
}

#[test]
fn a_run_that_broke_off_says_so_and_one_without_deeds_leaves_nothing_to_do() {
    let mut past = deeds(&world("ad user ada\ncloud user ada"));
    past.has_ended = false;
    check_past(
        &past,
        &world("ad user ada\ncloud user ada"),
        &expect![[r#"
        ? rollback contoso: run 12 broke off: what it did last is not on record, so look at the objects of its plan

        plan: nothing to do; nothing of this run is left that could be put back
        guards: clear (0 removals; limit 5 or 2 %)
    "#]],
    );
}

#[test]
fn an_ordinary_plan_and_a_rollback_are_told_apart_by_their_ids() {
    let before = world("ad user ada title=Countess\ncloud user ada jobTitle=Analyst");
    let after = world("ad user ada title=Countess\ncloud user ada jobTitle=Countess");
    let mut past = deeds(&before);
    let one = undone(&past, &after);
    past.rollback.plan = "another one".to_owned();
    let other = undone(&past, &after);
    assert_ne!(one.plan.id(), other.plan.id());
    assert!(matches!(one.plan.changes()[0].op(), Op::Update(_)));
    assert_eq!(one.plan.changes()[0].digest(), other.plan.changes()[0].digest());
    past.rollback.run = 13;
    assert_ne!(undone(&past, &after).plan.changes()[0].digest(), one.plan.changes()[0].digest());
}

#[test]
fn what_nobody_can_put_back_is_named_with_the_reason() {
    let before = world("ad user ada title=Countess\ncloud user ada jobTitle=Analyst");
    let planned = before.plan();
    let model = record((&planned.plan.changes()[0], cloud_id("ada")));
    let with = |op: &str, kind: &str, name: &str, outcome: &str| PastChange {
        op: op.to_owned(),
        kind: kind.to_owned(),
        name: name.to_owned(),
        outcome: outcome.to_owned(),
        ..model.clone()
    };
    let changes = [
        with("password", "user", "a password", "done"),
        with("adopt", "user", "taken over", "done"),
        with("update", "user", "half", "partly"),
        with("update", "user", "who knows", "unknown"),
        with("licence", "user", "of a later version", "done"),
        with("update", "tenant", "of other switches", "done"),
        with("update", "user", "refused", "refused"),
        with("update", "user", "as before", "same"),
    ];
    let past = past_deeds(&past_run(), &changes).unwrap();
    check_past(
        &past,
        &world("ad user ada title=Countess\ncloud user ada jobTitle=Countess"),
        &expect![[r#"
            ~ user     ada@contoso.com         rolled back (run 12)
                jobTitle           "Countess" -> "Analyst"
            ? rollback contoso: the policy still wants what run 12 did: the next `apply`, or `samesign run` once it is approved, would do 1 change to 1 of these objects again; first put back what led to them, in the directory or in the manifests (run 12 was of commit 3f2c1d9)
            ? rollback of other switches: is left as it is: this samesign cannot read its records of it
            ? user     a password: keeps the password that run 12 sent: nobody knows the one before
            ? user     half: is left as it is: only some of the steps were done, and nobody knows which: look at it
            ? user     of a later version: is left as it is: this samesign cannot read its records of it
            ? user     taken over: stays linked to the directory, which run 12 did: samesign takes no anchor away
            ? user     who knows: is left as it is: the tenant did not say whether it was done: look at it

            plan: 0 to bring back, 1 to change, 0 to block, 0 to delete; 0 held
            guards: clear (0 removals; limit 5 or 2 %)
        "#]],
    );
    let broken = PastChange { anchor: "none".to_owned(), ..model };
    let error = past_deeds(&past_run(), &[broken]).unwrap_err().to_string();
    expect!["the records of run 12 are damaged: the anchor of update user ada@contoso.com is not valid"]
        .assert_eq(&error);
}
