//! Writes a request.
//!
//! It rolls no identifiers: they are arguments.

use uuid::Uuid;

use super::{ADDRESSING, ANONYMOUS, ENVELOPE};
use crate::model::SecretBytes;
use crate::wire::nbfx::{Tag, Value, WriteError, Writer};

/// The headers that every request has.
#[derive(Clone, Copy, Debug)]
pub struct RequestHead<'a> {
    /// What is asked for.
    pub action: &'a str,
    /// Identity of the message; `urn:uuid:` goes before it.
    pub message_id: Uuid,
    /// Address of the service.
    pub to: &'a str,
}

/// Writes a request, with more headers after the action. The bytes are wiped when they are dropped.
pub fn write_request<E: From<WriteError>>(
    head: &RequestHead<'_>,
    headers: impl FnOnce(&mut Writer) -> Result<(), E>,
    body: impl FnOnce(&mut Writer) -> Result<(), E>,
) -> Result<SecretBytes, E> {
    let RequestHead { action, message_id, to } = *head;
    let mut writer = Writer::new();
    writer.element(&envelope(), |it| {
        it.element(&Tag::prefixed("s", "Header"), |it| {
            it.leaf(&understood("Action"), &Value::chars(action))?;
            headers(it)?;
            let id = message_id.urn().to_string();
            it.leaf(&Tag::prefixed("a", "MessageID"), &Value::chars(&id))?;
            it.element(&Tag::prefixed("a", "ReplyTo"), |it| {
                it.leaf(&Tag::prefixed("a", "Address"), &Value::chars(ANONYMOUS))
            })?;
            it.leaf(&understood("To"), &Value::chars(to))?;
            Ok::<_, E>(())
        })?;
        it.element(&Tag::prefixed("s", "Body"), body)
    })?;
    Ok(writer.into_bytes())
}

pub(super) fn envelope() -> Tag<'static> {
    Tag::prefixed("s", "Envelope").namespace("s", ENVELOPE).namespace("a", ADDRESSING)
}

/// An addressing header that the receiver must understand (SOAP 1.2 Part 1, 5.2.3).
pub(super) fn understood(name: &str) -> Tag<'_> {
    Tag::prefixed("a", name).attribute("s", "mustUnderstand", Value::Int(1))
}
