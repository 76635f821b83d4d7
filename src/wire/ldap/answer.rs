//! Answers: taken apart when they end an operation of ours, checked to the last element otherwise.
//!
//! A checked answer has exactly the grammar of RFC 4511, at most six levels deep: nothing that a client
//! library could stumble over.

use crate::wire::ber::{BerError, Reader, tag};

const ENTRY: u8 = 0x64;
const DONE: u8 = 0x65;
const REFERENCE: u8 = 0x73;
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
        let mut outer = Reader::new(frame);
        let mut message = outer.nested(tag::SEQUENCE)?;
        outer.finish()?;
        let id = message_id(&mut message)?;
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

/// Checks that a frame is one well-formed answer.
pub fn check_answer(frame: &[u8]) -> Result<(), BerError> {
    let mut outer = Reader::new(frame);
    let mut message = outer.nested(tag::SEQUENCE)?;
    outer.finish()?;
    message_id(&mut message)?;
    let (found, contents) = message.any()?;
    let contents = Reader::new(contents);
    match found {
        ENTRY => check_entry(contents)?,
        REFERENCE => check_texts(contents)?,
        DONE | BIND | EXTENDED => check_result(contents)?,
        found => return Err(BerError::Tag { expected: ENTRY, found }),
    }
    match message.peek() {
        Some(0xa0) => check_controls(message.nested(0xa0)?)?,
        // Windows puts the name of its Notice of Disconnection outside of the operation.
        Some(0x8a) if found == EXTENDED => {
            message.text(0x8a)?;
        }
        Some(_) | None => (),
    }
    message.finish()
}

/// `messageID`: 0 to 2^31-1.
fn message_id(message: &mut Reader<'_>) -> Result<i32, BerError> {
    let id = i32::try_from(message.integer(tag::INTEGER)?).map_err(|_| BerError::Value)?;
    if id < 0 { Err(BerError::Value) } else { Ok(id) }
}

fn outcome(fields: &mut Reader<'_>) -> Result<Outcome, BerError> {
    let code = i32::try_from(fields.integer(tag::ENUMERATED)?).ok().and_then(|it| u32::try_from(it).ok());
    fields.text(tag::OCTET_STRING)?;
    let diagnostic = fields.text(tag::OCTET_STRING)?.trim_end_matches('\0').to_owned();
    Ok(Outcome { code: code.ok_or(BerError::Value)?, diagnostic })
}

fn check_result(mut fields: Reader<'_>) -> Result<(), BerError> {
    outcome(&mut fields)?;
    if fields.peek() == Some(0xa3) {
        check_texts(fields.nested(0xa3)?)?;
    }
    fields.optional(0x87)?;
    if fields.peek() == Some(0x8a) {
        fields.text(0x8a)?;
    }
    fields.optional(0x8b)?;
    fields.finish()
}

fn check_texts(mut texts: Reader<'_>) -> Result<(), BerError> {
    while !texts.is_empty() {
        texts.text(tag::OCTET_STRING)?;
    }
    Ok(())
}

/// SearchResultEntry (RFC 4511, 4.5.2).
fn check_entry(mut fields: Reader<'_>) -> Result<(), BerError> {
    fields.text(tag::OCTET_STRING)?;
    let mut attributes = fields.nested(tag::SEQUENCE)?;
    while !attributes.is_empty() {
        let mut attribute = attributes.nested(tag::SEQUENCE)?;
        attribute.text(tag::OCTET_STRING)?;
        let mut values = attribute.nested(tag::SET)?;
        while !values.is_empty() {
            values.element(tag::OCTET_STRING)?;
        }
        attribute.finish()?;
    }
    fields.finish()
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
