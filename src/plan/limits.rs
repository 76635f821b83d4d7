//! Limits on how much one plan may do: what each counts, and of how many.
//!
//! Nothing is held here; guards do that.

use crate::model::ObjectKind;
use crate::policy::{ContactLimits, GroupLimits, Guards, Limit, Policy, UserLimits};

use super::because::Because;
use super::change::{AttributeChange, Change, Op};
use super::hold::Guard;
use super::report::Report;

/// Which part of a change a limit is about.
#[derive(Clone, Copy)]
pub(super) enum Part {
    /// All of it.
    Whole,
    /// Only these properties: the others of the same object may still change.
    Attributes(fn(&AttributeChange) -> bool),
}

/// One limit of a policy.
pub(super) struct Rule {
    pub(super) guard: Guard,
    /// Kind of object that it is about.
    pub(super) kind: ObjectKind,
    pub(super) limit: Limit,
    /// How many there are that the percentage is of.
    pub(super) managed: usize,
    /// How much of what is limited a change does.
    pub(super) weight: fn(&Change) -> usize,
    /// Whether each change is measured by itself, and not all together.
    pub(super) each: bool,
    pub(super) part: Part,
    /// What is counted, in words that follow a number.
    pub(super) words: &'static str,
}

/// A number and the words that follow it: `2 users leave`, `1 user leaves`.
pub(super) fn counted(number: usize, words: &str) -> String {
    let Some((noun, rest)) = words.split_once(' ').filter(|_| number == 1) else {
        return format!("{number} {words}");
    };
    let noun = noun.strip_suffix('s').unwrap_or(noun);
    let verb = if rest == "leave" { "leaves" } else { rest };
    format!("1 {noun} {verb}")
}

/// How much a plan is about, for percentages.
pub(super) struct Managed {
    pub(super) users: usize,
    pub(super) groups: usize,
    pub(super) contacts: usize,
    pub(super) memberships: usize,
}

impl Managed {
    /// Objects in scope, or those that are linked if these are more: a scope that matches nobody must not make
    /// every percentage one of nothing.
    pub(super) fn of(report: &Report, linked: impl Fn(ObjectKind) -> usize) -> Self {
        let managed = |kind| report.managed.get(&kind).copied().unwrap_or_default().max(linked(kind));
        Self {
            users: managed(ObjectKind::User),
            groups: managed(ObjectKind::Group),
            contacts: managed(ObjectKind::Contact),
            memberships: report.memberships,
        }
    }
}

const fn one(it: bool) -> usize {
    if it { 1 } else { 0 }
}

fn is(change: &Change, kind: ObjectKind) -> bool {
    change.kind == kind
}

fn is_update(change: &Change) -> bool {
    matches!(change.op, Op::Update(_))
}

fn clears(change: &Change) -> bool {
    is_update(change) && change.attribute_changes().iter().any(AttributeChange::is_clear)
}

fn rewrites(change: &Change) -> bool {
    is_update(change) && change.attribute_changes().iter().any(AttributeChange::is_rewrite)
}

/// The limits of a policy, in the order in which they are asked.
pub(super) fn rules(policy: &Policy, managed: &Managed) -> Vec<Rule> {
    let Guards { directory: _, users, groups, contacts, protect: _, own_accounts: _ } = &policy.guards;
    let mut rules = user_rules(users, managed);
    rules.extend(group_rules(groups, managed));
    if policy.contacts.is_some() {
        rules.extend(contact_rules(contacts, managed));
    }
    rules
}

