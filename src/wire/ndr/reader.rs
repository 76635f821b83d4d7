//! Reads NDR. Every count is held against the bytes that are left before anything is reserved for it.
//!
//! It does not know the structures of any interface.

use super::NdrError;
use crate::model::Guid;

/// Strings of directory interfaces are names; the longest are distinguished names.
const STRING_CHARS_MAX: usize = 32 * 1024;

/// Walks over a stub. Alignment counts from the first byte of the stub (C706 14.2.2).
#[derive(Clone, Debug)]
pub struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    /// Starts at the first byte.
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    /// The bytes that are left.
    pub fn remaining(&self) -> usize {
        self.bytes.len().saturating_sub(self.at)
    }

    /// Skips padding up to a multiple of a power of two. Any padding is valid, also beyond the end.
    pub fn align(&mut self, to: usize) {
        self.at = self.at.next_multiple_of(to);
    }

    /// Raw bytes.
    pub fn bytes(&mut self, len: usize, what: &'static str) -> Result<&'a [u8], NdrError> {
        let truncated = NdrError::Truncated { what, at: self.at };
        let end = self.at.checked_add(len).ok_or_else(|| truncated.clone())?;
        let found = self.bytes.get(self.at..end).ok_or(truncated)?;
        self.at = end;
        Ok(found)
    }

    fn array<const N: usize>(&mut self, align: usize, what: &'static str) -> Result<[u8; N], NdrError> {
        self.align(align);
        let bytes = self.bytes(N, what)?;
        Ok(*bytes.first_chunk().expect("as many bytes were taken"))
    }

    /// One byte.
    pub fn u8(&mut self, what: &'static str) -> Result<u8, NdrError> {
        self.array(1, what).map(u8::from_le_bytes)
    }

    /// An unsigned short.
    pub fn u16(&mut self, what: &'static str) -> Result<u16, NdrError> {
        self.array(2, what).map(u16::from_le_bytes)
    }

    /// An unsigned long.
    pub fn u32(&mut self, what: &'static str) -> Result<u32, NdrError> {
        self.array(4, what).map(u32::from_le_bytes)
    }

    /// A hyper.
    pub fn i64(&mut self, what: &'static str) -> Result<i64, NdrError> {
        self.array(8, what).map(i64::from_le_bytes)
    }

    /// A boolean of four bytes (`BOOL`).
    pub fn bool(&mut self, what: &'static str) -> Result<bool, NdrError> {
        self.u32(what).map(|it| it != 0)
    }

    /// A GUID, whose first member is a long ([MS-DTYP] 2.3.4.1).
    pub fn guid(&mut self, what: &'static str) -> Result<Guid, NdrError> {
        self.array(4, what).map(Guid::from_bytes)
    }

    /// A unique pointer (C706 14.3.10): whether a referent follows later.
    pub fn pointer(&mut self, what: &'static str) -> Result<bool, NdrError> {
        self.u32(what).map(|it| it != 0)
    }

    /// A pointer that has a referent exactly if there is something to count.
    pub fn counted_pointer(&mut self, count: usize, what: &'static str) -> Result<bool, NdrError> {
        let present = self.pointer(what)?;
        if 0 < count && !present { Err(NdrError::Pointer(what)) } else { Ok(present) }
    }

    /// A count of things that take at least so many bytes each. It never exceeds what can be there.
    pub fn count(&mut self, bytes_each: usize, what: &'static str) -> Result<usize, NdrError> {
        let count = usize::try_from(self.u32(what)?).map_err(|_| NdrError::Value(what))?;
        let max = self.remaining() / bytes_each.max(1);
        if max < count { Err(NdrError::Count { what, count, max }) } else { Ok(count) }
    }

    /// The maximum count in front of a conformant array (C706 14.3.3.2), which must be the count known already.
    pub fn conformance(&mut self, expected: usize, what: &'static str) -> Result<(), NdrError> {
        let found = usize::try_from(self.u32(what)?).map_err(|_| NdrError::Value(what))?;
        if found == expected { Ok(()) } else { Err(NdrError::Conformance { what, expected, found }) }
    }

    /// A conformant array of bytes of a known length, followed by nothing: the next value aligns itself.
    pub fn conformant_bytes(&mut self, len: usize, what: &'static str) -> Result<&'a [u8], NdrError> {
        self.conformance(len, what)?;
        self.bytes(len, what)
    }

    /// Maximum count, offset and actual count of a conformant and varying array (C706 14.3.3.4); returns the
    /// actual count.
    pub fn varying(&mut self, bytes_each: usize, what: &'static str) -> Result<usize, NdrError> {
        let max = usize::try_from(self.u32(what)?).map_err(|_| NdrError::Value(what))?;
        let offset = self.u32(what)?;
        let count = self.count(bytes_each, what)?;
        if offset != 0 {
            return Err(NdrError::Value(what));
        }
        if max < count { Err(NdrError::Count { what, count, max }) } else { Ok(count) }
    }

    /// A conformant and varying string of 16-bit characters that ends in NUL (C706 14.3.4.2).
    pub fn string(&mut self, what: &'static str) -> Result<String, NdrError> {
        let chars = self.varying(2, what)?;
        let text = self.utf16(chars, what)?;
        text.strip_suffix('\0').map(str::to_owned).ok_or(NdrError::Value(what))
    }

    /// So many 16-bit characters. Halves of pairs are replaced, since names may hold them.
    pub fn utf16(&mut self, chars: usize, what: &'static str) -> Result<String, NdrError> {
        if STRING_CHARS_MAX < chars {
            return Err(NdrError::Count { what, count: chars, max: STRING_CHARS_MAX });
        }
        let bytes = self.bytes(2 * chars, what)?;
        let units = bytes.as_chunks().0.iter().map(|it| u16::from_le_bytes(*it));
        Ok(char::decode_utf16(units).map(|it| it.unwrap_or(char::REPLACEMENT_CHARACTER)).collect())
    }

    /// Nothing may be left.
    pub fn finish(self) -> Result<(), NdrError> {
        match self.remaining() {
            0 => Ok(()),
            left => Err(NdrError::Trailing(left)),
        }
    }
}
