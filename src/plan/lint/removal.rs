//! Whether what is blocked, deleted or taken away may be.
//!
//! It does not count; limits are counted elsewhere.

use std::collections::HashMap;

use jiff::Timestamp;

use crate::model::{Anchor, ObjectKind, Property, Roles};
use crate::plan::because::{Because, Departure};
use crate::plan::change::{AttributeChange, Change, Op, Subject, SubjectKind, Value};
use crate::plan::correlate::anchor_of;
use crate::plan::report::About;
use crate::plan::scoping::Scoping;
use crate::policy::{AnchorSource, Removal};

use super::{Case, Culprit, Fault};

pub(super) fn check(case: &Case<'_>, faults: &mut Vec<Fault>) {
    let is_whole = case.inputs.directory.whole().is_some();
    let lacks_a_base = case.report.findings.iter().any(|it| it.about == About::Scope);
    let is_doubtful = !is_whole || !case.report.symptoms.is_empty();
    for change in case.changes {
        let what = || Culprit::of(change);
        let takes_members = !change.members_taken_out().is_empty();
        if !is_whole && (leaves(change) || takes_members) {
            faults.push(Fault::PartialReading(what()));
        }
        if leaves(change) || change.op == Op::Delete {
            removal(case, change, faults);
        }
        signs_in(case, change, faults);
        // Who comes back without an address gets more than there is of them now.
        let comes_back = matches!(change.op, Op::Restore(_));
        let takes_a_value = !comes_back && change.attribute_changes().iter().any(takes_a_value);
        let takes = leaves(change) || takes_a_value;
        if change.held.is_none()
            && ((takes && (is_doubtful || lacks_a_base)) || (takes_members && is_doubtful))
        {
            faults.push(Fault::Doubtful(what()));
        }
    }
    present(case, faults);
}

/// Whether the object leaves, or starts to.
pub(super) fn leaves(change: &Change) -> bool {
    let starts = change.op == Op::Block && matches!(change.because, Because::Departed { .. });
    let goes = change.op == Op::Delete
        && matches!(change.because, Because::Departed { .. } | Because::RolledBack { .. });
    starts || goes
}

/// Whether a property has less afterwards than before.
pub(super) fn takes_a_value(change: &AttributeChange) -> bool {
    let many = |it: &Option<Value>| match it {
        None => 0,
        Some(Value::Set(values)) => values.len(),
        Some(Value::Text(_) | Value::Switch(_) | Value::Reference(_) | Value::NotShown) => 1,
    };
    many(&change.to) < many(&change.from)
}

fn removal(case: &Case<'_>, change: &Change, faults: &mut Vec<Fault>) {
    let what = || Culprit::of(change);
    let link = case.inputs.links.by_anchor.get(&change.anchor);
    let link = link.filter(|it| Subject::Known(it.cloud) == change.subject);
    if link.is_none() {
        faults.push(Fault::NotRecorded(what()));
    }
    let by_policy =
        matches!(change.because, Because::Departed { how: Departure::PolicyChanged { .. }, delete_on: _ });
    if by_policy && change.held.is_none() {
        faults.push(Fault::PolicyChange(what()));
    }
    // What a run put there goes the way it came, whatever the directory has by now.
    if change.op != Op::Delete || matches!(change.because, Because::RolledBack { .. }) {
        return;
    }
    if !leaves(change) {
        faults.push(Fault::NotDeparted(what()));
    }
    let since = link.and_then(|it| it.blocked_since);
    let days = change.kind.object().and_then(|it| rule(case, it)).and_then(|it| it.delete_after_days);
    let passed = |since: Timestamp, days: u32| i64::from(days) <= day(case.inputs.as_of) - day(since);
    if days != Some(0) && !since.zip(days).is_some_and(|(since, days)| passed(since, days)) {
        faults.push(Fault::GracePeriod { what: what(), since, days });
    }
}

fn rule(case: &Case<'_>, kind: ObjectKind) -> Option<Removal> {
    let policy = case.inputs.policy;
    match kind {
        ObjectKind::User => policy.users.as_ref().map(|it| it.lifecycle.removal),
        ObjectKind::Group => policy.groups.as_ref().map(|it| it.removal),
        ObjectKind::Contact => policy.contacts.as_ref().map(|it| it.removal),
    }
}

/// Days since 1970: grace periods are counted in days of the calendar.
fn day(time: Timestamp) -> i64 {
    const SECONDS: i64 = 24 * 60 * 60;
    time.as_second().div_euclid(SECONDS)
}

/// Nobody blocks, deletes or takes over an account that is protected.
fn signs_in(case: &Case<'_>, change: &Change, faults: &mut Vec<Fault>) {
    match change.op {
        Op::Block | Op::Delete | Op::Adopt { .. } => (),
        Op::Create(_)
        | Op::Update(_)
        | Op::Unblock
        | Op::Restore(_)
        | Op::Members { .. }
        | Op::Password(_)
        | Op::Features(_) => return,
    }
    let Subject::Known(id) = change.subject else { return };
    let could_run = change.held.as_ref().is_none_or(|it| it.guard.can_be_approved());
    let tenant = case.inputs.tenant;
    let name = tenant.user(id).and_then(|it| it.attributes.text(Property::UserPrincipalName.id()));
    let is_listed = |it: &str| case.inputs.policy.guards.protect.contains(&it.to_lowercase());
    let why = match tenant.roles_of(id).first() {
        Some(role) => Some(format!("it holds the role {role}")),
        None if is_listed(&change.name) || name.is_some_and(is_listed) => {
            Some("the policy lists it".to_owned())
        }
        None => None,
    };
    if let Some(why) = why.filter(|_| could_run) {
        faults.push(Fault::Protected { what: Culprit::of(change), why });
    }
    let is_unknown = matches!(tenant.roles(), Roles::Unknown(_));
    if is_unknown && change.kind == ObjectKind::User && change.held.is_none() {
        faults.push(Fault::RolesUnknown(Culprit::of(change)));
    }
}

/// Nobody is removed whom the directory has, in scope.
fn present(case: &Case<'_>, faults: &mut Vec<Fault>) {
    let is_rolled_back = |it: &Change| matches!(it.because, Because::RolledBack { .. });
    let leaving = case.changes.iter().filter(|it| (leaves(it) || it.op == Op::Delete) && !is_rolled_back(it));
    let leaving: HashMap<(SubjectKind, Anchor), &Change> =
        leaving.map(|it| ((it.kind, it.anchor), it)).collect();
    if leaving.is_empty() {
        return;
    }
    let objects = case.inputs.directory.objects();
    let policy = case.inputs.policy;
    let source = policy.users.as_ref().map_or(AnchorSource::Auto, |it| it.anchor);
    let scoping = Scoping::new(policy, objects);
    for (at, object) in objects.iter() {
        let leaver = anchor_of(object, source).and_then(|it| leaving.get(&(object.kind.into(), it)));
        if let Some(leaver) = leaver
            && scoping.decide(at).is_ok()
        {
            let dn = object.dn.to_string();
            faults.push(Fault::StillInScope { what: Culprit::of(leaver), dn });
        }
    }
}
