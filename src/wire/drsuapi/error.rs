//! Why replication gave nothing, in words.
//!
//! It never holds a value of an object.

use super::{Remedy, Status};
use crate::wire::ndr::NdrError;

/// Why an operation gave nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DrsError {
    /// The answer is not what [MS-DRSR] has there.
    #[error("an answer of the replication protocol is malformed")]
    Malformed(#[from] NdrError),
    /// The server said no.
    #[error("{operation}: {status}")]
    Refused {
        /// The operation as the specification names it.
        operation: &'static str,
        /// Why.
        status: Status,
    },
    /// The reading of a single object did not succeed.
    #[error("DRSGetNCChanges for a single object: {0}")]
    Extended(ExtendedStatus),
    /// A reply in a form that was not asked for.
    #[error(
        "DRSGetNCChanges: a compressed reply (version {0}), which was not asked for and is not supported"
    )]
    Compressed(u32),
    /// An answer of a version that is not known.
    #[error("{operation}: an answer of version {version} is not supported")]
    Version {
        /// The operation as the specification names it.
        operation: &'static str,
        /// The version of the answer.
        version: u32,
    },
    /// An attribute that the table of the reply does not explain. It could be the password.
    #[error("DRSGetNCChanges: attribute {0:#010x} is not in the prefix table of the reply")]
    Prefix(u32),
    /// The server cannot do what this client needs.
    #[error("the domain controller does not offer {0}; is it older than Windows Server 2003?")]
    Lacks(&'static str),
}

impl DrsError {
    /// What helps, if the server said no in a way that tells.
    pub const fn remedy(&self) -> Option<Remedy> {
        match self {
            Self::Refused { status, .. } => Some(status.remedy()),
            Self::Extended(ExtendedStatus::AccessDenied) => Some(Remedy::GrantRights),
            Self::Extended(ExtendedStatus::Directory) => Some(Remedy::CheckName),
            Self::Extended(ExtendedStatus::Parameter) => Some(Remedy::PrefixTable),
            Self::Extended(ExtendedStatus::Mismatch | ExtendedStatus::Other(_))
            | Self::Malformed(_)
            | Self::Compressed(_)
            | Self::Version { .. }
            | Self::Prefix(_)
            | Self::Lacks(_) => None,
        }
    }

    /// Refuses unless the number means success.
    pub(super) fn check(operation: super::Operation, number: u32) -> Result<(), Self> {
        match Status::of(number) {
            None => Ok(()),
            Some(status) => Err(Self::Refused { operation: operation.name(), status }),
        }
    }
}

/// The outcome of an extended operation other than success ([MS-DRSR] 4.1.10.2.21, EXOP_ERR Codes).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ExtendedStatus {
    /// `EXOP_ERR_MISMATCH`.
    #[error("the cursor does not fit the server (10)")]
    Mismatch,
    /// `EXOP_ERR_DIR_ERROR`.
    #[error("the object cannot be read (13)")]
    Directory,
    /// `EXOP_ERR_ACCESS_DENIED`.
    #[error("access denied (15); does the account have both replication rights?")]
    AccessDenied,
    /// `EXOP_ERR_PARAM_ERR`.
    #[error("the domain controller does not like the request (16)")]
    Parameter,
    /// Any other.
    #[error("code {0}")]
    Other(u32),
}

impl ExtendedStatus {
    /// Refuses unless the number is `EXOP_ERR_SUCCESS`.
    pub(super) const fn check(number: u32) -> Result<(), DrsError> {
        Err(DrsError::Extended(match number {
            1 => return Ok(()),
            10 => Self::Mismatch,
            13 => Self::Directory,
            15 => Self::AccessDenied,
            16 => Self::Parameter,
            other => Self::Other(other),
        }))
    }
}
