//! The changes of one object brought together, as people want to read them.
//!
//! A plan is ordered by when things run; a reader wants to see one object in one place.

use std::collections::BTreeMap;

use crate::model::Anchor;
use crate::plan::{Change, Op, Plan, SubjectKind};

/// What happens to an object, in the order in which blocks are listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Sign {
    Add,
    Change,
    Block,
    Delete,
    Held,
}

impl Sign {
    pub(super) const fn symbol(self) -> char {
        match self {
            Self::Add => '+',
            Self::Change => '~',
            Self::Block => 'x',
            Self::Delete => '-',
            Self::Held => '!',
        }
    }
}

/// Changes of one object that share a fate.
pub(super) struct Block<'a> {
    pub(super) sign: Sign,
    pub(super) changes: Vec<&'a Change>,
}

impl<'a> Block<'a> {
    /// The change that names the block.
    pub(super) fn head(&self) -> &'a Change {
        self.changes.iter().find(|it| sign_of(it) == self.sign).copied().unwrap_or(self.changes[0])
    }
}

fn sign_of(change: &Change) -> Sign {
    if change.held().is_some() {
        return Sign::Held;
    }
    match change.op() {
        Op::Create(_) | Op::Restore(_) => Sign::Add,
        Op::Update(_)
        | Op::Unblock
        | Op::Adopt { .. }
        | Op::Members { .. }
        | Op::Password(_)
        | Op::Features(_) => Sign::Change,
        Op::Block => Sign::Block,
        Op::Delete => Sign::Delete,
    }
}

/// All blocks of a plan, in reading order: what is added, changed, blocked, deleted, held; users before
/// groups; by name.
pub(super) fn blocks(plan: &Plan) -> Vec<Block<'_>> {
    let mut by_object: BTreeMap<(bool, SubjectKind, Anchor), Vec<&Change>> = BTreeMap::new();
    for change in plan.changes() {
        by_object.entry((change.held().is_some(), change.kind(), change.anchor())).or_default().push(change);
    }
    let mut blocks: Vec<Block<'_>> = by_object
        .into_values()
        .map(|changes| {
            // An object that is created and given members is an addition, not a change.
            let added = changes.iter().any(|it| sign_of(it) == Sign::Add);
            let heaviest = changes.iter().map(|it| sign_of(it)).max().unwrap_or(Sign::Change);
            let sign = if added && heaviest == Sign::Change { Sign::Add } else { heaviest };
            Block { sign, changes }
        })
        .collect();
    blocks.sort_by_key(|it| (it.sign, it.head().kind(), it.head().name().to_lowercase(), it.head().anchor()));
    blocks
}
