//! Limits: each below, at and above; what they count; and what goes on while something is held.

use std::fmt::Write as _;

use expect_test::expect;
use samesign::model::ObjectKind;
use samesign::plan::Guard;
use samesign::policy::{Guards, Limit};

use super::world::{World, check_world, world};

/// So many times the same lines, with another number each.
fn times(number: usize, lines: &str) -> String {
    (0..number).fold(String::new(), |mut text, at| {
        writeln!(text, "{}", lines.replace('#', &at.to_string())).unwrap();
        text
    })
}

/// The only guard with a limit is this one.
fn limited(guard: Guard, limit: Limit) -> Guards {
    let mut guards = Guards::default();
    let none = Limit { max: 1000, percent: None, floor: 0 };
    let place = |it: Guard| if it == guard { limit } else { none };
    let optional = |it: Guard| (it == guard).then_some(limit);
    guards.users.removals = place(Guard::UserRemovals);
    guards.users.blocks = place(Guard::UserBlocks);
    guards.users.rewrites = place(Guard::UserRewrites);
    guards.users.clears = place(Guard::UserClears);
    guards.users.creates = optional(Guard::UserCreates);
    guards.users.updates = optional(Guard::UserUpdates);
    guards.groups.removals = place(Guard::GroupRemovals);
    guards.groups.member_removals = place(Guard::MemberRemovals);
    guards.groups.all_member_removals = place(Guard::AllMemberRemovals);
    guards.groups.clears = place(Guard::GroupClears);
    guards.groups.creates = optional(Guard::GroupCreates);
    guards.groups.updates = optional(Guard::GroupUpdates);
    guards
}

/// Two such changes pass and three wait, all of them; the words of the plan.
fn words(guard: Guard, world_of: impl Fn(usize) -> String) -> String {
    let limit = Limit { max: 2, percent: None, floor: 0 };
    let held = |number: usize| {
        let mut world = world(&world_of(number));
        world.policy.guards = limited(guard, limit);
        world.plan().plan.changes().iter().filter_map(|it| it.held().cloned()).collect::<Vec<_>>()
    };
    assert_eq!((held(1), held(2)), (Vec::new(), Vec::new()), "{}", guard.word());
    let held = held(3);
    assert!(!held.is_empty(), "{} holds nothing", guard.word());
    assert!(held.iter().all(|it| it.guard == guard), "{held:?}");
    format!("{:<26} {}x {}\n", guard.word(), held.len(), held[0].reason)
}

