//! Changes of one policy that fail by themselves: each is left alone for a while and delays nobody, also after a restart.
//!
//! Why it failed stands in the history.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::SignedDuration;
use tokio::time::Instant;

use crate::apply::{Applied, Outcome};
use crate::controller::{Pause, Pauses};
use crate::model::{Digest, PausedChange};
use crate::plan::{Change, Op, Planned};
use crate::state::StateError;

use super::converge::lock;
use super::cycle::Shared;

/// A change that asks for the same: its digest, and which password it is about.
type Key = (Digest, i64);

/// What fails by itself is tried again this often at least: who mends it does not want to wait for long.
const PAUSE_MAX: Duration = Duration::from_mins(15);
const PASSWORD_PAUSE_MAX: Duration = Duration::from_mins(1);

/// The changes that failed last, and what times count from.
pub(super) struct Paused {
    pauses: Pauses<Key>,
    since: Instant,
    /// The policy and the tenant whose records these are.
    of: Option<(String, String)>,
    /// Whether the records say otherwise.
    changed: bool,
}

impl Paused {
    pub(super) fn new() -> Self {
        Self { pauses: Pauses::default(), since: Instant::now(), of: None, changed: false }
    }

    pub(super) fn len(&self) -> usize {
        self.pauses.len()
    }

    /// All of them, and after how long each is tried again.
    pub(super) fn all(&self) -> Vec<(Digest, Duration)> {
        let now = self.since.elapsed();
        self.pauses.iter().map(|(key, it)| (key.0, it.until.saturating_sub(now))).collect()
    }

    /// Those of the plan that are to be left alone for now; what is not planned any more is forgotten.
    pub(super) fn of_plan(
        &mut self,
        planned: &Planned,
        shared: &Shared,
    ) -> Result<BTreeSet<Digest>, StateError> {
        self.recall(planned, shared)?;
        let asked_for: BTreeSet<Key> = planned.plan.changes().iter().map(key).collect();
        let before = self.pauses.len();
        self.pauses.retain(|it| asked_for.contains(it));
        self.changed |= self.pauses.len() < before;
        Ok(self.pauses.at(self.since.elapsed()).into_iter().map(|it| it.0).collect())
    }

    /// Takes over what another process left behind.
    fn recall(&mut self, planned: &Planned, shared: &Shared) -> Result<(), StateError> {
        let of = (planned.header.policy.clone(), planned.header.tenant_id.clone());
        if self.of.as_ref() == Some(&of) {
            return Ok(());
        }
        self.pauses = Pauses::default();
        let now = shared.outside.now();
        for PausedChange { digest, password_set, failures, pause, next } in
            lock(&shared.records).paused(&of.0, &of.1)?
        {
            let length = Duration::from_secs(pause);
            // A clock that was set back makes no pause longer.
            let left = Duration::try_from(next.duration_since(now)).unwrap_or_default().min(length);
            let pause = Pause { failures, length, until: self.since.elapsed() + left };
            self.pauses.resume((digest, password_set), pause);
        }
        self.of = Some(of);
        Ok(())
    }

    /// Notes what became of a change; whether it is all well, or fails alone and pauses.
    pub(super) fn note(&mut self, change: &Change, applied: &Applied, every: Duration) -> bool {
        let key = key(change);
        if applied.outcome.is_done() {
            self.changed |= self.pauses.iter().any(|it| *it.0 == key);
            self.pauses.succeeded(&key);
            return true;
        }
        let is_alone = fails_alone(&applied.outcome);
        if is_alone {
            let longest = if is_password(change) { PASSWORD_PAUSE_MAX } else { PAUSE_MAX };
            self.pauses.failed(key, self.since.elapsed(), (every, longest.max(every)));
            self.changed = true;
        }
        is_alone
    }

    /// Writes down what another process has to know.
    pub(super) fn record(&mut self, shared: &Shared) -> Result<(), StateError> {
        let Some((policy, tenant)) = self.of.as_ref().filter(|_| self.changed) else { return Ok(()) };
        let (elapsed, now) = (self.since.elapsed(), shared.outside.now());
        let paused = self.pauses.iter().map(|((digest, password_set), pause)| {
            let left = SignedDuration::try_from(pause.until.saturating_sub(elapsed)).unwrap_or_default();
            PausedChange {
                digest: *digest,
                password_set: *password_set,
                failures: pause.failures,
                pause: pause.length.as_secs(),
                next: now.checked_add(left).unwrap_or(now),
            }
        });
        let paused: Vec<PausedChange> = paused.collect();
        lock(&shared.records).put_paused((policy, tenant), &paused)?;
        self.changed = false;
        Ok(())
    }
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
