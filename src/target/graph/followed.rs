//! The tenant while a round of changes is taken: as it was last seen, and what the changes make of it.
//!
//! It asks nobody: what the changes leave open comes out as [`Questions`], and the answers go in.
//! An object that was seen once leaves only when the service says that it is gone for good, or when it is neither in
//! the recycle bin nor found by its id. Members and managers in the recycle bin are kept, and not shown: the service
//! does not tell of them again when they come back.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::bookmark::Unshown;
use super::delta::{Bin, KeptBack, Relations, Round};
use super::reader::Extent;
use crate::model::{
    CloudContact, CloudGroup, CloudId, CloudUser, ObjectKind, Property, TenantReading, TenantSnapshot,
};
use crate::target::Current;
use crate::wire::odata::{LinkChange, ObjectChange, Removal};

/// The tenant, to be revised.
#[derive(Debug)]
pub(super) struct Followed {
    extent: Extent,
    /// Active objects; groups with members in the recycle bin, if their members are read at all.
    users: BTreeMap<CloudId, CloudUser>,
    groups: BTreeMap<CloudId, CloudGroup>,
    contacts: BTreeMap<CloudId, CloudContact>,
    bin: Binned,
}

/// Objects in the recycle bin. Whoever is in it and active at once is shown in it, as in a full reading.
#[derive(Clone, Debug, Default)]
struct Binned {
    users: BTreeMap<CloudId, CloudUser>,
    groups: BTreeMap<CloudId, CloudGroup>,
}

/// What a round of changes leaves open.
#[derive(Debug, Default)]
pub(super) struct Questions {
    /// Objects that may be anywhere, or of which different things were told.
    objects: BTreeMap<CloudId, ObjectKind>,
    /// Groups whose members are not known.
    members: BTreeSet<CloudId>,
    /// Objects that came back from the recycle bin, or may have: who counted on them is not told.
    returned: BTreeMap<CloudId, ObjectKind>,
    /// Members that were said to have left a group, and users and contacts of whose manager was told: no slower replica
    /// knows better.
    left: BTreeSet<(CloudId, CloudId)>,
    managed: BTreeSet<CloudId>,
    /// Whoever was told of, and who of them was said to be gone.
    told: BTreeSet<CloudId>,
    removed: BTreeMap<CloudId, Removal>,
    /// What was known before of whoever was said to be gone, and of the recycle bin.
    before: Binned,
}

impl Questions {
    /// Objects to be looked up.
    pub(super) fn objects(&self) -> Vec<(ObjectKind, CloudId)> {
        self.objects.iter().map(|(id, kind)| (*kind, *id)).collect()
    }

    /// Objects to be asked for groups and reports.
    pub(super) fn returned(&self) -> Vec<(ObjectKind, CloudId)> {
        self.returned.iter().map(|(id, kind)| (*kind, *id)).collect()
    }

    /// Groups whose members have to be read.
    pub(super) fn members(&self) -> Vec<CloudId> {
        self.members.iter().copied().collect()
    }

    /// Notes that an object was told of; whether it was before, in the same round.
    fn tell(&mut self, kind: ObjectKind, change: &ObjectChange) -> bool {
        let id = change.id();
        let again = !self.told.insert(id);
        let was_removed = self.removed.contains_key(&id);
        if let Some(removal) = change.removed() {
            let removals = self.removed.entry(id).or_insert(removal);
            // Nothing comes after being gone for good.
            if removal == Removal::Purged {
                *removals = removal;
            }
        }
        // There and gone in one round: the order of changes says nothing.
        if again && was_removed != change.removed().is_some() {
            self.objects.insert(id, kind);
        }
        again
    }
}

