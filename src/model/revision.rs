//! What became of a directory since it was read, and the reading as it is then.
//!
//! It costs what changed, but for objects that come or go and names that change: these are looked for in every object,
//! once for all of them. Whatever cannot be told for certain from changes is a [`Doubt`], and only a whole reading
//! settles it. It asks nobody.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::attributes::{AttributeId, Attributes, AttributesBuilder};
use super::directory::{Class, DirectoryEntry, DirectoryObject, DirectoryObjects, ObjectIndex, identify};
use super::dn::Dn;
use super::guid::Guid;
use super::object_kind::ObjectKind;
use super::syntax::Syntax;

/// What became of entries since a reading.
#[derive(Debug, Default)]
pub struct Revision {
    /// Entries as they are now; those that are as they were may be among them.
    pub entries: Vec<RevisedEntry>,
    /// Entries that are not below the bases any more.
    pub gone: Vec<Gone>,
    /// Members that came or went.
    pub members: Vec<MembersRevised>,
}

/// An entry as it is now.
#[derive(Debug)]
pub struct RevisedEntry {
    /// The entry. Its members count only if it was not known before.
    pub entry: DirectoryEntry,
    /// Groups that it is a direct member of; they count only if it was not known before.
    pub groups: Vec<Dn>,
}

/// An entry that is not below the bases any more.
#[derive(Debug)]
pub struct Gone {
    /// `objectGUID`.
    pub guid: Guid,
    /// Its name, if it is somewhere else now; `None` if it was deleted.
    pub now: Option<Dn>,
}

/// Members that came to a group, and that went.
#[derive(Debug)]
pub struct MembersRevised {
    /// `objectGUID` of the group.
    pub group: Guid,
    /// Who came.
    pub added: Vec<Dn>,
    /// Who went.
    pub removed: Vec<Dn>,
}

impl Revision {
    /// Whether nothing became of anything.
    pub fn is_empty(&self) -> bool {
        let Self { entries, gone, members } = self;
        entries.is_empty() && gone.is_empty() && members.is_empty()
    }
}

/// Why a reading cannot be revised.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Doubt {
    /// What lies below it got other names, of which nobody tells.
    #[error("{0} was renamed or moved")]
    ContainerMoved(Dn),
    /// An object is of another kind now.
    #[error("{0} is of another kind than before")]
    OtherKind(Dn),
}

/// Names of objects before, and now.
type NewNames = BTreeMap<Box<[u8]>, Option<Box<str>>>;

impl DirectoryObjects {
    /// Makes the reading what it is now; the names of members that are no object of it come back.
    ///
    /// # Errors
    /// It has to be read again in whole. What is left of it is of no use.
    pub fn revise(&mut self, revision: Revision) -> Result<BTreeSet<Dn>, Doubt> {
        let Revision { entries, mut gone, members } = revision;
        let (mut came, mut new_names) = (Vec::new(), NewNames::default());
        let fresh: BTreeSet<Guid> = entries.iter().filter_map(|it| it.entry.guid()).collect();
        for RevisedEntry { entry, groups } in entries {
            let known = entry.guid().and_then(|it| self.find_guid(it));
            match (identify(&entry), known) {
                (Ok((Class::Object(kind), _)), Some(at)) => {
                    self.replace((at, kind), entry, &mut new_names)?;
                }
                (Ok((Class::Object(kind), guid)), None) => came.push(Arrival { kind, guid, entry, groups }),
                (Ok((Class::Container, guid)), None) => self.put_container(guid, entry.dn)?,
                (Ok((Class::Container, _)), Some(_)) => return Err(Doubt::OtherKind(entry.dn)),
                (Err(_), Some(at)) => gone.push(Gone { guid: self.get(at).guid, now: Some(entry.dn) }),
                (Err(_), None) => (),
            }
        }
        let gone = self.take_away(gone, &mut new_names)?;
        let strangers = self.make_room(&gone, came);
        self.rename_values(&new_names, &fresh);
        Ok(self.link(strangers, members))
    }

    /// Objects that became otherwise since this was asked last: they came or went, or have other values, another name,
    /// or other members or groups. Whose name it is counts as well where two have had the same.
    pub fn take_touched(&mut self) -> BTreeSet<Guid> {
        std::mem::take(&mut self.touched)
    }

    fn touch(&mut self, at: ObjectIndex) {
        self.touched.insert(self.objects[at.position()].guid);
    }

