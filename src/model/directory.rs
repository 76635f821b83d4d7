//! The directory side: entries as they arrive, and the snapshot that a whole reading becomes.
//!
//! A reading that broke off is a [`PartialDirectory`]: it has no method that could prove an absence.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::anchor::Anchor;
use super::arrivals::{Arrivals, Entry};
use super::attributes::{AttributeNames, Attributes, well_known};
use super::dn::{Dn, DnError};
use super::facts::ObjectView;
use super::guid::Guid;
use super::lookup::Table;
use super::object_kind::ObjectKind;
use super::revision::{Doubt, Revision};

/// Place of an object in its snapshot; valid only there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectIndex(pub(super) u32);

impl ObjectIndex {
    /// As an index into per-object tables of the length of the snapshot.
    pub const fn position(self) -> usize {
        self.0 as usize
    }
}

/// One entry as a source read it.
#[derive(Clone, Debug)]
pub struct DirectoryEntry {
    /// Its name.
    pub dn: Dn,
    /// Its values, `member` apart.
    pub attributes: Attributes,
    /// Values of `member`: names of other entries, all of them, ranges already joined.
    pub members: Vec<Dn>,
}

impl DirectoryEntry {
    /// `objectGUID`, if it has one.
    pub fn guid(&self) -> Option<Guid> {
        self.attributes.first(well_known::OBJECT_GUID).and_then(|it| Guid::from_value(it).ok())
    }
}

/// Why an entry is not in the snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rejection {
    /// No `objectGUID`, so nothing to recognise it by.
    NoGuid,
    /// Another entry with the same `objectGUID` came first.
    DuplicateGuid,
    /// Neither a user, a group nor a contact.
    OtherClass,
    /// `isDeleted` is true: a tombstone.
    Deleted,
}

/// An entry that was left out, and why.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct EntryRejected {
    /// Its name.
    pub dn: Box<str>,
    /// Why.
    pub why: Rejection,
}

/// One object of the directory.
#[derive(Clone, Debug)]
pub struct DirectoryObject {
    /// Kind, from `objectClass`.
    pub kind: ObjectKind,
    /// `objectGUID`.
    pub guid: Guid,
    /// Its name.
    pub dn: Dn,
    /// Its values, `member` and `memberOf` apart.
    pub attributes: Attributes,
    /// Direct members that were read, sorted.
    pub members: Box<[ObjectIndex]>,
    /// Direct members whose entry was not read: other domains, other classes, outside of the bases.
    pub members_not_read: Box<[Dn]>,
    /// Groups that name it as a direct member, sorted.
    pub member_of: Box<[ObjectIndex]>,
}

impl DirectoryObject {
    /// The anchor that `objectGUID` gives.
    pub const fn guid_anchor(&self) -> Anchor {
        Anchor::from_guid(self.guid)
    }

    /// The anchor that a valid `mS-DS-ConsistencyGuid` gives.
    pub fn consistency_anchor(&self) -> Option<Anchor> {
        let value = self.attributes.first(well_known::CONSISTENCY_GUID)?;
        Guid::from_value(value).ok().map(Anchor::from_guid)
    }

    /// Whether a group can be granted rights: `GROUP_TYPE_SECURITY_ENABLED` in `groupType`, which the
    /// directory writes as a signed number of 32 bits ([MS-ADTS] 2.2.12, Group Type Flags).
    pub fn security_enabled(&self) -> bool {
        self.attributes.integer(well_known::GROUP_TYPE).is_some_and(|it| it & 0x8000_0000 != 0)
    }

    /// Whether it can get mail, as Entra Connect sees it (graph-tenant reference, 9.1).
    pub fn mail_enabled(&self) -> bool {
        let is_smtp = |it: &[u8]| {
            it.get(..5).is_some_and(|head| head.eq_ignore_ascii_case(b"smtp:")) && it.contains(&b'@')
        };
        self.attributes.values(well_known::PROXY_ADDRESSES).any(is_smtp)
            || self.attributes.first(well_known::MAIL).is_some_and(|it| it.contains(&b'@'))
    }
}

