//! Applies one reviewed plan and records what became of it, for whoever decided that it may run.
//!
//! What may run was decided before; nothing is asked here.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

use crate::apply::{Applied, Observer};
use crate::model::Links;
use crate::plan::{ApprovedPlan, Change, Planned};
use crate::policy::Policy;
use crate::render::{outcome_line, outcomes_summary};
use crate::state::{Record, Run, State, StateError};

use super::carrier::Carrier;
use super::connect::Tenant;
use super::error::Error;
use super::progress::Applying;
use super::{Ending, login};

/// The records of this process: several policies write them, each for moments.
pub(super) type Records = Mutex<State>;

/// A poisoned lock means that somebody panicked between two transactions, of which each is whole.
pub(super) fn lock(records: &Records) -> MutexGuard<'_, State> {
    records.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// What is applied.
pub(super) struct Job<'a> {
    pub(super) policy: &'a Policy,
    /// The plan, with what was read for it.
    pub(super) planned: &'a Planned,
    /// What of it may run.
    pub(super) approved: &'a ApprovedPlan,
    /// What is known to be on record.
    pub(super) links: &'a Links,
    /// How many changes of a saved plan would be made differently now.
    pub(super) moved: usize,
    /// Whether removals that a change of policy causes are held outside of this plan.
    pub(super) policy_waits: bool,
}

/// How it ended.
pub(super) struct Ended {
    /// A line for each change, and a summary.
    pub(super) report: String,
    pub(super) ending: Ending,
    /// One for each change that could run.
    pub(super) outcomes: Vec<Applied>,
}

/// Applies what may run; nothing new is begun once `stop` is set.
pub(super) async fn converge(
    job: Job<'_>,
    carrier: Carrier<'_>,
    records: &Records,
    stop: Arc<AtomicBool>,
    progress: Applying,
) -> Result<Ended, Error> {
    let tenant = carrier.tenant;
    let Job { policy, planned, approved, links, moved, policy_waits } = job;
    let header = &planned.header;
    let record = Record {
        reviewed: policy.reviewed(),
        header,
        report: &planned.report,
        approved,
        policy_waits,
        by: &login::name(),
        as_of: tenant.now(),
        links,
    };
    let run = lock(records).begin(&record)?;
    let mut journal =
        Journal { records, run: &run, tenant, stop, failed: None, lines: String::new(), progress };
    let tried = Box::pin(carrier.carry_out(approved, &mut journal)).await;
    let Journal { failed: unrecorded, mut lines, .. } = journal;
    if let Some(error) = unrecorded {
        return Err(error.into());
    }
    lock(records).end(&run, tenant.now())?;
    let outcomes = tried?;
    let all_done = outcomes.iter().all(|it| it.outcome.is_done());
    // What is undone says nothing about the policy: it counts as reviewed as it was.
    if header.directory.whole && all_done && planned.plan.rollback().is_none() {
        lock(records).finish(&record)?;
    }
    let held = approved.held().count();
    if !outcomes.is_empty() || 0 < held + moved {
        lines += &outcomes_summary(&outcomes, moved, held);
    }
    let ending = match (moved == 0 && all_done, held) {
        (false, _) => Ending::Failed,
        (true, 0) if header.directory.whole => Ending::Done,
        (true, _) => Ending::Held,
    };
    Ok(Ended { report: lines, ending, outcomes })
}

/// Records outcomes as they become known.
struct Journal<'a> {
    records: &'a Records,
    run: &'a Run<'a>,
    tenant: &'a Tenant,
    stop: Arc<AtomicBool>,
    failed: Option<StateError>,
    lines: String,
    progress: Applying,
}

impl Observer for Journal<'_> {
    fn settled(&mut self, outcomes: &[(&Change, Applied)]) {
        if let Err(error) = lock(self.records).settle(self.run, outcomes, self.tenant.now()) {
            self.failed.get_or_insert(error);
        }
        for (change, applied) in outcomes {
            self.lines += &outcome_line(change, applied);
        }
        self.progress.advance(outcomes.len());
    }

    fn wants_to_stop(&self) -> bool {
        self.stop.load(Ordering::Relaxed) || self.failed.is_some()
    }
}
