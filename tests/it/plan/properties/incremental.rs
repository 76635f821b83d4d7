//! Planning what changed comes to the plan of everything, whatever changes on either side, on record or with time.

use std::collections::{BTreeMap, BTreeSet};

use jiff::SignedDuration;
use proptest::prelude::*;
use proptest::sample::select;
use samesign::model::{
    Anchor, Attributes, AttributesBuilder, CloudContact, CloudGroup, CloudId, CloudUser, ConfirmedPassword,
    DirectoryObjects, Dn, Feature, Features, Guid, Link, ObjectKind, Origin, Property, Quarantined, Reading,
    Roles, TenantReading, TenantSnapshot, Touched,
};
use samesign::plan::{Change, Memo, News, ObjectRef, Op, Planned, Subject, Value, replan};
use samesign::policy::{Channel, ContactPolicy, Filter, Flows, PasswordPolicy, Removal, preset_flows};

use super::super::world::{World, cloud_id, guid, known_names, world};
use super::channel::synchronised;
use super::model::{Fate, run};
use super::worlds::{GROUPS, Group, PEOPLE, Person, Sketch, group, person, sketches};
use super::{faults, made};

/// What the policy asks for besides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sort {
    Plain,
    /// Only members of a group are in scope.
    Pilot,
    /// A filter asks for groups.
    Linked,
    /// The channel of Entra Connect, with contacts and passwords.
    Synchronised,
}

/// Something that becomes of a world.
#[derive(Clone, Debug)]
enum Edit {
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
    /// Two are linked to one.
    Mislink(usize, usize),
    Unsettle(usize),
    Confirm(usize, i64),
    Pass(i64),
}

#[derive(Clone, Debug)]
enum OfUser {
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
enum OfGroup {
    Member(usize),
    Description(usize),
    Dynamic,
    Deleted(bool),
    Anchor(Option<usize>),
    New(Option<usize>),
    Gone,
}

const MORE: &[&str] = &[
    "",
    " mS-DS-ConsistencyGuid=anchor-of-nobody",
    " mS-DS-ConsistencyGuid=anchor-of-others",
    " accountExpires=134083512000000000",
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

fn edit() -> impl Strategy<Value = Edit> {
    let (people, all) = (0..PEOPLE, 0..PEOPLE + GROUPS);
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
        1 => (all.clone(), all.clone()).prop_map(|(one, other)| Edit::Mislink(one, other)),
        1 => all.clone().prop_map(Edit::Unsettle),
        1 => (all, 0..2_i64).prop_map(|(at, it)| Edit::Confirm(at, it)),
        2 => select(vec![1_i64, 20, 400, -3]).prop_map(Edit::Pass),
    ]
}

/// A world that things become of.
struct Story {
    sort: Sort,
    sketch: Sketch,
    more: BTreeMap<usize, &'static str>,
    world: World,
    births: usize,
}

/// The name of a person or group.
fn name(at: usize) -> String {
    if at < PEOPLE { format!("p{at}") } else { format!("g{}", at - PEOPLE) }
}

impl Story {
    fn new(sort: Sort, sketch: Sketch, masters: &[bool]) -> Self {
        let mut world = match sort {
            Sort::Plain | Sort::Pilot | Sort::Linked => made(&sketch),
            Sort::Synchronised => synchronised(&sketch, &sketch.lines(), masters),
        };
        let mut names = known_names();
        let users = world.policy.users.as_mut().unwrap();
        match sort {
            Sort::Plain => (),
            Sort::Pilot => users.scope.member_of.push("CN=g0,OU=Groups,DC=contoso,DC=com".parse().unwrap()),
            Sort::Linked => {
                let filter = "(!(memberOf:1.2.840.113556.1.4.1941:=CN=g0,OU=Groups,DC=contoso,DC=com))";
                users.scope.filter = Some(Filter::parse(filter, &mut names).unwrap());
            }
            Sort::Synchronised => {
                let scope = users.scope.clone();
                world.policy.contacts = Some(ContactPolicy {
                    scope,
                    flows: Flows::combine(preset_flows(
                        Channel::DirectorySync,
                        ObjectKind::Contact,
                        "default",
                        &mut names,
                    )),
                    removal: Removal::default(),
                });
                world.policy.passwords = Some(PasswordPolicy {
                    select: None,
                    exclude: Vec::new(),
                    of_disabled: false,
                    of_privileged: false,
                    must_change: false,
                    last_set: names.intern("pwdLastSet").unwrap(),
                    admin_count: names.intern("adminCount").unwrap(),
                });
                let on = BTreeSet::from([Feature::PasswordSync]);
                let contact = |at: usize| CloudContact {
                    id: cloud_id(&format!("c{at}")),
                    attributes: attributes(&[
                        (Property::DisplayName, format!("c{at}")),
                        (Property::Mail, format!("c{at}@example.com")),
                    ]),
                    origin: Origin::Synced,
                    ..CloudContact::default()
                };
                world.tenant = TenantReading {
                    contacts: (0..2).map(contact).collect(),
                    features: Features::Known(on),
                    ..world.tenant.to_reading()
                }
                .finish();
            }
        }
        world.links.reviewed = Some(world.policy.reviewed());
        let mut story = Self { sort, sketch, more: BTreeMap::new(), world, births: 0 };
        story.read_directory();
        story
    }