    /// Puts the values of an object in the place of those that it had.
    fn replace(
        &mut self,
        (at, kind): (ObjectIndex, ObjectKind),
        entry: DirectoryEntry,
        new_names: &mut NewNames,
    ) -> Result<(), Doubt> {
        let DirectoryEntry { dn, attributes, members: _ } = entry;
        self.touch(at);
        let object = &mut self.objects[at.position()];
        if object.kind != kind {
            return Err(Doubt::OtherKind(dn));
        }
        object.attributes = attributes;
        let before = std::mem::replace(&mut object.dn, dn.clone());
        if before.as_str() != dn.as_str() {
            new_names.insert(before.as_str().as_bytes().into(), Some(dn.as_str().into()));
        }
        if before != dn {
            // Somebody else may have taken the old name already.
            if self.find_dn(&before) == Some(at) {
                self.name(&before, None);
            }
            self.name(&dn, Some(at));
        }
        Ok(())
    }

    fn put_container(&mut self, guid: Guid, dn: Dn) -> Result<(), Doubt> {
        match self.containers.binary_search_by_key(&guid, |it| it.0) {
            Ok(at) if self.containers[at].1 == dn => Ok(()),
            Ok(at) => Err(Doubt::ContainerMoved(self.containers[at].1.clone())),
            Err(at) => {
                self.containers.insert(at, (guid, dn));
                Ok(())
            }
        }
    }

    /// Takes links and names away from whoever is gone.
    fn take_away(
        &mut self,
        all: Vec<Gone>,
        new_names: &mut NewNames,
    ) -> Result<BTreeSet<ObjectIndex>, Doubt> {
        let mut gone = BTreeSet::new();
        let mut containers = Vec::new();
        for Gone { guid, now } in all {
            if let Ok(at) = self.containers.binary_search_by_key(&guid, |it| it.0) {
                containers.push((self.containers.remove(at).1, now.is_some()));
            }
            if let Some(at) = self.find_guid(guid).filter(|it| gone.insert(*it)) {
                self.unlink(at, now.as_ref());
                let dn = self.get(at).dn.clone();
                if self.find_dn(&dn) == Some(at) {
                    self.name(&dn, None);
                }
                new_names.insert(dn.as_str().as_bytes().into(), now.map(|it| it.as_str().into()));
            }
        }
        for (dn, is_elsewhere) in containers {
            if is_elsewhere || self.iter().any(|(at, it)| it.dn.is_within(&dn) && !gone.contains(&at)) {
                return Err(Doubt::ContainerMoved(dn));
            }
        }
        Ok(gone)
    }

    /// Takes an object out of its groups, where it stays as a name if it has one; and its members out of it.
    fn unlink(&mut self, at: ObjectIndex, now: Option<&Dn>) {
        self.touch(at);
        let object = &mut self.objects[at.position()];
        let (members, groups) = (std::mem::take(&mut object.members), std::mem::take(&mut object.member_of));
        for group in &groups {
            self.touch(*group);
            let group = &mut self.objects[group.position()];
            remove(&mut group.members, &at);
            if let Some(now) = now {
                insert(&mut group.members_not_read, now.clone());
            }
        }
        for member in &members {
            self.touch(*member);
            remove(&mut self.objects[member.position()].member_of, &at);
        }
    }

    /// Names are values of others: of whoever has a manager, for one. The directory changes these silently.
    ///
    /// Who was read just now has them as they are, unless the name changed a moment later; then it is nobody's.
    fn rename_values(&mut self, new_names: &NewNames, fresh: &BTreeSet<Guid>) {
        if new_names.is_empty() {
            return;
        }
        let is_nobodys = |name: &[u8]| {
            let dn = std::str::from_utf8(name).ok().and_then(|it| it.parse().ok());
            dn.is_some_and(|it| self.find_dn(&it).is_none())
        };
        let nobodys: NewNames = new_names
            .iter()
            .filter(|it| is_nobodys(it.0))
            .map(|(old, now)| (old.clone(), now.clone()))
            .collect();
        let is_name = |it: &(AttributeId, &str)| Syntax::of(it.1) == Syntax::Dn;
        let attributes: Vec<AttributeId> = self.names.iter().filter(is_name).map(|it| it.0).collect();
        for object in &mut self.objects {
            let new_names = if fresh.contains(&object.guid) { &nobodys } else { new_names };
            let mut named = attributes.iter().flat_map(|it| object.attributes.values(*it));
            if named.any(|it| new_names.contains_key(it)) {
                object.attributes = renamed(&object.attributes, &attributes, new_names);
                self.touched.insert(object.guid);
            }
        }
    }

