//! `IDL_DRSDomainControllerInfo`: the domain controllers of a domain ([MS-DRSR] 4.1.5, DRS_MSG_DCINFOREQ_V1,
//! DRS_MSG_DCINFOREPLY_V2 and _V3).
//!
//! It does not know which of them answer.

use super::{DrsError, Handle, Operation};
use crate::model::Guid;
use crate::wire::ndr::{NdrError, Reader, Writer};

/// How much is said about each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InfoLevel {
    /// All there is since Windows 2000.
    Two,
    /// Also whether it is read-only, since Windows Server 2008.
    Three,
}

impl InfoLevel {
    const fn number(self) -> u32 {
        match self {
            Self::Two => 2,
            Self::Three => 3,
        }
    }
}

/// A domain controller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Controller {
    /// Its name in DNS, if it has told.
    pub dns_name: Option<String>,
    /// Its site.
    pub site: Option<String>,
    /// `objectGUID` of its NTDS settings.
    pub settings: Guid,
    /// Whether it has the role of the primary domain controller.
    pub is_primary: bool,
    /// Whether its directory runs, as far as the asked one knows.
    pub is_enabled: bool,
    /// Whether it is read-only and therefore no source of passwords; `None` at level two.
    pub is_read_only: Option<bool>,
}

/// The stub that asks about a domain, named in DNS.
pub fn controllers_request(handle: &Handle, domain: &str, level: InfoLevel) -> Vec<u8> {
    let mut writer = Writer::new();
    handle.write(&mut writer);
    writer.u32(1).u32(1).pointer(true).u32(level.number()).string(domain);
    writer.into_bytes()
}

/// The domain controllers, in the order of the server.
pub fn controllers_response(level: InfoLevel, stub: &[u8]) -> Result<Vec<Controller>, DrsError> {
    const WHAT: &str = "domain controllers";
    let mut reader = Reader::new(stub);
    let version = reader.u32("version")?;
    reader.u32("version")?;
    if version != level.number() {
        // An error has no defined version; its return code is all that is left to say.
        let status = stub.last_chunk().map_or(0, |it| u32::from_le_bytes(*it));
        DrsError::check(Operation::DomainControllerInfo, status)?;
        return Err(DrsError::Version { operation: Operation::DomainControllerInfo.name(), version });
    }
    let count = reader.count(104, WHAT)?;
    let mut controllers = Vec::new();
    if reader.counted_pointer(count, WHAT)? {
        reader.conformance(count, WHAT)?;
        let heads =
            (0..count).map(|_| Head::read(&mut reader, level)).collect::<Result<Vec<_>, NdrError>>()?;
        controllers =
            heads.into_iter().map(|it| it.with_names(&mut reader)).collect::<Result<_, NdrError>>()?;
    }
    DrsError::check(Operation::DomainControllerInfo, reader.u32("status")?)?;
    reader.finish()?;
    Ok(controllers)
}

/// The fixed part. Names: NetBIOS, DNS, site, objects of site, computer, server, settings.
struct Head {
    names: [bool; 7],
    controller: Controller,
}

impl Head {
    fn read(reader: &mut Reader<'_>, level: InfoLevel) -> Result<Self, NdrError> {
        let mut names = [false; 7];
        for it in &mut names {
            *it = reader.pointer("name of a domain controller")?;
        }
        let mut flag = || reader.bool("flag of a domain controller");
        let (is_primary, is_enabled, _has_catalogue) = (flag()?, flag()?, flag()?);
        let is_read_only = match level {
            InfoLevel::Two => None,
            InfoLevel::Three => Some(flag()?),
        };
        // Site, computer, server.
        for _ in 0..3 {
            reader.guid("GUID of a domain controller")?;
        }
        let settings = reader.guid("GUID of a domain controller")?;
        let controller =
            Controller { dns_name: None, site: None, settings, is_primary, is_enabled, is_read_only };
        Ok(Self { names, controller })
    }

    fn with_names(mut self, reader: &mut Reader<'_>) -> Result<Controller, NdrError> {
        for (at, _) in self.names.iter().enumerate().filter(|it| *it.1) {
            let name = reader.string("name of a domain controller")?;
            match at {
                1 => self.controller.dns_name = Some(name),
                2 => self.controller.site = Some(name),
                _ => (),
            }
        }
        Ok(self.controller)
    }
}
