//! Where a policy came from, and the digests that bind plans to it.

use std::fmt::{self, Write as _};
use std::str::FromStr;

use sha2::{Digest as _, Sha256};

/// A SHA-256 over named fields; its text is `sha256:` and 64 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest([u8; 32]);

/// Digests fields so that no two different lists of fields give the same bytes: each is preceded by its
/// length.
#[derive(Clone)]
pub struct DigestBuilder {
    hash: Sha256,
    /// What the hash does not have yet: it takes many bytes at once in half the time of a few at a time.
    waiting: [u8; WAITING],
    filled: usize,
}

const WAITING: usize = 512;

impl Default for DigestBuilder {
    fn default() -> Self {
        Self { hash: Sha256::default(), waiting: [0; WAITING], filled: 0 }
    }
}

impl DigestBuilder {
    /// Adds one field.
    pub fn field(&mut self, field: &[u8]) {
        self.add(&(field.len() as u64).to_be_bytes());
        self.add(field);
    }

    fn add(&mut self, bytes: &[u8]) {
        if WAITING - self.filled < bytes.len() {
            self.hash.update(&self.waiting[..self.filled]);
            self.filled = 0;
        }
        match self.waiting.get_mut(self.filled..self.filled + bytes.len()) {
            Some(room) => {
                room.copy_from_slice(bytes);
                self.filled += bytes.len();
            }
            None => self.hash.update(bytes),
        }
    }

    /// The digest of the fields so far.
    pub fn finish(mut self) -> Digest {
        self.hash.update(&self.waiting[..self.filled]);
        Digest(self.hash.finalize().into())
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
        let digit = |it: u8| char::from(b"0123456789abcdef"[usize::from(it)]);
        f.write_str("sha256:")?;
        // Each change on record has one: formatting byte by byte took five times as long.
        self.0.iter().try_for_each(|byte| {
            f.write_char(digit(byte >> 4))?;
            f.write_char(digit(byte & 15))
        })
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
    fn long_fields_and_many_give_the_digest_of_all_their_bytes() {
        let fields: Vec<Vec<u8>> =
            [0, 1, 503, 504, 505, 511, 512, 513, 2000, 7].map(|it| vec![b'x'; it]).into();
        let mut bytes = Vec::new();
        for it in &fields {
            bytes.extend_from_slice(&(it.len() as u64).to_be_bytes());
            bytes.extend_from_slice(it);
        }
        let whole: [u8; 32] = Sha256::digest(&bytes).into();
        assert_eq!(Digest::of_fields(fields.iter().map(Vec::as_slice)), Digest::from_bytes(whole));
    }

    #[test]
    fn fields_do_not_run_together() {
        let one = Digest::of_fields([b"ab".as_slice(), b"c"]);
        let other = Digest::of_fields([b"a".as_slice(), b"bc"]);
        assert_ne!(one, other);
        assert_eq!(one.to_string().parse(), Ok(one));
    }
}
