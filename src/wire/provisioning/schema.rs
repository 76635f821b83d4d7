//! Namespaces, and how values of the data contracts are written and read.
//!
//! It does not know which elements a message has.

use std::borrow::Cow;

use super::error::DecodeError;
use crate::wire::nbfx::{Element, Tag, Value, WriteError, Writer};

/// Namespace of the service and its operations.
pub(super) const SERVICE: &str = "http://schemas.microsoft.com/online/aws/change/2010/01";
/// Namespace of synchronised objects.
pub(super) const OBJECTS: &str = "http://schemas.microsoft.com/online/aws/change/2014/06";
/// Namespace of credentials, and (not known for certain) of the company configuration.
pub(super) const COEXISTENCE: &str =
    "http://schemas.datacontract.org/2004/07/Microsoft.Online.Coexistence.Schema";
/// Namespace of lists and dictionaries.
pub(super) const ARRAYS: &str = "http://schemas.microsoft.com/2003/10/Serialization/Arrays";
/// Namespace of XML Schema, whose types values have.
pub(super) const XSD: &str = "http://www.w3.org/2001/XMLSchema";
/// Namespace of `type` and `nil`.
pub(super) const XSI: &str = "http://www.w3.org/2001/XMLSchema-instance";

/// Items that are read from one message: a batch of Entra Connect has 30 objects or 50 credentials.
pub(super) const ITEMS_MAX: usize = 5000;

/// Whether the element says that it has no value (XML Schema Part 1, 2.6.2 xsi:nil).
pub(super) fn is_nil(element: &Element<'_>) -> bool {
    let text = element.attribute(XSI, "nil").map(ToString::to_string);
    text.is_some_and(|it| ["true", "1"].contains(&it.trim()))
}

/// Writes an element with text, or one that says that it has none.
pub(super) fn optional(
    writer: &mut Writer,
    prefix: &str,
    name: &str,
    text: Option<&str>,
) -> Result<(), WriteError> {
    let tag = Tag::prefixed(prefix, name);
    match text {
        Some(text) => writer.leaf(&tag, &Value::chars(text)),
        // Characters, not a boolean record: that is what is known to be accepted.
        None => writer.leaf(&tag.attribute("i", "nil", Value::chars("true")), &Value::Empty),
    }
}

/// Reads a boolean: `true`, `false`, `1` or `0`, in any case since headers say `False`.
pub(super) fn boolean(name: &str, text: &str) -> Result<bool, DecodeError> {
    let text = text.trim();
    if text == "1" || text.eq_ignore_ascii_case("true") {
        Ok(true)
    } else if text == "0" || text.eq_ignore_ascii_case("false") {
        Ok(false)
    } else {
        Err(DecodeError::value(name, "true or false"))
    }
}

/// Reads a whole number.
pub(super) fn integer(name: &str, text: &str) -> Result<i64, DecodeError> {
    text.trim().parse().map_err(|_| DecodeError::value(name, "a whole number"))
}

/// Text that is there and not empty.
pub(super) fn filled(text: Cow<'_, str>) -> Option<String> {
    (!text.is_empty()).then(|| text.into_owned())
}

/// Refuses more items than a message can have.
pub(super) fn check_count(what: &'static str, count: usize, max: usize) -> Result<(), DecodeError> {
    if count < max { Ok(()) } else { Err(DecodeError::TooMany { what, max }) }
}
