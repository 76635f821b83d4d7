//! A plan that was saved and comes back: the same bytes, or refused.

use std::sync::Arc;

use crate::model::{Anchor, Digest};

use super::because::Because;
use super::change::{Change, Op, Stage, Subject, SubjectKind};
use super::digest::{self, Binding};
use super::guard::GuardState;
use super::hold::Hold;
use super::rollback::Rollback;
use super::sketch::Plan;

/// A change as it was saved, without its digest.
#[derive(Clone, Debug)]
pub struct UnboundChange {
    /// Kind of object, or the tenant.
    pub kind: SubjectKind,
    /// Identity on the directory's side.
    pub anchor: Anchor,
    /// Identity on the tenant's side.
    pub subject: Subject,
    /// The name that people know it by.
    pub name: Arc<str>,
    /// What is done.
    pub op: Op,
    /// Why.
    pub because: Because,
    /// When.
    pub stage: Stage,
    /// What holds it.
    pub held: Option<Hold>,
    /// Whether the recycle bin does not keep what is deleted.
    pub for_good: bool,
}

/// A plan as it was saved.
#[derive(Clone, Debug)]
pub struct PlanParts {
    /// What it belongs to.
    pub binding: Binding,
    /// The run that it undoes, if it undoes one.
    pub rollback: Option<Rollback>,
    /// Digest of the manifests that decided it.
    pub policy_digest: Digest,
    /// The changes, each with the digest that was saved.
    pub changes: Vec<(UnboundChange, Digest)>,
    /// The guards.
    pub guards: Vec<GuardState>,
    /// The id that was saved.
    pub id: String,
}

/// What gives an edited plan away.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Tampered {
    /// A change is not the one that was saved.
    #[error("{op} {kind} {name} does not have the digest {digest}")]
    Change {
        /// Operation.
        op: &'static str,
        /// Kind of object, or the tenant.
        kind: SubjectKind,
        /// The object's name.
        name: String,
        /// The digest that was saved.
        digest: Digest,
    },
    /// Changes were added, taken out, moved, held or let go.
    #[error("its changes do not have the id {0}")]
    Changes(String),
}

impl Plan {
    /// Puts a saved plan together again.
    pub fn reassemble(parts: PlanParts) -> Result<Self, Tampered> {
        let PlanParts { binding, rollback, policy_digest, changes, guards, id } = parts;
        let mut bound = Vec::with_capacity(changes.len());
        for (unbound, digest) in changes {
            let UnboundChange { kind, anchor, subject, name, op, because, stage, held, for_good } = unbound;
            let change = Change { kind, anchor, subject, name, op, because, stage, held, for_good, digest };
            if digest::of_change(&binding, &change) != digest {
                let name = change.name.to_string();
                return Err(Tampered::Change { op: change.op.word(), kind, name, digest });
            }
            bound.push(change);
        }
        let plan = Self::assemble((binding, rollback), policy_digest, bound, guards);
        if plan.id() == id { Ok(plan) } else { Err(Tampered::Changes(id)) }
    }
}
