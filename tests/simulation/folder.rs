//! The files of a simulated world: manifests, the export of the directory, records. In memory, where that can be had.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use jiff::Timestamp;
use tempfile::TempDir;

pub(crate) struct Folder(TempDir);

impl Folder {
    pub(crate) fn new() -> Self {
        let memory = Path::new("/dev/shm");
        let made = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() };
        let folder = Self(made.unwrap());
        std::fs::create_dir(folder.manifests()).unwrap();
        folder
    }

    pub(crate) fn manifests(&self) -> PathBuf {
        self.0.path().join("policy")
    }

    pub(crate) fn records(&self) -> PathBuf {
        self.0.path().join("state")
    }

    pub(crate) fn export(&self) -> PathBuf {
        self.manifests().join("corp.ldif")
    }

    /// A file among the manifests, as whole as if it was always there.
    #[expect(clippy::disallowed_methods, reason = "tests write what the program reads")]
    pub(crate) fn write(&self, name: &str, text: &str, now: Timestamp) {
        let draft = self.0.path().join("draft");
        std::fs::write(&draft, text).unwrap();
        // Two of the same length within one tick of the machine's clock are told apart by this.
        let modified = SystemTime::UNIX_EPOCH + Duration::try_from(now.as_duration()).unwrap();
        File::options().write(true).open(&draft).unwrap().set_modified(modified).unwrap();
        std::fs::rename(&draft, self.manifests().join(name)).unwrap();
    }

    pub(crate) fn remove_export(&self) {
        drop(std::fs::remove_file(self.export()));
    }
}
