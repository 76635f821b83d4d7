//! References between objects (`@odata.id`, `…@odata.bind`), and objects of any type by id (graph-tenant
//! reference, 3.1 and 4.4).

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::{Call, links, listing, object_id};
use crate::sandbox::errors::Refusal;
use crate::sandbox::exchange::Response;
use crate::sandbox::object::{Kind, Object};
use crate::sandbox::tenant::{Answer, lag};

/// Most references in one request.
pub(crate) const BOUND_MAX: usize = 20;
/// Most ids in one `getByIds`.
const IDS_MAX: usize = 1_000;

/// `@odata.id` of a body.
pub(crate) fn url(body: &Map<String, Value>) -> Result<&str, Refusal> {
    body.get("@odata.id")
        .and_then(Value::as_str)
        .ok_or_else(|| Refusal::bad_request("Invalid value specified for property '@odata.id'."))
}

/// The object that a reference names; host and version of the URL do not matter.
pub(crate) fn resolve(call: &Call<'_>, url: &str) -> Result<Uuid, Refusal> {
    let malformed = || Refusal::bad_request(format!("Invalid object reference '{url}'."));
    let mut parts = url.trim_end_matches('/').rsplit('/');
    let id = parts.next().and_then(object_id).ok_or_else(malformed)?;
    let kind = match parts.next() {
        Some("directoryObjects") => None,
        Some("users") => Some(Kind::User),
        Some("groups") => Some(Kind::Group),
        Some("devices" | "servicePrincipals") => {
            return Err(Refusal::not_found(&id.to_string()));
        }
        Some("contacts") => Some(Kind::Contact),
        Some(_) | None => return Err(malformed()),
    };
    let delay = lag(call.tenant.replication.reference_ms);
    call.tenant
        .store
        .seen(id, call.tenant.now(), delay)
        .filter(|it| it.deleted.is_none() && kind.is_none_or(|kind| it.kind == kind))
        .map(|it| it.id)
        .ok_or_else(|| Refusal::not_found(&id.to_string()))
}

/// The objects of `name@odata.bind`, which may hold at most twenty different ones.
pub(crate) fn bound(call: &Call<'_>, body: &Map<String, Value>, name: &str) -> Result<Vec<Uuid>, Refusal> {
    let urls = match body.get(&format!("{name}@odata.bind")) {
        None => return Ok(Vec::new()),
        Some(Value::Array(urls)) => urls,
        Some(_) => return Err(Refusal::bad_request(format!("Invalid value for '{name}@odata.bind'."))),
    };
    if BOUND_MAX < urls.len() {
        return Err(Refusal::bad_request(format!(
            "The number of references in '{name}@odata.bind' exceeds the maximum of {BOUND_MAX}."
        )));
    }
    let mut ids = Vec::new();
    for url in urls {
        let url = url.as_str().ok_or_else(|| Refusal::bad_request("Invalid object reference."))?;
        ids.push(resolve(call, url)?);
    }
    if ids.iter().collect::<BTreeSet<_>>().len() != ids.len() {
        return Err(Refusal::bad_request("Request contains a property with duplicate values."));
    }
    Ok(ids)
}

/// `/directoryObjects/{id}` and `/directoryObjects/getByIds`.
pub(crate) fn answer(call: &mut Call<'_>, rest: &[&str]) -> Answer {
    match (call.request.method.as_str(), rest) {
        ("GET", [key]) => read(call, key),
        ("DELETE", [key]) => remove(call, key),
        ("POST", ["getByIds" | "microsoft.graph.getByIds"]) => by_ids(call),
        (_, [] | [_]) => Err(Refusal::method_not_allowed()),
        (_, [_, other, ..]) => Err(Refusal::unknown_segment(other)),
    }
}

fn visible<'a>(call: &'a Call<'_>, key: &str) -> Option<&'a Object> {
    let delay = lag(call.tenant.replication.get_ms);
    object_id(key)
        .and_then(|id| call.tenant.store.seen(id, call.tenant.now(), delay))
        .filter(|it| it.deleted.is_none())
}

fn read(call: &Call<'_>, key: &str) -> Answer {
    let object = visible(call, key).ok_or_else(|| Refusal::not_found(key))?;
    let mut view = Map::new();
    view.insert("@odata.context".to_owned(), call.context("directoryObjects/$entity").into());
    let select = links::known(object, links::select(call)?.as_deref());
    view.extend(listing::typed(object, select.as_deref()));
    Ok(Response::json(200, Value::Object(view)))
}

/// Deletes an object whatever its type.
pub(crate) fn remove(call: &mut Call<'_>, key: &str) -> Answer {
    match visible(call, key).map(|it| it.kind) {
        Some(Kind::User) => super::users::delete(call, key),
        Some(Kind::Group) => super::groups::delete(call, key),
        Some(Kind::Contact) => Err(Refusal::method_not_allowed()),
        None => Err(Refusal::not_found(key)),
    }
}

fn by_ids(call: &Call<'_>) -> Answer {
    let body = call.request.object()?;
    let ids = body
        .get("ids")
        .and_then(Value::as_array)
        .ok_or_else(|| Refusal::bad_request("'ids' is required."))?;
    if IDS_MAX < ids.len() {
        return Err(Refusal::bad_request(format!("Too many ids: at most {IDS_MAX} are allowed.")));
    }
    let types: Option<Vec<&str>> =
        body.get("types").and_then(Value::as_array).map(|it| it.iter().filter_map(Value::as_str).collect());
    let select = links::select(call)?;
    let found: Vec<Value> = ids
        .iter()
        .filter_map(Value::as_str)
        .filter_map(|it| visible(call, it))
        .filter(|it| {
            let name = it.kind.type_name().trim_start_matches("microsoft.graph.");
            types.as_ref().is_none_or(|types| types.iter().any(|it| *it == name || *it == "directoryObject"))
        })
        .map(|it| Value::Object(listing::typed(it, links::known(it, select.as_deref()).as_deref())))
        .collect();
    Ok(Response::json(200, json!({ "@odata.context": call.context("directoryObjects"), "value": found })))
}
