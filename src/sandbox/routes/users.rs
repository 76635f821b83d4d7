//! Single users: read, change, delete, revoke sessions (graph-tenant reference, 2.3 to 2.7).
//!
//! How a user is created, and who manages whom, is beside it.

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::{Call, listing, user_creation};
use crate::sandbox::admission;
use crate::sandbox::errors::Refusal;
use crate::sandbox::exchange::Response;
use crate::sandbox::object::{Kind, Mastery, Object, whole_second};
use crate::sandbox::query::Query;
use crate::sandbox::rules::{self, Purpose};
use crate::sandbox::tenant::{Answer, Tenant};
use crate::sandbox::verifier::Verifier;
use crate::sandbox::{address, schema};

/// `GET /users/{id}`.
pub(crate) fn read(call: &Call<'_>, key: &str) -> Answer {
    let query = Query::of_object(call.request, Kind::User)?;
    let user = call.find(Kind::User, key)?;
    Ok(entity(call, user, &query))
}

/// `GET /me`: whoever signed in.
pub(crate) fn read_self(call: &Call<'_>) -> Answer {
    let id = call.caller.user.ok_or_else(|| {
        let text = "/me request is only valid with delegated authentication flow.";
        Refusal::new(400, "BadRequest", text)
    })?;
    read(call, &id.to_string())
}

/// One object with its context.
pub(crate) fn entity(call: &Call<'_>, object: &Object, query: &Query) -> Response {
    let fragment = match &query.select {
        Some(names) => format!("{}({})/$entity", object.kind.collection(), names.join(",")),
        None => format!("{}/$entity", object.kind.collection()),
    };
    let mut view = Map::new();
    view.insert("@odata.context".to_owned(), call.context(&fragment).into());
    view.extend(listing::item(call, object, query));
    Response::json(200, Value::Object(view))
}

/// `PATCH /users/{id}`.
pub(crate) fn update(call: &mut Call<'_>, key: &str) -> Answer {
    let id = call.find_to_write(Kind::User, key)?;
    let body = call.request.object()?;
    let user = call.current(id)?;
    admission::may_update_user((call.caller, &call.tenant.store), user, &body)?;
    check_mastery(user, &body)?;
    if body.keys().any(|it| it.ends_with("@odata.bind")) {
        return Err(Refusal::bad_request("A reference can be bound when a user is created, not later."));
    }
    rules::check(Kind::User, Purpose::Update, &body)?;
    if let Some(name) = body.get("userPrincipalName").and_then(Value::as_str) {
        user_creation::check_domain(call.tenant, name)?;
    }
    let mut changed = user.clone();
    let mut names = apply(&mut changed, &body);
    user_creation::check_unique(&call.tenant.store, &changed)?;
    let now = call.tenant.now();
    if body.get("passwordProfile").and_then(|it| it.get("password")).is_some_and(Value::is_string) {
        changed.properties.set("lastPasswordChangeDateTime", whole_second(now).into());
        names.push("lastPasswordChangeDateTime".to_owned());
    }
    call.tenant.store.edit(now, id, |it| {
        it.properties = changed.properties;
        names
    });
    take_password(call.tenant, id, &body);
    Ok(Response::no_content())
}

/// Keeps what a body says of the password, if it says anything. Unless it says so, the password need not be
/// changed.
pub(crate) fn take_password(tenant: &mut Tenant, id: Uuid, body: &Map<String, Value>) {
    let member = |name: &str| body.get("passwordProfile").and_then(|it| it.get(name));
    let said = ["forceChangePasswordNextSignIn", "forceChangePasswordNextSignInWithMfa"]
        .map(|name| member(name).and_then(Value::as_bool));
    let must_change = said.contains(&Some(true));
    match member("password").and_then(Value::as_str) {
        Some(password) => tenant.store.set_verifier(id, Verifier::of_password(password, must_change)),
        None if said != [None, None] => tenant.store.set_must_change(id, must_change),
        None => (),
    }
}

