//! Why bytes are not the message that was expected.
//!
//! A fault is a message like any other, and no error here.

use crate::wire::nbfx::ReadError;

/// Why bytes are not a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SoapError {
    /// The bytes are not binary XML.
    #[error("the message is not well-formed")]
    Malformed(#[from] ReadError),
    /// The outermost element is another one.
    #[error("the message is not a SOAP 1.2 envelope")]
    Envelope,
    /// The envelope has no body, or one without an element.
    #[error("the SOAP message has no body")]
    Body,
}
