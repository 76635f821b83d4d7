//! The manifests as they were at a revision, from the objects of git: nothing is checked out.
//!
//! Symbolic links and sub-modules are not followed. What is on disk now is not looked at.

use std::io::{BufRead, BufReader, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Stdio};
use std::sync::Arc;

use crate::manifest::yaml::BYTES_MAX;
use crate::manifest::{Diagnostic, InputContent, InputFile, Loaded, Provenance, Source, load_beside};

use super::find::{DEPTH_MAX, ENTRIES_MAX, FILES_MAX, is_hidden, is_manifest};
use super::git::{command, folder_of, git};
use super::{TOTAL_BYTES_MAX, history_error::HistoryError};

/// Most bytes of one line of `git ls-tree`.
const ENTRY_BYTES_MAX: u64 = 16 << 10;

/// The manifests of a directory at a revision.
#[derive(Clone, Debug)]
pub struct Version {
    /// The revision as it was asked for.
    pub revision: String,
    /// Its commit, short.
    pub commit: String,
    /// What they say.
    pub loaded: Loaded,
    /// Links and sub-modules: what they lead to is not part of it.
    pub not_followed: Vec<String>,
}

/// Loads the manifests of a directory as they were at a revision, beside those that it has now.
///
/// # Errors
/// There is no such version. What is wrong inside of files is among the findings, under `REV:path`.
pub fn load_version(directory: &Path, revision: &str, now: &Loaded) -> Result<Version, HistoryError> {
    let place = Place::find(directory, revision)?;
    let listing = place.list()?;
    if listing.manifests.is_empty() {
        return Err(place.missing("has no manifest (`*.yaml` or `*.yml`)"));
    }
    let files = place.read(&listing.manifests)?;
    let provenance = Provenance { commit: Some(place.short.clone()), dirty: false };
    let mut loaded = load_beside(now, files, &provenance);
    name_version(&mut loaded.findings, revision);
    Ok(Version {
        revision: revision.to_owned(),
        commit: place.short,
        loaded,
        not_followed: listing.not_followed,
    })
}

/// Findings are about files of the revision, and say so.
fn name_version(findings: &mut [Diagnostic], revision: &str) {
    let mut moved: Vec<(Arc<Source>, Arc<Source>)> = Vec::new();
    let mut rename = |file: &mut Arc<Source>| {
        let known = moved.iter().find(|it| Arc::ptr_eq(&it.0, file)).map(|it| Arc::clone(&it.1));
        let renamed = known.unwrap_or_else(|| {
            let path = format!("{revision}:{}", file.path.display());
            let renamed = Arc::new(file.moved(PathBuf::from(path)));
            moved.push((Arc::clone(file), Arc::clone(&renamed)));
            renamed
        });
        *file = renamed;
    };
    for finding in findings {
        rename(&mut finding.file);
        finding.related.iter_mut().for_each(|it| rename(&mut it.file));
    }
}

/// A directory at a commit.
struct Place<'a> {
    directory: &'a Path,
    folder: &'a Path,
    revision: &'a str,
    commit: String,
    short: String,
    /// `COMMIT:path/in/the/repository`.
    tree: String,
    /// Whether the directory is a single file.
    is_file: bool,
}

/// A file of the tree.
struct Entry {
    id: String,
    bytes: u64,
    path: PathBuf,
}

#[derive(Default)]
struct Listing {
    manifests: Vec<Entry>,
    not_followed: Vec<String>,
}

impl<'a> Place<'a> {
    fn find(directory: &'a Path, revision: &'a str) -> Result<Self, HistoryError> {
        let folder = folder_of(directory);
        let prefix = prefix(folder)?;
        let name = format!("{revision}^{{commit}}");
        let commit = git(folder, &["rev-parse", "--verify", "--quiet", "--end-of-options", &name])
            .filter(|it| !it.is_empty() && it.bytes().all(|it| it.is_ascii_hexdigit()));
        let Some(commit) = commit else {
            let shallow =
                git(folder, &["rev-parse", "--is-shallow-repository"]).is_some_and(|it| it == "true");
            return Err(HistoryError::Revision { revision: revision.to_owned(), shallow });
        };
        let short = git(folder, &["rev-parse", "--short", &commit]).unwrap_or_else(|| commit.clone());
        let is_file = directory.is_file();
        let mut path = prefix;
        if is_file && let Some(name) = directory.file_name() {
            path += &name.to_string_lossy();
        }
        let tree = format!("{commit}:{}", path.trim_end_matches('/'));
        let place = Self { directory, folder, revision, commit, short, tree, is_file };
        place.check()
    }