impl Followed {
    /// As it was last seen: what was shown, and what was not.
    pub(super) fn new(extent: Extent, shown: &TenantSnapshot, unshown: &Unshown) -> Self {
        let Unshown { binned, users: active_users, groups: active_groups, managers, members } = unshown;
        let users_where = |is_binned: bool| -> BTreeMap<CloudId, CloudUser> {
            let users = shown.users().iter().filter(|it| binned.contains(&it.id) == is_binned);
            users.map(|it| (it.id, it.clone())).collect()
        };
        let groups_where = |is_binned: bool| -> BTreeMap<CloudId, CloudGroup> {
            let groups = shown.groups().iter().filter(|it| binned.contains(&it.id) == is_binned);
            groups.map(|it| (it.id, it.clone())).collect()
        };
        let bin = Binned { users: users_where(true), groups: groups_where(true) };
        let (mut users, mut groups) = (users_where(false), groups_where(false));
        users.extend(active_users.iter().map(|it| (it.id, it.clone())));
        groups.extend(active_groups.iter().map(|it| (it.id, it.clone())));
        let mut contacts: BTreeMap<CloudId, CloudContact> =
            shown.contacts().iter().map(|it| (it.id, it.clone())).collect();
        for (id, manager) in managers {
            if let Some(user) = users.get_mut(id) {
                user.manager = Some(*manager);
            }
            if let Some(contact) = contacts.get_mut(id) {
                contact.manager = Some(*manager);
            }
        }
        for (id, hidden) in members {
            if let Some(group) = groups.get_mut(id) {
                group.members = sorted(group.members.iter().chain(hidden).copied());
            }
        }
        Self { extent, users, groups, contacts, bin }
    }

    /// Takes a round of changes and the recycle bin as it was after it; some may have been in there unseen.
    pub(super) fn advance(&mut self, round: Round, bin: Bin, unseen: &BTreeSet<CloudId>) -> Questions {
        let Round { users, groups, contacts, links: _ } = round;
        let mut questions = Questions { before: self.bin.clone(), ..Questions::default() };
        for change in users {
            self.take_user(change, &mut questions);
        }
        for change in groups {
            self.take_group(change, &mut questions);
        }
        for change in contacts {
            self.take_contact(change, &mut questions);
        }
        self.bin = Binned::of(bin);
        self.look_for_missing(&mut questions);
        let kind =
            |id: &CloudId| if self.users.contains_key(id) { ObjectKind::User } else { ObjectKind::Group };
        questions.returned.extend(unseen.iter().filter(|it| self.is_active(**it)).map(|it| (*it, kind(it))));
        questions
    }

    fn take_user(&mut self, change: ObjectChange, questions: &mut Questions) {
        let id = change.id();
        let again = questions.tell(ObjectKind::User, &change);
        questions.managed.extend(change.tells_of_manager().then_some(id));
        let users = &mut self.users;
        if change.removed().is_some() {
            questions.before.users.extend(users.remove(&id).map(|it| (id, it)));
            return;
        }
        let after = match users.get(&id) {
            Some(before) => change.onto_user(before),
            None => change.onto_user(&CloudUser::default()),
        };
        let nameless = after.attributes.first(Property::UserPrincipalName.id()).is_none();
        let before = users.insert(id, after);
        if nameless || again && before.as_ref() != users.get(&id) {
            questions.objects.insert(id, ObjectKind::User);
        }
    }

    fn take_contact(&mut self, change: ObjectChange, questions: &mut Questions) {
        let id = change.id();
        let again = questions.tell(ObjectKind::Contact, &change);
        questions.managed.extend(change.tells_of_manager().then_some(id));
        let contacts = &mut self.contacts;
        if change.removed().is_some() {
            // The recycle bin keeps no contacts; if it is not gone for good, it has to be looked for.
            if contacts.remove(&id).is_some() && change.removed() == Some(Removal::Recycled) {
                questions.objects.insert(id, ObjectKind::Contact);
            }
            return;
        }
        let after = match contacts.get(&id) {
            Some(before) => change.onto_contact(before),
            None => change.onto_contact(&CloudContact::default()),
        };
        let nameless = after.attributes.first(Property::DisplayName.id()).is_none();
        let before = contacts.insert(id, after);
        if nameless || again && before.as_ref() != contacts.get(&id) {
            questions.objects.insert(id, ObjectKind::Contact);
        }
    }

