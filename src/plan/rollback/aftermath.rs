//! What the policy would do to a tenant in which a run is undone: all of it again, unless something else changes first.
//!
//! The tenant is imagined with the changes in it, and planned for as ever.

use std::collections::BTreeSet;

use jiff::Timestamp;

use crate::model::{
    Anchor, Attributes, AttributesBuilder, CloudContact, CloudGroup, CloudId, CloudUser, Features, Link,
    Links, Property, TenantReading,
};
use crate::plan::change::{AttributeChange, Change, FeatureTurn, ObjectRef, Op, Subject, SubjectKind, Value};
use crate::plan::sketch::Plan;
use crate::plan::{Inputs, plan};
use crate::policy::Mode;

use super::PastDeeds;

/// Says how much of what is undone the policy would do again; nothing if it would leave everything so.
pub(super) fn sentence(
    inputs: &Inputs<'_>,
    forward: &Plan,
    changes: &[Change],
    past: &PastDeeds,
) -> Option<String> {
    let (again, objects) = redone(inputs, forward, changes);
    if again == 0 {
        return None;
    }
    let run = past.rollback.run;
    let changes = if again == 1 { "1 change".to_owned() } else { format!("{again} changes") };
    let (by_whom, or) = match inputs.policy.mode {
        Mode::Auto => ("the next cycle of `samesign run`, or the next `apply`,", ", or set mode: observe"),
        Mode::Review => ("the next `apply`, or `samesign run` once it is approved,", ""),
        Mode::Observe => ("the next `apply`", ""),
    };
    let commit =
        past.commit.as_ref().map_or_else(String::new, |it| format!(" (run {run} was of commit {it})"));
    Some(format!(
        "the policy still wants what run {run} did: {by_whom} would do {changes} to {objects} of these objects again; \
         first put back what led to them, in the directory or in the manifests{commit}{or}"
    ))
}

/// How many changes a plan would then have, of how many of the objects that are put back; what it has anyway apart.
fn redone(inputs: &Inputs<'_>, forward: &Plan, changes: &[Change]) -> (usize, usize) {
    let could_run = |it: &&Change| it.held.as_ref().is_none_or(|hold| hold.guard.can_be_approved());
    let changes: Vec<&Change> = changes.iter().filter(could_run).collect();
    let touched: BTreeSet<(SubjectKind, Anchor)> = changes.iter().map(|it| (it.kind, it.anchor)).collect();
    if touched.is_empty() {
        return (0, 0);
    }
    let mut reading = inputs.tenant.to_reading();
    let mut links = inputs.links.clone();
    for change in changes {
        imagine(&mut reading, change, inputs.as_of);
        remember(&mut links, change);
    }
    let tenant = reading.finish();
    let then = plan(&Inputs { tenant: &tenant, links: &links, ..*inputs });
    let pending: BTreeSet<_> = forward.changes().iter().map(Change::digest).collect();
    let is_again = |it: &&Change| {
        touched.contains(&(it.kind, it.anchor))
            && !pending.contains(&it.digest)
            && !matches!(it.op, Op::Password(_))
    };
    let again: Vec<&Change> = then.plan.changes().iter().filter(is_again).collect();
    let objects: BTreeSet<(SubjectKind, Anchor)> = again.iter().map(|it| (it.kind, it.anchor)).collect();
    (again.len(), objects.len())
}

/// The records as they are once a change is applied.
fn remember(links: &mut Links, change: &Change) {
    match (&change.op, change.subject, change.kind.object()) {
        (Op::Delete, _, _) => {
            links.by_anchor.remove(&change.anchor);
        }
        (Op::Restore(_), Subject::Known(id), Some(kind)) => {
            links.by_anchor.insert(change.anchor, Link::new(kind, id));
        }
        (Op::Unblock, _, _) => {
            if let Some(link) = links.by_anchor.get_mut(&change.anchor) {
                link.blocked_since = None;
            }
        }
        _ => (),
    }
}

