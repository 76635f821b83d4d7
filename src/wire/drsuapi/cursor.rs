//! How far a replica was read ([MS-DRSR] 5, USN_VECTOR, UPTODATE_VECTOR_V1_EXT and UPTODATE_VECTOR_V2_EXT).
//!
//! A cursor holds no secret and may be recorded. Where it is kept is not known here.

use crate::model::Guid;
use crate::wire::ndr::{NdrError, Reader, Writer};

/// One originating server for each domain controller that ever was; the format of the records needs a limit.
const SEEN_MAX: usize = 64 * 1024;
/// The first byte of a recorded cursor.
const FORMAT: u8 = 1;

/// Update sequence numbers at one server. They are given back as they came.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct UsnVector {
    /// `usnHighObjUpdate`.
    pub object: i64,
    /// `usnReserved`.
    pub reserved: i64,
    /// `usnHighPropUpdate`; zero within a cycle.
    pub property: i64,
}

impl UsnVector {
    pub(super) fn write(self, writer: &mut Writer) {
        writer.i64(self.object).i64(self.reserved).i64(self.property);
    }

    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, NdrError> {
        Ok(Self { object: reader.i64("USN")?, reserved: reader.i64("USN")?, property: reader.i64("USN")? })
    }
}

/// All changes of this origin up to this number are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seen {
    /// The invocation id of the origin.
    pub invocation: Guid,
    /// Its update sequence number.
    pub usn: i64,
}

/// Where to go on. The default reads everything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cursor {
    /// The invocation id of the server to which the numbers belong. Another server ignores the numbers and goes
    /// by what was seen.
    pub invocation: Option<Guid>,
    /// The numbers of that server.
    pub usn: UsnVector,
    /// The up-to-dateness vector: empty until a cycle was completed.
    pub seen: Vec<Seen>,
}

/// Recorded bytes that are no cursor.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a recorded replication cursor; without one, everything is read anew")]
pub struct CursorError(#[from] NdrError);

impl Cursor {
    /// The form in which it is recorded.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut writer = Writer::new();
        writer.u8(FORMAT).align(8);
        self.usn.write(&mut writer);
        writer.guid(&self.invocation.unwrap_or(Guid::from_bytes([0; 16]))).count(self.seen.len());
        for Seen { invocation, usn } in &self.seen {
            writer.guid(invocation).i64(*usn);
        }
        writer.into_bytes()
    }

    /// What was recorded.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, CursorError> {
        let mut reader = Reader::new(bytes);
        if reader.u8("format")? != FORMAT {
            return Err(NdrError::Value("format").into());
        }
        let usn = UsnVector::read(&mut reader)?;
        let invocation = reader.guid("invocation")?;
        let count = reader.count(24, "origins")?;
        let seen = (0..count)
            .map(|_| Ok(Seen { invocation: reader.guid("origin")?, usn: reader.i64("USN")? }))
            .collect::<Result<_, NdrError>>()?;
        reader.finish()?;
        Ok(Self { invocation: (*invocation.as_bytes() != [0; 16]).then_some(invocation), usn, seen })
    }

    /// The vector of a request, in version 1, where pointers are followed.
    pub(super) fn write_seen(&self, writer: &mut Writer) {
        if self.seen.is_empty() {
            return;
        }
        writer.count(self.seen.len()).align(8).u32(1).u32(0).count(self.seen.len()).u32(0);
        for Seen { invocation, usn } in &self.seen {
            writer.guid(invocation).i64(*usn);
        }
    }
}

/// The vector of a reply: version 1 in replies of version 1, else version 2, which adds a time to each origin.
pub(super) fn read_seen(reader: &mut Reader<'_>) -> Result<Vec<Seen>, NdrError> {
    let conformance = reader.count(24, "up-to-dateness vector")?;
    reader.align(8);
    let version = reader.u32("version of the up-to-dateness vector")?;
    reader.u32("up-to-dateness vector")?;
    let count = reader.count(24, "up-to-dateness vector")?;
    reader.u32("up-to-dateness vector")?;
    if conformance != count || SEEN_MAX < count || !(1..=2).contains(&version) {
        return Err(NdrError::Value("up-to-dateness vector"));
    }
    let mut seen = Vec::with_capacity(count);
    for _ in 0..count {
        reader.align(8);
        seen.push(Seen { invocation: reader.guid("origin")?, usn: reader.i64("USN")? });
        if version == 2 {
            reader.i64("time of the last replication")?;
        }
    }
    Ok(seen)
}
