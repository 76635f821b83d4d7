//! The tables, and how older files become current ones.

use jiff::Timestamp;
use rusqlite::{Transaction, params};

use super::exported;
use crate::model::{Anchor, CloudId, Digest, Exported, Fingerprint, ObjectKind};

/// One script for each version; a file of version n has run the first n.
const MIGRATIONS: &[&str] = &[
    "
    CREATE TABLE link (
        policy TEXT NOT NULL, tenant TEXT NOT NULL, anchor BLOB NOT NULL,
        kind TEXT NOT NULL, cloud TEXT NOT NULL, blocked_since INTEGER,
        PRIMARY KEY (policy, tenant, anchor)
    ) WITHOUT ROWID;
    CREATE TABLE reviewed (
        policy TEXT NOT NULL, tenant TEXT NOT NULL,
        user_scope TEXT NOT NULL, group_scope TEXT NOT NULL, directory TEXT NOT NULL,
        policy_digest TEXT NOT NULL, git_commit TEXT, directory_objects INTEGER NOT NULL, at INTEGER NOT NULL,
        PRIMARY KEY (policy, tenant)
    ) WITHOUT ROWID;
    CREATE TABLE used_approval (
        policy TEXT NOT NULL, digest TEXT NOT NULL, at INTEGER NOT NULL,
        PRIMARY KEY (policy, digest)
    ) WITHOUT ROWID;
",
    "
    ALTER TABLE link ADD COLUMN dn TEXT;
    ALTER TABLE link ADD COLUMN settled INTEGER;
    DROP TABLE reviewed;
    CREATE TABLE reviewed (
        policy TEXT NOT NULL, tenant TEXT NOT NULL,
        directory BLOB NOT NULL, git_commit TEXT, at INTEGER NOT NULL,
        PRIMARY KEY (policy, tenant)
    ) WITHOUT ROWID;
    CREATE TABLE reviewed_setting (
        policy TEXT NOT NULL, tenant TEXT NOT NULL, name TEXT NOT NULL, digest BLOB NOT NULL,
        PRIMARY KEY (policy, tenant, name)
    ) WITHOUT ROWID;
    CREATE TABLE stock (
        policy TEXT NOT NULL, tenant TEXT NOT NULL,
        server TEXT NOT NULL, domain BLOB, at INTEGER NOT NULL,
        PRIMARY KEY (policy, tenant)
    ) WITHOUT ROWID;
    CREATE TABLE stock_count (
        policy TEXT NOT NULL, tenant TEXT NOT NULL,
        kind TEXT NOT NULL, attribute TEXT NOT NULL, objects INTEGER NOT NULL,
        PRIMARY KEY (policy, tenant, kind, attribute)
    ) WITHOUT ROWID;
    CREATE TABLE landmark (
        policy TEXT NOT NULL, tenant TEXT NOT NULL, guid BLOB NOT NULL, dn TEXT NOT NULL,
        PRIMARY KEY (policy, tenant, guid)
    ) WITHOUT ROWID;
    CREATE TABLE directory_database (
        policy TEXT NOT NULL, tenant TEXT NOT NULL, invocation BLOB NOT NULL, highest_usn INTEGER NOT NULL,
        PRIMARY KEY (policy, tenant, invocation)
    ) WITHOUT ROWID;
",
    "
    CREATE TABLE run (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        policy TEXT NOT NULL, tenant TEXT NOT NULL, plan TEXT NOT NULL,
        git_commit TEXT, dirty INTEGER NOT NULL, policy_digest TEXT NOT NULL, login TEXT NOT NULL,
        started INTEGER NOT NULL, ended INTEGER,
        done INTEGER NOT NULL, failed INTEGER NOT NULL, held INTEGER NOT NULL
    );
    CREATE INDEX run_of_policy ON run (policy, id);
    CREATE TABLE run_change (
        run INTEGER NOT NULL REFERENCES run (id) ON DELETE CASCADE, place INTEGER NOT NULL,
        digest TEXT NOT NULL, op TEXT NOT NULL, kind TEXT NOT NULL, anchor TEXT NOT NULL, cloud TEXT,
        name TEXT NOT NULL, because TEXT NOT NULL, value_changes TEXT NOT NULL,
        outcome TEXT NOT NULL, message TEXT,
        released INTEGER NOT NULL, approval TEXT, approved_by TEXT, approval_reason TEXT, approval_expires INTEGER,
        settled INTEGER NOT NULL,
        PRIMARY KEY (run, place)
    ) WITHOUT ROWID;
",
    "
    CREATE INDEX run_change_of_object ON run_change (anchor, kind);
",
    "
    ALTER TABLE link ADD COLUMN exported TEXT;
    ALTER TABLE link ADD COLUMN password_set INTEGER;
    ALTER TABLE link ADD COLUMN password_confirmed INTEGER;
",
    "
    CREATE TABLE told_alarm (
        policy TEXT NOT NULL, part TEXT NOT NULL, topic TEXT NOT NULL, about TEXT NOT NULL,
        severity TEXT NOT NULL, text TEXT NOT NULL, size INTEGER NOT NULL, since INTEGER NOT NULL,
        PRIMARY KEY (policy, part, topic, about)
    ) WITHOUT ROWID;
    CREATE TABLE silence (
        policy TEXT NOT NULL, part TEXT NOT NULL, since INTEGER NOT NULL,
        PRIMARY KEY (policy, part)
    ) WITHOUT ROWID;
    CREATE TABLE paused_change (
        policy TEXT NOT NULL, tenant TEXT NOT NULL, digest TEXT NOT NULL, password_set INTEGER NOT NULL,
        failures INTEGER NOT NULL, pause INTEGER NOT NULL, next INTEGER NOT NULL,
        PRIMARY KEY (policy, tenant, digest, password_set)
    ) WITHOUT ROWID;
",
    "
    CREATE TABLE intent (
        policy TEXT NOT NULL, tenant TEXT NOT NULL, anchor BLOB NOT NULL,
        kind TEXT NOT NULL, mark TEXT NOT NULL, at INTEGER NOT NULL,
        PRIMARY KEY (policy, tenant, anchor)
    ) WITHOUT ROWID;
",
    "
    ALTER TABLE told_alarm ADD COLUMN notifiers TEXT;
",
];

