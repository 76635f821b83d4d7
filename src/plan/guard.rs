//! The only way from a plan to one that may be applied.

use std::collections::{BTreeSet, HashSet};

use jiff::Timestamp;

use crate::model::{CloudId, Digest, ObjectKind};
use crate::policy::{Approval, Limit};

use super::Inputs;
use super::change::{Because, Change, Departure, Guard, Hold, Op, Subject};
use super::report::{About, Report};
use super::sketch::Plan;

/// What a guard counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GuardState {
    /// Which guard.
    pub guard: Guard,
    /// Changes that it counts.
    pub counted: usize,
    /// Its limit; `None` for a guard that holds every such change.
    pub limit: Option<Limit>,
    /// Whether it holds them.
    pub tripped: bool,
}

/// Lets the guards look at all changes together, and holds what they object to.
pub(super) fn consult(changes: &mut [Change], inputs: &Inputs<'_>, report: &Report) -> Vec<GuardState> {
    let guards = &inputs.policy.guards;
    let managed = |kind| report.managed.get(&kind).copied().unwrap_or_default();
    let linked = inputs.links.by_anchor.values().filter(|it| it.kind == ObjectKind::User).count();
    let users = managed(ObjectKind::User).max(linked);
    let groups = managed(ObjectKind::Group);
    hold(changes, Guard::Protected, "the policy protects this account", |it| {
        matches!(it.op, Op::Block | Op::Delete) && guards.protect.contains(&it.name.to_lowercase())
    });
    hold(changes, Guard::PolicyChange, "leaves because the policy changed, not the directory", |it| {
        it.is_removal() && matches!(&it.because, Because::Departed { how: Departure::PolicyChanged(_), .. })
    });
    if let Some(missing) = report.findings.iter().find(|it| it.about == About::Scope) {
        let reason = format!("the directory does not have {}, which the scope names", missing.name);
        hold(changes, Guard::MissingScope, &reason, Change::is_removal);
    }
    let of = |kind: ObjectKind| move |it: &Change| it.kind == kind && it.is_removal();
    let lifecycle_block = |it: &Change| it.op == Op::Block && !it.is_removal();
    limit(changes, Guard::UserRemovals, guards.users.removals, users, of(ObjectKind::User));
    limit(changes, Guard::UserBlocks, guards.users.blocks, users, lifecycle_block);
    limit(changes, Guard::GroupRemovals, guards.groups.removals, groups, of(ObjectKind::Group));
    hold_member_removals(changes, guards.groups.member_removals);
    states(changes, inputs)
}

fn hold(changes: &mut [Change], guard: Guard, reason: &str, counts: impl Fn(&Change) -> bool) {
    for change in changes.iter_mut().filter(|it| it.held.is_none() && counts(it)) {
        change.held = Some(Hold { guard, reason: reason.to_owned() });
    }
}

fn limit(
    changes: &mut [Change],
    guard: Guard,
    limit: Limit,
    managed: usize,
    counts: impl Fn(&Change) -> bool,
) {
    // What another guard holds does not run, and does not count against what would.
    let counted = changes.iter().filter(|it| it.held.is_none() && counts(it)).count();
    if limit.trips(counted, managed) {
        let reason = format!("{counted} such changes; limit {}", limit.words());
        hold(changes, guard, &reason, counts);
    }
}

/// Members leave a group only together with their own removal, and not too many at once.
fn hold_member_removals(changes: &mut [Change], limit: Limit) {
    let staying: HashSet<CloudId> = changes
        .iter()
        .filter(|it| it.is_removal() && it.held.is_some())
        .filter_map(|it| match it.subject {
            Subject::Known(id) => Some(id),
            Subject::Created(_) => None,
        })
        .collect();
    for change in changes.iter_mut().filter(|it| it.held.is_none()) {
        let Op::Members { remove, after, .. } = &change.op else { continue };
        let waits = |it: &Subject| matches!(it, Subject::Known(id) if staying.contains(id));
        let reason = if remove.iter().any(|it| waits(&it.subject)) {
            "a member's own removal is held".to_owned()
        } else if limit.trips(remove.len(), after + remove.len()) {
            format!("{} members leave; limit {}", remove.len(), limit.words())
        } else {
            continue;
        };
        change.held = Some(Hold { guard: Guard::MemberRemovals, reason });
    }
}