    /// Puts whoever came in the order of `objectGUID`, and moves up where somebody is gone.
    fn make_room(&mut self, gone: &BTreeSet<ObjectIndex>, mut came: Vec<Arrival>) -> Vec<Stranger> {
        if gone.is_empty() && came.is_empty() {
            return Vec::new();
        }
        came.sort_by_key(|it| it.guid);
        came.dedup_by_key(|it| it.guid);
        let mut came = came.into_iter().peekable();
        let mut places: Vec<Option<ObjectIndex>> = Vec::with_capacity(self.objects.len());
        let mut strangers = Vec::with_capacity(came.len());
        let before = std::mem::take(&mut self.objects);
        let mut objects: Vec<DirectoryObject> = Vec::with_capacity(before.len() + came.len());
        for (at, object) in (0..).map(ObjectIndex).zip(before) {
            while let Some(it) = came.next_if(|it| it.guid < object.guid) {
                strangers.push(it.settle(&mut objects));
            }
            places.push((!gone.contains(&at)).then(|| place_of(objects.len())));
            if !gone.contains(&at) {
                objects.push(object);
            }
        }
        strangers.extend(came.map(|it| it.settle(&mut objects)));
        let moved = |it: &ObjectIndex| places[it.position()];
        for object in &mut objects {
            object.members = object.members.iter().filter_map(moved).collect();
            object.member_of = object.member_of.iter().filter_map(moved).collect();
        }
        self.objects = objects;
        self.at.iter_mut().for_each(|it| *it = it.as_ref().and_then(moved));
        for stranger in &strangers {
            self.touch(stranger.at);
            let dn = self.get(stranger.at).dn.clone();
            self.name(&dn, Some(stranger.at));
        }
        strangers
    }

    /// Joins whoever came, and members that came, to their groups; the names that are no object's come back.
    fn link(&mut self, strangers: Vec<Stranger>, members: Vec<MembersRevised>) -> BTreeSet<Dn> {
        let mut nobody = BTreeSet::new();
        for Stranger { at, members, groups } in strangers {
            let dn = self.get(at).dn.clone();
            for group in groups.iter().filter_map(|it| self.find_dn(it)).collect::<Vec<_>>() {
                self.join(group, at);
                remove(&mut self.objects[group.position()].members_not_read, &dn);
            }
            self.add_members(at, members, &mut nobody);
        }
        for MembersRevised { group, added, removed } in members {
            let Some(group) = self.find_guid(group) else { continue };
            self.touch(group);
            for dn in removed {
                match self.find_dn(&dn) {
                    Some(member) => {
                        self.touch(member);
                        remove(&mut self.objects[group.position()].members, &member);
                        remove(&mut self.objects[member.position()].member_of, &group);
                    }
                    None => remove(&mut self.objects[group.position()].members_not_read, &dn),
                }
            }
            self.add_members(group, added, &mut nobody);
        }
        nobody
    }

    fn add_members(&mut self, group: ObjectIndex, added: Vec<Dn>, nobody: &mut BTreeSet<Dn>) {
        for dn in added {
            if let Some(member) = self.find_dn(&dn) {
                self.join(group, member);
            } else {
                insert(&mut self.objects[group.position()].members_not_read, dn.clone());
                nobody.insert(dn);
            }
        }
    }

    fn join(&mut self, group: ObjectIndex, member: ObjectIndex) {
        self.touch(group);
        self.touch(member);
        insert(&mut self.objects[group.position()].members, member);
        insert(&mut self.objects[member.position()].member_of, group);
    }

    /// Says whose name it is.
    fn name(&mut self, dn: &Dn, whose: Option<ObjectIndex>) {
        if let Some(other) = self.find_dn(dn).filter(|it| Some(*it) != whose) {
            self.touch(other);
        }
        if let Some(place) = self.places.get(dn.key()) {
            self.at[*place as usize] = whose;
        } else if whose.is_some() {
            let place = u32::try_from(self.at.len()).expect("fewer names than fit into memory");
            self.places.insert(Arc::clone(dn.shared_key()), place);
            self.at.push(whose);
        }
    }

