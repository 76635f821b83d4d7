//! A GUID as Active Directory stores it.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use uuid::Uuid;

/// The 16 raw bytes of an `objectGUID`, in the mixed-endian order of the directory
/// ([MS-DTYP] 2.3.4.2, GUID--Packet Representation).
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Guid([u8; 16]);

/// In the order of its bytes. They are compared as one number, which takes no call: millions are sorted.
impl Ord for Guid {
    fn cmp(&self, other: &Self) -> Ordering {
        u128::from_be_bytes(self.0).cmp(&u128::from_be_bytes(other.0))
    }
}

impl PartialOrd for Guid {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// A text or byte string that is no GUID.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a GUID: 16 raw bytes or 8-4-4-4-12 hexadecimal digits are expected")]
pub struct GuidError;

impl Guid {
    /// Wraps the bytes as LDAP delivers them.
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The bytes as LDAP delivers them.
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }

    /// Reads a value of an LDAP entry: 16 raw bytes, or the text form that some exports write instead.
    pub fn from_value(value: &[u8]) -> Result<Self, GuidError> {
        if let Ok(bytes) = <[u8; 16]>::try_from(value) {
            return Ok(Self(bytes));
        }
        std::str::from_utf8(value).map_err(|_| GuidError)?.parse()
    }
}

impl FromStr for Guid {
    type Err = GuidError;

    fn from_str(text: &str) -> Result<Self, GuidError> {
        let inner = text.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')).unwrap_or(text);
        if inner.len() != 36 {
            return Err(GuidError);
        }
        Uuid::try_parse(inner).map(|uuid| Self(uuid.to_bytes_le())).map_err(|_| GuidError)
    }
}

impl fmt::Display for Guid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Uuid::from_bytes_le(self.0).hyphenated().fmt(f)
    }
}

impl fmt::Debug for Guid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Guid({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_bytes_are_the_same_guid() {
        let guid: Guid = "12345678-9abc-def0-1122-334455667788".parse().unwrap();
        assert_eq!(guid.as_bytes()[..8], [0x78, 0x56, 0x34, 0x12, 0xbc, 0x9a, 0xf0, 0xde]);
        assert_eq!(Guid::from_value(guid.as_bytes()), Ok(guid));
        assert_eq!(Guid::from_value(b"{12345678-9ABC-DEF0-1122-334455667788}"), Ok(guid));
        assert_eq!(guid.to_string(), "12345678-9abc-def0-1122-334455667788");
    }

    #[test]
    fn anything_else_is_refused() {
        for bad in ["", "123456789abcdef01122334455667788", "12345678-9abc-def0-1122-33445566778"] {
            assert_eq!(bad.parse::<Guid>(), Err(GuidError), "{bad:?}");
        }
    }
}
