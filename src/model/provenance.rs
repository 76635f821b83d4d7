//! Where a policy came from, and the digests that bind plans to it.

use std::fmt;
use std::str::FromStr;

use sha2::{Digest as _, Sha256};

/// A SHA-256 over named fields; its text is `sha256:` and 64 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest([u8; 32]);

/// Digests fields so that no two different lists of fields give the same bytes: each is preceded by its
/// length.
#[derive(Clone, Default)]
pub struct DigestBuilder(Sha256);

impl DigestBuilder {
    /// Adds one field.
    pub fn field(&mut self, field: &[u8]) {
        self.0.update((field.len() as u64).to_be_bytes());
        self.0.update(field);
    }

    /// The digest of the fields so far.
    pub fn finish(self) -> Digest {
        Digest(self.0.finalize().into())
    }
}

impl fmt::Debug for DigestBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DigestBuilder")
    }
}

impl Digest {
    /// The digest of a list of fields.
    pub fn of_fields<'a>(fields: impl IntoIterator<Item = &'a [u8]>) -> Self {
        let mut builder = DigestBuilder::default();
        for field in fields {
            builder.field(field);
        }
        builder.finish()
    }

    /// The first four bytes in hexadecimal, as plans print their id.
    pub fn short(&self) -> String {
        self.to_string()["sha256:".len()..][..8].to_owned()
    }

    /// From raw bytes that were recorded.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The raw bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("sha256:")?;
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Digest({self})")
    }
}

/// A text that is no digest.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a digest: `sha256:` and 64 hexadecimal digits are expected")]
pub struct DigestError;

impl FromStr for Digest {
    type Err = DigestError;

    fn from_str(text: &str) -> Result<Self, DigestError> {
        let hex = text.strip_prefix("sha256:").ok_or(DigestError)?;
        if hex.len() != 64 || !hex.is_ascii() {
            return Err(DigestError);
        }
        let mut bytes = [0; 32];
        for (at, byte) in bytes.iter_mut().enumerate() {
            *byte = u8::from_str_radix(&hex[2 * at..2 * at + 2], 16).map_err(|_| DigestError)?;
        }
        Ok(Self(bytes))
    }
}

/// The version of the manifests that a policy was read from.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Provenance {
    /// Short git commit; `None` outside of a repository.
    pub commit: Option<String>,
    /// Whether files differ from that commit.
    pub dirty: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_do_not_run_together() {
        let one = Digest::of_fields([b"ab".as_slice(), b"c"]);
        let other = Digest::of_fields([b"a".as_slice(), b"bc"]);
        assert_ne!(one, other);
        assert_eq!(one.to_string().parse(), Ok(one));
    }
}
