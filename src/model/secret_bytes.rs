//! Bytes that must not be left behind in memory.
//!
//! It does not know what they mean.

use std::fmt;
use std::ops::{Deref, DerefMut};

use zeroize::optimization_barrier;

/// Messages have more than this: below it, growing would copy more often than it saves room.
const CAPACITY_MIN: usize = 4096;

/// Bytes that are wiped when they are dropped, also when they move because there are more of them: masked in `Debug`.
///
/// For messages and other large things: `Zeroizing` overwrites bytes one after the other, so that the compiler leaves none
/// of it out, which took as long as writing them. These are overwritten at once, and then the compiler is told that
/// somebody looks at them.
#[derive(Default)]
pub struct SecretBytes(Vec<u8>);

impl SecretBytes {
    /// None yet, with room for so many.
    pub fn with_capacity(capacity: usize) -> Self {
        Self(Vec::with_capacity(capacity))
    }

    /// So many zeros, to be filled in place.
    pub fn zeroed(len: usize) -> Self {
        Self(vec![0; len])
    }

    /// Adds bytes. The caller wipes its own copy.
    pub fn append(&mut self, more: &[u8]) {
        if self.0.capacity() - self.len() < more.len() {
            self.grow(self.len() + more.len());
        }
        self.0.extend_from_slice(more);
    }

    /// A vector that grows by itself leaves its old bytes behind.
    #[cold]
    fn grow(&mut self, needed: usize) {
        let mut larger = Self::with_capacity(needed.max(2 * self.0.capacity()).max(CAPACITY_MIN));
        larger.0.extend_from_slice(self);
        *self = larger;
    }

    /// Cuts off what is beyond this length; it is wiped with the rest.
    pub fn truncate(&mut self, len: usize) {
        self.0.truncate(len);
    }
}

impl Drop for SecretBytes {
    fn drop(&mut self) {
        // All that there is room for: something may have been cut off.
        self.0.clear();
        self.0.resize(self.0.capacity(), 0);
        // Else nobody would see the zeros, and the compiler might leave them out.
        optimization_barrier(self.0.as_slice());
    }
}

impl From<&[u8]> for SecretBytes {
    /// A copy; the caller wipes the original.
    fn from(bytes: &[u8]) -> Self {
        Self(bytes.to_vec())
    }
}

impl Deref for SecretBytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

impl DerefMut for SecretBytes {
    fn deref_mut(&mut self) -> &mut [u8] {
        &mut self.0
    }
}

impl AsRef<[u8]> for SecretBytes {
    fn as_ref(&self) -> &[u8] {
        self
    }
}

/// How many there are, and never which.
impl fmt::Debug for SecretBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecretBytes({} bytes)", self.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_that_are_added_bit_by_bit_are_all_there() {
        let mut bytes = SecretBytes::with_capacity(3);
        let expected: Vec<u8> = (0..100_000_u32).map(|it| it.to_le_bytes()[0]).collect();
        let mut rest = expected.as_slice();
        let mut len = 1;
        while !rest.is_empty() {
            let (some, more) = rest.split_at(len.min(rest.len()));
            bytes.append(some);
            (rest, len) = (more, len + 1);
        }
        assert_eq!(bytes.to_vec(), expected);
        bytes.truncate(5);
        assert_eq!(bytes.to_vec(), [0, 1, 2, 3, 4]);
        bytes[1..3].copy_from_slice(&[7, 8]);
        assert_eq!(bytes.to_vec(), [0, 7, 8, 3, 4]);
    }

    #[test]
    fn nobody_sees_them_in_debug() {
        assert_eq!(format!("{:?}", SecretBytes::from([1, 2, 3].as_slice())), "SecretBytes(3 bytes)");
        assert_eq!(format!("{:?}", SecretBytes::zeroed(9)), "SecretBytes(9 bytes)");
    }
}
