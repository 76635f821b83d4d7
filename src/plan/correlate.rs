//! Which tenant object belongs to which directory object.
//!
//! The ladder: recorded link, anchor among the active objects, anchor in the recycle bin, otherwise none.
//! A shared user name or mail address never joins two objects: taking over is a person's decision.

use std::cell::Cell;

use crate::model::{
    Anchor, CloudContact, CloudGroup, CloudId, CloudUser, DirectoryObject, DirectoryObjects, Link, Links,
    ObjectIndex, ObjectKind, Origin, Property, Sid, Table, TenantSnapshot, well_known,
};
use crate::policy::{AnchorSource, Channel};

use super::project::primary_address;

/// How a directory object and the tenant relate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Correlation<T> {
    /// The same object is active in the tenant.
    Joined(T),
    /// The same object is in the tenant's recycle bin.
    InRecycleBin(T),
    /// The tenant has no such object.
    DirectoryOnly,
    /// Another object of the directory has the same anchor.
    Contested(ObjectIndex),
}

impl<T: Copy> Correlation<T> {
    /// The object of the tenant, active or in the recycle bin.
    pub(super) const fn known(&self) -> Option<T> {
        match *self {
            Self::Joined(it) | Self::InRecycleBin(it) => Some(it),
            Self::DirectoryOnly | Self::Contested(_) => None,
        }
    }
}

impl<T> Correlation<T> {
    /// The same relation to something else.
    pub(super) fn map<U>(self, to: impl FnOnce(T) -> U) -> Correlation<U> {
        match self {
            Self::Joined(it) => Correlation::Joined(to(it)),
            Self::InRecycleBin(it) => Correlation::InRecycleBin(to(it)),
            Self::DirectoryOnly => Correlation::DirectoryOnly,
            Self::Contested(twin) => Correlation::Contested(twin),
        }
    }
}

/// The anchor of a directory object under a policy; `None` if it has none of the wanted sort.
pub(super) fn anchor_of(object: &DirectoryObject, source: AnchorSource) -> Option<Anchor> {
    match (object.kind, source) {
        (ObjectKind::Group | ObjectKind::Contact, _) | (ObjectKind::User, AnchorSource::ObjectGuid) => {
            Some(object.guid_anchor())
        }
        (ObjectKind::User, AnchorSource::Auto) => {
            Some(object.consistency_anchor().unwrap_or_else(|| object.guid_anchor()))
        }
        (ObjectKind::User, AnchorSource::ConsistencyGuid) => object.consistency_anchor(),
    }
}

/// Look-ups into both sides; never iterated, so their order does not matter.
pub(super) struct Index<'a> {
    tenant: &'a TenantSnapshot,
    links: &'a Links,
    /// What was looked up last: several ask for the record of the object that is being planned.
    latest_link: Cell<Option<(Anchor, Option<&'a Link>)>>,
    users: ByAnchor<&'a CloudUser>,
    deleted_users: Table<Anchor, &'a CloudUser>,
    groups: Table<Anchor, &'a CloudGroup>,
    /// Groups that a directory masters, by their `objectSid` there.
    groups_by_sid: Table<&'a Sid, &'a CloudGroup>,
    /// Contacts that a directory masters, by primary address in lower case.
    contacts: Table<String, &'a CloudContact>,
    deleted_groups: Table<Anchor, &'a CloudGroup>,
    directory: ByAnchor<ObjectIndex>,
    /// Anchors that several objects of the directory have: the first and the last of them.
    contested: Table<Anchor, (ObjectIndex, ObjectIndex)>,
    deleted_names: Table<String, CloudId>,
}

/// Something for each anchor, in order of anchors. That is nearly the order in which a directory is planned, so what is
/// looked up lies beside what was looked up before: in a hash table, each object of a million lay elsewhere.
struct ByAnchor<T> {
    entries: Vec<(Anchor, T)>,
    /// Where the latest one was found: mostly, the one behind it is asked for next.
    latest: Cell<usize>,
}

impl<T: Copy> ByAnchor<T> {
    fn of(entries: impl Iterator<Item = (Anchor, T)>) -> Self {
        let mut sorted = Vec::with_capacity(entries.size_hint().1.unwrap_or_default());
        sorted.extend(entries);
        // Of one anchor in the order in which they came.
        sorted.sort_by_key(|it| it.0);
        Self { entries: sorted, latest: Cell::default() }
    }

    fn first(&self, anchor: Anchor) -> Option<T> {
        let next = self.latest.get() + 1;
        let follows = |at: usize| self.entries.get(at).is_some_and(|it| it.0 == anchor);
        // The first of its anchor: the one before it has another.
        let at = if follows(next) && self.entries[next - 1].0 != anchor {
            next
        } else {
            self.entries.partition_point(|it| it.0 < anchor)
        };
        self.latest.set(at);
        self.entries.get(at).filter(|it| it.0 == anchor).map(|it| it.1)
    }

    /// What has an anchor together with others.
    fn shared(&self) -> impl Iterator<Item = &[(Anchor, T)]> {
        self.entries.chunk_by(|a, b| a.0 == b.0).filter(|it| 1 < it.len())
    }
}

