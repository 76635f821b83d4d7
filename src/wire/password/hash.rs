//! The NT hash of a password, which is as good as the password ([MS-NLMP] 3.3.1, NTOWFv1).
//!
//! It does not know how to make one from a password.

use zeroize::Zeroizing;

const LEN: usize = 16;

/// MD4 of the password in UTF-16. It has neither `Debug` nor `Clone` nor equality, is wiped when dropped, and
/// stays where it is in memory when it is handed on.
pub struct NtHash(Box<Zeroizing<[u8; LEN]>>);

impl NtHash {
    /// Its length.
    pub const LEN: usize = LEN;

    /// A hash as the directory itself keeps it. The caller wipes its own copy.
    pub fn from_bytes(bytes: &[u8; Self::LEN]) -> Self {
        let mut hash = Self::zeroed();
        hash.bytes_mut().copy_from_slice(bytes);
        hash
    }

    /// The bytes, for the one computation that needs them.
    pub fn reveal(&self) -> &[u8; Self::LEN] {
        &self.0
    }

    pub(in crate::wire) fn zeroed() -> Self {
        Self(Box::new(Zeroizing::new([0; LEN])))
    }

    /// To be filled in place, so that no copy is left behind.
    pub(in crate::wire) fn bytes_mut(&mut self) -> &mut [u8; Self::LEN] {
        &mut self.0
    }
}
