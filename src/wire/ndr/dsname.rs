//! DSNAME: an object named by GUID, by SID, by distinguished name, or by several of them
//! ([MS-DRSR] 5.50, DSNAME).
//!
//! It does not know which of them a server looks at first.

use super::{NdrError, Reader, Writer};
use crate::model::{Guid, Sid};

/// [MS-DRSR] 5, NT4SID: 28 bytes, five sub-authorities.
const SID_BYTES: usize = 28;
/// Everything but the characters of the name, the terminating NUL included.
const FIXED_BYTES: usize = 58;

/// A name of an object. An empty distinguished name and a GUID of zeros stand for "not given".
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct DsName {
    /// `objectGUID`.
    pub guid: Option<Guid>,
    /// `objectSid`.
    pub sid: Option<Sid>,
    /// The distinguished name.
    pub dn: String,
}

impl DsName {
    /// Names by distinguished name, as for the root of a domain.
    pub fn of_dn(dn: &str) -> Self {
        Self { dn: dn.to_owned(), ..Self::default() }
    }

    /// Names by `objectGUID`.
    pub fn of_guid(guid: Guid) -> Self {
        Self { guid: Some(guid), ..Self::default() }
    }

    /// Reads the referent of a pointer to a DSNAME.
    pub fn read(reader: &mut Reader<'_>) -> Result<Self, NdrError> {
        let chars_and_nul = reader.count(2, "name of an object")?;
        let _struct_len = reader.u32("name of an object")?;
        let sid_len = reader.u32("SID of an object")?;
        let guid = reader.guid("GUID of an object")?;
        let sid = reader.bytes(SID_BYTES, "SID of an object")?;
        let chars = reader.count(2, "name of an object")?;
        if chars + 1 != chars_and_nul {
            return Err(NdrError::Conformance {
                what: "name of an object",
                expected: chars + 1,
                found: chars_and_nul,
            });
        }
        let dn = reader.utf16(chars, "name of an object")?;
        let _nul = reader.u16("name of an object")?;
        let guid = (*guid.as_bytes() != [0; 16]).then_some(guid);
        Ok(Self { guid, sid: read_sid(sid, sid_len)?, dn })
    }

    /// Writes the referent of a pointer to a DSNAME. A SID of more than five sub-authorities does not fit and is
    /// left out: accounts have five.
    pub fn write(&self, writer: &mut Writer) {
        let chars = self.dn.encode_utf16().count();
        let sid = self.sid.as_ref().map_or(&[][..], Sid::as_bytes);
        let sid = if sid.len() <= SID_BYTES { sid } else { &[] };
        let mut padded = [0; SID_BYTES];
        padded[..sid.len()].copy_from_slice(sid);
        writer.count(chars + 1).count(FIXED_BYTES + 2 * chars).count(sid.len());
        writer.guid(&self.guid.unwrap_or(Guid::from_bytes([0; 16]))).bytes(&padded);
        writer.count(chars).utf16(&self.dn).u16(0);
    }
}

fn read_sid(bytes: &[u8], len: u32) -> Result<Option<Sid>, NdrError> {
    let wrong = NdrError::Value("SID of an object");
    let len = usize::try_from(len).map_err(|_| wrong.clone())?;
    match bytes.get(..len) {
        Some([]) => Ok(None),
        Some(sid) => Sid::from_bytes(sid).map(Some).map_err(|_| wrong),
        None => Err(wrong),
    }
}
