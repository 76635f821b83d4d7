//! Which object of the tenant an anchor names.

use uuid::Uuid;

use super::attributes::cloud_anchor;
use crate::sandbox::object::{Kind, Object};
use crate::sandbox::store::{KeySpace, Store};
use crate::wire::provisioning::Anchor;

/// The anchor of an object in the tenant.
pub(super) fn of(object: &Object) -> String {
    let kind = match object.kind {
        Kind::User => "User",
        Kind::Group => "Group",
        Kind::Contact => "Contact",
    };
    format!("{kind}_{}", object.id)
}

/// The active object of a kind with a source anchor.
pub(super) fn holder(store: &Store, kind: Kind, anchor: &str) -> Option<Uuid> {
    let space = match kind {
        Kind::User => KeySpace::ImmutableId,
        Kind::Group => KeySpace::GroupAnchor,
        Kind::Contact => KeySpace::ContactAnchor,
    };
    store.holder(space, anchor)
}

/// The active object that a reference names.
pub(super) fn resolve(store: &Store, anchor: &Anchor) -> Option<Uuid> {
    match anchor {
        Anchor::Source(text) => {
            [Kind::User, Kind::Group, Kind::Contact].into_iter().find_map(|kind| holder(store, kind, text))
        }
        Anchor::Cloud(text) => {
            let (kind, id) = cloud_anchor(text)?;
            store.get(id).filter(|it| it.kind == kind && it.deleted.is_none()).map(|it| it.id)
        }
    }
}
