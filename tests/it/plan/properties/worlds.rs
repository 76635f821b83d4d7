//! Random worlds: people and groups on both sides in all states that they can be in, and policies.
//!
//! It does not know what must hold for them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use proptest::prelude::*;
use proptest::sample::select;
use samesign::policy::{Base, Limit, Removal};

use super::super::world::{World, world};

/// One random world, as lines and what lines cannot say.
#[derive(Clone, Debug)]
pub(super) struct Sketch {
    people: Vec<Person>,
    groups: Vec<Group>,
    more: Vec<String>,
    law: Law,
}

/// What a policy and our records can be like.
#[derive(Clone, Debug)]
struct Law {
    limit: Option<u32>,
    protects: Option<usize>,
    edit: Option<&'static str>,
    lacks_a_base: bool,
    stock: Option<usize>,
    block: bool,
    delete_after: Option<u32>,
}

#[derive(Clone, Debug)]
pub(super) struct Person {
    in_directory: &'static str,
    in_tenant: &'static str,
    /// Which of a few names, titles, managers and addresses they have on either side.
    names: (usize, usize),
    titles: (usize, usize),
    managers: (usize, usize),
    mails: (usize, usize),
    may_sign_in: bool,
    blocked: &'static str,
}

#[derive(Clone, Debug)]
pub(super) struct Group {
    in_directory: &'static str,
    in_tenant: &'static str,
    members: (BTreeSet<usize>, BTreeSet<usize>),
    description: bool,
    blocked: &'static str,
}

pub(super) const PEOPLE: usize = 8;
pub(super) const GROUPS: usize = 3;

pub(super) fn person() -> impl Strategy<Value = Person> {
    let directory =
        select(&["", "", "ou=Staff", "ou=Staff", "ou=Staff", "ou=Staff", "ou=Old", "off", "expired"][..]);
    let tenant = select(
        &["", "", "cloud", "cloud", "cloud", "cloud", "unlinked", "deleted", "cloud-only", "guest"][..],
    );
    let two = |to: usize| (0..to, 0..to);
    let blocked = select(&["", "", "", "2026-11-01", "2026-11-21"][..]);
    let sides = (directory, tenant, two(12), two(4), two(12), two(12));
    (sides, any::<bool>(), blocked).prop_map(|(sides, may_sign_in, blocked)| {
        let (in_directory, in_tenant, names, titles, managers, mails) = sides;
        Person { in_directory, in_tenant, names, titles, managers, mails, may_sign_in, blocked }
    })
}

pub(super) fn group() -> impl Strategy<Value = Group> {
    let members = || prop::collection::btree_set(0..PEOPLE + GROUPS, 0..7);
    let directory = select(&["", "ou=Groups", "ou=Groups", "ou=Groups", "ou=Old"][..]);
    let tenant = select(&["", "cloud", "cloud", "cloud", "unlinked", "deleted", "cloud-only"][..]);
    let blocked = select(&["", "", "2026-11-01"][..]);
    let sides = (directory, tenant, members(), members(), any::<bool>(), blocked);
    sides.prop_map(|(in_directory, in_tenant, one, other, description, blocked)| Group {
        in_directory,
        in_tenant,
        members: (one, other),
        description,
        blocked,
    })
}

fn law() -> impl Strategy<Value = Law> {
    let edits =
        ["users.scope.bases", "users.scope.filter", "users.flows.jobTitle", "users.lifecycle.removed"];
    (
        prop::option::of(0..4_u32),
        prop::option::weighted(0.3, 0..PEOPLE),
        prop::option::weighted(0.3, select(edits.to_vec())),
        prop::bool::weighted(0.1),
        prop::option::weighted(0.3, select(vec![0_usize, 40])),
        prop::bool::weighted(0.8),
        prop::option::weighted(0.8, select(vec![0, 14_u32])),
    )
        .prop_map(|(limit, protects, edit, lacks_a_base, stock, block, delete_after)| Law {
            limit,
            protects,
            edit,
            lacks_a_base,
            stock,
            block,
            delete_after,
        })
}

