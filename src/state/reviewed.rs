//! What of a policy was last applied.

use std::collections::BTreeMap;

use jiff::Timestamp;
use rusqlite::{OptionalExtension as _, Transaction, params};

use crate::model::{Digest, ReviewedPolicy};

use super::schema::Scope;
use super::{State, StateError};

impl State {
    pub(super) fn reviewed(&self, policy: &str, tenant: &str) -> Result<Option<ReviewedPolicy>, StateError> {
        let failed = self.failed("read");
        let row: Option<([u8; 32], Option<String>)> = self
            .database
            .query_row(
                "SELECT directory, git_commit FROM reviewed WHERE policy = ?1 AND tenant = ?2",
                params![policy, tenant],
                |row| Ok((row.get(0)?, row.get(1)?)),
            )
            .optional()
            .map_err(&failed)?;
        let Some((directory, commit)) = row else { return Ok(None) };
        let mut statement = self
            .database
            .prepare("SELECT name, digest FROM reviewed_setting WHERE policy = ?1 AND tenant = ?2")
            .map_err(&failed)?;
        let settings = statement
            .query_map(params![policy, tenant], |row| {
                Ok((row.get::<_, String>(0)?, Digest::from_bytes(row.get::<_, [u8; 32]>(1)?)))
            })
            .and_then(Iterator::collect::<rusqlite::Result<BTreeMap<String, Digest>>>)
            .map_err(&failed)?;
        Ok(Some(ReviewedPolicy { settings, directory: Digest::from_bytes(directory), commit }))
    }
}

/// Records that a policy was applied as it is.
pub(super) fn put(
    transaction: &Transaction<'_>,
    (policy, tenant): Scope<'_>,
    reviewed: &ReviewedPolicy,
    at: Timestamp,
) -> rusqlite::Result<()> {
    let ReviewedPolicy { settings, directory, commit } = reviewed;
    transaction.execute(
        "INSERT OR REPLACE INTO reviewed (policy, tenant, directory, git_commit, at) \
         VALUES (?1, ?2, ?3, ?4, ?5)",
        params![policy, tenant, directory.as_bytes(), commit, at.as_second()],
    )?;
    transaction
        .execute("DELETE FROM reviewed_setting WHERE policy = ?1 AND tenant = ?2", params![policy, tenant])?;
    for (name, digest) in settings {
        transaction.execute(
            "INSERT INTO reviewed_setting (policy, tenant, name, digest) VALUES (?1, ?2, ?3, ?4)",
            params![policy, tenant, name, digest.as_bytes()],
        )?;
    }
    Ok(())
}
