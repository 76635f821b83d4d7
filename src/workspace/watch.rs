//! Says that something below a folder of manifests may have changed.
//!
//! What changed is not known here: whoever is told reads all of it again. A file system that tells nobody, as some over
//! a network do, is no error either: everything is read again now and then.

use std::path::{Path, PathBuf};

use notify::{EventKind, RecommendedWatcher, RecursiveMode, Watcher as _};
use tokio::sync::watch;

use super::find;

/// Watches for as long as it is kept.
#[derive(Debug)]
pub struct Watcher {
    events: watch::Receiver<u64>,
    _watcher: RecommendedWatcher,
}

/// A folder that cannot be watched.
#[derive(Debug, thiserror::Error)]
#[error("{} cannot be watched for changes", path.display())]
pub struct WatchError {
    /// Folder.
    path: PathBuf,
    /// Cause.
    #[source]
    source: notify::Error,
}

impl Watcher {
    /// Begins to watch a folder, or a single manifest.
    pub fn begin(path: &Path) -> Result<Self, WatchError> {
        let failed = |source| WatchError { path: path.to_owned(), source };
        let path = path.canonicalize().map_err(|cause| failed(notify::Error::io(cause)))?;
        // An editor replaces a file by another one, which is not watched then: its folder is.
        let folder = path.parent().filter(|_| path.is_file()).unwrap_or(&path).to_owned();
        let (count, events) = watch::channel(0);
        let below = folder.clone();
        let heard = move |event: notify::Result<notify::Event>| {
            // An error says that events were lost: then something may have changed, too.
            if event.as_ref().map_or(true, |it| concerns_manifests(it, &below)) {
                count.send_modify(|it| *it += 1);
            }
        };
        let mut watcher = notify::recommended_watcher(heard).map_err(failed)?;
        watcher.watch(&folder, RecursiveMode::Recursive).map_err(failed)?;
        Ok(Self { events, _watcher: watcher })
    }

    /// Waits until something may have changed since the last time.
    pub async fn changed(&mut self) {
        if self.events.changed().await.is_err() {
            // Nobody tells any more.
            std::future::pending::<()>().await;
        }
    }
}

/// Manifests below a folder, and folders in which there may be some; not what is read, nor what git and samesign write
/// beside them.
fn concerns_manifests(event: &notify::Event, below: &Path) -> bool {
    let is_hidden = |it: &Path| it.components().any(|part| find::is_hidden(part.as_os_str().as_ref()));
    let may_be = |it: &Path| find::is_manifest(it) || it.extension().is_none();
    let concerns = |it: &PathBuf| it.strip_prefix(below).is_ok_and(|it| !is_hidden(it) && may_be(it));
    match event.kind {
        EventKind::Access(_) => false,
        EventKind::Any
        | EventKind::Create(_)
        | EventKind::Modify(_)
        | EventKind::Remove(_)
        | EventKind::Other => event.paths.is_empty() || event.paths.iter().any(concerns),
    }
}
