//! A tenant that does what a plan says, whatever may hold it.

use std::collections::BTreeSet;

use samesign::model::{
    Attributes, AttributesBuilder, CloudGroup, CloudId, CloudUser, ObjectKind, Origin, Property,
    TenantReading,
};
use samesign::plan::{Change, NewValue, ObjectRef, Op, Subject, Value};

use super::super::super::world::cloud_id;
use super::edits::born;

pub(super) const DELETED: &str = "2026-11-10T00:00:00Z";

/// Does what a change says to the tenant, if that is possible.
pub(super) fn oblige(reading: &mut TenantReading, change: &Change, origin: Origin, births: &mut usize) {
    let id = match change.subject() {
        Subject::Known(id) => id,
        Subject::Created(anchor) => match reading.users.iter().find(|it| it.anchor == Some(anchor)) {
            Some(user) => user.id,
            None => reading
                .groups
                .iter()
                .find(|it| it.anchor == Some(anchor))
                .map_or_else(|| cloud_id(&anchor.to_string()), |it| it.id),
        },
    };
    let known = |it: &ObjectRef| match it.subject {
        Subject::Known(id) => Some(id),
        Subject::Created(_) => None,
    };
    let anchor = Some(change.anchor());
    match (change.op(), change.kind().object()) {
        (Op::Create(values), Some(ObjectKind::User)) => {
            let mut user = CloudUser { id, anchor, origin, ..CloudUser::default() };
            fill(&mut user.attributes, values);
            reading.users.push(user);
        }
        (Op::Create(values), Some(ObjectKind::Group)) => {
            let id = born(births);
            let anchor = anchor.filter(|_| origin == Origin::Cloud);
            let mut group = CloudGroup { id, anchor, origin, ..CloudGroup::default() };
            fill(&mut group.attributes, values);
            reading.groups.push(group);
        }
        (Op::Members { add, remove, after: _ }, _) => {
            for group in reading.groups.iter_mut().filter(|it| it.id == id) {
                let mut members: BTreeSet<CloudId> = group.members.iter().copied().collect();
                members.extend(add.iter().filter_map(known));
                remove.iter().filter_map(known).for_each(|it| {
                    members.remove(&it);
                });
                group.members = members.into_iter().collect();
            }
        }
        (op, _) => {
            let users = reading.users.iter_mut().filter(|it| it.id == id);
            users.for_each(|it| oblige_user(it, change, origin));
            for group in reading.groups.iter_mut().filter(|it| it.id == id) {
                for it in change.attribute_changes() {
                    put(&mut group.attributes, it.property, it.to.as_ref());
                }
                if matches!(op, Op::Restore(_)) {
                    group.deleted_at = None;
                } else if matches!(op, Op::Delete) {
                    group.deleted_at = Some(DELETED.parse().unwrap());
                }
            }
            for contact in reading.contacts.iter_mut().filter(|it| it.id == id) {
                for it in change.attribute_changes() {
                    match &it.to {
                        Some(Value::Reference(to)) => contact.manager = known(to),
                        to => put(&mut contact.attributes, it.property, to.as_ref()),
                    }
                }
            }
        }
    }
}

fn oblige_user(user: &mut CloudUser, change: &Change, origin: Origin) {
    for it in change.attribute_changes() {
        match (&it.to, it.property) {
            (Some(Value::Reference(to)), _) => {
                if let Subject::Known(id) = to.subject {
                    user.manager = Some(id);
                }
            }
            (None, Property::Manager) => user.manager = None,
            (to, property) => put(&mut user.attributes, property, to.as_ref()),
        }
    }
    match change.op() {
        Op::Block => set(&mut user.attributes, Property::AccountEnabled, "false"),
        Op::Unblock => set(&mut user.attributes, Property::AccountEnabled, "true"),
        Op::Restore(_) => user.deleted_at = None,
        Op::Delete => user.deleted_at = Some(DELETED.parse().unwrap()),
        Op::Adopt { .. } => (user.anchor, user.origin) = (Some(change.anchor()), origin),
        Op::Create(_) | Op::Update(_) | Op::Members { .. } | Op::Password(_) | Op::Features(_) => (),
    }
}

pub(super) fn attributes(values: &[(Property, String)]) -> Attributes {
    let mut builder = AttributesBuilder::default();
    for (property, value) in values {
        builder.push(property.id(), value.as_bytes());
    }
    builder.finish()
}

pub(super) fn set(attributes: &mut Attributes, property: Property, value: &str) {
    put(attributes, property, Some(&Value::Text(value.into())));
}

fn put(attributes: &mut Attributes, property: Property, value: Option<&Value>) {
    let values: Vec<String> = match value {
        None | Some(Value::Reference(_) | Value::NotShown) => Vec::new(),
        Some(Value::Text(text)) => vec![text.to_string()],
        Some(Value::Switch(on)) => vec![on.to_string()],
        Some(Value::Set(values)) => values.iter().map(ToString::to_string).collect(),
    };
    let mut builder = AttributesBuilder::default();
    for it in Property::ALL.iter().filter(|it| **it != property) {
        attributes.values(it.id()).for_each(|value| builder.push(it.id(), value));
    }
    for value in &values {
        builder.push(property.id(), value.as_bytes());
    }
    *attributes = builder.finish();
}

fn fill(attributes: &mut Attributes, values: &[NewValue]) {
    for it in values {
        put(attributes, it.property, Some(&it.value));
    }
}
