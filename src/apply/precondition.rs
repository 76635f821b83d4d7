//! Whether an object is still as the plan expects it: if not, the difference is said, not overwritten.

use std::collections::HashMap;

use jiff::Timestamp;

use crate::model::{Anchor, Attributes, CloudId, Form, ObjectKind, Origin, Property};
use crate::plan::{AttributeChange, Because, Change, NewValue, ObjectRef, Op, Subject, Value};
use crate::target::Current;

use super::outcome::Moved;

/// What a second look says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// As the plan expects.
    Holds,
    /// As the change wants it.
    AlreadySo(Option<CloudId>),
    /// Neither.
    Moved(Vec<Moved>),
}

fn moved(what: &str, expected: &str, found: &str) -> Verdict {
    Verdict::Moved(vec![Moved {
        what: what.to_owned(),
        expected: expected.to_owned(),
        found: found.to_owned(),
    }])
}

/// Whether nobody has the anchor of an object that is to be created.
pub(super) fn absent(found: Option<(CloudId, Option<Timestamp>)>) -> Verdict {
    match found {
        None => Verdict::Holds,
        Some((id, None)) => Verdict::AlreadySo(Some(id)),
        Some((_, Some(at))) => {
            moved("object", "not in the tenant", &format!("in the recycle bin since {at}"))
        }
    }
}

/// Whether the existing object of this id is as a change expects it.
pub(super) fn holds(
    change: &Change,
    id: CloudId,
    current: &Current,
    made: &HashMap<Anchor, CloudId>,
) -> Verdict {
    let (kind, attributes, manager, anchor) = match (current, change.op()) {
        (Current::User(user), _) => (ObjectKind::User, &user.attributes, user.manager, user.anchor),
        (Current::Group(group), _) => (ObjectKind::Group, &group.attributes, None, group.anchor),
        (Current::Contact(contact), _) => (ObjectKind::Contact, &contact.attributes, contact.manager, None),
        (Current::Deleted, Op::Restore(_)) => return Verdict::Holds,
        (Current::Deleted | Current::Gone, Op::Delete) => return Verdict::AlreadySo(Some(id)),
        (Current::Deleted, _) => return moved("object", "active", "in the recycle bin"),
        (Current::Gone, _) => return moved("object", "in the tenant", "nowhere"),
    };
    if let Some(other) = anchor.filter(|it| *it != change.anchor()) {
        return moved("anchor", &change.anchor().to_string(), &other.to_string());
    }
    let may_sign_in = match current {
        Current::User(_) => attributes.text(Property::AccountEnabled.id()) != Some("false"),
        Current::Group(_) | Current::Contact(_) | Current::Deleted | Current::Gone => false,
    };
    match change.op() {
        // Whoever brought them back may have done so with other names than the plan says.
        Op::Restore(expected) => match values((kind, expected), attributes, manager, made) {
            Verdict::AlreadySo(_) => Verdict::AlreadySo(Some(id)),
            Verdict::Holds => moved("object", "in the recycle bin", "active"),
            verdict @ Verdict::Moved(_) => verdict,
        },
        Op::Block if !may_sign_in => Verdict::AlreadySo(Some(id)),
        Op::Unblock if may_sign_in => Verdict::AlreadySo(Some(id)),
        Op::Block
        | Op::Unblock
        | Op::Delete
        | Op::Create(_)
        | Op::Members { .. }
        | Op::Password(_)
        | Op::Features(_) => Verdict::Holds,
        Op::Update(expected) => values((kind, expected), attributes, manager, made),
        Op::Adopt { .. } if is_taken_over(change, current) => Verdict::AlreadySo(Some(id)),
        Op::Adopt { differ, agree } => {
            // What spoke for its being the same person must still do so.
            let agreed = |it: &NewValue| AttributeChange {
                property: it.property,
                from: Some(it.value.clone()),
                to: Some(it.value.clone()),
            };
            let expected: Vec<AttributeChange> =
                differ.iter().cloned().chain(agree.iter().map(agreed)).collect();
            match values((kind, &expected), attributes, manager, made) {
                Verdict::AlreadySo(_) => Verdict::Holds,
                verdict @ (Verdict::Holds | Verdict::Moved(_)) => verdict,
            }
        }
    }
}

/// Whether somebody has been taken over meanwhile: the anchor is there, or where it was there before, the directory
/// has become the master.
fn is_taken_over(change: &Change, current: &Current) -> bool {
    let Current::User(user) = current else { return false };
    if *change.because() == Because::MasteredByCloud {
        user.origin == Origin::Synced
    } else {
        user.anchor.is_some()
    }
}

fn values(
    (kind, expected): (ObjectKind, &[AttributeChange]),
    attributes: &Attributes,
    manager: Option<CloudId>,
    made: &HashMap<Anchor, CloudId>,
) -> Verdict {
    let mut moved = Vec::new();
    let mut still_to_do = false;
    for AttributeChange { property, from, to } in expected {
        // Whoever cannot see what there is cannot say that it moved.
        if !property.shown().has(kind) {
            still_to_do = true;
            continue;
        }
        let is = |value: &Option<Value>| match property.form() {
            Form::Reference => reference(value.as_ref(), made) == manager,
            Form::Text
            | Form::CaselessText
            | Form::Switch
            | Form::Number
            | Form::Octets
            | Form::TextSet
            | Form::OctetsSet
            | Form::Addresses => Value::is_in(value.as_ref(), *property, attributes),
        };
        if is(to) {
            continue;
        }
        still_to_do = true;
        if !is(from) {
            moved.push(Moved {
                what: property.name().to_owned(),
                expected: words(from.as_ref()),
                found: found(*property, attributes, manager),
            });
        }
    }
    match (moved.is_empty(), still_to_do) {
        (false, _) => Verdict::Moved(moved),
        (true, true) => Verdict::Holds,
        (true, false) => Verdict::AlreadySo(None),
    }
}

fn reference(value: Option<&Value>, made: &HashMap<Anchor, CloudId>) -> Option<CloudId> {
    match value {
        Some(Value::Reference(object)) => match object.subject {
            Subject::Known(id) => Some(id),
            Subject::Created(anchor) => made.get(&anchor).copied(),
        },
        Some(Value::Text(_) | Value::Switch(_) | Value::Set(_) | Value::NotShown) | None => None,
    }
}

fn words(value: Option<&Value>) -> String {
    match value {
        None => "(none)".to_owned(),
        Some(Value::Text(text)) => format!("{text:?}"),
        Some(Value::Switch(on)) => on.to_string(),
        Some(Value::Set(values)) => values.iter().map(|it| format!("{it:?}")).collect::<Vec<_>>().join(", "),
        Some(Value::Reference(object)) => {
            let ObjectRef { subject: _, name } = &**object;
            name.to_string()
        }
        Some(Value::NotShown) => "(not shown)".to_owned(),
    }
}

fn found(property: Property, attributes: &Attributes, manager: Option<CloudId>) -> String {
    if property.form() == Form::Reference {
        return manager.map_or_else(|| "(none)".to_owned(), |it| it.to_string());
    }
    let values: Vec<String> =
        attributes.values(property.id()).map(|it| format!("{:?}", String::from_utf8_lossy(it))).collect();
    if values.is_empty() { "(none)".to_owned() } else { values.join(", ") }
}