fn states(changes: &[Change], inputs: &Inputs<'_>) -> Vec<GuardState> {
    let guards = &inputs.policy.guards;
    let state = |guard: Guard| {
        let held =
            changes.iter().filter(|it| it.held.as_ref().is_some_and(|hold| hold.guard == guard)).count();
        let own = |it: &&Change| it.held.as_ref().is_none_or(|hold| hold.guard == guard);
        let removal =
            |kind| changes.iter().filter(own).filter(|it| it.kind == kind && it.is_removal()).count();
        let (counted, limit) = match guard {
            Guard::Conflict | Guard::Protected | Guard::PolicyChange | Guard::MissingScope => (held, None),
            Guard::UserRemovals => (removal(ObjectKind::User), Some(guards.users.removals)),
            Guard::UserBlocks => (
                changes.iter().filter(|it| it.op == Op::Block && !it.is_removal()).count(),
                Some(guards.users.blocks),
            ),
            Guard::GroupRemovals => (removal(ObjectKind::Group), Some(guards.groups.removals)),
            Guard::MemberRemovals => {
                let leaving = |it: &Change| match &it.op {
                    Op::Members { remove, .. } => remove.len(),
                    Op::Create(_) | Op::Update(_) | Op::Block | Op::Unblock | Op::Delete | Op::Restore => 0,
                };
                (changes.iter().map(leaving).max().unwrap_or_default(), Some(guards.groups.member_removals))
            }
        };
        GuardState { guard, counted, limit, tripped: 0 < held }
    };
    Guard::ALL.into_iter().map(state).collect()
}

/// A person's consent to held changes.
#[derive(Clone, Debug, Default)]
pub struct Consent<'a> {
    /// Approvals of the manifests.
    pub approvals: &'a [Approval],
    /// Digests of changes whose approval was used before.
    pub used: BTreeSet<Digest>,
    /// Digest of the whole held set, given on the command line.
    pub held_set: Option<Digest>,
}

/// A plan that may be applied: its changes are clear of guards, or a person approved exactly them.
#[derive(Clone, Debug)]
pub struct ApprovedPlan {
    plan: Plan,
    approved: BTreeSet<Digest>,
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
        self.plan.changes().iter().filter(|it| it.held.is_none() || self.approved.contains(&it.digest))
    }

    /// The changes that stay held.
    pub fn held(&self) -> impl Iterator<Item = &Change> {
        self.plan.changes().iter().filter(|it| it.held.is_some() && !self.approved.contains(&it.digest))
    }

    /// Digests of held changes that a person approved.
    pub const fn approved(&self) -> &BTreeSet<Digest> {
        &self.approved
    }
}

/// Decides which changes of a plan may run.
pub fn review(plan: Plan, consent: &Consent<'_>, as_of: Timestamp) -> Review {
    let releasable: BTreeSet<Digest> = plan
        .changes()
        .iter()
        .filter(|it| it.held.as_ref().is_some_and(|hold| hold.guard.can_be_approved()))
        .map(Change::digest)
        .collect();
    let mut approved = BTreeSet::new();
    let mut without_effect = Vec::new();
    for approval in consent.approvals {
        for change in &approval.changes {
            let why = if approval.expires <= as_of {
                "the approval has expired"
            } else if consent.used.contains(&change.digest) {
                "it was used before"
            } else if !releasable.contains(&change.digest) {
                "the plan has no such held change"
            } else {
                approved.insert(change.digest);
                continue;
            };
            without_effect.push(format!("approval {}: {}: {why}", approval.name, change.what));
        }
    }
    match (consent.held_set, plan.held_digest()) {
        (Some(given), Some(held)) if given == held => approved.extend(releasable),
        (Some(given), _) => without_effect.push(format!("{given} is not the digest of what this plan holds")),
        (None, _) => (),
    }
    Review { approved: ApprovedPlan { plan, approved }, without_effect }
}
