//! Who did what, when, from which commit and by whose word.
//!
//! Nothing is decided by it, unless a run is to be undone: what planning needs stands in other tables.

use jiff::{SignedDuration, Timestamp};
use rusqlite::{OptionalExtension as _, Row, Transaction, params};

use crate::apply::Applied;
use crate::model::{Anchor, ObjectKind, PastChange, PastRelease, PastRun};
use crate::plan::{Change, Release, Subject};
use crate::render::{outcome_record, recorded_reason, recorded_values};

use super::{Record, State, StateError};

/// More than a year, so that this month can be held against the same month of last year, with time to look.
/// Values of people who left are not kept longer than somebody could ask about them.
const KEPT: SignedDuration = SignedDuration::from_hours(400 * 24);
/// For each policy: a year of a run every hour, so that a policy that never comes to rest does not fill the
/// disk, nor push out what was done to other tenants.
const RUNS_MAX: u32 = 10_000;

/// A run that was begun; what becomes of its changes is recorded under it.
#[derive(Debug)]
pub struct Run<'a> {
    /// `None` if it has nothing to carry out: a service that looks twice a minute would bury the rest.
    number: Option<i64>,
    record: &'a Record<'a>,
}

impl<'a> Run<'a> {
    /// What is remembered of it.
    pub(super) const fn record(&self) -> &'a Record<'a> {
        self.record
    }
}

/// Writes down the intent, and drops what is too old.
pub(super) fn begin<'a>(transaction: &Transaction<'_>, record: &'a Record<'a>) -> rusqlite::Result<Run<'a>> {
    let Record { header, approved, by, as_of, reviewed: _, report: _, policy_waits: _, links: _ } = record;
    if approved.changes().next().is_none() {
        return Ok(Run { number: None, record });
    }
    prune(transaction, &header.policy, *as_of)?;
    transaction.execute(
        "INSERT INTO run (policy, tenant, plan, git_commit, dirty, policy_digest, login, started, done, \
         failed, held) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 0, 0, ?9)",
        params![
            header.policy,
            header.tenant_id,
            approved.plan().id(),
            header.provenance.commit,
            header.provenance.dirty,
            header.policy_digest.to_string(),
            by,
            as_of.as_second(),
            count(approved.held().count()),
        ],
    )?;
    Ok(Run { number: Some(transaction.last_insert_rowid()), record })
}

fn prune(transaction: &Transaction<'_>, policy: &str, as_of: Timestamp) -> rusqlite::Result<()> {
    let oldest = as_of.checked_sub(KEPT).unwrap_or(Timestamp::MIN);
    transaction.execute("DELETE FROM run WHERE started < ?1", [oldest.as_second()])?;
    // One less: another is about to be written.
    transaction.execute(
        "DELETE FROM run WHERE policy = ?1 AND id <= \
         (SELECT id FROM run WHERE policy = ?1 ORDER BY id DESC LIMIT 1 OFFSET ?2)",
        params![policy, RUNS_MAX - 1],
    )?;
    Ok(())
}

/// Records what became of changes, and counts them, so that a run that breaks off is still told.
pub(super) fn settle(
    transaction: &Transaction<'_>,
    run: &Run<'_>,
    outcomes: &[(&Change, Applied)],
    as_of: Timestamp,
) -> rusqlite::Result<()> {
    let Some(number) = run.number else { return Ok(()) };
    let mut done = 0;
    let mut place: i64 = transaction
        .prepare_cached("SELECT coalesce(max(place), 0) FROM run_change WHERE run = ?1")?
        .query_row([number], |row| row.get(0))?;
    for (change, applied) in outcomes {
        done += usize::from(applied.outcome.is_done());
        place += 1;
        note_change(transaction, (number, place), (run.record, change, applied), as_of)?;
    }
    transaction
        .prepare_cached("UPDATE run SET done = done + ?2, failed = failed + ?3 WHERE id = ?1")?
        .execute(params![number, count(done), count(outcomes.len() - done)])
        .map(|_rows| ())
}

