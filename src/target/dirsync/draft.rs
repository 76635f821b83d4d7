//! What is to be written to one object: all steps of one call on it, brought together.
//!
//! It does not know the other objects.

use std::collections::HashMap;

use super::known::cloud_anchor;
use crate::model::{Anchor, CloudId, ObjectKind};
use crate::target::{ProvisioningError, TargetError};
use crate::wire::nbfx::{WriteError, forbidden_character};
use crate::wire::provisioning::{
    Anchor as Reference, LinkChange, LinkOperation, PropertyValue, SyncObject, SyncObjectType, SyncOperation,
};

/// What has to be read of an object before it can be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Missing {
    /// Nothing.
    Nothing,
    /// The name by which the service matches a cloud user with the anchor.
    Match,
    /// What the object in the recycle bin is called.
    Bin,
}

/// What is to be written to one object, in one or more messages.
#[derive(Debug)]
pub(super) struct Draft {
    pub(super) kind: ObjectKind,
    /// The object, if it exists.
    pub(super) id: Option<CloudId>,
    pub(super) anchor: Option<Anchor>,
    pub(super) name: String,
    pub(super) missing: Missing,
    pub(super) writes: Vec<Write>,
    /// All steps on it.
    pub(super) steps: Vec<usize>,
    /// Why nothing of it is sent.
    pub(super) error: Option<TargetError>,
}

/// What one message says of the object.
#[derive(Debug)]
pub(super) struct Write {
    pub(super) operation: SyncOperation,
    pub(super) values: Vec<(String, PropertyValue)>,
    links: Vec<LinkChange>,
    /// Where a member stands in `links`.
    places: HashMap<String, usize>,
    /// Steps that it carries out, in whole or in part.
    pub(super) steps: Vec<usize>,
}

/// One object as it is sent, and what its result belongs to.
#[derive(Debug)]
pub(super) struct Item {
    pub(super) object: SyncObject,
    pub(super) links: usize,
    pub(super) sent: Sent,
}

/// What a result is brought back to.
#[derive(Clone, Debug)]
pub(super) struct Sent {
    /// The anchor in the message: of the directory, or else of the tenant.
    pub(super) wire_anchor: String,
    pub(super) anchor: Option<Anchor>,
    pub(super) id: Option<CloudId>,
    pub(super) kind: ObjectKind,
    pub(super) name: String,
    pub(super) deletes: bool,
    pub(super) steps: Vec<usize>,
}

impl Draft {
    /// The message that sets something, opened if there is none.
    pub(super) fn set(&mut self, step: usize) -> &mut Write {
        self.open(SyncOperation::Set, step, |_| true)
    }

    /// Writes a value; a later one takes the place of an earlier one.
    pub(super) fn put(&mut self, step: usize, name: &str, value: PropertyValue) {
        self.set(step).put(name, value);
    }

    pub(super) fn delete(&mut self, step: usize) {
        self.open(SyncOperation::Delete, step, |_| true);
    }

    /// A member comes or goes, in the first message that has room for it.
    pub(super) fn link(&mut self, step: usize, change: LinkChange, links_max: usize) {
        let write = self.open(SyncOperation::Set, step, |it| it.links.len() < links_max);
        let key = match &change.to {
            Reference::Source(anchor) | Reference::Cloud(anchor) => anchor,
        };
        if let Some(at) = write.places.get(key) {
            write.links[*at] = change;
        } else {
            write.places.insert(key.clone(), write.links.len());
            write.links.push(change);
        }
    }

    fn open(
        &mut self,
        operation: SyncOperation,
        step: usize,
        has_room: impl Fn(&Write) -> bool,
    ) -> &mut Write {
        if !self.writes.last().is_some_and(|it| it.operation == operation && has_room(it)) {
            self.writes.push(Write {
                operation,
                values: Vec::new(),
                links: Vec::new(),
                places: HashMap::new(),
                steps: Vec::new(),
            });
        }
        let write = self.writes.last_mut().expect("one was just pushed if there was none");
        if write.steps.last() != Some(&step) {
            write.steps.push(step);
        }
        write
    }

    /// The anchor that messages name it by; or why nothing of it is sent.
    pub(super) fn ready(&mut self) -> Result<String, TargetError> {
        if let Some(error) = self.error.take() {
            return Err(error);
        }
        if let Some(error) = self.writes.iter().find_map(|it| it.unwritable(&self.name)) {
            return Err(error);
        }
        match (self.anchor, self.id) {
            (Some(anchor), _) => Ok(anchor.to_string()),
            (None, Some(id)) => Ok(cloud_anchor(self.kind, id)),
            (None, None) => {
                Err(TargetError::Step { what: format!("{} has neither anchor nor id", self.name) })
            }
        }
    }

    /// The objects to send, in their order.
    pub(super) fn into_items(mut self, wire_anchor: &str) -> Vec<Item> {
        let writes = std::mem::take(&mut self.writes);
        writes.into_iter().map(|write| self.item(write, wire_anchor)).collect()
    }

    fn item(&self, write: Write, wire_anchor: &str) -> Item {
        let Write { operation, values, links, places: _, steps } = write;
        let kind = match self.kind {
            ObjectKind::User => SyncObjectType::User,
            ObjectKind::Group => SyncObjectType::Group,
            ObjectKind::Contact => SyncObjectType::Contact,
        };
        let mut object = SyncObject::new(kind, operation, wire_anchor);
        if self.anchor.is_none() {
            "CloudAnchor".clone_into(&mut object.properties[0].0);
        }
        object.properties.extend(values);
        let count = links.len();
        if !links.is_empty() {
            object.properties.push(("member".to_owned(), PropertyValue::Links(links)));
        }
        let sent = Sent {
            wire_anchor: wire_anchor.to_owned(),
            anchor: self.anchor,
            id: self.id,
            kind: self.kind,
            name: self.name.clone(),
            deletes: operation == SyncOperation::Delete,
            steps,
        };
        Item { object, links: count, sent }
    }
}

impl Write {
    /// Whether the message says this of the object.
    pub(super) fn has(&self, name: &str) -> bool {
        self.values.iter().any(|(it, _)| it == name)
    }

    pub(super) fn put(&mut self, name: &str, value: PropertyValue) {
        match self.values.iter_mut().find(|(it, _)| it == name) {
            Some((_, place)) => *place = value,
            None => self.values.push((name.to_owned(), value)),
        }
    }

    /// The first value that XML cannot carry: it would cost the whole batch.
    fn unwritable(&self, object: &str) -> Option<TargetError> {
        self.values.iter().find_map(|(property, value)| {
            let (at, character) = match value {
                PropertyValue::Text(text) => forbidden_character(text),
                PropertyValue::Texts(texts) => texts.iter().find_map(|it| forbidden_character(it)),
                PropertyValue::Nil
                | PropertyValue::Bool(_)
                | PropertyValue::Long(_)
                | PropertyValue::Bytes(_)
                | PropertyValue::ByteLists(_)
                | PropertyValue::Links(_) => None,
            }?;
            let cause = WriteError::Character { character, at };
            let (object, property) = (object.to_owned(), property.clone());
            Some(ProvisioningError::Unwritable { object, property, cause }.into())
        })
    }
}

/// A member that comes or goes.
pub(super) const fn change(to: Reference, operation: LinkOperation) -> LinkChange {
    LinkChange { to, operation }
}
