//! One policy under the controller: reads both sides, plans, applies what may run, and asks whether passwords changed.
//!
//! When it does so is decided elsewhere. What goes wrong is logged here, and the next time everything is tried anew.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use jiff::SignedDuration;
use tokio::sync::watch;
use tokio::time::Instant;

use crate::apply::Outcome;
use crate::controller::{Rhythm, Turn, Work};
use crate::manifest::{AlarmThresholds, DirectoryConnection, Loaded, TenantSpec};
use crate::model::{Digest, Guid, Reading};
use crate::observe::{Figures, Look, Part};
use crate::plan::{ApprovedPlan, Consent, Planned, Unheld, review};
use crate::policy::{Mode, Policy};
use crate::source::Request;
use crate::source::drs::{AccountChange, PasswordChange, Replica};
use crate::target::graph::Follower;
use crate::wire::drsuapi::Cursor;

use super::alarms::Alarms;
use super::carrier::Carrier;
use super::connect::{self, Tenant};
use super::console::Console;
use super::converge::{Ended, Job, Records, converge, lock};
use super::error::Error;
use super::outside::Outside;
use super::paused::Paused;
use super::picture::{self, Gallery, LeftOver};
use super::planner::Planner;
use super::progress::Applying;
use super::rest::{Rest, Unfinished, oldest_password};
use super::sides::{Directory, OpenTenant};
use super::silence::Silence;
use super::survey::{self, Readings, Survey};
use super::turns::Turns;
use super::{Ending, apply, known, plan};

/// What all policies of the process share.
pub(super) struct Shared {
    pub(super) records: Arc<Records>,
    pub(super) alarms: Arc<Alarms>,
    /// What the page shows.
    pub(super) pictures: Arc<Gallery>,
    /// Set when the process is to end: nothing new is begun.
    pub(super) stop: Arc<AtomicBool>,
    /// The same, for whoever waits for a server: reading is given up, what is written comes to its end.
    pub(super) stopping: watch::Sender<bool>,
    /// A sandbox keeps its tenant in a file: policies that share one take turns.
    pub(super) sandboxes: tokio::sync::Mutex<()>,
    pub(super) turns: Turns,
    pub(super) console: Console,
    /// Whether what was done is printed besides being logged.
    pub(super) prints: bool,
    pub(super) outside: Outside,
}

impl Shared {
    /// Waits for an answer, unless the process is to end.
    async fn unless_stopping<T>(&self, answer: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
        let mut stopping = self.stopping.subscribe();
        tokio::select! {
            answer = answer => answer,
            _ = stopping.wait_for(|it| *it) => Err(Error::failed("the program ends")),
        }
    }

    fn is_stopping(&self) -> bool {
        *self.stopping.borrow()
    }
}

/// One policy.
pub(super) struct Cycle {
    name: String,
    manifests: watch::Receiver<Arc<Loaded>>,
    shared: Arc<Shared>,
    directory: Option<Directory>,
    opened: Option<OpenTenant>,
    passwords: Option<Passwords>,
    /// Set while the last look found nothing to do.
    rest: Option<Rest>,
    /// Plans what changed. Whenever a look breaks off, the next one plans everything.
    planner: Option<Planner>,
    /// Accounts that were seen in the directory, if passwords travel: of others it does not matter that theirs changed.
    accounts: BTreeSet<Guid>,
    /// Findings about the whole that were said.
    said: BTreeSet<(String, String)>,
    /// What cannot be looked at: both sides, or passwords.
    silence: Silence,
    /// Changes that failed by themselves.
    paused: Paused,
    /// How many changes waited for a person when that was last said.
    waiting: usize,
    /// What was done last, if that is printed.
    report: String,
    /// Whether the tenant was found to be as it was to become.
    was_already_so: bool,
}