/// Who has which name in the tenant today.
#[derive(Default)]
pub(super) struct Owners {
    user_names: Table<String, CloudId>,
    addresses: Table<String, CloudId>,
}

impl<'a> Index<'a> {
    pub(super) fn new(
        tenant: &'a TenantSnapshot,
        links: &'a Links,
        objects: &DirectoryObjects,
        source: AnchorSource,
    ) -> Self {
        let active = |it: &'a CloudUser| Some((it.anchor?, it)).filter(|_| it.deleted_at.is_none());
        let of_directory =
            |(at, object): (ObjectIndex, &DirectoryObject)| Some((anchor_of(object, source)?, at));
        let mut index = Self {
            tenant,
            links,
            latest_link: Cell::default(),
            users: ByAnchor::of(tenant.users().iter().filter_map(active)),
            deleted_users: Table::default(),
            groups: Table::default(),
            groups_by_sid: Table::default(),
            contacts: Table::default(),
            deleted_groups: Table::default(),
            directory: ByAnchor::of(objects.iter().filter_map(of_directory)),
            contested: Table::default(),
            deleted_names: Table::default(),
        };
        tenant.users().iter().filter(|it| it.deleted_at.is_some()).for_each(|it| index.note_deleted(it));
        tenant.groups().iter().for_each(|it| index.note_group(it));
        tenant.contacts().iter().for_each(|it| index.note_contact(it));
        for bearers in index.directory.shared() {
            let [(anchor, first), .., (_, last)] = bearers else { continue };
            index.contested.insert(*anchor, (*first, *last));
        }
        index
    }

    fn note_deleted(&mut self, user: &'a CloudUser) {
        if let Some(anchor) = user.anchor {
            let place = self.deleted_users.entry(anchor).or_insert(user);
            if place.deleted_at < user.deleted_at {
                *place = user;
            }
        }
        // Names of deleted users are free again, and still worth a word.
        self.deleted_names.insert(user_name(user).to_lowercase(), user.id);
    }

    fn note_contact(&mut self, contact: &'a CloudContact) {
        let mail = contact.attributes.text(Property::Mail.id());
        if let (Some(mail), Origin::Synced) = (mail, contact.origin) {
            self.contacts.insert(mail.to_lowercase(), contact);
        }
    }

    fn note_group(&mut self, group: &'a CloudGroup) {
        if let (Some(sid), Origin::Synced, None) = (&group.sid, group.origin, group.deleted_at) {
            self.groups_by_sid.insert(sid, group);
        }
        let table = if group.deleted_at.is_none() { &mut self.groups } else { &mut self.deleted_groups };
        if let Some(anchor) = group.anchor {
            let place = table.entry(anchor).or_insert(group);
            if place.deleted_at < group.deleted_at {
                *place = group;
            }
        }
    }

    /// The user in the recycle bin who had this user name.
    pub(super) fn deleted_owner_of_user_name(&self, name: &str) -> Option<CloudId> {
        if self.deleted_names.is_empty() {
            return None;
        }
        self.deleted_names.get(&name.to_lowercase()).copied()
    }

    /// The directory object of an anchor, in scope or not.
    pub(super) fn in_directory(&self, anchor: Anchor) -> Option<ObjectIndex> {
        self.directory.first(anchor)
    }

    /// The objects of the directory that have this anchor: of more than two, the first and the last.
    pub(super) fn bearers(&self, anchor: Anchor) -> impl Iterator<Item = ObjectIndex> {
        let second = self.contested.get(&anchor).map(|it| it.1);
        self.directory.first(anchor).into_iter().chain(second)
    }

    /// Whether two objects of the directory have this anchor.
    pub(super) fn is_contested(&self, anchor: Anchor) -> bool {
        self.contested.contains_key(&anchor)
    }

    fn twin(&self, anchor: Anchor, at: ObjectIndex) -> Option<ObjectIndex> {
        let (first, last) = self.contested.get(&anchor)?;
        Some(if *first == at { *last } else { *first })
    }

