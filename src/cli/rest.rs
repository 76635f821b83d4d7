//! What a look leaves behind, and whether the next one can be left out.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use crate::apply::Applied;
use crate::manifest::Loaded;
use crate::model::{Reading, from_filetime};
use crate::plan::{ApprovedPlan, Change, Op, Subject};

use super::Ending;

/// Nothing is to be done until something changes: the manifests, a side, or the day.
pub(super) struct Rest {
    of: Arc<Loaded>,
    until: Timestamp,
    pub(super) ending: Ending,
}

impl Rest {
    /// As long as the same look comes of the same sides; none if the directory was not read to its end.
    pub(super) fn after(
        loaded: &Arc<Loaded>,
        directory: &Reading,
        (until, ending): (Timestamp, Ending),
    ) -> Option<Self> {
        directory.whole()?;
        Some(Self { of: Arc::clone(loaded), until, ending })
    }

    pub(super) fn lasts(&self, loaded: &Arc<Loaded>, now: Timestamp) -> bool {
        Arc::ptr_eq(&self.of, loaded) && now < self.until
    }
}

/// What a look leaves behind.
#[derive(Clone, Copy, Default)]
pub(super) struct Unfinished {
    pub(super) waiting: usize,
    pub(super) failing: usize,
    pub(super) oldest_password: Option<SignedDuration>,
    pub(super) tried: usize,
    pub(super) done: usize,
}

impl Unfinished {
    /// Whether the next look at the same two sides would do nothing, and tell nobody anything else.
    pub(super) const fn leaves_nothing(&self) -> bool {
        self.tried == 0 && self.failing == 0 && self.oldest_password.is_none()
    }
}

/// How long the password waits that waits longest, of users who are there.
pub(super) fn oldest_password(
    approved: &ApprovedPlan,
    outcomes: &[Applied],
    now: Timestamp,
) -> Option<SignedDuration> {
    let tried = approved.changes().zip(outcomes);
    let unfinished = tried.filter(|(_, applied)| !applied.outcome.is_done()).map(|(change, _)| change);
    let waits = |it: &Change| match (it.op(), it.subject()) {
        (Op::Password(set), Subject::Known(_)) => from_filetime(set.last_set),
        _ => None,
    };
    let since = unfinished.chain(approved.held()).filter_map(waits).min()?;
    Some(now.duration_since(since))
}
