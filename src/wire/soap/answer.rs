//! Writes an answer or a fault, as a service does.
//!
//! It does not know the request.

use uuid::Uuid;

use super::fault::Fault;
use super::request::{envelope, understood};
use crate::model::SecretBytes;
use crate::wire::nbfx::{Tag, Value, WriteError, Writer};

/// Where services put the identity by which their support finds a request.
const DIAGNOSTICS: &str = "http://schemas.microsoft.com/2004/09/ServiceModel/Diagnostics";

/// The headers of an answer.
#[derive(Clone, Copy, Debug)]
pub struct AnswerHead<'a> {
    /// What the answer is.
    pub action: &'a str,
    /// The request's message id.
    pub relates_to: Option<Uuid>,
    /// By which the service's support finds the request.
    pub activity_id: Option<Uuid>,
}

/// Writes an answer.
pub fn write_answer<E: From<WriteError>>(
    head: &AnswerHead<'_>,
    body: impl FnOnce(&mut Writer) -> Result<(), E>,
) -> Result<SecretBytes, E> {
    let AnswerHead { action, relates_to, activity_id } = *head;
    let mut writer = Writer::new();
    writer.element(&envelope(), |it| {
        it.element(&Tag::prefixed("s", "Header"), |it| {
            it.leaf(&understood("Action"), &Value::chars(action))?;
            if let Some(id) = activity_id {
                it.leaf(&Tag::new("ActivityId").namespace("", DIAGNOSTICS), &Value::Uuid(id))?;
            }
            if let Some(id) = relates_to {
                it.leaf(&Tag::prefixed("a", "RelatesTo"), &Value::UniqueId(id))?;
            }
            Ok::<_, E>(())
        })?;
        it.element(&Tag::prefixed("s", "Body"), body)
    })?;
    Ok(writer.into_bytes())
}

/// Writes a fault; details get the default namespace `detail_namespace`.
pub fn write_fault(
    head: &AnswerHead<'_>,
    fault: &Fault,
    detail_namespace: &str,
) -> Result<SecretBytes, WriteError> {
    write_answer(head, |it| fault.write(it, detail_namespace))
}
