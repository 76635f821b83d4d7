//! What people were told that is not over, and since when something cannot be looked at.

use std::collections::BTreeSet;

use jiff::Timestamp;
use rusqlite::{Row, params};

use crate::model::ToldAlarm;

use super::{State, StateError};

impl State {
    /// All that people were told, and not yet that it is over.
    pub fn told_alarms(&self) -> Result<Vec<ToldAlarm>, StateError> {
        let failed = self.failed("read");
        let mut statement = self
            .database
            .prepare(
                "SELECT policy, part, topic, about, severity, text, size, since, notifiers FROM told_alarm",
            )
            .map_err(&failed)?;
        let rows = statement.query_map([], told_alarm).map_err(&failed)?;
        rows.collect::<Result<_, _>>().map_err(&failed)
    }

    /// Records that people were told, besides those who were told before.
    pub fn note_told(&mut self, alarm: &ToldAlarm) -> Result<(), StateError> {
        let ToldAlarm { policy, part, topic, about, severity, text, size, since, to } = alarm;
        let is_it =
            |it: &&ToldAlarm| (&it.policy, &it.part, &it.topic, &it.about) == (policy, part, topic, about);
        let to = match self.told_alarms()?.iter().find(is_it) {
            Some(before) => before.to.as_ref().zip(to.as_ref()).map(|(before, now)| before | now),
            None => to.clone(),
        };
        self.database
            .execute(
                "INSERT OR REPLACE INTO told_alarm \
                 (policy, part, topic, about, severity, text, size, since, notifiers) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
                params![
                    policy.as_deref().unwrap_or_default(),
                    part,
                    topic,
                    about,
                    severity,
                    text,
                    i64::try_from(*size).unwrap_or(i64::MAX),
                    since.as_second(),
                    to.map(|it| serde_json::json!(it).to_string())
                ],
            )
            .map(|_rows| ())
            .map_err(self.failed("write"))
    }

    /// Records that people were told that it is over.
    pub fn note_over(&mut self, alarm: &ToldAlarm) -> Result<(), StateError> {
        let ToldAlarm { policy, part, topic, about, .. } = alarm;
        self.database
            .execute(
                "DELETE FROM told_alarm WHERE policy = ?1 AND part = ?2 AND topic = ?3 AND about = ?4",
                params![policy.as_deref().unwrap_or_default(), part, topic, about],
            )
            .map(|_rows| ())
            .map_err(self.failed("write"))
    }

    /// Parts of a policy that cannot be looked at, and since when.
    pub fn silences(&self, policy: &str) -> Result<Vec<(String, Timestamp)>, StateError> {
        let failed = self.failed("read");
        let mut statement =
            self.database.prepare("SELECT part, since FROM silence WHERE policy = ?1").map_err(&failed)?;
        let read = |row: &Row<'_>| Ok((row.get(0)?, moment(row, 1)?));
        let rows = statement.query_map([policy], read).map_err(&failed)?;
        rows.collect::<Result<_, _>>().map_err(&failed)
    }

    /// Records since when a part of a policy cannot be looked at; `None` if it can.
    pub fn note_silence(
        &mut self,
        policy: &str,
        part: &str,
        since: Option<Timestamp>,
    ) -> Result<(), StateError> {
        let done = match since {
            Some(since) => self.database.execute(
                "INSERT OR REPLACE INTO silence (policy, part, since) VALUES (?1, ?2, ?3)",
                params![policy, part, since.as_second()],
            ),
            None => self
                .database
                .execute("DELETE FROM silence WHERE policy = ?1 AND part = ?2", params![policy, part]),
        };
        done.map(|_rows| ()).map_err(self.failed("write"))
    }
}

fn told_alarm(row: &Row<'_>) -> rusqlite::Result<ToldAlarm> {
    let policy: String = row.get(0)?;
    Ok(ToldAlarm {
        policy: Some(policy).filter(|it| !it.is_empty()),
        part: row.get(1)?,
        topic: row.get(2)?,
        about: row.get(3)?,
        severity: row.get(4)?,
        text: row.get(5)?,
        size: row.get::<_, i64>(6)?.unsigned_abs(),
        since: moment(row, 7)?,
        to: row.get::<_, Option<String>>(8)?.map(|it| names(&it)).transpose()?,
    })
}

fn names(json: &str) -> rusqlite::Result<BTreeSet<String>> {
    serde_json::from_str(json).map_err(|cause| {
        rusqlite::Error::FromSqlConversionFailure(8, rusqlite::types::Type::Text, Box::new(cause))
    })
}

fn moment(row: &Row<'_>, column: usize) -> rusqlite::Result<Timestamp> {
    let moment = Timestamp::from_second(row.get(column)?);
    moment.map_err(|cause| {
        rusqlite::Error::FromSqlConversionFailure(column, rusqlite::types::Type::Integer, Box::new(cause))
    })
}