/// The tenant as it is once a change is applied. What was read lies in order of ids.
fn imagine(reading: &mut TenantReading, change: &Change, as_of: Timestamp) {
    let Subject::Known(id) = change.subject else { return };
    match &change.op {
        Op::Update(changes) => set_all(reading, id, changes),
        Op::Block => set(reading, id, Property::AccountEnabled, Some(&Value::Switch(false))),
        Op::Unblock => set(reading, id, Property::AccountEnabled, Some(&Value::Switch(true))),
        Op::Delete => put_in_bin(reading, id, Some(as_of)),
        Op::Restore(changes) => {
            let name = user(reading, id).map(|it| Value::Text(it.user_name().into()));
            put_in_bin(reading, id, None);
            if name.is_some() {
                set(reading, id, Property::UserPrincipalName, name.as_ref());
            }
            set_all(reading, id, changes);
        }
        Op::Members { add, remove, after: _ } => {
            let Some(group) = group(reading, id) else { return };
            let mut members: BTreeSet<CloudId> = group.members.iter().copied().collect();
            members.extend(add.iter().filter_map(known));
            for member in remove.iter().filter_map(known) {
                members.remove(&member);
            }
            group.members = members.into_iter().collect();
        }
        Op::Features(turns) => turn(&mut reading.features, turns),
        Op::Create(_) | Op::Adopt { .. } | Op::Password(_) => (),
    }
}

fn user(reading: &mut TenantReading, id: CloudId) -> Option<&mut CloudUser> {
    reading.users.binary_search_by_key(&id, |it| it.id).ok().map(|at| &mut reading.users[at])
}

fn group(reading: &mut TenantReading, id: CloudId) -> Option<&mut CloudGroup> {
    reading.groups.binary_search_by_key(&id, |it| it.id).ok().map(|at| &mut reading.groups[at])
}

fn contact(reading: &mut TenantReading, id: CloudId) -> Option<&mut CloudContact> {
    reading.contacts.binary_search_by_key(&id, |it| it.id).ok().map(|at| &mut reading.contacts[at])
}

fn put_in_bin(reading: &mut TenantReading, id: CloudId, since: Option<Timestamp>) {
    if let Some(user) = user(reading, id) {
        user.deleted_at = since;
    }
    if let Some(group) = group(reading, id) {
        group.deleted_at = since;
    }
}

const fn known(object: &ObjectRef) -> Option<CloudId> {
    match object.subject {
        Subject::Known(id) => Some(id),
        Subject::Created(_) => None,
    }
}

fn turn(features: &mut Features, turns: &[FeatureTurn]) {
    let Features::Known(on) = features else { return };
    for FeatureTurn { feature, on: is_on } in turns {
        if *is_on {
            on.insert(*feature);
        } else {
            on.remove(feature);
        }
    }
}

fn set_all(reading: &mut TenantReading, id: CloudId, changes: &[AttributeChange]) {
    for AttributeChange { property, from: _, to } in changes {
        set(reading, id, *property, to.as_ref());
    }
}

fn set(reading: &mut TenantReading, id: CloudId, property: Property, value: Option<&Value>) {
    let referred = match value {
        Some(Value::Reference(object)) => known(object),
        Some(Value::Text(_) | Value::Switch(_) | Value::Set(_) | Value::NotShown) | None => None,
    };
    let is_manager = property == Property::Manager;
    if let Some(user) = user(reading, id) {
        if is_manager {
            user.manager = referred;
        } else {
            user.attributes = with(&user.attributes, property, value);
        }
    }
    if let Some(contact) = contact(reading, id) {
        if is_manager {
            contact.manager = referred;
        } else {
            contact.attributes = with(&contact.attributes, property, value);
        }
    }
    if let Some(group) = group(reading, id) {
        group.attributes = with(&group.attributes, property, value);
    }
}

/// The same properties, with another value of one.
fn with(attributes: &Attributes, property: Property, value: Option<&Value>) -> Attributes {
    let mut builder = AttributesBuilder::default();
    for (id, value) in attributes.iter().filter(|it| it.0 != property.id()) {
        builder.push(id, value);
    }
    match value {
        Some(Value::Text(text)) => builder.push(property.id(), text.as_bytes()),
        Some(Value::Switch(on)) => builder.push(property.id(), on.to_string().as_bytes()),
        Some(Value::Set(values)) => values.iter().for_each(|it| builder.push(property.id(), it.as_bytes())),
        Some(Value::Reference(_) | Value::NotShown) | None => (),
    }
    builder.finish()
}