    /// Makes sure that what is a folder now was one then.
    fn check(self) -> Result<Self, HistoryError> {
        let wanted = if self.is_file { "blob" } else { "tree" };
        match git(self.folder, &["cat-file", "-t", &self.tree]).as_deref() {
            Some(found) if found == wanted => Ok(self),
            Some(_) => Err(self.missing("was a file then and is a folder now, or the other way round")),
            None if self.is_sub_module() => Err(self.missing("is a sub-module there, which is not followed")),
            None => Err(self.missing("is not there")),
        }
    }

    /// A sub-module is a commit that another repository has.
    fn is_sub_module(&self) -> bool {
        let Some((commit, path)) = self.tree.split_once(':') else { return false };
        let arguments = ["--literal-pathspecs", "ls-tree", "--full-tree", commit, "--", path];
        git(self.folder, &arguments).is_some_and(|it| it.starts_with("160000 "))
    }

    fn missing(&self, what: &'static str) -> HistoryError {
        let directory = self.directory.to_owned();
        HistoryError::Missing { directory, revision: self.revision.to_owned(), what }
    }

    fn too_large(&self, what: String) -> HistoryError {
        let directory = self.directory.to_owned();
        HistoryError::TooLarge { directory, revision: self.revision.to_owned(), what }
    }

    fn broken(&self, what: &'static str) -> HistoryError {
        HistoryError::Read { commit: self.commit.clone(), what }
    }

    fn start(&self, arguments: &[&str], input: Stdio) -> Result<Child, HistoryError> {
        let mut command = command(self.folder, arguments);
        let child = command.stdin(input).stdout(Stdio::piped()).stderr(Stdio::null()).spawn();
        child.map_err(HistoryError::Git)
    }

    /// The manifests of the tree, by path.
    fn list(&self) -> Result<Listing, HistoryError> {
        if self.is_file {
            let id = git(self.folder, &["rev-parse", "--verify", "--quiet", &self.tree]);
            let bytes = git(self.folder, &["cat-file", "-s", &self.tree]).and_then(|it| it.parse().ok());
            let (Some(id), Some(bytes)) = (id, bytes) else { return Err(self.missing("is not there")) };
            let manifests = vec![Entry { id, bytes, path: self.directory.to_owned() }];
            return Ok(Listing { manifests, not_followed: Vec::new() });
        }
        let mut child =
            self.start(&["ls-tree", "-r", "-z", "-l", "--full-tree", &self.tree], Stdio::null())?;
        let listing = child.stdout.take().map_or_else(
            || Err(self.broken("`git ls-tree` has no output")),
            |out| self.entries(BufReader::new(out)),
        );
        if listing.is_err() {
            let _already_ended = child.kill();
        }
        let ended = child.wait().map_err(HistoryError::Git)?;
        let mut listing = listing?;
        if !ended.success() {
            return Err(self.broken("`git ls-tree` failed"));
        }
        listing.manifests.sort_by(|one, other| one.path.cmp(&other.path));
        Ok(listing)
    }

    fn entries(&self, mut lines: impl BufRead) -> Result<Listing, HistoryError> {
        let mut listing = Listing::default();
        let mut total: u64 = 0;
        for seen in 0.. {
            let mut line = Vec::new();
            let read = lines.by_ref().take(ENTRY_BYTES_MAX).read_until(0, &mut line);
            if read.map_err(HistoryError::Git)? == 0 {
                break;
            }
            if seen == ENTRIES_MAX {
                return Err(self.too_large(format!("more than {ENTRIES_MAX} files")));
            }
            total += self.entry(&mut listing, line.strip_suffix(&[0]).unwrap_or(&line))?;
            if TOTAL_BYTES_MAX < total {
                return Err(self.too_large(format!("more than {} MB of YAML", TOTAL_BYTES_MAX >> 20)));
            }
        }
        Ok(listing)
    }

