//! Where the records lie, and that nobody else can read them.
//!
//! What is in the file is not known here.

use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};

use super::StateError;

/// File name of the database.
const FILE: &str = "state.db";
/// File name of what the writer locks. The system lets go of it when the process ends, however it ends.
const LOCK: &str = "state.lock";
/// Old records that are kept beside what was put in their place.
const KEPT_MAX: u32 = 100;
/// A number of a process has at most so many digits.
const PROCESS_DIGITS_MAX: u64 = 20;

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

/// Whoever writes the records; letting go of it lets the next one write.
#[derive(Debug)]
pub(super) struct Lock(#[expect(dead_code, reason = "it is held, not used")] File);

/// Locks the records below a folder that is there.
///
/// # Errors
/// [`StateError::InUse`] if another process has locked them.
pub(super) fn lock(folder: &Path) -> Result<Lock, StateError> {
    let path = folder.join(LOCK);
    let failed = |cause| StateError::MakeFile { path: path.clone(), cause };
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut lock = options.open(&path).map_err(failed)?;
    match lock.try_lock() {
        Ok(()) => (),
        Err(TryLockError::WouldBlock) => {
            return Err(StateError::InUse { path: file(folder), by: holder(lock) });
        }
        Err(TryLockError::Error(cause)) => return Err(failed(cause)),
    }
    // Only for the words of whoever is refused.
    let noted = lock.set_len(0).and_then(|()| lock.rewind()).and_then(|()| {
        let number = std::process::id().to_string();
        lock.write_all(number.as_bytes())
    });
    noted.map_err(failed)?;
    Ok(Lock(lock))
}

/// The number of the process that has locked the records, if it has written it down.
fn holder(lock: File) -> Option<u32> {
    let mut text = String::new();
    lock.take(PROCESS_DIGITS_MAX).read_to_string(&mut text).ok()?;
    text.trim().parse().ok()
}

/// Makes a file that is not there yet, for its owner alone.
///
/// # Errors
/// It is there, or cannot be made.
pub(super) fn make_new(path: &Path) -> Result<(), StateError> {
    let made = new_file(path);
    made.map_err(|cause| StateError::MakeFile { path: path.to_owned(), cause })
}

/// Moves the records out of the way, with what SQLite left beside them: an old journal would be played back into
/// whatever comes in their place.
pub(super) fn set_aside(folder: &Path) -> io::Result<PathBuf> {
    let mut free =
        (1..=KEPT_MAX).map(|it| folder.join(format!("{FILE}.before-{it}"))).filter(|it| !it.exists());
    let kept =
        free.next().ok_or_else(|| io::Error::other(format!("{KEPT_MAX} old ones are kept: delete some")))?;
    for beside in ["-journal", "-wal", "-shm"] {
        match std::fs::rename(folder.join(format!("{FILE}{beside}")), with_suffix(&kept, beside)) {
            Err(cause) if cause.kind() != io::ErrorKind::NotFound => return Err(cause),
            Ok(()) | Err(_) => (),
        }
    }
    std::fs::rename(file(folder), &kept)?;
    Ok(kept)
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// A folder that was there stays as it is: somebody else decided about it.
fn make_folder(folder: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

fn new_file(path: &Path) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop)
}

fn make_file(path: &Path) -> io::Result<()> {
    match new_file(path) {
        Ok(()) => Ok(()),
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
pub(super) fn narrow(path: &Path) {
    use std::os::unix::fs::PermissionsExt as _;
    if let Ok(metadata) = std::fs::metadata(path)
        && metadata.permissions().mode() & 0o077 != 0
    {
        let _impossible_here = std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600));
    }
}

#[cfg(not(unix))]
pub(super) const fn narrow(_: &Path) {}
