//! Bytes, and how far they have been read: the fields of [MC-NBFX] 2.1.
//!
//! It does not know records. Every length is checked against the bytes that are there before anything is made of it.

use super::character::is_name;
use super::dictionary;
use super::error::{Malformed, ReadError};

/// A position in the bytes of a document.
#[derive(Clone)]
pub(super) struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    pub(super) fn offset(&self) -> usize {
        self.at
    }

    pub(super) fn is_empty(&self) -> bool {
        self.bytes.len() <= self.at
    }

    pub(super) fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    /// The error that something is wrong at this position.
    pub(super) fn error(&self, malformed: Malformed) -> ReadError {
        ReadError { offset: self.at, malformed }
    }

    pub(super) fn byte(&mut self) -> Result<u8, ReadError> {
        Ok(self.array::<1>()?[0])
    }

    pub(super) fn take(&mut self, len: usize) -> Result<&'a [u8], ReadError> {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let taken = rest.get(..len).ok_or_else(|| self.error(Malformed::Truncated))?;
        self.at += len;
        Ok(taken)
    }

    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N], ReadError> {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let taken = rest.first_chunk().ok_or_else(|| self.error(Malformed::Truncated))?;
        self.at += N;
        Ok(*taken)
    }

    /// [MC-NBFX] 2.1.2 MultiByteInt31: seven bits a byte, lowest first, at most five bytes.
    pub(super) fn int31(&mut self) -> Result<u32, ReadError> {
        let start = self.clone();
        let mut value = 0;
        for shift in [0, 7, 14, 21, 28] {
            let byte = self.byte()?;
            if shift == 28 && 0x07 < byte {
                break;
            }
            value |= u32::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(start.error(Malformed::Integer))
    }

    /// A length as INT32, which "MUST be positive" ([MC-NBFX] 2.2.3.15 Chars32Text Record).
    pub(super) fn length32(&mut self) -> Result<usize, ReadError> {
        let start = self.clone();
        let length = i32::from_le_bytes(self.array()?);
        usize::try_from(length).map_err(|_| start.error(Malformed::Length))
    }

    pub(super) fn length16(&mut self) -> Result<usize, ReadError> {
        Ok(usize::from(u16::from_le_bytes(self.array()?)))
    }

    pub(super) fn length8(&mut self) -> Result<usize, ReadError> {
        Ok(usize::from(self.byte()?))
    }

    /// [MC-NBFX] 2.1.3 String.
    pub(super) fn string(&mut self) -> Result<&'a str, ReadError> {
        let length = self.int31()? as usize;
        self.utf8(length)
    }

    pub(super) fn utf8(&mut self, len: usize) -> Result<&'a str, ReadError> {
        let start = self.clone();
        std::str::from_utf8(self.take(len)?).map_err(|_| start.error(Malformed::Encoding))
    }

    pub(super) fn utf16(&mut self, len: usize) -> Result<String, ReadError> {
        let start = self.clone();
        let (pairs, odd) = self.take(len)?.as_chunks::<2>();
        if !odd.is_empty() {
            return Err(start.error(Malformed::Length));
        }
        char::decode_utf16(pairs.iter().map(|it| u16::from_le_bytes(*it)))
            .collect::<Result<String, _>>()
            .map_err(|_| start.error(Malformed::Encoding))
    }

    /// [MC-NBFX] 2.1.4 DictionaryString; odd ids belong to a session dictionary, which there is none of.
    pub(super) fn dictionary_string(&mut self) -> Result<&'static str, ReadError> {
        let start = self.clone();
        let id = self.int31()?;
        dictionary::string(id).ok_or_else(|| start.error(Malformed::Dictionary(id)))
    }

    /// A String that must be a name.
    pub(super) fn name(&mut self, bytes_max: usize) -> Result<&'a str, ReadError> {
        let start = self.clone();
        let name = self.string()?;
        if bytes_max < name.len() {
            return Err(start.error(Malformed::Limit("name_bytes_max")));
        }
        if is_name(name) { Ok(name) } else { Err(start.error(Malformed::Name)) }
    }

    /// A DictionaryString that must be a name: some strings of the dictionary are addresses.
    pub(super) fn dictionary_name(&mut self) -> Result<&'static str, ReadError> {
        let start = self.clone();
        let name = self.dictionary_string()?;
        if is_name(name) { Ok(name) } else { Err(start.error(Malformed::Name)) }
    }
}
