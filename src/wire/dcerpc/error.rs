//! Why a call has no result, in words.
//!
//! It never holds the contents of a call.

use super::SealError;
use crate::wire::ndr::NdrError;

/// Why a call has no result. The association is of no use afterwards: connect anew.
#[derive(Debug, thiserror::Error)]
pub enum DcerpcError {
    /// A message is not what C706 12.6 has there.
    #[error("a message of the remote procedure call protocol is malformed: {0}")]
    Malformed(&'static str),
    /// The structure inside of a message is not what the interface has there.
    #[error("a message of the remote procedure call protocol is malformed")]
    Structure(#[from] NdrError),
    /// A message that does not belong here, or to another call.
    #[error(
        "the server answers with a message of type {kind} for call {call_id}, which does not belong here"
    )]
    Unexpected {
        /// The type of the message (C706 12.6.4).
        kind: u8,
        /// The call that it is for.
        call_id: u32,
    },
    /// `bind_nak`.
    #[error("the server refuses to bind: {}", nak_reason(*.0))]
    BindRefused(u16),
    /// `bind_ack` with a result other than acceptance.
    #[error("the server does not offer the interface (result {result}, reason {reason})")]
    InterfaceRefused {
        /// 1 user rejection, 2 provider rejection.
        result: u16,
        /// Why.
        reason: u16,
    },
    /// `fault`.
    #[error("the server refuses the call: {0}")]
    Fault(FaultStatus),
    /// The server answers without the protection that was agreed on.
    #[error("the server answers without the encryption that was agreed on; somebody may be in between")]
    Unprotected,
    /// A response, or a message, beyond the limit.
    #[error("{what} of {len} bytes, at most {max} are allowed")]
    TooLong {
        /// What is too long.
        what: &'static str,
        /// Its length.
        len: usize,
        /// The limit.
        max: usize,
    },
    /// The security context could not encrypt.
    #[error("a call cannot be encrypted")]
    Seal(#[source] SealError),
    /// The security context could not decrypt, or the signature is wrong.
    #[error("an answer cannot be decrypted, or was changed on its way")]
    Unseal(#[source] SealError),
    /// The endpoint mapper knows no port, or fails.
    #[error("the endpoint mapper has no TCP port for the interface ({0:#x}); is this a domain controller?")]
    NoEndpoint(u32),
    /// The caller did things in the wrong order, or goes on after an error.
    #[error("the association is not ready for this: {0}")]
    State(&'static str),
}

/// The status of a fault (C706 appendix E, Reject Status Codes; [MS-ERREF] 2.2, Win32 Error Codes).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FaultStatus {
    /// The security context is not accepted for this call.
    #[error("access denied (5)")]
    AccessDenied,
    /// `nca_s_fault_context_mismatch`: the context handle is not known, or no longer.
    #[error("the context handle is not known (0x1c00001a)")]
    ContextMismatch,
    /// `RPC_X_BAD_STUB_DATA`.
    #[error("the server cannot read the request (0x6f7)")]
    BadStub,
    /// `nca_s_op_rng_error`.
    #[error("the server has no such operation (0x1c010002)")]
    NoSuchOperation,
    /// `nca_s_unk_if`.
    #[error("the server does not have the interface (0x1c010003)")]
    UnknownInterface,
    /// `nca_s_server_too_busy`.
    #[error("the server is too busy (0x1c010014)")]
    TooBusy,
    /// `RPC_S_SEC_PKG_ERROR`.
    #[error("the security package of the server failed (0x721); do the clocks agree?")]
    SecurityPackage,
    /// Any other.
    #[error("status {0:#x}")]
    Other(u32),
}

impl FaultStatus {
    /// The status with this number.
    pub const fn of(number: u32) -> Self {
        match number {
            5 => Self::AccessDenied,
            0x1c00_001a => Self::ContextMismatch,
            0x6f7 => Self::BadStub,
            0x1c01_0002 => Self::NoSuchOperation,
            0x1c01_0003 => Self::UnknownInterface,
            0x1c01_0014 => Self::TooBusy,
            0x721 => Self::SecurityPackage,
            other => Self::Other(other),
        }
    }
}

/// C706 12.6.3.1 and [MS-RPCE] 2.2.2.5, Reject reasons.
fn nak_reason(reason: u16) -> String {
    let words = match reason {
        1 => "it is congested",
        2 => "a limit of its own is exceeded",
        4 => "it speaks another version of the protocol",
        8 => "it does not know this kind of authentication",
        9 => "the checksum is wrong",
        _ => "no reason is given",
    };
    format!("{words} ({reason})")
}