/// The version that this program writes.
pub(super) const LATEST: usize = MIGRATIONS.len();

/// Brings a file up to date; the version that it then has.
pub(super) fn migrate(transaction: &Transaction<'_>) -> rusqlite::Result<usize> {
    let version: u32 = transaction.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    let version = version as usize;
    for script in MIGRATIONS.iter().skip(version) {
        transaction.execute_batch(script)?;
    }
    if version < LATEST {
        transaction.execute_batch(&format!("PRAGMA user_version = {LATEST}"))?;
    }
    Ok(version.max(LATEST))
}

/// Policy and tenant.
pub(super) type Scope<'a> = (&'a str, &'a str);

/// Records an object that is in scope: nobody who is in scope waits for the end of a grace period.
pub(super) fn put_link(
    transaction: &Transaction<'_>,
    scope: Scope<'_>,
    anchor: Anchor,
    object: (ObjectKind, CloudId),
) -> rusqlite::Result<()> {
    note_link(transaction, scope, anchor, object)?;
    unblock(transaction, scope, anchor)
}

/// Notes a link without touching a grace period: only an apply ends one.
pub(super) fn note_link(
    transaction: &Transaction<'_>,
    (policy, tenant): Scope<'_>,
    anchor: Anchor,
    (kind, cloud): (ObjectKind, CloudId),
) -> rusqlite::Result<()> {
    let mut statement = transaction.prepare_cached(
        "INSERT INTO link (policy, tenant, anchor, kind, cloud) VALUES (?1, ?2, ?3, ?4, ?5) \
         ON CONFLICT DO UPDATE SET kind = excluded.kind, cloud = excluded.cloud, \
         password_set = NULL, password_confirmed = NULL \
         WHERE kind <> excluded.kind OR cloud <> excluded.cloud",
    )?;
    let anchor = anchor.guid();
    statement
        .execute(params![policy, tenant, anchor.as_bytes(), kind.word(), cloud.to_string()])
        .map(|_rows| ())
}

