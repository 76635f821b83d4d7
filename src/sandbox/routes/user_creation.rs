//! Creation of users (graph-tenant reference, 2.2), and the users that a seed brings along.
//!
//! A password is checked; what is kept of it does not tell it.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde_json::{Map, Value};
use uuid::Uuid;

use super::{Call, references, users};
use crate::sandbox::address;
use crate::sandbox::errors::Refusal;
use crate::sandbox::exchange::Response;
use crate::sandbox::object::{Kind, Mastery, Object, Properties, whole_second};
use crate::sandbox::rules::{self, Purpose};
use crate::sandbox::store::{KeySpace, Store};
use crate::sandbox::tenant::{Answer, Tenant};

/// `POST /users`.
pub(crate) fn create(call: &mut Call<'_>) -> Answer {
    let body = call.request.object()?;
    rules::check(Kind::User, Purpose::Create, &body)?;
    check_required(&body)?;
    check_name(call.tenant, &body)?;
    let manager = match body.get("manager@odata.bind") {
        None => None,
        Some(Value::String(url)) => Some(references::resolve(call, url)?),
        Some(_) => return Err(Refusal::bad_request("Invalid value for 'manager@odata.bind'.")),
    };
    let now = call.tenant.now();
    let mut user = blank(call.tenant.ids.next(), now);
    fill(&mut user, &body);
    user.properties.set("lastPasswordChangeDateTime", whole_second(now).into());
    user.properties.set("signInSessionsValidFromDateTime", whole_second(now).into());
    check_unique(&call.tenant.store, &user)?;
    let id = user.id;
    let mut view = Map::new();
    view.insert("@odata.context".to_owned(), call.context("users/$entity").into());
    view.extend(user.default_view());
    call.tenant.store.insert(now, user);
    users::take_password(call.tenant, id, &body);
    if manager.is_some() {
        call.tenant.store.set_manager(now, id, manager);
    }
    Ok(Response::json(201, Value::Object(view)).header("Location", location(call, id, "User")))
}

/// `Location` of a new object.
pub(crate) fn location(call: &Call<'_>, id: Uuid, kind: &str) -> String {
    let tenant = call.tenant.seed.tenant_id;
    format!("{}/v2/{tenant}/directoryObjects/{id}/Microsoft.DirectoryServices.{kind}", call.request.base)
}

/// A user without properties.
pub(crate) fn blank(id: Uuid, now: Timestamp) -> Object {
    let mut properties = Properties::default();
    properties.set("userType", "Member".into());
    Object {
        id,
        kind: Kind::User,
        properties,
        manager: None,
        members: BTreeSet::new(),
        owners: BTreeSet::new(),
        mastery: Mastery::Cloud,
        anchor: None,
        shadow: None,
        roles: BTreeSet::new(),
        eligible_roles: BTreeSet::new(),
        created: now,
        deleted: None,
    }
}

/// A user of the seed, checked by the rules that hold for Graph, read-only properties aside.
pub(crate) fn seeded(id: Uuid, now: Timestamp, properties: &Map<String, Value>) -> Result<Object, Refusal> {
    let mut user = blank(id, now);
    rules::check_seed(Kind::User, properties)?;
    fill(&mut user, properties);
    Ok(user)
}

/// A contact of the seed.
pub(crate) fn seeded_contact(
    id: Uuid,
    now: Timestamp,
    properties: &Map<String, Value>,
) -> Result<Object, Refusal> {
    let mut contact = Object { kind: Kind::Contact, properties: Properties::default(), ..blank(id, now) };
    rules::check_seed(Kind::Contact, properties)?;
    fill(&mut contact, properties);
    Ok(contact)
}

fn fill(user: &mut Object, body: &Map<String, Value>) {
    for (name, value) in body.iter().filter(|(name, _)| !name.contains('@') && *name != "passwordProfile") {
        user.properties.set(name, value.clone());
    }
    if !body.contains_key("proxyAddresses")
        && let Some(mail) = body.get("mail").and_then(Value::as_str)
    {
        address::set_primary(user, mail);
    }
}

fn check_required(body: &Map<String, Value>) -> Result<(), Refusal> {
    let password = body.get("passwordProfile").and_then(|it| it.get("password"));
    if password.is_none_or(Value::is_null) {
        return Err(Refusal::bad_request("A password must be specified to create a new user."));
    }
    for name in ["accountEnabled", "displayName", "mailNickname", "userPrincipalName"] {
        if body.get(name).is_none_or(Value::is_null) {
            let text = format!("A value is required for property '{name}' of resource 'User'.");
            return Err(Refusal::bad_request(text.clone()).detail("InvalidValue", text, name));
        }
    }
    Ok(())
}

/// The domain must be verified, and a federated one needs an anchor.
fn check_name(tenant: &Tenant, body: &Map<String, Value>) -> Result<(), Refusal> {
    let name = body.get("userPrincipalName").and_then(Value::as_str).unwrap_or_default();
    let federated = check_domain(tenant, name)?;
    let anchored = body.get("onPremisesImmutableId").is_some_and(Value::is_string);
    if federated && !anchored {
        let text = "A value is required for property 'onPremisesImmutableId' of resource 'User'.";
        return Err(Refusal::bad_request(text).detail(
            "InvalidValue",
            text.to_owned(),
            "onPremisesImmutableId",
        ));
    }
    Ok(())
}

/// Whether the domain of a sign-in name is federated; an error if it is not verified.
pub(crate) fn check_domain(tenant: &Tenant, name: &str) -> Result<bool, Refusal> {
    let domain = name.rsplit_once('@').map_or("", |(_, it)| it);
    tenant
        .seed
        .domains
        .iter()
        .find(|it| it.verified && it.name.eq_ignore_ascii_case(domain))
        .map(|it| it.federated)
        .ok_or_else(|| {
            let text = "The domain portion of the userPrincipalName property is invalid. You must use one of the \
                        verified domain names in your organization.";
            Refusal::bad_request(text).detail("InvalidValue", text.to_owned(), "userPrincipalName")
        })
}

/// No other active object may hold one of the values (reference, 2.2).
pub(crate) fn check_unique(store: &Store, object: &Object) -> Result<(), Refusal> {
    for (space, value) in crate::sandbox::store::keys_of(object) {
        if store.holder(space, &value).is_some_and(|it| it != object.id) {
            return Err(Refusal::conflict(property_of(space)));
        }
    }
    Ok(())
}

/// The property that a conflict names.
pub(crate) const fn property_of(space: KeySpace) -> &'static str {
    match space {
        KeySpace::UserPrincipalName => "userPrincipalName",
        KeySpace::ProxyAddress => "proxyAddresses",
        KeySpace::ImmutableId | KeySpace::GroupAnchor | KeySpace::ContactAnchor => "onPremisesImmutableId",
        KeySpace::UniqueName => "uniqueName",
        KeySpace::MailNickname => "mailNickname",
    }
}