    pub(super) fn user(&self, anchor: Anchor, at: ObjectIndex) -> Correlation<&'a CloudUser> {
        if let Some(twin) = self.twin(anchor, at) {
            return Correlation::Contested(twin);
        }
        let linked = self.link(anchor).map(|it| it.cloud);
        let bearer = self.users.first(anchor);
        // Nearly everybody: the user who is linked bears the anchor.
        if let Some(user) = bearer.filter(|it| Some(it.id) == linked) {
            return Correlation::Joined(user);
        }
        let linked = linked.and_then(|it| self.tenant.user(it)).filter(|it| {
            it.deleted_at.is_none()
                && it.foreign_anchor.is_none()
                && it.anchor.is_none_or(|found| found == anchor)
        });
        if let Some(user) = linked.or(bearer) {
            return Correlation::Joined(user);
        }
        self.deleted_users.get(&anchor).map_or(Correlation::DirectoryOnly, |it| Correlation::InRecycleBin(it))
    }

    /// The group that belongs to one of the directory.
    pub(super) fn group(
        &self,
        channel: Channel,
        object: &DirectoryObject,
        at: ObjectIndex,
    ) -> Correlation<&'a CloudGroup> {
        match channel {
            Channel::Graph => self.own_group(object.guid_anchor(), at),
            Channel::DirectorySync => self.synchronised_group(object, at),
        }
    }

    fn own_group(&self, anchor: Anchor, at: ObjectIndex) -> Correlation<&'a CloudGroup> {
        if let Some(twin) = self.twin(anchor, at) {
            return Correlation::Contested(twin);
        }
        if let Some(group) = self.groups.get(&anchor) {
            return Correlation::Joined(group);
        }
        self.deleted_groups
            .get(&anchor)
            .map_or(Correlation::DirectoryOnly, |it| Correlation::InRecycleBin(it))
    }

    /// A group on the channel of Entra Connect: as recorded, else by `objectSid`. The tenant shows no anchor of a group,
    /// and restores none from the recycle bin (graph-tenant reference, 8.2).
    fn synchronised_group(&self, object: &DirectoryObject, at: ObjectIndex) -> Correlation<&'a CloudGroup> {
        let anchor = object.guid_anchor();
        if let Some(twin) = self.twin(anchor, at) {
            return Correlation::Contested(twin);
        }
        let linked = self.link(anchor).and_then(|it| self.tenant.group(it.cloud));
        if let Some(group) = linked.filter(|it| it.deleted_at.is_none()) {
            return Correlation::Joined(group);
        }
        // Made through Microsoft Graph: the cloud is its master, and a second one would be made beside it.
        if let Some(group) = self.groups.get(&anchor) {
            return Correlation::Joined(group);
        }
        let sid = object.attributes.first(well_known::OBJECT_SID).and_then(|it| Sid::from_bytes(it).ok());
        let found = sid.and_then(|it| self.groups_by_sid.get(&it).copied());
        found.map_or(Correlation::DirectoryOnly, Correlation::Joined)
    }

    /// A contact: as recorded, else by its primary address. The tenant shows neither anchor nor SID of one.
    pub(super) fn contact(&self, object: &DirectoryObject, at: ObjectIndex) -> Correlation<&'a CloudContact> {
        let anchor = object.guid_anchor();
        if let Some(twin) = self.twin(anchor, at) {
            return Correlation::Contested(twin);
        }
        let linked = self.link(anchor).and_then(|it| self.tenant.contact(it.cloud));
        if let Some(contact) = linked {
            return Correlation::Joined(contact);
        }
        let address = primary_address(object).map(str::to_lowercase);
        let found = address.and_then(|it| self.contacts.get(&it).copied());
        found.map_or(Correlation::DirectoryOnly, Correlation::Joined)
    }

    /// What is on record of an object.
    pub(super) fn link(&self, anchor: Anchor) -> Option<&'a Link> {
        if let Some((_, link)) = self.latest_link.get().filter(|it| it.0 == anchor) {
            return link;
        }
        let link = self.links.by_anchor.get(&anchor);
        self.latest_link.set(Some((anchor, link)));
        link
    }

    /// Whether samesign put this object into the tenant or has seen it joined.
    pub(super) fn is_linked(&self, anchor: Anchor, id: CloudId) -> bool {
        self.link(anchor).is_some_and(|it| it.cloud == id)
    }
}

/// The user's principal name, also of one in the recycle bin.
pub(super) fn user_name(user: &CloudUser) -> &str {
    user.user_name()
}

impl Owners {
    /// Names of deleted objects are free again.
    pub(super) fn of(tenant: &TenantSnapshot) -> Self {
        let mut owners = Self::default();
        owners.user_names.reserve(tenant.users().len());
        owners.addresses.reserve(tenant.users().len());
        for user in tenant.users().iter().filter(|it| it.deleted_at.is_none()) {
            if let Some(name) = user.attributes.text(Property::UserPrincipalName.id()) {
                owners.user_names.insert(name.to_lowercase(), user.id);
            }
        }
        for object in tenant.active() {
            let mail = object.attributes().text(Property::Mail.id());
            let proxies = object.attributes().texts(Property::ProxyAddresses.id());
            let addresses = proxies.filter_map(|it| Some(it.split_once(':')?.1)).chain(mail);
            owners.addresses.extend(addresses.map(|it| (it.to_lowercase(), object.id())));
        }
        owners
    }

    /// The active user who has this user name, in lower case.
    pub(super) fn of_user_name(&self, name: &str) -> Option<CloudId> {
        self.user_names.get(name).copied()
    }

    /// The active object that has this mail address, in lower case.
    pub(super) fn of_address(&self, address: &str) -> Option<CloudId> {
        self.addresses.get(address).copied()
    }
}

/// Whether a channel cannot write an object because somebody else is its master: Microsoft Graph refuses what a
/// directory masters, and the protocol of Entra Connect takes over users only.
pub(super) const fn is_mastered_elsewhere(channel: Channel, origin: Origin) -> bool {
    match channel {
        Channel::Graph => matches!(origin, Origin::Synced),
        Channel::DirectorySync => matches!(origin, Origin::Cloud),
    }
}
