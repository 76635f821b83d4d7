//! Planning what changed comes to the plan of everything, whatever changes on either side, on record or with time.

mod edits;
mod obliged;

use std::collections::{BTreeMap, BTreeSet};

use jiff::SignedDuration;
use proptest::prelude::*;
use proptest::sample::select;
use samesign::model::{
    Anchor, CloudContact, ConfirmedPassword, DirectoryObjects, Dn, Feature, Features, Guid, Intent, Link,
    ObjectIndex, ObjectKind, Origin, Property, Reading, Roles, TenantReading, TenantSnapshot, Touched,
};
use samesign::plan::{Memo, News, Op, Planned, link_intents, replan};
use samesign::policy::{Channel, ContactPolicy, Filter, Flows, PasswordPolicy, Removal, preset_flows};

use self::edits::{EXPIRES, Edit, edit, name, of_groups, of_users};
use self::obliged::{attributes, oblige};
use super::super::world::{World, cloud_id, guid, known_names, world};
use super::channel::synchronised;
use super::made;
use super::model::{Fate, run};
use super::worlds::{Group, PEOPLE, Person, Sketch, sketches};

/// What the policy asks for besides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sort {
    Plain,
    /// Only members of a group are in scope.
    Pilot,
    /// A filter asks for groups.
    Linked,
    /// Whoever has a manager goes on naming them as they were named first.
    Stale,
    /// The channel of Entra Connect, with contacts and passwords.
    Synchronised,
}

/// A world that things become of.
struct Story {
    sort: Sort,
    sketch: Sketch,
    more: BTreeMap<usize, &'static str>,
    /// Who was moved within the scope.
    moved: BTreeSet<usize>,
    world: World,
    births: usize,
}

impl Story {
    fn new(sort: Sort, sketch: Sketch, (masters, lapses): (&[bool], usize)) -> Self {
        let mut world = match sort {
            Sort::Plain | Sort::Pilot | Sort::Linked | Sort::Stale => made(&sketch),
            Sort::Synchronised => synchronised(&sketch, &sketch.lines(), masters),
        };
        let mut names = known_names();
        let users = world.policy.users.as_mut().unwrap();
        match sort {
            Sort::Plain | Sort::Stale => (),
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
        let more = BTreeMap::from([(lapses, EXPIRES)]);
        let mut story = Self { sort, sketch, more, moved: BTreeSet::new(), world, births: 0 };
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
        for line in &mut lines {
            let is_moved = |it: &&usize| line.starts_with(&format!("ad user p{it} "));
            if self.moved.iter().any(|it| is_moved(&it)) {
                *line = line.replace(" ou=Staff", " ou=Sub,OU=Staff");
            }
            if self.sort == Sort::Stale
                && let Some((before, after)) = line.split_once(" manager=")
            {
                let (name, rest) = after.split_once(' ').unwrap_or((after, ""));
                *line = format!("{before} manager=CN={name},OU=Staff,DC=contoso,DC=com {rest}");
            }
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
                if let Some(link) = self.world.links.by_anchor.get(&one).cloned() {
                    self.tenant(|it, _| {
                        it.users.retain(|it| it.id == link.cloud || it.anchor != Some(other));
                    });
                    self.world.links.by_anchor.insert(other, Link::new(link.kind, link.cloud));
                }
            }
            Edit::Begin(at) => {
                let anchor = Anchor::from_guid(guid(&name(*at)));
                let kind = if *at < PEOPLE { ObjectKind::User } else { ObjectKind::Group };
                let intent = Intent { kind, mark: anchor.to_string().into() };
                self.world.links.intents.insert(anchor, intent);
                self.world.links.by_anchor.remove(&anchor);
            }
            Edit::End => self.world.links.intents.clear(),
            Edit::Move(at) => {
                if !self.moved.remove(at) {
                    self.moved.insert(*at);
                }
                self.read_directory();
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

    /// What is made of the world as it is now, with what came of what was begun.
    fn look<T>(&mut self, make: impl FnOnce(&World) -> T) -> T {
        let on_record = self.world.links.clone();
        link_intents(&mut self.world.links, &self.world.tenant, self.world.policy.channel);
        let found = make(&self.world);
        self.world.links = on_record;
        found
    }

    fn tenant(&mut self, edit: impl FnOnce(&mut TenantReading, &mut usize)) {
        let mut reading = self.world.tenant.to_reading();
        edit(&mut reading, &mut self.births);
        self.world.tenant = reading.finish();
    }

    fn oblige(&mut self) {
        let planned = self.look(World::plan);
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
        let report = self.look(World::plan).report;
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

/// An object as others see it: what is in it, and with whom it is linked.
type Seen = (String, Vec<(usize, Vec<u8>)>, Vec<Guid>, Vec<Guid>, Vec<Dn>);

fn seen(objects: &DirectoryObjects) -> BTreeMap<Guid, Seen> {
    let guids = |all: &[ObjectIndex]| all.iter().map(|it| objects.get(*it).guid).collect();
    objects
        .iter()
        .map(|(_, it)| {
            let values = it.attributes.iter().map(|(id, it)| (id.position(), it.to_vec())).collect();
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
    select(vec![
        Sort::Plain,
        Sort::Plain,
        Sort::Pilot,
        Sort::Linked,
        Sort::Stale,
        Sort::Synchronised,
        Sort::Synchronised,
    ])
}

proptest! {
    #[test]
    fn what_changed_comes_to_the_plan_of_everything(
        sketch in sketches(),
        sort in sorts(),
        masters in prop::collection::vec(prop::bool::weighted(0.9), 1..5),
        lapses in 0..PEOPLE,
        edits in prop::collection::vec(edit(), 8..24),
    ) {
        let mut story = Story::new(sort, sketch, (&masters, lapses));
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
            let before = memo.take();
            let ((planned, next), whole) =
                story.look(|it| (replan(before, &it.inputs(), &news), it.plan_without_list()));
            memo = next;
            prop_assert!(said(&planned) == said(&whole), "after {edit:?}\n{}", difference(&planned, &whole));
        }
    }
}

fn difference(planned: &Planned, whole: &Planned) -> String {
    let (planned, whole) = (said(planned), said(whole));
    let differs = |(a, b): (&str, &str)| (a != b).then(|| format!("{a}\ninstead of\n{b}"));
    planned.lines().zip(whole.lines()).find_map(differs).unwrap_or_default()
}
