//! Kills a process after the n-th write of its records, before the next.
//!
//! Whoever reads an SQLite file keeps others from changing it, so nothing is written between the moment in which the
//! writes are counted and the one in which the process dies. The counter stands in the head of the file (the SQLite file
//! format, 1.3.7).

use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::time::Duration;

use rusqlite::Connection;

use super::gate::Gate;
use crate::program::Program;

/// How it went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Writes {
    /// It was killed after so many writes.
    Killed,
    /// It had ended before.
    Ended,
    /// Two writes were let through at once, since others had the processor: nothing was found out.
    Missed,
}

/// A reader of the records.
struct Reader {
    file: File,
    database: Connection,
}

impl Reader {
    fn open(path: &Path) -> Self {
        let database = Connection::open(path).unwrap();
        database.busy_timeout(Duration::ZERO).unwrap();
        #[expect(clippy::disallowed_methods, reason = "tests look into files")]
        let file = File::open(path).unwrap();
        let reader = Self { file, database };
        // It knows the tables from now on: the moment that matters is short.
        reader.begin();
        reader.end();
        reader
    }

    /// Begins to read, as soon as nobody is about to write.
    fn begin(&self) {
        self.database.prepare_cached("BEGIN").unwrap().execute([]).unwrap();
        let mut look = self.database.prepare_cached("SELECT count(*) FROM sqlite_schema").unwrap();
        while look.query_row([], |_| Ok(())).is_err() {}
    }

    fn end(&self) {
        self.database.execute_batch("ROLLBACK").unwrap();
    }

    /// How often the file was changed. It does not change while we read; else the last change may be about to be made.
    fn changes(&self) -> u32 {
        let mut head = [0; 4];
        self.file.read_exact_at(&mut head, 24).unwrap();
        u32::from_be_bytes(head)
    }
}

/// Starts the program, and kills it when it has written its records so often.
pub(super) fn kill_after(program: &Program, gate: &Gate, arguments: &[&str], number: u32) -> Writes {
    let reader = Reader::open(&program.path("state/state.db"));
    let mut child = program.command(arguments).spawn().unwrap();
    // It has opened the records before it asks anybody, and writes them afterwards.
    gate.wait_for_the_first();
    let wanted = reader.changes() + number;
    gate.open();
    while reader.changes() < wanted {
        if let Some(status) = child.try_wait().unwrap() {
            assert!(status.success(), "it was not disturbed");
            return Writes::Ended;
        }
    }
    reader.begin();
    let seen = reader.changes();
    child.kill().unwrap();
    child.wait().unwrap();
    reader.end();
    if seen == wanted { Writes::Killed } else { Writes::Missed }
}