    fn take_group(&mut self, change: ObjectChange, questions: &mut Questions) {
        let id = change.id();
        let again = questions.tell(ObjectKind::Group, &change);
        let groups = &mut self.groups;
        if change.removed().is_some() {
            questions.before.groups.extend(groups.remove(&id).map(|it| (id, it)));
            return;
        }
        let before = groups.get(&id);
        let (mut after, links) = match before {
            Some(before) => change.onto_group(before),
            None => change.onto_group(&CloudGroup::default()),
        };
        // What is new is told whole, members and all.
        let members_known = before.is_none_or(|it| self.extent.covers_members_of(it));
        let changed = before.is_some_and(|it| it.attributes != after.attributes);
        if self.extent.covers_members_of(&after) {
            after.members = with_links(&after.members, &links);
            let left = links.iter().filter(|it| after.members.binary_search(&it.id).is_err());
            questions.left.extend(left.map(|it| (id, it.id)));
            if !members_known {
                questions.members.insert(id);
            }
        } else {
            after.members = Box::default();
        }
        // Large groups are told of several times, with other members each time.
        let nameless = after.attributes.first(Property::DisplayName.id()).is_none();
        if nameless || again && changed {
            questions.objects.insert(id, ObjectKind::Group);
        }
        groups.insert(id, after);
    }

    /// Whoever was there before and is now neither active nor in the recycle bin, and not gone for good, is looked
    /// for; whoever left the recycle bin for the active objects came back.
    fn look_for_missing(&self, questions: &mut Questions) {
        let Questions { objects, returned, removed, before, .. } = questions;
        let purged = |id: &CloudId| removed.get(id) == Some(&Removal::Purged);
        let users = before.users.iter().map(|(id, it)| (*id, ObjectKind::User, it.deleted_at.is_some()));
        let groups = before.groups.iter().map(|(id, it)| (*id, ObjectKind::Group, it.deleted_at.is_some()));
        for (id, kind, was_binned) in users.chain(groups).filter(|(id, ..)| !self.bin.holds(*id)) {
            match self.is_active(id) {
                true if was_binned => drop(returned.insert(id, kind)),
                true => (),
                false if purged(&id) => (),
                false => drop(objects.insert(id, kind)),
            }
        }
    }

    fn is_active(&self, id: CloudId) -> bool {
        self.users.contains_key(&id) || self.groups.contains_key(&id)
    }

    /// Takes how an object in question is now.
    pub(super) fn answer(
        &mut self,
        (kind, id): (ObjectKind, CloudId),
        current: Current,
        questions: &mut Questions,
        as_of: Timestamp,
    ) {
        let was_binned = questions.before.holds_deleted(id);
        match current {
            Current::User(user) => drop(self.users.insert(id, *user)),
            Current::Contact(contact) => drop(self.contacts.insert(id, *contact)),
            Current::Group(group) => {
                if self.extent.covers_members_of(&group) {
                    questions.members.insert(id);
                }
                self.groups.insert(id, *group);
            }
            Current::Deleted => {
                questions.returned.remove(&id);
                return self.put_into_bin(id, questions, as_of);
            }
            Current::Gone => {
                questions.returned.remove(&id);
                // What was just made may not be known to every replica yet; what was said to be gone is gone.
                if questions.removed.contains_key(&id) {
                    self.forget(id);
                }
                return;
            }
        }
        if was_binned {
            questions.returned.insert(id, kind);
        }
    }

    /// An object of which its id says that it is in the recycle bin, though the list does not show it yet.
    fn put_into_bin(&mut self, id: CloudId, questions: &Questions, as_of: Timestamp) {
        let user = self.users.get(&id).or_else(|| questions.before.users.get(&id)).cloned();
        let group = self.groups.get(&id).or_else(|| questions.before.groups.get(&id)).cloned();
        self.forget(id);
        let bin = &mut self.bin;
        if let Some(user) = user {
            let deleted_at = user.deleted_at.or(Some(as_of));
            bin.users.entry(id).or_insert(CloudUser { deleted_at, manager: None, ..user });
        }
        if let Some(group) = group {
            let deleted_at = group.deleted_at.or(Some(as_of));
            bin.groups.entry(id).or_insert(CloudGroup { deleted_at, members: Box::default(), ..group });
        }
    }

    fn forget(&mut self, id: CloudId) {
        self.users.remove(&id);
        self.groups.remove(&id);
        self.contacts.remove(&id);
    }

