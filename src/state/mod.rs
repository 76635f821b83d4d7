//! What has to be remembered between runs, in one SQLite file.
//!
//! Losing it loses nothing that cannot be found again: links are found by anchor, and until then nobody is
//! removed. It holds no secret and no password, nor anything derived from one. The history has values of
//! people's attributes: nobody else on the machine may read the file.

mod alarms;
mod copy;
mod error;
mod exported;
mod history;
mod intents;
mod pauses;
mod place;
mod reviewed;
mod schema;
mod stock;

pub use self::copy::{Census, restore};
pub use self::error::StateError;
pub use self::history::Run;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use rusqlite::{Connection, ErrorCode, OpenFlags, Transaction, TransactionBehavior, params};

use self::place::Lock;
use self::schema::Found;
use crate::apply::Applied;
use crate::model::{
    Anchor, CloudId, ConfirmedPassword, Digest, Fingerprint, Guid, Link, Links, ObjectKind, ReviewedPolicy,
};
use crate::plan::{ApprovedPlan, Because, Change, Header, Op, Planned, Report, Subject};

/// The records: nobody else writes them while this process does.
#[derive(Debug)]
pub struct State {
    path: PathBuf,
    database: Connection,
    /// `None` if another process has it, and these are only looked at.
    lock: Option<Lock>,
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
    /// Login name of whoever applies it.
    pub by: &'a str,
    /// When.
    pub as_of: Timestamp,
    /// What is known to be on record, and need not be written.
    pub links: &'a Links,
}

/// Who looks waits for who writes, and the other way round; neither takes longer than moments.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

impl State {
    /// Opens the records below a folder to look at them, if there are any: also while another process writes them.
    pub fn look(folder: &Path) -> Result<Option<Self>, StateError> {
        let path = place::file(folder);
        if !path.exists() {
            return Ok(None);
        }
        match Self::open(folder) {
            // Whoever writes them has brought them up to date, and repaired what broke off.
            Err(StateError::InUse { .. }) => {
                let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
                let database = Connection::open_with_flags(&path, flags).map_err(failure("open", &path))?;
                database.busy_timeout(BUSY_TIMEOUT).map_err(failure("open", &path))?;
                Ok(Some(Self { path, database, lock: None }))
            }
            // Nobody is kept from writing while somebody looks.
            opened => opened.map(|it| Some(Self { lock: None, ..it })),
        }
    }

    /// Opens or makes the records below a folder, to write them: two processes that do would both plan from what the
    /// other is about to change.
    pub fn open(folder: &Path) -> Result<Self, StateError> {
        let path = place::prepare(folder)?;
        let lock = place::lock(folder)?;
        let fail = |doing| failure(doing, &path);
        let mut database = Connection::open(&path).map_err(fail("open"))?;
        database.busy_timeout(BUSY_TIMEOUT).map_err(fail("open"))?;
        database.pragma_update(None, "foreign_keys", "ON").map_err(fail("open"))?;
        // What is dropped from the history is overwritten, not only forgotten.
        database.pragma_update(None, "secure_delete", "ON").map_err(fail("open"))?;
        let transaction =
            database.transaction_with_behavior(TransactionBehavior::Exclusive).map_err(fail("lock"))?;
        let found = schema::migrate(&transaction).map_err(fail("prepare"))?;
        if schema::LATEST < found {
            return Err(StateError::TooNew { path, found, known: schema::LATEST });
        }
        transaction.commit().map_err(fail("prepare"))?;
        Ok(Self { path, database, lock: Some(lock) })
    }

    /// Whether they can be written; if not, another process does.
    pub const fn is_writable(&self) -> bool {
        self.lock.is_some()
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
            .prepare(
                "SELECT anchor, kind, cloud, blocked_since, dn, settled, exported, \
                 password_set, password_confirmed FROM link \
                 WHERE policy = ?1 AND tenant = ?2",
            )
            .map_err(&failed)?;
        let rows = statement
            .query_map(params![policy, tenant_id], |row| {
                let anchor = Anchor::from_guid(Guid::from_bytes(row.get(0)?));
                let object: (String, String) = (row.get(1)?, row.get(2)?);
                Ok((
                    anchor,
                    object,
                    row.get(3)?,
                    row.get(4)?,
                    (row.get(5)?, row.get(6)?, row.get(7)?, row.get(8)?),
                ))
            })
            .map_err(&failed)?;
        let mut links = Links {
            reviewed: self.reviewed(policy, tenant_id)?,
            stock: self.stock(policy, tenant_id)?,
            intents: self.intents(policy, tenant_id)?,
            ..Links::default()
        };
        for row in rows {
            let (anchor, object, blocked_since, dn, marks): (_, _, _, _, Marks) = row.map_err(&failed)?;
            let link = self.link(object, blocked_since, dn, marks)?;
            links.by_anchor.insert(anchor, link);
        }
        Ok(links)
    }