/// Sets what a body says; the names of what changed.
fn apply(user: &mut Object, body: &Map<String, Value>) -> Vec<String> {
    let mut names = Vec::new();
    for (name, value) in body.iter().filter(|(name, _)| !name.contains('@')) {
        let changed = match name.as_str() {
            "passwordProfile" => false,
            "onPremisesExtensionAttributes" => merge_extension_attributes(user, value),
            "employeeOrgData" => {
                // A member that was not sent is taken away.
                let member = |it: &str| value.get(it).cloned().unwrap_or_default();
                let whole = json!({ "division": member("division"), "costCenter": member("costCenter") });
                user.properties.set(name, if value.is_null() { Value::Null } else { whole })
            }
            "mail" => {
                if let Some(mail) = value.as_str()
                    && address::set_primary(user, mail)
                {
                    names.push("proxyAddresses".to_owned());
                }
                user.properties.set(name, value.clone())
            }
            _ => user.properties.set(name, value.clone()),
        };
        if changed {
            names.push(name.clone());
        }
    }
    names
}

/// Members that were not sent stay as they are.
fn merge_extension_attributes(user: &mut Object, value: &Value) -> bool {
    const NAME: &str = "onPremisesExtensionAttributes";
    let Value::Object(sent) = value else { return user.properties.set(NAME, Value::Null) };
    let mut merged = match user.properties.get(NAME) {
        Some(Value::Object(stored)) => stored,
        Some(Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_)) | None => {
            Map::new()
        }
    };
    for (name, value) in sent.iter().filter(|(name, _)| schema::is_extension_attribute(name)) {
        if value.is_null() {
            merged.shift_remove(name);
        } else {
            merged.insert(name.clone(), value.clone());
        }
    }
    let merged = if merged.is_empty() { Value::Null } else { Value::Object(merged) };
    user.properties.set(NAME, merged)
}

/// Who is master decides what Graph may write (reference, 7.3 and 7.5).
fn check_mastery(user: &Object, body: &Map<String, Value>) -> Result<(), Refusal> {
    let cloud_owned = |name: &str| {
        matches!(name, "usageLocation" | "preferredDataLocation" | "passwordPolicies")
            || schema::is_extension(name)
            || name.starts_with("@odata.")
    };
    let allowed = match user.mastery {
        Mastery::Cloud | Mastery::SoaConverted => true,
        Mastery::OnPremSynced => body.keys().all(|it| cloud_owned(it)),
        Mastery::FormerlySynced => !body.contains_key("onPremisesExtensionAttributes"),
    };
    if allowed { Ok(()) } else { Err(Refusal::mastered_on_premises()) }
}

/// `DELETE /users/{id}`: into the recycle bin, under a name that frees the old one.
pub(crate) fn delete(call: &mut Call<'_>, key: &str) -> Answer {
    let id = call.find_to_write(Kind::User, key)?;
    admission::may_remove(call.caller, &call.tenant.store, call.current(id)?)?;
    let now = call.tenant.now();
    call.tenant.store.shelve(now, id, Some(now), free_name);
    Ok(Response::no_content())
}

/// The name of a user in the recycle bin, which leaves the old one to others.
pub(crate) fn free_name(user: &mut Object) {
    let name = user.properties.text("userPrincipalName").unwrap_or_default();
    let freed = format!("{}{name}", user.id.simple());
    user.properties.set("userPrincipalName", freed.into());
}

/// `POST /users/{id}/revokeSignInSessions`.
pub(crate) fn revoke_sessions(call: &mut Call<'_>, key: &str) -> Answer {
    let id = call.find_to_write(Kind::User, key)?;
    let now = call.tenant.now();
    call.tenant.store.edit(now, id, |user| {
        const NAME: &str = "signInSessionsValidFromDateTime";
        let changed = user.properties.set(NAME, whole_second(now).into());
        if changed { vec![NAME.to_owned()] } else { Vec::new() }
    });
    let body = json!({ "@odata.context": call.context("Edm.Boolean"), "value": true });
    Ok(Response::json(200, body))
}
