//! What has to be remembered between runs, in one SQLite file.
//!
//! Losing it loses nothing that cannot be found again: links are found by anchor, and until then nobody is
//! removed. It holds no secret and no password, nor anything derived from one.

mod schema;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use rusqlite::{Connection, ErrorCode, OptionalExtension as _, Transaction, TransactionBehavior, params};

use crate::apply::Applied;
use crate::model::{Anchor, CloudId, Digest, Guid, Link, Links, ObjectKind, ReviewedPolicy};
use crate::plan::{ApprovedPlan, Because, Change, Header, Op, Report};

/// Why the records cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// The folder cannot be made.
    #[error("cannot make the state folder {}", path.display())]
    MakeFolder {
        /// Folder.
        path: PathBuf,
        /// Cause.
        #[source]
        cause: std::io::Error,
    },
    /// Another process uses it.
    #[error("{} is in use by another samesign process; wait for it, or give this one its own --state", path.display())]
    InUse {
        /// File.
        path: PathBuf,
    },
    /// It was written by a newer version.
    #[error("{} has schema version {found}, this samesign knows up to {known}: use a newer samesign", path.display())]
    TooNew {
        /// File.
        path: PathBuf,
        /// Version in the file.
        found: usize,
        /// Latest known version.
        known: usize,
    },
    /// SQLite failed.
    #[error("cannot {doing} {}", path.display())]
    Database {
        /// What was being done.
        doing: &'static str,
        /// File.
        path: PathBuf,
        /// Cause.
        #[source]
        cause: rusqlite::Error,
    },
    /// A value in it makes no sense.
    #[error("{} is damaged: {what}; move it away, it is rebuilt from the tenant and removes nobody meanwhile", path.display())]
    Damaged {
        /// File.
        path: PathBuf,
        /// What was found.
        what: String,
    },
}

/// The records, opened for this process alone.
#[derive(Debug)]
pub struct State {
    path: PathBuf,
    database: Connection,
}

/// What is remembered of an apply.
#[derive(Debug)]
pub struct Record<'a> {
    /// The scopes and the directory that count as reviewed from then on.
    pub reviewed: ReviewedPolicy,
    /// What the plan was made from.
    pub header: &'a Header,
    /// What the readings had to say.
    pub report: &'a Report,
    /// The plan.
    pub approved: &'a ApprovedPlan,
    /// Whether removals that a change of policy causes are held outside of this plan: left out of a saved
    /// one.
    pub policy_waits: bool,
    /// When.
    pub as_of: Timestamp,
}

/// Another process keeps the lock for as long as it runs: there is nothing to wait for.
const BUSY_TIMEOUT: Duration = Duration::from_millis(100);
/// File name of the database.
const FILE: &str = "state.db";

impl State {
    /// Opens or makes the records below a folder.
    pub fn open(folder: &Path) -> Result<Self, StateError> {
        std::fs::create_dir_all(folder)
            .map_err(|cause| StateError::MakeFolder { path: folder.to_owned(), cause })?;
        let path = folder.join(FILE);
        let fail = |doing| {
            let path = path.clone();
            move |cause: rusqlite::Error| match cause.sqlite_error_code() {
                Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => StateError::InUse { path },
                Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => {
                    StateError::Damaged { path, what: cause.to_string() }
                }
                _ => StateError::Database { doing, path, cause },
            }
        };
        let mut database = Connection::open(&path).map_err(fail("open"))?;
        // The lock is taken at the first statement and kept: two processes on one state would both plan
        // from what the other is about to change.
        database.busy_timeout(BUSY_TIMEOUT).map_err(fail("lock"))?;
        database.pragma_update(None, "locking_mode", "EXCLUSIVE").map_err(fail("lock"))?;
        database.pragma_update(None, "foreign_keys", "ON").map_err(fail("open"))?;
        let transaction =
            database.transaction_with_behavior(TransactionBehavior::Exclusive).map_err(fail("lock"))?;
        let found = schema::migrate(&transaction).map_err(fail("prepare"))?;
        if schema::LATEST < found {
            return Err(StateError::TooNew { path, found, known: schema::LATEST });
        }
        transaction.commit().map_err(fail("prepare"))?;
        Ok(Self { path, database })
    }

