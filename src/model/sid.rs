//! Security identifiers.

use std::fmt;
use std::str::FromStr;

/// The binary form of an `objectSid` ([MS-DTYP] 2.4.2.2, SID--Packet Representation).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sid(Box<[u8]>);

/// A text or byte string that is no SID.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a security identifier: `S-1-…` or its binary form is expected")]
pub struct SidError;

/// [MS-DTYP] 2.4.2.2: `SubAuthorityCount` is at most 15.
const SUB_AUTHORITIES_MAX: usize = 15;

impl Sid {
    /// Reads the binary form.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, SidError> {
        let [1, count, rest @ ..] = bytes else { return Err(SidError) };
        let count = usize::from(*count);
        if SUB_AUTHORITIES_MAX < count || rest.len() != 6 + 4 * count {
            return Err(SidError);
        }
        Ok(Self(bytes.into()))
    }

    /// The binary form.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl FromStr for Sid {
    type Err = SidError;

    fn from_str(text: &str) -> Result<Self, SidError> {
        let mut parts = text.split('-');
        if !parts.next().is_some_and(|it| it.eq_ignore_ascii_case("S")) || parts.next() != Some("1") {
            return Err(SidError);
        }
        let authority: u64 = parts.next().and_then(|it| it.parse().ok()).ok_or(SidError)?;
        if authority >> 48 != 0 {
            return Err(SidError);
        }
        let subs: Vec<u32> = parts.map(str::parse).collect::<Result<_, _>>().map_err(|_| SidError)?;
        let count = u8::try_from(subs.len()).map_err(|_| SidError)?;
        let mut bytes = vec![1, count];
        bytes.extend_from_slice(&authority.to_be_bytes()[2..]);
        for sub in subs {
            bytes.extend_from_slice(&sub.to_le_bytes());
        }
        Self::from_bytes(&bytes)
    }
}

impl fmt::Display for Sid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let authority = self.0[2..8].iter().fold(0_u64, |sum, byte| sum << 8 | u64::from(*byte));
        write!(f, "S-1-{authority}")?;
        for sub in self.0[8..].chunks_exact(4) {
            write!(f, "-{}", u32::from_le_bytes([sub[0], sub[1], sub[2], sub[3]]))?;
        }
        Ok(())
    }
}

impl fmt::Debug for Sid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sid({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_bytes_are_the_same_sid() {
        let sid: Sid = "S-1-5-21-1004336348-1177238915-682003330-512".parse().unwrap();
        assert_eq!(sid.as_bytes()[..8], [1, 5, 0, 0, 0, 0, 0, 5]);
        assert_eq!(Sid::from_bytes(sid.as_bytes()).unwrap().to_string(), sid.to_string());
        assert_eq!(Sid::from_bytes(&sid.as_bytes()[..20]), Err(SidError));
        assert_eq!("S-2-5".parse::<Sid>(), Err(SidError));
    }
}
