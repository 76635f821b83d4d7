//! Each fault is planted into a good plan, and that one is found.
//!
//! It does not know how.

use expect_test::{Expect, expect};

use crate::model::{CloudId, Feature, Property, Roles};
use crate::plan::Planned;
use crate::plan::because::{Because, Departure, PolicyEdit};
use crate::plan::change::{
    AttributeChange, Change, FeatureTurn, NewValue, Op, Stage, Subject, SubjectKind, Value,
};
use crate::plan::health::Symptom;
use crate::plan::hold::{Guard, Hold};
use crate::plan::report::{About, Finding};
use crate::policy::Limit;

use super::small_world::{
    ADA, BOSS, CLEO, DAN, EVE, KIM, STAFF, World, alter, alter_one, anchor, cloud, faults, faults_of_saved,
    place, reference,
};

#[expect(clippy::needless_pass_by_value, reason = "every call makes one just for this")]
fn check(alter: impl FnOnce(&mut World, &mut Planned), expect: Expect) {
    expect.assert_eq(&faults(alter));
}

fn hold(change: &mut Change, guard: Guard) {
    change.held = Some(Hold { guard, reason: "for a test".to_owned() });
}

fn let_go(change: &mut Change) {
    change.held = None;
}

#[test]
fn a_good_plan_has_no_fault_and_one_change_of_each_sort() {
    check(
        |_, planned| {
            let words: Vec<String> =
                planned.plan.changes().iter().map(|it| format!("{} {}", it.op.word(), it.name)).collect();
            expect![[r#"
                block bob@contoso.com
                block eve@contoso.com
                restore fay@contoso.com
                update ada@contoso.com
                adopt kim@contoso.com
                create cleo@contoso.com
                update cleo@contoso.com
                create crew
                members crew
                members staff
                members staff
                members staff
                delete old
                delete dan@contoso.com"#]]
            .assert_eq(&words.join("\n"));
        },
        expect![[""]],
    );
}

#[test]
fn what_does_not_come_from_the_directory_is_left_alone() {
    let to = |id: CloudId| move |it: &mut Change| it.subject = Subject::Known(id);
    let nobody = to(CloudId::default());
    check(
        |_, planned| alter_one(planned, ("update", "ada"), to(cloud(BOSS))),
        expect![[r#"
        update user ada@contoso.com: neither an anchor nor our records tie this object of the tenant to the directory
    "#]],
    );
    check(
        |_, planned| alter_one(planned, ("update", "ada"), to(cloud(EVE))),
        expect![[r#"
        update user ada@contoso.com: the object of the tenant carries another anchor, BQUFBQUFBQUFBQUFBQUFBQ==
    "#]],
    );
    check(
        |_, planned| alter_one(planned, ("update", "ada"), nobody),
        expect![[r#"
        update user ada@contoso.com: the tenant has no such object
    "#]],
    );
    check(
        |world, _| world.user(ADA).origin = crate::model::Origin::Synced,
        expect![[r#"
        update user ada@contoso.com: Entra Connect is master of this object
    "#]],
    );
    check(|world, _| world.user(ADA).anchor = None, expect![[""]]);
    check(
        |world, _| {
            world.user(ADA).anchor = None;
            world.links.by_anchor.remove(&anchor(ADA));
        },
        expect![[r#"
            update user ada@contoso.com: neither an anchor nor our records tie this object of the tenant to the directory
        "#]],
    );
}

#[test]
fn the_recycle_bin_is_neither_overlooked_nor_imagined() {
    let deleted = |world: &mut World| {
        world.user(ADA).deleted_at = Some("2026-11-20T00:00:00Z".parse().expect("a time"));
    };
    check(
        |world, _| deleted(world),
        expect![[r#"
        update user ada@contoso.com: the object is in the recycle bin, and nothing takes it out first
        update user cleo@contoso.com: refers to ada@contoso.com, which does not exist then
    "#]],
    );
    check(
        |_, planned| {
            alter_one(planned, ("restore", "fay"), |it| {
                it.subject = Subject::Known(cloud(ADA));
                it.anchor = anchor(ADA);
            });
        },
        expect![[r#"
            restore user fay@contoso.com: the object is not in the recycle bin
        "#]],
    );
    check(
        |world, _| world.user(BOSS).anchor = Some(anchor(CLEO)),
        expect![[r#"
        create user cleo@contoso.com: the tenant has an object with this anchor already, 07070707-0707-0707-0707-070707070707
    "#]],
    );
}

#[test]
fn no_foreign_member_is_taken_out() {
    check(
        |_, planned| {
            alter(planned, |changes| {
                for change in changes {
                    if let Op::Members { add: _, remove, after: _ } = &mut change.op
                        && remove.len() == 1
                    {
                        remove.push(reference(Subject::Known(cloud(BOSS)), "boss@contoso.com"));
                    }
                }
            });
        },
        expect![[r#"
            members group staff: takes out boss@contoso.com, who does not come from the directory
        "#]],
    );
}

#[test]
fn only_the_fit_are_adopted_and_only_with_consent() {
    check(
        |_, planned| alter_one(planned, ("adopt", "kim"), let_go),
        expect![[r#"
        adopt user kim@contoso.com: no guard holds it
    "#]],
    );
    check(
        |world, _| world.user(KIM).guest = true,
        expect![[r#"
        adopt user kim@contoso.com: the object of the tenant is a guest
    "#]],
    );
    check(
        |world, _| world.user(KIM).anchor = Some(anchor(EVE)),
        expect![[r#"
        adopt user kim@contoso.com: the object of the tenant has an anchor already
    "#]],
    );
    check(
        |world, planned| {
            world.roles = Roles::Known([(cloud(KIM), ["Global Administrator".into()].into())].into());
            alter_one(planned, ("adopt", "kim"), |it| hold(it, Guard::Protected));
        },
        expect![[""]],
    );
}

#[test]
fn a_broken_reading_removes_nobody() {
    check(
        |world, _| world.is_whole = false,
        expect![[r#"
        block user eve@contoso.com: the reading of the directory broke off, so nobody can be known to have left
        block user eve@contoso.com: the reading of the directory is doubtful, and no guard holds it
        members group staff: the reading of the directory broke off, so nobody can be known to have left
        members group staff: the reading of the directory is doubtful, and no guard holds it
        members group staff: the reading of the directory broke off, so nobody can be known to have left
        members group staff: the reading of the directory is doubtful, and no guard holds it
        delete group old: the reading of the directory broke off, so nobody can be known to have left
        delete group old: the reading of the directory is doubtful, and no guard holds it
        delete user dan@contoso.com: the reading of the directory broke off, so nobody can be known to have left
        delete user dan@contoso.com: the reading of the directory is doubtful, and no guard holds it
    "#]],
    );
}

#[test]
fn only_what_is_recorded_and_due_is_deleted() {
    check(
        |world, _| {
            world.links.by_anchor.remove(&anchor(DAN));
        },
        expect![[r#"
            members group staff: takes out dan@contoso.com, who does not come from the directory
            delete user dan@contoso.com: our records do not link this object
            delete user dan@contoso.com: the grace period is not over: no block is on record
        "#]],
    );
    let since = |world: &mut World, time: &str| {
        let link = world.links.by_anchor.get_mut(&anchor(DAN)).expect("he is linked");
        link.blocked_since = Some(time.parse().expect("a time"));
    };
    check(|world, _| since(world, "2026-11-08T23:59:59Z"), expect![[""]]);
    check(
        |world, _| since(world, "2026-11-09T00:00:00Z"),
        expect![[r#"
        delete user dan@contoso.com: the grace period is not over: blocked since 2026-11-09T00:00:00Z, deleted after 14 days
    "#]],
    );
    check(
        |world, _| {
            let users = world.policy.users.as_mut().expect("it has users");
            users.lifecycle.removal.delete_after_days = None;
        },
        expect![[r#"
            delete user dan@contoso.com: the grace period is not over: the policy never deletes
        "#]],
    );
    check(
        |_, planned| alter_one(planned, ("delete", "dan"), |it| it.because = Because::DisabledInDirectory),
        expect![[r#"
            delete user dan@contoso.com: only what left is deleted
        "#]],
    );
}

#[test]
fn nobody_who_is_in_scope_leaves() {
    check(
        |world, _| world.person(DAN, "dan", &[]),
        expect![[r#"
        delete user dan@contoso.com: CN=dan,OU=Staff,DC=contoso,DC=com is in the directory and in scope
    "#]],
    );
}

#[test]
fn protected_accounts_keep_their_sign_in() {
    let admin = |world: &mut World| {
        world.roles = Roles::Known([(cloud(EVE), ["Global Administrator".into()].into())].into());
    };
    check(
        |world, _| admin(world),
        expect![[r#"
        block user eve@contoso.com: the account is protected: it holds the role Global Administrator
    "#]],
    );
    check(
        |world, _| world.policy.guards.protect.push("eve@contoso.com".to_owned()),
        expect![[r#"
        block user eve@contoso.com: the account is protected: the policy lists it
    "#]],
    );
    check(
        |world, planned| {
            admin(world);
            alter_one(planned, ("block", "eve"), |it| hold(it, Guard::UserRemovals));
        },
        expect![[r#"
            block user eve@contoso.com: the account is protected: it holds the role Global Administrator
        "#]],
    );
    check(
        |world, planned| {
            admin(world);
            alter_one(planned, ("block", "eve"), |it| hold(it, Guard::Protected));
        },
        expect![[""]],
    );
    check(
        |world, _| world.roles = Roles::Unknown("no right".to_owned()),
        expect![[r#"
        block user bob@contoso.com: it is not known who holds admin roles, and no guard holds it
        block user eve@contoso.com: it is not known who holds admin roles, and no guard holds it
        delete user dan@contoso.com: it is not known who holds admin roles, and no guard holds it
    "#]],
    );
}

#[test]
fn what_a_policy_removes_is_held() {
    let edit = PolicyEdit { settings: Vec::new(), before: None, after: crate::model::Provenance::default() };
    let how = Departure::PolicyChanged { why: "out".to_owned(), edit: Box::new(edit) };
    check(
        |_, planned| {
            alter_one(planned, ("block", "eve"), |it| {
                it.because = Because::Departed { how, delete_on: None }
            });
        },
        expect![[r#"
            block user eve@contoso.com: a change of policy causes it, and no guard holds it
        "#]],
    );
}

#[test]
fn nothing_is_taken_away_on_the_word_of_a_doubtful_reading() {
    check(
        |_, planned| planned.report.symptoms.push(Symptom::CanaryMissing("CN=canary".to_owned())),
        expect![[r#"
            block user eve@contoso.com: the reading of the directory is doubtful, and no guard holds it
            members group staff: the reading of the directory is doubtful, and no guard holds it
            members group staff: the reading of the directory is doubtful, and no guard holds it
            delete group old: the reading of the directory is doubtful, and no guard holds it
            delete user dan@contoso.com: the reading of the directory is doubtful, and no guard holds it
        "#]],
    );
    let missing = Finding { kind: None, name: "OU=Gone".into(), about: About::Scope, text: String::new() };
    check(
        |_, planned| planned.report.findings.push(missing),
        expect![[r#"
        block user eve@contoso.com: the reading of the directory is doubtful, and no guard holds it
        delete group old: the reading of the directory is doubtful, and no guard holds it
        delete user dan@contoso.com: the reading of the directory is doubtful, and no guard holds it
    "#]],
    );
}

#[test]
fn changes_run_in_their_order() {
    check(
        |_, planned| alter_one(planned, ("block", "eve"), |it| it.stage = Stage::Adopt),
        expect![[r#"
        restore user fay@contoso.com: runs after block user eve@contoso.com, which belongs to a later stage
        block user eve@contoso.com: runs in the wrong stage
    "#]],
    );
    check(
        |_, planned| alter(planned, |it| it.reverse()),
        expect![[r#"
        delete group old: runs after delete user dan@contoso.com, which belongs to a later stage
        members group staff: runs after delete group old, which belongs to a later stage
        members group staff: runs after members group staff, which belongs to a later stage
        create group crew: runs after members group crew, which belongs to a later stage
        update user cleo@contoso.com: runs after create group crew, which belongs to a later stage
        create user cleo@contoso.com: runs after update user cleo@contoso.com, which belongs to a later stage
        adopt user kim@contoso.com: runs after create user cleo@contoso.com, which belongs to a later stage
        update user ada@contoso.com: runs after adopt user kim@contoso.com, which belongs to a later stage
        restore user fay@contoso.com: runs after update user ada@contoso.com, which belongs to a later stage
        block user eve@contoso.com: runs after restore user fay@contoso.com, which belongs to a later stage
    "#]],
    );
    let drop_cleo = |planned: &mut Planned| {
        alter(planned, |changes| {
            let at = place(changes, "create", "cleo");
            changes.remove(at);
        });
    };
    check(
        |_, planned| drop_cleo(planned),
        expect![[r#"
        update user cleo@contoso.com: refers to cleo@contoso.com, which does not exist then
        members group crew: refers to cleo@contoso.com, which does not exist then
        members group staff: refers to cleo@contoso.com, which does not exist then
    "#]],
    );
    let saved = faults_of_saved(|_, planned| drop_cleo(planned));
    assert_eq!(saved, "", "what others wait for may be done or gone");
}

fn rename(to: &str) -> AttributeChange {
    let text = |it: &str| Some(Value::Text(it.into()));
    AttributeChange { property: Property::UserPrincipalName, from: text("ada@contoso.com"), to: text(to) }
}

#[test]
fn a_name_is_given_up_before_it_is_taken() {
    let takes = |name: &'static str| move |it: &mut Change| it.op = Op::Update(vec![rename(name)]);
    check(
        |_, planned| alter_one(planned, ("update", "ada"), takes("BOSS@contoso.com")),
        expect![[r#"
        update user ada@contoso.com: takes the name boss@contoso.com before 07070707-0707-0707-0707-070707070707 gives it up
    "#]],
    );
    check(
        |_, planned| alter_one(planned, ("update", "ada"), takes("cleo@contoso.com")),
        expect![[r#"
        create user cleo@contoso.com: gets the name cleo@contoso.com, and so does update user ada@contoso.com
    "#]],
    );
    check(|world, _| world.user(BOSS).attributes = world.user(ADA).attributes.clone(), expect![[""]]);
}

#[test]
fn values_have_the_form_of_their_properties_and_sign_in_is_none() {
    let gets = |property: Property, value: Value| {
        move |it: &mut Change| {
            it.op = Op::Update(vec![AttributeChange { property, from: None, to: Some(value) }]);
        }
    };
    let ada = ("update", "ada");
    check(
        |_, planned| alter_one(planned, ada, gets(Property::AccountEnabled, Value::Switch(true))),
        expect![[r#"
            update user ada@contoso.com: switches sign-in, which only a block and its opposite may do
        "#]],
    );
    check(
        |_, planned| alter_one(planned, ada, gets(Property::JobTitle, Value::Switch(true))),
        expect![[r#"
            update user ada@contoso.com: jobTitle cannot have such a value
        "#]],
    );
    let is_secret = |it: &&Property| {
        let name = it.name().to_lowercase();
        // Exchange's lists of senders and recipients, which it calls hashes.
        let is_list = name.starts_with("msexch") && name.ends_with("hash");
        !is_list && ["password", "hash", "secret", "credential"].iter().any(|word| name.contains(word))
    };
    assert_eq!(Property::ALL.iter().find(is_secret), None, "no property can carry a secret");
}

#[test]
fn what_runs_is_within_the_limits() {
    let none = Limit { max: 0, percent: None, floor: 0 };
    check(
        |world, _| {
            let users = &mut world.policy.guards.users;
            (users.removals, users.blocks) = (Limit { max: 1, ..none }, none);
            (users.creates, users.updates) = (Some(none), Some(none));
            let groups = &mut world.policy.guards.groups;
            (groups.removals, groups.member_removals) =
                (none, Limit { max: 100, percent: Some(59), floor: 2 });
            (groups.all_member_removals, groups.creates) = (none, Some(none));
        },
        expect![[r#"
            users.removals counts 2 that would run, and its limit is 1
            users.blocks counts 1 that would run, and its limit is 0
            users.creates counts 1 that would run, and its limit is 0
            users.updates counts 2 that would run, and its limit is 0
            groups.removals counts 1 that would run, and its limit is 0
            groups.allMemberRemovals counts 1 that would run, and its limit is 0
            groups.creates counts 1 that would run, and its limit is 0
            groups.memberRemovals of staff counts 3 that would run, and its limit is 100 or 59 %
        "#]],
    );
    check(
        |world, planned| {
            (world.policy.guards.users.rewrites, world.policy.guards.users.clears) = (none, none);
            world.policy.guards.groups.clears = none;
            alter_one(planned, ("update", "ada"), |it| {
                let gone = AttributeChange {
                    property: Property::JobTitle,
                    from: Some(Value::Text("Clerk".into())),
                    to: None,
                };
                it.op = Op::Update(vec![rename("ada.l@contoso.com"), gone]);
            });
        },
        expect![[r#"
            users.rewrites counts 1 that would run, and its limit is 0
            users.clears counts 1 that would run, and its limit is 0
        "#]],
    );
    check(|world, _| world.group(STAFF).members = [cloud(ADA)].into(), expect![[""]]);
}

#[test]
fn nothing_stands_in_a_plan_twice() {
    let twice = |op: &'static str, name: &'static str| {
        move |changes: &mut Vec<Change>| {
            let at = place(changes, op, name);
            let mut again = changes[at].clone();
            again.digest = crate::model::Digest::of_fields([b"another".as_slice()]);
            changes.insert(at, again);
        }
    };
    check(
        |_, planned| alter(planned, twice("block", "eve")),
        expect![[r#"
        block user eve@contoso.com: the same operation stands in the plan twice
    "#]],
    );
    check(
        |_, planned| alter(planned, twice("update", "ada")),
        expect![[r#"
        update user ada@contoso.com: jobTitle stands in the plan twice
    "#]],
    );
    check(
        |_, planned| {
            alter(planned, |changes| {
                let (one, other) = (place(changes, "block", "bob"), place(changes, "block", "eve"));
                changes[other].digest = changes[one].digest;
            });
        },
        expect![[r#"
            block user eve@contoso.com: has the digest of block user bob@contoso.com
        "#]],
    );
    check(
        |_, planned| {
            alter_one(planned, ("members", "crew"), |it| {
                if let Op::Members { add, remove: _, after: _ } = &mut it.op {
                    let again = add[0].clone();
                    add.push(again);
                }
            });
        },
        expect![[r#"
            members group crew: cleo@contoso.com stands in the plan twice
        "#]],
    );
    check(
        |_, planned| {
            alter_one(planned, ("restore", "fay"), |it| {
                let value = Value::Text("cleo@contoso.com".into());
                it.op = Op::Create(vec![NewValue { property: Property::UserPrincipalName, value }]);
                it.subject = Subject::Created(it.anchor);
                it.stage = Stage::CreateUsers;
            });
        },
        expect![[r#"
            update user ada@contoso.com: runs after create user fay@contoso.com, which belongs to a later stage
            create user cleo@contoso.com: gets the name cleo@contoso.com, and so does create user fay@contoso.com
        "#]],
    );
}

#[test]
fn a_switch_of_the_tenant_is_held() {
    let turn = |it: &mut Change| {
        it.kind = SubjectKind::Tenant;
        it.op = Op::Features(vec![FeatureTurn { feature: Feature::PasswordSync, on: true }]);
        it.stage = Stage::Features;
    };
    check(
        |_, planned| alter_one(planned, ("block", "bob"), turn),
        expect![[r#"
        update tenant bob@contoso.com: no guard holds it, and a switch concerns everybody
    "#]],
    );
    check(
        |_, planned| {
            alter_one(planned, ("block", "bob"), |it| {
                turn(it);
                hold(it, Guard::Features);
            });
        },
        expect![[r#""#]],
    );
}

#[test]
fn a_plan_undoes_one_run_or_none() {
    check(
        |_, planned| alter_one(planned, ("update", "ada"), |it| it.because = Because::RolledBack { run: 7 }),
        expect![[r#"
            update user ada@contoso.com: a plan undoes one run and does nothing else, or undoes none
        "#]],
    );
}
