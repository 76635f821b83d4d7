//! The recycle bin: list, read, restore, purge (graph-tenant reference, 2.4).

use serde_json::{Map, Value};
use uuid::Uuid;

use super::{Call, listing, object_id, user_creation};
use crate::sandbox::admission;
use crate::sandbox::errors::Refusal;
use crate::sandbox::exchange::Response;
use crate::sandbox::object::{Kind, Mastery, Object};
use crate::sandbox::rules;
use crate::sandbox::store::KeySpace;
use crate::sandbox::tenant::Answer;

/// `/directory/deletedItems/…`.
pub(crate) fn answer(call: &mut Call<'_>, rest: &[&str]) -> Answer {
    match (call.request.method.as_str(), rest) {
        ("GET", ["microsoft.graph.user"]) => listing::list(call, Kind::User, true),
        ("GET", ["microsoft.graph.group"]) => listing::list(call, Kind::Group, true),
        ("GET", ["microsoft.graph.user", "$count"]) => listing::count(call, Kind::User, true),
        ("GET", ["microsoft.graph.group", "$count"]) => listing::count(call, Kind::Group, true),
        ("GET", [key]) => read(call, key),
        ("DELETE", [key]) => purge(call, key),
        ("POST", [key, "restore"]) => restore(call, key),
        (_, [] | [_] | [_, "restore"]) => Err(Refusal::method_not_allowed()),
        (_, [_, other, ..]) => Err(Refusal::unknown_segment(other)),
    }
}

fn find<'a>(call: &'a Call<'_>, key: &str) -> Result<&'a Object, Refusal> {
    object_id(key)
        .and_then(|id| call.tenant.store.get(id))
        .filter(|it| it.deleted.is_some())
        .ok_or_else(|| Refusal::not_found(key))
}

fn read(call: &Call<'_>, key: &str) -> Answer {
    let object = find(call, key)?;
    let select = crate::sandbox::query::select(call.request, object.kind)?;
    Ok(answer_with(call, object, select.as_deref(), 200))
}

fn answer_with(call: &Call<'_>, object: &Object, select: Option<&[String]>, status: u16) -> Response {
    let mut view = Map::new();
    view.insert("@odata.context".to_owned(), call.context("directoryObjects/$entity").into());
    view.extend(listing::typed(object, select));
    Response::json(status, Value::Object(view))
}

fn purge(call: &mut Call<'_>, key: &str) -> Answer {
    let object = find(call, key)?;
    admission::may_remove(call.caller, &call.tenant.store, object)?;
    let (id, now) = (object.id, call.tenant.now());
    call.tenant.store.purge(now, id);
    Ok(Response::no_content())
}

fn restore(call: &mut Call<'_>, key: &str) -> Answer {
    let object = find(call, key)?;
    admission::may_remove(call.caller, &call.tenant.store, object)?;
    let body = call.request.optional_object()?;
    let mut restored = object.clone();
    restored.deleted = None;
    if restored.kind == Kind::User {
        rename(call, &mut restored, body.get("newUserPrincipalName"))?;
    }
    if body.get("autoReconcileProxyConflict") == Some(&Value::Bool(true)) {
        drop_taken_addresses(call, &mut restored);
    }
    user_creation::check_unique(&call.tenant.store, &restored)?;
    let (id, now) = (restored.id, call.tenant.now());
    call.tenant.store.shelve(now, id, None, |it| {
        it.properties = restored.properties;
        // Entra Connect has let go of it (reference, 7.3).
        if it.mastery == Mastery::OnPremSynced {
            it.mastery = Mastery::FormerlySynced;
        }
    });
    Ok(answer_with(call, call.current(id)?, None, 200))
}

/// The name that the user had, or the one that the client wants instead.
fn rename(call: &Call<'_>, user: &mut Object, wanted: Option<&Value>) -> Result<(), Refusal> {
    let name = match wanted {
        None | Some(Value::Null) => original_name(user.id, user.properties.text("userPrincipalName")),
        Some(Value::String(name)) if rules::is_upn(name) => {
            user_creation::check_domain(call.tenant, name)?;
            name.clone()
        }
        Some(_) => return Err(Refusal::invalid_value("newUserPrincipalName", "User")),
    };
    user.properties.set("userPrincipalName", name.into());
    Ok(())
}

fn original_name(id: Uuid, name: Option<&str>) -> String {
    let name = name.unwrap_or_default();
    name.strip_prefix(&id.simple().to_string()).unwrap_or(name).to_owned()
}

/// Addresses that somebody else took meanwhile are left behind.
fn drop_taken_addresses(call: &Call<'_>, object: &mut Object) {
    let free: Vec<String> = object
        .properties
        .texts("proxyAddresses")
        .into_iter()
        .filter(|it| call.tenant.store.holder(KeySpace::ProxyAddress, it).is_none())
        .collect();
    let primary = free.iter().find_map(|it| it.strip_prefix("SMTP:")).map(str::to_owned);
    object.properties.set("mail", primary.map_or(Value::Null, Value::from));
    object.properties.set("proxyAddresses", free.into());
}
