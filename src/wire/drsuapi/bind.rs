//! `IDL_DRSBind` and `IDL_DRSUnbind` ([MS-DRSR] 4.1), with the extensions in which both sides say
//! what they can ([MS-DRSR] 5.39, DRS_EXTENSIONS_INT).
//!
//! Compression is never offered, so that replies stay as they are.

use super::{DrsError, Operation};
use crate::model::Guid;
use crate::wire::ndr::{Reader, Writer};

/// `NTSAPI_CLIENT_GUID` ([MS-DRSR] 5.138): e24d201a-4fd6-11d1-a3da-0000f875ae0d, a client that is no domain
/// controller.
pub(super) const CLIENT: Guid = Guid::from_bytes([
    0x1a, 0x20, 0x4d, 0xe2, 0xd6, 0x4f, 0xd1, 0x11, 0xa3, 0xda, 0x00, 0x00, 0xf8, 0x75, 0xae, 0x0d,
]);
/// Bits of `dwFlags`.
const STRONG_ENCRYPTION: u32 = 0x0000_8000;
const GETCHGREQ_V6: u32 = 0x0040_0000;
const GETCHGREQ_V8: u32 = 0x0100_0000;
const GETCHGREPLY_V6: u32 = 0x0400_0000;
const GETCHGREQ_V10: u32 = 0x2000_0000;
/// All seven fields.
const EXTENSIONS_LEN: usize = 52;
/// [MS-DRSR] 4.1.3 limits `cb` to 10,000.
const EXTENSIONS_MAX: usize = 10_000;

/// A binding at the server ([MS-DRSR] 5, DRS_HANDLE).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Handle([u8; 20]);

impl Handle {
    /// A handle as it stands in a stub.
    pub const fn from_bytes(bytes: [u8; 20]) -> Self {
        Self(bytes)
    }

    pub(super) fn write(&self, writer: &mut Writer) {
        writer.align(4).bytes(&self.0);
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, DrsError> {
        reader.align(4);
        let bytes = reader.bytes(20, "handle")?;
        Ok(Self(*bytes.first_chunk().expect("twenty bytes were taken")))
    }
}

/// What a side can do. Fields that a server leaves out are zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extensions {
    /// `dwFlags`.
    pub flags: u32,
    /// `objectGUID` of the site.
    pub site: Guid,
    /// A process, for tracing.
    pub pid: u32,
    /// The replication epoch, which has to be the same on both sides.
    pub epoch: u32,
    /// `dwFlagsExt`.
    pub more_flags: u32,
    /// `objectGUID` of the configuration.
    pub configuration: Guid,
    /// Which of the flags mean something.
    pub capabilities: u32,
}

/// The version of `IDL_DRSGetNCChanges` requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RequestVersion {
    /// `DRS_MSG_GETCHGREQ_V8`.
    V8,
    /// `DRS_MSG_GETCHGREQ_V10`, with flags that are not used here.
    V10,
}

impl Extensions {
    /// What this client says. The epoch is that of the server: zero, until it says otherwise.
    pub const fn of_client(epoch: u32) -> Self {
        let none = Guid::from_bytes([0; 16]);
        Self {
            flags: GETCHGREQ_V6 | GETCHGREPLY_V6 | GETCHGREQ_V8 | STRONG_ENCRYPTION,
            site: none,
            pid: 0,
            epoch,
            more_flags: 0,
            configuration: none,
            capabilities: u32::MAX,
        }
    }

    /// The same, with requests of version 10 offered.
    #[must_use]
    pub const fn offering_v10(mut self) -> Self {
        self.flags |= GETCHGREQ_V10;
        self
    }

    /// The version of requests that suits both sides.
    pub fn request_version(&self, server: &Self) -> Result<RequestVersion, DrsError> {
        let both = self.flags & server.flags;
        if both & STRONG_ENCRYPTION == 0 {
            return Err(DrsError::Lacks("strong encryption"));
        }
        if both & GETCHGREPLY_V6 == 0 {
            return Err(DrsError::Lacks("replies of version 6"));
        }
        if both & GETCHGREQ_V10 != 0 {
            return Ok(RequestVersion::V10);
        }
        if both & GETCHGREQ_V8 != 0 {
            Ok(RequestVersion::V8)
        } else {
            Err(DrsError::Lacks("requests of version 8"))
        }
    }

    fn write(&self, writer: &mut Writer) {
        writer.count(EXTENSIONS_LEN).count(EXTENSIONS_LEN);
        writer.u32(self.flags).guid(&self.site).u32(self.pid).u32(self.epoch);
        writer.u32(self.more_flags).guid(&self.configuration).u32(self.capabilities);
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, DrsError> {
        let conformance = reader.count(1, "extensions")?;
        let len = reader.count(1, "extensions")?;
        if len != conformance || EXTENSIONS_MAX < len {
            return Err(crate::wire::ndr::NdrError::Value("extensions").into());
        }
        let mut bytes = [0; EXTENSIONS_LEN];
        let given = reader.bytes(len, "extensions")?;
        let used = len.min(EXTENSIONS_LEN);
        bytes[..used].copy_from_slice(&given[..used]);
        let mut fields = Reader::new(&bytes);
        Ok(Self {
            flags: fields.u32("extensions")?,
            site: fields.guid("extensions")?,
            pid: fields.u32("extensions")?,
            epoch: fields.u32("extensions")?,
            more_flags: fields.u32("extensions")?,
            configuration: fields.guid("extensions")?,
            capabilities: fields.u32("extensions")?,
        })
    }
}

/// The stub of `IDL_DRSBind`.
pub fn bind_request(extensions: &Extensions) -> Vec<u8> {
    let mut writer = Writer::new();
    writer.pointer(true).guid(&CLIENT).pointer(true);
    extensions.write(&mut writer);
    writer.into_bytes()
}

/// The handle, and what the server can do.
pub fn bind_response(stub: &[u8]) -> Result<(Handle, Extensions), DrsError> {
    let mut reader = Reader::new(stub);
    let extensions = if reader.pointer("extensions")? { Some(Extensions::read(&mut reader)?) } else { None };
    let handle = Handle::read(&mut reader)?;
    DrsError::check(Operation::Bind, reader.u32("status")?)?;
    reader.finish()?;
    let extensions = extensions.ok_or(DrsError::Lacks("any extension"))?;
    Ok((handle, extensions))
}

/// The stub of `IDL_DRSUnbind`.
pub fn unbind_request(handle: &Handle) -> Vec<u8> {
    let mut writer = Writer::new();
    handle.write(&mut writer);
    writer.into_bytes()
}

/// Whether the server has let go.
pub fn unbind_response(stub: &[u8]) -> Result<(), DrsError> {
    let mut reader = Reader::new(stub);
    let _null = Handle::read(&mut reader)?;
    DrsError::check(Operation::Unbind, reader.u32("status")?)?;
    Ok(reader.finish()?)
}
