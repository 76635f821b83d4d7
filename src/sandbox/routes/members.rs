//! Direct members of groups (graph-tenant reference, 4.4).

use std::collections::BTreeSet;

use uuid::Uuid;

use super::{Call, groups, links, object_id, references};
use crate::sandbox::admission;
use crate::sandbox::errors::Refusal;
use crate::sandbox::exchange::Response;
use crate::sandbox::object::{Kind, Object};
use crate::sandbox::tenant::{Answer, lag};

/// `/groups/{id}/members…`.
pub(crate) fn answer(call: &mut Call<'_>, key: &str, rest: &[&str]) -> Answer {
    match (call.request.method.as_str(), rest) {
        ("GET", rest) => links::read(call, Some(&call.find(Kind::Group, key)?.members), rest),
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

/// `GET /groups/{id}/transitiveMembers…`: members, members of groups among them, and so on.
pub(crate) fn transitive(call: &Call<'_>, key: &str, rest: &[&str]) -> Answer {
    let store = &call.tenant.store;
    let mut found = BTreeSet::new();
    let mut ahead: Vec<Uuid> = call.find(Kind::Group, key)?.members.iter().copied().collect();
    while let Some(id) = ahead.pop() {
        let Some(member) = store.get(id).filter(|it| it.deleted.is_none()) else { continue };
        if found.insert(id) {
            ahead.extend(&member.members);
        }
    }
    links::read(call, Some(&found), rest)
}

/// `GET /users/{id}/memberOf…`, and that of groups.
pub(crate) fn groups_of(call: &Call<'_>, (kind, key): (Kind, &str), rest: &[&str]) -> Answer {
    let id = call.find(kind, key)?.id;
    links::read(call, call.tenant.store.groups_of(id), rest)
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
    if !admission::may_touch_role_group(call.caller, group) {
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
        Kind::Contact => !group.unified() && !group.properties.switch("isAssignableToRole"),
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
