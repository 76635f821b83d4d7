//! Why a message cannot be written or is not understood.
//!
//! No error holds a token, a credential or the value of a property.

use crate::wire::nbfx::{ReadError, WriteError};
use crate::wire::soap::SoapError;

/// Why a message cannot be written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EncodeError {
    /// Something outside of the objects.
    #[error("the message cannot be written")]
    Message(#[from] WriteError),
    /// A value of an object.
    #[error("{property} of the object with anchor {anchor:?} cannot be sent")]
    Property {
        /// Its source or cloud anchor; empty if it has none.
        anchor: String,
        /// Which value.
        property: String,
        /// What is wrong with it.
        #[source]
        source: WriteError,
    },
    /// The credential of an object.
    #[error("the credential of the object with anchor {anchor:?} cannot be sent")]
    Credential {
        /// Its source or cloud anchor.
        anchor: String,
        /// What is wrong with it.
        #[source]
        source: WriteError,
    },
}

/// Why a message is not understood.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// It is no SOAP message.
    #[error(transparent)]
    Soap(#[from] SoapError),
    /// A request for something else.
    #[error("the provisioning service has no operation {0:?}")]
    Operation(String),
    /// An answer to something else.
    #[error("the provisioning service answered {found:?} to {expected}")]
    Foreign {
        /// Operation that was asked for.
        expected: &'static str,
        /// Element that came.
        found: String,
    },
    /// An element that must be there.
    #[error("the message has no {0}")]
    Missing(&'static str),
    /// A text that is no value of its type.
    #[error("{element} is not {expected}")]
    Value {
        /// Element or property.
        element: String,
        /// What belongs there.
        expected: &'static str,
    },
    /// More items than any message has.
    #[error("more than {max} {what} in one message")]
    TooMany {
        /// Of what.
        what: &'static str,
        /// How many are read.
        max: usize,
    },
}

impl DecodeError {
    /// A text that is no value of its type.
    pub(super) fn value(element: &str, expected: &'static str) -> Self {
        Self::Value { element: element.chars().take(128).collect(), expected }
    }
}

impl From<ReadError> for DecodeError {
    fn from(error: ReadError) -> Self {
        Self::Soap(error.into())
    }
}
