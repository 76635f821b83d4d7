//! Where the directory is read: a live Active Directory over LDAP, an export of one, and password hashes over the
//! replication protocol.
//!
//! No source knows a policy. What comes back is a whole snapshot, or a reading that broke off.

pub mod drs;
pub mod ldap;
pub mod ldif;

mod kerberos;
mod name_servers;
mod server;
mod server_failure;

use std::sync::Arc;

use crate::model::{AttributeNames, DirectoryObjects, Guid, Reading, Touched};

pub use self::kerberos::Kerberos;
pub use self::name_servers::LookupError;
pub use self::server::{ServerAddress, ServerAddressError};
pub use self::server_failure::ServerFailure;

/// What to read: derived from the loaded policies.
#[derive(Clone, Debug)]
pub struct Request {
    /// Attributes to ask for and keep.
    pub names: Arc<AttributeNames>,
}

/// How to look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// At what changed, if that can be told.
    Changes,
    /// At everything, and whether changes were told as they should have been.
    Whole,
}

/// What was seen.
#[derive(Clone, Debug)]
pub struct Observed {
    /// The directory as it is now.
    pub reading: Arc<Reading>,
    /// Whether anything is otherwise than the last time.
    pub has_news: bool,
    /// Which objects may be otherwise.
    pub touched: Touched<Guid>,
}

/// Told as a reading advances.
pub trait Progress: Send + Sync {
    /// So many objects are read so far.
    fn objects_read(&self, objects: usize);
}

/// Progress that nobody watches.
#[derive(Clone, Copy, Debug, Default)]
pub struct Quiet;

impl Progress for Quiet {
    fn objects_read(&self, _objects: usize) {}
}

/// Whether trying again later may help without anybody doing something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Disposition {
    /// The same reading may succeed later.
    Retry,
    /// Somebody has to change something first.
    Fatal,
}

impl Disposition {
    /// That of a reading for which several servers were asked: it is enough if one may answer later.
    fn of_all(mut servers: impl Iterator<Item = Self>) -> Self {
        if servers.any(|it| it == Self::Retry) { Self::Retry } else { Self::Fatal }
    }
}

/// Why a reading broke off.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// From an LDIF file.
    #[error(transparent)]
    Ldif(#[from] ldif::LdifFileError),
    /// Over LDAP.
    #[error(transparent)]
    Ldap(#[from] ldap::LdapError),
}

impl SourceError {
    /// Whether trying again later may help.
    pub fn disposition(&self) -> Disposition {
        match self {
            Self::Ldif(error) => error.disposition(),
            Self::Ldap(error) => error.disposition(),
        }
    }
}

/// A reading that broke off, with what came before.
#[derive(Debug, thiserror::Error)]
#[error("{}", extent(so_far.len()))]
pub struct BrokenReading {
    /// The objects that came; nothing can be called absent.
    pub so_far: Box<DirectoryObjects>,
    /// Why it broke off.
    #[source]
    pub cause: SourceError,
}

fn extent(objects: usize) -> String {
    match objects {
        0 => "the directory could not be read".to_owned(),
        1 => "the directory was read in part only, 1 object".to_owned(),
        objects => format!("the directory was read in part only, {objects} objects"),
    }
}
