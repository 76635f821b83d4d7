//! Digests of what decides: the same for another order of keys, other comments, another way of quoting.

use serde_json::Value;

use crate::manifest::document::Document;
use crate::model::Digest;
use crate::policy::Policy;

/// The digest of what decides which objects a directory shows: domain, account and bases. Which of its servers
/// answers, and how, does not.
pub(super) fn of_directory(directory: &Document) -> Digest {
    let mut spec = spec(directory);
    if let Some(ldap) = spec.get_mut("ldap").and_then(Value::as_object_mut) {
        ldap.retain(|key, _| !["servers", "serverName", "transport", "caFile"].contains(&key.as_str()));
    }
    Digest::of_fields([b"directory".as_slice(), canonical_text(directory, spec).as_bytes()])
}

/// The digest of everything that decides what a policy does.
///
/// Approvals, tests, the schedule and thresholds of alarms do not: they change when something happens, not what.
pub(super) fn of_policy(policy: &Policy, documents: [Option<&Document>; 3]) -> Digest {
    let mut fields: Vec<String> = vec!["policy".to_owned(), policy.name.clone()];
    fields.extend(documents.into_iter().flatten().map(|it| canonical_spec(it, &["schedule", "alarms"])));
    let users = policy.users.iter().flat_map(|it| it.flows.iter());
    let groups = policy.groups.iter().flat_map(|it| it.flows.iter());
    fields.extend(users.map(|it| format!("user {}", it.digest())));
    let contacts = policy.contacts.iter().flat_map(|it| it.flows.iter());
    fields.extend(groups.map(|it| format!("group {}", it.digest())));
    fields.extend(contacts.map(|it| format!("contact {}", it.digest())));
    Digest::of_fields(fields.iter().map(String::as_bytes))
}

/// The `spec` of a manifest with sorted keys, without `left_out` fields at its top and without the places of
/// secrets.
fn canonical_spec(document: &Document, left_out: &[&str]) -> String {
    let mut spec = spec(document);
    if let Some(object) = spec.as_object_mut() {
        object.retain(|key, _| !left_out.contains(&key.as_str()));
    }
    canonical_text(document, spec)
}

fn spec(document: &Document) -> Value {
    document.node.field("spec").map(crate::manifest::yaml::Node::to_json).unwrap_or_default()
}

fn canonical_text(document: &Document, mut spec: Value) -> String {
    canonical(&mut spec);
    format!("{} {} {spec}", document.kind.name(), document.name)
}

fn canonical(value: &mut Value) {
    match value {
        Value::Object(object) => {
            // Neither where a secret is nor how fast is read decides anything.
            object.retain(|key, _| !key.ends_with("From") && key != "pageSize");
            object.sort_keys();
            object.values_mut().for_each(canonical);
        }
        Value::Array(items) => items.iter_mut().for_each(canonical),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => (),
    }
}
