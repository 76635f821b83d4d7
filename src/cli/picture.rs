//! What each look leaves for the page: counts, the plan as it prints, and what is tried again when.
//!
//! Of both sides only their numbers are kept, and of a long plan its beginning and its end.

use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::apply::Applied;
use crate::manifest::{DirectoryConnection, Loaded};
use crate::model::Digest;
use crate::observe::{Ended, Found, PAUSED_MAX, Picture, Pictures, Title, excerpt};
use crate::plan::{ApprovedPlan, NoTravel, Planned, Summary};
use crate::policy::{Mode, Policy};
use crate::render::{Paint, plan_text};
use crate::target::Clock;

use super::error::Error;
use super::survey::Survey;

/// The pictures of all policies: each is changed by its own policy, and looked at by whoever asks.
pub(super) struct Gallery {
    clock: Clock,
    pictures: Mutex<Pictures>,
}

impl Gallery {
    pub(super) fn new(clock: Clock) -> Self {
        Self { clock, pictures: Mutex::default() }
    }

    fn lock(&self) -> MutexGuard<'_, Pictures> {
        self.pictures.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// From now on there are the policies of these manifests.
    pub(super) fn follow(&self, loaded: &Loaded) {
        self.lock().follow(loaded.policies.iter().map(|it| title(loaded, it)).collect());
    }

    pub(super) fn began(&self, policy: &str) {
        self.lock().began(policy, (self.clock)());
    }

    pub(super) fn found(&self, policy: &str, found: Found) {
        self.lock().found(policy, found);
    }

    pub(super) fn ended(&self, policy: &str, took: Duration, trouble: Option<String>) {
        self.lock().ended(policy, Ended { at: (self.clock)(), took, trouble });
    }

    /// The next look is due after so long.
    pub(super) fn due(&self, policy: &str, after: Duration) {
        self.lock().due(policy, later((self.clock)(), after));
    }

    pub(super) fn all(&self) -> Vec<Picture> {
        self.lock().all().cloned().collect()
    }
}

/// A time that is near, whatever somebody writes into a schedule.
fn later(now: Timestamp, after: Duration) -> Timestamp {
    now.checked_add(after).unwrap_or(Timestamp::MAX)
}

fn title(loaded: &Loaded, policy: &Policy) -> Title {
    let directory = loaded.directory(&policy.directory);
    let from_export = directory.is_some_and(|it| matches!(it.connection, DirectoryConnection::Ldif(_)));
    Title {
        policy: policy.name.clone(),
        directory: policy.directory.clone(),
        tenant: policy.tenant.clone(),
        mode: match policy.mode {
            Mode::Observe => "observe",
            Mode::Review => "review",
            Mode::Auto => "auto",
        },
        no_travel: NoTravel::of(policy, from_export).map(|it| it.to_string()),
    }
}

/// What a look left over.
pub(super) struct LeftOver {
    /// When it ended.
    pub(super) now: Timestamp,
    /// Changes after which the tenant is as wanted.
    pub(super) done: BTreeSet<Digest>,
    /// Changes that wait for a person.
    pub(super) waiting: usize,
    /// Changes that fail by themselves, and after how long each is tried again.
    pub(super) paused: Vec<(Digest, Duration)>,
    /// How long the password waits that waits longest.
    pub(super) oldest_password: Option<SignedDuration>,
}

/// The changes that were carried out.
pub(super) fn done(approved: &ApprovedPlan, outcomes: &[Applied]) -> BTreeSet<Digest> {
    let tried = approved.changes().zip(outcomes);
    tried.filter(|(_, it)| it.outcome.is_done()).map(|(change, _)| change.digest()).collect()
}

/// What is to be shown of a look: what differs still.
pub(super) fn of(survey: &Survey, planned: Planned, broken: Option<&str>, left: &LeftOver) -> Found {
    let LeftOver { now, done, waiting, paused, oldest_password } = left;
    let Planned { header, plan, report } = planned;
    let plan = if done.is_empty() { plan } else { plan.without(|it| done.contains(&it.digest())) };
    let command = format!("samesign plan --policy {}", header.policy);
    let (pending, tenant_id) = (Summary::of(&plan), header.tenant_id.clone());
    Found {
        at: *now,
        tenant_id,
        directory_objects: survey.directory.objects().len(),
        tenant_objects: survey.tenant.active_objects(),
        broken: broken.map(str::to_owned),
        pending,
        plan: excerpt(plan_text(&Planned { header, plan, report }, Paint::Plain), &command),
        waiting: *waiting,
        failing: paused.len(),
        paused: paused
            .iter()
            .take(PAUSED_MAX)
            .map(|(digest, after)| (digest.to_string(), later(*now, *after)))
            .collect(),
        oldest_password: oldest_password.map(|it| now.checked_sub(it).unwrap_or(*now)),
    }
}

/// What went wrong with a look, as a sentence.
pub(super) fn trouble<T>(looked: &Result<T, Error>, went_well: bool) -> Option<String> {
    match looked {
        Err(error) => Some(error.sentences().0),
        Ok(_) if went_well => None,
        Ok(_) => Some("what was to be done could not be done: the log says why".to_owned()),
    }
}