    fn failed(&self, doing: &'static str) -> impl Fn(rusqlite::Error) -> StateError + use<> {
        let path = self.path.clone();
        move |cause| StateError::Database { doing, path: path.clone(), cause }
    }

    fn damaged(&self, what: &str) -> StateError {
        StateError::Damaged { path: self.path.clone(), what: what.to_owned() }
    }

    /// What is recorded of one policy in one tenant.
    pub fn links(&self, policy: &str, tenant_id: &str) -> Result<Links, StateError> {
        let failed = self.failed("read");
        let mut statement = self
            .database
            .prepare("SELECT anchor, kind, cloud, blocked_since FROM link WHERE policy = ?1 AND tenant = ?2")
            .map_err(&failed)?;
        let rows = statement
            .query_map(params![policy, tenant_id], |row| {
                Ok((
                    row.get::<_, [u8; 16]>(0)?,
                    row.get::<_, String>(1)?,
                    row.get::<_, String>(2)?,
                    row.get(3)?,
                ))
            })
            .map_err(&failed)?;
        let mut links = Links { reviewed: self.reviewed(policy, tenant_id)?, ..Links::default() };
        for row in rows {
            let (anchor, kind, cloud, blocked_since) = row.map_err(&failed)?;
            links.by_anchor.insert(
                Anchor::from_guid(Guid::from_bytes(anchor)),
                self.link(&kind, &cloud, blocked_since)?,
            );
        }
        Ok(links)
    }

    fn link(&self, kind: &str, cloud: &str, blocked_since: Option<i64>) -> Result<Link, StateError> {
        let kind = match kind {
            "user" => ObjectKind::User,
            "group" => ObjectKind::Group,
            "contact" => ObjectKind::Contact,
            _ => return Err(self.damaged(&format!("a link of kind {kind:?}"))),
        };
        let cloud: CloudId = cloud.parse().map_err(|_| self.damaged("a link without an object id"))?;
        let since = blocked_since.map(Timestamp::from_second).transpose();
        Ok(Link {
            kind,
            cloud,
            blocked_since: since.map_err(|_| self.damaged("a link with an impossible time"))?,
        })
    }

    fn reviewed(&self, policy: &str, tenant_id: &str) -> Result<Option<ReviewedPolicy>, StateError> {
        let row: Option<(String, String, String)> = self
            .database
            .query_row(
                "SELECT user_scope, group_scope, directory FROM reviewed WHERE policy = ?1 AND tenant = ?2",
                params![policy, tenant_id],
                |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
            )
            .optional()
            .map_err(self.failed("read"))?;
        let Some((user_scope, group_scope, directory)) = row else { return Ok(None) };
        let digest = |text: &str| text.parse().map_err(|_| self.damaged("a digest that is none"));
        Ok(Some(ReviewedPolicy {
            user_scope: digest(&user_scope)?,
            group_scope: digest(&group_scope)?,
            directory: digest(&directory)?,
        }))
    }

    /// Digests of changes whose approval was used.
    pub fn used_approvals(&self, policy: &str) -> Result<BTreeSet<Digest>, StateError> {
        let failed = self.failed("read");
        let mut statement =
            self.database.prepare("SELECT digest FROM used_approval WHERE policy = ?1").map_err(&failed)?;
        let rows = statement.query_map(params![policy], |row| row.get::<_, String>(0)).map_err(&failed)?;
        rows.map(|row| row.map_err(&failed)?.parse().map_err(|_| self.damaged("a digest that is none")))
            .collect()
    }

