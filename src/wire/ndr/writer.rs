//! Writes NDR.
//!
//! It does not know the structures of any interface; the order of deferred referents is the caller's.

use crate::model::Guid;

/// The identifier that the first pointer gets; any value but zero does (C706 14.3.10).
const FIRST_REFERENT: u32 = 0x0002_0000;

/// A stub that grows. Padding is zero.
#[derive(Clone, Debug)]
pub struct Writer {
    bytes: Vec<u8>,
    referent: u32,
}

impl Default for Writer {
    fn default() -> Self {
        Self { bytes: Vec::new(), referent: FIRST_REFERENT }
    }
}

impl Writer {
    /// An empty stub.
    pub fn new() -> Self {
        Self::default()
    }

    /// The stub.
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// Pads with zeros up to a multiple.
    pub fn align(&mut self, to: usize) -> &mut Self {
        self.bytes.resize(self.bytes.len().next_multiple_of(to), 0);
        self
    }

    /// Raw bytes.
    pub fn bytes(&mut self, bytes: &[u8]) -> &mut Self {
        self.bytes.extend_from_slice(bytes);
        self
    }

    /// One byte.
    pub fn u8(&mut self, value: u8) -> &mut Self {
        self.bytes(&[value])
    }

    /// An unsigned short.
    pub fn u16(&mut self, value: u16) -> &mut Self {
        self.align(2).bytes(&value.to_le_bytes())
    }

    /// An unsigned long.
    pub fn u32(&mut self, value: u32) -> &mut Self {
        self.align(4).bytes(&value.to_le_bytes())
    }

    /// A hyper.
    pub fn i64(&mut self, value: i64) -> &mut Self {
        self.align(8).bytes(&value.to_le_bytes())
    }

    /// A GUID.
    pub fn guid(&mut self, value: &Guid) -> &mut Self {
        self.align(4).bytes(value.as_bytes())
    }

    /// A unique pointer; the referent is for the caller to write in its place.
    pub fn pointer(&mut self, present: bool) -> &mut Self {
        if !present {
            return self.u32(0);
        }
        let referent = self.referent;
        self.referent = referent.wrapping_add(4).max(FIRST_REFERENT);
        self.u32(referent)
    }

    /// A count. Nothing that is written here comes near four thousand million.
    pub fn count(&mut self, count: usize) -> &mut Self {
        self.u32(u32::try_from(count).unwrap_or(u32::MAX))
    }

    /// A conformant and varying string of 16-bit characters with its NUL (C706 14.3.4.2).
    pub fn string(&mut self, text: &str) -> &mut Self {
        let chars = text.encode_utf16().count() + 1;
        self.count(chars).u32(0).count(chars).utf16(text).u16(0)
    }

    /// 16-bit characters, without NUL.
    pub fn utf16(&mut self, text: &str) -> &mut Self {
        self.align(2);
        self.bytes.extend(text.encode_utf16().flat_map(u16::to_le_bytes));
        self
    }
}