#[test]
fn each_limit_holds_all_that_it_counts_once_there_is_more_than_it_allows() {
    let everybody = |number: usize| (0..number).map(|it| format!("p{it}")).collect::<Vec<_>>().join(",");
    let words = [
        words(Guard::UserRemovals, |it| times(it, "cloud user p#")),
        words(Guard::UserBlocks, |it| times(it, "ad user p# userAccountControl=514\ncloud user p#")),
        words(Guard::UserRewrites, |it| {
            times(it, "ad user p# userPrincipalName=new#@contoso.com\ncloud user p#")
        }),
        words(Guard::UserClears, |it| times(it, "ad user p#\ncloud user p# jobTitle=Clerk")),
        words(Guard::UserCreates, |it| times(it, "ad user p#")),
        words(Guard::UserUpdates, |it| times(it, "ad user p# title=Clerk\ncloud user p#")),
        words(Guard::GroupRemovals, |it| times(it, "cloud group g#\nblocked g# 2026-11-01")),
        words(Guard::MemberRemovals, |it| {
            let members = everybody(it);
            times(it, "ad user p#\ncloud user p#") + &format!("ad group g\ncloud group g members={members}")
        }),
        words(Guard::AllMemberRemovals, |it| {
            times(it, "ad user p#\ncloud user p#\nad group g#\ncloud group g# members=p#")
        }),
        words(Guard::GroupClears, |it| times(it, "ad group g#\ncloud group g# description=Old")),
        words(Guard::GroupCreates, |it| times(it, "ad group g#")),
        words(Guard::GroupUpdates, |it| times(it, "ad group g# description=New\ncloud group g#")),
    ];
    expect![[r#"
        users.removals             3x 3 users leave; limit 2
        users.blocks               3x 3 users would be blocked; limit 2
        users.rewrites             3x 3 users would get another user name or primary address; limit 2
        users.clears               3x 3 users would lose a value; limit 2
        users.creates              3x 3 users would be created; limit 2
        users.updates              3x 3 users would be changed; limit 2
        groups.removals            3x 3 groups leave; limit 2
        groups.memberRemovals      1x 3 members would leave this group; limit 2
        groups.allMemberRemovals   3x 3 members would leave their groups; limit 2
        groups.clears              3x 3 groups would lose a value; limit 2
        groups.creates             3x 3 groups would be created; limit 2
        groups.updates             3x 3 groups would be changed; limit 2
    "#]]
    .assert_eq(&words.concat());
}

#[test]
fn without_a_word_of_the_policy_a_first_run_has_no_limit() {
    let world = world(&times(500, "ad user p#\nad group g#"));
    assert_eq!(world.held(), [""; 0]);
}

/// Two percent of a hundred people, and nobody in scope any more.
#[test]
fn a_share_is_one_of_all_who_are_linked() {
    let of = |people: usize, leavers: usize| {
        let mut world = world(
            &(times(people - leavers, "ad user p#\ncloud user p#") + &times(leavers, "cloud user gone#")),
        );
        world.policy.guards = limited(Guard::UserRemovals, Limit { max: 1000, percent: Some(2), floor: 0 });
        world
    };
    assert_eq!(of(100, 2).held(), [""; 0]);
    assert_eq!(of(100, 3).held().len(), 3);
    assert_eq!(of(151, 3).held(), [""; 0]);
    assert_eq!(of(100, 100).held().len(), 100);
}

#[test]
fn a_share_of_one_group_is_one_of_its_members_and_of_all_groups_of_all_memberships() {
    let groups = |guard: Guard| {
        let members = (0..10).map(|it| format!("p{it}")).collect::<Vec<_>>().join(",");
        let text = times(10, "ad user p#\ncloud user p#")
            + &format!("ad group g member={}\n", members.trim_start_matches("p0,p1,"))
            + &format!("cloud group g members={members}\n")
            + &format!("ad group h member={members}\ncloud group h members={members}");
        let mut world = world(&text);
        world.policy.guards = limited(guard, Limit { max: 1000, percent: Some(15), floor: 0 });
        world.held()
    };
    assert_eq!(groups(Guard::MemberRemovals), ["groups.memberRemovals: members g"], "two of ten");
    assert_eq!(groups(Guard::AllMemberRemovals), [""; 0], "two of twenty");
}

/// They are counted as people who leave.
#[test]
fn who_leaves_altogether_does_not_count_as_a_member_who_leaves() {
    let text = times(3, "cloud user p#") + "ad group g\ncloud group g members=p0,p1,p2";
    let mut world = world(&text);
    world.policy.guards = limited(Guard::AllMemberRemovals, Limit { max: 2, percent: None, floor: 0 });
    assert_eq!(world.held(), [""; 0]);
}

fn mixed() -> World {
    let mut world = world(
        "ad user ada title=Chief userPrincipalName=lovelace@contoso.com
         cloud user ada jobTitle=Clerk department=Sales
         ad user bob
         cloud user bob",
    );
    world.policy.guards.users.clears.max = 0;
    world
}

#[test]
fn a_held_clear_and_a_free_change_of_one_person_are_two_changes() {
    let mut world = mixed();
    check_world(
        &world,
        &expect![[r#"
            ~ user   ada@contoso.com         attribute differs
                userPrincipalName  "ada@contoso.com" -> "lovelace@contoso.com"
                jobTitle           "Clerk" -> "Chief"
            ! user   ada@contoso.com         held: 1 user would lose a value; limit 0 or 10 %
                department         "Sales" -> (none)

            plan: 0 to add, 1 to change, 0 to block, 0 to delete; 1 held; 0 left alone
            guards: held by users.clears (1; limit 0 or 10 %): more users lose a value than the policy allows
            to approve exactly what is held: samesign apply … --approve sha256:6e79c822e6bdd5b9825c36fa4535ac9076b7598dae8b0e498f2d768dbef4091e
            to approve some of it: samesign plan … --out FILE, then samesign approve FILE --what WHO
        "#]],
    );
    world.policy.guards.users.rewrites.max = 0;
    assert_eq!(
        world.held(),
        ["users.rewrites: update ada@contoso.com", "users.clears: update ada@contoso.com"]
    );
    assert_eq!(world.free(), ["update ada@contoso.com"]);
    let digests: std::collections::BTreeSet<_> =
        world.plan().plan.changes().iter().map(samesign::plan::Change::digest).collect();
    assert_eq!(digests.len(), 3, "each can be approved by itself");
}

#[test]
fn a_domain_that_gets_another_name_is_held_and_the_rest_goes_on() {
    let now = world(&times(
        21,
        "ad user p# title=Clerk userPrincipalName=p#@contoso.onmicrosoft.com\ncloud user p#",
    ));
    assert_eq!((now.held().len(), now.free().len()), (21, 21));
    let held = now.plan().plan;
    let held = held.changes().iter().find_map(|it| it.held().map(|it| it.reason.clone())).unwrap();
    expect!["21 users would get another user name or primary address; limit 20 or 5 %"].assert_eq(&held);
    assert!(now.plan().plan.changes().iter().all(|it| it.kind() == ObjectKind::User));
}