pub(super) fn block(
    transaction: &Transaction<'_>,
    (policy, tenant): Scope<'_>,
    anchor: Anchor,
    since: Timestamp,
) -> rusqlite::Result<()> {
    let mut statement = transaction.prepare_cached(
        "UPDATE link SET blocked_since = coalesce(blocked_since, ?4) \
         WHERE policy = ?1 AND tenant = ?2 AND anchor = ?3",
    )?;
    let anchor = anchor.guid();
    statement.execute(params![policy, tenant, anchor.as_bytes(), since.as_second()]).map(|_rows| ())
}

pub(super) fn unblock(
    transaction: &Transaction<'_>,
    (policy, tenant): Scope<'_>,
    anchor: Anchor,
) -> rusqlite::Result<()> {
    let anchor = anchor.guid();
    transaction
        .prepare_cached(
            "UPDATE link SET blocked_since = NULL \
             WHERE policy = ?1 AND tenant = ?2 AND anchor = ?3 AND blocked_since IS NOT NULL",
        )?
        .execute(params![policy, tenant, anchor.as_bytes()])
        .map(|_rows| ())
}

/// What is noted of an object that has what is wanted. What there is nothing to say of stays as it is.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Found<'a> {
    /// Under which name it was last in scope.
    pub(super) dn: Option<&'a str>,
    /// What the directory wants of it.
    pub(super) settled: Option<Fingerprint>,
    /// What was sent of it that the tenant does not show.
    pub(super) exported: Option<&'a Exported>,
}

/// Records it: at once, since finding the row is most of the work.
pub(super) fn note_found(
    transaction: &Transaction<'_>,
    (policy, tenant): Scope<'_>,
    anchor: Anchor,
    Found { dn, settled, exported }: Found<'_>,
) -> rusqlite::Result<()> {
    let anchor = anchor.guid();
    let settled = settled.map(|it| it.to_bits().cast_signed());
    transaction
        .prepare_cached(
            "UPDATE link SET dn = coalesce(?4, dn), settled = coalesce(?5, settled), \
             exported = coalesce(?6, exported) WHERE policy = ?1 AND tenant = ?2 AND anchor = ?3",
        )?
        .execute(params![policy, tenant, anchor.as_bytes(), dn, settled, exported.map(exported::written)])
        .map(|_rows| ())
}

/// The tenant has no longer what the directory wants: what differs next is no drift of the tenant.
pub(super) fn unsettle_link(
    transaction: &Transaction<'_>,
    (policy, tenant): Scope<'_>,
    anchor: Anchor,
) -> rusqlite::Result<()> {
    let anchor = anchor.guid();
    transaction
        .prepare_cached("UPDATE link SET settled = NULL WHERE policy = ?1 AND tenant = ?2 AND anchor = ?3")?
        .execute(params![policy, tenant, anchor.as_bytes()])
        .map(|_rows| ())
}

/// Records which password the tenant confirmed: when it was set, and nothing else of it.
pub(super) fn confirm_password(
    transaction: &Transaction<'_>,
    (policy, tenant): Scope<'_>,
    anchor: Anchor,
    (last_set, at): (i64, Timestamp),
) -> rusqlite::Result<()> {
    let anchor = anchor.guid();
    transaction
        .prepare_cached(
            "UPDATE link SET password_set = ?4, password_confirmed = ?5 \
             WHERE policy = ?1 AND tenant = ?2 AND anchor = ?3",
        )?
        .execute(params![policy, tenant, anchor.as_bytes(), last_set, at.as_second()])
        .map(|_rows| ())
}

pub(super) fn drop_link(
    transaction: &Transaction<'_>,
    (policy, tenant): Scope<'_>,
    anchor: Anchor,
) -> rusqlite::Result<()> {
    let anchor = anchor.guid();
    transaction
        .prepare_cached("DELETE FROM link WHERE policy = ?1 AND tenant = ?2 AND anchor = ?3")?
        .execute(params![policy, tenant, anchor.as_bytes()])
        .map(|_rows| ())
}

pub(super) fn use_approval(
    transaction: &Transaction<'_>,
    policy: &str,
    digest: Digest,
    at: Timestamp,
) -> rusqlite::Result<()> {
    transaction
        .prepare_cached("INSERT OR IGNORE INTO used_approval (policy, digest, at) VALUES (?1, ?2, ?3)")?
        .execute(params![policy, digest.to_string(), at.as_second()])
        .map(|_rows| ())
}
