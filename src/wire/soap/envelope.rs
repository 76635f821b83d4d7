//! Opens a message: its headers as facts, its body to be read on.
//!
//! Headers that it does not know are offered to the caller and else passed over, whether or not they ask
//! to be understood: an answer that is fine but for a header must not be lost.

use std::fmt;

use uuid::Uuid;

use super::error::SoapError;
use super::fault::{Fault, is_fault};
use super::{ADDRESSING, ENVELOPE};
use crate::wire::nbfx::{Element, Limits, ReadError, Reader};

/// Characters of a header that are kept.
const HEADER_CHARS_MAX: usize = 2048;
/// Headers that name the request for the service's support, by their local names.
const TRACKING: [&str; 4] = ["ActivityId", "TrackingId", "CorrelationId", "RequestId"];

/// What the headers say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Head {
    /// What the message is.
    pub action: String,
    /// Address of its receiver.
    pub to: String,
    /// Identity of the message.
    pub message_id: Option<Uuid>,
    /// Identity of the message that it answers.
    pub relates_to: Option<Uuid>,
    /// By which the service's support finds the request.
    pub tracking_id: Option<String>,
}

/// A message whose headers have been read.
pub struct Message<'a> {
    /// What the headers say.
    pub head: Head,
    reader: Reader<'a>,
}

/// What stands in a body.
#[derive(Debug)]
pub enum Content<'a> {
    /// An element, open: read on with [`Message::reader`].
    Body(Element<'a>),
    /// A fault, read whole.
    Fault(Fault),
}

/// Opens a message. `header` gets every header that is not of WS-Addressing; it reads up to the end of
/// that header and answers `true`, or leaves it alone and answers `false`.
pub fn open<'a, E: From<SoapError>>(
    bytes: &'a [u8],
    limits: Limits,
    mut header: impl FnMut(&Element<'a>, &mut Reader<'a>) -> Result<bool, E>,
) -> Result<Message<'a>, E> {
    let mut reader = Reader::new(bytes, limits).map_err(SoapError::from)?;
    let mut head = Head::default();
    if !reader.root().map_err(SoapError::from)?.is(ENVELOPE, "Envelope") {
        return Err(SoapError::Envelope.into());
    }
    while let Some(part) = reader.child().map_err(SoapError::from)? {
        if part.is(ENVELOPE, "Body") {
            return Ok(Message { head, reader });
        }
        if !part.is(ENVELOPE, "Header") {
            return Err(SoapError::Envelope.into());
        }
        while let Some(block) = reader.child().map_err(SoapError::from)? {
            if !head.read(&block, &mut reader).map_err(SoapError::from)? && !header(&block, &mut reader)? {
                reader.skip().map_err(SoapError::from)?;
            }
        }
    }
    Err(SoapError::Body.into())
}

impl<'a> Message<'a> {
    /// Opens the element in the body, or reads the fault there.
    pub fn content(&mut self) -> Result<Content<'a>, SoapError> {
        let element = self.reader.child()?.ok_or(SoapError::Body)?;
        if is_fault(&element) {
            return Ok(Content::Fault(Fault::read(&mut self.reader)?));
        }
        Ok(Content::Body(element))
    }

    /// Reads on in the body.
    pub fn reader(&mut self) -> &mut Reader<'a> {
        &mut self.reader
    }

    /// The rest of the message must be well-formed and hold nothing more.
    pub fn finish(&mut self) -> Result<(), SoapError> {
        Ok(self.reader.finish()?)
    }
}

impl Head {
    /// Reads a header that every message may have; `false` leaves another one open.
    fn read(&mut self, block: &Element<'_>, reader: &mut Reader<'_>) -> Result<bool, ReadError> {
        if TRACKING.contains(&block.name) {
            self.tracking_id = Some(short(&reader.text()?)).filter(|it| !it.is_empty());
            return Ok(true);
        }
        if block.namespace != ADDRESSING {
            return Ok(false);
        }
        match block.name {
            "Action" => self.action = short(&reader.text()?),
            "To" => self.to = short(&reader.text()?),
            "MessageID" => self.message_id = id(&reader.text()?),
            "RelatesTo" => self.relates_to = id(&reader.text()?),
            _ => reader.skip()?,
        }
        Ok(true)
    }
}

impl fmt::Debug for Message<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Message").field("head", &self.head).field("reader", &self.reader).finish()
    }
}

/// An identifier of a message; those that are no UUID are none of ours.
fn id(text: &str) -> Option<Uuid> {
    let text = text.trim();
    Uuid::try_parse(text.strip_prefix("urn:uuid:").unwrap_or(text)).ok()
}

fn short(text: &str) -> String {
    text.trim().chars().take(HEADER_CHARS_MAX).filter(|it| !it.is_control()).collect()
}
