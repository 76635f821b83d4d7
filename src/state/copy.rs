//! Copies of the records: made while somebody writes them, looked through, and put back.
//!
//! A copy is checked before it counts, on the way out and on the way in.

use std::fs;
use std::path::{Path, PathBuf};

use rusqlite::backup::Backup;
use rusqlite::{Connection, OpenFlags, Transaction};

use super::{BUSY_TIMEOUT, State, StateError, failure, place, schema};

/// Pages of the database that are copied at once; whoever writes can go on in between.
const PAGES_AT_ONCE: i32 = 1_000;
/// Of what is wrong, so much is said.
const PROBLEMS_MAX: u32 = 20;

/// What records hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Census {
    /// Version of the tables.
    pub version: usize,
    /// Links between both sides, of all policies.
    pub links: u32,
    /// Runs that are remembered.
    pub runs: u32,
    /// Creations that were begun, and of which nobody has seen what came.
    pub intents: u32,
}

impl State {
    /// Writes a copy to a file that is not there yet; its owner alone can read it.
    ///
    /// # Errors
    /// The file is there, or cannot be written, or the records are damaged.
    pub fn back_up(&self, to: &Path) -> Result<Census, StateError> {
        place::make_new(to)?;
        let copied = self.copy_to(to).and_then(|()| inspect(to));
        if copied.is_err() {
            // Half a copy would be taken for a whole one.
            let _stays_if_it_must = fs::remove_file(to);
        }
        copied
    }

    fn copy_to(&self, to: &Path) -> Result<(), StateError> {
        let failed = failure("copy to", to);
        let copy = || {
            let mut target = Connection::open(to)?;
            let backup = Backup::new(&self.database, &mut target)?;
            backup.run_to_completion(PAGES_AT_ONCE, BUSY_PAUSE, None)
        };
        copy().map_err(failed)
    }

    /// Looks through all of it.
    ///
    /// # Errors
    /// Something is damaged.
    pub fn check(&self) -> Result<Census, StateError> {
        census(&self.database, &self.path)
    }
}

/// Between two parts of a copy.
const BUSY_PAUSE: std::time::Duration = std::time::Duration::from_millis(5);

/// Puts a copy in the place of the records below a folder. What was there is kept beside it; where, is returned.
///
/// # Errors
/// Another process writes the records, the copy is damaged or of a newer version, or a file cannot be written.
pub fn restore(folder: &Path, from: &Path) -> Result<(Census, Option<PathBuf>), StateError> {
    let census = inspect(from)?;
    let path = place::prepare(folder)?;
    let _lock = place::lock(folder)?;
    let moving = |cause| StateError::MakeFile { path: path.clone(), cause };
    let fresh = folder.join("state.db.restoring");
    // Of a restoring that broke off.
    let _may_be_absent = fs::remove_file(&fresh);
    place::make_new(&fresh)?;
    fs::copy(from, &fresh).map_err(moving)?;
    place::narrow(&fresh);
    let kept = if fs::metadata(&path).is_ok_and(|it| 0 < it.len()) {
        let kept = place::set_aside(folder).map_err(moving)?;
        Some(kept)
    } else {
        None
    };
    fs::rename(&fresh, &path).map_err(moving)?;
    Ok((census, kept))
}

/// Looks through a copy that nobody writes.
fn inspect(path: &Path) -> Result<Census, StateError> {
    if !path.exists() {
        return Err(StateError::NoCopy { path: path.to_owned(), what: "there is no such file".to_owned() });
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let database = Connection::open_with_flags(path, flags).map_err(failure("open", path))?;
    database.busy_timeout(BUSY_TIMEOUT).map_err(failure("open", path))?;
    census(&database, path).map_err(|error| {
        if let StateError::Damaged { path, what } = error { StateError::NoCopy { path, what } } else { error }
    })
}

fn census(database: &Connection, path: &Path) -> Result<Census, StateError> {
    let failed = |cause| failure("look through", path)(cause);
    let transaction = database.unchecked_transaction().map_err(failed)?;
    let problems = problems(&transaction).map_err(failed)?;
    if !problems.is_empty() {
        return Err(StateError::Damaged { path: path.to_owned(), what: problems.join("; ") });
    }
    let number = |question: &str| transaction.query_row(question, [], |row| row.get::<_, u32>(0));
    let version = number("PRAGMA user_version").map_err(failed)? as usize;
    if version == 0 {
        let what = "it holds no records of samesign".to_owned();
        return Err(StateError::Damaged { path: path.to_owned(), what });
    }
    if schema::LATEST < version {
        return Err(StateError::TooNew { path: path.to_owned(), found: version, known: schema::LATEST });
    }
    let count = |table: &str| number(&format!("SELECT count(*) FROM {table}")).map_err(failed);
    // Files of older versions have neither runs nor intents.
    let count_if_any = |table: &str| {
        let found = number(&format!("SELECT count(*) FROM sqlite_master WHERE name = '{table}'"));
        if found.map_err(failed)? == 1 { count(table) } else { Ok(0) }
    };
    Ok(Census {
        version,
        links: count("link")?,
        runs: count_if_any("run")?,
        intents: count_if_any("intent")?,
    })
}

/// What SQLite itself finds wrong.
fn problems(transaction: &Transaction<'_>) -> rusqlite::Result<Vec<String>> {
    let mut statement = transaction.prepare(&format!("PRAGMA integrity_check({PROBLEMS_MAX})"))?;
    let said = statement.query_map([], |row| row.get::<_, String>(0))?.collect::<Result<Vec<_>, _>>()?;
    let mut problems: Vec<String> = said.into_iter().filter(|it| it != "ok").collect();
    let mut orphans = transaction.prepare("PRAGMA foreign_key_check")?;
    let orphans = orphans.query_map([], |row| row.get::<_, String>(0))?.count();
    if 0 < orphans {
        problems.push(format!("{orphans} changes belong to no run"));
    }
    Ok(problems)
}
