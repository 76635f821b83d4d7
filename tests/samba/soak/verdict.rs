//! Whether tenants are as the company is, by a client of our own.
//!
//! It shares no code with the program.

use std::collections::{BTreeMap, BTreeSet};

use super::cloud::{Channel, Cloud};
use super::company::{Company, Person, Place};
use crate::journey::tenant::word;

/// Passwords that are tried after each round.
const TRIES: usize = 8;

/// What was seen of a tenant so far: ids by anchor, for ever.
#[derive(Default)]
pub(super) struct Memory {
    ids: BTreeMap<String, String>,
}

/// Differences between the company and one tenant, in words.
pub(super) fn differences(
    company: &Company<'_>,
    cloud: &Cloud<'_>,
    memory: &mut Memory,
    prefix: &str,
) -> Vec<String> {
    let mut faults = Vec::new();
    let select = "$select=id,userPrincipalName,displayName,jobTitle,accountEnabled,onPremisesImmutableId";
    let users = cloud.all(&format!("/users?{select}&$expand=manager($select=id)"));
    let anchors: BTreeMap<String, String> =
        users.iter().map(|it| (word(&it["id"]), word(&it["onPremisesImmutableId"]))).collect();
    let mut seen: BTreeMap<String, String> = BTreeMap::new();
    for user in users.iter().filter(|it| !it["onPremisesImmutableId"].is_null()) {
        let (id, anchor) = (word(&user["id"]), word(&user["onPremisesImmutableId"]));
        let known = memory.ids.entry(anchor.clone()).or_insert_with(|| id.clone());
        if *known != id {
            faults.push(format!("{} was {known} and is {id}", word(&user["userPrincipalName"])));
        }
        let manager = user["manager"]["id"].as_str().map_or("", |it| &anchors[it]);
        let shown =
            ["userPrincipalName", "displayName", "jobTitle", "accountEnabled"].map(|it| word(&user[it]));
        if seen.insert(anchor, format!("{} manager {manager}", shown.join(", "))).is_some() {
            faults.push(format!("{} is there twice", word(&user["userPrincipalName"])));
        }
    }
    for person in &company.people {
        let found = seen.remove(&person.anchor);
        faults.extend(fault(person, found.as_deref(), cloud.channel, &wanted(company, person, prefix)));
    }
    faults.extend(seen.values().map(|it| format!("nobody knows {it}")));
    let alone = users.iter().find(|it| it["userPrincipalName"] == "cloud@corp.example.com");
    if alone.is_none_or(|it| it["displayName"] != "Cloud Only" || it["accountEnabled"] != true) {
        faults.push("who is in the cloud only was touched".to_owned());
    }
    faults.extend(teams(company, cloud, &anchors));
    if cloud.channel == Channel::DirectorySync {
        let shown: Vec<String> = cloud.all("/contacts").iter().map(|it| word(&it["displayName"])).collect();
        let wanted = company.partners.iter().filter(|it| !it.is_gone).map(|it| it.display.clone());
        faults.extend(lists("partners", &wanted.collect(), shown));
    }
    faults
}

fn wanted(company: &Company<'_>, person: &Person, prefix: &str) -> String {
    let title = person.title.as_ref().map_or_else(String::new, |it| format!("{prefix}{it}"));
    let manager = person.manager.map(|it| &company.people[it]).filter(|it| it.is_in_scope());
    let manager = manager.map_or("", |it| &it.anchor);
    format!("{}, {}, {title}, {} manager {manager}", person.upn(), person.cn, person.may_sign_in)
}

/// What is wrong with one person.
fn fault(person: &Person, found: Option<&str>, channel: Channel, wanted: &str) -> Option<String> {
    match (person.place, found, channel) {
        (Place::North | Place::South, Some(found), _) => {
            (found != wanted).then(|| format!("is {found}, should be {wanted}"))
        }
        (Place::North | Place::South, None, _) => Some(format!("{wanted} is missing")),
        // Who came and went unseen was never there.
        (Place::Away | Place::Gone, None, _) => None,
        (Place::Away | Place::Gone, Some(found), Channel::Graph) => {
            Some(format!("{found} should be deleted"))
        }
        (Place::Away | Place::Gone, Some(found), Channel::DirectorySync) => {
            (!found.contains(", false manager")).then(|| format!("{found} should be blocked"))
        }
    }
}

fn teams(company: &Company<'_>, cloud: &Cloud<'_>, anchors: &BTreeMap<String, String>) -> Vec<String> {
    let groups = cloud.all("/groups?$select=id,displayName");
    let shown = groups.iter().map(|it| word(&it["displayName"])).collect();
    let wanted = company.teams.iter().filter(|it| !it.is_gone).map(|it| it.cn.clone());
    let mut faults: Vec<String> = lists("teams", &wanted.collect(), shown).into_iter().collect();
    for group in &groups {
        let name = word(&group["displayName"]);
        let Some(team) = company.teams.iter().find(|it| it.cn == name) else { continue };
        let members = cloud.all(&format!("/groups/{}/members?$select=id&$top=999", word(&group["id"])));
        let shown: Vec<String> = members.iter().map(|it| anchors[&word(&it["id"])].clone()).collect();
        let wanted = team.members.iter().map(|it| &company.people[*it]).filter(|it| it.is_in_scope());
        faults.extend(lists(&name, &wanted.map(|it| it.anchor.clone()).collect(), shown));
    }
    faults
}

/// What is wrong with a list.
fn lists(name: &str, wanted: &BTreeSet<String>, shown: Vec<String>) -> Option<String> {
    let count = shown.len();
    let set: BTreeSet<String> = shown.into_iter().collect();
    if set == *wanted && count == wanted.len() {
        return None;
    }
    let more: Vec<&String> = set.difference(wanted).collect();
    let missing: Vec<&String> = wanted.difference(&set).collect();
    Some(format!("{name}: {count} there, {} wanted; too many {more:?}, missing {missing:?}", wanted.len()))
}

/// Tries passwords of some people; what did not open although it should, and how many were tried.
pub(super) fn passwords(company: &Company<'_>, cloud: &Cloud<'_>, from: usize) -> (usize, Vec<String>) {
    let may = |it: &&Person| it.is_in_scope() && it.may_sign_in;
    let people: Vec<&Person> = company.people.iter().filter(may).collect();
    let some = people.iter().cycle().skip(from % people.len().max(1)).take(TRIES.min(people.len()));
    let tried: Vec<_> = some.map(|it| (it.upn(), cloud.sign_in(&it.upn(), &it.password))).collect();
    let failed = tried.iter().filter(|it| it.1 != "in");
    (tried.len(), failed.map(|(name, code)| format!("{name} cannot sign in: {code}")).collect())
}
