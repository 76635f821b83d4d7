//! SOAP 1.2 messages (SOAP Version 1.2 Part 1, 5) with the headers of WS-Addressing 1.0, in binary XML.
//!
//! It knows envelopes, headers and faults. It does not know a service, its headers or its bodies:
//! those are written and read by whoever calls.

mod answer;
mod envelope;
mod error;
mod fault;
mod request;

pub use self::answer::{AnswerHead, write_answer, write_fault};
pub use self::envelope::{Content, Head, Message, open};
pub use self::error::SoapError;
pub use self::fault::{Detail, Fault, Field};
pub use self::request::{RequestHead, write_request};

/// Namespace of SOAP 1.2; the prefix `s`.
const ENVELOPE: &str = "http://www.w3.org/2003/05/soap-envelope";
/// Namespace of WS-Addressing 1.0; the prefix `a`.
const ADDRESSING: &str = "http://www.w3.org/2005/08/addressing";
/// Where answers go: back on the same connection (WS-Addressing 1.0 SOAP Binding, 5.1).
const ANONYMOUS: &str = "http://www.w3.org/2005/08/addressing/anonymous";
