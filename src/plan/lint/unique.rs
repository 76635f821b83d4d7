//! Whether nothing stands in a plan twice.
//!
//! It does not ask in which order things stand.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};

use crate::model::{Digest, Property};
use crate::plan::because::Because;
use crate::plan::change::{Change, ObjectRef, Op, Subject};

use super::order::taken_name;
use super::{Case, Culprit, Fault};

/// What of an object a change is about: what two changes must not both do.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Part {
    Whole(&'static str),
    Of(Property),
    AddedMembers,
    RemovedMembers { departed: bool },
}

pub(super) fn check(case: &Case<'_>, faults: &mut Vec<Fault>) {
    digests(case, faults);
    parts(case, faults);
    names(case, faults);
}

fn digests(case: &Case<'_>, faults: &mut Vec<Fault>) {
    let mut seen: HashMap<Digest, &Change> = HashMap::with_capacity(case.changes.len());
    for change in case.changes {
        if let Some(other) = seen.insert(change.digest, change) {
            let (what, other) = (Culprit::of(change), Culprit::of(other));
            faults.push(Fault::SameDigest { what, other });
        }
    }
}

fn parts(case: &Case<'_>, faults: &mut Vec<Fault>) {
    let mut seen: HashSet<(Subject, Part)> = HashSet::with_capacity(case.changes.len());
    for change in case.free() {
        let mut note = |part: Part, words: &str| {
            if !seen.insert((change.subject, part)) {
                faults.push(Fault::Twice { what: Culprit::of(change), part: words.to_owned() });
            }
        };
        match &change.op {
            // Who comes back without an address may get another one afterwards, but no other name.
            Op::Restore(attributes) => {
                note(Part::Whole(change.op.word()), "the same operation");
                for it in attributes.iter().filter(|it| it.property == Property::UserPrincipalName) {
                    note(Part::Of(it.property), it.property.name());
                }
            }
            Op::Update(attributes) => {
                for it in attributes {
                    note(Part::Of(it.property), it.property.name());
                }
            }
            Op::Members { add, remove, after: _ } => {
                let departed = change.because == Because::MembersDeparted;
                let part =
                    if remove.is_empty() { Part::AddedMembers } else { Part::RemovedMembers { departed } };
                note(part, "a change of members");
                faults.extend(
                    [add, remove]
                        .into_iter()
                        .filter_map(|it| double(it))
                        .map(|name| Fault::Twice { what: Culprit::of(change), part: name.to_owned() }),
                );
            }
            Op::Create(_)
            | Op::Block
            | Op::Unblock
            | Op::Delete
            | Op::Adopt { .. }
            | Op::Password(_)
            | Op::Features(_) => {
                note(Part::Whole(change.op.word()), "the same operation");
            }
        }
    }
}

/// Somebody who stands in a list twice.
fn double(members: &[ObjectRef]) -> Option<&str> {
    let mut sorted: Vec<&ObjectRef> = members.iter().collect();
    sorted.sort_unstable_by_key(|it| it.subject);
    sorted.windows(2).find(|it| it[0].subject == it[1].subject).map(|it| &*it[0].name)
}

fn names(case: &Case<'_>, faults: &mut Vec<Fault>) {
    let mut seen: HashMap<String, &Change> = HashMap::new();
    let renames = |it: &&Change| {
        matches!(it.op, Op::Update(_))
            && it.attribute_changes().iter().any(|it| it.property == Property::UserPrincipalName)
    };
    let movers: HashSet<Subject> = case.free().filter(renames).map(|it| it.subject).collect();
    for change in case.free() {
        // Who comes back under one name and gets another gives up the first before anybody is created.
        if matches!(change.op, Op::Restore(_)) && movers.contains(&change.subject) {
            continue;
        }
        let Some(name) = taken_name(case, change) else { continue };
        match seen.entry(name) {
            Entry::Vacant(place) => {
                place.insert(change);
            }
            Entry::Occupied(first) => faults.push(Fault::SameName {
                what: Culprit::of(change),
                other: Culprit::of(first.get()),
                name: first.key().clone(),
            }),
        }
    }
}
