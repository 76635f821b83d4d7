//! The Graph routes of the sandbox: which path and method lead where (graph-tenant reference, §12).
//!
//! Licences that groups hand on, source-of-authority switches and provisioning jobs are not here; their
//! paths answer as any unknown segment does.

mod deleted_items;
mod group_creation;
mod groups;
mod licences;
mod links;
mod listing;
mod manager;
mod members;
mod organization;
mod owners;
mod records;
mod references;
mod roles;
mod synchronization;
mod user_creation;
mod users;

use jiff::SignedDuration;
use serde_json::json;
use uuid::Uuid;

use super::delta;
use super::delta_query::Scope;
use super::errors::Refusal;
use super::exchange::{Request, Response};
use super::faults::Effect;
use super::object::{Kind, Object};
use super::path::UNIQUE_NAME;
use super::provisioning::review;
use super::query::Query;
use super::store::KeySpace;
use super::tenant::{Answer, Tenant, lag};
use super::token::Caller;

pub(crate) use self::group_creation::seeded as seeded_group;
pub(crate) use self::licences::assign as assign_licence;
pub(crate) use self::user_creation::{blank as blank_user, seeded as seeded_user, seeded_contact};
pub(crate) use self::users::free_name;

/// How long the recycle bin keeps an object.
const BIN_LIFE: SignedDuration = SignedDuration::from_hours(30 * 24);

/// A request on its way to a route.
pub(crate) struct Call<'a> {
    pub(crate) tenant: &'a mut Tenant,
    pub(crate) request: &'a Request,
    pub(crate) caller: &'a Caller,
}

/// Answers a Graph request that may do what it asks for.
pub(crate) fn answer(
    tenant: &mut Tenant,
    request: &Request,
    caller: &Caller,
    (segments, struck): (&[&str], Option<&Effect>),
) -> Answer {
    keep_house(tenant);
    let call = &mut Call { tenant, request, caller };
    match segments {
        [collection @ ("users" | "groups" | "contacts" | "directoryObjects"), "delta"]
            if request.method == "GET" =>
        {
            let scope = match *collection {
                "users" => Scope::One(Kind::User),
                "groups" => Scope::One(Kind::Group),
                "contacts" => Scope::One(Kind::Contact),
                _ => Scope::Mixed,
            };
            delta::answer(call.tenant, (request, caller), scope, struck)
        }
        ["me"] => users::read_self(call),
        ["users", rest @ ..] => user_routes(call, rest),
        ["groups", rest @ ..] => group_routes(call, rest),
        ["contacts", rest @ ..] => contact_routes(call, rest),
        ["directory", "deletedItems", rest @ ..] => deleted_items::answer(call, rest),
        ["directoryObjects", rest @ ..] => references::answer(call, rest),
        ["organization" | "domains" | "subscribedSkus", ..] => organization::answer(call, segments),
        ["directory", "onPremisesSynchronization", rest @ ..] => synchronization::answer(call, rest),
        ["roleManagement", "directory", rest @ ..] => roles::answer(call, rest),
        ["directoryRoles", rest @ ..] => roles::directory_roles(call, rest),
        ["servicePrincipals", rest @ ..] => roles::principals(call, rest),
        ["directory", other, ..] | [other, ..] => Err(Refusal::unknown_segment(other)),
        [] => Err(Refusal::unknown_segment("")),
    }
}

/// What the service does from time to time: the recycle bin and the quarantine.
pub(crate) fn keep_house(tenant: &mut Tenant) {
    let now = tenant.now();
    if let Ok(before) = now.saturating_sub(BIN_LIFE) {
        tenant.store.empty_bin(now, before);
    }
    review(tenant);
}

fn user_routes(call: &mut Call<'_>, rest: &[&str]) -> Answer {
    match (call.request.method.as_str(), rest) {
        ("GET", []) => listing::list(call, Kind::User, false),
        ("POST", []) => user_creation::create(call),
        ("GET", ["$count"]) => listing::count(call, Kind::User, false),
        ("GET", [key]) => users::read(call, key),
        ("PATCH", [key]) => users::update(call, key),
        ("DELETE", [key]) => users::delete(call, key),
        ("GET", [key, "manager"]) => manager::read(call, (Kind::User, key), false),
        ("GET", [key, "manager", "$ref"]) => manager::read(call, (Kind::User, key), true),
        ("PUT", [key, "manager", "$ref"]) => manager::set(call, key),
        ("DELETE", [key, "manager", "$ref"]) => manager::clear(call, key),
        ("GET", [key, "memberOf", rest @ ..]) => members::groups_of(call, (Kind::User, key), rest),
        ("GET", [key, "directReports", rest @ ..]) => manager::reports(call, key, rest),
        ("POST", [key, "assignLicense"]) => licences::change(call, key),
        ("GET", [key, "licenseDetails"]) => licences::details(call, key),
        ("POST", [key, "revokeSignInSessions"]) => users::revoke_sessions(call, key),
        (
            _,
            []
            | [_]
            | [_, "manager", "$ref"]
            | [
                _,
                "memberOf"
                | "directReports"
                | "manager"
                | "revokeSignInSessions"
                | "assignLicense"
                | "licenseDetails",
            ],
        ) => Err(Refusal::method_not_allowed()),
        (_, [_, "manager" | "memberOf" | "directReports", other, ..] | [_, other, ..]) => {
            Err(Refusal::unknown_segment(other))
        }
    }
}