    /// What another reading of the same entries has that this one has not, or has otherwise: a line for each object.
    pub fn differences(&self, other: &Self) -> Vec<String> {
        let by_guid =
            |of: &Self| -> BTreeMap<Guid, ObjectIndex> { of.iter().map(|(at, it)| (it.guid, at)).collect() };
        let (mine, theirs) = (by_guid(self), by_guid(other));
        let missing = mine.iter().filter(|it| !theirs.contains_key(it.0));
        let mut lines: Vec<String> =
            missing.map(|(_, at)| format!("{} is not there any more", self.get(*at).dn)).collect();
        for (guid, at) in &theirs {
            let object = other.get(*at);
            match mine.get(guid) {
                None => lines.push(format!("{} was not known", object.dn)),
                Some(mine) => lines.extend(self.difference(*mine, (other, *at))),
            }
        }
        lines
    }

    fn difference(&self, at: ObjectIndex, (other, there): (&Self, ObjectIndex)) -> Option<String> {
        let (a, b) = (self.get(at), other.get(there));
        let guids = |of: &Self, members: &[ObjectIndex]| -> Vec<Guid> {
            members.iter().map(|it| of.get(*it).guid).collect()
        };
        let mut differ = BTreeSet::new();
        if a.dn.as_str() != b.dn.as_str() {
            differ.insert("its name".to_owned());
        }
        if guids(self, &a.members) != guids(other, &b.members) || a.members_not_read != b.members_not_read {
            differ.insert("member".to_owned());
        }
        let ids: BTreeSet<AttributeId> = if a.attributes == b.attributes {
            BTreeSet::new()
        } else {
            a.attributes.ids().chain(b.attributes.ids()).collect()
        };
        for id in ids {
            let name = self.names.name(id);
            let sorted = |of: &DirectoryObject| -> BTreeSet<Vec<u8>> {
                of.attributes.values(id).map(<[u8]>::to_vec).collect()
            };
            if !is_local(name) && sorted(a) != sorted(b) {
                differ.insert(name.to_owned());
            }
        }
        let all: Vec<String> = differ.into_iter().collect();
        (!all.is_empty()).then(|| format!("{}: {}", b.dn, all.join(", ")))
    }
}

/// Whether each domain controller has values of its own, of which nobody tells when they change
/// (`FLAG_ATTR_NOT_REPLICATED`, [MS-ADTS] 2.2.9).
fn is_local(attribute: &str) -> bool {
    const LOCAL: [&str; 7] = [
        "badPasswordTime",
        "badPwdCount",
        "lastLogoff",
        "lastLogon",
        "logonCount",
        "uSNChanged",
        "whenChanged",
    ];
    LOCAL.iter().any(|it| it.eq_ignore_ascii_case(attribute))
}

/// An object that was not known.
struct Arrival {
    kind: ObjectKind,
    guid: Guid,
    entry: DirectoryEntry,
    groups: Vec<Dn>,
}

/// An object that has a place now, and no links yet.
struct Stranger {
    at: ObjectIndex,
    members: Vec<Dn>,
    groups: Vec<Dn>,
}

impl Arrival {
    fn settle(self, objects: &mut Vec<DirectoryObject>) -> Stranger {
        let Self { kind, guid, entry: DirectoryEntry { dn, attributes, members }, groups } = self;
        let at = place_of(objects.len());
        objects.push(DirectoryObject {
            kind,
            guid,
            dn,
            attributes,
            members: Box::default(),
            members_not_read: Box::default(),
            member_of: Box::default(),
        });
        Stranger { at, members, groups }
    }
}

fn place_of(position: usize) -> ObjectIndex {
    ObjectIndex(u32::try_from(position).expect("fewer objects than names"))
}

/// The values, with names as they are now; without those of whoever is gone.
fn renamed(values: &Attributes, names: &[AttributeId], new_names: &NewNames) -> Attributes {
    let mut builder = AttributesBuilder::default();
    for (id, value) in values.iter() {
        match new_names.get(value).filter(|_| names.contains(&id)) {
            Some(Some(now)) => builder.push(id, now.as_bytes()),
            Some(None) => (),
            None => builder.push(id, value),
        }
    }
    builder.finish()
}

fn insert<T: Ord>(sorted: &mut Box<[T]>, new: T) {
    if let Err(at) = sorted.binary_search(&new) {
        let mut all = std::mem::take(sorted).into_vec();
        all.insert(at, new);
        *sorted = all.into();
    }
}

fn remove<T: Ord>(sorted: &mut Box<[T]>, old: &T) {
    if let Ok(at) = sorted.binary_search(old) {
        let mut all = std::mem::take(sorted).into_vec();
        all.remove(at);
        *sorted = all.into();
    }
}
