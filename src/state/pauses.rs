//! Changes that failed by themselves and are tried again later. Why they failed stands in the history.

use jiff::Timestamp;
use rusqlite::{Row, params};

use crate::model::PausedChange;

use super::{State, StateError};

impl State {
    /// The changes of a policy that are tried again later.
    pub fn paused(&self, policy: &str, tenant: &str) -> Result<Vec<PausedChange>, StateError> {
        let failed = self.failed("read");
        let mut statement = self
            .database
            .prepare(
                "SELECT digest, password_set, failures, pause, next FROM paused_change \
                 WHERE policy = ?1 AND tenant = ?2",
            )
            .map_err(&failed)?;
        let read = |row: &Row<'_>| {
            let digest: String = row.get(0)?;
            let (failures, pause, next): (u32, i64, i64) = (row.get(2)?, row.get(3)?, row.get(4)?);
            Ok((digest, row.get(1)?, failures, pause, next))
        };
        let rows = statement.query_map(params![policy, tenant], read).map_err(&failed)?;
        rows.map(|row| {
            let (digest, password_set, failures, pause, next) = row.map_err(&failed)?;
            Ok(PausedChange {
                digest: digest.parse().map_err(|_| self.damaged("a digest that is none"))?,
                password_set,
                failures,
                pause: pause.unsigned_abs(),
                next: Timestamp::from_second(next)
                    .map_err(|_| self.damaged("a pause that ends at an impossible time"))?,
            })
        })
        .collect()
    }

    /// Records which changes of a policy are tried again later; no others are.
    pub fn put_paused(
        &mut self,
        (policy, tenant): (&str, &str),
        paused: &[PausedChange],
    ) -> Result<(), StateError> {
        let failed = self.failed("write");
        let transaction = self.database.transaction().map_err(&failed)?;
        transaction
            .execute("DELETE FROM paused_change WHERE policy = ?1 AND tenant = ?2", params![policy, tenant])
            .map_err(&failed)?;
        for PausedChange { digest, password_set, failures, pause, next } in paused {
            transaction
                .prepare_cached(
                    "INSERT INTO paused_change (policy, tenant, digest, password_set, failures, pause, next) \
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                )
                .and_then(|mut it| {
                    it.execute(params![
                        policy,
                        tenant,
                        digest.to_string(),
                        password_set,
                        failures,
                        i64::try_from(*pause).unwrap_or(i64::MAX),
                        next.as_second()
                    ])
                })
                .map_err(&failed)?;
        }
        transaction.commit().map_err(&failed)
    }
}
