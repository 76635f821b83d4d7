//! Direct members of groups (graph-tenant reference, 4.4).

use serde_json::{Value, json};
use uuid::Uuid;

use super::{Call, groups, listing, object_id, references};
use crate::sandbox::errors::Refusal;
use crate::sandbox::exchange::Response;
use crate::sandbox::object::{Kind, Object};
use crate::sandbox::query;
use crate::sandbox::schema;
use crate::sandbox::tenant::{Answer, lag};

/// `/groups/{id}/members…`.
pub(crate) fn answer(call: &mut Call<'_>, key: &str, rest: &[&str]) -> Answer {
    match (call.request.method.as_str(), rest) {
        ("GET", []) => list(call, key, None, false),
        ("GET", ["$ref"]) => list(call, key, None, true),
        ("GET", ["microsoft.graph.user"]) => list(call, key, Some(Kind::User), false),
        ("GET", ["microsoft.graph.group"]) => list(call, key, Some(Kind::Group), false),
        ("GET", ["$count"]) => count(call, key),
        ("POST", ["$ref"]) => add(call, key),
        ("DELETE", [member, "$ref"]) => remove(call, key, member),
        // Without `$ref` the path is the member itself.
        ("DELETE", [member]) => {
            let group = call.find(Kind::Group, key)?;
            match object_id(member) {
                Some(id) if group.members.contains(&id) => references::remove(call, member),
                Some(_) | None => Err(Refusal::not_found(member)),
            }
        }
        (_, [] | ["$ref" | "$count"] | [_, "$ref"]) => Err(Refusal::method_not_allowed()),
        (_, [other, ..]) => Err(Refusal::unknown_segment(other)),
    }
}

fn list(call: &Call<'_>, key: &str, kind: Option<Kind>, references: bool) -> Answer {
    let group = call.find(Kind::Group, key)?;
    let ids: Vec<Uuid> = {
        let after = listing::page_start(call)?;
        let from = after.map_or(std::ops::Bound::Unbounded, std::ops::Bound::Excluded);
        // One more than the page tells whether there is another; deleted members are passed over.
        group
            .members
            .range((from, std::ops::Bound::Unbounded))
            .copied()
            .filter(|id| is_listed(call, *id, kind))
            .take(query::top(call.request)? + 1)
            .collect()
    };
    page(call, &ids, references)
}

fn is_listed(call: &Call<'_>, id: Uuid, kind: Option<Kind>) -> bool {
    call.tenant
        .store
        .get(id)
        .is_some_and(|it| it.deleted.is_none() && kind.is_none_or(|kind| it.kind == kind))
}

/// A page out of ids of which one more than the page was read.
fn page(call: &Call<'_>, ids: &[Uuid], references: bool) -> Answer {
    let top = query::top(call.request)?;
    let select = select(call)?;
    let shown = &ids[..ids.len().min(top)];
    let mut body = json!({ "@odata.context": call.context("directoryObjects") });
    if let (true, Some(last)) = (top < ids.len(), shown.last()) {
        body["@odata.nextLink"] = query::next_link(call.request, &listing::page_token(call, *last)).into();
    }
    body["value"] = shown
        .iter()
        .filter_map(|id| call.tenant.store.get(*id))
        .map(|it| {
            if references {
                json!({ "@odata.id": format!("{}/v1.0/directoryObjects/{}", call.request.base, it.id) })
            } else {
                Value::Object(listing::typed(it, select.as_ref().map(|names| known(it, names)).as_deref()))
            }
        })
        .collect();
    Ok(Response::json(200, body))
}

/// Members are of several types: a property has to exist on one of them.
fn select(call: &Call<'_>) -> Result<Option<Vec<String>>, Refusal> {
    let Some(list) = call.request.parameter("$select") else { return Ok(None) };
    let names: Vec<String> =
        list.split(',').map(|it| it.trim().to_owned()).filter(|it| !it.is_empty()).collect();
    let unknown = names.iter().find(|name| {
        [Kind::User, Kind::Group].iter().all(|kind| schema::property(*kind, name).is_none())
            && !schema::is_extension(name)
    });
    match unknown {
        Some(name) => Err(Refusal::bad_request(format!(
            "Could not find a property named '{name}' on type 'microsoft.graph.directoryObject'."
        ))),
        None => Ok(Some(names)),
    }
}

