//! A reading that is revised is the reading that a whole one would be.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use proptest::collection::{btree_map, btree_set};
use proptest::option;
use proptest::prelude::*;
use samesign::model::{
    AttributeId, AttributeNames, AttributeNamesBuilder, AttributesBuilder, DirectoryEntry, DirectoryObject,
    DirectoryObjects, Dn, Doubt, Gone, Guid, MembersRevised, ObjectIndex, PartialDirectory, RevisedEntry,
    Revision, well_known,
};

/// A person, or a group if it has members.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Thing {
    /// One of few, so that names are exchanged and taken over.
    name: u8,
    title: u8,
    manager: Option<u8>,
    members: Option<BTreeSet<u8>>,
}

/// By identity.
type World = BTreeMap<u8, Thing>;

fn dn(name: u8) -> Dn {
    format!("CN=N{name},OU=Staff,DC=x").parse().unwrap()
}

fn guid(number: u8) -> Guid {
    Guid::from_bytes([number; 16])
}

fn names() -> Arc<AttributeNames> {
    let mut names = AttributeNamesBuilder::new();
    names.intern("title").unwrap();
    names.finish()
}

fn entry(number: u8, world: &World) -> DirectoryEntry {
    let thing = &world[&number];
    let names = names();
    let mut attributes = AttributesBuilder::default();
    let class = if thing.members.is_some() { "group" } else { "user" };
    attributes.push(well_known::OBJECT_CLASS, class.as_bytes());
    attributes.push(well_known::OBJECT_GUID, guid(number).as_bytes());
    attributes.push(names.id("title").unwrap(), &[b'0' + thing.title]);
    if let Some(manager) = thing.manager.and_then(|it| world.get(&it)) {
        attributes.push(well_known::MANAGER, dn(manager.name).as_str().as_bytes());
    }
    let members = thing.members.iter().flatten().filter_map(|it| world.get(it)).map(|it| dn(it.name));
    DirectoryEntry { dn: dn(thing.name), attributes: attributes.finish(), members: members.collect() }
}

fn read(world: &World) -> DirectoryObjects {
    let mut partial = PartialDirectory::new(names());
    for number in world.keys() {
        partial.push(entry(*number, world));
    }
    partial.break_off()
}

/// What a directory tells of the way from one world to another: of what was written, not of what follows from it.
fn told(before: &World, after: &World) -> Revision {
    let mut revision = Revision::default();
    for (number, thing) in after {
        let was = before.get(number);
        let groups = after.iter().filter(|it| it.1.members.iter().flatten().any(|it| it == number));
        let groups = groups.map(|it| dn(it.1.name)).collect();
        // A manager who was deleted is no manager any more, and nobody tells; who was not there was none.
        let manager = thing.manager.filter(|it| after.contains_key(it));
        let had = |it: &u8| before.contains_key(it) && after.contains_key(it);
        let is_written = was.is_none_or(|was| {
            (was.name, was.title, was.manager.filter(had)) != (thing.name, thing.title, manager)
        });
        if is_written {
            revision.entries.push(RevisedEntry { entry: entry(*number, after), groups });
        }
        if let (Some(now), Some(was)) = (&thing.members, was.and_then(|it| it.members.as_ref())) {
            let named = |it: &u8, of: &World| of.get(it).map(|it| dn(it.name));
            let added: Vec<Dn> = now
                .iter()
                .filter(|it| !was.contains(it) || !before.contains_key(it))
                .filter_map(|it| named(it, after))
                .collect();
            let gone = was.iter().filter(|it| !now.contains(it));
            let removed = gone.filter_map(|it| named(it, after)).collect();
            revision.members.push(MembersRevised { group: guid(*number), added, removed });
        }
    }
    let gone = before.keys().filter(|it| !after.contains_key(it));
    revision.gone = gone.map(|it| Gone { guid: guid(*it), now: None }).collect();
    revision
}

/// An object as others see it: its name and values, and with whom it is linked.
type Seen = (String, Vec<(AttributeId, Vec<u8>)>, Vec<Guid>, Vec<Guid>, Vec<Dn>);