/// Worlds of all sorts.
pub(super) fn sketches() -> impl Strategy<Value = Sketch> {
    let more = prop::collection::vec(
        prop_oneof![
            4 => (0..PEOPLE).prop_map(|it| format!("role p{it}")),
            2 => (0..PEOPLE).prop_map(|it| format!("synced p{it}")),
            1 => (0..GROUPS).prop_map(|it| format!("synced g{it}")),
            1 => Just("broken".to_owned()),
            1 => Just("roles-unknown".to_owned()),
        ],
        0..3,
    );
    let people = prop::collection::vec(person(), PEOPLE);
    let groups = prop::collection::vec(group(), GROUPS);
    (people, groups, more, law()).prop_map(|(people, groups, mut more, law)| {
        // Who holds a role stands before nobody knows it.
        more.sort();
        Sketch { people, groups, more, law }
    })
}

impl Sketch {
    /// Somebody is somebody else.
    pub(super) fn put_person(&mut self, at: usize, person: Person) {
        self.people[at] = person;
    }

    /// A group is another one.
    pub(super) fn put_group(&mut self, at: usize, group: Group) {
        self.groups[at] = group;
    }

    /// The same with limits that nothing trips, and grace periods that no number of runs ends.
    ///
    /// A rule for deleting that was edited holds deletions until an apply has come to its end, so the end does
    /// depend on what goes wrong: such an edit is left out.
    pub(super) fn without_limits(mut self) -> Self {
        self.law.limit = Some(u32::MAX);
        self.law.edit = self.law.edit.filter(|it| !it.ends_with("lifecycle.removed"));
        self.law.delete_after = self.law.delete_after.map(|it| it.max(14));
        self
    }

    /// The lines that the servers answer with, in some order.
    pub(super) fn lines(&self) -> Vec<String> {
        let mut lines: Vec<String> = Vec::new();
        let mut taken = BTreeSet::new();
        let mut active = BTreeSet::new();
        for (at, person) in self.people.iter().enumerate() {
            lines.extend(person.entry(at));
            lines.extend(person.account(at, &mut taken, &mut active));
        }
        let has_group = |at: &usize| !matches!(self.groups[*at].in_tenant, "" | "deleted");
        active.extend((0..GROUPS).filter(has_group).map(|it| PEOPLE + it));
        for (at, group) in self.groups.iter().enumerate() {
            lines.extend(group.entry(at));
            lines.extend(group.team(at, &active));
        }
        lines
    }

    /// The world of these lines, in the order that they are given in.
    pub(super) fn world(&self, lines: &[String]) -> World {
        let mut text = lines.join("\n");
        let blocked = |name: String, state: &str, since: &str| match (state, since) {
            (_, "") => None,
            ("cloud" | "deleted", since) => Some(format!("\nblocked {name} {since}")),
            _ => None,
        };
        for (at, it) in self.people.iter().enumerate() {
            text.extend(blocked(format!("p{at}"), it.in_tenant, it.blocked));
        }
        for (at, it) in self.groups.iter().enumerate() {
            text.extend(blocked(format!("g{at}"), it.in_tenant, it.blocked));
        }
        // Accounts that clash with others are not in the tenant: then nobody is blocked.
        let known = |line: &&str| match line.split(' ').collect::<Vec<_>>()[..] {
            ["blocked", name, _] => lines.iter().any(|it| {
                let words: Vec<&str> = it.split(' ').collect();
                matches!(words[0], "cloud" | "deleted") && words[2] == name
            }),
            _ => true,
        };
        let text: Vec<&str> = text.lines().filter(known).collect();
        let mut world = world(&(text.join("\n") + "\n" + &self.more.join("\n")));
        self.law.apply(&mut world);
        world
    }
}

/// A name of the directory or of the tenant: mostly one's own.
fn name(at: usize, which: usize) -> String {
    if which < PEOPLE / 2 { format!("p{which}") } else { format!("p{at}") }
}

fn mail(at: usize, which: usize) -> Option<String> {
    match which {
        0..3 => Some(format!("m{which}@contoso.com")),
        3..8 => Some(format!("p{at}@contoso.com")),
        _ => None,
    }
}

impl Person {
    fn entry(&self, at: usize) -> Option<String> {
        let state = match self.in_directory {
            "" => return None,
            "off" => "ou=Staff userAccountControl=514",
            "expired" => "ou=Staff accountExpires=133000000000000000",
            unit => unit,
        };
        let mut line =
            format!("ad user p{at} {state} userPrincipalName={}@contoso.com", name(at, self.names.0));
        if self.titles.0 < 3 {
            let _written = write!(line, " title=T{}", self.titles.0);
        }
        if self.managers.0 < PEOPLE && self.managers.0 != at {
            let _written = write!(line, " manager=p{}", self.managers.0);
        }
        if let Some(mail) = mail(at, self.mails.0) {
            let _written = write!(line, " mail={mail}");
        }
        Some(line)
    }

