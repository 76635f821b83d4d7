//! What can be wrong with bytes that are read, and with text that is to be written.
//!
//! No error holds any text of the document, since that may be a token or a credential.

/// Bytes that are not a document, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("byte {offset} of the binary XML: {malformed}")]
pub struct ReadError {
    /// Position of the record or field at fault, from the start of the document.
    pub offset: usize,
    /// What is wrong.
    pub malformed: Malformed,
}

/// What is wrong with a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// The bytes end inside a record or an open element.
    #[error("the document breaks off")]
    Truncated,
    /// An integer of variable length does not fit 31 bits.
    #[error("an integer of more than 31 bits")]
    Integer,
    /// A length is negative or not a whole number of characters.
    #[error("an impossible length")]
    Length,
    /// A record type that does not exist or may not stand here.
    #[error("record {0:#04x} has no place here")]
    Record(u8),
    /// A string that is not UTF-8 or not UTF-16.
    #[error("a string in an invalid encoding")]
    Encoding,
    /// A string that neither the format nor its static dictionary has.
    #[error("dictionary string {0} does not exist")]
    Dictionary(u32),
    /// A name or prefix that XML does not allow.
    #[error("a name that XML does not allow")]
    Name,
    /// A prefix that no element around declares.
    #[error("a prefix that is not declared")]
    Prefix,
    /// Two attributes of one element have the same name.
    #[error("an attribute that stands there twice")]
    Duplicate,
    /// A value that its record type does not allow.
    #[error("a value out of range for its record")]
    Value,
    /// The document has no element, or something follows its only one.
    #[error("not exactly one outermost element")]
    Outermost,
    /// An element where only text belongs.
    #[error("an element where text belongs")]
    ElementInText,
    /// Text that is not base64 where bytes belong.
    #[error("text that is not base64")]
    Base64,
    /// One of the limits, by its name in [`Limits`](super::Limits).
    #[error("more than the limit {0}")]
    Limit(&'static str),
}

/// Something that XML cannot carry, so it is not written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WriteError {
    /// A character that XML 1.0 does not have.
    #[error("character U+{:04X} at byte {at} cannot stand in XML; remove it", u32::from(*character))]
    Character {
        /// The character.
        character: char,
        /// Where in the text, in bytes.
        at: usize,
    },
    /// An element, attribute or prefix name that XML does not allow.
    #[error("a name that XML does not allow")]
    Name,
    /// More than a record can hold (2 GiB).
    #[error("a text of {0} bytes is too long")]
    Length(usize),
}
