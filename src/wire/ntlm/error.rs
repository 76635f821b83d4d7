//! Why there is no session, in words.
//!
//! It never holds a key or a part of a message.

/// Why there is no session, or why a message of it cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NtlmError {
    /// A message is not what MS-NLMP 2.2.1 has there.
    #[error("the NTLM message of the server is malformed: {0}")]
    Malformed(&'static str),
    /// The server does not agree to what is the least that is accepted.
    #[error("the server does not offer {0} with NTLM; somebody may be in between")]
    Weak(&'static str),
    /// The message is not the one that comes next.
    #[error("a message is missing, or came twice")]
    OutOfOrder,
    /// The signature is wrong.
    #[error("the signature of a message is wrong")]
    Signature,
}
