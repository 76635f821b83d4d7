//! The directory of manifests on disk: found, read within limits, and placed in the history of git.
//!
//! What the files mean is the business of `manifest`.

mod find;
mod git;
mod history;
mod history_error;
mod watch;

pub use self::git::{author, provenance};
pub use self::history::{Version, load_version};
pub use self::history_error::HistoryError;
pub use self::watch::{WatchError, Watcher};

use std::io::Read as _;
use std::path::{Path, PathBuf};

use crate::manifest::yaml::BYTES_MAX;
use crate::manifest::{InputContent, InputFile, Loaded};

/// Most bytes of all manifests together.
const TOTAL_BYTES_MAX: u64 = 64 << 20;

/// Why a directory of manifests cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum WorkspaceError {
    /// It does not exist, or cannot be entered.
    #[error("cannot read the manifests in `{}`", path.display())]
    Open {
        /// Directory.
        path: PathBuf,
        /// Cause.
        #[source]
        source: std::io::Error,
    },
    /// A directory below it cannot be listed.
    #[error("cannot list `{}`", path.display())]
    List {
        /// Directory.
        path: PathBuf,
        /// Cause.
        #[source]
        source: std::io::Error,
    },
    /// There is nothing to read.
    #[error("there is no manifest (`*.yaml` or `*.yml`) in `{}`; `samesign init` writes one", path.display())]
    Empty {
        /// Directory.
        path: PathBuf,
    },
    /// It is too large to be a directory of manifests.
    #[error("`{}` has {what}; is it the right directory?", path.display())]
    TooLarge {
        /// Directory.
        path: PathBuf,
        /// What it has too much of.
        what: String,
    },
}

/// Finds, reads and lowers the manifests of a directory.
///
/// # Errors
/// The directory cannot be read at all. What is wrong inside of files is among the findings.
pub fn load(directory: &Path) -> Result<Loaded, WorkspaceError> {
    Ok(crate::manifest::load(read(directory)?, &provenance(directory)))
}

/// Finds and reads the manifests of a directory, sorted by path.
pub fn read(directory: &Path) -> Result<Vec<InputFile>, WorkspaceError> {
    let paths = find::manifests(directory)?;
    if paths.is_empty() {
        return Err(WorkspaceError::Empty { path: directory.to_owned() });
    }
    let mut total: u64 = 0;
    let mut files = Vec::with_capacity(paths.len());
    for path in paths {
        let content = read_file(&path);
        if let InputContent::Bytes(bytes) = &content {
            total += bytes.len() as u64;
        }
        if TOTAL_BYTES_MAX < total {
            let what = format!("more than {} MB of YAML", TOTAL_BYTES_MAX >> 20);
            return Err(WorkspaceError::TooLarge { path: directory.to_owned(), what });
        }
        files.push(InputFile { path, content });
    }
    Ok(files)
}

/// One file; a large one is not read at all, and never more than one byte beyond the limit is.
fn read_file(path: &Path) -> InputContent {
    let read = || -> std::io::Result<InputContent> {
        #[expect(clippy::disallowed_methods, reason = "workspace is the adapter that reads manifests")]
        let file = std::fs::File::open(path)?;
        let length = file.metadata()?.len();
        if (BYTES_MAX as u64) < length {
            return Ok(InputContent::TooLarge(length));
        }
        let mut bytes = Vec::new();
        file.take(BYTES_MAX as u64 + 1).read_to_end(&mut bytes)?;
        Ok(InputContent::Bytes(bytes))
    };
    read().unwrap_or_else(|error| InputContent::Unreadable(error.to_string()))
}
