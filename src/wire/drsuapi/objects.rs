//! Replicated objects ([MS-DRSR] 5, REPLENTINFLIST, ENTINF, ATTRBLOCK, PROPERTY_META_DATA_EXT_VECTOR).
//!
//! The list is linked by the first pointer of each node, so NDR puts the fixed parts of all nodes first and then
//! what they point to, the last node's first. It is read in a loop: a reply of thousands must not need a stack
//! of thousands. Values stay as they came, encrypted or not.

use std::fmt;

use jiff::Timestamp;
use zeroize::Zeroize;

use super::{Attribute, AttributeType, DrsError, PrefixTable};
use crate::model::{Guid, Sid};
use crate::wire::ndr::{DsName, NdrError, Reader};

/// Seconds from 1601-01-01 to 1970-01-01 ([MS-DRSR] 5, DSTIME).
const DSTIME_EPOCH_OFFSET_S: i64 = 11_644_473_600;

/// An object of a reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReplicatedObject {
    /// `objectGUID`.
    pub guid: Guid,
    /// `objectSid`, if it has one.
    pub sid: Option<Sid>,
    /// The distinguished name. That of a deleted object is mangled.
    pub dn: String,
    /// `objectGUID` of its parent, if the server says so.
    pub parent: Option<Guid>,
    /// The attributes that changed, or all that were asked for.
    pub attributes: Vec<ReplicatedAttribute>,
}

impl ReplicatedObject {
    /// The attribute if it was sent, even without a value.
    pub fn attribute(&self, attribute: Attribute) -> Option<&ReplicatedAttribute> {
        self.attributes.iter().find(|it| it.name == Some(attribute))
    }

    /// The last part of the SID, which the encryption of passwords depends on.
    pub fn rid(&self) -> Option<u32> {
        let bytes = self.sid.as_ref()?.as_bytes();
        // Six bytes of authority and two before them are no sub-authority.
        bytes.get(8..)?.last_chunk().map(|it| u32::from_le_bytes(*it))
    }
}

/// An attribute of an object. No value means that it was removed.
#[derive(Clone, PartialEq, Eq)]
pub struct ReplicatedAttribute {
    /// The number in the reply's own table.
    pub kind: AttributeType,
    /// What the number stands for, if it is one that this client knows.
    pub name: Option<Attribute>,
    /// The values, encrypted if they are secrets.
    pub values: Vec<Box<[u8]>>,
    /// When and where it was changed, if the server says so.
    pub metadata: Option<Metadata>,
}

/// Values may be password hashes, even if encrypted once more than the connection.
impl Drop for ReplicatedAttribute {
    fn drop(&mut self) {
        self.values.zeroize();
    }
}

/// Values may be password hashes, even if encrypted.
impl fmt::Debug for ReplicatedAttribute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lens: Vec<usize> = self.values.iter().map(|it| it.len()).collect();
        write!(f, "{:?} {:?}, lengths of values {lens:?}, {:?}", self.kind, self.name, self.metadata)
    }
}

/// The last change of an attribute ([MS-DRSR] 5, PROPERTY_META_DATA_EXT).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Metadata {
    /// How often it was changed.
    pub version: u32,
    /// When, by the clock of the origin; `None` if that is no time.
    pub changed: Option<Timestamp>,
    /// The invocation id of the origin.
    pub invocation: Guid,
    /// Its update sequence number.
    pub usn: i64,
}

/// What is pointed to by a node.
#[derive(Clone, Copy)]
struct Node {
    attributes: usize,
    has_attributes: bool,
    has_parent: bool,
    has_metadata: bool,
}

/// Reads the list of objects, where pointers are followed.
pub(super) fn read_objects(
    reader: &mut Reader<'_>,
    count: usize,
    table: &PrefixTable,
) -> Result<Vec<ReplicatedObject>, DrsError> {
    let nodes = read_nodes(reader, count)?;
    let mut objects = Vec::with_capacity(nodes.len());
    for node in nodes.into_iter().rev() {
        objects.push(read_object(reader, node, table)?);
    }
    objects.reverse();
    Ok(objects)
}

