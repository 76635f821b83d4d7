//! The replication protocol of Active Directory ([MS-DRSR], interface `drsuapi`) as far as reading password
//! hashes needs it: bind, find a domain controller and a name, ask for what changed, decrypt it.
//!
//! It opens no connection and decides nothing: whose hash goes anywhere is not known here. Nothing here writes
//! to a directory: the requests that would (adding a replica, taking a role) cannot be built.

mod attribute;
mod bind;
mod changes;
mod controllers;
mod crack_names;
mod cursor;
mod error;
mod links;
mod objects;
mod prefix_table;
mod request;
mod secret;
mod status;

pub use self::attribute::{Attribute, AttributeType};
pub use self::bind::{
    Extensions, Handle, RequestVersion, bind_request, bind_response, unbind_request, unbind_response,
};
pub use self::changes::{Changes, changes_response};
pub use self::controllers::{Controller, InfoLevel, controllers_request, controllers_response};
pub use self::crack_names::{CrackedName, NameFormat, NameStatus, crack_names_request, crack_names_response};
pub use self::cursor::{Cursor, CursorError, Seen, UsnVector};
pub use self::error::{DrsError, ExtendedStatus};
pub use self::objects::{Metadata, ReplicatedAttribute, ReplicatedObject};
pub use self::prefix_table::PrefixTable;
pub use self::request::{ChangesRequest, Scope, changes_request};
pub use self::secret::{SecretError, SessionKey};
pub use self::status::{Remedy, Status};

use crate::model::Guid;
use crate::wire::dcerpc::Interface;

/// The interface ([MS-DRSR] 2.2.1): e3514235-4b06-11d1-ab04-00c04fc2dcd2, version 4.0.
pub const DRSUAPI: Interface = Interface {
    uuid: Guid::from_bytes([
        0x35, 0x42, 0x51, 0xe3, 0x06, 0x4b, 0xd1, 0x11, 0xab, 0x04, 0x00, 0xc0, 0x4f, 0xc2, 0xdc, 0xd2,
    ]),
    major: 4,
    minor: 0,
};

/// The operations that are used ([MS-DRSR] 4.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// `IDL_DRSBind`.
    Bind,
    /// `IDL_DRSUnbind`.
    Unbind,
    /// `IDL_DRSGetNCChanges`.
    GetNcChanges,
    /// `IDL_DRSCrackNames`.
    CrackNames,
    /// `IDL_DRSDomainControllerInfo`.
    DomainControllerInfo,
}

impl Operation {
    /// Its number in the interface.
    pub const fn number(self) -> u16 {
        match self {
            Self::Bind => 0,
            Self::Unbind => 1,
            Self::GetNcChanges => 3,
            Self::CrackNames => 12,
            Self::DomainControllerInfo => 16,
        }
    }

    /// Its name as the specification writes it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Bind => "DRSBind",
            Self::Unbind => "DRSUnbind",
            Self::GetNcChanges => "DRSGetNCChanges",
            Self::CrackNames => "DRSCrackNames",
            Self::DomainControllerInfo => "DRSDomainControllerInfo",
        }
    }
}
