//! Basic Encoding Rules as LDAP and Kerberos use them (ITU-T X.690): definite lengths, tags of one byte.
//!
//! It knows elements, not what they mean. A reader borrows, so that hostile input costs no memory.

/// Universal tags (X.680, 8.6) that the protocols use; constructed bit included.
pub mod tag {
    /// BOOLEAN.
    pub const BOOLEAN: u8 = 0x01;
    /// INTEGER.
    pub const INTEGER: u8 = 0x02;
    /// BIT STRING.
    pub const BIT_STRING: u8 = 0x03;
    /// OCTET STRING.
    pub const OCTET_STRING: u8 = 0x04;
    /// OBJECT IDENTIFIER.
    pub const OID: u8 = 0x06;
    /// ENUMERATED.
    pub const ENUMERATED: u8 = 0x0a;
    /// GeneralizedTime.
    pub const GENERALIZED_TIME: u8 = 0x18;
    /// GeneralString.
    pub const GENERAL_STRING: u8 = 0x1b;
    /// SEQUENCE and SEQUENCE OF.
    pub const SEQUENCE: u8 = 0x30;
    /// SET and SET OF.
    pub const SET: u8 = 0x31;

    /// `[number]`, constructed: an explicit context tag.
    pub const fn context(number: u8) -> u8 {
        0xa0 | number
    }

    /// `[number] IMPLICIT` of a primitive type.
    pub const fn context_primitive(number: u8) -> u8 {
        0x80 | number
    }

    /// `[APPLICATION number]`, constructed.
    pub const fn application(number: u8) -> u8 {
        0x60 | number
    }
}

/// Bytes that are not the element that was expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BerError {
    /// The bytes end inside an element.
    #[error("the bytes end inside an element")]
    Truncated,
    /// Something follows where nothing should.
    #[error("{0} bytes too many")]
    Trailing(usize),
    /// A length that is indefinite or beyond four bytes, or a tag of several bytes.
    #[error("an element of a form that the protocol does not allow")]
    Form,
    /// Another element than the protocol has here.
    #[error("tag {found:#04x} where {expected:#04x} belongs")]
    Tag {
        /// What the protocol has here.
        expected: u8,
        /// What is there.
        found: u8,
    },
    /// A value that its type does not allow.
    #[error("a value out of range for its type")]
    Value,
}

/// Walks over elements.
#[derive(Clone, Copy, Debug)]
pub struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    /// Starts at the first element.
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// Whether no element is left.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The tag of the next element.
    pub fn peek(&self) -> Option<u8> {
        self.0.first().copied()
    }

    /// The next element: tag and contents.
    pub fn any(&mut self) -> Result<(u8, &'a [u8]), BerError> {
        let Head { tag, start, len } = head(self.0)?.ok_or(BerError::Truncated)?;
        let rest = &self.0[start..];
        let (contents, rest) = rest.split_at_checked(len).ok_or(BerError::Truncated)?;
        self.0 = rest;
        Ok((tag, contents))
    }

    /// The contents of the next element, which must have this tag.
    pub fn element(&mut self, expected: u8) -> Result<&'a [u8], BerError> {
        let found = self.peek().ok_or(BerError::Truncated)?;
        if found != expected {
            return Err(BerError::Tag { expected, found });
        }
        Ok(self.any()?.1)
    }

    /// A reader over the contents of the next element, which must have this tag.
    pub fn nested(&mut self, expected: u8) -> Result<Self, BerError> {
        self.element(expected).map(Self)
    }

    /// The contents of the next element if it has this tag.
    pub fn optional(&mut self, wanted: u8) -> Result<Option<&'a [u8]>, BerError> {
        if self.peek() == Some(wanted) { self.element(wanted).map(Some) } else { Ok(None) }
    }

    /// An integer (or enumeration) of up to eight bytes.
    pub fn integer(&mut self, expected: u8) -> Result<i64, BerError> {
        let bytes = self.element(expected)?;
        let first = *bytes.first().ok_or(BerError::Value)?;
        if 8 < bytes.len() {
            return Err(BerError::Value);
        }
        let sign = if first & 0x80 == 0 { 0 } else { -1 };
        Ok(bytes.iter().fold(sign, |value: i64, byte| value << 8 | i64::from(*byte)))
    }

    /// Text in UTF-8.
    pub fn text(&mut self, expected: u8) -> Result<&'a str, BerError> {
        std::str::from_utf8(self.element(expected)?).map_err(|_| BerError::Value)
    }

    /// Nothing may be left.
    pub fn finish(self) -> Result<(), BerError> {
        if self.is_empty() { Ok(()) } else { Err(BerError::Trailing(self.0.len())) }
    }
}

