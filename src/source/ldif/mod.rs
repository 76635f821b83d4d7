//! The directory as an LDIF file: an export, or the sample that comes with samesign.
//!
//! It streams the file and keeps what was asked for. It does not know how LDIF is written; the codec does.

mod follower;

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{BrokenReading, Disposition, Progress, Request};
use crate::model::{
    AttributesBuilder, DirectoryEntry, DirectorySnapshot, Dn, DnError, Guid, PartialDirectory, Watermark,
    well_known,
};
use crate::wire::ldif::{AttributeValue, LdifError, Parser, Record};

pub use self::follower::Follower;

/// Bytes for each read: the codec's work on them is short enough not to hold up other tasks.
const CHUNK_BYTES: usize = 256 * 1024;

/// A directory in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LdifFile {
    /// Where it is.
    pub path: PathBuf,
}

/// Why a file could not be read to its end.
#[derive(Debug, thiserror::Error)]
pub enum LdifFileError {
    /// It is not there.
    #[error("cannot read {}: no such file", path.display())]
    Missing {
        /// The file.
        path: PathBuf,
    },
    /// It could not be opened.
    #[error("cannot open {}", path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        cause: std::io::Error,
    },
    /// Reading stopped.
    #[error("cannot read {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        cause: std::io::Error,
    },
    /// A line is not LDIF.
    #[error("{}:{} cannot be read as LDIF", path.display(), cause.line)]
    Parse {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        #[source]
        cause: LdifError,
    },
    /// A name is none.
    #[error("{}:{line}: the value of `{attribute}` is not a distinguished name", path.display())]
    Name {
        /// The file.
        path: PathBuf,
        /// Where, counted from 1.
        line: usize,
        /// `dn` or `member`.
        attribute: &'static str,
        /// What is wrong.
        #[source]
        cause: DnError,
    },
}

impl LdifFileError {
    /// Whether trying again later may help: a file under an export in progress comes right by itself only when
    /// it could not be opened or read.
    pub const fn disposition(&self) -> Disposition {
        match self {
            Self::Missing { .. } | Self::Open { .. } | Self::Read { .. } => Disposition::Retry,
            Self::Parse { .. } | Self::Name { .. } => Disposition::Fatal,
        }
    }

    /// What to do about it, if that is not obvious.
    pub const fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Parse { cause, .. } => cause.hint(),
            Self::Missing { .. } | Self::Open { .. } | Self::Read { .. } | Self::Name { .. } => None,
        }
    }
}

impl LdifFile {
    /// Reads the whole file.
    ///
    /// # Errors
    /// It cannot be read to its end, or something in it is not LDIF: what came before is in the error.
    pub async fn read(
        &self,
        request: &Request,
        progress: &dyn Progress,
    ) -> Result<DirectorySnapshot, BrokenReading> {
        let mut reading = PartialDirectory::new(Arc::clone(&request.names));
        let mut domains = Vec::new();
        match self.fill(&mut reading, &mut domains, progress).await {
            Ok(()) => {
                let server = self.path.display().to_string();
                let domain = only_domain(&domains);
                Ok(reading.finish(Watermark { server, domain, ..Watermark::default() }))
            }
            Err(cause) => Err(BrokenReading { so_far: Box::new(reading.break_off()), cause: cause.into() }),
        }
    }

    async fn fill(
        &self,
        reading: &mut PartialDirectory,
        domains: &mut Vec<(Dn, Guid)>,
        progress: &dyn Progress,
    ) -> Result<(), LdifFileError> {
        let path = || self.path.clone();
        let mut file = open(&self.path).map_err(|cause| {
            if cause.kind() == std::io::ErrorKind::NotFound {
                return LdifFileError::Missing { path: path() };
            }
            LdifFileError::Open { path: path(), cause }
        })?;
        let parse = |cause| LdifFileError::Parse { path: path(), cause };
        let mut parser = Parser::default();
        let mut records = Vec::new();
        let mut chunk = vec![0; CHUNK_BYTES];
        loop {
            let read = match file.read(&mut chunk) {
                Ok(read) => read,
                Err(cause) if cause.kind() == std::io::ErrorKind::Interrupted => continue,
                Err(cause) => return Err(LdifFileError::Read { path: path(), cause }),
            };
            if read == 0 {
                break;
            }
            let pushed = parser.push(&chunk[..read], &mut records);
            self.keep(&mut records, reading, domains)?;
            pushed.map_err(parse)?;
            progress.objects_read(reading.len());
            tokio::task::yield_now().await;
        }
        parser.finish(&mut records).map_err(parse)?;
        self.keep(&mut records, reading, domains)?;
        progress.objects_read(reading.len());
        Ok(())
    }

    fn keep(
        &self,
        records: &mut Vec<Record>,
        reading: &mut PartialDirectory,
        domains: &mut Vec<(Dn, Guid)>,
    ) -> Result<(), LdifFileError> {
        for record in records.drain(..) {
            // The root DSE has an empty name and is no object.
            if !record.dn.trim().is_empty() {
                let entry = self.entry(record, reading)?;
                domains.extend(domain_of(&entry));
                reading.push(entry);
            }
        }
        Ok(())
    }

    fn entry(&self, record: Record, reading: &PartialDirectory) -> Result<DirectoryEntry, LdifFileError> {
        let name = |attribute, line, text: &str| {
            text.parse::<Dn>().map_err(|cause| LdifFileError::Name {
                path: self.path.clone(),
                line,
                attribute,
                cause,
            })
        };
        let dn = name("dn", record.line, &record.dn)?;
        let mut attributes = AttributesBuilder::default();
        let mut members = Vec::new();
        attributes.push(well_known::DISTINGUISHED_NAME, record.dn.as_bytes());
        for AttributeValue { line, name: attribute, value } in record.values {
            // LDIF can write an empty value; a directory has none, and empty means absent.
            if value.is_empty() {
                continue;
            }
            match reading.names().id(&attribute) {
                Some(well_known::MEMBER) => {
                    members.push(name("member", line, &String::from_utf8_lossy(&value))?);
                }
                // The name is that of the dn line, and what an object belongs to follows from `member`.
                Some(well_known::MEMBER_OF | well_known::DISTINGUISHED_NAME) | None => (),
                Some(id) => attributes.push(id, &value),
            }
        }
        Ok(DirectoryEntry { dn, attributes: attributes.finish(), members })
    }
}

/// Name and `objectGUID` of an entry that is a domain.
fn domain_of(entry: &DirectoryEntry) -> Option<(Dn, Guid)> {
    let mut classes = entry.attributes.values(well_known::OBJECT_CLASS);
    let is_domain = classes.any(|it| it.eq_ignore_ascii_case(b"domainDNS"));
    let guid = Guid::from_value(entry.attributes.first(well_known::OBJECT_GUID)?).ok()?;
    is_domain.then(|| (entry.dn.clone(), guid))
}

/// The one domain of an export. The zones of DNS below it are of its class, too.
fn only_domain(domains: &[(Dn, Guid)]) -> Option<Guid> {
    let is_below = |dn: &Dn| domains.iter().any(|other| other.0 != *dn && dn.is_within(&other.0));
    let mut outermost = domains.iter().filter(|it| !is_below(&it.0));
    match (outermost.next(), outermost.next()) {
        (Some((_, guid)), None) => Some(*guid),
        (Some(_), Some(_)) | (None, _) => None,
    }
}

#[expect(clippy::disallowed_methods, reason = "the file of this source")]
fn open(path: &Path) -> std::io::Result<File> {
    File::open(path)
}
