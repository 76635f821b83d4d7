//! Where following a tenant goes on: the delta links, and what is known of the tenant beyond the snapshot that was
//! handed out.
//!
//! It holds no object that the snapshot shows. Kept beside it in whole, 100,000 users and a million memberships took
//! 38 MB, and nobody looked at them while nothing changed.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;

use super::delta::{Bin, KeptBack, Links, Round};
use super::settling::Settling;
use crate::model::{CloudGroup, CloudId, CloudUser, TenantSnapshot};

/// Where following goes on. Cheap to clone.
#[derive(Clone, Debug)]
pub(super) struct Bookmark {
    links: Links,
    unshown: Arc<Unshown>,
    /// Values that the tenant kept back when it was looked at last.
    kept_back: Arc<KeptBack>,
    /// `None` once what was read in full is certain to be of one piece.
    settling: Option<Settling>,
}

/// What a snapshot does not show.
#[derive(Debug, Default)]
pub(super) struct Unshown {
    /// Whoever is shown as it lies in the recycle bin.
    pub(super) binned: BTreeSet<CloudId>,
    /// Those of them that are active as well.
    pub(super) users: Vec<CloudUser>,
    pub(super) groups: Vec<CloudGroup>,
    /// Managers in the recycle bin, by whose manager it is.
    pub(super) managers: BTreeMap<CloudId, CloudId>,
    /// Members in the recycle bin, by group; sorted.
    pub(super) members: BTreeMap<CloudId, Box<[CloudId]>>,
}

impl Bookmark {
    /// Follows from a full reading on, which shows all that there is.
    pub(super) fn new(snapshot: &TenantSnapshot, links: Links, read_at: Timestamp) -> Self {
        let deleted = snapshot.objects().filter(|it| it.deleted_at().is_some());
        let unshown = Unshown { binned: deleted.map(|it| it.id()).collect(), ..Unshown::default() };
        let objects = snapshot.objects().filter(|it| !it.quarantined().is_empty());
        let kept_back = objects.map(|it| (it.id(), it.quarantined().into())).collect();
        Self::after((unshown, kept_back), links, Some(Settling::begin(read_at)))
    }

    /// Follows from a round of changes on.
    pub(super) fn after(
        (unshown, kept_back): (Unshown, KeptBack),
        links: Links,
        settling: Option<Settling>,
    ) -> Self {
        Self { links, unshown: Arc::new(unshown), kept_back: Arc::new(kept_back), settling }
    }

    /// Nothing changed until here.
    pub(super) fn moved_to(&self, links: Links, settling: Option<Settling>) -> Self {
        Self { links, settling, ..self.clone() }
    }

    /// What is left of the settling after a round of changes, and who is to be asked for groups and reports.
    pub(super) fn settle(&self, round: &Round, as_of: Timestamp) -> (Option<Settling>, BTreeSet<CloudId>) {
        match &self.settling {
            None => (None, BTreeSet::new()),
            Some(settling) => settling.clone().take(round.told(), as_of),
        }
    }

    pub(super) const fn links(&self) -> &Links {
        &self.links
    }

    pub(super) fn unshown(&self) -> &Unshown {
        &self.unshown
    }

    /// Whether the recycle bin is as a snapshot shows it.
    pub(super) fn has_bin(&self, shown: &TenantSnapshot, bin: &Bin) -> bool {
        let Bin { users, groups } = bin;
        let ids = users.iter().map(|it| it.id).chain(groups.iter().map(|it| it.id));
        ids.collect::<BTreeSet<CloudId>>() == self.unshown.binned
            && users.iter().all(|it| shown.user(it.id) == Some(it))
            && groups.iter().all(|it| shown.group(it.id) == Some(it))
    }

    /// Whether the values that the tenant keeps back are those of the last time.
    pub(super) fn keeps_back(&self, kept_back: &KeptBack) -> bool {
        *self.kept_back == *kept_back
    }
}

impl Unshown {
    /// Notes a manager in the recycle bin, and gives any other back.
    pub(super) fn shows(&mut self, whose: CloudId, manager: Option<CloudId>) -> Option<CloudId> {
        let hidden = manager.filter(|it| self.binned.contains(it));
        self.managers.extend(hidden.map(|it| (whose, it)));
        manager.filter(|_| hidden.is_none())
    }
}
