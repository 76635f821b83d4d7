//! The request of `IDL_DRSGetNCChanges` ([MS-DRSR] 4.1.10.2, DRS_MSG_GETCHGREQ_V8 and DRS_MSG_GETCHGREQ_V10).
//!
//! Flags that would change the server (adding a replica), blank the passwords or compress the reply cannot be
//! set, and no role can be taken.

use super::bind::CLIENT;
use super::{Attribute, AttributeType, Cursor, Handle, PrefixTable, RequestVersion, UsnVector};
use crate::model::Guid;
use crate::wire::ndr::{DsName, Writer};

/// `DRS_WRIT_REP | DRS_INIT_SYNC` ([MS-DRSR] 5.41, DRS_OPTIONS).
const FLAGS: u32 = 0x30;
/// `EXOP_REPL_OBJ`: one object, now.
const REPLICATE_OBJECT: u32 = 6;
/// Servers send at least one object and may exceed it by one.
const BYTES_MAX: u32 = 8 << 20;

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope<'a> {
    /// What changed in a domain since a cursor, in pages.
    Changes {
        /// The root of the domain.
        domain: DsName,
        /// Where to go on.
        cursor: &'a Cursor,
        /// How many objects a page holds at most.
        objects_max: u32,
    },
    /// One object as it is.
    Object(DsName),
}

/// A request for changes. The attributes are sorted and named by the prefix table, or by the default numbers if
/// the table is empty.
#[derive(Clone, Debug)]
pub struct ChangesRequest<'a> {
    /// The version that both sides know.
    pub version: RequestVersion,
    /// Who asks. A client that is no domain controller is nobody in particular; Windows is said to want the
    /// `objectGUID` of an existing NTDS settings object for single objects.
    pub destination: Option<Guid>,
    /// What is asked for.
    pub scope: Scope<'a>,
    /// Which attributes.
    pub attributes: &'a [Attribute],
    /// Empty, or the table that numbers the attributes.
    pub prefix_table: &'a PrefixTable,
}

/// The stub of a request.
pub fn changes_request(handle: &Handle, request: &ChangesRequest<'_>) -> Vec<u8> {
    let everything = Cursor::default();
    let ChangesRequest { version, destination, scope, attributes: _, prefix_table } = request;
    let (name, cursor, objects_max, operation) = match scope {
        Scope::Changes { domain, cursor, objects_max } => (domain, *cursor, *objects_max, 0),
        Scope::Object(name) => (name, &everything, 1, REPLICATE_OBJECT),
    };
    let number = match version {
        RequestVersion::V8 => 8,
        RequestVersion::V10 => 10,
    };
    let types = request.types();
    let mut writer = Writer::new();
    handle.write(&mut writer);
    writer.u32(number).u32(number).align(8);
    writer.guid(&destination.unwrap_or(CLIENT));
    writer.guid(&cursor.invocation.unwrap_or(Guid::from_bytes([0; 16])));
    writer.pointer(true).align(8);
    let UsnVector { object, reserved, property } = cursor.usn;
    writer.i64(object).i64(reserved).i64(property);
    writer.pointer(!cursor.seen.is_empty());
    writer.u32(FLAGS).u32(objects_max).u32(BYTES_MAX).u32(operation);
    // No role is asked for: liFsmoInfo is zero.
    writer.i64(0);
    writer.pointer(true).pointer(false);
    prefix_table.write_head(&mut writer);
    if *version == RequestVersion::V10 {
        writer.u32(0);
    }
    name.write(&mut writer);
    writer.align(4);
    cursor.write_seen(&mut writer);
    writer.count(types.len()).u32(1).u32(0).count(types.len());
    for it in types {
        writer.u32(it.0);
    }
    prefix_table.write_entries(&mut writer);
    writer.into_bytes()
}

impl ChangesRequest<'_> {
    /// Windows leaves attributes out without a word unless the numbers ascend.
    fn types(&self) -> Vec<AttributeType> {
        let number =
            |it: &Attribute| self.prefix_table.attribute_type(it.oid()).unwrap_or_else(|| it.default_type());
        let mut types: Vec<AttributeType> = self.attributes.iter().map(number).collect();
        types.sort_unstable();
        types.dedup();
        types
    }
}
