//! Checks a finished plan against what must hold for every plan, whoever made it.
//!
//! It shares no rule with the code that plans and holds: it looks up and counts again, from the changes, both
//! sides, the records and the limits of the policy. It trips over mistakes of this program, and must never trip
//! over what somebody wrote into a directory.

mod count;
mod fault;
mod order;
#[cfg(test)]
mod planted;
mod removal;
mod rollback;
mod shape;
#[cfg(test)]
mod small_world;
mod subject;
mod unique;

pub use self::fault::{Culprit, Fault};

use std::collections::{BTreeSet, HashMap};

use crate::model::{Anchor, CloudId};

use super::change::{Change, Op, Stage, Subject};
use super::report::Report;
use super::{Inputs, Planned};

/// Everything that is wrong with a new plan; nothing, unless the code that made it is wrong.
#[must_use = "a plan with a fault must not be applied"]
pub fn lint(planned: &Planned, inputs: &Inputs<'_>) -> Vec<Fault> {
    check(planned, inputs, Extent::Everything)
}

/// Everything that is wrong with what is left of a saved plan, held against what both sides are now.
///
/// Changes that others wait for may be gone or moved: then these fail when they run, and nothing else happens.
#[must_use = "a plan with a fault must not be applied"]
pub fn lint_saved(confirmed: &Planned, inputs: &Inputs<'_>) -> Vec<Fault> {
    check(confirmed, inputs, Extent::Remainder)
}

/// Whether a plan has all that its changes rely on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Extent {
    Everything,
    Remainder,
}

/// A plan before its judge.
struct Case<'a> {
    changes: &'a [Change],
    report: &'a Report,
    inputs: Inputs<'a>,
    extent: Extent,
    /// The run that the plan undoes.
    undoes: Option<i64>,
    /// When each new object is created.
    created: HashMap<Anchor, Stage>,
    /// Objects that come out of the recycle bin.
    restored: BTreeSet<CloudId>,
    /// Objects that are taken over.
    adopted: BTreeSet<(CloudId, Anchor)>,
}

fn check(planned: &Planned, inputs: &Inputs<'_>, extent: Extent) -> Vec<Fault> {
    let case = Case::new(planned, inputs, extent);
    let mut faults = Vec::new();
    subject::check(&case, &mut faults);
    removal::check(&case, &mut faults);
    rollback::check(&case, &mut faults);
    order::check(&case, &mut faults);
    shape::check(&case, &mut faults);
    count::check(&case, &mut faults);
    unique::check(&case, &mut faults);
    faults
}

impl<'a> Case<'a> {
    fn new(planned: &'a Planned, inputs: &Inputs<'a>, extent: Extent) -> Self {
        let Planned { header: _, plan, report } = planned;
        let mut case = Self {
            changes: plan.changes(),
            report,
            inputs: *inputs,
            extent,
            undoes: plan.rollback().map(|it| it.run),
            created: HashMap::new(),
            restored: BTreeSet::new(),
            adopted: BTreeSet::new(),
        };
        for change in plan.changes() {
            match (&change.op, change.subject) {
                (Op::Create(_), Subject::Created(anchor)) => {
                    case.created.insert(anchor, change.stage);
                }
                (Op::Restore(_), Subject::Known(id)) => {
                    case.restored.insert(id);
                }
                (Op::Adopt { .. }, Subject::Known(id)) => {
                    case.adopted.insert((id, change.anchor));
                }
                (
                    Op::Create(_)
                    | Op::Update(_)
                    | Op::Block
                    | Op::Unblock
                    | Op::Delete
                    | Op::Restore(_)
                    | Op::Adopt { .. }
                    | Op::Members { .. }
                    | Op::Password(_)
                    | Op::Features(_),
                    _,
                ) => (),
            }
        }
        case
    }

    /// The changes that nothing holds.
    fn free(&self) -> impl Iterator<Item = &'a Change> {
        self.changes.iter().filter(|it| it.held.is_none())
    }

    fn is_everything(&self) -> bool {
        self.extent == Extent::Everything
    }
}
