//! The reply of `IDL_DRSGetNCChanges` ([MS-DRSR] 4.1.10.2, DRS_MSG_GETCHGREPLY_V1, _V6 and _V9).
//!
//! Compressed replies (versions 2 and 7) are refused: they come only to clients that offer compression.

use super::cursor::read_seen;
use super::links::{LinkForm, skip_links};
use super::objects::read_objects;
use super::{
    Cursor, DrsError, ExtendedStatus, Operation, PrefixTable, ReplicatedObject, Scope, Seen, UsnVector,
};
use crate::model::Guid;
use crate::wire::ndr::{DsName, NdrError, Reader};

/// A page of changes, or a single object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changes {
    /// `objectGUID` of the server's NTDS settings.
    pub server: Guid,
    /// The invocation id of its database.
    pub invocation: Guid,
    /// The root of the domain.
    pub domain: Option<DsName>,
    /// Up to where this page goes; `None` with a single object, which says nothing about the rest.
    pub usn: Option<UsnVector>,
    /// What the server has seen; only on the last page of a cycle.
    pub seen: Option<Vec<Seen>>,
    /// What explains the numbers of attributes.
    pub prefix_table: PrefixTable,
    /// The objects.
    pub objects: Vec<ReplicatedObject>,
    /// Values of linked attributes, which are not kept.
    pub links: usize,
    /// Whether the cycle goes on.
    pub has_more: bool,
}

impl Changes {
    /// Where to go on after this page. Within a cycle what was seen stays what it was before the cycle, and a
    /// single object moves nothing.
    pub fn cursor(&self, before: &Cursor) -> Cursor {
        let Some(usn) = self.usn else { return before.clone() };
        let seen = self.seen.as_ref().unwrap_or(&before.seen).clone();
        Cursor { invocation: Some(self.invocation), usn, seen }
    }
}

/// What the fixed part announces.
struct Head {
    has_domain: bool,
    has_seen: bool,
    prefixes: Option<usize>,
    extended: u32,
    objects: Option<usize>,
    links: Option<usize>,
    error: u32,
}

/// Reads a reply to a request of this scope.
pub fn changes_response(scope: &Scope<'_>, stub: &[u8]) -> Result<Changes, DrsError> {
    // The return code comes last, and after an error the rest need not make sense.
    let status = stub.last_chunk().map(|it| u32::from_le_bytes(*it));
    let truncated = NdrError::Truncated { what: "status", at: stub.len() };
    DrsError::check(Operation::GetNcChanges, status.ok_or(truncated)?)?;

    let mut reader = Reader::new(stub);
    let version = reader.u32("version")?;
    let form = match version {
        1 => None,
        6 => Some(LinkForm::V1),
        9 => Some(LinkForm::V3),
        2 | 7 => return Err(DrsError::Compressed(version)),
        version => return Err(DrsError::Version { operation: Operation::GetNcChanges.name(), version }),
    };
    if reader.u32("version")? != version {
        return Err(NdrError::Value("version").into());
    }
    let (mut changes, head) = read_head(&mut reader, form.is_some())?;
    DrsError::check(Operation::GetNcChanges, head.error)?;
    if let Scope::Object(_) = scope {
        ExtendedStatus::check(head.extended)?;
        changes.usn = None;
    }
    read_referents(&mut reader, &head, &mut changes)?;
    if let (Some(form), Some(count)) = (form, head.links) {
        skip_links(&mut reader, count, form)?;
        changes.links = count;
    }
    reader.u32("status")?;
    reader.finish()?;
    Ok(changes)
}

/// The fixed part. Versions 6 and 9 have more of it than version 1.
fn read_head(reader: &mut Reader<'_>, is_long: bool) -> Result<(Changes, Head), DrsError> {
    reader.align(8);
    let server = reader.guid("server")?;
    let invocation = reader.guid("invocation id")?;
    let has_domain = reader.pointer("domain")?;
    let _from = UsnVector::read(reader)?;
    let usn = UsnVector::read(reader)?;
    let has_seen = reader.pointer("up-to-dateness vector")?;
    let prefixes = PrefixTable::read_head(reader)?;
    let extended = reader.u32("extended status")?;
    let objects = reader.count(32, "objects")?;
    let _bytes = reader.u32("size")?;
    let objects = reader.counted_pointer(objects, "objects")?.then_some(objects);
    let has_more = reader.bool("more")?;
    let (mut links, mut error) = (None, 0);
    if is_long {
        reader.bytes(8, "size of the domain")?;
        let count = reader.count(72, "links")?;
        links = reader.counted_pointer(count, "links")?.then_some(count);
        error = reader.u32("error")?;
    }
    let prefix_table = PrefixTable::empty();
    let changes = Changes {
        server,
        invocation,
        domain: None,
        usn: Some(usn),
        seen: None,
        prefix_table,
        objects: Vec::new(),
        links: 0,
        has_more,
    };
    let head = Head { has_domain, has_seen, prefixes, extended, objects, links, error };
    Ok((changes, head))
}

/// What the fixed part points to, in the order of the pointers.
fn read_referents(reader: &mut Reader<'_>, head: &Head, changes: &mut Changes) -> Result<(), DrsError> {
    if head.has_domain {
        changes.domain = Some(DsName::read(reader)?);
    }
    if head.has_seen {
        changes.seen = Some(read_seen(reader)?);
    }
    if let Some(count) = head.prefixes {
        changes.prefix_table = PrefixTable::read_entries(reader, count)?;
    }
    if let Some(count) = head.objects {
        changes.objects = read_objects(reader, count, &changes.prefix_table)?;
    }
    Ok(())
}
