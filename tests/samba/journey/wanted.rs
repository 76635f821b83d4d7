//! What the tenant has to hold, worked out from what `ldapsearch` reads.
//!
//! It shares no code with the program: the rules are written down a second time, in few words.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::tenant::{Content, INITIAL};
use crate::lab::{BASE, Lab};
use crate::oracle::{self, Entry};

/// The 100-nanosecond interval of `accountExpires` that means never.
const NEVER: i64 = i64::MAX;
/// Seconds from 1601 to 1970.
const EPOCH_S: i64 = 11_644_473_600;

/// What a tenant that never held anybody else gets of these units and of `OU=Groups`.
pub(crate) fn content(lab: &Lab, units: &[&str]) -> Content {
    let filter = "(|(&(objectCategory=person)(objectClass=user))(objectClass=group))";
    let all = oracle::entries(&lab.search_as_service(&["-b", BASE, "-E", "pr=1000/noprompt", filter]));
    let is_below = |dn: &str, unit: &str| dn.ends_with(&format!(",OU={unit},{BASE}"));
    let users: BTreeMap<&str, &Entry> = all
        .iter()
        .filter(|(dn, it)| has(it, "objectclass", "user") && units.iter().any(|unit| is_below(dn, unit)))
        .map(|(dn, it)| (dn.as_str(), it))
        .collect();
    let groups: BTreeMap<&str, &Entry> = all
        .iter()
        .filter(|(dn, it)| has(it, "objectclass", "group") && is_below(dn, "Groups") && is_security(it))
        .map(|(dn, it)| (dn.as_str(), it))
        .collect();
    let addresses: Vec<String> = users.values().filter_map(|it| address(it)).collect();
    let mut content = Content::default();
    for it in users.values() {
        let mut values = properties(it);
        let rivals = |own: &String| addresses.iter().filter(|it| it.eq_ignore_ascii_case(own)).count();
        if let Some(mail) = address(it).filter(|it| rivals(it) == 1) {
            values.insert("mail", mail);
        }
        let manager = first(it, "manager").and_then(|it| users.get(it.as_str()).map(|it| anchor(it)));
        values.extend(manager.map(|it| ("manager", it)));
        content.users.insert(anchor(it), values);
    }
    for it in groups.values() {
        let member = |dn: &String| match (users.get(dn.as_str()), groups.get(dn.as_str())) {
            (Some(user), _) => Some(anchor(user)),
            (None, Some(group)) => Some(name(group)),
            (None, None) => None,
        };
        let members: BTreeSet<String> = texts(it, "member").iter().filter_map(member).collect();
        content.groups.insert(name(it), (first(it, "description").unwrap_or_default(), members));
    }
    content
}

fn properties(it: &Entry) -> BTreeMap<&'static str, String> {
    let mut values = BTreeMap::from([
        ("userPrincipalName", user_name(it)),
        ("displayName", name(it)),
        ("accountEnabled", may_sign_in(it).to_string()),
    ]);
    let copies =
        [("givenName", "givenname"), ("surname", "sn"), ("jobTitle", "title"), ("department", "department")];
    for (to, from) in copies {
        values.extend(first(it, from).map(|it| (to, it)));
    }
    values
}

/// The user principal name, else the account at the domain of the directory, if the tenant has the domain;
/// else the account at the tenant's initial domain.
pub(super) fn user_name(it: &Entry) -> String {
    let account = first(it, "samaccountname").unwrap();
    let own = first(it, "userprincipalname").unwrap_or_else(|| format!("{account}@{}", Lab::DOMAIN));
    if own.ends_with("@corp.example.com") {
        return own;
    }
    let named = address(it).unwrap_or(own);
    format!("{}@{INITIAL}", named.split('@').next().unwrap())
}

pub(super) fn address(it: &Entry) -> Option<String> {
    let primary =
        texts(it, "proxyaddresses").iter().find_map(|it| it.strip_prefix("SMTP:").map(str::to_owned));
    primary.or_else(|| first(it, "mail"))
}

pub(super) fn may_sign_in(it: &Entry) -> bool {
    let number = |name: &str| first(it, name).map_or(0, |it| it.parse::<i64>().unwrap());
    let expires = number("accountexpires");
    let now = jiff::Timestamp::now().as_second() + EPOCH_S;
    number("useraccountcontrol") & 2 == 0 && (expires == 0 || expires == NEVER || now < expires / 10_000_000)
}

fn is_security(it: &Entry) -> bool {
    first(it, "grouptype").unwrap().parse::<i64>().unwrap() < 0 && first(it, "mail").is_none()
}

pub(super) fn name(it: &Entry) -> String {
    first(it, "displayname").or_else(|| first(it, "cn")).unwrap()
}

pub(super) fn anchor(it: &Entry) -> String {
    let guid = it.get("ms-ds-consistencyguid").unwrap_or_else(|| &it["objectguid"]);
    STANDARD.encode(guid.first().unwrap())
}

pub(super) fn has(it: &Entry, attribute: &str, value: &str) -> bool {
    it.get(attribute).is_some_and(|it| it.contains(value.as_bytes()))
}

pub(super) fn texts(it: &Entry, attribute: &str) -> Vec<String> {
    it.get(attribute).into_iter().flatten().map(|it| String::from_utf8(it.clone()).unwrap()).collect()
}

/// The only value, without spaces around it.
pub(super) fn first(it: &Entry, attribute: &str) -> Option<String> {
    let value = texts(it, attribute).into_iter().next()?;
    Some(value.trim().to_owned()).filter(|it| !it.is_empty())
}
