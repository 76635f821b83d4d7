//! Creations that were begun: what is about to be made is written down before the tenant hears of it, so that it is ours
//! whatever happens before the outcome is recorded.
//!
//! What came of them is not known here.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use rusqlite::{Transaction, params};

use super::schema::Scope;
use super::{State, StateError};
use crate::model::{Anchor, Guid, Intent};
use crate::plan::{Change, Report};

/// By then a tenant shows what it has made: what it does not show was never made.
const KEPT: SignedDuration = SignedDuration::from_hours(24);

/// Writes down what is about to be created.
pub(super) fn note<'a>(
    transaction: &Transaction<'_>,
    (policy, tenant): Scope<'_>,
    changes: impl Iterator<Item = &'a Change>,
    as_of: Timestamp,
) -> rusqlite::Result<()> {
    let mut statement = transaction.prepare_cached(
        "INSERT OR REPLACE INTO intent (policy, tenant, anchor, kind, mark, at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?;
    for change in changes {
        let (Some(kind), Some(mark)) = (change.kind().object(), change.mark()) else { continue };
        let anchor = change.anchor().guid();
        statement.execute(params![
            policy,
            tenant,
            anchor.as_bytes(),
            kind.word(),
            mark,
            as_of.as_second()
        ])?;
    }
    Ok(())
}

/// What was begun has a link now. Nothing else ends it: a refusal may follow a try whose answer was lost, and what a run
/// did not come to may have been made by the one before.
pub(super) fn end(
    transaction: &Transaction<'_>,
    (policy, tenant): Scope<'_>,
    anchor: Anchor,
) -> rusqlite::Result<()> {
    transaction
        .prepare_cached("DELETE FROM intent WHERE policy = ?1 AND tenant = ?2 AND anchor = ?3")?
        .execute(params![policy, tenant, anchor.guid().as_bytes()])
        .map(|_rows| ())
}

/// Who was seen joined has a link now.
pub(super) fn end_seen(
    transaction: &Transaction<'_>,
    scope: Scope<'_>,
    report: &Report,
) -> rusqlite::Result<()> {
    let mut statement =
        transaction.prepare_cached("SELECT anchor FROM intent WHERE policy = ?1 AND tenant = ?2")?;
    let anchor = |row: &rusqlite::Row<'_>| Ok(Anchor::from_guid(Guid::from_bytes(row.get(0)?)));
    let open: BTreeSet<Anchor> =
        statement.query_map(params![scope.0, scope.1], anchor)?.collect::<Result<_, _>>()?;
    let mut ended = report.joined.iter().map(|it| it.0).filter(|it| open.contains(it));
    ended.try_for_each(|it| end(transaction, scope, it))
}

/// What a whole reading of the tenant did not show for so long was not made.
pub(super) fn end_old(
    transaction: &Transaction<'_>,
    (policy, tenant): Scope<'_>,
    as_of: Timestamp,
) -> rusqlite::Result<()> {
    let oldest = as_of.checked_sub(KEPT).unwrap_or(Timestamp::MIN);
    transaction
        .prepare_cached("DELETE FROM intent WHERE policy = ?1 AND tenant = ?2 AND at < ?3")?
        .execute(params![policy, tenant, oldest.as_second()])
        .map(|_rows| ())
}

impl State {
    /// What was begun, and may have been made.
    pub(super) fn intents(&self, policy: &str, tenant: &str) -> Result<BTreeMap<Anchor, Intent>, StateError> {
        let rows = self.rows((policy, tenant), "anchor, kind, mark FROM intent", |row| {
            let anchor = Anchor::from_guid(Guid::from_bytes(row.get(0)?));
            Ok((anchor, row.get::<_, String>(1)?, row.get::<_, String>(2)?))
        })?;
        let intent = |(anchor, kind, mark): (Anchor, String, String)| {
            Ok((anchor, Intent { kind: self.kind(&kind)?, mark: mark.into() }))
        };
        rows.into_iter().map(intent).collect()
    }
}
