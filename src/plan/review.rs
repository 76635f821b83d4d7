//! The only way from a plan to one that may be applied.
//!
//! What holds a change is the business of `guard`; where consent comes from is not known here.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;

use crate::model::Digest;
use crate::policy::Approval;

use super::change::{Change, Op, Subject};
use super::sketch::Plan;

/// A person's consent to held changes.
#[derive(Clone, Debug, Default)]
pub struct Consent<'a> {
    /// Approvals of the manifests.
    pub approvals: &'a [Approval],
    /// Digests of changes whose approval was used before.
    pub used: BTreeSet<Digest>,
    /// Digest of the whole held set, given on the command line.
    pub held_set: Option<Digest>,
    /// What runs of the rest.
    pub unheld: Unheld,
    /// Changes that failed a moment ago, and are not tried again yet.
    pub paused: BTreeSet<Digest>,
}

/// Which of the changes run that no guard holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Unheld {
    /// All: a person has seen the plan, or the policy says so.
    #[default]
    All,
    /// Those that an approval lists, and passwords of users who are there: nobody can look at these, and somebody waits
    /// for them.
    Approved,
}

/// By whose word a held change runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Release {
    /// A manifest lists it.
    Approval {
        /// Name of the manifest.
        name: Arc<str>,
        /// Who approved.
        by: Arc<str>,
        /// Why.
        reason: Arc<str>,
        /// Until when it counted.
        expires: Timestamp,
    },
    /// Whoever applied the plan named the digest of everything that it holds.
    HeldSet,
}

impl Release {
    fn of(approval: &Approval) -> Self {
        let Approval { name, by, reason, expires, changes: _ } = approval;
        Self::Approval {
            name: name.as_str().into(),
            by: by.as_str().into(),
            reason: reason.as_str().into(),
            expires: *expires,
        }
    }
}

/// A plan that may be applied: its changes are clear of guards, or a person approved exactly them.
#[derive(Clone, Debug)]
pub struct ApprovedPlan {
    plan: Plan,
    approved: BTreeMap<Digest, Release>,
    unheld: Unheld,
    paused: BTreeSet<Digest>,
}

/// The verdict on a plan.
#[derive(Clone, Debug)]
pub struct Review {
    /// What may run.
    pub approved: ApprovedPlan,
    /// What is listed by an approval and has no effect, with the reason.
    pub without_effect: Vec<String>,
}

impl ApprovedPlan {
    /// The whole plan.
    pub const fn plan(&self) -> &Plan {
        &self.plan
    }

    /// The changes that may run, in order.
    pub fn changes(&self) -> impl Iterator<Item = &Change> {
        self.plan.changes().iter().filter(|it| self.runs(it))
    }

    /// The changes that stay held, by a guard, until somebody approves them, or for a pause.
    pub fn held(&self) -> impl Iterator<Item = &Change> {
        self.plan.changes().iter().filter(|it| !self.runs(it))
    }

    fn runs(&self, change: &Change) -> bool {
        if self.is_paused(change) {
            return false;
        }
        let is_approved = self.approved.contains_key(&change.digest);
        is_approved || (change.held.is_none() && may_run(change, self.unheld))
    }

    /// Whether a change failed a moment ago, and is not tried again yet.
    pub fn is_paused(&self, change: &Change) -> bool {
        self.paused.contains(&change.digest)
    }

    /// By whose word a held change runs; `None` if it stays held, or was never held.
    pub fn release(&self, change: &Change) -> Option<&Release> {
        self.approved.get(&change.digest)
    }
}

/// Whether a change that no guard holds runs without an approval of its own.
fn may_run(change: &Change, unheld: Unheld) -> bool {
    let is_there = matches!(change.subject, Subject::Known(_));
    unheld == Unheld::All || (is_there && matches!(change.op, Op::Password(_)))
}

/// Decides which changes of a plan may run.
pub fn review(plan: Plan, consent: &Consent<'_>, as_of: Timestamp) -> Review {
    let releasable: BTreeSet<Digest> = plan
        .changes()
        .iter()
        .filter(|it| match &it.held {
            Some(hold) => hold.guard.can_be_approved(),
            None => !may_run(it, consent.unheld),
        })
        .map(Change::digest)
        .collect();
    let mut approved = BTreeMap::new();
    let mut without_effect = Vec::new();
    for approval in consent.approvals {
        let release = Release::of(approval);
        for change in &approval.changes {
            let why = if approval.expires <= as_of {
                "the approval has expired"
            } else if consent.used.contains(&change.digest) {
                "it was used before"
            } else if !releasable.contains(&change.digest) {
                "the plan has no such held change"
            } else {
                approved.entry(change.digest).or_insert_with(|| release.clone());
                continue;
            };
            without_effect.push(format!("approval {}: {}: {why}", approval.name, change.what));
        }
    }
    match (consent.held_set, plan.held_digest()) {
        (Some(given), Some(held)) if given == held => {
            for digest in releasable {
                // A manifest says more than a digest does.
                approved.entry(digest).or_insert(Release::HeldSet);
            }
        }
        (Some(given), _) => without_effect.push(format!("{given} is not the digest of what this plan holds")),
        (None, _) => (),
    }
    Review {
        approved: ApprovedPlan { plan, approved, unheld: consent.unheld, paused: consent.paused.clone() },
        without_effect,
    }
}
