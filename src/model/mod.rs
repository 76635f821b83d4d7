//! The nouns: identities, attribute values, objects and snapshots of both sides.
//!
//! Nothing here knows a wire format, a file, a clock or a policy.

pub mod addresses;
mod anchor;
mod arrivals;
mod attributes;
mod cloud_id;
mod directory;
mod dn;
mod facts;
mod feature;
mod fingerprint;
mod guid;
mod history;
mod links;
mod lookup;
mod object_kind;
mod property;
mod provenance;
mod revision;
mod secret;
mod secret_bytes;
mod sid;
mod syntax;
mod tenant;
mod time;
mod touched;
mod upn;
mod watch;

pub use self::anchor::{Anchor, AnchorError};
pub use self::attributes::{
    AttributeId, AttributeNames, AttributeNamesBuilder, Attributes, AttributesBuilder, Values, well_known,
};
pub use self::cloud_id::{CloudId, CloudIdError};
pub use self::directory::{
    DirectoryEntry, DirectoryObject, DirectoryObjects, DirectorySnapshot, EntryRejected, ObjectIndex,
    PartialDirectory, Reading, Rejection, Watermark,
};
pub use self::dn::{Dn, DnError};
pub use self::facts::{Facts, ObjectView};
pub use self::feature::{Feature, Features};
pub use self::fingerprint::{Fingerprint, FingerprintBuilder, MemberMark};
pub use self::guid::{Guid, GuidError};
pub use self::history::{PastChange, PastRelease, PastRun};
pub use self::links::{ConfirmedPassword, Exported, Intent, Link, Links, ReviewedPolicy, Stock};
pub use self::lookup::{Table, TableOfKeys};
pub use self::object_kind::ObjectKind;
pub use self::property::{Form, Kinds, Property, UnknownProperty};
pub use self::provenance::{Digest, DigestBuilder, DigestError, Provenance};
pub use self::revision::{Doubt, Gone, MembersRevised, RevisedEntry, Revision};
pub use self::secret::Secret;
pub use self::secret_bytes::SecretBytes;
pub use self::sid::{Sid, SidError};
pub use self::syntax::Syntax;
pub use self::tenant::{
    CloudContact, CloudGroup, CloudObject, CloudUser, Domain, GroupType, Origin, Quarantined, Roles,
    TenantIdentity, TenantReading, TenantSnapshot,
};
pub use self::time::{from_filetime, from_generalized_time};
pub use self::touched::Touched;
pub use self::upn::{Upn, UpnError};
pub use self::watch::{PausedChange, ToldAlarm};
