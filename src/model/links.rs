//! What earlier runs recorded and planning needs: never more than a hint that a reading can confirm.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::anchor::Anchor;
use super::cloud_id::CloudId;
use super::object_kind::ObjectKind;
use super::provenance::Digest;

/// The recorded link of one object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// Kind.
    pub kind: ObjectKind,
    /// The object in the tenant.
    pub cloud: CloudId,
    /// Since when its sign-in is blocked because it left the directory or the scope.
    pub blocked_since: Option<Timestamp>,
}

/// What was decided when a plan of this policy was last applied.
///
/// A removal is put down to a change of policy when one of these digests has changed since.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReviewedPolicy {
    /// Digest of the user scope.
    pub user_scope: Digest,
    /// Digest of the group scope.
    pub group_scope: Digest,
    /// Digest of the directory's connection and bases.
    pub directory: Digest,
}

/// Everything that is recorded for one policy.
///
/// An object of the tenant is removed only if it has a link here: samesign removes what it put there or
/// has seen joined, and nothing else. Lost links are found again by anchor.
#[derive(Clone, Debug, Default)]
pub struct Links {
    /// By anchor.
    pub by_anchor: BTreeMap<Anchor, Link>,
    /// `None` before the first apply.
    pub reviewed: Option<ReviewedPolicy>,
}