    /// One line: mode, type, id and size, a tab, and the path. Gives the bytes that will be read.
    fn entry(&self, listing: &mut Listing, line: &[u8]) -> Result<u64, HistoryError> {
        let unreadable = || self.broken("`git ls-tree` prints something unknown");
        let line = String::from_utf8_lossy(line);
        let (head, path) = line.split_once('\t').ok_or_else(unreadable)?;
        let [mode, _kind, id, size] =
            <[&str; 4]>::try_from(head.split_whitespace().collect::<Vec<_>>()).map_err(|_| unreadable())?;
        let path = Path::new(path);
        if path.iter().any(|it| is_hidden(it.as_ref())) {
            return Ok(0);
        }
        // The mode says what it is: a link is a blob with a path in it (git-fast-import(1), "Input Format").
        if matches!(mode, "120000" | "160000") {
            listing.not_followed.push(path.display().to_string());
            return Ok(0);
        }
        if !is_manifest(path) {
            return Ok(0);
        }
        if DEPTH_MAX < path.iter().count() {
            return Err(self.too_large(format!("folders more than {DEPTH_MAX} deep")));
        }
        if FILES_MAX <= listing.manifests.len() {
            return Err(self.too_large(format!("more than {FILES_MAX} manifests")));
        }
        let bytes: u64 = size.parse().map_err(|_| unreadable())?;
        listing.manifests.push(Entry { id: id.to_owned(), bytes, path: self.directory.join(path) });
        Ok(if bytes <= BYTES_MAX as u64 { bytes } else { 0 })
    }

    /// The contents, by one `git cat-file`.
    fn read(&self, entries: &[Entry]) -> Result<Vec<InputFile>, HistoryError> {
        let mut child = self.start(&["cat-file", "--batch"], Stdio::piped())?;
        let (Some(mut input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(self.broken("`git cat-file` has no input or output"));
        };
        let small = |it: &&Entry| it.bytes <= BYTES_MAX as u64;
        let ids: String = entries.iter().filter(small).flat_map(|it| [it.id.as_str(), "\n"]).collect();
        // git answers while it is asked: whoever only asks first waits for ever once both pipes are full.
        let asking = std::thread::spawn(move || input.write_all(ids.as_bytes()));
        let files = self.contents(entries, BufReader::new(output));
        if files.is_err() {
            let _already_ended = child.kill();
        }
        child.wait().map_err(HistoryError::Git)?;
        // If git went away early, the answers are missing, and that was noticed.
        let _unanswered = asking.join();
        files
    }

    fn contents(
        &self,
        entries: &[Entry],
        mut output: BufReader<ChildStdout>,
    ) -> Result<Vec<InputFile>, HistoryError> {
        let mut files = Vec::with_capacity(entries.len());
        for Entry { id, bytes, path } in entries {
            let content = if *bytes <= BYTES_MAX as u64 {
                let answer = format!("{id} blob {bytes}\n");
                // The content, and a line break after it.
                let mut buffer = vec![0; answer.len()];
                let mut content = vec![0; usize::try_from(*bytes).unwrap_or(BYTES_MAX) + 1];
                let read = output.read_exact(&mut buffer).and_then(|()| output.read_exact(&mut content));
                if read.is_err() || buffer != answer.as_bytes() {
                    return Err(self.broken("`git cat-file` does not give an object of this commit"));
                }
                content.pop();
                InputContent::Bytes(content)
            } else {
                InputContent::TooLarge(*bytes)
            };
            files.push(InputFile { path: path.clone(), content });
        }
        Ok(files)
    }
}

/// The path of a folder below the top of its repository, with a slash at the end; empty at the top.
fn prefix(folder: &Path) -> Result<String, HistoryError> {
    let output = command(folder, &["rev-parse", "--show-prefix"]).output().map_err(HistoryError::Git)?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        let said = said.lines().next().unwrap_or_default().trim_start_matches("fatal: ").to_owned();
        return Err(HistoryError::NoRepository { folder: folder.to_owned(), said });
    }
    let text = String::from_utf8_lossy(&output.stdout);
    Ok(text.strip_suffix('\n').unwrap_or(&text).to_owned())
}
