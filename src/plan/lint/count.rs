//! Whether what runs is within the limits of the policy, counted again.
//!
//! It does not know what a guard counted.

use std::collections::BTreeMap;

use crate::model::{CloudId, ObjectKind, Property};
use crate::plan::because::Because;
use crate::plan::change::{AttributeChange, Change, Op, Subject, SubjectKind, Value};
use crate::plan::hold::Guard;
use crate::policy::{ContactLimits, GroupLimits, Limit, UserLimits};

use super::removal::{leaves, takes_a_value};
use super::{Case, Culprit, Fault};

/// What runs, of one kind of object.
#[derive(Clone, Copy, Default)]
struct Tally {
    removals: usize,
    blocks: usize,
    rewrites: usize,
    clears: usize,
    creates: usize,
    updates: usize,
}

pub(super) fn check(case: &Case<'_>, faults: &mut Vec<Fault>) {
    let (mut users, mut groups, mut contacts) = (Tally::default(), Tally::default(), Tally::default());
    let mut by_group: BTreeMap<CloudId, (usize, &Change)> = BTreeMap::new();
    let mut taken_out = 0;
    for change in case.free() {
        match change.kind {
            SubjectKind::Object(ObjectKind::User) => users.add(change),
            SubjectKind::Object(ObjectKind::Group) => groups.add(change),
            SubjectKind::Object(ObjectKind::Contact) => contacts.add(change),
            SubjectKind::Tenant => (),
        }
        let many = change.members_taken_out().len();
        if let (Subject::Known(id), true) = (change.subject, 0 < many) {
            by_group.entry(id).or_insert((0, change)).0 += many;
        }
        // Who leaves altogether counts as a removal.
        taken_out += if change.because == Because::MembersDeparted { 0 } else { many };
    }
    let UserLimits { removals, blocks, rewrites, clears, creates, updates } = case.inputs.policy.guards.users;
    let among = managed(case, ObjectKind::User);
    let of_users = [
        (Guard::UserRemovals, users.removals, Some(removals), among),
        (Guard::UserBlocks, users.blocks + groups.blocks, Some(blocks), among),
        (Guard::UserRewrites, users.rewrites, Some(rewrites), among),
        (Guard::UserClears, users.clears, Some(clears), among),
        (Guard::UserCreates, users.creates, creates, among),
        (Guard::UserUpdates, users.updates, updates, among),
    ];
    let GroupLimits { removals, member_removals, all_member_removals, clears, creates, updates } =
        case.inputs.policy.guards.groups;
    let among = managed(case, ObjectKind::Group);
    let of_groups = [
        (Guard::GroupRemovals, groups.removals, Some(removals), among),
        (Guard::AllMemberRemovals, taken_out, Some(all_member_removals), memberships(case)),
        (Guard::GroupClears, groups.clears, Some(clears), among),
        (Guard::GroupCreates, groups.creates, creates, among),
        (Guard::GroupUpdates, groups.updates, updates, among),
    ];
    let ContactLimits { removals, clears, creates, updates } = case.inputs.policy.guards.contacts;
    let among = managed(case, ObjectKind::Contact);
    let of_contacts = [
        (Guard::ContactRemovals, contacts.removals, Some(removals), among),
        (Guard::ContactClears, contacts.clears, Some(clears), among),
        (Guard::ContactCreates, contacts.creates, creates, among),
        (Guard::ContactUpdates, contacts.updates, updates, among),
    ];
    for (guard, counted, limit, among) in of_users.into_iter().chain(of_groups).chain(of_contacts) {
        if let Some(limit) = limit.filter(|it| is_over(*it, counted, among)) {
            faults.push(Fault::OverLimit { guard, whose: None, counted, limit: limit.words() });
        }
    }
    for (id, (counted, change)) in by_group {
        let members = case.inputs.tenant.group(id).map_or(0, |it| it.members.len());
        if is_over(member_removals, counted, members) {
            let whose = Some(Culprit::of(change).name);
            let (guard, limit) = (Guard::MemberRemovals, member_removals.words());
            faults.push(Fault::OverLimit { guard, whose, counted, limit });
        }
    }
}

impl Tally {
    fn add(&mut self, change: &Change) {
        match &change.op {
            Op::Block | Op::Delete if leaves(change) => self.removals += 1,
            Op::Block => self.blocks += 1,
            Op::Create(_) => self.creates += 1,
            Op::Update(attributes) => {
                self.updates += 1;
                self.rewrites += usize::from(attributes.iter().any(is_rewrite));
                self.clears += usize::from(attributes.iter().any(takes_a_value));
            }
            Op::Delete
            | Op::Unblock
            | Op::Restore(_)
            | Op::Adopt { .. }
            | Op::Members { .. }
            | Op::Password(_)
            | Op::Features(_) => (),
        }
    }
}

fn is_rewrite(change: &AttributeChange) -> bool {
    let names = [Property::UserPrincipalName, Property::Mail];
    let is_name = names.contains(&change.property) && change.from.is_some() && change.to.is_some();
    is_name || primaries(change).is_some_and(|(from, to)| !from.eq_ignore_ascii_case(to))
}

/// The primary addresses before and after, if there are both.
fn primaries(change: &AttributeChange) -> Option<(&str, &str)> {
    if change.property != Property::ProxyAddresses {
        return None;
    }
    Some((primary(change.from.as_ref())?, primary(change.to.as_ref())?))
}

fn primary(value: Option<&Value>) -> Option<&str> {
    match value? {
        Value::Set(values) => values.iter().find(|it| it.starts_with("SMTP:")).map(|it| &**it),
        Value::Text(_) | Value::Switch(_) | Value::Reference(_) | Value::NotShown => None,
    }
}

/// More than the number, or more than the share once they are more than the floor.
fn is_over(limit: Limit, counted: usize, among: usize) -> bool {
    let Limit { max, percent, floor } = limit;
    let share = percent.is_some_and(|it| among * (it as usize) < counted * 100);
    (max as usize) < counted || (share && (floor as usize) < counted)
}

/// How many objects a percentage is of: those in scope, never more than were read, or those on record.
fn managed(case: &Case<'_>, kind: ObjectKind) -> usize {
    let in_scope = case.report.managed.get(&kind).copied().unwrap_or_default();
    let read = case.inputs.directory.objects().iter().filter(|(_, it)| it.kind == kind).count();
    let recorded = case.inputs.links.by_anchor.values().filter(|it| it.kind == kind).count();
    in_scope.min(read).max(recorded)
}

fn memberships(case: &Case<'_>) -> usize {
    let all = case.inputs.tenant.groups().iter().map(|it| it.members.len()).sum();
    case.report.memberships.min(all)
}