/// How far a reading saw: which domain, which copy of its database, and the highest change number there.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Watermark {
    /// Server or file that answered.
    pub server: String,
    /// `objectGUID` of the domain's own entry, which no other domain has, if it was seen.
    pub domain: Option<Guid>,
    /// `invocationId` of the domain controller's database, if it said.
    pub invocation_id: Option<Guid>,
    /// `highestCommittedUSN` before the first page, if it said.
    pub highest_usn: Option<u64>,
}

/// The objects of one reading, whole or not, in order of `objectGUID`.
#[derive(Debug, Default)]
pub struct DirectoryObjects {
    pub(super) names: Arc<AttributeNames>,
    pub(super) objects: Vec<DirectoryObject>,
    pub(super) places: Table<Arc<str>, u32>,
    /// The object at each place, if there is one.
    pub(super) at: Vec<Option<ObjectIndex>>,
    pub(super) containers: Vec<(Guid, Dn)>,
    rejected: Vec<EntryRejected>,
    /// What became otherwise, and nobody took note of.
    pub(super) touched: BTreeSet<Guid>,
}

/// A reading that is under way, or broke off.
#[derive(Debug)]
pub struct PartialDirectory {
    names: Arc<AttributeNames>,
    entries: Arrivals,
    known: Names,
    containers: Vec<(Guid, Dn)>,
    rejected: Vec<EntryRejected>,
}

/// The names of entries and those that groups list as members, each once: a million memberships name a hundred
/// thousand people, and until the reading ends nobody knows which of them are objects. Kept for each membership,
/// names took 170 MB.
#[derive(Debug, Default)]
struct Names {
    places: Table<Arc<str>, u32>,
    /// As a group wrote it, unless it is the name of an entry.
    members: Vec<Option<Dn>>,
    /// Places of members by what was written: taking apart the same name a million times took a quarter of a
    /// reading.
    written: Table<Box<str>, u32>,
}

impl Names {
    fn entry(&mut self, dn: &Dn) -> u32 {
        let place = self.place(dn.shared_key());
        self.members[place as usize] = None;
        place
    }

    fn written(&mut self, text: &str) -> Result<u32, DnError> {
        if let Some(place) = self.written.get(text) {
            return Ok(*place);
        }
        let place = self.member(text.parse()?);
        self.written.insert(text.into(), place);
        Ok(place)
    }

    fn member(&mut self, dn: Dn) -> u32 {
        let next = self.members.len();
        let place = self.place(dn.shared_key());
        if place as usize == next {
            self.members[next] = Some(dn);
        }
        place
    }

    fn place(&mut self, key: &Arc<str>) -> u32 {
        if let Some(place) = self.places.get(&**key) {
            return *place;
        }
        let place = u32::try_from(self.members.len()).expect("fewer names than fit into memory");
        self.places.insert(Arc::clone(key), place);
        self.members.push(None);
        place
    }
}

/// A whole reading: what is not in it is not in the directory.
#[derive(Debug)]
pub struct DirectorySnapshot {
    objects: DirectoryObjects,
    watermark: Watermark,
}

/// What a source came back with.
#[derive(Debug)]
pub enum Reading {
    /// To the end of the set.
    Whole(DirectorySnapshot),
    /// It broke off; the objects that came are right, but nothing can be called absent.
    Broken {
        /// The objects that came.
        objects: DirectoryObjects,
        /// Why it broke off, in words.
        cause: String,
    },
}

impl PartialDirectory {
    /// Starts a reading that keeps the given attributes.
    pub fn new(names: Arc<AttributeNames>) -> Self {
        Self {
            names,
            entries: Arrivals::default(),
            known: Names::default(),
            containers: Vec::new(),
            rejected: Vec::new(),
        }
    }

    /// The attributes that it keeps.
    pub fn names(&self) -> &Arc<AttributeNames> {
        &self.names
    }

    /// Adds one entry as it arrives.
    pub fn push(&mut self, mut entry: DirectoryEntry) {
        let members = std::mem::take(&mut entry.members);
        let places = members.into_iter().map(|it| self.known.member(it)).collect();
        self.keep(entry, places);
    }

