//! Which commit a directory of manifests is at, and who makes commits there, by asking `git`.
//!
//! Without git, or outside of a repository, there is no answer, and that is no error.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::manifest::Provenance;

/// The commit of a directory, and whether files in it differ from that commit.
pub fn provenance(directory: &Path) -> Provenance {
    let folder = if directory.is_file() { directory.parent().unwrap_or(directory) } else { directory };
    let commit = git(folder, &["rev-parse", "--short", "HEAD"]).filter(|it| !it.is_empty());
    let dirty = commit.is_some()
        && git(folder, &["status", "--porcelain", "--", "."]).is_none_or(|it| !it.is_empty());
    Provenance { commit, dirty }
}

/// The mail address under which commits of this folder are made.
pub fn author(folder: &Path) -> Option<String> {
    git(folder, &["config", "user.email"]).filter(|it| !it.is_empty())
}

/// What a git command prints; `None` if it fails. It asks nobody and takes no lock.
fn git(folder: &Path, arguments: &[&str]) -> Option<String> {
    // An empty path is the current folder to everybody but git.
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let output = Command::new("git")
        .arg("--no-optional-locks")
        .arg("-C")
        .arg(folder)
        .args(arguments)
        .env("GIT_TERMINAL_PROMPT", "0")
        .stdin(Stdio::null())
        .output()
        .ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
