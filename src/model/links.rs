//! What earlier runs recorded and planning needs: never more than a hint that a reading can confirm.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::anchor::Anchor;
use super::cloud_id::CloudId;
use super::dn::Dn;
use super::fingerprint::Fingerprint;
use super::guid::Guid;
use super::object_kind::ObjectKind;
use super::property::Property;
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
    /// Its name in the directory when it was last in scope.
    pub dn: Option<Dn>,
    /// What the directory wanted when the tenant last had it: tells a drift of the tenant from a change of the
    /// directory.
    pub settled: Option<Fingerprint>,
    /// What was last sent of properties that the tenant does not show; `None` if nobody knows.
    pub exported: Option<Exported>,
    /// The password that the tenant confirmed last.
    pub password: Option<ConfirmedPassword>,
}

/// When a password was set, and when the tenant confirmed it. Nothing else is known of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConfirmedPassword {
    /// `pwdLastSet` in the directory when it was sent, as the directory writes it; 0 must be changed at next logon.
    pub last_set: i64,
    /// When the tenant confirmed it.
    pub confirmed_at: Timestamp,
}

/// Marks of the values that were last sent, by property: what is not among them has no value. They tell a change of the
/// directory where the tenant cannot be asked.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Exported(pub Vec<(Property, Fingerprint)>);

impl Exported {
    /// The mark of one property.
    pub fn of(&self, property: Property) -> Option<Fingerprint> {
        self.0.iter().find(|it| it.0 == property).map(|it| it.1)
    }
}

impl Link {
    /// A link of which nothing else is known.
    pub const fn new(kind: ObjectKind, cloud: CloudId) -> Self {
        Self { kind, cloud, blocked_since: None, dn: None, settled: None, exported: None, password: None }
    }
}

/// An object whose creation was begun, and of which no end is on record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Intent {
    /// Kind.
    pub kind: ObjectKind,
    /// By what it is recognised in the tenant, as the creation knew it.
    pub mark: Box<str>,
}

/// What was decided when a plan of this policy was last applied.
///
/// A removal is put down to a change of policy when one of the settings that it depends on has changed since.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReviewedPolicy {
    /// Digest of each setting, by its place in the manifest, such as `users.scope.filter`.
    pub settings: BTreeMap<String, Digest>,
    /// Digest of the directory's connection and bases.
    pub directory: Digest,
    /// Short git commit of the manifests.
    pub commit: Option<String>,
}

/// What was found at the last reading of the directory that nobody had to worry about.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Stock {
    /// Server or file that answered.
    pub server: String,
    /// `objectGUID` of the domain, if it could be read.
    pub domain: Option<Guid>,
    /// How many objects of each kind.
    pub objects: BTreeMap<ObjectKind, usize>,
    /// How many objects of each kind had a value of each attribute.
    pub values: BTreeMap<(ObjectKind, Box<str>), usize>,
    /// Names of the bases and groups that the policy names.
    pub landmarks: BTreeMap<Guid, Dn>,
    /// The highest change number that each copy of the domain's database has told, by `invocationId`.
    pub databases: BTreeMap<Guid, u64>,
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
    /// `None` before the first whole reading.
    pub stock: Option<Stock>,
    /// What was begun, and may have been made.
    pub intents: BTreeMap<Anchor, Intent>,
    /// Whose link is not on record yet: the tenant has what was begun.
    pub from_intents: BTreeSet<Anchor>,
}

impl Links {
    /// Whether an object is on record as this object of the tenant.
    pub fn are_of(&self, anchor: Anchor, kind: ObjectKind, cloud: CloudId) -> bool {
        let link = self.by_anchor.get(&anchor).filter(|_| !self.from_intents.contains(&anchor));
        link.is_some_and(|it| (it.kind, it.cloud) == (kind, cloud))
    }

    /// Whether the grace period of an object runs.
    pub fn are_of_blocked(&self, anchor: Anchor) -> bool {
        self.by_anchor.get(&anchor).is_some_and(|it| it.blocked_since.is_some())
    }
}