struct Head {
    tag: u8,
    start: usize,
    len: usize,
}

/// Tag and length (X.690, 8.1.2 and 8.1.3); `None` while they have not arrived whole.
fn head(bytes: &[u8]) -> Result<Option<Head>, BerError> {
    let [tag, first, rest @ ..] = bytes else { return Ok(None) };
    if tag & 0x1f == 0x1f {
        return Err(BerError::Form);
    }
    if *first < 0x80 {
        return Ok(Some(Head { tag: *tag, start: 2, len: usize::from(*first) }));
    }
    let count = usize::from(first & 0x7f);
    if count == 0 || 4 < count {
        return Err(BerError::Form);
    }
    let Some(length) = rest.get(..count) else { return Ok(None) };
    let len = length.iter().fold(0, |len: usize, byte| len << 8 | usize::from(*byte));
    Ok(Some(Head { tag: *tag, start: 2 + count, len }))
}

/// The length of the element that `bytes` start with, head included; `None` while the head is not whole.
pub fn whole_len(bytes: &[u8]) -> Result<Option<usize>, BerError> {
    Ok(head(bytes)?.map(|it| it.start.saturating_add(it.len)))
}

/// One element around the given contents, in the shortest form (X.690, 10.1).
pub fn wrap(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let len: usize = parts.iter().map(|it| it.len()).sum();
    let mut bytes = Vec::with_capacity(len + 6);
    bytes.push(tag);
    match u8::try_from(len) {
        Ok(short) if short < 0x80 => bytes.push(short),
        Ok(_) | Err(_) => {
            let long = len.to_be_bytes();
            let used = &long[long.iter().take_while(|it| **it == 0).count()..];
            bytes.push(0x80 | u8::try_from(used.len()).expect("a length has at most eight bytes"));
            bytes.extend_from_slice(used);
        }
    }
    for part in parts {
        bytes.extend_from_slice(part);
    }
    bytes
}

/// An integer (or enumeration) in the shortest form.
pub fn integer(tag: u8, value: i64) -> Vec<u8> {
    let bytes = value.to_be_bytes();
    let redundant = bytes
        .windows(2)
        .take_while(|it| (it[0] == 0 && it[1] & 0x80 == 0) || (it[0] == 0xff && it[1] & 0x80 != 0))
        .count();
    wrap(tag, &[&bytes[redundant..]])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_come_back_and_are_short() {
        for value in [0, 1, 127, 128, 255, 256, -1, -128, -129, i64::MAX, i64::MIN] {
            let bytes = integer(tag::INTEGER, value);
            assert_eq!(Reader::new(&bytes).integer(tag::INTEGER), Ok(value));
        }
        assert_eq!(integer(tag::INTEGER, 128), [2, 2, 0, 128]);
        assert_eq!(integer(tag::INTEGER, -128), [2, 1, 128]);
    }

    #[test]
    fn long_lengths_come_back() {
        let bytes = wrap(tag::OCTET_STRING, &[&[7; 200], &[8; 300]]);
        assert_eq!(bytes[..4], [4, 0x82, 1, 0xf4]);
        assert_eq!(whole_len(&bytes[..4]), Ok(Some(504)));
        assert_eq!(Reader::new(&bytes).element(tag::OCTET_STRING).map(<[u8]>::len), Ok(500));
    }

    #[test]
    fn hostile_heads_are_errors() {
        assert_eq!(whole_len(&[0x30]), Ok(None));
        assert_eq!(whole_len(&[0x30, 0x80, 0, 0]), Err(BerError::Form), "indefinite length");
        assert_eq!(whole_len(&[0x30, 0x85, 1, 0, 0, 0, 0]), Err(BerError::Form));
        assert_eq!(whole_len(&[0x1f, 1, 1]), Err(BerError::Form), "tag of several bytes");
        assert_eq!(Reader::new(&[4, 5, 1]).any(), Err(BerError::Truncated));
        assert_eq!(Reader::new(&[2, 0]).integer(tag::INTEGER), Err(BerError::Value));
    }
}