    fn read_directory(&mut self) {
        let mut lines = self.sketch.lines();
        for (at, more) in &self.more {
            let words: Vec<&str> = more.split('=').collect();
            let is_it = |it: &&mut String| {
                let line: Vec<&str> = it.split(' ').collect();
                line[0] == "ad" && line[2] == name(*at) && !it.contains(&format!("{}=", words[0]))
            };
            lines.iter_mut().filter(is_it).for_each(|it| *it += more);
        }
        if self.sort == Sort::Synchronised {
            lines.push("ad contact c0 ou=Staff mail=c0@example.com manager=p1".to_owned());
            lines.push("ad contact c1 ou=Staff mail=c1@example.com manager=c0".to_owned());
            for line in &mut lines {
                if line.starts_with("ad group g1") {
                    *line += " managedBy=p2";
                }
            }
        }
        lines.retain(|it| it.starts_with("ad "));
        let broken = if matches!(self.world.directory, Reading::Broken { .. }) { "\nbroken" } else { "" };
        self.world.directory = world(&(lines.join("\n") + broken)).directory;
    }

    fn change(&mut self, edit: &Edit) {
        match edit {
            Edit::Nothing => (),
            Edit::Person(at, it) => {
                self.sketch.put_person(*at, Person::clone(it));
                self.read_directory();
            }
            Edit::Group(at, it) => {
                self.sketch.put_group(*at, Group::clone(it));
                self.read_directory();
            }
            Edit::More(at, more) => {
                self.more.insert(*at, more);
                self.read_directory();
            }
            Edit::User(at, of) => self.tenant(|it, births| of_users(it, *at, of, births)),
            Edit::Team(at, of) => self.tenant(|it, births| of_groups(it, *at, of, births)),
            Edit::Role(at) => self.tenant(|it, _| {
                if let Roles::Known(known) = &mut it.roles
                    && let Some(user) = it.users.get(*at)
                {
                    known.insert(user.id, ["Global Administrator".into()].into());
                }
            }),
            Edit::Domain => self.tenant(|it, _| it.domains.rotate_left(1)),
            Edit::Record => self.record(),
            Edit::Oblige => self.oblige(),
            Edit::Apply(_) if self.sort == Sort::Synchronised => self.record(),
            Edit::Apply(fates) => {
                let _planned = run(&mut self.world, |at| fates.get(at).copied().unwrap_or(Fate::Done));
            }
            Edit::Unlink(at) => drop(self.world.links.by_anchor.remove(&Anchor::from_guid(guid(&name(*at))))),
            Edit::Mislink(one, other) => {
                let [one, other] = [one, other].map(|it| Anchor::from_guid(guid(&name(*it))));
                if let Some(cloud) = self.world.links.by_anchor.get(&one).map(|it| it.cloud) {
                    self.world.links.by_anchor.entry(other).and_modify(|it| it.cloud = cloud);
                }
            }
            Edit::Unsettle(at) => {
                let anchor = Anchor::from_guid(guid(&name(*at)));
                self.world.links.by_anchor.entry(anchor).and_modify(|it| it.settled = None);
            }
            Edit::Confirm(at, times) => {
                let (last_set, confirmed_at) = (133_000_000_000_000_000 * times, self.world.as_of);
                let password = ConfirmedPassword { last_set, confirmed_at };
                let anchor = Anchor::from_guid(guid(&name(*at)));
                self.world.links.by_anchor.entry(anchor).and_modify(|it| it.password = Some(password));
            }
            Edit::Pass(hours) => self.world.as_of += SignedDuration::from_hours(*hours),
        }
    }

    fn tenant(&mut self, edit: impl FnOnce(&mut TenantReading, &mut usize)) {
        let mut reading = self.world.tenant.to_reading();
        edit(&mut reading, &mut self.births);
        self.world.tenant = reading.finish();
    }

    fn oblige(&mut self) {
        let planned = self.world.plan();
        let origin = if self.sort == Sort::Synchronised { Origin::Synced } else { Origin::Cloud };
        for change in planned.plan.changes() {
            self.tenant(|it, births| oblige(it, change, origin, births));
            if let Op::Password(set) = change.op() {
                let password = ConfirmedPassword { last_set: set.last_set, confirmed_at: self.world.as_of };
                self.world
                    .links
                    .by_anchor
                    .entry(change.anchor())
                    .and_modify(|it| it.password = Some(password));
            }
        }
        self.record();
    }

