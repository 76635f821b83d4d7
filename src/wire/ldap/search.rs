//! Searches as bytes, and what comes back: entries, references, the result with the cookie of the next page.
//!
//! An answer is checked to its last element before anything of it is used; it has exactly the grammar of
//! RFC 4511, at most six levels deep. It does not know what attributes mean.

use super::PAGED_RESULTS_OID;
use super::answer::{Outcome, message, outcome};
use super::request::{self, paged_control_value};
use crate::wire::ber::{BerError, Reader, integer, tag, wrap};

const REQUEST: u8 = 0x63;
const ENTRY: u8 = 0x64;
const DONE: u8 = 0x65;
const REFERENCE: u8 = 0x73;
const EXTENDED: u8 = 0x78;
/// Controls around an operation (RFC 4511, 4.1.1).
const CONTROLS: u8 = 0xa0;

/// How far below its base a search goes (RFC 4511, 4.5.1.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// The base alone.
    Base,
    /// The base and all below it.
    Subtree,
}

/// The filters that are needed here (RFC 4511, 4.5.1.7).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Filter {
    /// All of them.
    And(Vec<Self>),
    /// One of them.
    Or(Vec<Self>),
    /// An attribute has this value.
    Equal(&'static str, &'static str),
    /// A number is as large.
    AtLeast(&'static str, u64),
    /// An attribute has a value.
    Present(&'static str),
}

impl Filter {
    fn bytes(&self) -> Vec<u8> {
        let all = |them: &[Self]| them.iter().flat_map(Self::bytes).collect::<Vec<u8>>();
        let pair = |tag, name: &str, value: &str| wrap(tag, &[&octets(name), &octets(value)]);
        match self {
            Self::And(them) => wrap(tag::context(0), &[&all(them)]),
            Self::Or(them) => wrap(tag::context(1), &[&all(them)]),
            Self::Equal(name, value) => pair(tag::context(3), name, value),
            Self::AtLeast(name, number) => pair(tag::context(5), name, &number.to_string()),
            Self::Present(name) => wrap(tag::context_primitive(7), &[name.as_bytes()]),
        }
    }
}

/// SearchRequest (RFC 4511, 4.5.1).
#[derive(Clone, Copy, Debug)]
pub struct SearchRequest<'a> {
    /// Base, as text.
    pub base: &'a str,
    /// How far below it.
    pub scope: Scope,
    /// What has to match.
    pub filter: &'a Filter,
    /// Attributes to ask for.
    pub attributes: &'a [String],
    /// Entries for a page, and the cookie of the page before; `None` asks without paging.
    pub page: Option<(u32, &'a [u8])>,
}

impl SearchRequest<'_> {
    /// The message. Aliases are not followed, and limits are the server's.
    pub fn bytes(&self, id: i32) -> Vec<u8> {
        let scope = match self.scope {
            Scope::Base => 0,
            Scope::Subtree => 2,
        };
        let names: Vec<u8> = self.attributes.iter().flat_map(|it| octets(it)).collect();
        let operation = wrap(
            REQUEST,
            &[
                &octets(self.base),
                &integer(tag::ENUMERATED, scope),
                &integer(tag::ENUMERATED, 0),
                &integer(tag::INTEGER, 0),
                &integer(tag::INTEGER, 0),
                &[tag::BOOLEAN, 1, 0],
                &self.filter.bytes(),
                &wrap(tag::SEQUENCE, &[&names]),
            ],
        );
        let controls = self.page.map(|(size, cookie)| {
            let value = wrap(tag::OCTET_STRING, &[&paged_control_value(size, cookie)]);
            // Critical: a server that cannot page would stop at its size limit.
            let critical = [tag::BOOLEAN, 1, 0xff];
            let control = wrap(tag::SEQUENCE, &[&octets(PAGED_RESULTS_OID), &critical, &value]);
            wrap(CONTROLS, &[&control])
        });
        request::message(id, &[&operation, &controls.unwrap_or_default()])
    }
}

fn octets(text: &str) -> Vec<u8> {
    wrap(tag::OCTET_STRING, &[text.as_bytes()])
}

