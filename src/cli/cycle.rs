//! One policy under the controller: reads both sides, plans, applies what may run, and asks whether passwords changed.
//!
//! When it does so is decided elsewhere. What goes wrong is logged here, and the next time everything is tried anew.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::watch;
use tokio::time::Instant;

use crate::apply::{Applied, Outcome};
use crate::controller::{Pauses, Rhythm, Turn, Work};
use crate::manifest::{DirectoryConnection, Loaded, TenantSpec};
use crate::model::{Digest, Guid, ObjectKind, Reading, from_filetime};
use crate::observe::{Alarm, Figures, Look, Part, Severity, Topic};
use crate::plan::{ApprovedPlan, Change, Consent, Op, Planned, Subject, Unheld, review};
use crate::policy::{Mode, Policy};
use crate::source::drs::{AccountChange, PasswordChange, Replica};
use crate::target::graph::Follower;
use crate::wire::drsuapi::Cursor;

use super::alarms::Alarms;
use super::carrier::Carrier;
use super::connect::{self, Tenant};
use super::console::{self, Console};
use super::converge::{Ended, Job, Records, converge, lock};
use super::error::Error;
use super::picture::{self, Gallery, Rest};
use super::progress::Applying;
use super::survey::{self, Survey};
use super::{Ending, clock, known, plan};

/// What all policies of the process share.
pub(super) struct Shared {
    pub(super) records: Records,
    pub(super) alarms: Arc<Alarms>,
    /// What the page shows.
    pub(super) pictures: Arc<Gallery>,
    /// Set when the process is to end: nothing new is begun.
    pub(super) stop: Arc<AtomicBool>,
    /// A sandbox keeps its tenant in a file: policies that share one take turns.
    pub(super) sandboxes: tokio::sync::Mutex<()>,
    pub(super) console: Console,
    /// Whether what was done is printed besides being logged.
    pub(super) prints: bool,
}

/// One policy.
pub(super) struct Cycle {
    name: String,
    manifests: watch::Receiver<Arc<Loaded>>,
    shared: Arc<Shared>,
    opened: Option<Opened>,
    passwords: Option<Passwords>,
    /// Accounts that were seen in the directory: of others it does not matter that their password changed.
    accounts: BTreeSet<Guid>,
    /// Findings about the whole that were said.
    said: BTreeSet<(String, String)>,
    /// What is not looked at well, in words that were said: of a cycle, and of passwords.
    troubles: BTreeMap<Part, String>,
    /// When a look went well last.
    well: BTreeMap<Part, (Instant, Timestamp)>,
    /// Changes that failed by themselves.
    pauses: Pauses<Key>,
    /// How many changes waited for a person when that was last said.
    waiting: usize,
    /// What times of pauses count from.
    since: Instant,
}

/// A change that asks for the same: its digest, and which password it is about.
type Key = (Digest, i64);

/// What fails by itself is tried again this often at least: who mends it does not want to wait for long.
const PAUSE_MAX: Duration = Duration::from_mins(15);
const PASSWORD_PAUSE_MAX: Duration = Duration::from_mins(1);
/// What cannot be looked at for so long is an alarm: a server that restarts is none.
const SILENCE: Duration = Duration::from_mins(5);

/// A connection that is kept from one look to the next, until one comes to nothing: perhaps the secret is another one
/// now.
struct Opened {
    /// With these manifests it was opened.
    of: Arc<Loaded>,
    tenant: Tenant,
    follower: Follower,
}

/// Where passwords are read, and how far they are.
struct Passwords {
    /// With these manifests it was opened.
    of: Arc<Loaded>,
    replica: Replica,
    /// `None` before the first look.
    cursor: Option<Cursor>,
}

impl Cycle {
    pub(super) fn new(name: &str, manifests: watch::Receiver<Arc<Loaded>>, shared: Arc<Shared>) -> Self {
        Self {
            name: name.to_owned(),
            manifests,
            shared,
            opened: None,
            passwords: None,
            accounts: BTreeSet::new(),
            said: BTreeSet::new(),
            troubles: BTreeMap::new(),
            well: BTreeMap::new(),
            pauses: Pauses::default(),
            waiting: 0,
            since: Instant::now(),
        }
    }