/// The only look that there is.
pub(super) struct Looked {
    pub(super) ending: Ending,
    /// What was done.
    pub(super) report: String,
    /// Why it came to nothing.
    pub(super) error: Option<Error>,
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
            silence: Silence::new(name, &shared),
            shared,
            directory: None,
            opened: None,
            passwords: None,
            rest: None,
            planner: None,
            accounts: BTreeSet::new(),
            said: BTreeSet::new(),
            paused: Paused::new(),
            waiting: 0,
            report: String::new(),
            was_already_so: false,
        }
    }

    /// The only look that there is: what is the matter then is told, and the exit code says whether all went well.
    pub(super) async fn once(mut self) -> Looked {
        let begun = Instant::now();
        let looked = self.look().await;
        let went_well = matches!(&looked, Ok(it) if *it != Ending::Failed);
        self.shared.alarms.ended(&self.name, begun.elapsed(), went_well);
        let ending = match &looked {
            Ok(Ending::Failed) => {
                self.lasts(Part::Cycle, COULD_NOT_BE_DONE);
                Ending::Failed
            }
            Ok(ending) => {
                self.silence.ended(Part::Cycle, &self.shared);
                // What fails alone is no failure of the whole, but whoever waits for the exit code wants to know.
                if self.paused.len() == 0 { *ending } else { apply::worse(*ending, Ending::Failed) }
            }
            Err(error) => {
                self.lasts(Part::Cycle, &error.sentences().0);
                Ending::Failed
            }
        };
        Looked { ending, report: self.report, error: looked.err() }
    }

    /// One look from reading to recording.
    async fn look(&mut self) -> Result<Ending, Error> {
        let loaded = Arc::clone(&self.manifests.borrow());
        let policy = find(&loaded, &self.name)
            .ok_or_else(|| Error::failed(format!("there is no SyncPolicy named {} any more", self.name)))?;
        if !passwords_travel(&loaded, policy) {
            self.silence.ended(Part::Passwords, &self.shared);
        }
        let spec = loaded.tenant(&policy.tenant).ok_or_else(|| survey::missing("Tenant", &policy.tenant))?;
        let directory = loaded
            .directory(&policy.directory)
            .ok_or_else(|| survey::missing("Directory", &policy.directory))?;
        let mut directory = Directory::of(directory, self.directory.take());
        let looked = self.look_from(&loaded, (policy, spec), &mut directory).await;
        self.directory = Some(directory);
        looked
    }

    async fn look_from(
        &mut self,
        loaded: &Arc<Loaded>,
        (policy, spec): (&Policy, &TenantSpec),
        directory: &mut Directory,
    ) -> Result<Ending, Error> {
        if spec.cloud.is_sandbox() {
            let shared = Arc::clone(&self.shared);
            let _turn = shared.sandboxes.lock().await;
            let tenant = Tenant::open(spec, &shared.outside).await?;
            let ended = self.look_at(loaded, policy, (directory, &tenant, None)).await;
            // A sandbox that is not closed forgets what was done.
            tenant.close().await?;
            return ended;
        }
        let whole_every = loaded.schedule(&self.name).unwrap_or_default().full_every;
        let mut opened = OpenTenant::of(spec, self.opened.take(), whole_every, &self.shared.outside).await?;
        let sides = (directory, &opened.tenant, Some(&mut opened.follower));
        self.was_already_so = false;
        let ending = self.look_at(loaded, policy, sides).await?;
        opened.weigh(ending == Ending::Failed, self.was_already_so);
        self.opened = Some(opened);
        Ok(ending)
    }

    async fn look_at(
        &mut self,
        loaded: &Arc<Loaded>,
        policy: &Policy,
        sides: (&mut Directory, &Tenant, Option<&mut Follower>),
    ) -> Result<Ending, Error> {
        let shared = Arc::clone(&self.shared);
        let tenant = sides.1;
        let rest = self.rest.take();
        let mut by_change = Planner::of(loaded, self.planner.take());
        let readings = Readings::follow(loaded, policy, sides, shared.console);
        let readings = Box::pin(shared.unless_stopping(readings));
        let limit = self.thresholds().no_success_after;
        let readings = self.silence.wait(Part::Cycle, readings, limit, &shared).await?;
        if let Some(rest) = rest.filter(|it| !readings.has_news && it.lasts(loaded, tenant.now())) {
            tracing::debug!(policy = policy.name, "nothing changed");
            self.planner = Some(by_change);
            return Ok(self.rest.insert(rest).ending);
        }
        let links = lock(&shared.records).links(&policy.name, &readings.tenant.identity().tenant_id)?;
        let news = readings.news.clone();
        let survey = Survey::of(readings, links, policy.channel);
        self.accounts = if passwords_travel(loaded, policy) { survey.accounts() } else { BTreeSet::new() };
        let schedule = loaded.schedule(&policy.name).unwrap_or_default();
        let planned = by_change.plan(&survey.inputs(policy), &news, schedule.full_every)?;
        let turns_at = by_change.turns_at(&survey.inputs(policy));
        self.planner = Some(by_change);
        plan::remember(Some(&mut lock(&shared.records)), &planned, &survey.links)?;
        self.note_findings(&survey.directory, &planned);
        let unheld = match policy.mode {
            Mode::Observe => {
                self.note(&survey, &planned, Unfinished::default());
                self.rest = Rest::after(loaded, &survey.directory, (turns_at, Ending::Done));
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
        let (moved, policy_waits, links) = (0, false, &survey.links);
        let job = Job { policy, planned: &planned, approved: &approved, links, moved, policy_waits };
        let progress = Applying::begin(&policy.name, approved.changes().count(), shared.console);
        let ended = converge(job, carrier, &shared.records, Arc::clone(&shared.stop), progress).await?;
        if shared.prints {
            self.report.clone_from(&ended.report);
        }
        let ending = self.report((policy, schedule.every), &approved, &ended);
        let unfinished = Unfinished {
            waiting: self.waiting,
            failing: self.paused.len(),
            oldest_password: oldest_password(&approved, &ended.outcomes, tenant.now()),
            tried: ended.outcomes.len(),
            done: ended.outcomes.iter().filter(|it| it.outcome.is_done()).count(),
        };
        self.note(&survey, &planned, unfinished);
        self.paused.record(&shared)?;
        if unfinished.leaves_nothing() {
            self.rest = Rest::after(loaded, &survey.directory, (turns_at, ending));
        }
        self.show(&survey, planned, unfinished, picture::done(&approved, &ended.outcomes));
        Ok(ending)
    }

    /// Leaves for the page what differs still.
    fn show(&self, survey: &Survey, planned: Planned, unfinished: Unfinished, done: BTreeSet<Digest>) {
        let Unfinished { waiting, oldest_password, .. } = unfinished;
        let now = self.shared.outside.now();
        let left = LeftOver { now, done, waiting, paused: self.paused.all(), oldest_password };
        let broken = broken(&survey.directory);
        self.shared.pictures.found(&self.name, picture::of(survey, planned, broken, &left));
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
        let password_lag_after = self.thresholds().password_lag_after;
        let policy = &self.name;
        let look = Look { policy, planned, broken, waiting, failing, oldest_password, password_lag_after };
        self.shared.alarms.report((Some(&self.name), Part::Plan), look.alarms());
    }

    /// What may run.
    fn review(&mut self, policy: &Policy, planned: &Planned, unheld: Unheld) -> Result<ApprovedPlan, Error> {
        let paused = self.paused.of_plan(planned, &self.shared)?;
        // Whoever asks for one look wants all of it: what starts the program has the pauses.
        let paused = if self.shared.prints { BTreeSet::new() } else { paused };
        let used = lock(&self.shared.records).used_approvals(&policy.name)?;
        let consent = Consent { approvals: &policy.approvals, used, held_set: None, unheld, paused };
        let reviewed = review(planned.plan.clone(), &consent, self.shared.outside.now());
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

    /// Says what was done, and pauses what failed by itself: that is no failure of the whole.
    fn report(
        &mut self,
        (policy, every): (&Policy, Duration),
        approved: &ApprovedPlan,
        ended: &Ended,
    ) -> Ending {
        let Ended { report, ending, outcomes } = ended;
        self.was_already_so = outcomes.iter().any(|it| matches!(it.outcome, Outcome::AlreadySo));
        let mut all_alone = true;
        for (change, applied) in approved.changes().zip(outcomes) {
            all_alone &= self.paused.note(change, applied, every);
        }
        let failed = outcomes.iter().filter(|it| !it.outcome.is_done()).count();
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
        if all_alone && *ending == Ending::Failed { Ending::Held } else { *ending }
    }

    /// Whether the directory tells a change since it was asked last.
    async fn directory_changed(&mut self) -> Result<bool, Error> {
        let loaded = Arc::clone(&self.manifests.borrow());
        let spec = find(&loaded, &self.name).and_then(|it| loaded.directory(&it.directory));
        let Some(directory) = self.directory.as_mut().filter(|it| spec.is_some_and(|spec| it.is_of(spec)))
        else {
            return Ok(false);
        };
        let request = Request { names: Arc::clone(&loaded.names) };
        let limit = loaded.alarm_thresholds(&self.name).unwrap_or_default().no_success_after;
        let changed = directory.changed(&request, self.shared.outside.now(), self.shared.console);
        let changed = Box::pin(self.shared.unless_stopping(changed));
        self.silence.wait(Part::Cycle, changed, limit, &self.shared).await
    }

    /// Whether the password of somebody who was seen changed since the last look.
    async fn passwords_changed(&mut self) -> Result<bool, Error> {
        let loaded = Arc::clone(&self.manifests.borrow());
        if self.passwords.as_ref().is_none_or(|it| !Arc::ptr_eq(&it.of, &loaded)) {
            let policy = find(&loaded, &self.name);
            let spec = policy.and_then(|it| loaded.directory(&it.directory));
            let Some(replica) = spec.map(connect::replica).transpose()?.flatten() else { return Ok(false) };
            // Other manifests may lead to another domain, where the cursor means nothing.
            self.passwords = Some(Passwords { of: Arc::clone(&loaded), replica, cursor: None });
        }
        let Some(Passwords { of: _, replica, cursor }) = &mut self.passwords else { return Ok(false) };
        let limit = loaded.alarm_thresholds(&self.name).unwrap_or_default().no_success_after;
        let mut changed = false;
        // What changed before the first look is seen by the first cycle, which comes after it.
        let is_first = cursor.is_none();
        let accounts = &self.accounts;
        let mut on = |it: AccountChange| {
            let is_set = matches!(it.password, PasswordChange::Set { .. });
            changed |= is_set && !is_first && accounts.contains(&it.guid);
        };
        let next = async {
            replica.changes(cursor.as_ref(), &mut on).await.map_err(|cause| {
                Error::failed(format!("policy {}: changed passwords cannot be read", self.name))
                    .because(&cause)
            })
        };
        let next = Box::pin(self.shared.unless_stopping(next));
        *cursor = Some(self.silence.wait(Part::Passwords, next, limit, &self.shared).await?);
        Ok(changed)
    }

    /// Says once what is the matter, and once that it is over; people are told if it lasts.
    fn told(&mut self, part: Part, turn: Result<Turn, Error>) -> Turn {
        let error = match turn {
            Ok(Turn::Failed) => COULD_NOT_BE_DONE.to_owned(),
            Ok(turn) => {
                self.silence.ended(part, &self.shared);
                return turn;
            }
            Err(error) => self.silence.say(part, &error),
        };
        self.lasts(part, &error);
        Turn::Failed
    }

    fn lasts(&mut self, part: Part, error: &str) {
        let limit = self.thresholds().no_success_after;
        self.silence.lasts(part, error, limit, &self.shared);
    }

    /// After how long people are told.
    fn thresholds(&self) -> AlarmThresholds {
        self.manifests.borrow().alarm_thresholds(&self.name).unwrap_or_default()
    }
}

/// Of a look that went to its end.
const COULD_NOT_BE_DONE: &str = "what was to be done could not be done: the log says why";

impl Work for Cycle {
    fn rhythm(&self) -> Option<Rhythm> {
        let loaded = Arc::clone(&self.manifests.borrow());
        let policy = find(&loaded, &self.name)?;
        let schedule = loaded.schedule(&self.name)?;
        Some(Rhythm {
            every: schedule.every,
            changes_every: is_on_server(&loaded, policy).then_some(schedule.changes_every),
            passwords_every: passwords_travel(&loaded, policy).then_some(schedule.passwords_every),
        })
    }

    fn cycle(&mut self) -> BoxFuture<'_, Turn> {
        let shared = Arc::clone(&self.shared);
        let look = async move {
            let begun = Instant::now();
            self.shared.pictures.began(&self.name);
            let looked = self.look().await.map(|it| match it {
                Ending::Failed => Turn::Failed,
                Ending::Done | Ending::Held | Ending::Pending => Turn::Done,
            });
            // What was given up on the way out says nothing about the sides.
            if looked.is_err() && self.shared.is_stopping() {
                return Turn::Done;
            }
            let went_well = matches!(looked, Ok(Turn::Done));
            self.shared.alarms.ended(&self.name, begun.elapsed(), went_well);
            self.shared.pictures.ended(&self.name, begun.elapsed(), picture::trouble(&looked, went_well));
            self.told(Part::Cycle, looked)
        };
        async move { shared.turns.take(look.boxed()).await }.boxed()
    }

    fn changes(&mut self) -> BoxFuture<'_, Turn> {
        async move {
            match self.directory_changed().await {
                Ok(true) => Turn::News,
                Ok(false) => Turn::Done,
                // The next cycle meets the same, and says it.
                Err(error) => {
                    let (error, _) = error.sentences();
                    tracing::debug!(
                        policy = self.name,
                        error,
                        "changes of the directory cannot be asked for"
                    );
                    Turn::Failed
                }
            }
        }
        .boxed()
    }

    fn passwords(&mut self) -> BoxFuture<'_, Turn> {
        async move {
            let looked = self.passwords_changed().await;
            if looked.is_err() && self.shared.is_stopping() {
                return Turn::Done;
            }
            self.told(Part::Passwords, looked.map(|changed| if changed { Turn::News } else { Turn::Done }))
        }
        .boxed()
    }

    fn due(&self, after: Duration) {
        self.shared.pictures.due(&self.name, after);
    }
}

/// Whether anybody asks for changed passwords.
fn passwords_travel(loaded: &Loaded, policy: &Policy) -> bool {
    policy.passwords.is_some() && is_on_server(loaded, policy) && policy.mode != Mode::Observe
}

/// Whether the directory is a server, and no export of one.
fn is_on_server(loaded: &Loaded, policy: &Policy) -> bool {
    let directory = loaded.directory(&policy.directory);
    directory.is_some_and(|it| matches!(it.connection, DirectoryConnection::Ldap(_)))
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
