//! What the last good reading of the directory came to.

use jiff::Timestamp;
use rusqlite::{OptionalExtension as _, Row, Transaction, params};

use crate::model::{Dn, Guid, ObjectKind, Stock};

use super::schema::Scope;
use super::{State, StateError};

impl State {
    pub(super) fn stock(&self, policy: &str, tenant: &str) -> Result<Option<Stock>, StateError> {
        let failed = self.failed("read");
        let head: Option<(String, Option<[u8; 16]>)> = self
            .database
            .query_row(
                "SELECT server, domain FROM stock WHERE policy = ?1 AND tenant = ?2",
                params![policy, tenant],
                |row| Ok((row.get(0)?, row.get(1)?)),
            )
            .optional()
            .map_err(&failed)?;
        let Some((server, domain)) = head else { return Ok(None) };
        let mut stock = Stock { server, domain: domain.map(Guid::from_bytes), ..Stock::default() };
        let counts = self.rows((policy, tenant), "kind, attribute, objects FROM stock_count", |row| {
            Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?, row.get::<_, u32>(2)?))
        })?;
        for (kind, attribute, objects) in counts {
            let kind = self.kind(&kind)?;
            // Objects themselves are counted under no attribute.
            if attribute.is_empty() {
                stock.objects.insert(kind, objects as usize);
            } else {
                stock.values.insert((kind, attribute.into()), objects as usize);
            }
        }
        let landmarks = self.rows((policy, tenant), "guid, dn FROM landmark", |row| {
            Ok((Guid::from_bytes(row.get(0)?), row.get::<_, String>(1)?))
        })?;
        for (guid, dn) in landmarks {
            let dn: Dn = dn.parse().map_err(|_| self.damaged("a base without a name"))?;
            stock.landmarks.insert(guid, dn);
        }
        let databases =
            self.rows((policy, tenant), "invocation, highest_usn FROM directory_database", |row| {
                Ok((Guid::from_bytes(row.get(0)?), row.get::<_, i64>(1)?.cast_unsigned()))
            })?;
        stock.databases.extend(databases);
        Ok(Some(stock))
    }

    pub(super) fn rows<T>(
        &self,
        (policy, tenant): (&str, &str),
        what: &str,
        read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>, StateError> {
        let failed = self.failed("read");
        let query = format!("SELECT {what} WHERE policy = ?1 AND tenant = ?2");
        let mut statement = self.database.prepare(&query).map_err(&failed)?;
        let rows = statement.query_map(params![policy, tenant], read).map_err(&failed)?;
        rows.collect::<rusqlite::Result<Vec<T>>>().map_err(&failed)
    }

    /// Records a reading that nobody had to worry about, for the next one to be compared with.
    pub fn note_stock(
        &mut self,
        scope: (&str, &str),
        stock: &Stock,
        at: Timestamp,
    ) -> Result<(), StateError> {
        let failed = self.failed("write");
        let transaction = self.database.transaction().map_err(&failed)?;
        put(&transaction, scope, stock, at).map_err(&failed)?;
        transaction.commit().map_err(&failed)
    }
}

/// Records it among other things.
pub(super) fn put(
    transaction: &Transaction<'_>,
    (policy, tenant): Scope<'_>,
    stock: &Stock,
    at: Timestamp,
) -> rusqlite::Result<()> {
    let Stock { server, domain, objects, values, landmarks, databases } = stock;
    for table in ["stock_count", "landmark", "directory_database"] {
        let delete = format!("DELETE FROM {table} WHERE policy = ?1 AND tenant = ?2");
        transaction.execute(&delete, params![policy, tenant])?;
    }
    transaction.execute(
        "INSERT OR REPLACE INTO stock (policy, tenant, server, domain, at) VALUES (?1, ?2, ?3, ?4, ?5)",
        params![policy, tenant, server, domain.as_ref().map(Guid::as_bytes), at.as_second()],
    )?;
    let mut count = transaction.prepare_cached(
        "INSERT INTO stock_count (policy, tenant, kind, attribute, objects) VALUES (?1, ?2, ?3, ?4, ?5)",
    )?;
    let mut put = |kind: ObjectKind, attribute: &str, objects: usize| {
        let objects = u32::try_from(objects).unwrap_or(u32::MAX);
        count.execute(params![policy, tenant, kind.word(), attribute, objects]).map(|_rows| ())
    };
    objects.iter().try_for_each(|(kind, objects)| put(*kind, "", *objects))?;
    values.iter().try_for_each(|((kind, attribute), objects)| put(*kind, attribute, *objects))?;
    for (guid, dn) in landmarks {
        transaction.execute(
            "INSERT INTO landmark (policy, tenant, guid, dn) VALUES (?1, ?2, ?3, ?4)",
            params![policy, tenant, guid.as_bytes(), dn.as_str()],
        )?;
    }
    for (invocation, usn) in databases {
        transaction.execute(
            "INSERT INTO directory_database (policy, tenant, invocation, highest_usn) VALUES (?1, ?2, ?3, ?4)",
            params![policy, tenant, invocation.as_bytes(), usn.cast_signed()],
        )?;
    }
    Ok(())
}
