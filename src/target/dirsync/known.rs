//! What is known of objects: steps name them by id, the protocol by anchor.
//!
//! It does not know where that was read.

use std::collections::HashMap;

use crate::model::{Anchor, CloudId, ObjectKind};
use crate::wire::provisioning::Anchor as Reference;

/// What is known of one object of the tenant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownObject {
    /// Its kind.
    pub kind: ObjectKind,
    /// Its anchor in the directory, from the links or the tenant.
    pub anchor: Option<Anchor>,
    /// How errors and logs name it.
    pub name: Box<str>,
}

/// What is known of the objects of the tenant.
#[derive(Clone, Debug, Default)]
pub struct Known {
    objects: HashMap<CloudId, KnownObject>,
}

impl Known {
    /// Takes note of an object.
    pub fn insert(&mut self, id: CloudId, object: KnownObject) {
        self.objects.insert(id, object);
    }

    /// What is known of it.
    pub fn get(&self, id: CloudId) -> Option<&KnownObject> {
        self.objects.get(&id)
    }

    pub(super) fn anchor(&self, id: CloudId) -> Option<Anchor> {
        self.get(id)?.anchor
    }

    pub(super) fn name(&self, id: CloudId) -> String {
        self.get(id).filter(|it| !it.name.is_empty()).map_or_else(|| id.to_string(), |it| it.name.to_string())
    }

    /// How the protocol refers to the object; `None` if nothing is known of it.
    pub(super) fn reference(&self, id: CloudId) -> Option<Reference> {
        let KnownObject { kind, anchor, name: _ } = self.get(id)?;
        Some(match anchor {
            Some(anchor) => Reference::Source(anchor.to_string()),
            None => Reference::Cloud(cloud_anchor(*kind, id)),
        })
    }
}

impl FromIterator<(CloudId, KnownObject)> for Known {
    fn from_iter<I: IntoIterator<Item = (CloudId, KnownObject)>>(objects: I) -> Self {
        Self { objects: objects.into_iter().collect() }
    }
}

/// `User_` and the id.
pub(super) fn cloud_anchor(kind: ObjectKind, id: CloudId) -> String {
    let kind = match kind {
        ObjectKind::User => "User",
        ObjectKind::Group => "Group",
        ObjectKind::Contact => "Contact",
    };
    format!("{kind}_{id}")
}

/// The id in a cloud anchor.
pub(super) fn id_in(cloud_anchor: &str) -> Option<CloudId> {
    cloud_anchor.split_once('_')?.1.parse().ok()
}
