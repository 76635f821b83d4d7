//! Changes that wait for a name which another one gives up: when they run, and that they do not run when that
//! one does not.
//!
//! Who gets a name at all is decided elsewhere.

use std::collections::HashMap;
use std::sync::Arc;

use crate::model::Property;

use super::change::{AttributeChange, Change, ObjectRef, Op, Stage, Subject, Value};
use super::hold::{Guard, Hold};

/// The names that only one can have at a time.
const NAMES: [Property; 2] = [Property::UserPrincipalName, Property::Mail];

/// Puts property changes of users behind those whose names they take.
///
/// Somebody may wait for the user name of one and for the address of another: then the later of both counts.
pub(super) fn order(changes: &mut [Change]) {
    let mut givers: HashMap<(Property, String), usize> = HashMap::new();
    for (at, change) in changes.iter().enumerate().filter(|it| level(it.1).is_some()) {
        let given = renamings(change).filter_map(|it| Some((it.property, lower(it.from.as_ref())?)));
        givers.extend(given.map(|it| (it, at)));
    }
    let mut behind: HashMap<usize, Vec<usize>> = HashMap::new();
    let mut waits: HashMap<usize, usize> = HashMap::new();
    for (at, change) in changes.iter().enumerate().filter(|it| level(it.1).is_some()) {
        let taken = renamings(change).filter_map(|it| Some((it.property, lower(it.to.as_ref())?)));
        for giver in taken.filter_map(|it| givers.get(&it).copied()).filter(|it| *it != at) {
            behind.entry(giver).or_default().push(at);
            *waits.entry(at).or_default() += 1;
        }
    }
    if behind.is_empty() {
        return;
    }
    let mut ready: Vec<usize> = (0..changes.len()).filter(|it| behind.contains_key(it)).collect();
    ready.retain(|it| !waits.contains_key(it));
    while let Some(giver) = ready.pop() {
        let after = level(&changes[giver]).map_or(0, |it| it + 1);
        for at in behind.remove(&giver).unwrap_or_default() {
            let own = level(&changes[at]).unwrap_or_default();
            changes[at].stage = Stage::UpdateUsers(own.max(after));
            let open = waits.entry(at).or_default();
            *open = open.saturating_sub(1);
            if *open == 0 {
                ready.push(at);
            }
        }
    }
    for (at, change) in changes.iter_mut().enumerate() {
        if change.held.is_none() && waits.get(&at).is_some_and(|it| 0 < *it) {
            let reason = "it waits for a name or an address of somebody who waits for one of its own: give one of \
                          them another first";
            change.held = Some(Hold { guard: Guard::Conflict, reason: reason.to_owned() });
        }
    }
}

/// Holds whoever would take a user name or an address that a held change was to give up.
pub(super) fn hold(changes: &mut [Change]) {
    let mut kept: HashMap<(Property, String), Guard> = HashMap::new();
    for change in changes.iter().filter(|it| it.held.is_some()) {
        keep(change, &mut kept);
    }
    let mut settled = kept.is_empty();
    while !settled {
        settled = true;
        for change in changes.iter_mut().filter(|it| it.held.is_none()) {
            let waits = taken(change).into_iter().find_map(|it| Some((kept.get(&it).copied()?, it.1)));
            let Some((guard, name)) = waits else { continue };
            let reason = format!("takes {name}, and the change that gives it up is held");
            change.held = Some(Hold { guard, reason });
            keep(change, &mut kept);
            settled = false;
        }
    }
}