    /// The tenant has no name twice; who would be second is not there.
    fn account(
        &self,
        at: usize,
        taken: &mut BTreeSet<String>,
        active: &mut BTreeSet<usize>,
    ) -> Option<String> {
        if self.in_tenant.is_empty() {
            return None;
        }
        let upn = format!("{}@contoso.com", name(at, self.names.1));
        let mut line = format!("{} user p{at} userPrincipalName={upn}", self.in_tenant);
        let mail = mail(at, self.mails.1);
        if self.in_tenant != "deleted" {
            if taken.contains(&upn) || mail.as_ref().is_some_and(|it| taken.contains(&format!("mail {it}"))) {
                return None;
            }
            taken.insert(upn);
            taken.extend(mail.iter().map(|it| format!("mail {it}")));
            active.insert(at);
        }
        if let Some(mail) = mail {
            let _written = write!(line, " mail={mail}");
        }
        if self.titles.1 < 3 {
            let _written = write!(line, " jobTitle=T{}", self.titles.1);
        }
        if !self.may_sign_in {
            line += " accountEnabled=false";
        }
        if self.managers.1 < at && active.contains(&self.managers.1) {
            let _written = write!(line, " manager=p{}", self.managers.1);
        }
        Some(line)
    }
}

fn list(members: &BTreeSet<usize>, not: usize, is_there: impl Fn(&usize) -> bool) -> String {
    let word = |it: &usize| if *it < PEOPLE { format!("p{it}") } else { format!("g{}", it - PEOPLE) };
    let words: Vec<String> = members.iter().filter(|it| **it != not && is_there(it)).map(word).collect();
    words.join(",")
}

impl Group {
    fn entry(&self, at: usize) -> Option<String> {
        if self.in_directory.is_empty() {
            return None;
        }
        let mut line = format!("ad group g{at} {}", self.in_directory);
        let members = list(&self.members.0, PEOPLE + at, |_| true);
        if !members.is_empty() {
            let _written = write!(line, " member={members}");
        }
        if self.description {
            line += " description=team";
        }
        Some(line)
    }

    fn team(&self, at: usize, active: &BTreeSet<usize>) -> Option<String> {
        if self.in_tenant.is_empty() {
            return None;
        }
        let members = list(&self.members.1, PEOPLE + at, |it| active.contains(it));
        let members = if members.is_empty() { String::new() } else { format!(" members={members}") };
        Some(format!("{} group g{at}{members}", self.in_tenant))
    }
}

impl Law {
    fn apply(&self, world: &mut World) {
        let guards = &mut world.policy.guards;
        if let Some(max) = self.limit {
            let limit = Limit { max, percent: None, floor: 0 };
            let (users, groups) = (&mut guards.users, &mut guards.groups);
            (users.removals, users.blocks, users.rewrites, users.clears) = (limit, limit, limit, limit);
            (users.creates, users.updates) = (Some(limit), Some(limit));
            (groups.removals, groups.member_removals, groups.clears) = (limit, limit, limit);
            (groups.all_member_removals, groups.creates, groups.updates) = (limit, Some(limit), Some(limit));
        }
        guards.protect.extend(self.protects.map(|it| format!("p{it}@contoso.com")));
        let removal = Removal { block: self.block, delete_after_days: self.delete_after };
        if let Some(users) = &mut world.policy.users {
            users.lifecycle.removal = removal;
            if self.lacks_a_base {
                users.scope.bases.push(Base::Dn("OU=Gone,DC=contoso,DC=com".parse().unwrap()));
            }
        }
        if let Some(groups) = &mut world.policy.groups {
            groups.removal = removal;
        }
        world.links.reviewed = Some(world.policy.reviewed());
        if let Some(edit) = self.edit {
            world.edit(edit);
        }
        if let Some(more) = self.stock {
            let mut stock = world.plan().report.stock.unwrap_or_default();
            stock.objects.values_mut().for_each(|it| *it += more);
            let values: BTreeMap<_, _> =
                stock.values.iter().map(|(key, it)| (key.clone(), it + more)).collect();
            stock.values = values;
            world.links.stock = Some(stock);
        }
    }
}
