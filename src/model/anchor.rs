//! The immutable link between a directory object and its tenant object.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::guid::Guid;

/// The 16 raw bytes of `mS-DS-ConsistencyGuid` if set, else of `objectGUID`.
///
/// Its text is the base64 that the tenant carries as `onPremisesImmutableId`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Anchor(Guid);

/// A text that is no anchor.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an anchor: base64 of 16 bytes is expected")]
pub struct AnchorError;

impl Anchor {
    /// The anchor that a GUID gives.
    pub const fn from_guid(guid: Guid) -> Self {
        Self(guid)
    }

    /// The same bytes seen as a GUID; a group's `uniqueName` is its text.
    pub const fn guid(&self) -> Guid {
        self.0
    }
}

impl FromStr for Anchor {
    type Err = AnchorError;

    fn from_str(text: &str) -> Result<Self, AnchorError> {
        let bytes = STANDARD.decode(text).map_err(|_| AnchorError)?;
        <[u8; 16]>::try_from(bytes.as_slice()).map(Guid::from_bytes).map(Self).map_err(|_| AnchorError)
    }
}

impl fmt::Display for Anchor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&STANDARD.encode(self.0.as_bytes()))
    }
}

impl fmt::Debug for Anchor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Anchor({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_is_the_base64_that_entra_connect_writes() {
        let anchor: Anchor = "EiZ7L4VagEqYn9/3ZumEfw==".parse().unwrap();
        assert_eq!(anchor.guid().to_string(), "2f7b2612-5a85-4a80-989f-dff766e9847f");
        assert_eq!(anchor.to_string(), "EiZ7L4VagEqYn9/3ZumEfw==");
        assert_eq!("EiZ7".parse::<Anchor>(), Err(AnchorError));
    }
}
