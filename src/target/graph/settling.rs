//! The time after a full reading in which it is not certain to be of one piece.
//!
//! Lists, members and the recycle bin come from replicas of which one has heard of a deletion and another has not
//! (graph-tenant reference, 6.5). Whoever was deleted shortly before a full reading may have been found without groups
//! and reports, and in no recycle bin. If they are restored before the next look, the service tells of them, and not
//! of their groups. So whoever is told of is asked for groups and reports once the replicas agree, and again some time
//! later: a change may be told after the recycle bin has lost whom it is about.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};

use crate::model::{CloudId, TenantSnapshot};

/// A change is seconds old when the last replica has it; the reference has no bound.
const REPLICAS_AGREE_AFTER: SignedDuration = SignedDuration::from_mins(5);
/// How often is asked.
const TIMES: u8 = 2;

/// A full reading that is settling.
#[derive(Clone, Debug)]
pub(super) struct Settling {
    since: Timestamp,
    times_left: u8,
    told: BTreeSet<CloudId>,
}

impl Settling {
    /// Begins with a full reading.
    pub(super) const fn begin(read_at: Timestamp) -> Self {
        Self { since: read_at, times_left: TIMES, told: BTreeSet::new() }
    }

    /// Takes whom a round of changes told of; what is left of the settling then, and whom to ask now.
    pub(super) fn take(
        mut self,
        told: impl IntoIterator<Item = CloudId>,
        as_of: Timestamp,
    ) -> (Option<Self>, BTreeSet<CloudId>) {
        self.told.extend(told);
        if as_of.duration_since(self.since) < REPLICAS_AGREE_AFTER {
            return (Some(self), BTreeSet::new());
        }
        let Self { since: _, times_left, told } = self;
        let next = Self { since: as_of, times_left: times_left - 1, told: BTreeSet::new() };
        ((0 < next.times_left).then_some(next), told)
    }
}

/// Whether it takes more requests to ask so many objects than to read the tenant again: two questions for each, and
/// twenty to a batch, beside pages of 999 users, batches of twenty groups, and some ten requests for all else.
pub(super) fn asks_more_than_reading(asked: usize, tenant: &TenantSnapshot) -> bool {
    tenant.users().len() / 100 + tenant.groups().len() / 2 + 100 < asked
}