    /// Adds one entry as it arrives, with values of `member` as they were written, besides those in it.
    ///
    /// # Errors
    /// One of them is no name.
    pub fn push_written<'a>(
        &mut self,
        mut entry: DirectoryEntry,
        written: impl IntoIterator<Item = &'a str>,
    ) -> Result<(), DnError> {
        let mut places: Vec<u32> =
            written.into_iter().map(|it| self.known.written(it)).collect::<Result<_, _>>()?;
        places.extend(std::mem::take(&mut entry.members).into_iter().map(|it| self.known.member(it)));
        self.keep(entry, places);
        Ok(())
    }

    fn keep(&mut self, entry: DirectoryEntry, members: Vec<u32>) {
        match identify(&entry) {
            Ok((Class::Object(kind), guid)) => {
                let DirectoryEntry { dn, attributes, members: _ } = entry;
                let place = self.known.entry(&dn);
                self.entries.push(Entry { kind, guid, dn, place, attributes, members: members.into() });
            }
            Ok((Class::Container, guid)) => self.containers.push((guid, entry.dn)),
            Err(why) => self.rejected.push(EntryRejected { dn: entry.dn.as_str().into(), why }),
        }
    }

    /// Entries kept so far.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether none was kept so far.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The source reported the end of the set: from now on, absence means something.
    pub fn finish(self, watermark: Watermark) -> DirectorySnapshot {
        DirectorySnapshot { objects: self.break_off(), watermark }
    }

    /// The objects that came before the reading broke off.
    pub fn break_off(self) -> DirectoryObjects {
        let Self { names, entries, known, mut containers, mut rejected } = self;
        containers.sort();
        let Names { places, mut members, written } = known;
        drop(written);
        let mut entries = entries.in_order();
        let mut previous = None;
        entries.retain(|entry| {
            let again = previous == Some(entry.guid);
            previous = Some(entry.guid);
            if again {
                members[entry.place as usize] = Some(entry.dn.clone());
                rejected.push(EntryRejected { dn: entry.dn.as_str().into(), why: Rejection::DuplicateGuid });
            }
            !again
        });
        rejected.sort();
        let mut at = vec![None; members.len()];
        for (index, entry) in (0..).map(ObjectIndex).zip(&entries) {
            at[entry.place as usize] = Some(index);
        }
        let mut objects: Vec<DirectoryObject> =
            entries.into_iter().map(|it| link_members(it, &members, &at)).collect();
        link_back(&mut objects);
        DirectoryObjects { names, objects, places, at, containers, rejected, touched: BTreeSet::new() }
    }
}

/// What an entry is to us.
pub(super) enum Class {
    /// Something that can be kept the same.
    Object(ObjectKind),
    /// Something that objects lie in.
    Container,
}

/// Class and identity of an entry, or why it has none.
pub(super) fn identify(entry: &DirectoryEntry) -> Result<(Class, Guid), Rejection> {
    if entry.attributes.boolean(well_known::IS_DELETED) == Some(true) {
        return Err(Rejection::Deleted);
    }
    let has = |class: &str| {
        entry.attributes.values(well_known::OBJECT_CLASS).any(|it| it.eq_ignore_ascii_case(class.as_bytes()))
    };
    // A computer is also a user by inheritance; a managed service account is a computer.
    let kind = match () {
        () if has("computer") => return Err(Rejection::OtherClass),
        () if has("user") || has("inetOrgPerson") => Class::Object(ObjectKind::User),
        () if has("group") => Class::Object(ObjectKind::Group),
        () if has("contact") => Class::Object(ObjectKind::Contact),
        () if has("organizationalUnit") || has("container") || has("domainDNS") => Class::Container,
        () => return Err(Rejection::OtherClass),
    };
    Ok((kind, entry.guid().ok_or(Rejection::NoGuid)?))
}

fn link_members(entry: Entry, names: &[Option<Dn>], at: &[Option<ObjectIndex>]) -> DirectoryObject {
    let Entry { kind, guid, dn, place: _, attributes, members } = entry;
    let mut read = Vec::with_capacity(members.len());
    let mut not_read = Vec::new();
    for member in members {
        match at[member as usize] {
            Some(at) => read.push(at),
            None => not_read.extend(names[member as usize].clone()),
        }
    }
    read.sort_unstable();
    read.dedup();
    not_read.sort();
    not_read.dedup();
    DirectoryObject {
        kind,
        guid,
        dn,
        attributes,
        members: read.into(),
        members_not_read: not_read.into(),
        member_of: Box::default(),
    }
}