fn group_routes(call: &mut Call<'_>, rest: &[&str]) -> Answer {
    if let [marker, name, rest @ ..] = rest
        && *marker == UNIQUE_NAME
    {
        return groups::by_unique_name(call, name, rest);
    }
    match (call.request.method.as_str(), rest) {
        ("GET", []) => listing::list(call, Kind::Group, false),
        ("POST", []) => group_creation::create(call),
        ("GET", ["$count"]) => listing::count(call, Kind::Group, false),
        ("GET", [key]) => groups::read(call, key),
        ("PATCH", [key]) => groups::update(call, key),
        ("DELETE", [key]) => groups::delete(call, key),
        (_, [key, "members", rest @ ..]) => members::answer(call, key, rest),
        ("GET", [key, "transitiveMembers", rest @ ..]) => members::transitive(call, key, rest),
        (_, [key, "owners", rest @ ..]) => owners::answer(call, key, rest),
        ("GET", [key, "memberOf", rest @ ..]) => members::groups_of(call, (Kind::Group, key), rest),
        (_, [] | [_] | [_, "memberOf"]) => Err(Refusal::method_not_allowed()),
        (_, [_, other, ..]) => Err(Refusal::unknown_segment(other)),
    }
}

/// Graph only reads contacts (reference, 4.5).
fn contact_routes(call: &mut Call<'_>, rest: &[&str]) -> Answer {
    match (call.request.method.as_str(), rest) {
        ("GET", []) => listing::list(call, Kind::Contact, false),
        ("GET", ["$count"]) => listing::count(call, Kind::Contact, false),
        ("GET", [key]) => {
            let query = Query::of_object(call.request, Kind::Contact)?;
            Ok(users::entity(call, call.find(Kind::Contact, key)?, &query))
        }
        ("GET", [key, "manager"]) => manager::read(call, (Kind::Contact, key), false),
        ("GET", [key, "manager", "$ref"]) => manager::read(call, (Kind::Contact, key), true),
        ("GET", [key, "memberOf", rest @ ..]) => members::groups_of(call, (Kind::Contact, key), rest),
        (_, [] | [_] | [_, "manager" | "memberOf", ..]) => Err(Refusal::method_not_allowed()),
        (_, [_, other, ..]) => Err(Refusal::unknown_segment(other)),
    }
}

impl Call<'_> {
    /// The object as reading by id shows it now: a user by id or sign-in name, a group by id.
    fn find(&self, kind: Kind, key: &str) -> Result<&Object, Refusal> {
        let store = &self.tenant.store;
        let id = match object_id(key) {
            Some(id) => Some(id),
            None if kind == Kind::User => store.holder(KeySpace::UserPrincipalName, key),
            None => None,
        };
        id.and_then(|id| store.seen(id, self.tenant.now(), lag(self.tenant.replication.get_ms)))
            .filter(|it| it.kind == kind && it.deleted.is_none())
            .ok_or_else(|| Refusal::not_found(key))
    }

    /// The id of an object that a write may reach: visible, and not deleted meanwhile.
    fn find_to_write(&self, kind: Kind, key: &str) -> Result<Uuid, Refusal> {
        let id = self.find(kind, key)?.id;
        let live = self.tenant.store.get(id).is_some_and(|it| it.deleted.is_none());
        if live { Ok(id) } else { Err(Refusal::not_found(key)) }
    }

    fn current(&self, id: Uuid) -> Result<&Object, Refusal> {
        self.tenant.store.get(id).ok_or_else(|| Refusal::not_found(&id.to_string()))
    }

    /// `@odata.context` of an answer.
    fn context(&self, fragment: &str) -> String {
        context(self.request, fragment)
    }
}

/// `@odata.context`: the metadata document of the version that was asked.
pub(crate) fn context(request: &Request, fragment: &str) -> String {
    let version = if request.path.starts_with("/beta") { "beta" } else { "v1.0" };
    format!("{}/{version}/$metadata#{fragment}", request.base)
}

/// Reads an object id; only the form with dashes is one.
pub(crate) fn object_id(text: &str) -> Option<Uuid> {
    if text.len() == 36 { Uuid::try_parse(text).ok() } else { None }
}

/// `GET /common/discovery/instance`: what client libraries ask before they trust an authority.
pub(crate) fn instance_discovery(tenant: &Tenant, request: &Request) -> Response {
    let endpoint =
        format!("{}/{}/v2.0/.well-known/openid-configuration", request.base, tenant.seed.tenant_id);
    let host = request.base.split_once("://").map_or(request.base.as_str(), |(_, host)| host);
    Response::json(
        200,
        json!({
            "tenant_discovery_endpoint": endpoint,
            "api-version": "1.1",
            "metadata": [{ "preferred_network": host, "preferred_cache": host, "aliases": [host] }],
        }),
    )
}