fn user_rules(limits: &UserLimits, managed: &Managed) -> Vec<Rule> {
    let UserLimits { removals, blocks, rewrites: renames, clears: cleared, creates, updates } = *limits;
    let of_users = |guard, limit, weight, part, words| Rule {
        guard,
        kind: ObjectKind::User,
        limit,
        managed: managed.users,
        weight,
        each: false,
        part,
        words,
    };
    let user_removal = |it: &Change| one(is(it, ObjectKind::User) && it.is_removal());
    let user_block = |it: &Change| one(it.op == Op::Block && !it.is_removal());
    let user_rewrite = |it: &Change| one(is(it, ObjectKind::User) && rewrites(it));
    let user_clear = |it: &Change| one(is(it, ObjectKind::User) && clears(it));
    let user_create = |it: &Change| one(is(it, ObjectKind::User) && matches!(it.op, Op::Create(_)));
    let user_update = |it: &Change| one(is(it, ObjectKind::User) && is_update(it));
    let whole = Part::Whole;
    let mut rules = vec![
        of_users(Guard::UserRemovals, removals, user_removal, whole, "users leave"),
        of_users(Guard::UserBlocks, blocks, user_block, whole, "users would be blocked"),
        of_users(
            Guard::UserRewrites,
            renames,
            user_rewrite,
            Part::Attributes(AttributeChange::is_rewrite),
            "users would get another user name or primary address",
        ),
        of_users(
            Guard::UserClears,
            cleared,
            user_clear,
            Part::Attributes(AttributeChange::is_clear),
            "users would lose a value",
        ),
    ];
    rules.extend(
        creates.map(|it| of_users(Guard::UserCreates, it, user_create, whole, "users would be created")),
    );
    rules.extend(
        updates.map(|it| of_users(Guard::UserUpdates, it, user_update, whole, "users would be changed")),
    );
    rules
}

fn contact_rules(limits: &ContactLimits, managed: &Managed) -> Vec<Rule> {
    let ContactLimits { removals, clears: cleared, creates, updates } = *limits;
    let of_contacts = |guard, limit, weight, part, words| Rule {
        guard,
        kind: ObjectKind::Contact,
        limit,
        managed: managed.contacts,
        weight,
        each: false,
        part,
        words,
    };
    let removal = |it: &Change| one(is(it, ObjectKind::Contact) && it.is_removal());
    let clear = |it: &Change| one(is(it, ObjectKind::Contact) && clears(it));
    let create = |it: &Change| one(is(it, ObjectKind::Contact) && matches!(it.op, Op::Create(_)));
    let update = |it: &Change| one(is(it, ObjectKind::Contact) && is_update(it));
    let whole = Part::Whole;
    let clears_part = Part::Attributes(AttributeChange::is_clear);
    let mut rules = vec![
        of_contacts(Guard::ContactRemovals, removals, removal, whole, "contacts leave"),
        of_contacts(Guard::ContactClears, cleared, clear, clears_part, "contacts would lose a value"),
    ];
    rules.extend(
        creates.map(|it| of_contacts(Guard::ContactCreates, it, create, whole, "contacts would be created")),
    );
    rules.extend(
        updates.map(|it| of_contacts(Guard::ContactUpdates, it, update, whole, "contacts would be changed")),
    );
    rules
}

fn group_rules(limits: &GroupLimits, managed: &Managed) -> Vec<Rule> {
    let GroupLimits { removals, member_removals, all_member_removals, clears: cleared, creates, updates } =
        *limits;
    let of_groups = |guard, limit, weight, part, words| Rule {
        guard,
        kind: ObjectKind::Group,
        limit,
        managed: managed.groups,
        weight,
        each: false,
        part,
        words,
    };
    let removal = |it: &Change| one(is(it, ObjectKind::Group) && it.is_removal());
    let clear = |it: &Change| one(is(it, ObjectKind::Group) && clears(it));
    let create = |it: &Change| one(is(it, ObjectKind::Group) && matches!(it.op, Op::Create(_)));
    let update = |it: &Change| one(is(it, ObjectKind::Group) && is_update(it));
    // Who leaves altogether is counted as a removal.
    let taken_out =
        |it: &Change| if it.because == Because::MembersDeparted { 0 } else { it.members_taken_out().len() };
    let whole = Part::Whole;
    let members = Rule {
        each: true,
        ..of_groups(
            Guard::MemberRemovals,
            member_removals,
            |it| it.members_taken_out().len(),
            whole,
            "members would leave this group",
        )
    };
    let all_members = Rule {
        managed: managed.memberships,
        ..of_groups(
            Guard::AllMemberRemovals,
            all_member_removals,
            taken_out,
            whole,
            "members would leave their groups",
        )
    };
    let mut rules = vec![
        of_groups(Guard::GroupRemovals, removals, removal, whole, "groups leave"),
        members,
        all_members,
        of_groups(
            Guard::GroupClears,
            cleared,
            clear,
            Part::Attributes(AttributeChange::is_clear),
            "groups would lose a value",
        ),
    ];
    rules.extend(
        creates.map(|it| of_groups(Guard::GroupCreates, it, create, whole, "groups would be created")),
    );
    rules.extend(
        updates.map(|it| of_groups(Guard::GroupUpdates, it, update, whole, "groups would be changed")),
    );
    rules
}