fn seen(objects: &DirectoryObjects) -> BTreeMap<Guid, Seen> {
    let guids = |all: &[ObjectIndex]| all.iter().map(|it| objects.get(*it).guid).collect();
    let one = |it: &DirectoryObject| {
        let values = it.attributes.iter().map(|(id, value)| (id, value.to_vec())).collect();
        let (members, groups) = (guids(&it.members), guids(&it.member_of));
        (it.dn.as_str().to_owned(), values, members, groups, it.members_not_read.to_vec())
    };
    objects.iter().map(|(_, it)| (it.guid, one(it))).collect()
}

/// Who has which name.
fn holders(objects: &DirectoryObjects) -> Vec<Option<Guid>> {
    (0..16).map(|it| objects.find_dn(&dn(it)).map(|it| objects.get(it).guid)).collect()
}

fn things(groups: bool) -> impl Strategy<Value = World> {
    let members = if groups { btree_set(0u8..12, 0..6).prop_map(Some).boxed() } else { Just(None).boxed() };
    let thing = (0u8..3, option::of(0u8..8), members).prop_map(|(title, manager, members)| Thing {
        name: 0,
        title,
        manager,
        members,
    });
    let range = if groups { 8u8..12 } else { 0u8..8 };
    btree_map(range, thing, 0..6)
}

/// People and groups, whose names are all different.
fn world() -> impl Strategy<Value = World> {
    let names = Just((0u8..16).collect::<Vec<_>>()).prop_shuffle();
    (things(false), things(true), names).prop_map(|(people, groups, names)| {
        let all = people.into_iter().chain(groups);
        all.zip(names).map(|((number, thing), name)| (number, Thing { name, ..thing })).collect()
    })
}

proptest! {
    #[test]
    fn what_was_told_leads_to_what_a_whole_reading_finds(before in world(), after in world(), last in world()) {
        let mut reading = read(&before);
        for (from, to) in [(&before, &after), (&after, &last)] {
            let (was, named) = (seen(&reading), holders(&reading));
            reading.revise(told(from, to)).unwrap();
            let touched = reading.take_touched();
            let (is, names) = (seen(&reading), holders(&reading));
            for guid in was.keys().chain(is.keys()).filter(|it| was.get(*it) != is.get(*it)) {
                prop_assert!(touched.contains(guid), "nobody tells of {guid}");
            }
            for (was, is) in named.iter().zip(&names).filter(|(was, is)| was != is) {
                prop_assert!(was.iter().chain(is).all(|it| touched.contains(it)));
            }
            let whole = read(to);
            prop_assert_eq!(reading.differences(&whole), Vec::<String>::new());
            for (at, object) in whole.iter() {
                let found = reading.find_dn(&object.dn);
                prop_assert_eq!(found, Some(at));
                prop_assert_eq!(&reading.get(at).member_of, &object.member_of);
            }
            // Told again, as after an answer that was lost, it comes to the same.
            reading.revise(told(from, to)).unwrap();
            prop_assert_eq!(reading.differences(&whole), Vec::<String>::new());
        }
    }
}

#[test]
fn a_container_that_moves_is_a_doubt() {
    let unit = |name: &str| {
        let mut attributes = AttributesBuilder::default();
        attributes.push(well_known::OBJECT_CLASS, b"organizationalUnit");
        attributes.push(well_known::OBJECT_GUID, guid(1).as_bytes());
        DirectoryEntry { dn: name.parse().unwrap(), attributes: attributes.finish(), members: Vec::new() }
    };
    let mut partial = PartialDirectory::new(names());
    partial.push(unit("OU=Staff,DC=x"));
    let mut reading = partial.break_off();
    let told =
        |entry| Revision { entries: vec![RevisedEntry { entry, groups: Vec::new() }], ..Revision::default() };
    assert_eq!(reading.revise(told(unit("OU=Staff,DC=x"))), Ok(BTreeSet::new()));
    let moved = Doubt::ContainerMoved("OU=Staff,DC=x".parse().unwrap());
    assert_eq!(reading.revise(told(unit("OU=People,DC=x"))), Err(moved));
}
