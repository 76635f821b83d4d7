//! What objects are granted, by what it is: directory roles and the seats of subscriptions.
//!
//! It repeats what stands in the objects so that lists cost no search; it decides nothing. What lies in the
//! recycle bin holds nothing here and gets all of it back when it is restored.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use uuid::Uuid;

use super::object::{Kind, Object};
use super::store::Store;

/// Whether a role is in force or may only be activated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    Active,
    Eligible,
}

/// The index.
#[derive(Debug, Default)]
pub(crate) struct Grants {
    /// Role and principal.
    active: BTreeSet<(Uuid, Uuid)>,
    eligible: BTreeSet<(Uuid, Uuid)>,
    role_groups: BTreeSet<Uuid>,
    seats: BTreeMap<Uuid, u32>,
}

impl Grants {
    /// Role and principal of every assignment, in order.
    pub(crate) fn assignments(&self, standing: Standing) -> &BTreeSet<(Uuid, Uuid)> {
        match standing {
            Standing::Active => &self.active,
            Standing::Eligible => &self.eligible,
        }
    }

    /// How many users have a licence of a subscription.
    pub(crate) fn seats(&self, sku: Uuid) -> u32 {
        self.seats.get(&sku).copied().unwrap_or(0)
    }

    /// Takes up what an object is granted.
    pub(crate) fn add(&mut self, object: &Object) {
        if object.deleted.is_some() {
            return;
        }
        self.active.extend(object.roles.iter().map(|it| (*it, object.id)));
        self.eligible.extend(object.eligible_roles.iter().map(|it| (*it, object.id)));
        if object.kind == Kind::Group && object.properties.switch("isAssignableToRole") {
            self.role_groups.insert(object.id);
        }
        for sku in licences(object) {
            *self.seats.entry(sku).or_default() += 1;
        }
    }

    /// Drops what an object was granted.
    pub(crate) fn remove(&mut self, object: &Object) {
        if object.deleted.is_some() {
            return;
        }
        for role in &object.roles {
            self.active.remove(&(*role, object.id));
        }
        for role in &object.eligible_roles {
            self.eligible.remove(&(*role, object.id));
        }
        self.role_groups.remove(&object.id);
        for sku in licences(object) {
            if let Some(seats) = self.seats.get_mut(&sku) {
                *seats = seats.saturating_sub(1);
            }
        }
    }
}

/// The products that a user is licensed for.
pub(crate) fn licences(object: &Object) -> Vec<Uuid> {
    let assigned = object.properties.get("assignedLicenses").unwrap_or_default();
    let items = assigned.as_array().into_iter().flatten();
    items.filter_map(|it| it.get("skuId").and_then(Value::as_str)).filter_map(|it| it.parse().ok()).collect()
}

impl Store {
    /// Whether an object is a member of a role-assignable group or owns one.
    pub(crate) fn in_role_group(&self, id: Uuid) -> bool {
        self.grants
            .role_groups
            .iter()
            .filter_map(|group| self.get(*group))
            .any(|it| it.members.contains(&id) || it.owners.contains(&id))
    }

    /// Gives an object a role, or takes it away.
    pub(crate) fn set_role(&mut self, id: Uuid, role: Uuid, held: bool) {
        self.regrant(id, |object| {
            if held {
                object.roles.insert(role);
            } else {
                object.roles.remove(&role);
            }
        });
    }
}
