//! A plan that undoes a run: whatever it changed and nobody changed since gets the values from before.
//!
//! What moved since is left as it is and said; the guards look at such a plan as at any other.

mod aftermath;
mod names;
mod undo;
mod values;

use std::sync::Arc;

use crate::model::{Anchor, CloudId};

use super::change::{AttributeChange, FeatureTurn, ObjectRef, SubjectKind};
use super::report::{About, Finding};
use super::scoping::Scoping;
use super::sketch::Sketch;
use super::{Ground, Inputs, Planned, note_readings, plan};

/// The run that a plan undoes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rollback {
    /// Its number in the records.
    pub run: i64,
    /// Id of the plan that it applied: other records have another run of this number.
    pub plan: String,
}

/// What a run did, as the records have it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PastDeeds {
    /// Which run.
    pub rollback: Rollback,
    /// Git commit of its manifests.
    pub commit: Option<String>,
    /// Whether it came to its end: else nobody knows what it did last.
    pub has_ended: bool,
    /// In the order in which they were done.
    pub deeds: Vec<Deed>,
}

/// What a run did to one object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deed {
    /// Kind of object, or the tenant.
    pub kind: SubjectKind,
    /// Identity on the directory's side.
    pub anchor: Anchor,
    /// Identity on the tenant's side, if it was known.
    pub id: Option<CloudId>,
    /// The name that people knew it by.
    pub name: Arc<str>,
    /// What was done.
    pub did: Did,
}

/// Something that a run did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Did {
    /// Created the object.
    Created,
    /// Changed properties.
    Updated(Vec<AttributeChange>),
    /// Blocked sign-in.
    Blocked,
    /// Allowed sign-in.
    Unblocked,
    /// Moved it to the recycle bin.
    Deleted,
    /// Took it out of there.
    Restored,
    /// Took it over, and changed properties.
    Adopted(Vec<AttributeChange>),
    /// Added and took out members.
    Members {
        /// Added.
        added: Vec<ObjectRef>,
        /// Taken out.
        removed: Vec<ObjectRef>,
    },
    /// Sent a password.
    Password,
    /// Turned switches of the tenant.
    Turned(Vec<FeatureTurn>),
    /// The records do not tell; why.
    Unclear(&'static str),
}

/// Plans to undo a run: nothing but that, and nothing that moved since.
pub fn roll_back(inputs: &Inputs<'_>, past: &PastDeeds) -> Planned {
    let ground = Ground::new(inputs);
    // What the policy wants anyway: how much it manages, which the limits are a share of, and what it would do again.
    let forward = plan(inputs);
    let mut sketch = Sketch::new(0);
    sketch.rollback = Some(past.rollback.clone());
    note_readings(&ground, inputs, &Scoping::new(inputs.policy, ground.objects), &mut sketch);
    sketch.report.managed.clone_from(&forward.report.managed);
    sketch.report.memberships = forward.report.memberships;
    let about = &inputs.policy.name;
    if !past.has_ended {
        let text = format!(
            "run {} broke off: what it did last is not on record, so look at the objects of its plan",
            past.rollback.run
        );
        sketch.finding(None, about, About::Rollback, text);
    }
    undo::undo(&ground, &mut sketch, past);
    names::settle(&ground, &mut sketch);
    let mut planned = sketch.finish(inputs, &ground).0;
    if let Some(text) = aftermath::sentence(inputs, &forward.plan, planned.plan.changes(), past) {
        let finding = Finding { kind: None, name: about.as_str().into(), about: About::Rollback, text };
        planned.report.findings.push(finding);
        planned.report.findings.sort();
    }
    planned
}
