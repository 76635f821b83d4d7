//! The order in which objects changed: what delta queries read (graph-tenant reference, 3.3).
//!
//! It keeps ids and property names, no values, and forgets what no valid token can ask for.

use std::collections::VecDeque;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::object::Kind;

/// Life of a delta token of directory objects.
pub(crate) const TOKEN_LIFE: SignedDuration = SignedDuration::from_hours(7 * 24);

/// What happened to an object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum What {
    Created,
    Changed(Vec<String>),
    MemberAdded(Uuid),
    MemberRemoved(Uuid),
    /// Went into the recycle bin.
    Deleted,
    Restored,
    /// Gone for good.
    Purged,
}

/// One line of the journal.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Entry {
    pub(crate) number: u64,
    pub(crate) at: Timestamp,
    pub(crate) kind: Kind,
    pub(crate) id: Uuid,
    pub(crate) what: What,
}

/// The journal of a tenant.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Journal {
    entries: VecDeque<Entry>,
    last: u64,
}

impl Journal {
    pub(crate) fn record(&mut self, at: Timestamp, kind: Kind, id: Uuid, what: What) {
        self.last += 1;
        self.entries.push_back(Entry { number: self.last, at, kind, id, what });
        while self
            .entries
            .front()
            .is_some_and(|it| it.at.saturating_add(TOKEN_LIFE).is_ok_and(|end| end < at))
        {
            self.entries.pop_front();
        }
    }

    /// Entries after a number, in order.
    pub(crate) fn after(&self, number: u64) -> impl Iterator<Item = &Entry> {
        let from = self.entries.partition_point(|it| it.number <= number);
        self.entries.range(from..)
    }

    /// The last entry that a replica lagging this much has seen.
    pub(crate) fn seen(&self, now: Timestamp, delay: SignedDuration) -> u64 {
        let unseen = self
            .entries
            .iter()
            .rev()
            .take_while(|it| it.at.saturating_add(delay).is_ok_and(|visible| now < visible));
        self.last - u64::try_from(unseen.count()).unwrap_or(self.last)
    }
}
