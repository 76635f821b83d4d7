//! The messages of the provisioning web service that Entra Connect uses, both ways: a client writes
//! requests and reads answers, an embedded tenant reads requests and writes answers.
//!
//! The protocol is not published. What is here comes from `req_*.xml` in `tests/vectors/provisioning` and
//! from what other clients are known to send. So a reader takes variants: it goes by local names below the
//! operation, in any order, and keeps what it does not know as named text; a writer says no more than it must.
//! Nothing here opens a connection, picks an identifier or decides about a redirect.

mod answer;
mod capabilities;
mod configuration;
mod credential;
mod error;
mod features;
mod object;
mod object_result;
mod operation;
mod property;
mod refusal;
mod request;
mod schema;
mod token;

pub use self::answer::{Answer, Answered, decode_answer, encode_answer, encode_refusal};
pub use self::capabilities::Capabilities;
pub use self::configuration::{CompanyConfiguration, DeletionPrevention};
pub use self::credential::{CREDENTIALS_PER_CALL_MAX, CredentialChange, CredentialResult};
pub use self::error::{DecodeError, EncodeError};
pub use self::features::DirSyncFeatures;
pub use self::object::{SyncObject, SyncObjectType, SyncOperation};
pub use self::object_result::{ObjectResult, ResultCode};
pub use self::operation::Operation;
pub use self::property::{Anchor, LinkChange, LinkOperation, PropertyValue};
pub use self::refusal::{Refusal, ServiceFault};
pub use self::request::{Call, Received, Request, decode_request, encode_request};
pub use self::token::SyncToken;