    /// One look from reading to recording.
    pub(super) async fn look(&mut self) -> Result<Ending, Error> {
        let loaded = Arc::clone(&self.manifests.borrow());
        let policy = find(&loaded, &self.name)
            .ok_or_else(|| Error::failed(format!("there is no SyncPolicy named {} any more", self.name)))?;
        let spec = loaded.tenant(&policy.tenant).ok_or_else(|| survey::missing("Tenant", &policy.tenant))?;
        if spec.cloud.is_sandbox() {
            let shared = Arc::clone(&self.shared);
            let _turn = shared.sandboxes.lock().await;
            let tenant = Tenant::open(spec).await?;
            let ended = self.look_at(&loaded, policy, (&tenant, None)).await;
            // A sandbox that is not closed forgets what was done.
            tenant.close().await?;
            return ended;
        }
        let mut opened = match self.opened.take().filter(|it| Arc::ptr_eq(&it.of, &loaded)) {
            Some(opened) => opened,
            None => Opened::open(&loaded, spec).await?,
        };
        if loaded.schedule(&self.name).is_some_and(|it| opened.is_older_than(it.full_every)) {
            opened.follower.doubt();
        }
        let sides = (&opened.tenant, Some(&mut opened.follower));
        let ending = self.look_at(&loaded, policy, sides).await?;
        if ending == Ending::Failed {
            opened.follower.doubt();
        }
        self.opened = Some(opened);
        Ok(ending)
    }

    async fn look_at(
        &mut self,
        loaded: &Loaded,
        policy: &Policy,
        (tenant, follower): (&Tenant, Option<&mut Follower>),
    ) -> Result<Ending, Error> {
        let shared = Arc::clone(&self.shared);
        let links = |tenant_id: &str| lock(&shared.records).links(&policy.name, tenant_id).map(Some);
        let survey = Survey::read_with(loaded, policy, (tenant, follower), links, shared.console).await?;
        let objects = survey.directory.objects().iter();
        self.accounts =
            objects.filter(|(_, it)| it.kind == ObjectKind::User).map(|(_, it)| it.guid).collect();
        let planned = survey::plan_checked(&survey.inputs(policy))?;
        plan::remember(Some(&mut lock(&shared.records)), &planned)?;
        self.note_findings(&survey.directory, &planned);
        let unheld = match policy.mode {
            Mode::Observe => {
                self.note(&survey, &planned, Unfinished::default());
                let ending = drift(policy, &planned);
                self.show(&survey, planned, Unfinished::default(), BTreeSet::new());
                return Ok(ending);
            }
            Mode::Review => Unheld::Approved,
            Mode::Auto => Unheld::All,
        };
        let approved = self.review(policy, &planned, unheld)?;
        let carrier = Carrier {
            tenant,
            known: known::of(&survey, &planned),
            hashes: survey::hashes(loaded, policy)?,
            is_closed: planned.report.is_closed,
        };
        let job = Job { policy, planned: &planned, approved: &approved, moved: 0, policy_waits: false };
        let progress = Applying::begin(&policy.name, approved.changes().count(), shared.console);
        let ended = converge(job, carrier, &shared.records, Arc::clone(&shared.stop), progress).await?;
        if shared.prints {
            console::print(&ended.report)?;
        }
        let every = loaded.schedule(&policy.name).unwrap_or_default().every;
        let ending = self.report((policy, every), &approved, &ended);
        let unfinished = Unfinished {
            waiting: self.waiting,
            failing: self.pauses.len(),
            oldest_password: oldest_password(&approved, &ended.outcomes),
            tried: ended.outcomes.len(),
            done: ended.outcomes.iter().filter(|it| it.outcome.is_done()).count(),
        };
        self.note(&survey, &planned, unfinished);
        self.show(&survey, planned, unfinished, picture::done(&approved, &ended.outcomes));
        Ok(ending)
    }

