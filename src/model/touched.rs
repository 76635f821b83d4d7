//! What of a side may be otherwise than it was when it was looked at last.

use std::collections::BTreeSet;

use super::cloud_id::CloudId;
use super::tenant::TenantSnapshot;

/// Objects that may be otherwise than they were, came or went. Others are as they were.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Touched<K> {
    /// Any of them, and what is no object.
    Everything,
    /// Only these.
    Only(BTreeSet<K>),
}

impl<K: Ord> Touched<K> {
    /// Nothing.
    pub const fn nothing() -> Self {
        Self::Only(BTreeSet::new())
    }

    /// These, and then others.
    #[must_use]
    pub fn and(self, then: Self) -> Self {
        match (self, then) {
            (Self::Only(mut these), Self::Only(others)) => {
                these.extend(others);
                Self::Only(these)
            }
            (Self::Everything, _) | (_, Self::Everything) => Self::Everything,
        }
    }
}

impl TenantSnapshot {
    /// What is otherwise than in an earlier reading.
    pub fn touched_since(&self, before: &Self) -> Touched<CloudId> {
        let is_same_tenant = self.identity() == before.identity()
            && self.domains() == before.domains()
            && self.roles() == before.roles()
            && self.features() == before.features();
        if !is_same_tenant {
            return Touched::Everything;
        }
        let mut touched = BTreeSet::new();
        differing(self.users(), before.users(), |it| it.id, &mut touched);
        differing(self.groups(), before.groups(), |it| it.id, &mut touched);
        differing(self.contacts(), before.contacts(), |it| it.id, &mut touched);
        Touched::Only(touched)
    }
}

/// Adds what only one of two lists has, or what they have otherwise; both are in order.
fn differing<T: PartialEq>(
    now: &[T],
    before: &[T],
    id: impl Fn(&T) -> CloudId,
    touched: &mut BTreeSet<CloudId>,
) {
    let mut before = before.iter().peekable();
    for object in now {
        while let Some(gone) = before.next_if(|it| id(it) < id(object)) {
            touched.insert(id(gone));
        }
        if before.next_if(|it| id(it) == id(object)) != Some(object) {
            touched.insert(id(object));
        }
    }
    touched.extend(before.map(id));
}