fn note_change(
    transaction: &Transaction<'_>,
    (run, place): (i64, i64),
    (record, change, applied): (&Record<'_>, &Change, &Applied),
    as_of: Timestamp,
) -> rusqlite::Result<()> {
    let known = match change.subject() {
        Subject::Known(id) => Some(id),
        Subject::Created(_) => None,
    };
    let (outcome, message) = outcome_record(applied);
    let release = record.approved.release(change).map(|it| past_release(it, record.by));
    // It selects nothing: SQLite would compile it anew for each row, which took longer than writing the row.
    let mut statement = transaction.prepare_cached(
        "INSERT INTO run_change (run, place, digest, op, kind, anchor, cloud, name, because, value_changes, \
         outcome, message, released, approval, approved_by, approval_reason, approval_expires, settled) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18)",
    )?;
    statement
        .execute(params![
            run,
            place,
            change.digest().to_string(),
            change.op().word(),
            change.kind().word(),
            change.anchor().to_string(),
            known.or(applied.id).map(|it| it.to_string()),
            change.name(),
            recorded_reason(change),
            recorded_values(change),
            outcome,
            message,
            release.is_some(),
            release.as_ref().and_then(|it| it.approval.as_deref()),
            release.as_ref().map(|it| it.by.as_str()),
            release.as_ref().and_then(|it| it.reason.as_deref()),
            release.as_ref().and_then(|it| it.expires).map(Timestamp::as_second),
            as_of.as_second(),
        ])
        .map(|_rows| ())
}

fn past_release(release: &Release, login: &str) -> PastRelease {
    match release {
        Release::Approval { name, by, reason, expires } => PastRelease {
            approval: Some(name.to_string()),
            by: by.to_string(),
            reason: Some(reason.to_string()),
            expires: Some(*expires),
        },
        Release::HeldSet => PastRelease { approval: None, by: login.to_owned(), reason: None, expires: None },
    }
}

fn count(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

const RUN_COLUMNS: &str = "id, policy, tenant, plan, git_commit, dirty, policy_digest, login, started, ended, \
                           done, failed, held";

impl State {
    /// Records that a run came to its end, whatever became of its changes.
    pub fn end(&mut self, run: &Run<'_>, as_of: Timestamp) -> Result<(), StateError> {
        let failed = self.failed("write");
        self.database
            .execute("UPDATE run SET ended = ?2 WHERE id = ?1", params![run.number, as_of.as_second()])
            .map(|_rows| ())
            .map_err(failed)
    }

    /// The latest runs of these policies, newest first.
    pub fn runs(&self, policies: &[&str], limit: u32) -> Result<Vec<PastRun>, StateError> {
        let failed = self.failed("read");
        // A list is no parameter of SQL.
        let marks = vec!["?"; policies.len()].join(", ");
        let query =
            format!("SELECT {RUN_COLUMNS} FROM run WHERE policy IN ({marks}) ORDER BY id DESC LIMIT {limit}");
        let mut statement = self.database.prepare(&query).map_err(&failed)?;
        let rows = statement.query_map(rusqlite::params_from_iter(policies), past_run).map_err(&failed)?;
        rows.collect::<Result<_, _>>().map_err(&failed)
    }

    /// One run with its changes, in the order in which they were settled.
    pub fn run(&self, number: i64) -> Result<Option<(PastRun, Vec<PastChange>)>, StateError> {
        self.beginning_of_run(number, u32::MAX)
    }

    /// One run with the first of its changes.
    pub fn beginning_of_run(
        &self,
        number: i64,
        changes: u32,
    ) -> Result<Option<(PastRun, Vec<PastChange>)>, StateError> {
        let failed = self.failed("read");
        let query = format!("SELECT {RUN_COLUMNS} FROM run WHERE id = ?1");
        let run = self.database.query_row(&query, [number], past_run).optional().map_err(&failed)?;
        let Some(run) = run else { return Ok(None) };
        let mut statement = self
            .database
            .prepare(
                "SELECT digest, op, kind, anchor, cloud, name, because, value_changes, outcome, message, \
                 released, approval, approved_by, approval_reason, approval_expires, settled \
                 FROM run_change WHERE run = ?1 ORDER BY place LIMIT ?2",
            )
            .map_err(&failed)?;
        let rows = statement.query_map(params![number, changes], past_change).map_err(&failed)?;
        Ok(Some((run, rows.collect::<Result<_, _>>().map_err(&failed)?)))
    }

    /// Changes that came to nothing in the latest run that touched their object, and those that are tried again later,
    /// with the number of that run; the newest run first.
    pub fn failing(&self, policy: &str, tenant: &str) -> Result<Vec<(i64, PastChange)>, StateError> {
        let failed = self.failed("read");
        let mut statement = self
            .database
            .prepare(
                "SELECT c.* FROM run_change c JOIN run r ON r.id = c.run \
                 WHERE r.policy = ?1 AND r.tenant = ?2 AND 0 < r.failed AND c.outcome NOT IN ('done', 'same') \
                 AND NOT EXISTS (SELECT 1 FROM run_change l JOIN run q ON q.id = l.run \
                 WHERE l.anchor = c.anchor AND l.kind = c.kind AND c.run < l.run \
                 AND q.policy = ?1 AND q.tenant = ?2 AND (l.digest = c.digest OR NOT EXISTS \
                 (SELECT 1 FROM paused_change p \
                 WHERE p.policy = ?1 AND p.tenant = ?2 AND p.digest = c.digest))) \
                 ORDER BY c.run DESC, c.place",
            )
            .map_err(&failed)?;
        let read = |row: &Row<'_>| Ok((row.get("run")?, past_change(row)?));
        let rows = statement.query_map(params![policy, tenant], read).map_err(&failed)?;
        rows.collect::<Result<_, _>>().map_err(&failed)
    }

    /// What the latest run that touched an object did with it, and the number of that run.
    pub fn last_changes(
        &self,
        (policy, tenant): (&str, &str),
        kind: ObjectKind,
        anchor: Anchor,
    ) -> Result<Vec<(i64, PastChange)>, StateError> {
        let failed = self.failed("read");
        let mut statement = self
            .database
            .prepare(
                "SELECT c.* FROM run_change c JOIN run r ON r.id = c.run \
                 WHERE r.policy = ?1 AND r.tenant = ?2 AND c.kind = ?3 AND c.anchor = ?4 \
                 ORDER BY c.run DESC, c.place",
            )
            .map_err(&failed)?;
        let read = |row: &Row<'_>| Ok((row.get("run")?, past_change(row)?));
        let rows = statement
            .query_map(params![policy, tenant, kind.word(), anchor.to_string()], read)
            .map_err(&failed)?;
        let mut last: Vec<(i64, PastChange)> = Vec::new();
        for row in rows {
            let row = row.map_err(&failed)?;
            if last.first().is_some_and(|it| it.0 != row.0) {
                break;
            }
            last.push(row);
        }
        Ok(last)
    }
}

fn past_run(row: &Row<'_>) -> rusqlite::Result<PastRun> {
    Ok(PastRun {
        number: row.get("id")?,
        policy: row.get("policy")?,
        tenant_id: row.get("tenant")?,
        plan: row.get("plan")?,
        commit: row.get("git_commit")?,
        dirty: row.get("dirty")?,
        policy_digest: row.get("policy_digest")?,
        by: row.get("login")?,
        started: moment(row, "started")?.unwrap_or_default(),
        ended: moment(row, "ended")?,
        done: row.get("done")?,
        failed: row.get("failed")?,
        held: row.get("held")?,
    })
}

fn past_change(row: &Row<'_>) -> rusqlite::Result<PastChange> {
    let released: bool = row.get("released")?;
    let release = if released {
        Some(PastRelease {
            approval: row.get("approval")?,
            by: row.get("approved_by")?,
            reason: row.get("approval_reason")?,
            expires: moment(row, "approval_expires")?,
        })
    } else {
        None
    };
    Ok(PastChange {
        digest: row.get("digest")?,
        op: row.get("op")?,
        kind: row.get("kind")?,
        anchor: row.get("anchor")?,
        id: row.get("cloud")?,
        name: row.get("name")?,
        because: row.get("because")?,
        values: row.get("value_changes")?,
        outcome: row.get("outcome")?,
        message: row.get("message")?,
        release,
        settled: moment(row, "settled")?.unwrap_or_default(),
    })
}

fn moment(row: &Row<'_>, column: &str) -> rusqlite::Result<Option<Timestamp>> {
    let seconds: Option<i64> = row.get(column)?;
    let moment = seconds.map(Timestamp::from_second).transpose();
    moment.map_err(|cause| {
        rusqlite::Error::FromSqlConversionFailure(0, rusqlite::types::Type::Integer, Box::new(cause))
    })
}