    /// Leaves for the page what differs still.
    fn show(&self, survey: &Survey, planned: Planned, unfinished: Unfinished, done: BTreeSet<Digest>) {
        let now = self.since.elapsed();
        let paused = self.pauses.iter().map(|(key, until)| (key.0, until.saturating_sub(now))).collect();
        let Unfinished { waiting, oldest_password, .. } = unfinished;
        let rest = Rest { done, waiting, paused, oldest_password };
        let broken = broken(&survey.directory);
        self.shared.pictures.found(&self.name, picture::of(survey, planned, broken, &rest));
    }

    /// Tells people what this look found the matter, and monitoring what it came to.
    fn note(&self, survey: &Survey, planned: &Planned, unfinished: Unfinished) {
        let Unfinished { waiting, failing, oldest_password, tried, done } = unfinished;
        let figures = Figures {
            directory_objects: survey.directory.objects().len(),
            tenant_objects: survey.tenant.active().count(),
            done,
            failed: tried - done,
            waiting,
            failing,
            oldest_password: oldest_password.map(SignedDuration::unsigned_abs),
        };
        self.shared.alarms.found(&self.name, figures);
        let broken = broken(&survey.directory);
        let look = Look { policy: &self.name, planned, broken, waiting, failing, oldest_password };
        self.shared.alarms.report((Some(&self.name), Part::Plan), look.alarms());
    }

    /// What may run.
    fn review(&mut self, policy: &Policy, planned: &Planned, unheld: Unheld) -> Result<ApprovedPlan, Error> {
        let asked_for: BTreeSet<Key> = planned.plan.changes().iter().map(key).collect();
        self.pauses.retain(|it| asked_for.contains(it));
        let paused = self.pauses.at(self.since.elapsed()).into_iter().map(|it| it.0).collect();
        let used = lock(&self.shared.records).used_approvals(&policy.name)?;
        let consent = Consent { approvals: &policy.approvals, used, held_set: None, unheld, paused };
        let reviewed = review(planned.plan.clone(), &consent, clock::now());
        for words in reviewed.without_effect {
            tracing::debug!(policy = policy.name, approval = words, "an approval has no effect");
        }
        Ok(reviewed.approved)
    }

    /// Says what concerns the whole once, until it is over; what is the matter with single objects is in the plan.
    fn note_findings(&mut self, directory: &Reading, planned: &Planned) {
        let broken = broken(directory).map(|cause| {
            ("directory".to_owned(), format!("not read to its end, nobody is removed: {cause}"))
        });
        let of_all = planned.report.findings.iter().filter(|it| it.kind.is_none());
        let findings = of_all.map(|it| (it.name.to_string(), it.text.clone())).chain(broken);
        let now: BTreeSet<(String, String)> = findings.collect();
        for (about, finding) in now.difference(&self.said) {
            tracing::warn!(policy = self.name, about, finding, "finding");
        }
        for (about, finding) in self.said.difference(&now) {
            tracing::info!(policy = self.name, about, finding, "finding is over");
        }
        self.said = now;
    }

    /// Says what was done, and pauses what failed by itself: that is no failure of the whole, unless somebody waits for
    /// the exit code.
    fn report(
        &mut self,
        (policy, every): (&Policy, Duration),
        approved: &ApprovedPlan,
        ended: &Ended,
    ) -> Ending {
        let Ended { report, ending, outcomes } = ended;
        let now = self.since.elapsed();
        let (mut failed, mut all_alone) = (0, true);
        for (change, applied) in approved.changes().zip(outcomes) {
            if applied.outcome.is_done() {
                self.pauses.over(&key(change));
                continue;
            }
            failed += 1;
            if fails_alone(&applied.outcome) {
                let longest = if is_password(change) { PASSWORD_PAUSE_MAX } else { PAUSE_MAX };
                self.pauses.failed(key(change), now, (every, longest.max(every)));
            } else {
                all_alone = false;
            }
        }
        let (done, waiting) =
            (outcomes.len() - failed, approved.held().filter(|it| !approved.is_paused(it)).count());
        let (policy, plan) = (&policy.name, approved.plan().id());
        if failed == 0 && (done, waiting) == (0, self.waiting) {
            tracing::debug!(policy, waiting, "nothing to do");
        } else if failed == 0 {
            tracing::info!(policy, plan, done, waiting, "cycle ended");
        } else {
            tracing::warn!(policy, plan, done, failed, waiting, report, "cycle ended with failures");
        }
        self.waiting = waiting;
        if all_alone && *ending == Ending::Failed && !self.shared.prints { Ending::Held } else { *ending }
    }

