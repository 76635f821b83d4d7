//! How much a plan does, in numbers.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::Anchor;

use super::change::{Op, SubjectKind};
use super::sketch::Plan;

/// Changes by operation, and objects by what happens to them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Summary {
    /// Changes that create.
    pub create: usize,
    /// Changes of properties.
    pub update: usize,
    /// Sign-in blocks.
    pub block: usize,
    /// Sign-ins allowed again.
    pub unblock: usize,
    /// Moves to the recycle bin.
    pub delete: usize,
    /// Moves out of the recycle bin.
    pub restore: usize,
    /// Objects of the tenant that are taken over.
    pub adopt: usize,
    /// Changes of members.
    pub members: usize,
    /// Passwords that are sent.
    pub passwords: usize,
    /// Changes of any kind that are held.
    pub held: usize,
    /// Objects that appear in the tenant and are not held.
    pub objects_added: usize,
    /// Objects that are changed and are not held.
    pub objects_changed: usize,
    /// Objects whose sign-in is blocked and are not held.
    pub objects_blocked: usize,
    /// Objects that go to the recycle bin and are not held.
    pub objects_deleted: usize,
    /// Objects of which something is held.
    pub objects_held: usize,
}

/// What happens to one object, the weightiest last.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Fate {
    Changed,
    Added,
    Blocked,
    Deleted,
}

impl Summary {
    /// Counts a plan.
    pub fn of(plan: &Plan) -> Self {
        let mut summary = Self::default();
        let mut fates: BTreeMap<(SubjectKind, Anchor), Fate> = BTreeMap::new();
        let mut held: BTreeSet<(SubjectKind, Anchor)> = BTreeSet::new();
        for change in plan.changes() {
            let (count, fate) = match change.op() {
                Op::Create(_) => (&mut summary.create, Fate::Added),
                Op::Update(_) | Op::Features(_) => (&mut summary.update, Fate::Changed),
                Op::Block => (&mut summary.block, Fate::Blocked),
                Op::Unblock => (&mut summary.unblock, Fate::Changed),
                Op::Delete => (&mut summary.delete, Fate::Deleted),
                Op::Restore(_) => (&mut summary.restore, Fate::Added),
                Op::Adopt { .. } => (&mut summary.adopt, Fate::Changed),
                Op::Members { .. } => (&mut summary.members, Fate::Changed),
                Op::Password(_) => (&mut summary.passwords, Fate::Changed),
            };
            *count += 1;
            let object = (change.kind(), change.anchor());
            if change.held().is_some() {
                summary.held += 1;
                held.insert(object);
            } else {
                let place = fates.entry(object).or_insert(fate);
                *place = (*place).max(fate);
            }
        }
        summary.objects_held = held.len();
        for fate in fates.into_values() {
            match fate {
                Fate::Changed => summary.objects_changed += 1,
                Fate::Added => summary.objects_added += 1,
                Fate::Blocked => summary.objects_blocked += 1,
                Fate::Deleted => summary.objects_deleted += 1,
            }
        }
        summary
    }
}
