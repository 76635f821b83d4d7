//! What `git` says about a directory of manifests, by asking the program.
//!
//! It asks nobody, takes no lock, fetches nothing and writes nothing.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::manifest::Provenance;

/// The commit of a directory, and whether files in it differ from that commit.
///
/// Without git, or outside of a repository, there is no answer, and that is no error.
pub fn provenance(directory: &Path) -> Provenance {
    let folder = folder_of(directory);
    let commit = git(folder, &["rev-parse", "--short", "HEAD"]).filter(|it| !it.is_empty());
    let dirty = commit.is_some()
        && git(folder, &["status", "--porcelain", "--", "."]).is_none_or(|it| !it.is_empty());
    Provenance { commit, dirty }
}

/// The mail address under which commits of this folder are made.
pub fn author(folder: &Path) -> Option<String> {
    git(folder, &["config", "user.email"]).filter(|it| !it.is_empty())
}

/// The folder itself, or the one that a file lies in.
pub(super) fn folder_of(directory: &Path) -> &Path {
    if directory.is_file() { directory.parent().unwrap_or(directory) } else { directory }
}

/// What a git command prints; `None` if it fails.
pub(super) fn git(folder: &Path, arguments: &[&str]) -> Option<String> {
    let output = command(folder, arguments).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// A git command, ready to be started.
pub(super) fn command(folder: &Path, arguments: &[&str]) -> Command {
    // An empty path is the current folder to everybody but git.
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let mut command = Command::new("git");
    command
        .arg("--no-optional-locks")
        .arg("-C")
        .arg(folder)
        .args(arguments)
        .env("GIT_TERMINAL_PROMPT", "0")
        // A clone without all objects would fetch them from its server.
        .env("GIT_NO_LAZY_FETCH", "1")
        .stdin(Stdio::null());
    command
}