/// Fills `member_of` from `members`.
fn link_back(objects: &mut [DirectoryObject]) {
    let mut counts = vec![0; objects.len()];
    for member in objects.iter().flat_map(|it| &it.members) {
        counts[member.position()] += 1;
    }
    let mut groups_of: Vec<Vec<ObjectIndex>> = counts.into_iter().map(Vec::with_capacity).collect();
    for (at, object) in (0..).map(ObjectIndex).zip(&*objects) {
        for member in &object.members {
            groups_of[member.position()].push(at);
        }
    }
    for (object, groups) in objects.iter_mut().zip(groups_of) {
        object.member_of = groups.into();
    }
}

impl DirectoryObjects {
    /// The attributes that were read.
    pub fn names(&self) -> &Arc<AttributeNames> {
        &self.names
    }

    /// Objects in order of `objectGUID`.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (ObjectIndex, &DirectoryObject)> {
        self.objects
            .iter()
            .enumerate()
            .map(|(at, it)| (ObjectIndex(u32::try_from(at).unwrap_or(u32::MAX)), it))
    }

    /// How many objects.
    pub fn len(&self) -> usize {
        self.objects.len()
    }

    /// Whether there is no object.
    pub fn is_empty(&self) -> bool {
        self.objects.is_empty()
    }

    /// One object.
    pub fn get(&self, at: ObjectIndex) -> &DirectoryObject {
        &self.objects[at.position()]
    }

    /// The object of a name.
    pub fn find_dn(&self, dn: &Dn) -> Option<ObjectIndex> {
        self.at[*self.places.get(dn.key())? as usize]
    }

    /// The object of an `objectGUID`.
    pub fn find_guid(&self, guid: Guid) -> Option<ObjectIndex> {
        let at = self.objects.binary_search_by_key(&guid, |it| it.guid).ok()?;
        u32::try_from(at).ok().map(ObjectIndex)
    }

    /// Containers with their `objectGUID`, in order of these.
    pub fn containers(&self) -> impl Iterator<Item = (Guid, &Dn)> {
        self.containers.iter().map(|(guid, dn)| (*guid, dn))
    }

    /// The name of the container with this `objectGUID`.
    pub fn container(&self, guid: Guid) -> Option<&Dn> {
        self.containers.iter().find(|it| it.0 == guid).map(|it| &it.1)
    }

    /// The `objectGUID` of the container of this name.
    pub fn container_guid(&self, dn: &Dn) -> Option<Guid> {
        self.containers.iter().find(|it| it.1 == *dn).map(|it| it.0)
    }

    /// Whether a container of this name was read.
    pub fn has_container(&self, dn: &Dn) -> bool {
        self.containers.iter().any(|it| it.1 == *dn)
    }

    /// One object together with its surroundings.
    pub fn view(&self, at: ObjectIndex) -> ObjectView<'_> {
        ObjectView::new(self, at)
    }

    /// Entries that were left out, by name.
    pub fn rejected(&self) -> &[EntryRejected] {
        &self.rejected
    }

    /// Whether `at` is `group` or belongs to it directly or through other groups.
    pub fn is_member(&self, at: ObjectIndex, group: ObjectIndex) -> bool {
        let mut seen = vec![at];
        let mut next = 0;
        while let Some(current) = seen.get(next).copied() {
            next += 1;
            for parent in &self.get(current).member_of {
                if *parent == group {
                    return true;
                }
                if !seen.contains(parent) {
                    seen.push(*parent);
                }
            }
        }
        false
    }

    /// Everything that belongs to a group directly or through other groups: one flag for each object.
    pub fn transitive_members(&self, group: ObjectIndex) -> Vec<bool> {
        let mut flags = vec![false; self.objects.len()];
        let mut open = vec![group];
        while let Some(current) = open.pop() {
            for member in &self.get(current).members {
                if !std::mem::replace(&mut flags[member.position()], true) {
                    open.push(*member);
                }
            }
        }
        flags
    }
}

impl DirectorySnapshot {
    /// The objects.
    pub fn objects(&self) -> &DirectoryObjects {
        &self.objects
    }