    fn link(
        &self,
        (kind, cloud): (String, String),
        blocked_since: Option<i64>,
        dn: Option<String>,
        (settled, exported, password_set, password_confirmed): Marks,
    ) -> Result<Link, StateError> {
        let cloud: CloudId = cloud.parse().map_err(|_| self.damaged("a link without an object id"))?;
        let since = blocked_since.map(Timestamp::from_second).transpose();
        Ok(Link {
            kind: self.kind(&kind)?,
            cloud,
            blocked_since: since.map_err(|_| self.damaged("a link with an impossible time"))?,
            dn: dn.map(|it| it.parse()).transpose().map_err(|_| self.damaged("a link without a name"))?,
            settled: settled.map(|it| Fingerprint::from_bits(it.cast_unsigned())),
            exported: exported.as_deref().map(exported::read),
            password: password_set
                .zip(password_confirmed)
                .map(|(last_set, at)| {
                    let confirmed_at = Timestamp::from_second(at)
                        .map_err(|_| self.damaged("a password confirmed at an impossible time"))?;
                    Ok::<_, StateError>(ConfirmedPassword { last_set, confirmed_at })
                })
                .transpose()?,
        })
    }

    fn kind(&self, word: &str) -> Result<ObjectKind, StateError> {
        let kinds = [ObjectKind::User, ObjectKind::Group, ObjectKind::Contact];
        let found = kinds.into_iter().find(|it| it.word() == word);
        found.ok_or_else(|| self.damaged(&format!("an object of kind {word:?}")))
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

    /// Notes what was seen when a plan was made: who is joined, under which name, and who has what is wanted. What `links`
    /// have is on record.
    pub fn note_seen(&mut self, planned: &Planned, links: &Links) -> Result<(), StateError> {
        let failed = self.failed("write");
        let scope = (planned.header.policy.as_str(), planned.header.tenant_id.as_str());
        let transaction = self.database.transaction().map_err(&failed)?;
        let joined = planned.report.joined.iter().filter(|it| !links.are_of(it.0, it.1, it.2));
        for (anchor, kind, cloud) in joined {
            schema::note_link(&transaction, scope, *anchor, (*kind, *cloud)).map_err(&failed)?;
        }
        intents::end_seen(&transaction, scope, &planned.report).map_err(&failed)?;
        let touched: BTreeSet<Anchor> = planned.plan.changes().iter().map(Change::anchor).collect();
        for (anchor, found) in found(&planned.report, [&touched; 2]) {
            // A change that is planned says itself what becomes of its object, its name included.
            if !touched.contains(&anchor) {
                schema::note_found(&transaction, scope, anchor, found).map_err(&failed)?;
            }
        }
        transaction.commit().map_err(&failed)
    }

    /// Begins the record of an apply: what was joined when the plan was made, what is about to be created, and that it
    /// runs.
    pub fn begin<'a>(&mut self, record: &'a Record<'a>) -> Result<Run<'a>, StateError> {
        let failed = self.failed("write");
        let scope = (record.header.policy.as_str(), record.header.tenant_id.as_str());
        let transaction = self.database.transaction().map_err(&failed)?;
        let links = record.links;
        let joined = record.report.joined.iter();
        for (anchor, kind, cloud) in
            joined.filter(|it| !links.are_of(it.0, it.1, it.2) || links.are_of_blocked(it.0))
        {
            schema::put_link(&transaction, scope, *anchor, (*kind, *cloud)).map_err(&failed)?;
        }
        for anchor in &record.report.departed {
            schema::block(&transaction, scope, *anchor, record.as_of).map_err(&failed)?;
        }
        intents::end_seen(&transaction, scope, record.report).map_err(&failed)?;
        intents::end_old(&transaction, scope, record.as_of).map_err(&failed)?;
        intents::note(&transaction, scope, record.approved.changes(), record.as_of).map_err(&failed)?;
        let run = history::begin(&transaction, record).map_err(&failed)?;
        transaction.commit().map_err(&failed)?;
        Ok(run)
    }

    /// Records what became of changes that were carried out together, before others are begun.
    pub fn settle(
        &mut self,
        run: &Run<'_>,
        outcomes: &[(&Change, Applied)],
        as_of: Timestamp,
    ) -> Result<(), StateError> {
        let failed = self.failed("write");
        let header = run.record().header;
        let scope = (header.policy.as_str(), header.tenant_id.as_str());
        let transaction = self.database.transaction().map_err(&failed)?;
        history::settle(&transaction, run, outcomes, as_of).map_err(&failed)?;
        for (change, applied) in outcomes.iter().filter(|it| it.1.outcome.is_done()) {
            record_change(&transaction, scope, change, applied.id, as_of).map_err(&failed)?;
            if run.record().approved.release(change).is_some() {
                schema::use_approval(&transaction, scope.0, change.digest(), as_of).map_err(&failed)?;
            }
        }
        transaction.commit().map_err(&failed)
    }

    /// Ends the record of an apply of which everything that was tried was done.
    ///
    /// The policy counts as reviewed only if nothing that a change of policy causes stayed held: else the
    /// same removals would look like ordinary ones next time. The reading counts as good only if no doubt about
    /// it holds anything any more.
    pub fn finish(&mut self, record: &Record<'_>) -> Result<(), StateError> {
        let failed = self.failed("write");
        let scope = (record.header.policy.as_str(), record.header.tenant_id.as_str());
        let transaction = self.database.transaction().map_err(&failed)?;
        settle_all(&transaction, scope, record).map_err(&failed)?;
        let waits = record.approved.held().any(|it| it.because().is_policy_change());
        if !waits && !record.policy_waits {
            reviewed::put(&transaction, scope, &record.reviewed, record.as_of).map_err(&failed)?;
        }
        let is_doubted = record.report.is_doubted(record.approved.held());
        if let Some(stock) = record.report.stock.as_ref().filter(|_| !is_doubted) {
            stock::put(&transaction, scope, stock, record.as_of).map_err(&failed)?;
        }
        transaction.commit().map_err(&failed)
    }
}

/// Who had nothing left held has what was wanted.
fn settle_all(
    transaction: &Transaction<'_>,
    scope: schema::Scope<'_>,
    record: &Record<'_>,
) -> rusqlite::Result<()> {
    let waiting: BTreeSet<Anchor> = record.approved.held().map(Change::anchor).collect();
    // Else what was sent beside a name that has to wait would be sent again and again.
    let unsent: BTreeSet<Anchor> =
        record.approved.held().filter(|it| !is_of_shown_alone(it)).map(Change::anchor).collect();
    let mut found = found(record.report, [&waiting, &unsent]).into_iter();
    found.try_for_each(|(anchor, found)| schema::note_found(transaction, scope, anchor, found))
}

/// What a report says of objects: their names, what is wanted of them but of those who wait for it, and what was sent of
/// them but of those of whom it was not.
fn found<'a>(report: &'a Report, [waiting, unsent]: [&BTreeSet<Anchor>; 2]) -> BTreeMap<Anchor, Found<'a>> {
    let mut found: BTreeMap<Anchor, Found<'a>> = BTreeMap::new();
    for (anchor, dn) in &report.named {
        found.entry(*anchor).or_default().dn = Some(dn);
    }
    for (anchor, wanted) in report.wanted.iter().filter(|it| !waiting.contains(&it.0)) {
        found.entry(*anchor).or_default().settled = Some(*wanted);
    }
    for (anchor, sent) in report.exported.iter().filter(|it| !unsent.contains(&it.0)) {
        found.entry(*anchor).or_default().exported = Some(sent);
    }
    found
}