    /// Notes objects that were seen joined when a plan was made.
    pub fn note_joined(
        &mut self,
        scope: (&str, &str),
        joined: &[(Anchor, ObjectKind, CloudId)],
    ) -> Result<(), StateError> {
        let failed = self.failed("write");
        let transaction = self.database.transaction().map_err(&failed)?;
        for (anchor, kind, cloud) in joined {
            schema::note_link(&transaction, scope, *anchor, (*kind, *cloud)).map_err(&failed)?;
        }
        transaction.commit().map_err(&failed)
    }

    /// Begins the record of an apply: what was joined when the plan was made.
    pub fn begin(&mut self, record: &Record<'_>) -> Result<(), StateError> {
        let failed = self.failed("write");
        let (policy, tenant) = (&record.header.policy, &record.header.tenant_id);
        let transaction = self.database.transaction().map_err(&failed)?;
        for (anchor, kind, cloud) in &record.report.joined {
            schema::put_link(&transaction, (policy, tenant), *anchor, (*kind, *cloud)).map_err(&failed)?;
        }
        for anchor in &record.report.departed {
            schema::block(&transaction, (policy, tenant), *anchor, record.as_of).map_err(&failed)?;
        }
        transaction.commit().map_err(&failed)
    }

    /// Records what became of changes that were carried out together, before others are begun.
    pub fn settle(
        &mut self,
        scope: (&str, &str),
        outcomes: &[(&Change, Applied)],
        as_of: Timestamp,
    ) -> Result<(), StateError> {
        let failed = self.failed("write");
        let transaction = self.database.transaction().map_err(&failed)?;
        for (change, applied) in outcomes.iter().filter(|it| it.1.outcome.is_done()) {
            record_change(&transaction, scope, change, applied.id, as_of).map_err(&failed)?;
        }
        transaction.commit().map_err(&failed)
    }

    /// Ends the record of an apply.
    ///
    /// The policy counts as reviewed only if nothing that a change of policy causes stayed held: else the
    /// same removals would look like ordinary ones next time.
    pub fn finish(&mut self, record: &Record<'_>) -> Result<(), StateError> {
        let waits = record.approved.held().any(|it| it.because().is_policy_change());
        if waits || record.policy_waits {
            return Ok(());
        }
        let ReviewedPolicy { user_scope, group_scope, directory } = record.reviewed;
        let header = record.header;
        self.database
            .execute(
                "INSERT OR REPLACE INTO reviewed (policy, tenant, user_scope, group_scope, directory, \
                 policy_digest, git_commit, directory_objects, at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
                params![
                    header.policy,
                    header.tenant_id,
                    user_scope.to_string(),
                    group_scope.to_string(),
                    directory.to_string(),
                    header.policy_digest.to_string(),
                    header.provenance.commit,
                    i64::try_from(header.directory.objects).unwrap_or(i64::MAX),
                    record.as_of.as_second(),
                ],
            )
            .map(|_rows| ())
            .map_err(self.failed("write"))
    }
}

fn record_change(
    transaction: &Transaction<'_>,
    scope: (&str, &str),
    change: &Change,
    id: Option<CloudId>,
    as_of: Timestamp,
) -> rusqlite::Result<()> {
    match (change.op(), id, change.because()) {
        (Op::Create(_), Some(id), _) => {
            schema::put_link(transaction, scope, change.anchor(), (change.kind(), id))?;
        }
        (Op::Block, _, Because::Departed { .. }) => {
            schema::block(transaction, scope, change.anchor(), as_of)?;
        }
        (Op::Unblock | Op::Restore, _, _) => schema::unblock(transaction, scope, change.anchor())?,
        (Op::Delete, _, _) => schema::drop_link(transaction, scope, change.anchor())?,
        (Op::Create(_) | Op::Block | Op::Update(_) | Op::Members { .. }, _, _) => (),
    }
    if change.held().is_some() {
        schema::use_approval(transaction, scope.0, change.digest(), as_of)?;
    }
    Ok(())
}
