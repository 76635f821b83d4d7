//! What comes back of a search: entries are taken apart as they lie in their bytes, all else is checked and left
//! to the client library.
//!
//! An answer is checked to its last element before anything of it is used; it has exactly the grammar of
//! RFC 4511, at most six levels deep: nothing that a library could stumble over. It does not know what
//! attributes mean.

use super::answer::{Outcome, message, outcome};
use crate::wire::ber::{BerError, Reader, tag};

const ENTRY: u8 = 0x64;
const DONE: u8 = 0x65;
const REFERENCE: u8 = 0x73;
const EXTENDED: u8 = 0x78;
/// Controls around an operation (RFC 4511, 4.1.1).
const CONTROLS: u8 = 0xa0;

/// One answer to a search.
#[derive(Clone, Debug)]
pub enum SearchAnswer {
    /// An entry.
    Entry {
        /// Whether an attribute of it came with options.
        has_options: bool,
    },
    /// Names other servers.
    Reference,
    /// The end.
    Done,
    /// Nobody asked for it: the server is about to close the connection (RFC 4511, 4.4.1).
    Notice(Outcome),
}

impl SearchAnswer {
    /// Checks an answer, and says which request it belongs to.
    ///
    /// # Errors
    /// It is not one well-formed answer to a search, nor a notice.
    pub fn parse(frame: &[u8]) -> Result<(i32, Self), BerError> {
        let (id, mut message) = message(frame)?;
        let (found, contents) = message.any()?;
        let contents = Reader::new(contents);
        let answer = match found {
            ENTRY => Self::Entry { has_options: entry_has_options(contents)? },
            REFERENCE => {
                check_texts(contents)?;
                Self::Reference
            }
            DONE => {
                result(contents)?;
                Self::Done
            }
            EXTENDED if id == 0 => Self::Notice(result(contents)?),
            found => return Err(BerError::Tag { expected: ENTRY, found }),
        };
        match message.peek() {
            Some(CONTROLS) => check_controls(message.nested(CONTROLS)?)?,
            // Windows puts the name of its Notice of Disconnection outside of the operation.
            Some(0x8a) if found == EXTENDED => {
                message.text(0x8a)?;
            }
            Some(_) | None => (),
        }
        message.finish()?;
        Ok((id, answer))
    }
}

/// SearchResultEntry (RFC 4511, 4.5.2), as it lies in its frame: 100,000 entries have millions of values, and
/// copying each costs more than all else that is done with them.
#[derive(Clone, Copy, Debug)]
pub struct EntryView<'a> {
    dn: &'a str,
    attributes: Reader<'a>,
}

impl<'a> EntryView<'a> {
    /// Of a message that was checked before: values are not looked at again.
    ///
    /// # Errors
    /// It is no entry.
    pub fn opened(frame: &'a [u8]) -> Result<Self, BerError> {
        let (_, mut message) = message(frame)?;
        let mut fields = message.nested(ENTRY)?;
        Ok(Self { dn: fields.text(tag::OCTET_STRING)?, attributes: fields.nested(tag::SEQUENCE)? })
    }

    /// Its name.
    pub const fn dn(&self) -> &'a str {
        self.dn
    }

    /// Attribute descriptions and their values.
    pub fn attributes(&self) -> impl Iterator<Item = (&'a str, Values<'a>)> + use<'a> {
        let mut rest = self.attributes;
        std::iter::from_fn(move || {
            let mut attribute = rest.nested(tag::SEQUENCE).ok()?;
            let name = attribute.text(tag::OCTET_STRING).ok()?;
            Some((name, Values(attribute.nested(tag::SET).ok()?)))
        })
    }
}

/// The values of one attribute.
#[derive(Clone, Debug)]
pub struct Values<'a>(Reader<'a>);

impl<'a> Iterator for Values<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        self.0.element(tag::OCTET_STRING).ok()
    }
}

/// Checks an entry. Millions of attributes go through here: each is looked at once.
fn entry_has_options(mut fields: Reader<'_>) -> Result<bool, BerError> {
    fields.text(tag::OCTET_STRING)?;
    let mut attributes = fields.nested(tag::SEQUENCE)?;
    let mut has_options = false;
    while !attributes.is_empty() {
        let mut attribute = attributes.nested(tag::SEQUENCE)?;
        has_options |= attribute.text(tag::OCTET_STRING)?.contains(';');
        let mut values = attribute.nested(tag::SET)?;
        while !values.is_empty() {
            values.element(tag::OCTET_STRING)?;
        }
        attribute.finish()?;
    }
    fields.finish()?;
    Ok(has_options)
}

fn result(mut fields: Reader<'_>) -> Result<Outcome, BerError> {
    let outcome = outcome(&mut fields)?;
    if fields.peek() == Some(0xa3) {
        check_texts(fields.nested(0xa3)?)?;
    }
    if fields.peek() == Some(0x8a) {
        fields.text(0x8a)?;
    }
    fields.optional(0x8b)?;
    fields.finish()?;
    Ok(outcome)
}

fn check_texts(mut texts: Reader<'_>) -> Result<(), BerError> {
    while !texts.is_empty() {
        texts.text(tag::OCTET_STRING)?;
    }
    Ok(())
}

/// Controls (RFC 4511, 4.1.11).
fn check_controls(mut controls: Reader<'_>) -> Result<(), BerError> {
    while !controls.is_empty() {
        let mut control = controls.nested(tag::SEQUENCE)?;
        control.text(tag::OCTET_STRING)?;
        if control.optional(tag::BOOLEAN)?.is_some_and(|it| it.len() != 1) {
            return Err(BerError::Value);
        }
        control.optional(tag::OCTET_STRING)?;
        control.finish()?;
    }
    Ok(())
}