/// Whether a change writes properties, and none but those that the tenant shows.
fn is_of_shown_alone(change: &Change) -> bool {
    let kind = change.kind().object();
    matches!(change.op(), Op::Update(_))
        && change.attribute_changes().iter().all(|it| kind.is_some_and(|kind| it.property.shown().has(kind)))
}

/// What went wrong while opening.
fn failure(doing: &'static str, path: &Path) -> impl FnOnce(rusqlite::Error) -> StateError + use<> {
    let path = path.to_owned();
    move |cause| match cause.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => StateError::InUse { path, by: None },
        Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => {
            StateError::Damaged { path, what: cause.to_string() }
        }
        _ => StateError::Database { doing, path, cause },
    }
}

/// What the directory wanted of an object when the tenant last had it, what was sent that the tenant does not show,
/// and which password was confirmed when.
type Marks = (Option<i64>, Option<String>, Option<i64>, Option<i64>);

fn record_change(
    transaction: &Transaction<'_>,
    scope: (&str, &str),
    change: &Change,
    id: Option<CloudId>,
    as_of: Timestamp,
) -> rusqlite::Result<()> {
    if let Because::RolledBack { .. } = change.because() {
        schema::unsettle_link(transaction, scope, change.anchor())?;
        // The link went with the object.
        if let (Op::Restore(_), Subject::Known(id), Some(kind)) =
            (change.op(), change.subject(), change.kind().object())
        {
            schema::put_link(transaction, scope, change.anchor(), (kind, id))?;
        }
    }
    match (change.op(), id, change.because()) {
        (Op::Create(_) | Op::Adopt { .. }, Some(id), _) => {
            if let Some(kind) = change.kind().object() {
                schema::put_link(transaction, scope, change.anchor(), (kind, id))?;
                intents::end(transaction, scope, change.anchor())?;
            }
        }
        (Op::Block, _, Because::Departed { .. }) => {
            schema::block(transaction, scope, change.anchor(), as_of)?;
        }
        (Op::Unblock | Op::Restore(_), _, _) => schema::unblock(transaction, scope, change.anchor())?,
        (Op::Password(set), _, _) => {
            schema::confirm_password(transaction, scope, change.anchor(), (set.last_set, as_of))?;
        }
        (Op::Delete, _, _) => schema::drop_link(transaction, scope, change.anchor())?,
        (
            Op::Create(_)
            | Op::Adopt { .. }
            | Op::Block
            | Op::Update(_)
            | Op::Members { .. }
            | Op::Features(_),
            _,
            _,
        ) => (),
    }
    Ok(())
}