fn known(object: &Object, names: &[String]) -> Vec<String> {
    let exists = |name: &&String| schema::property(object.kind, name).is_some() || schema::is_extension(name);
    names.iter().filter(exists).cloned().collect()
}

fn count(call: &Call<'_>, key: &str) -> Answer {
    if !call.request.eventual() {
        return Err(Refusal::bad_request("$count is not currently supported."));
    }
    let group = call.find(Kind::Group, key)?;
    Ok(Response::text(group.members.iter().filter(|id| is_listed(call, **id, None)).count().to_string()))
}

/// `GET /users/{id}/memberOf`, and that of groups.
pub(crate) fn groups_of(call: &Call<'_>, key: &str) -> Answer {
    let object = call.find(Kind::User, key).or_else(|_| call.find(Kind::Group, key))?;
    let after = listing::page_start(call)?;
    let ids: Vec<Uuid> = call
        .tenant
        .store
        .groups_of(object.id)
        .filter(|id| after.is_none_or(|it| it < *id) && is_listed(call, *id, None))
        .take(query::top(call.request)? + 1)
        .collect();
    page(call, &ids, false)
}

fn add(call: &mut Call<'_>, key: &str) -> Answer {
    let id = target(call, key)?;
    let body = call.request.object()?;
    let member = references::resolve(call, references::url(&body)?)?;
    check_additions(call, id, &[member])?;
    let now = call.tenant.now();
    call.tenant.store.change_members(now, id, &[member], &[]);
    Ok(Response::no_content())
}

/// The group of a membership change; one that has not replicated yet is told apart from a missing one.
fn target(call: &Call<'_>, key: &str) -> Result<Uuid, Refusal> {
    let delay = lag(call.tenant.replication.reference_ms);
    let now = call.tenant.now();
    match object_id(key) {
        Some(id) if call.tenant.store.fresh(id, now, delay) => Err(Refusal::unreplicated()),
        Some(_) | None => call.find_to_write(Kind::Group, key),
    }
}

/// Whether a group takes all of these as new members: all or nothing.
pub(crate) fn check_additions(call: &Call<'_>, id: Uuid, members: &[Uuid]) -> Result<(), Refusal> {
    target(call, &id.to_string())?;
    let group = call.current(id)?;
    check_writable(call, group)?;
    for member in members {
        check_type(group, call.current(*member)?)?;
    }
    if members.iter().any(|it| group.members.contains(it)) {
        return Err(Refusal::bad_request(
            "One or more added object references already exist for the following modified properties: 'members'.",
        ));
    }
    Ok(())
}

fn check_writable(call: &Call<'_>, group: &Object) -> Result<(), Refusal> {
    groups::guard(group, 403)?;
    check_assigned(group)?;
    if group.properties.switch("isAssignableToRole") && !call.caller.has("RoleManagement.ReadWrite.Directory")
    {
        return Err(Refusal::forbidden());
    }
    Ok(())
}

/// Members of a dynamic group are the service's to choose, even while its rule is paused.
pub(crate) fn check_assigned(group: &Object) -> Result<(), Refusal> {
    if group.dynamic() {
        return Err(Refusal::bad_request("Cannot update the members of a group with dynamic membership."));
    }
    Ok(())
}

/// The type matrix: security groups take users and security groups, Microsoft 365 groups take users.
pub(crate) fn check_type(group: &Object, member: &Object) -> Result<(), Refusal> {
    let fits = match member.kind {
        Kind::User => true,
        Kind::Group => {
            !group.unified()
                && !member.unified()
                && !group.properties.switch("isAssignableToRole")
                && member.id != group.id
        }
    };
    if fits {
        return Ok(());
    }
    Err(Refusal::bad_request(format!(
        "Unable to add a member of type '{}' to this type of group.",
        member.kind.resource()
    )))
}

fn remove(call: &mut Call<'_>, key: &str, member: &str) -> Answer {
    let id = call.find_to_write(Kind::Group, key)?;
    let group = call.current(id)?;
    check_writable(call, group)?;
    let member = object_id(member)
        .filter(|it| group.members.contains(it))
        .ok_or_else(|| Refusal::not_found(member))?;
    let now = call.tenant.now();
    call.tenant.store.change_members(now, id, &[], &[member]);
    Ok(Response::no_content())
}
