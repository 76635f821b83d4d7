//! Which objects a policy handles.

use crate::model::{Digest, Dn, Guid};

use super::filter::Filter;

/// A container below which objects are in scope.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Base {
    /// By its name.
    Dn(Dn),
    /// By its `objectGUID`, so that a renamed container is still found.
    Guid(Guid),
}

/// All conditions must hold.
#[derive(Clone, Debug)]
pub struct Scope {
    /// Below one of these; empty means anywhere.
    pub bases: Vec<Base>,
    /// Matches this.
    pub filter: Option<Filter>,
    /// Matches none of these.
    pub exclude: Vec<Filter>,
    /// Belongs to one of these groups, directly or through others; empty means no such condition.
    pub member_of: Vec<Dn>,
    /// Whether Entra Connect's own exclusions apply (graph-tenant reference, 9.1).
    pub default_exclusions: bool,
    /// Digest of the above as written: a removal after it changed is put down to policy.
    pub digest: Digest,
}