    /// Whether the password of somebody who was seen changed since the last look.
    async fn passwords_changed(&mut self) -> Result<bool, Error> {
        let loaded = Arc::clone(&self.manifests.borrow());
        if self.passwords.as_ref().is_none_or(|it| !Arc::ptr_eq(&it.of, &loaded)) {
            let policy = find(&loaded, &self.name);
            let spec = policy.and_then(|it| loaded.directory(&it.directory));
            let Some(replica) = spec.map(connect::replica).transpose()?.flatten() else { return Ok(false) };
            // Other manifests may lead to another domain, where the cursor means nothing.
            self.passwords = Some(Passwords { of: loaded, replica, cursor: None });
        }
        let Some(Passwords { of: _, replica, cursor }) = &mut self.passwords else { return Ok(false) };
        let mut changed = false;
        // What changed before the first look is seen by the first cycle, which comes after it.
        let is_first = cursor.is_none();
        let accounts = &self.accounts;
        let mut on = |it: AccountChange| {
            let is_set = matches!(it.password, PasswordChange::Set { .. });
            changed |= is_set && !is_first && accounts.contains(&it.guid);
        };
        let next = replica.changes(cursor.as_ref(), &mut on).await.map_err(|cause| {
            Error::failed(format!("policy {}: changed passwords cannot be read", self.name)).because(&cause)
        })?;
        *cursor = Some(next);
        Ok(changed)
    }

    /// Says once what is the matter, and once that it is over; people are told if it lasts.
    fn told(&mut self, part: Part, turn: Result<Turn, Error>) -> Turn {
        let what = words(part);
        let now = (Instant::now(), clock::now());
        let well = *self.well.entry(part).or_insert(now);
        let error = match turn {
            Ok(Turn::Failed) => "what was to be done could not be done: the log says why".to_owned(),
            Ok(turn) => {
                self.well.insert(part, now);
                if self.troubles.remove(&part).is_some() {
                    tracing::info!(policy = self.name, "{what} can be looked at again");
                }
                self.shared.alarms.report((Some(&self.name), part), Vec::new());
                return turn;
            }
            Err(error) => self.say(part, &error),
        };
        if SILENCE <= well.0.elapsed() {
            let topic = if part == Part::Passwords { Topic::PasswordsUnseen } else { Topic::NoSuccess };
            let since = well.1.strftime("%Y-%m-%d %H:%M UTC");
            let text = format!("nothing went well with {what} since {since}: {error}");
            let alarm = Alarm { topic, about: String::new(), severity: Severity::Error, text, size: 1 };
            self.shared.alarms.report((Some(&self.name), part), vec![alarm]);
        }
        Turn::Failed
    }

    /// Logs an error, once for as long as it stays the same; its sentence.
    fn say(&mut self, part: Part, error: &Error) -> String {
        let (policy, what) = (&self.name, words(part));
        let (error, hint) = error.sentences();
        if self.troubles.get(&part) == Some(&error) {
            tracing::debug!(policy, error, "{what} still cannot be looked at");
        } else {
            tracing::error!(policy, error, hint, "{what} cannot be looked at");
            self.troubles.insert(part, error.clone());
        }
        error
    }
}

/// What a part looks at.
const fn words(part: Part) -> &'static str {
    match part {
        Part::Passwords => "passwords",
        Part::Manifests | Part::Cycle | Part::Plan | Part::Credentials => "both sides",
    }
}

impl Opened {
    async fn open(loaded: &Arc<Loaded>, spec: &TenantSpec) -> Result<Self, Error> {
        let tenant = Tenant::open(spec).await?;
        let follower = Follower::new(tenant.extent());
        Ok(Self { of: Arc::clone(loaded), tenant, follower })
    }

    /// Whether the last whole reading of the tenant is so long ago.
    fn is_older_than(&self, age: Duration) -> bool {
        let since = self.follower.last_full().map(|it| clock::now().duration_since(it).unsigned_abs());
        since.is_some_and(|it| age <= it)
    }
}