    /// Takes who counts on an object that came back.
    pub(super) fn relate(&mut self, relations: &Relations, questions: &Questions) {
        let Relations { id, groups, reports } = relations;
        let added = [LinkChange { id: *id, gone: false }];
        for group in groups.iter().filter(|it| !questions.left.contains(&(**it, *id))) {
            if let Some(group) = self.groups.get_mut(group)
                && self.extent.covers_members_of(group)
            {
                group.members = with_links(&group.members, &added);
            }
        }
        for report in reports.iter().filter(|it| !questions.managed.contains(it)) {
            if let Some(user) = self.users.get_mut(report) {
                user.manager = Some(*id);
            }
            if let Some(contact) = self.contacts.get_mut(report) {
                contact.manager = Some(*id);
            }
        }
    }

    /// Takes the members of a group as they are now.
    pub(super) fn set_members(&mut self, group: CloudId, members: Box<[CloudId]>) {
        if let Some(group) = self.groups.get_mut(&group) {
            group.members = members;
        }
    }

    /// Users, groups and contacts, active and deleted, with the values that the tenant keeps back; and what is not
    /// shown of them.
    pub(super) fn show(self, kept_back: &KeptBack) -> (TenantReading, Unshown) {
        let Self { extent: _, users, groups, contacts, bin } = self;
        let mut unshown = Unshown::default();
        unshown.binned.extend(bin.users.keys().chain(bin.groups.keys()));
        let mut shown = TenantReading {
            users: bin.users.into_values().collect(),
            groups: bin.groups.into_values().collect(),
            ..TenantReading::default()
        };
        let kept_back = |id| kept_back.get(&id).cloned().unwrap_or_default();
        for user in users.into_values() {
            if unshown.binned.contains(&user.id) {
                unshown.users.push(user);
                continue;
            }
            let (manager, quarantined) = (unshown.shows(user.id, user.manager), kept_back(user.id));
            shown.users.push(CloudUser { quarantined, manager, ..user });
        }
        for group in groups.into_values() {
            if unshown.binned.contains(&group.id) {
                unshown.groups.push(group);
                continue;
            }
            let quarantined = kept_back(group.id);
            let (hidden, members): (Vec<CloudId>, Vec<CloudId>) =
                group.members.iter().partition(|it| unshown.binned.contains(it));
            if !hidden.is_empty() {
                unshown.members.insert(group.id, hidden.into());
            }
            shown.groups.push(CloudGroup { members: members.into(), quarantined, ..group });
        }
        for contact in contacts.into_values() {
            let (manager, quarantined) = (unshown.shows(contact.id, contact.manager), kept_back(contact.id));
            shown.contacts.push(CloudContact { manager, quarantined, ..contact });
        }
        (shown, unshown)
    }
}

impl Binned {
    fn of(bin: Bin) -> Self {
        let Bin { users, groups } = bin;
        Self {
            users: users.into_iter().map(|it| (it.id, it)).collect(),
            groups: groups.into_iter().map(|it| (it.id, it)).collect(),
        }
    }

    fn holds(&self, id: CloudId) -> bool {
        self.users.contains_key(&id) || self.groups.contains_key(&id)
    }

    fn holds_deleted(&self, id: CloudId) -> bool {
        self.users.get(&id).is_some_and(|it| it.deleted_at.is_some())
            || self.groups.get(&id).is_some_and(|it| it.deleted_at.is_some())
    }
}

/// Members with those that came and without those that went, sorted.
fn with_links(members: &[CloudId], links: &[LinkChange]) -> Box<[CloudId]> {
    let went: BTreeSet<CloudId> = links.iter().filter(|it| it.gone).map(|it| it.id).collect();
    let came = links.iter().filter(|it| !it.gone).map(|it| it.id);
    sorted(members.iter().copied().filter(|it| !went.contains(it)).chain(came))
}

fn sorted(ids: impl Iterator<Item = CloudId>) -> Box<[CloudId]> {
    let mut all: Vec<CloudId> = ids.collect();
    all.sort_unstable();
    all.dedup();
    all.into_boxed_slice()
}
