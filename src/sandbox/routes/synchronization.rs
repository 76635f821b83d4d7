//! The tenant's switches for directory synchronisation (graph-tenant reference, 7.1).
//!
//! The sandbox keeps them; nothing here acts on them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::Call;
use super::records::{self, Sort};
use crate::sandbox::errors::Refusal;
use crate::sandbox::exchange::Response;
use crate::sandbox::tenant::Answer;

const SORT: Sort = Sort {
    name: "directory/onPremisesSynchronization",
    type_name: "onPremisesDirectorySynchronization",
    options: &["$select"],
};

/// Every switch, and how it is in a new tenant.
const FEATURES: &[(&str, bool)] = &[
    ("allowOnPremUpdateOfOnPremisesObjectIdentifierEnabled", false),
    ("blockCloudObjectTakeoverThroughHardMatchEnabled", false),
    ("blockSoftMatchEnabled", false),
    ("bypassDirSyncOverridesEnabled", false),
    ("cloudPasswordPolicyForPasswordSyncedUsersEnabled", false),
    ("concurrentCredentialUpdateEnabled", false),
    ("concurrentOrgIdProvisioningEnabled", false),
    ("deviceWritebackEnabled", false),
    ("directoryExtensionsEnabled", false),
    ("fopeConflictResolutionEnabled", false),
    ("groupWriteBackEnabled", false),
    ("passwordSyncEnabled", false),
    ("passwordWritebackEnabled", false),
    ("quarantineUponProxyAddressesConflictEnabled", true),
    ("quarantineUponUpnConflictEnabled", true),
    ("softMatchOnUpnEnabled", true),
    ("synchronizeUpnForManagedUsersEnabled", true),
    ("unifiedGroupWritebackEnabled", false),
    ("userForcePasswordChangeOnLogonEnabled", false),
    ("userWritebackEnabled", false),
];
/// Once on, these stay on.
const ONE_WAY: &[&str] = &[
    "quarantineUponProxyAddressesConflictEnabled",
    "quarantineUponUpnConflictEnabled",
    "softMatchOnUpnEnabled",
    "synchronizeUpnForManagedUsersEnabled",
];

/// What was changed since the tenant began.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Synchronization {
    features: BTreeMap<String, bool>,
    prevention: Option<(String, Option<u64>)>,
}

/// `/directory/onPremisesSynchronization…`: a collection of one.
pub(crate) fn answer(call: &mut Call<'_>, rest: &[&str]) -> Answer {
    let id = call.tenant.seed.tenant_id.to_string();
    match (call.request.method.as_str(), rest) {
        ("GET", []) => records::collection(call, SORT, vec![view(call)]),
        ("GET", [key]) if key.eq_ignore_ascii_case(&id) => records::entity(call, SORT, view(call)),
        ("PATCH", [key]) if key.eq_ignore_ascii_case(&id) => change(call),
        ("GET" | "PATCH", [key]) => Err(Refusal::not_found(key)),
        (_, [] | [_]) => Err(Refusal::method_not_allowed()),
        (_, [_, other, ..]) => Err(Refusal::unknown_segment(other)),
    }
}

fn feature(call: &Call<'_>, name: &str, usual: bool) -> bool {
    // A tenant that synchronises has had its passwords synchronised all along.
    let usual =
        usual || (name == "passwordSyncEnabled" && call.tenant.seed.on_premises_sync_enabled == Some(true));
    call.tenant.synchronization.features.get(name).copied().unwrap_or(usual)
}

fn view(call: &Call<'_>) -> Value {
    let features: Map<String, Value> = FEATURES
        .iter()
        .map(|(name, usual)| ((*name).to_owned(), feature(call, name, *usual).into()))
        .collect();
    let usual = ("enabledForCount".to_owned(), Some(500));
    let (kind, threshold) = call.tenant.synchronization.prevention.clone().unwrap_or(usual);
    json!({
        "id": call.tenant.seed.tenant_id,
        "configuration": {
            "accidentalDeletionPrevention": {
                "synchronizationPreventionType": kind,
                "alertThreshold": threshold,
            },
        },
        "features": features,
    })
}

/// `PATCH`: all of the body or nothing of it.
fn change(call: &mut Call<'_>) -> Answer {
    let body = call.request.object()?;
    let mut changed = call.tenant.synchronization.clone();
    for (name, value) in body.iter().filter(|(name, _)| !name.starts_with("@odata.")) {
        match name.as_str() {
            "features" => change_features(call, &mut changed, value)?,
            "configuration" => changed.prevention = prevention(value)?.or(changed.prevention),
            other => return Err(Refusal::bad_request(format!("Invalid property '{other}'."))),
        }
    }
    call.tenant.synchronization = changed;
    call.tenant.store.changed = true;
    Ok(Response::no_content())
}

fn change_features(call: &Call<'_>, changed: &mut Synchronization, value: &Value) -> Result<(), Refusal> {
    for (name, value) in value.as_object().into_iter().flatten().filter(|(name, _)| !name.contains('@')) {
        let known = FEATURES.iter().find(|(it, _)| it == name);
        let (Some((_, usual)), Some(on)) = (known, value.as_bool()) else {
            return Err(Refusal::bad_request(format!("Invalid property '{name}'.")));
        };
        if !on && ONE_WAY.contains(&name.as_str()) && feature(call, name, *usual) {
            return Err(Refusal::bad_request(format!("The feature '{name}' cannot be turned off again.")));
        }
        changed.features.insert(name.clone(), on);
    }
    Ok(())
}

fn prevention(configuration: &Value) -> Result<Option<(String, Option<u64>)>, Refusal> {
    let Some(wanted) = configuration.get("accidentalDeletionPrevention") else { return Ok(None) };
    let kind = wanted.get("synchronizationPreventionType").and_then(Value::as_str).unwrap_or_default();
    let threshold = wanted.get("alertThreshold").and_then(Value::as_u64);
    match kind {
        "disabled" => Ok(Some((kind.to_owned(), None))),
        "enabledForCount" | "enabledForPercentage" => Ok(Some((kind.to_owned(), threshold.or(Some(500))))),
        _ => {
            Err(Refusal::bad_request("Invalid value specified for property 'synchronizationPreventionType'."))
        }
    }
}
