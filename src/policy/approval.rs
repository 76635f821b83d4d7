//! Consent to held changes, given in a manifest.

use jiff::Timestamp;

use crate::model::Digest;

/// One change that an approval lists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApprovedChange {
    /// Digest of exactly this change.
    pub digest: Digest,
    /// What it was, for people.
    pub what: String,
}

/// Lets exactly the changes that it lists run, once, until it expires.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Approval {
    /// Name of the manifest.
    pub name: String,
    /// Why.
    pub reason: String,
    /// Who.
    pub by: String,
    /// From then on it counts for nothing.
    pub expires: Timestamp,
    /// The changes.
    pub changes: Vec<ApprovedChange>,
}