    /// How far it saw.
    pub fn watermark(&self) -> &Watermark {
        &self.watermark
    }

    /// The reading as it is now, which saw so far; the names of members that are no object of it come back.
    ///
    /// # Errors
    /// It has to be read again in whole. What is left of it is of no use.
    pub fn revise(&mut self, revision: Revision, watermark: Watermark) -> Result<BTreeSet<Dn>, Doubt> {
        self.watermark = watermark;
        self.objects.revise(revision)
    }

    /// What became otherwise since this was asked last, as [`DirectoryObjects::take_touched`].
    pub fn take_touched(&mut self) -> BTreeSet<Guid> {
        self.objects.take_touched()
    }
}

impl Reading {
    /// The objects that came.
    pub fn objects(&self) -> &DirectoryObjects {
        match self {
            Self::Whole(snapshot) => snapshot.objects(),
            Self::Broken { objects, cause: _ } => objects,
        }
    }

    /// The snapshot, if the reading was whole.
    pub fn whole(&self) -> Option<&DirectorySnapshot> {
        match self {
            Self::Whole(snapshot) => Some(snapshot),
            Self::Broken { .. } => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::attributes::{AttributeNamesBuilder, AttributesBuilder};
    use super::super::facts::Facts as _;
    use super::*;

    fn entry(name: &str, number: u8, class: &str, members: &[&str]) -> DirectoryEntry {
        let mut attributes = AttributesBuilder::default();
        attributes.push(well_known::OBJECT_CLASS, class.as_bytes());
        attributes.push(well_known::OBJECT_GUID, &[number; 16]);
        DirectoryEntry {
            dn: format!("CN={name},DC=corp").parse().unwrap(),
            attributes: attributes.finish(),
            members: members.iter().map(|it| format!("CN={it},DC=corp").parse().unwrap()).collect(),
        }
    }

    fn read(entries: Vec<DirectoryEntry>) -> DirectoryObjects {
        let mut reading = PartialDirectory::new(AttributeNamesBuilder::new().finish());
        for it in entries {
            reading.push(it);
        }
        reading.break_off()
    }

    #[test]
    fn membership_is_followed_through_groups_and_circles() {
        let objects = read(vec![
            entry("ada", 1, "user", &[]),
            entry("inner", 2, "group", &["ada", "outer"]),
            entry("outer", 3, "group", &["INNER", "stranger"]),
        ]);
        let at = |name: &str| objects.find_dn(&format!("CN={name},DC=corp").parse().unwrap()).unwrap();
        assert!(objects.is_member(at("ada"), at("outer")));
        assert_eq!(objects.transitive_members(at("outer")), [true, true, true]);
        assert_eq!(objects.get(at("outer")).members_not_read.len(), 1);
        let outer: Dn = "cn=outer,dc=corp".parse().unwrap();
        let ada = objects.view(at("ada"));
        assert!(!ada.links_to(well_known::MEMBER_OF, &outer, false));
        assert!(ada.links_to(well_known::MEMBER_OF, &outer, true));
    }

    #[test]
    fn what_cannot_be_identified_is_rejected_with_its_reason() {
        let mut twin = entry("twin", 1, "user", &[]);
        twin.attributes = entry("ada", 1, "user", &[]).attributes;
        let objects = read(vec![entry("ada", 1, "user", &[]), twin, entry("pc", 4, "computer", &[])]);
        let why: Vec<Rejection> = objects.rejected().iter().map(|it| it.why).collect();
        assert_eq!(objects.len(), 1);
        assert_eq!(why, [Rejection::OtherClass, Rejection::DuplicateGuid]);
    }
    #[test]
    fn a_member_that_is_left_out_for_its_identity_is_a_member_not_read() {
        let twin = entry("twin", 1, "user", &[]);
        for place in [0, 2] {
            let mut all = vec![entry("ada", 1, "user", &[]), twin.clone()];
            all.insert(place, entry("all", 3, "group", &["ada", "twin"]));
            let objects = read(all);
            let group = objects.iter().last().unwrap().1;
            assert_eq!((group.members.len(), group.members_not_read.len()), (1, 1));
        }
    }
}
