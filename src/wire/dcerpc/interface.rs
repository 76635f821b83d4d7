//! Interfaces and transfer syntaxes: a UUID with a version (C706 12.6.3.1, `p_syntax_id_t`).
//!
//! It knows no operation of any interface.

use crate::model::Guid;
use crate::wire::ndr::{NdrError, Reader, Writer};

/// An interface, or a transfer syntax.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Interface {
    /// Its UUID.
    pub uuid: Guid,
    /// The major version.
    pub major: u16,
    /// The minor version.
    pub minor: u16,
}

/// NDR 2.0 (C706 appendix I): 8a885d04-1ceb-11c9-9fe8-08002b104860, version 2.0.
pub(super) const NDR: Interface = Interface {
    uuid: Guid::from_bytes([
        0x04, 0x5d, 0x88, 0x8a, 0xeb, 0x1c, 0xc9, 0x11, 0x9f, 0xe8, 0x08, 0x00, 0x2b, 0x10, 0x48, 0x60,
    ]),
    major: 2,
    minor: 0,
};

impl Interface {
    pub(super) fn write(&self, writer: &mut Writer) {
        writer.guid(&self.uuid).u16(self.major).u16(self.minor);
    }

    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, NdrError> {
        Ok(Self {
            uuid: reader.guid("syntax")?,
            major: reader.u16("version of a syntax")?,
            minor: reader.u16("version of a syntax")?,
        })
    }
}
