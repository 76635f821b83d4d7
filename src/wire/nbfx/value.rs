//! A value of element content or of an attribute, with its type.
//!
//! It does not know its record. `Debug` says how much there is and never what: it may be a token.

use std::borrow::Cow;
use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use uuid::Uuid;

use super::scalar::{DateTime, Decimal, TimeSpan, write_float};

/// What a text record says ([MC-NBFX] 2.2.3 Text Records).
#[derive(Clone, PartialEq)]
pub enum Value<'a> {
    /// No characters.
    Empty,
    /// Characters.
    Chars(Cow<'a, str>),
    /// Bytes, which stand for their base64.
    Bytes(Cow<'a, [u8]>),
    /// `true` or `false`.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A whole number that may be too large for the other.
    UInt(u64),
    /// A floating point number.
    Float(f32),
    /// A floating point number.
    Double(f64),
    /// A decimal number.
    Decimal(Decimal),
    /// A date and time.
    DateTime(DateTime),
    /// A duration.
    TimeSpan(TimeSpan),
    /// An identifier that stands for `urn:uuid:…`.
    UniqueId(Uuid),
    /// An identifier.
    Uuid(Uuid),
    /// A qualified name whose local part is in the static dictionary.
    QName(&'static str, &'static str),
    /// Values with a space between.
    List(Vec<Self>),
}

impl<'a> Value<'a> {
    /// Characters that are borrowed.
    pub fn chars(text: &'a str) -> Self {
        Self::Chars(Cow::Borrowed(text))
    }

    /// About how many bytes of text or memory it stands for; the records that are not counted are short and say as much.
    pub(super) fn size_hint(&self) -> usize {
        match self {
            Self::Chars(text) => text.len(),
            Self::Bytes(bytes) => bytes.len(),
            Self::List(values) => values.iter().map(|it| size_of::<Self>() + it.size_hint()).sum(),
            Self::QName(_, name) => name.len(),
            Self::Empty
            | Self::Bool(_)
            | Self::Int(_)
            | Self::UInt(_)
            | Self::Float(_)
            | Self::Double(_)
            | Self::Decimal(_)
            | Self::DateTime(_)
            | Self::TimeSpan(_)
            | Self::UniqueId(_)
            | Self::Uuid(_) => 0,
        }
    }

    /// The characters that it stands for.
    pub fn into_text(self) -> Cow<'a, str> {
        match self {
            Self::Chars(text) => text,
            Self::Empty
            | Self::Bytes(_)
            | Self::Bool(_)
            | Self::Int(_)
            | Self::UInt(_)
            | Self::Float(_)
            | Self::Double(_)
            | Self::Decimal(_)
            | Self::DateTime(_)
            | Self::TimeSpan(_)
            | Self::UniqueId(_)
            | Self::Uuid(_)
            | Self::QName(..)
            | Self::List(_) => Cow::Owned(self.to_string()),
        }
    }
}

impl fmt::Display for Value<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => Ok(()),
            Self::Chars(text) => f.write_str(text),
            Self::Bytes(bytes) => f.write_str(&STANDARD.encode(bytes)),
            Self::Bool(value) => write!(f, "{value}"),
            Self::Int(value) => write!(f, "{value}"),
            Self::UInt(value) => write!(f, "{value}"),
            Self::Float(value) => write_float(f, f64::from(*value), value, value),
            Self::Double(value) => write_float(f, *value, value, value),
            Self::Decimal(value) => write!(f, "{value}"),
            Self::DateTime(value) => write!(f, "{value}"),
            Self::TimeSpan(value) => write!(f, "{value}"),
            Self::UniqueId(id) => write!(f, "{}", id.urn()),
            Self::Uuid(id) => write!(f, "{}", id.hyphenated()),
            Self::QName(prefix, name) => write!(f, "{prefix}:{name}"),
            Self::List(values) => {
                for (at, value) in values.iter().enumerate() {
                    if at != 0 {
                        f.write_str(" ")?;
                    }
                    write!(f, "{value}")?;
                }
                Ok(())
            }
        }
    }
}

impl fmt::Debug for Value<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Chars(text) => write!(f, "Chars({} bytes)", text.len()),
            Self::Bytes(bytes) => write!(f, "Bytes({} bytes)", bytes.len()),
            Self::List(values) => write!(f, "List({} values)", values.len()),
            Self::Empty
            | Self::Bool(_)
            | Self::Int(_)
            | Self::UInt(_)
            | Self::Float(_)
            | Self::Double(_)
            | Self::Decimal(_)
            | Self::DateTime(_)
            | Self::TimeSpan(_)
            | Self::UniqueId(_)
            | Self::Uuid(_)
            | Self::QName(..) => write!(f, "{self}"),
        }
    }
}
