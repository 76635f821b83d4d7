//! A short mark of what an object should look like, to see whether that is still the same.
//!
//! Nothing is decided by it: were two to collide, a reason would be worded wrongly.

/// Marks the same fields alike, in this and in later versions of the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fingerprint(u64);

/// Collects fields in an order that counts, and members of a set in any order.
#[derive(Clone, Copy, Debug, Default)]
pub struct FingerprintBuilder {
    fields: u64,
    set: u64,
}

/// What one member adds to the mark of a set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemberMark(u64);

impl MemberMark {
    /// Of the bytes that a member is told by.
    pub fn of(bytes: &[u8]) -> Self {
        Self(fold_bytes(SPREAD, bytes))
    }
}

/// An odd number whose bits look random: the golden ratio.
const SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;

const fn fold(state: u64, word: u64) -> u64 {
    let mixed = (state ^ word).wrapping_mul(SPREAD);
    mixed ^ (mixed >> 29)
}

fn fold_bytes(state: u64, bytes: &[u8]) -> u64 {
    let (words, rest) = bytes.as_chunks::<8>();
    let state = words.iter().fold(state, |state, word| fold(state, u64::from_le_bytes(*word)));
    let mut last = [0; 8];
    last[..rest.len()].copy_from_slice(rest);
    fold(fold(state, u64::from_le_bytes(last)), bytes.len() as u64)
}

impl FingerprintBuilder {
    /// Adds a field.
    pub fn field(&mut self, bytes: &[u8]) {
        self.fields = fold_bytes(self.fields, bytes);
    }

    /// Adds a field that is a number.
    pub const fn word(&mut self, word: u64) {
        self.fields = fold(self.fields, word);
    }

    /// Adds a member of the set.
    pub const fn member(&mut self, mark: MemberMark) {
        self.set = self.set.wrapping_add(mark.0);
    }

    /// The mark of all that was added.
    pub const fn finish(self) -> Fingerprint {
        Fingerprint(fold(fold(self.fields, self.set), SPREAD))
    }
}

impl Fingerprint {
    /// As a number that can be recorded.
    pub const fn to_bits(self) -> u64 {
        self.0
    }

    /// From a number that was recorded.
    pub const fn from_bits(bits: u64) -> Self {
        Self(bits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(fields: &[&str], members: &[&str]) -> Fingerprint {
        let mut builder = FingerprintBuilder::default();
        for it in fields {
            builder.field(it.as_bytes());
        }
        for it in members {
            builder.member(MemberMark::of(it.as_bytes()));
        }
        builder.finish()
    }

    #[test]
    fn fields_have_an_order_and_members_have_none() {
        assert_ne!(of(&["a", "b"], &[]), of(&["b", "a"], &[]));
        assert_ne!(of(&["ab", "c"], &[]), of(&["a", "bc"], &[]));
        assert_ne!(of(&["a", ""], &[]), of(&["a"], &[]));
        assert_eq!(of(&["a"], &["x", "y"]), of(&["a"], &["y", "x"]));
        assert_ne!(of(&["a"], &["x"]), of(&["a"], &["x", "y"]));
    }

    #[test]
    fn a_recorded_mark_stays_the_same_in_later_versions() {
        assert_eq!(of(&["Ada Lovelace", "Clerk"], &["staff"]).to_bits(), 17_907_188_348_502_914_226);
    }
}
