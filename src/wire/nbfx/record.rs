//! Record types ([MC-NBFX] 2.2 and 2.3) by number.
//!
//! Text records have even numbers; the odd one above each adds an end of element (2.2.3.31).

pub(super) const END_ELEMENT: u8 = 0x01;
pub(super) const COMMENT: u8 = 0x02;
pub(super) const ARRAY: u8 = 0x03;
pub(super) const SHORT_ATTRIBUTE: u8 = 0x04;
pub(super) const ATTRIBUTE: u8 = 0x05;
pub(super) const SHORT_DICTIONARY_ATTRIBUTE: u8 = 0x06;
pub(super) const DICTIONARY_ATTRIBUTE: u8 = 0x07;
pub(super) const SHORT_XMLNS: u8 = 0x08;
pub(super) const XMLNS: u8 = 0x09;
pub(super) const SHORT_DICTIONARY_XMLNS: u8 = 0x0a;
pub(super) const DICTIONARY_XMLNS: u8 = 0x0b;
pub(super) const PREFIX_DICTIONARY_ATTRIBUTE_A: u8 = 0x0c;
pub(super) const PREFIX_DICTIONARY_ATTRIBUTE_Z: u8 = 0x25;
pub(super) const PREFIX_ATTRIBUTE_A: u8 = 0x26;
pub(super) const PREFIX_ATTRIBUTE_Z: u8 = 0x3f;
pub(super) const SHORT_ELEMENT: u8 = 0x40;
pub(super) const ELEMENT: u8 = 0x41;
pub(super) const SHORT_DICTIONARY_ELEMENT: u8 = 0x42;
pub(super) const DICTIONARY_ELEMENT: u8 = 0x43;
pub(super) const PREFIX_DICTIONARY_ELEMENT_A: u8 = 0x44;
pub(super) const PREFIX_DICTIONARY_ELEMENT_Z: u8 = 0x5d;
pub(super) const PREFIX_ELEMENT_A: u8 = 0x5e;
pub(super) const PREFIX_ELEMENT_Z: u8 = 0x77;
pub(super) const ZERO_TEXT: u8 = 0x80;
pub(super) const ONE_TEXT: u8 = 0x82;
pub(super) const FALSE_TEXT: u8 = 0x84;
pub(super) const TRUE_TEXT: u8 = 0x86;
pub(super) const INT8_TEXT: u8 = 0x88;
pub(super) const INT16_TEXT: u8 = 0x8a;
pub(super) const INT32_TEXT: u8 = 0x8c;
pub(super) const INT64_TEXT: u8 = 0x8e;
pub(super) const FLOAT_TEXT: u8 = 0x90;
pub(super) const DOUBLE_TEXT: u8 = 0x92;
pub(super) const DECIMAL_TEXT: u8 = 0x94;
pub(super) const DATE_TIME_TEXT: u8 = 0x96;
pub(super) const CHARS8_TEXT: u8 = 0x98;
pub(super) const CHARS16_TEXT: u8 = 0x9a;
pub(super) const CHARS32_TEXT: u8 = 0x9c;
pub(super) const BYTES8_TEXT: u8 = 0x9e;
pub(super) const BYTES16_TEXT: u8 = 0xa0;
pub(super) const BYTES32_TEXT: u8 = 0xa2;
pub(super) const START_LIST_TEXT: u8 = 0xa4;
pub(super) const END_LIST_TEXT: u8 = 0xa6;
pub(super) const EMPTY_TEXT: u8 = 0xa8;
pub(super) const DICTIONARY_TEXT: u8 = 0xaa;
pub(super) const UNIQUE_ID_TEXT: u8 = 0xac;
pub(super) const TIME_SPAN_TEXT: u8 = 0xae;
pub(super) const UUID_TEXT: u8 = 0xb0;
pub(super) const UINT64_TEXT: u8 = 0xb2;
pub(super) const BOOL_TEXT: u8 = 0xb4;
pub(super) const UNICODE_CHARS8_TEXT: u8 = 0xb6;
pub(super) const UNICODE_CHARS16_TEXT: u8 = 0xb8;
pub(super) const UNICODE_CHARS32_TEXT: u8 = 0xba;
pub(super) const QNAME_DICTIONARY_TEXT: u8 = 0xbc;

/// Records with an end of element that an array may hold ([MC-NBFX] 2.3.3 Array Record).
pub(super) const ARRAY_TEXTS: [u8; 10] = [
    BOOL_TEXT + 1,
    INT16_TEXT + 1,
    INT32_TEXT + 1,
    INT64_TEXT + 1,
    FLOAT_TEXT + 1,
    DOUBLE_TEXT + 1,
    DECIMAL_TEXT + 1,
    DATE_TIME_TEXT + 1,
    TIME_SPAN_TEXT + 1,
    UUID_TEXT + 1,
];

const LETTERS: &str = "abcdefghijklmnopqrstuvwxyz";

/// The prefix that a record type within a run of 26 stands for.
pub(super) fn letter(position: u8) -> Option<&'static str> {
    let at = usize::from(position);
    LETTERS.get(at..=at)
}

/// The position of a prefix of one lower-case letter in a run of 26.
pub(super) fn position(prefix: &str) -> Option<u8> {
    match prefix.as_bytes() {
        [letter @ b'a'..=b'z'] => Some(letter - b'a'),
        _ => None,
    }
}
