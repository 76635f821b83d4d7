//! Names and addresses: what people sign in with, and what must belong to one only.

use std::collections::{BTreeMap, BTreeSet};

use super::{Population, label, text};
use crate::doctor::count;
use crate::doctor::finding::{Check, Examples, Finding};
use crate::model::{DirectoryObject, ObjectKind, well_known};

/// Cloud user names take these besides letters and digits (graph-tenant reference, 2.1).
fn is_user_name_character(c: char) -> bool {
    c.is_ascii_alphanumeric() || "'.-_!#^~".contains(c)
}

/// User names that two have.
pub(super) fn twins(population: &Population<'_>) -> Option<Finding> {
    let mut holders: BTreeMap<String, Vec<&DirectoryObject>> = BTreeMap::new();
    for user in population.of(ObjectKind::User) {
        if let Some(name) = text(user, well_known::USER_PRINCIPAL_NAME) {
            holders.entry(name.to_lowercase()).or_default().push(user);
        }
    }
    let shared = shared(holders);
    let says = format!(
        "{} more than one",
        count(shared.count, "userPrincipalName belongs to", "userPrincipalNames belong to")
    );
    let fix = "give each user a name of their own in the directory; the tenant takes it from one only";
    (!shared.is_empty())
        .then(|| Finding::problem(Check::UserNames, population.subject(), says, fix).with_examples(shared))
}

/// Addresses that two have, in `mail` or `proxyAddresses`.
pub(super) fn shared_addresses(population: &Population<'_>) -> Option<Finding> {
    let mut holders: BTreeMap<String, Vec<&DirectoryObject>> = BTreeMap::new();
    for kind in [ObjectKind::User, ObjectKind::Group, ObjectKind::Contact] {
        for object in population.of(kind) {
            for address in addresses(object) {
                holders.entry(address).or_default().push(object);
            }
        }
    }
    let shared = shared(holders);
    let says = format!("{} more than one", count(shared.count, "address belongs to", "addresses belong to"));
    let fix =
        "take the address out of mail and proxyAddresses of all but one; the tenant takes it from one only";
    (!shared.is_empty())
        .then(|| Finding::problem(Check::Addresses, population.subject(), says, fix).with_examples(shared))
}

/// The addresses of one object, each once.
fn addresses(object: &DirectoryObject) -> BTreeSet<String> {
    let proxies = object.attributes.values(well_known::PROXY_ADDRESSES).filter_map(|it| {
        let text = std::str::from_utf8(it).ok()?;
        let (kind, address) = text.split_once(':')?;
        kind.trim().eq_ignore_ascii_case("smtp").then(|| address.trim().to_lowercase())
    });
    let mail = text(object, well_known::MAIL).map(str::to_lowercase);
    proxies.chain(mail).filter(|it| it.contains('@')).collect()
}

/// What several have: the name, and the names in the directory of its holders.
fn shared(holders: BTreeMap<String, Vec<&DirectoryObject>>) -> Examples {
    let mut shared = Examples::default();
    for (name, objects) in holders.into_iter().filter(|it| 1 < it.1.len()) {
        shared.push(|| {
            let mut names: Vec<String> = objects.iter().map(|it| it.dn.to_string()).collect();
            names.sort();
            names.truncate(Examples::FIRST_MAX);
            format!("{name}: {}", names.join("; "))
        });
    }
    shared
}

/// User names with characters that the tenant refuses.
pub(super) fn characters(population: &Population<'_>) -> Option<Finding> {
    let mut examples = Examples::default();
    for user in population.of(ObjectKind::User) {
        let Some(name) = text(user, well_known::USER_PRINCIPAL_NAME) else { continue };
        let (prefix, domain) = name.rsplit_once('@').unwrap_or((name, ""));
        if prefix.is_empty() || domain.is_empty() || !prefix.chars().all(is_user_name_character) {
            examples.push(|| name.to_owned());
        }
    }
    let says = format!(
        "{} characters that the tenant does not take, or no domain: these people would sign in under another name",
        count(examples.count, "userPrincipalName has", "userPrincipalNames have")
    );
    let fix = "use letters and digits without accents and ' . - _ ! # ^ ~ only, then @ and a domain";
    (!examples.is_empty())
        .then(|| Finding::warning(Check::UserNames, population.subject(), says, fix).with_examples(examples))
}

