//! The tenant's switches for directory synchronisation (graph-tenant reference, 7.1).
//!
//! Nothing here acts on them; where they are kept is beside the routes.

use serde_json::{Map, Value, json};

use super::Call;
use super::records::{self, Sort};
use crate::sandbox::errors::Refusal;
use crate::sandbox::exchange::Response;
use crate::sandbox::features::{Stuck, Synchronization};
use crate::sandbox::tenant::Answer;

const SORT: Sort = Sort {
    name: "directory/onPremisesSynchronization",
    type_name: "onPremisesDirectorySynchronization",
    options: &["$select"],
};

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

fn view(call: &Call<'_>) -> Value {
    let features: Map<String, Value> =
        call.tenant.features().map(|(name, on)| (name.to_owned(), on.into())).collect();
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
            "features" => changed = change_features(call, changed, value)?,
            "configuration" => changed.prevention = prevention(value)?.or(changed.prevention),
            other => return Err(Refusal::bad_request(format!("Invalid property '{other}'."))),
        }
    }
    call.tenant.synchronization = changed;
    call.tenant.store.changed = true;
    Ok(Response::no_content())
}

fn change_features(
    call: &Call<'_>,
    mut changed: Synchronization,
    value: &Value,
) -> Result<Synchronization, Refusal> {
    for (name, value) in value.as_object().into_iter().flatten().filter(|(name, _)| !name.contains('@')) {
        let invalid = || Refusal::bad_request(format!("Invalid property '{name}'."));
        let on = value.as_bool().ok_or_else(invalid)?;
        changed = call.tenant.with_feature(changed, name, on).map_err(|stuck| match stuck {
            Stuck::Unknown(_) => invalid(),
            Stuck::OneWay(_) => {
                Refusal::bad_request(format!("The feature '{name}' cannot be turned off again."))
            }
        })?;
    }
    Ok(changed)
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
