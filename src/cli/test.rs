//! `samesign test`: runs the PolicyTests, offline.

use std::fmt::Write as _;
use std::sync::Arc;

use jiff::Timestamp;

use crate::manifest::{Expected, Loaded, OutOfScopeWord, PolicyTestCase};
use crate::model::{
    AttributesBuilder, Digest, DirectoryEntry, DirectoryObjects, Dn, Domain, Guid, Links, ObjectIndex,
    ObjectKind, PartialDirectory, Reading, TenantReading, TenantSnapshot, Upn, well_known,
};
use crate::plan::{Explainer, Explanation, Inputs, Target, plan};
use crate::policy::Policy;

use super::Ending;
use super::args::Folder;
use super::console::{self, Console};
use super::error::Error;
use super::survey;

pub(super) fn run(args: &Folder, console: Console) -> Result<Ending, Error> {
    let loaded = survey::load(&args.dir, console)?;
    let (mut passed, mut failed) = (0, 0);
    let mut text = String::new();
    for test in &loaded.tests {
        let policy = loaded.policies.iter().find(|it| it.name == test.policy);
        for case in &test.cases {
            let faults = match policy {
                Some(policy) => check(&loaded, policy, case),
                None => vec![format!("there is no policy {}", test.policy)],
            };
            let verdict = if faults.is_empty() { "ok  " } else { "FAIL" };
            let _infallible = writeln!(text, "{verdict} {}: {}", test.name, case.name);
            for fault in &faults {
                let _infallible = writeln!(text, "     {}: {fault}", case.place);
            }
            if faults.is_empty() { passed += 1 } else { failed += 1 }
        }
    }
    let _infallible = writeln!(text, "{passed} passed, {failed} failed");
    console::print(&text)?;
    Ok(if failed == 0 { Ending::Done } else { Ending::Failed })
}

fn check(loaded: &Loaded, policy: &Policy, case: &PolicyTestCase) -> Vec<String> {
    let Some((objects, at)) = directory_of(loaded, case) else {
        return vec!["the case has no distinguishedName that is one".to_owned()];
    };
    let inputs = Inputs {
        directory: &Reading::Broken { objects, cause: "one object is no directory".to_owned() },
        tenant: &tenant_of(case),
        links: &Links::default(),
        policy,
        // What a case expects must not depend on the day.
        as_of: Timestamp::UNIX_EPOCH,
    };
    let planned = plan(&inputs);
    let explanation = Explainer::new(&inputs, &planned).explain(&Target::Directory(at));
    compare(&explanation, &case.expected)
}

/// A directory with the object of the case, and the groups that it says it belongs to.
fn directory_of(loaded: &Loaded, case: &PolicyTestCase) -> Option<(DirectoryObjects, ObjectIndex)> {
    let value = |name: &str| {
        case.attributes
            .iter()
            .find(|(it, _)| it.eq_ignore_ascii_case(name))
            .map_or(&[][..], |(_, values)| values)
    };
    let dn: Dn = value("distinguishedName").first()?.parse().ok()?;
    let mut attributes = AttributesBuilder::default();
    for (name, values) in &case.attributes {
        if let Some(id) = loaded.names.id(name).filter(|it| *it != well_known::MEMBER_OF) {
            for value in values {
                attributes.push(id, value.as_bytes());
            }
        }
    }
    let class = match case.object {
        ObjectKind::User => "user",
        ObjectKind::Group => "group",
        ObjectKind::Contact => "contact",
    };
    if value("objectClass").is_empty() {
        attributes.push(well_known::OBJECT_CLASS, class.as_bytes());
    }
    if value("objectGUID").is_empty() {
        attributes.push(well_known::OBJECT_GUID, guid_of(&dn).as_bytes());
    }
    let mut reading = PartialDirectory::new(Arc::clone(&loaded.names));
    reading.push(DirectoryEntry { dn: dn.clone(), attributes: attributes.finish(), members: Vec::new() });
    for group in value("memberOf").iter().filter_map(|it| it.parse::<Dn>().ok()) {
        let mut attributes = AttributesBuilder::default();
        attributes.push(well_known::OBJECT_CLASS, b"group");
        attributes.push(well_known::OBJECT_GUID, guid_of(&group).as_bytes());
        reading.push(DirectoryEntry {
            dn: group,
            attributes: attributes.finish(),
            members: vec![dn.clone()],
        });
    }
    let objects = reading.break_off();
    let at = objects.find_dn(&dn)?;
    Some((objects, at))
}

/// A GUID that is always the same for a name: a case need not give one.
fn guid_of(dn: &Dn) -> Guid {
    let digest = Digest::of_fields([dn.key().as_bytes()]);
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest.as_bytes()[..16]);
    Guid::from_bytes(bytes)
}

/// An empty tenant in which the domain of the case's user name is verified.
fn tenant_of(case: &PolicyTestCase) -> TenantSnapshot {
    let mut tenant = TenantReading::default();
    let name = case.attributes.iter().find(|(it, _)| it.eq_ignore_ascii_case("userPrincipalName"));
    if let Some(upn) = name.and_then(|(_, values)| values.first()?.parse::<Upn>().ok()) {
        tenant.domains.push(domain(&upn.domain().to_lowercase(), false));
    }
    tenant.domains.push(domain("example.onmicrosoft.com", true));
    tenant.finish()
}

fn domain(name: &str, initial: bool) -> Domain {
    Domain { name: name.to_owned(), verified: true, federated: false, initial, default: !initial }
}

fn compare(explanation: &Explanation, expected: &Expected) -> Vec<String> {
    let Expected { attributes, removed, out_of_scope } = expected;
    let mut faults = Vec::new();
    match (explanation.in_scope(), out_of_scope) {
        (Ok(()), None) => (),
        (Ok(()), Some((word, _))) => {
            faults.push(format!("is in scope, expected out of scope: {}", word.word()));
        }
        (Err(why), None) => faults.push(format!("is out of scope: {why}")),
        (Err(why), Some((word, _))) if *word == OutOfScopeWord::Any || word.word() == why.word() => (),
        (Err(why), Some((word, _))) => {
            faults.push(format!("is out of scope by `{}` ({why}), expected `{}`", why.word(), word.word()));
        }
    }
    let wanted = |property| {
        let found = explanation.properties.iter().find(|it| it.property == property);
        found.map_or_else(|| Err("no flow writes it".to_owned()), |it| it.wanted.clone())
    };
    for (property, values, place) in attributes {
        match wanted(*property) {
            Ok(found) if found == *values => (),
            Ok(found) => faults.push(format!("{place}: {property} is {found:?}, expected {values:?}")),
            Err(why) => {
                faults.push(format!("{place}: {property} is left alone ({why}), expected {values:?}"));
            }
        }
    }
    for (property, place) in removed {
        if let Ok(found) = wanted(*property)
            && !found.is_empty()
        {
            faults.push(format!("{place}: {property} is {found:?}, expected no value"));
        }
    }
    faults
}