/// Domains of user names that the tenant has not verified, each with its users.
pub(super) fn suffixes(population: &Population<'_>) -> Option<Finding> {
    let domains = population.domains?;
    let mut unverified: BTreeMap<String, usize> = BTreeMap::new();
    for user in population.of(ObjectKind::User) {
        let name = text(user, well_known::USER_PRINCIPAL_NAME);
        let suffix = name.and_then(|it| it.rsplit_once('@')).map(|it| it.1.to_lowercase());
        let is_verified =
            |suffix: &str| domains.iter().any(|it| it.verified && it.name.eq_ignore_ascii_case(suffix));
        if let Some(suffix) = suffix.filter(|it| !it.is_empty() && !is_verified(it)) {
            *unverified.entry(suffix).or_default() += 1;
        }
    }
    let users: usize = unverified.values().sum();
    let mut examples = Examples::default();
    for (suffix, users) in unverified {
        examples.push(|| format!("{suffix} ({})", count(users, "user", "users")));
    }
    let says = format!(
        "{} a domain that the tenant has not verified: they would sign in at its initial domain",
        count(users, "user has", "users have")
    );
    let fix = "verify the domain in the tenant, or give the users a userPrincipalName at a verified one";
    (!examples.is_empty())
        .then(|| Finding::warning(Check::UserNames, population.subject(), says, fix).with_examples(examples))
}

/// Users without a user name.
pub(super) fn missing(population: &Population<'_>) -> Option<Finding> {
    let examples = users(population, |it| {
        text(it, well_known::USER_PRINCIPAL_NAME).is_none() && text(it, well_known::MAIL).is_some()
    });
    let says = format!(
        "{} no userPrincipalName: sAMAccountName at the directory's domain would be used",
        count(examples.count, "user has", "users have")
    );
    let fix = "set userPrincipalName to what they shall sign in with";
    (!examples.is_empty())
        .then(|| Finding::warning(Check::UserNames, population.subject(), says, fix).with_examples(examples))
}

/// Users that have neither a user name nor an address: often accounts of machines and programs.
pub(super) fn only_an_account_name(population: &Population<'_>) -> Option<Finding> {
    let examples = users(population, |it| {
        text(it, well_known::USER_PRINCIPAL_NAME).is_none() && text(it, well_known::MAIL).is_none()
    });
    let says = format!(
        "{} a sAMAccountName only, neither userPrincipalName nor mail",
        count(examples.count, "user has", "users have")
    );
    let fix = "leave accounts that are no people out of scope, and give the people a userPrincipalName";
    (!examples.is_empty())
        .then(|| Finding::warning(Check::UserNames, population.subject(), says, fix).with_examples(examples))
}

/// Users with a user name and no address.
pub(super) fn without_mail(population: &Population<'_>) -> Option<Finding> {
    let examples = users(population, |it| {
        text(it, well_known::USER_PRINCIPAL_NAME).is_some() && addresses(it).is_empty()
    });
    let says = format!("{} no mail address", count(examples.count, "user has", "users have"));
    let fix = "set mail, or leave them: they can sign in, and are found by no address";
    (!examples.is_empty())
        .then(|| Finding::warning(Check::Addresses, population.subject(), says, fix).with_examples(examples))
}

fn users(population: &Population<'_>, which: impl Fn(&DirectoryObject) -> bool) -> Examples {
    let mut examples = Examples::default();
    population.of(ObjectKind::User).filter(|it| which(it)).for_each(|it| examples.push(|| label(it)));
    examples
}
