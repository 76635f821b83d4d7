//! The frame of all answers, those to a bind and to an extended operation, and the cookie of a page.
//!
//! It does not know entries.

use crate::wire::ber::{BerError, Reader, tag};

const BIND: u8 = 0x61;
const EXTENDED: u8 = 0x78;

/// LDAPResult (RFC 4511, 4.1.9).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// `resultCode`; 0 is success.
    pub code: u32,
    /// `diagnosticMessage`, as the server wrote it.
    pub diagnostic: String,
}

/// The answer that ends a bind or an extended operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Message that it answers; 0 is a notice that nobody asked for.
    pub id: i32,
    /// How it ended.
    pub outcome: Outcome,
    /// `serverSaslCreds` of a bind.
    pub token: Option<Vec<u8>>,
}

impl Answer {
    /// Takes the answer to a bind or to an extended operation apart.
    pub fn parse(frame: &[u8]) -> Result<Self, BerError> {
        let (id, mut message) = message(frame)?;
        let (found, contents) = message.any()?;
        if found != BIND && found != EXTENDED {
            return Err(BerError::Tag { expected: BIND, found });
        }
        let mut rest = Reader::new(contents);
        let outcome = outcome(&mut rest)?;
        let mut token = None;
        while !rest.is_empty() {
            let (found, contents) = rest.any()?;
            if found == tag::context_primitive(7) {
                token = Some(contents.to_vec());
            }
        }
        Ok(Self { id, outcome, token })
    }
}

/// realSearchControlValue of an answer (RFC 2696, 2): the cookie of the next page, empty at the end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PagedAnswer {
    /// To be sent with the next page.
    pub cookie: Vec<u8>,
}

impl PagedAnswer {
    /// Takes the value of the control apart.
    pub fn parse(value: &[u8]) -> Result<Self, BerError> {
        let mut outer = Reader::new(value);
        let mut fields = outer.nested(tag::SEQUENCE)?;
        outer.finish()?;
        fields.integer(tag::INTEGER)?;
        let cookie = fields.element(tag::OCTET_STRING)?.to_vec();
        fields.finish()?;
        Ok(Self { cookie })
    }
}

/// Opens a message: its id, and a reader at its operation (RFC 4511, 4.1.1).
pub(super) fn message(frame: &[u8]) -> Result<(i32, Reader<'_>), BerError> {
    let mut outer = Reader::new(frame);
    let mut message = outer.nested(tag::SEQUENCE)?;
    outer.finish()?;
    Ok((message_id(&mut message)?, message))
}

/// `messageID`: 0 to 2^31-1.
fn message_id(message: &mut Reader<'_>) -> Result<i32, BerError> {
    let id = i32::try_from(message.integer(tag::INTEGER)?).map_err(|_| BerError::Value)?;
    if id < 0 { Err(BerError::Value) } else { Ok(id) }
}

/// The three fields that each result has.
pub(super) fn outcome(fields: &mut Reader<'_>) -> Result<Outcome, BerError> {
    let code = i32::try_from(fields.integer(tag::ENUMERATED)?).ok().and_then(|it| u32::try_from(it).ok());
    fields.text(tag::OCTET_STRING)?;
    let diagnostic = fields.text(tag::OCTET_STRING)?.trim_end_matches('\0').to_owned();
    Ok(Outcome { code: code.ok_or(BerError::Value)?, diagnostic })
}
