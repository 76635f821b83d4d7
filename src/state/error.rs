//! Why the records cannot be used, in words for whoever keeps them.
//!
//! What to do about each is said here; when it happens is the business of the callers.

use std::io::ErrorKind;
use std::path::PathBuf;

use rusqlite::ErrorCode;

const MAKE_ROOM: &str = "look at the disk that it is on, and make room there: nothing new is begun while it cannot be \
                         recorded, and the next run goes on";
const LET_WRITE: &str = "make it and its folder writable for the account that samesign runs as, or name another folder \
                         with --state";

/// Why the records cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// The folder cannot be made.
    #[error("cannot make the state folder {}", path.display())]
    MakeFolder {
        /// Folder.
        path: PathBuf,
        /// Cause.
        #[source]
        cause: std::io::Error,
    },
    /// The file cannot be made.
    #[error("cannot make {}", path.display())]
    MakeFile {
        /// File.
        path: PathBuf,
        /// Cause.
        #[source]
        cause: std::io::Error,
    },
    /// Another process uses it.
    #[error("{} is in use by another samesign process{}; wait for it, or give this one its own --state", path.display(), number(*by))]
    InUse {
        /// File.
        path: PathBuf,
        /// Number of the process, if it has written it down.
        by: Option<u32>,
    },
    /// It was written by a newer version.
    #[error("{} has schema version {found}, this samesign knows up to {known}: use a newer samesign", path.display())]
    TooNew {
        /// File.
        path: PathBuf,
        /// Version in the file.
        found: usize,
        /// Latest known version.
        known: usize,
    },
    /// SQLite failed.
    #[error("cannot {doing} {}", path.display())]
    Database {
        /// What was being done.
        doing: &'static str,
        /// File.
        path: PathBuf,
        /// Cause.
        #[source]
        cause: rusqlite::Error,
    },
    /// It is no whole copy.
    #[error("{} is no whole copy of records: {what}; nothing was changed", path.display())]
    NoCopy {
        /// File.
        path: PathBuf,
        /// What was found.
        what: String,
    },
    /// A value in it makes no sense.
    #[error("{} is damaged: {what}; move it away, it is rebuilt from the tenant and removes nobody meanwhile", path.display())]
    Damaged {
        /// File.
        path: PathBuf,
        /// What was found.
        what: String,
    },
}

impl StateError {
    /// What a person can do about it, where its words do not say so.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::MakeFolder { cause, .. } | Self::MakeFile { cause, .. } => {
                let kind = cause.kind();
                if matches!(kind, ErrorKind::StorageFull | ErrorKind::QuotaExceeded) {
                    return Some(MAKE_ROOM);
                }
                let is_forbidden =
                    matches!(kind, ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem);
                is_forbidden.then_some(LET_WRITE)
            }
            Self::Database { cause, .. } => match cause.sqlite_error_code() {
                Some(ErrorCode::DiskFull | ErrorCode::SystemIoFailure) => Some(MAKE_ROOM),
                Some(ErrorCode::ReadOnly | ErrorCode::CannotOpen | ErrorCode::PermissionDenied) => {
                    Some(LET_WRITE)
                }
                _ => None,
            },
            Self::InUse { .. } | Self::TooNew { .. } | Self::NoCopy { .. } | Self::Damaged { .. } => None,
        }
    }
}

fn number(process: Option<u32>) -> String {
    process.map_or_else(String::new, |it| format!(" (pid {it})"))
}
