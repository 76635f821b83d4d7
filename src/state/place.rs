//! Where the records lie, and that nobody else can read them.
//!
//! What is in the file is not known here.

use std::fs::{DirBuilder, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use super::StateError;

/// File name of the database.
const FILE: &str = "state.db";

/// The file below a folder.
pub(super) fn file(folder: &Path) -> PathBuf {
    folder.join(FILE)
}

/// Makes folder and file, for their owner alone; SQLite gives its journal the mode of its file.
pub(super) fn prepare(folder: &Path) -> Result<PathBuf, StateError> {
    make_folder(folder).map_err(|cause| StateError::MakeFolder { path: folder.to_owned(), cause })?;
    let path = file(folder);
    make_file(&path).map_err(|cause| StateError::MakeFile { path: path.clone(), cause })?;
    Ok(path)
}

/// A folder that was there stays as it is: somebody else decided about it.
fn make_folder(folder: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

fn make_file(path: &Path) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Ok(_) => Ok(()),
        Err(cause) if cause.kind() == io::ErrorKind::AlreadyExists => {
            narrow(path);
            Ok(())
        }
        Err(cause) => Err(cause),
    }
}

/// Takes rights from others that a file of an older version, or a copy, gave them. Where that is not
/// possible, as on a file system without modes, the file is used all the same.
#[cfg(unix)]
fn narrow(path: &Path) {
    use std::os::unix::fs::PermissionsExt as _;
    if let Ok(metadata) = std::fs::metadata(path)
        && metadata.permissions().mode() & 0o077 != 0
    {
        let _impossible_here = std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600));
    }
}

#[cfg(not(unix))]
const fn narrow(_: &Path) {}
