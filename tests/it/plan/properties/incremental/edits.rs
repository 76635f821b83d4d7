//! What can become of a world.

use std::collections::BTreeSet;

use proptest::prelude::*;
use proptest::sample::select;
use samesign::model::{Anchor, CloudGroup, CloudId, CloudUser, Origin, Property, Quarantined, TenantReading};

use super::super::super::world::{cloud_id, guid};
use super::super::faults;
use super::super::model::Fate;
use super::super::worlds::{GROUPS, Group, PEOPLE, Person, group, person};
use super::obliged::{DELETED, attributes, set};

/// Something that becomes of a world.
#[derive(Clone, Debug)]
pub(super) enum Edit {
    Nothing,
    Person(usize, Box<Person>),
    Group(usize, Box<Group>),
    /// More values of somebody in the directory.
    More(usize, &'static str),
    User(usize, OfUser),
    Team(usize, OfGroup),
    Role(usize),
    Domain,
    /// Records are as after an apply of what there was to record.
    Record,
    /// The tenant is as it is wanted, whatever may hold that, and so are the records.
    Oblige,
    Apply(Vec<Fate>),
    Unlink(usize),
    /// Two are linked to one, and the tenant has no other that the second could be.
    Mislink(usize, usize),
    /// The creation of an object was begun, and nothing else is on record of it.
    Begin(usize),
    /// The creation of nobody is open any more.
    End,
    /// Somebody is moved within the scope, or back.
    Move(usize),
    Unsettle(usize),
    Confirm(usize, i64),
    Pass(i64),
}

#[derive(Clone, Debug)]
pub(super) enum OfUser {
    Text(Property, usize),
    Manager(Option<usize>),
    Anchor(Option<usize>),
    Origin(Origin),
    Deleted(bool),
    Gone,
    New(Option<usize>),
    Quarantined(usize),
}

#[derive(Clone, Debug)]
pub(super) enum OfGroup {
    Member(usize),
    Description(usize),
    Dynamic,
    Deleted(bool),
    Anchor(Option<usize>),
    New(Option<usize>),
    Gone,
}

/// On 2026-11-23 at 06:00 UTC: a day after the worlds are planned first.
pub(super) const EXPIRES: &str = " accountExpires=134398872000000000";

const MORE: &[&str] = &[
    "",
    " mS-DS-ConsistencyGuid=anchor-of-nobody",
    " mS-DS-ConsistencyGuid=anchor-of-others",
    EXPIRES,
    " pwdLastSet=133000000000000000",
    " adminCount=1",
    " manager=c0",
    " mail=shared@contoso.com",
    " proxyAddresses=smtp:alias@contoso.com",
    " isCriticalSystemObject=TRUE",
];

fn of_user() -> impl Strategy<Value = OfUser> {
    let property = select(vec![
        Property::JobTitle,
        Property::UserPrincipalName,
        Property::Mail,
        Property::AccountEnabled,
        Property::DisplayName,
    ]);
    let who = || prop::option::of(0..PEOPLE);
    prop_oneof![
        4 => (property, 0..PEOPLE).prop_map(|(property, value)| OfUser::Text(property, value)),
        2 => who().prop_map(OfUser::Manager),
        1 => who().prop_map(OfUser::Anchor),
        1 => select(vec![Origin::Cloud, Origin::Synced]).prop_map(OfUser::Origin),
        1 => any::<bool>().prop_map(OfUser::Deleted),
        1 => Just(OfUser::Gone),
        1 => who().prop_map(OfUser::New),
        1 => (0..PEOPLE).prop_map(OfUser::Quarantined),
    ]
}

fn of_group() -> impl Strategy<Value = OfGroup> {
    let which = || prop::option::of(0..GROUPS);
    prop_oneof![
        4 => (0..PEOPLE + GROUPS).prop_map(OfGroup::Member),
        1 => (0..3_usize).prop_map(OfGroup::Description),
        1 => Just(OfGroup::Dynamic),
        1 => any::<bool>().prop_map(OfGroup::Deleted),
        1 => which().prop_map(OfGroup::Anchor),
        1 => which().prop_map(OfGroup::New),
        1 => Just(OfGroup::Gone),
    ]
}

pub(super) fn edit() -> impl Strategy<Value = Edit> {
    let (people, teams, all) = (0..PEOPLE, PEOPLE..PEOPLE + GROUPS, 0..PEOPLE + GROUPS);
    prop_oneof![
        1 => Just(Edit::Nothing),
        5 => (people.clone(), person()).prop_map(|(at, it)| Edit::Person(at, Box::new(it))),
        3 => (0..GROUPS, group()).prop_map(|(at, it)| Edit::Group(at, Box::new(it))),
        3 => (all.clone(), select(MORE.to_vec())).prop_map(|(at, it)| Edit::More(at, it)),
        6 => (people.clone(), of_user()).prop_map(|(at, it)| Edit::User(at, it)),
        4 => (0..GROUPS, of_group()).prop_map(|(at, it)| Edit::Team(at, it)),
        1 => people.clone().prop_map(Edit::Role),
        1 => Just(Edit::Domain),
        2 => Just(Edit::Record),
        6 => Just(Edit::Oblige),
        2 => faults().prop_map(Edit::Apply),
        1 => all.clone().prop_map(Edit::Unlink),
        1 => (people.clone(), people.clone()).prop_map(|(one, other)| Edit::Mislink(one, other)),
        3 => (teams.clone(), teams).prop_map(|(one, other)| Edit::Mislink(one, other)),
        2 => all.clone().prop_map(Edit::Begin),
        1 => Just(Edit::End),
        4 => people.clone().prop_map(Edit::Move),
        1 => all.clone().prop_map(Edit::Unsettle),
        1 => (all, 0..2_i64).prop_map(|(at, it)| Edit::Confirm(at, it)),
        3 => select(vec![1_i64, 20, 400, -3]).prop_map(Edit::Pass),
    ]
}

/// The name of a person or group.
pub(super) fn name(at: usize) -> String {
    if at < PEOPLE { format!("p{at}") } else { format!("g{}", at - PEOPLE) }
}

fn anchor(at: Option<usize>) -> Option<Anchor> {
    at.map(|it| Anchor::from_guid(guid(&name(it))))
}

pub(super) fn born(births: &mut usize) -> CloudId {
    *births += 1;
    cloud_id(&format!("born {births}"))
}

pub(super) fn of_users(reading: &mut TenantReading, at: usize, of: &OfUser, births: &mut usize) {
    if let OfUser::New(who) = of {
        let id = born(births);
        let name = format!("new{births}");
        reading.users.push(CloudUser {
            id,
            anchor: anchor(*who),
            attributes: attributes(&[
                (Property::UserPrincipalName, format!("{name}@contoso.com")),
                (Property::DisplayName, name),
            ]),
            ..CloudUser::default()
        });
        return;
    }
    let ids: Vec<CloudId> = reading.users.iter().map(|it| it.id).collect();
    let Some(user) = reading.users.get_mut(at) else { return };
    match of {
        OfUser::Text(property, value) => {
            let value = if *property == Property::AccountEnabled {
                (value % 2 == 0).to_string()
            } else if *property == Property::JobTitle {
                format!("T{}", value % 4)
            } else if *property == Property::DisplayName {
                name(*value)
            } else {
                format!("p{value}@contoso.com")
            };
            set(&mut user.attributes, *property, &value);
        }
        OfUser::Manager(who) => user.manager = who.and_then(|it| ids.get(it).copied()),
        OfUser::Anchor(who) => user.anchor = anchor(*who),
        OfUser::Origin(origin) => user.origin = *origin,
        OfUser::Deleted(is) => user.deleted_at = is.then(|| DELETED.parse().unwrap()),
        OfUser::Gone => drop(reading.users.remove(at)),
        OfUser::New(_) => (),
        OfUser::Quarantined(who) => {
            let value = format!("p{who}@contoso.com").into();
            user.quarantined = [Quarantined { property: "UserPrincipalName".into(), value }].into();
        }
    }
}

pub(super) fn of_groups(reading: &mut TenantReading, at: usize, of: &OfGroup, births: &mut usize) {
    let team = |it: usize| anchor(Some(PEOPLE + it));
    if let OfGroup::New(which) = of {
        let (id, name) = (born(births), (Property::DisplayName, format!("new{births}")));
        let anchor = which.and_then(team);
        reading.groups.push(CloudGroup {
            id,
            anchor,
            attributes: attributes(&[name]),
            ..CloudGroup::default()
        });
        return;
    }
    let users = reading.users.iter().map(|it| it.id);
    let ids: Vec<CloudId> = users.chain(reading.groups.iter().map(|it| it.id)).collect();
    let Some(group) = reading.groups.get_mut(at) else { return };
    match of {
        OfGroup::Member(who) => {
            let Some(id) = ids.get(*who) else { return };
            let mut members: BTreeSet<CloudId> = group.members.iter().copied().collect();
            if !members.remove(id) {
                members.insert(*id);
            }
            group.members = members.into_iter().collect();
        }
        OfGroup::Description(it) => set(&mut group.attributes, Property::Description, &format!("D{it}")),
        OfGroup::Dynamic => group.dynamic = !group.dynamic,
        OfGroup::Deleted(is) => group.deleted_at = is.then(|| DELETED.parse().unwrap()),
        OfGroup::Anchor(which) => group.anchor = which.and_then(team),
        OfGroup::New(_) => (),
        OfGroup::Gone => drop(reading.groups.remove(at)),
    }
}
