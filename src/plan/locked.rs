//! A saved plan held against the world as it is now.
//!
//! What a new plan would do in exactly the same way may run. What is gone is done, or no longer wanted; what
//! is different has moved, and is shown instead of applied.

use std::collections::BTreeMap;

use crate::model::{Anchor, Digest};

use super::change::{Change, SubjectKind};
use super::sketch::Plan;

/// A saved plan, sorted by what became of its changes in the meantime.
#[derive(Clone, Debug)]
pub struct Locked {
    /// The changes that are still to be made in exactly this way. A guard that holds one in either plan
    /// holds it.
    pub confirmed: Plan,
    /// Changes that nothing remains of.
    pub gone: Vec<Change>,
    /// Changes that would be made differently now, with what they would be.
    pub moved: Vec<(Change, Change)>,
}

impl Plan {
    /// Holds a saved plan against a new one of the same policy and tenant.
    #[must_use]
    pub fn locked_against(&self, now: &Self) -> Locked {
        let by_digest: BTreeMap<Digest, &Change> = now.changes().iter().map(|it| (it.digest, it)).collect();
        let by_object: BTreeMap<(SubjectKind, Anchor, &str), &Change> =
            now.changes().iter().map(|it| ((it.kind, it.anchor, it.op.word()), it)).collect();
        let (mut gone, mut moved) = (Vec::new(), Vec::new());
        let mut confirmed = Vec::new();
        for change in self.changes() {
            if let Some(same) = by_digest.get(&change.digest) {
                let mut same = Change::clone(same);
                same.held = same.held.or_else(|| change.held.clone());
                confirmed.push(same);
            } else if let Some(other) = by_object.get(&(change.kind, change.anchor, change.op.word())) {
                moved.push((change.clone(), Change::clone(other)));
            } else {
                gone.push(change.clone());
            }
        }
        Locked { confirmed: self.with_changes(confirmed), gone, moved }
    }
}
