//! Why there is no version of the manifests to compare with, and what to do about it.
//!
//! What is wrong inside of the files is not among it.

use std::path::PathBuf;

/// Why the manifests of a revision cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum HistoryError {
    /// The program `git` cannot be run.
    #[error("cannot run `git`, which knows the earlier manifests")]
    Git(#[source] std::io::Error),
    /// The manifests are in no repository that git accepts.
    #[error("`{}` is in no git repository: {said}", folder.display())]
    NoRepository {
        /// Folder.
        folder: PathBuf,
        /// What git says.
        said: String,
    },
    /// The repository does not have the revision.
    #[error("the repository has no revision `{revision}`")]
    Revision {
        /// As it was asked for.
        revision: String,
        /// Whether the clone has only the newest commits.
        shallow: bool,
    },
    /// The revision does not have the manifests.
    #[error("`{}` at revision `{revision}` {what}", directory.display())]
    Missing {
        /// Directory of manifests.
        directory: PathBuf,
        /// As it was asked for.
        revision: String,
        /// What is there instead.
        what: &'static str,
    },
    /// It is too large to be a directory of manifests.
    #[error("`{}` at revision `{revision}` has {what}; is it the right directory?", directory.display())]
    TooLarge {
        /// Directory of manifests.
        directory: PathBuf,
        /// As it was asked for.
        revision: String,
        /// What it has too much of.
        what: String,
    },
    /// Objects are missing or damaged.
    #[error("cannot read the manifests of commit {commit}: {what}")]
    Read {
        /// Commit.
        commit: String,
        /// What failed.
        what: &'static str,
    },
}

impl HistoryError {
    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Git(_) => Some("install git, or put it into PATH".to_owned()),
            Self::NoRepository { said, .. } if said.contains("dubious ownership") => {
                Some("`git config --global --add safe.directory FOLDER` says that you trust it".to_owned())
            }
            Self::NoRepository { .. } => {
                Some("--against compares with a commit: put the manifests into git".to_owned())
            }
            Self::Revision { revision, shallow: true } if revision.contains(['~', '^', '@', ':', ' ']) => {
                Some("this clone is shallow: `git fetch --unshallow` brings its history".to_owned())
            }
            Self::Revision { revision, shallow: true } => {
                let branch = revision.strip_prefix("origin/").unwrap_or(revision);
                Some(format!(
                    "this clone is shallow: `git fetch --depth=1 origin {branch}` and --against FETCH_HEAD, or \
                     `git fetch --unshallow`"
                ))
            }
            Self::Revision { revision, shallow: false } => Some(match revision.strip_prefix("origin/") {
                Some(branch) => format!("`git fetch origin {branch}` may bring it"),
                None => "give a commit, a tag or a branch, such as origin/main or HEAD~1".to_owned(),
            }),
            Self::Missing { .. } => Some(
                "if the folder is new or was renamed there is nothing to compare with; `samesign plan` shows \
                 what the manifests do"
                    .to_owned(),
            ),
            Self::TooLarge { .. } => None,
            Self::Read { .. } => {
                Some("a partial clone lacks objects: `git fetch --refetch`, or clone without a filter".to_owned())
            }
        }
    }
}
