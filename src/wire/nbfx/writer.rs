//! Writes a document: elements with their namespaces, attributes and text.
//!
//! Elements nest by closures, so a document that was written is closed. There is nothing to escape,
//! and what XML cannot carry is an error. It does not check that prefixes are declared.

use std::fmt;

use super::character::is_name;
use super::error::WriteError;
use super::record;
use super::text_record::{self, Bytes};
use super::value::Value;
use crate::model::SecretBytes;

/// What stands in the start of an element.
#[derive(Clone, Debug)]
pub struct Tag<'a> {
    prefix: &'a str,
    name: &'a str,
    namespaces: Vec<(&'a str, &'a str)>,
    attributes: Vec<(&'a str, &'a str, Value<'a>)>,
}

impl<'a> Tag<'a> {
    /// An element without a prefix.
    pub fn new(name: &'a str) -> Self {
        Self::prefixed("", name)
    }

    /// An element with a prefix (none if empty).
    pub fn prefixed(prefix: &'a str, name: &'a str) -> Self {
        Self { prefix, name, namespaces: Vec::new(), attributes: Vec::new() }
    }

    /// Declares a namespace; the default one if the prefix is empty.
    #[must_use]
    pub fn namespace(mut self, prefix: &'a str, namespace: &'a str) -> Self {
        self.namespaces.push((prefix, namespace));
        self
    }

    /// Adds an attribute. They follow the namespaces, in this order.
    #[must_use]
    pub fn attribute(mut self, prefix: &'a str, name: &'a str, value: Value<'a>) -> Self {
        self.attributes.push((prefix, name, value));
        self
    }
}

/// The start of an element, encoded once. Messages have tens of thousands of the same, and to check and look up their names
/// each time took more than half of writing them.
#[derive(Clone, Debug)]
pub struct Opening(Vec<u8>);

impl Opening {
    /// Encodes a start whose names are known to be sound.
    ///
    /// # Panics
    /// They are not.
    pub fn known(tag: &Tag<'static>) -> Self {
        let mut writer = Writer::new();
        writer.start(tag).expect("names that XML can carry");
        Self(writer.bytes.into_inner().to_vec())
    }
}

/// What an element can start with: a [`Tag`], or one that was encoded before.
pub trait Start {
    /// Writes it.
    fn write(&self, writer: &mut Writer) -> Result<(), WriteError>;
}

impl Start for Tag<'_> {
    fn write(&self, writer: &mut Writer) -> Result<(), WriteError> {
        writer.start(self)
    }
}

impl Start for Opening {
    fn write(&self, writer: &mut Writer) -> Result<(), WriteError> {
        writer.text_at = None;
        writer.bytes.push(&self.0);
        Ok(())
    }
}

/// A document that is being written. Its bytes are wiped when they are dropped.
#[derive(Default)]
pub struct Writer {
    bytes: Bytes,
    /// Where the type of a text record is that was written last: an end of element makes it odd.
    text_at: Option<usize>,
}

impl Writer {
    /// Writes nothing so far.
    pub fn new() -> Self {
        Self::default()
    }

    /// Writes an element around what `content` writes.
    pub fn element<E: From<WriteError>>(
        &mut self,
        start: &impl Start,
        content: impl FnOnce(&mut Self) -> Result<(), E>,
    ) -> Result<(), E> {
        start.write(self)?;
        content(self)?;
        self.end();
        Ok(())
    }

    /// Writes an element with text.
    pub fn leaf(&mut self, start: &impl Start, value: &Value<'_>) -> Result<(), WriteError> {
        self.element(start, |it| it.text(value))
    }

    /// Writes text; empty text is nothing at all.
    pub fn text(&mut self, value: &Value<'_>) -> Result<(), WriteError> {
        if matches!(value, Value::Empty) || matches!(value, Value::Chars(text) if text.is_empty()) {
            return Ok(());
        }
        let at = self.bytes.len();
        text_record::write(&mut self.bytes, value)?;
        self.text_at = Some(at);
        Ok(())
    }

    /// The document.
    pub fn into_bytes(self) -> SecretBytes {
        self.bytes.into_inner()
    }

    fn start(&mut self, tag: &Tag<'_>) -> Result<(), WriteError> {
        let Tag { prefix, name, namespaces, attributes } = tag;
        self.text_at = None;
        check_name(prefix, name)?;
        match record::position(prefix) {
            Some(at) => {
                let kinds = [record::PREFIX_ELEMENT_A + at, record::PREFIX_DICTIONARY_ELEMENT_A + at];
                self.bytes.push_named(kinds, None, name)?;
            }
            None if prefix.is_empty() => {
                let kinds = [record::SHORT_ELEMENT, record::SHORT_DICTIONARY_ELEMENT];
                self.bytes.push_named(kinds, None, name)?;
            }
            None => {
                let kinds = [record::ELEMENT, record::DICTIONARY_ELEMENT];
                self.bytes.push_named(kinds, Some(prefix), name)?;
            }
        }
        for (prefix, namespace) in namespaces {
            self.namespace(prefix, namespace)?;
        }
        for (prefix, name, value) in attributes {
            self.attribute(prefix, name, value)?;
        }
        Ok(())
    }

    fn namespace(&mut self, prefix: &str, namespace: &str) -> Result<(), WriteError> {
        if prefix.is_empty() {
            let kinds = [record::SHORT_XMLNS, record::SHORT_DICTIONARY_XMLNS];
            return self.bytes.push_named(kinds, None, namespace);
        }
        if !is_name(prefix) {
            return Err(WriteError::Name);
        }
        self.bytes.push_named([record::XMLNS, record::DICTIONARY_XMLNS], Some(prefix), namespace)
    }

    fn attribute(&mut self, prefix: &str, name: &str, value: &Value<'_>) -> Result<(), WriteError> {
        check_name(prefix, name)?;
        match record::position(prefix) {
            Some(at) => {
                let kinds = [record::PREFIX_ATTRIBUTE_A + at, record::PREFIX_DICTIONARY_ATTRIBUTE_A + at];
                self.bytes.push_named(kinds, None, name)?;
            }
            None if prefix.is_empty() => {
                let kinds = [record::SHORT_ATTRIBUTE, record::SHORT_DICTIONARY_ATTRIBUTE];
                self.bytes.push_named(kinds, None, name)?;
            }
            None => {
                let kinds = [record::ATTRIBUTE, record::DICTIONARY_ATTRIBUTE];
                self.bytes.push_named(kinds, Some(prefix), name)?;
            }
        }
        text_record::write(&mut self.bytes, value)
    }

    fn end(&mut self) {
        match self.text_at.take().and_then(|at| self.bytes.byte_mut(at)) {
            Some(kind) => *kind += 1,
            None => self.bytes.push(&[record::END_ELEMENT]),
        }
    }
}

/// How much there is, and never what.
impl fmt::Debug for Writer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Writer({} bytes)", self.bytes.len())
    }
}

fn check_name(prefix: &str, name: &str) -> Result<(), WriteError> {
    if is_name(name) && (prefix.is_empty() || is_name(prefix)) { Ok(()) } else { Err(WriteError::Name) }
}