impl Work for Cycle {
    fn rhythm(&self) -> Option<Rhythm> {
        let loaded = Arc::clone(&self.manifests.borrow());
        let policy = find(&loaded, &self.name)?;
        let schedule = loaded.schedule(&self.name)?;
        let from_server = loaded
            .directory(&policy.directory)
            .is_some_and(|it| matches!(it.connection, DirectoryConnection::Ldap(_)));
        let travel = policy.passwords.is_some() && from_server && policy.mode != Mode::Observe;
        Some(Rhythm { every: schedule.every, passwords_every: travel.then_some(schedule.passwords_every) })
    }

    fn cycle(&mut self) -> BoxFuture<'_, Turn> {
        async move {
            let begun = Instant::now();
            self.shared.pictures.began(&self.name);
            let looked = self.look().await.map(|it| match it {
                Ending::Failed => Turn::Failed,
                Ending::Done | Ending::Held | Ending::Pending => Turn::Done,
            });
            let went_well = matches!(looked, Ok(Turn::Done));
            self.shared.alarms.ended(&self.name, begun.elapsed(), went_well);
            self.shared.pictures.ended(&self.name, begun.elapsed(), picture::trouble(&looked, went_well));
            self.told(Part::Cycle, looked)
        }
        .boxed()
    }

    fn passwords(&mut self) -> BoxFuture<'_, Turn> {
        async move {
            let looked = self.passwords_changed().await;
            self.told(Part::Passwords, looked.map(|changed| if changed { Turn::News } else { Turn::Done }))
        }
        .boxed()
    }

    fn due(&self, after: Duration) {
        self.shared.pictures.due(&self.name, after);
    }
}

/// What a look leaves behind.
#[derive(Clone, Copy, Default)]
struct Unfinished {
    waiting: usize,
    failing: usize,
    oldest_password: Option<SignedDuration>,
    tried: usize,
    done: usize,
}

/// How long the password waits that waits longest, of users who are there.
fn oldest_password(approved: &ApprovedPlan, outcomes: &[Applied]) -> Option<SignedDuration> {
    let tried = approved.changes().zip(outcomes);
    let unfinished = tried.filter(|(_, applied)| !applied.outcome.is_done()).map(|(change, _)| change);
    let waits = |it: &Change| match (it.op(), it.subject()) {
        (Op::Password(set), Subject::Known(_)) => from_filetime(set.last_set),
        _ => None,
    };
    let since = unfinished.chain(approved.held()).filter_map(waits).min()?;
    Some(clock::now().duration_since(since))
}

/// Why the reading of a directory broke off, if it did.
fn broken(directory: &Reading) -> Option<&str> {
    match directory {
        Reading::Broken { objects: _, cause } => Some(cause),
        Reading::Whole(_) => None,
    }
}

fn find<'a>(loaded: &'a Loaded, name: &str) -> Option<&'a Policy> {
    loaded.policies.iter().find(|it| it.name == name)
}

fn is_password(change: &Change) -> bool {
    matches!(change.op(), Op::Password(_))
}

fn key(change: &Change) -> Key {
    let last_set = if let Op::Password(set) = change.op() { set.last_set } else { 0 };
    (change.digest(), last_set)
}

/// Whether others can go on as if nothing was; what moved is planned anew, and what is not known is asked again.
fn fails_alone(outcome: &Outcome) -> bool {
    match outcome {
        Outcome::Refused(error) => !error.concerns_everything(),
        Outcome::Partly { error, .. } => error.as_ref().is_none_or(|it| !it.concerns_everything()),
        Outcome::Stale(_) | Outcome::Waits(_) => true,
        Outcome::Applied | Outcome::AlreadySo | Outcome::Unknown(_) | Outcome::NotTried(_) => false,
    }
}

/// How both sides differ, where nothing is to be done about it.
fn drift(policy: &Policy, planned: &Planned) -> Ending {
    let (policy, plan) = (&policy.name, planned.plan.id());
    let (changes, held) = (planned.plan.changes().len(), planned.plan.held());
    if planned.plan.is_empty() {
        tracing::debug!(policy, "nothing differs");
    } else {
        tracing::info!(policy, plan, changes, held, "both sides differ, and the policy says to observe");
    }
    Ending::Done
}