fn read_nodes(reader: &mut Reader<'_>, expected: usize) -> Result<Vec<Node>, NdrError> {
    let mut nodes = Vec::new();
    loop {
        let has_next = reader.pointer("next object")?;
        let has_name = reader.pointer("name of an object")?;
        let _flags = reader.u32("flags of an object")?;
        let attributes = reader.count(12, "attributes")?;
        let has_attributes = reader.counted_pointer(attributes, "attributes")?;
        let _is_root = reader.bool("object")?;
        let has_parent = reader.pointer("parent of an object")?;
        let has_metadata = reader.pointer("metadata of an object")?;
        if !has_name {
            return Err(NdrError::Pointer("name of an object"));
        }
        nodes.push(Node { attributes, has_attributes, has_parent, has_metadata });
        if !has_next {
            break;
        }
    }
    let found = nodes.len();
    if found == expected {
        Ok(nodes)
    } else {
        Err(NdrError::Conformance { what: "objects", expected, found })
    }
}

fn read_object(
    reader: &mut Reader<'_>,
    node: Node,
    table: &PrefixTable,
) -> Result<ReplicatedObject, DrsError> {
    reader.align(4);
    let DsName { guid, sid, dn } = DsName::read(reader)?;
    let guid = guid.ok_or(NdrError::Value("GUID of an object"))?;
    let mut attributes = Vec::new();
    if node.has_attributes {
        attributes = read_attributes(reader, node.attributes, table)?;
    }
    let parent = if node.has_parent { Some(reader.guid("parent of an object")?) } else { None };
    if node.has_metadata {
        let metadata = read_metadata(reader)?;
        // Entries run parallel to the attributes; if they do not, they say nothing.
        if metadata.len() == attributes.len() {
            for (attribute, metadata) in attributes.iter_mut().zip(metadata) {
                attribute.metadata = Some(metadata);
            }
        }
    }
    Ok(ReplicatedObject { guid, sid, dn, parent, attributes })
}

fn read_attributes(
    reader: &mut Reader<'_>,
    count: usize,
    table: &PrefixTable,
) -> Result<Vec<ReplicatedAttribute>, DrsError> {
    reader.conformance(count, "attributes")?;
    let mut heads = Vec::with_capacity(count.min(reader.remaining() / 12));
    for _ in 0..count {
        let kind = AttributeType(reader.u32("attribute")?);
        let values = reader.count(8, "values")?;
        heads.push((kind, values, reader.counted_pointer(values, "values")?));
    }
    let mut attributes = Vec::with_capacity(heads.len());
    for (kind, count, has_values) in heads {
        let values = if has_values { read_values(reader, count)? } else { Vec::new() };
        attributes.push(ReplicatedAttribute { kind, name: name(kind, table)?, values, metadata: None });
    }
    Ok(attributes)
}

/// An attribute that the table does not explain could be the password: that must not go unseen.
fn name(kind: AttributeType, table: &PrefixTable) -> Result<Option<Attribute>, DrsError> {
    const LOCAL_TYPES: u32 = 0x8000_0000;
    if LOCAL_TYPES <= kind.0 {
        return Ok(None);
    }
    let oid = table.oid(kind).ok_or(DrsError::Prefix(kind.0))?;
    Ok(Attribute::ALL.into_iter().find(|it| it.oid() == oid))
}

fn read_values(reader: &mut Reader<'_>, count: usize) -> Result<Vec<Box<[u8]>>, NdrError> {
    reader.conformance(count, "values")?;
    let mut lens = Vec::with_capacity(count.min(reader.remaining() / 8));
    for _ in 0..count {
        let len = reader.count(1, "value")?;
        lens.push(reader.counted_pointer(len, "value")?.then_some(len));
    }
    lens.into_iter()
        .map(|len| match len {
            Some(len) => reader.conformant_bytes(len, "value").map(Box::from),
            None => Ok(Box::default()),
        })
        .collect()
}

fn read_metadata(reader: &mut Reader<'_>) -> Result<Vec<Metadata>, NdrError> {
    let conformance = reader.count(36, "metadata")?;
    reader.align(8);
    let count = reader.count(36, "metadata")?;
    if count != conformance {
        return Err(NdrError::Conformance { what: "metadata", expected: count, found: conformance });
    }
    (0..count).map(|_| Metadata::read(reader)).collect()
}

impl Metadata {
    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, NdrError> {
        reader.align(8);
        Ok(Self {
            version: reader.u32("version of an attribute")?,
            changed: timestamp(reader.i64("time of a change")?),
            invocation: reader.guid("origin of a change")?,
            usn: reader.i64("USN of a change")?,
        })
    }
}

fn timestamp(dstime: i64) -> Option<Timestamp> {
    if dstime == 0 {
        return None;
    }
    Timestamp::from_second(dstime.checked_sub(DSTIME_EPOCH_OFFSET_S)?).ok()
}
