//! Identity of an object in the tenant.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use uuid::Uuid;

/// The `id` that the tenant gave an object.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct CloudId(Uuid);

/// In the order of its bytes. They are compared as one number, which takes no call: millions are sorted.
impl Ord for CloudId {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.as_u128().cmp(&other.0.as_u128())
    }
}

impl PartialOrd for CloudId {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// A text that is no object id.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an object id: a GUID is expected")]
pub struct CloudIdError;

impl CloudId {
    /// Wraps a GUID.
    pub const fn from_uuid(uuid: Uuid) -> Self {
        Self(uuid)
    }

    /// The GUID in network byte order.
    pub const fn as_bytes(&self) -> &[u8; 16] {
        self.0.as_bytes()
    }
}

impl FromStr for CloudId {
    type Err = CloudIdError;

    fn from_str(text: &str) -> Result<Self, CloudIdError> {
        Uuid::try_parse(text).map(Self).map_err(|_| CloudIdError)
    }
}

impl fmt::Display for CloudId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.hyphenated().fmt(f)
    }
}

impl fmt::Debug for CloudId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CloudId({self})")
    }
}
