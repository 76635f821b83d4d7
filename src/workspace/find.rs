//! Which files below a directory are manifests: `*.yaml` and `*.yml`, hidden names left out.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::WorkspaceError;

/// Most entries that are looked at; a policy repository has hundreds.
pub(super) const ENTRIES_MAX: usize = 100_000;
/// Most manifests.
pub(super) const FILES_MAX: usize = 10_000;
/// Deepest folder.
pub(super) const DEPTH_MAX: usize = 32;

/// The manifests below a directory, sorted; or the file itself if it is one.
pub(super) fn manifests(root: &Path) -> Result<Vec<PathBuf>, WorkspaceError> {
    let open = |source| WorkspaceError::Open { path: root.to_owned(), source };
    if std::fs::metadata(root).map_err(open)?.is_file() {
        return Ok(vec![root.to_owned()]);
    }
    let mut walk = Walk { root, seen: BTreeSet::new(), entries: 0, found: Vec::new() };
    walk.folder(root, 0)?;
    walk.found.sort();
    Ok(walk.found)
}

/// Whether a name of a file or folder begins with a dot.
pub(super) fn is_hidden(name: &Path) -> bool {
    name.to_string_lossy().starts_with('.')
}

/// Whether a path is named like a manifest.
pub(super) fn is_manifest(path: &Path) -> bool {
    path.extension().is_some_and(|it| it.eq_ignore_ascii_case("yaml") || it.eq_ignore_ascii_case("yml"))
}

struct Walk<'a> {
    root: &'a Path,
    /// Real paths of folders, so that a link to a folder above ends.
    seen: BTreeSet<PathBuf>,
    entries: usize,
    found: Vec<PathBuf>,
}

impl Walk<'_> {
    fn folder(&mut self, folder: &Path, depth: usize) -> Result<(), WorkspaceError> {
        let failed = |source| WorkspaceError::List { path: folder.to_owned(), source };
        if DEPTH_MAX < depth {
            return Err(self.too_large(format!("folders more than {DEPTH_MAX} deep")));
        }
        if !self.seen.insert(folder.canonicalize().map_err(failed)?) {
            return Ok(());
        }
        for entry in std::fs::read_dir(folder).map_err(failed)? {
            let path = entry.map_err(failed)?.path();
            self.entries += 1;
            if ENTRIES_MAX < self.entries {
                return Err(self.too_large(format!("more than {ENTRIES_MAX} files")));
            }
            self.entry(path, depth)?;
        }
        Ok(())
    }

    /// A link whose target is gone is passed over, unless it is named like a manifest.
    fn entry(&mut self, path: PathBuf, depth: usize) -> Result<(), WorkspaceError> {
        if path.file_name().is_some_and(|it| is_hidden(it.as_ref())) {
            return Ok(());
        }
        let is_manifest = is_manifest(&path);
        match std::fs::metadata(&path) {
            Ok(metadata) if metadata.is_dir() => self.folder(&path, depth + 1),
            // Neither a pipe nor a device: reading these could wait for ever.
            Ok(metadata) if !metadata.is_file() => Ok(()),
            Ok(_) | Err(_) if !is_manifest => Ok(()),
            Ok(_) | Err(_) if FILES_MAX <= self.found.len() => {
                Err(self.too_large(format!("more than {FILES_MAX} manifests")))
            }
            Ok(_) | Err(_) => {
                self.found.push(path);
                Ok(())
            }
        }
    }

    fn too_large(&self, what: String) -> WorkspaceError {
        WorkspaceError::TooLarge { path: self.root.to_owned(), what }
    }
}
