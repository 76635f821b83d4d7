//! `IDL_DRSCrackNames`: names of one form into names of another ([MS-DRSR] 4.1.4, DRS_MSG_CRACKREQ_V1 and
//! DRS_MSG_CRACKREPLY_V1).
//!
//! It needs no replication rights, so it tells "is not there" from "must not see".

use super::{DrsError, Handle, Operation};
use crate::wire::ndr::{NdrError, Reader, Writer};

/// Forms of names ([MS-DRSR] 4.1.4.1.3, DS_NAME_FORMAT).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameFormat {
    /// `CN=…,DC=…`
    DistinguishedName,
    /// `DOMAIN\name`; `DOMAIN\` is the domain itself.
    Nt4AccountName,
    /// `{12345678-…}`
    Guid,
    /// `corp.example.com/Users/…`
    Canonical,
    /// `name@corp.example.com`
    UserPrincipalName,
    /// `S-1-5-…`
    Sid,
}

impl NameFormat {
    const fn number(self) -> u32 {
        match self {
            Self::DistinguishedName => 1,
            Self::Nt4AccountName => 2,
            Self::Guid => 6,
            Self::Canonical => 7,
            Self::UserPrincipalName => 8,
            Self::Sid => 11,
        }
    }
}

/// What became of a name ([MS-DRSR] 4.1.4.1, DS_NAME_ERROR).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameStatus {
    /// It was found.
    Found,
    /// It could not be looked up.
    Unresolved,
    /// There is no such object.
    NotFound,
    /// Several objects have it.
    NotUnique,
    /// The object has no name of the form that was asked for.
    NoMapping,
    /// Only the domain is known.
    DomainOnly,
    /// Any other.
    Other(u32),
}

impl NameStatus {
    const fn of(number: u32) -> Self {
        match number {
            0 => Self::Found,
            1 => Self::Unresolved,
            2 => Self::NotFound,
            3 => Self::NotUnique,
            4 => Self::NoMapping,
            5 => Self::DomainOnly,
            other => Self::Other(other),
        }
    }
}

/// A name in the form that was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CrackedName {
    /// What became of it.
    pub status: NameStatus,
    /// The DNS name of the domain, if known.
    pub domain: Option<String>,
    /// The name, if found.
    pub name: Option<String>,
}

/// The stub that asks for names, in one form each way.
pub fn crack_names_request(
    handle: &Handle,
    names: &[&str],
    offered: NameFormat,
    desired: NameFormat,
) -> Vec<u8> {
    let mut writer = Writer::new();
    handle.write(&mut writer);
    // Version and its repetition; code page, locale and flags mean nothing with Unicode.
    writer.u32(1).u32(1).u32(0).u32(0).u32(0);
    writer.u32(offered.number()).u32(desired.number());
    writer.count(names.len()).pointer(!names.is_empty());
    if !names.is_empty() {
        writer.count(names.len());
    }
    for _ in names {
        writer.pointer(true);
    }
    for name in names {
        writer.align(4).string(name);
    }
    writer.into_bytes()
}

/// The names in the order of the request.
pub fn crack_names_response(stub: &[u8]) -> Result<Vec<CrackedName>, DrsError> {
    const NAME: &str = "name";
    let mut reader = Reader::new(stub);
    let version = reader.u32("version")?;
    reader.u32("version")?;
    let has_result = reader.pointer("names")?;
    let mut names = Vec::new();
    // Not a known version is as good as none: the return code follows at once if there is no result.
    if has_result {
        if version != 1 {
            return Err(DrsError::Version { operation: Operation::CrackNames.name(), version });
        }
        let count = reader.count(12, NAME)?;
        if reader.counted_pointer(count, NAME)? {
            names = read_names(&mut reader, count)?;
        }
    }
    DrsError::check(Operation::CrackNames, reader.u32("status")?)?;
    reader.finish()?;
    Ok(names)
}

fn read_names(reader: &mut Reader<'_>, count: usize) -> Result<Vec<CrackedName>, NdrError> {
    const NAME: &str = "name";
    reader.conformance(count, NAME)?;
    let heads = (0..count)
        .map(|_| Ok((NameStatus::of(reader.u32(NAME)?), reader.pointer(NAME)?, reader.pointer(NAME)?)))
        .collect::<Result<Vec<_>, NdrError>>()?;
    let mut text = |present| if present { reader.string(NAME).map(Some) } else { Ok(None) };
    heads
        .into_iter()
        .map(|(status, domain, name)| Ok(CrackedName { status, domain: text(domain)?, name: text(name)? }))
        .collect()
}