/// One answer to a search.
#[derive(Clone, Debug)]
pub enum SearchAnswer<'a> {
    /// An entry.
    Entry(EntryView<'a>),
    /// Names other servers.
    Reference,
    /// The end.
    Done {
        /// How it ended.
        outcome: Outcome,
        /// Of the next page: empty after the last, `None` if the server did not page.
        cookie: Option<Vec<u8>>,
    },
    /// Nobody asked for it: the server is about to close the connection (RFC 4511, 4.4.1).
    Notice(Outcome),
}

impl<'a> SearchAnswer<'a> {
    /// Takes an answer apart, and says which request it belongs to.
    pub fn parse(frame: &'a [u8]) -> Result<(i32, Self), BerError> {
        let (id, mut message) = message(frame)?;
        let (found, contents) = message.any()?;
        let contents = Reader::new(contents);
        let mut answer = match found {
            ENTRY => Self::Entry(entry(contents)?),
            REFERENCE => {
                check_texts(contents)?;
                Self::Reference
            }
            DONE => Self::Done { outcome: result(contents)?, cookie: None },
            EXTENDED => Self::Notice(result(contents)?),
            found => return Err(BerError::Tag { expected: ENTRY, found }),
        };
        match message.peek() {
            Some(CONTROLS) => {
                let found = paging(message.nested(CONTROLS)?)?;
                if let Self::Done { cookie, .. } = &mut answer {
                    *cookie = found;
                }
            }
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

fn entry(mut fields: Reader<'_>) -> Result<EntryView<'_>, BerError> {
    let dn = fields.text(tag::OCTET_STRING)?;
    let attributes = fields.nested(tag::SEQUENCE)?;
    let mut rest = attributes;
    while !rest.is_empty() {
        let mut attribute = rest.nested(tag::SEQUENCE)?;
        attribute.text(tag::OCTET_STRING)?;
        let mut values = attribute.nested(tag::SET)?;
        while !values.is_empty() {
            values.element(tag::OCTET_STRING)?;
        }
        attribute.finish()?;
    }
    fields.finish()?;
    Ok(EntryView { dn, attributes })
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

/// The cookie among controls (RFC 4511, 4.1.11).
fn paging(mut controls: Reader<'_>) -> Result<Option<Vec<u8>>, BerError> {
    let mut cookie = None;
    while !controls.is_empty() {
        let mut control = controls.nested(tag::SEQUENCE)?;
        let name = control.text(tag::OCTET_STRING)?;
        if control.optional(tag::BOOLEAN)?.is_some_and(|it| it.len() != 1) {
            return Err(BerError::Value);
        }
        if let Some(value) = control.optional(tag::OCTET_STRING)?.filter(|_| name == PAGED_RESULTS_OID) {
            cookie = Some(next_page(value)?);
        }
        control.finish()?;
    }
    Ok(cookie)
}

/// realSearchControlValue of an answer (RFC 2696, 2): the cookie of the next page, empty at the end.
fn next_page(value: &[u8]) -> Result<Vec<u8>, BerError> {
    let mut outer = Reader::new(value);
    let mut fields = outer.nested(tag::SEQUENCE)?;
    outer.finish()?;
    fields.integer(tag::INTEGER)?;
    let cookie = fields.element(tag::OCTET_STRING)?.to_vec();
    fields.finish()?;
    Ok(cookie)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_search_has_the_bytes_of_the_specification() {
        let filter = Filter::And(vec![
            Filter::Or(vec![Filter::Equal("a", "b"), Filter::Present("c")]),
            Filter::AtLeast("d", 9),
        ]);
        let request = SearchRequest {
            base: "DC=x",
            scope: Scope::Subtree,
            filter: &filter,
            attributes: &["cn".to_owned()],
            page: None,
        };
        let bytes = request.bytes(7);
        let expected = [
            &[0x30, 0x37, 2, 1, 7, 0x63, 0x32, 4, 4][..],
            b"DC=x",
            &[10, 1, 2, 10, 1, 0, 2, 1, 0, 2, 1, 0, 1, 1, 0],
            &[0xa0, 0x15, 0xa1, 0x0b, 0xa3, 6, 4, 1, b'a', 4, 1, b'b', 0x87, 1, b'c'],
            &[0xa5, 6, 4, 1, b'd', 4, 1, b'9', 0x30, 4, 4, 2, b'c', b'n'],
        ];
        assert_eq!(bytes, expected.concat(), "{bytes:02x?}");
    }
}