    /// Everything that a plan wants to have on record.
    fn record(&mut self) {
        let report = self.world.plan().report;
        let links = &mut self.world.links.by_anchor;
        for (anchor, kind, id) in report.joined {
            let link = links.entry(anchor).or_insert(Link::new(kind, id));
            (link.kind, link.cloud, link.blocked_since) = (kind, id, None);
        }
        for (anchor, dn) in report.named {
            links.entry(anchor).and_modify(|it| it.dn = Some(dn.parse().unwrap()));
        }
        for (anchor, wanted) in report.wanted {
            links.entry(anchor).and_modify(|it| it.settled = Some(wanted));
        }
        for (anchor, exported) in report.exported {
            links.entry(anchor).and_modify(|it| it.exported = Some(exported.clone()));
        }
    }
}

fn attributes(values: &[(Property, String)]) -> Attributes {
    let mut builder = AttributesBuilder::default();
    values.iter().for_each(|(property, value)| builder.push(property.id(), value.as_bytes()));
    builder.finish()
}

fn set(attributes: &mut Attributes, property: Property, value: &str) {
    put(attributes, property, Some(&Value::Text(value.into())));
}

const DELETED: &str = "2026-11-10T00:00:00Z";

fn anchor(at: Option<usize>) -> Option<Anchor> {
    at.map(|it| Anchor::from_guid(guid(&name(it))))
}

fn born(births: &mut usize) -> CloudId {
    *births += 1;
    cloud_id(&format!("born {births}"))
}

fn of_users(reading: &mut TenantReading, at: usize, of: &OfUser, births: &mut usize) {
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
            let value = match property {
                Property::AccountEnabled => (value % 2 == 0).to_string(),
                Property::JobTitle => format!("T{}", value % 4),
                Property::DisplayName => name(*value),
                _ => format!("p{value}@contoso.com"),
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

/// Does what a change says to the tenant, if that is possible.
fn oblige(reading: &mut TenantReading, change: &Change, origin: Origin, births: &mut usize) {
    let id = match change.subject() {
        Subject::Known(id) => id,
        Subject::Created(anchor) => match reading.users.iter().find(|it| it.anchor == Some(anchor)) {
            Some(user) => user.id,
            None => reading
                .groups
                .iter()
                .find(|it| it.anchor == Some(anchor))
                .map_or_else(|| cloud_id(&anchor.to_string()), |it| it.id),
        },
    };
    let known = |it: &ObjectRef| match it.subject {
        Subject::Known(id) => Some(id),
        Subject::Created(_) => None,
    };
    let anchor = Some(change.anchor());
    match (change.op(), change.kind().object()) {
        (Op::Create(values), Some(ObjectKind::User)) => {
            let mut user = CloudUser { id, anchor, origin, ..CloudUser::default() };
            values.iter().for_each(|it| put(&mut user.attributes, it.property, Some(&it.value)));
            reading.users.push(user);
        }
        (Op::Create(values), Some(ObjectKind::Group)) => {
            let id = born(births);
            let anchor = anchor.filter(|_| origin == Origin::Cloud);
            let mut group = CloudGroup { id, anchor, origin, ..CloudGroup::default() };
            values.iter().for_each(|it| put(&mut group.attributes, it.property, Some(&it.value)));
            reading.groups.push(group);
        }
        (Op::Members { add, remove, after: _ }, _) => {
            for group in reading.groups.iter_mut().filter(|it| it.id == id) {
                let mut members: BTreeSet<CloudId> = group.members.iter().copied().collect();
                members.extend(add.iter().filter_map(known));
                remove.iter().filter_map(known).for_each(|it| {
                    members.remove(&it);
                });
                group.members = members.into_iter().collect();
            }
        }
        (op, _) => {
            let users = reading.users.iter_mut().filter(|it| it.id == id);
            users.for_each(|it| oblige_user(it, change, origin));
            for group in reading.groups.iter_mut().filter(|it| it.id == id) {
                change
                    .attribute_changes()
                    .iter()
                    .for_each(|it| put(&mut group.attributes, it.property, it.to.as_ref()));
                match op {
                    Op::Restore => group.deleted_at = None,
                    Op::Delete => group.deleted_at = Some(DELETED.parse().unwrap()),
                    _ => (),
                }
            }
            for contact in reading.contacts.iter_mut().filter(|it| it.id == id) {
                for it in change.attribute_changes() {
                    match &it.to {
                        Some(Value::Reference(to)) => contact.manager = known(to),
                        to => put(&mut contact.attributes, it.property, to.as_ref()),
                    }
                }
            }
        }
    }
}

fn oblige_user(user: &mut CloudUser, change: &Change, origin: Origin) {
    for it in change.attribute_changes() {
        match (&it.to, it.property) {
            (Some(Value::Reference(to)), _) => {
                if let Subject::Known(id) = to.subject {
                    user.manager = Some(id);
                }
            }
            (None, Property::Manager) => user.manager = None,
            (to, property) => put(&mut user.attributes, property, to.as_ref()),
        }
    }
    match change.op() {
        Op::Block => set(&mut user.attributes, Property::AccountEnabled, "false"),
        Op::Unblock => set(&mut user.attributes, Property::AccountEnabled, "true"),
        Op::Restore => user.deleted_at = None,
        Op::Delete => user.deleted_at = Some(DELETED.parse().unwrap()),
        Op::Adopt { .. } => (user.anchor, user.origin) = (Some(change.anchor()), origin),
        _ => (),
    }
}

fn put(attributes: &mut Attributes, property: Property, value: Option<&Value>) {
    let values: Vec<String> = match value {
        None | Some(Value::Reference(_) | Value::NotShown) => Vec::new(),
        Some(Value::Text(text)) => vec![text.to_string()],
        Some(Value::Switch(on)) => vec![on.to_string()],
        Some(Value::Set(values)) => values.iter().map(ToString::to_string).collect(),
    };
    let mut builder = AttributesBuilder::default();
    for it in Property::ALL.iter().filter(|it| **it != property) {
        attributes.values(it.id()).for_each(|value| builder.push(it.id(), value));
    }
    values.iter().for_each(|it| builder.push(property.id(), it.as_bytes()));
    *attributes = builder.finish();
}

fn of_groups(reading: &mut TenantReading, at: usize, of: &OfGroup, births: &mut usize) {
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

/// An object as others see it: what is in it, and with whom it is linked.
type Seen = (String, Vec<(u16, Vec<u8>)>, Vec<Guid>, Vec<Guid>, Vec<Dn>);

fn seen(objects: &DirectoryObjects) -> BTreeMap<Guid, Seen> {
    let guids = |all: &[samesign::model::ObjectIndex]| all.iter().map(|it| objects.get(*it).guid).collect();
    objects
        .iter()
        .map(|(_, it)| {
            let values = it.attributes.iter().map(|(id, it)| (id.position() as u16, it.to_vec())).collect();
            let dn = it.dn.as_str().to_owned();
            (it.guid, (dn, values, guids(&it.members), guids(&it.member_of), it.members_not_read.to_vec()))
        })
        .collect()
}

/// What is otherwise, and nothing else.
fn touched(before: &BTreeMap<Guid, Seen>, now: &BTreeMap<Guid, Seen>) -> Touched<Guid> {
    let all = before.keys().chain(now.keys()).copied();
    Touched::Only(all.filter(|it| before.get(it) != now.get(it)).collect())
}

/// Everything that a plan says.
fn said(planned: &Planned) -> String {
    format!("{planned:#?}")
}

fn sorts() -> impl Strategy<Value = Sort> {
    select(vec![Sort::Plain, Sort::Plain, Sort::Pilot, Sort::Linked, Sort::Synchronised])
}

proptest! {
    #[test]
    fn what_changed_comes_to_the_plan_of_everything(
        sketch in sketches(),
        sort in sorts(),
        masters in prop::collection::vec(prop::bool::weighted(0.9), 1..5),
        edits in prop::collection::vec(edit(), 8..24),
    ) {
        let mut story = Story::new(sort, sketch, &masters);
        // Most are as they are wanted: what is not is planned in any case.
        for _ in 0..3 {
            story.oblige();
        }
        let mut memo: Option<Memo> = None;
        let mut news = News { directory: Touched::Everything, tenant: Touched::Everything };
        let first = Edit::Nothing;
        for edit in std::iter::once(&first).chain(&edits) {
            let before = seen(story.world.directory.objects());
            let tenant: TenantSnapshot = story.world.tenant.to_reading().finish();
            story.change(edit);
            if memo.is_some() {
                let now = seen(story.world.directory.objects());
                news = News {
                    directory: touched(&before, &now),
                    tenant: story.world.tenant.touched_since(&tenant),
                };
            }
            let (planned, next) = replan(memo, &story.world.inputs(), &news);
            memo = next;
            let whole = story.world.plan();
            prop_assert!(said(&planned) == said(&whole), "after {edit:?}\n{}", difference(&planned, &whole));
        }
    }
}

fn difference(planned: &Planned, whole: &Planned) -> String {
    let (planned, whole) = (said(planned), said(whole));
    let differs = |(a, b): (&str, &str)| (a != b).then(|| format!("{a}\ninstead of\n{b}"));
    planned.lines().zip(whole.lines()).find_map(differs).unwrap_or_default()
}