/// Holds what waits for an object whose creation is held: everything about it, and what refers to it.
///
/// A group gets its other members all the same, in a change of their own.
pub(super) fn hold_dependents(changes: &mut Vec<Change>) {
    let is_held_creation = |it: &&Change| it.held.is_some() && matches!(it.op, Op::Create(_));
    let held: HashMap<Subject, Guard> = changes
        .iter()
        .filter(is_held_creation)
        .filter_map(|it| Some((it.subject, it.held.as_ref()?.guard)))
        .collect();
    if held.is_empty() {
        return;
    }
    let mut split = Vec::new();
    for change in changes.iter_mut().filter(|it| it.held.is_none()) {
        let waits_for = |it: &ObjectRef| held.get(&it.subject).map(|guard| (*guard, Arc::clone(&it.name)));
        let found = match held.get(&change.subject) {
            Some(guard) => Some((*guard, Arc::clone(&change.name))),
            None => references(&change.op).find_map(waits_for),
        };
        let Some((guard, name)) = found else { continue };
        if !held.contains_key(&change.subject)
            && let Op::Members { add, remove: _, after: _ } = &mut change.op
        {
            let (waiting, others): (Vec<_>, Vec<_>) =
                std::mem::take(add).into_iter().partition(|it| held.contains_key(&it.subject));
            *add = others;
            if !add.is_empty() {
                split.push(change.clone());
            }
            if let Op::Members { add, remove: _, after: _ } = &mut change.op {
                *add = waiting;
            }
        }
        let reason = format!("waits for {name}, whose creation is held");
        change.held = Some(Hold { guard, reason });
    }
    changes.append(&mut split);
}

/// The other objects that an operation needs.
fn references(op: &Op) -> impl Iterator<Item = &ObjectRef> {
    let (attributes, members): (&[AttributeChange], &[ObjectRef]) = match op {
        Op::Update(attributes) => (attributes, &[]),
        Op::Members { add, remove: _, after: _ } => (&[], add),
        Op::Create(_)
        | Op::Block
        | Op::Unblock
        | Op::Delete
        | Op::Restore(_)
        | Op::Adopt { .. }
        | Op::Password(_)
        | Op::Features(_) => (&[], &[]),
    };
    let objects = attributes.iter().filter_map(|it| match &it.to {
        Some(Value::Reference(object)) => Some(&**object),
        Some(Value::Text(_) | Value::Switch(_) | Value::Set(_) | Value::NotShown) | None => None,
    });
    objects.chain(members)
}

fn keep(change: &Change, kept: &mut HashMap<(Property, String), Guard>) {
    let Some(hold) = &change.held else { return };
    let names = renamings(change).filter_map(|it| Some((it.property, lower(it.from.as_ref())?)));
    kept.extend(names.map(|it| (it, hold.guard)));
}

/// The user name and the address that somebody new or changed gets, in lower case.
fn taken(change: &Change) -> Vec<(Property, String)> {
    match &change.op {
        Op::Create(values) => {
            let names = values.iter().filter(|it| NAMES.contains(&it.property));
            names.filter_map(|it| Some((it.property, lower(Some(&it.value))?))).collect()
        }
        Op::Update(_) | Op::Restore(_) | Op::Adopt { .. } => {
            renamings(change).filter_map(|it| Some((it.property, lower(it.to.as_ref())?))).collect()
        }
        Op::Block | Op::Unblock | Op::Delete | Op::Members { .. } | Op::Password(_) | Op::Features(_) => {
            Vec::new()
        }
    }
}

fn renamings(change: &Change) -> impl Iterator<Item = &AttributeChange> {
    change.attribute_changes().iter().filter(|it| NAMES.contains(&it.property))
}

fn lower(value: Option<&Value>) -> Option<String> {
    match value? {
        Value::Text(text) => Some(text.to_lowercase()),
        Value::Switch(_) | Value::Set(_) | Value::Reference(_) | Value::NotShown => None,
    }
}

/// How many others a property change of a user waits for; `None` for other changes.
const fn level(change: &Change) -> Option<u32> {
    match change.stage {
        Stage::UpdateUsers(after) => Some(after),
        Stage::Block
        | Stage::Restore
        | Stage::Adopt
        | Stage::CreateUsers
        | Stage::CreateContacts
        | Stage::Passwords
        | Stage::Features
        | Stage::UpdateContacts
        | Stage::Unblock
        | Stage::Managers
        | Stage::CreateGroups
        | Stage::UpdateGroups
        | Stage::AddMembers
        | Stage::RemoveMembers
        | Stage::DeleteContacts
        | Stage::DeleteGroups
        | Stage::DeleteUsers => None,
    }
}
