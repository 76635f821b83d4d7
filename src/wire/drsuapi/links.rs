//! Values of linked attributes in a reply ([MS-DRSR] 5, REPLVALINF_V1 and REPLVALINF_V3).
//!
//! Servers send memberships whatever was asked for. They are walked over, since the return code stands behind
//! them, and counted; what they say is not kept.

use super::objects::Metadata;
use crate::wire::ndr::{DsName, NdrError, Reader};

/// The two forms of an entry.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum LinkForm {
    /// In replies of version 6.
    V1,
    /// In replies of version 9, with a time at which the value expires.
    V3,
}

/// Walks over the array, where pointers are followed.
pub(super) fn skip_links(reader: &mut Reader<'_>, count: usize, form: LinkForm) -> Result<(), NdrError> {
    reader.conformance(count, "links")?;
    let mut heads = Vec::with_capacity(count.min(reader.remaining() / 72));
    for _ in 0..count {
        reader.align(8);
        let has_object = reader.pointer("object of a link")?;
        let _attribute = reader.u32("attribute of a link")?;
        let len = reader.count(1, "value of a link")?;
        let has_value = reader.counted_pointer(len, "value of a link")?;
        let _is_present = reader.bool("link")?;
        let _created = reader.i64("creation of a link")?;
        Metadata::read(reader)?;
        if form == LinkForm::V3 {
            reader.bytes(12, "link")?;
            reader.i64("expiry of a link")?;
        }
        heads.push((has_object, has_value.then_some(len)));
    }
    for (has_object, len) in heads {
        reader.align(4);
        if has_object {
            DsName::read(reader)?;
        }
        if let Some(len) = len {
            reader.conformant_bytes(len, "value of a link")?;
        }
    }
    Ok(())
}
