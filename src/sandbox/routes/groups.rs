//! Single groups, by id or by the alternate key `uniqueName` (graph-tenant reference, 4.2 and 4.3).

use serde_json::{Map, Value};
use uuid::Uuid;

use super::{Call, group_creation, members, owners, references, user_creation, users};
use crate::sandbox::admission;
use crate::sandbox::errors::Refusal;
use crate::sandbox::exchange::Response;
use crate::sandbox::object::{Kind, Mastery, Object};
use crate::sandbox::query::Query;
use crate::sandbox::rules::{self, Purpose};
use crate::sandbox::store::KeySpace;
use crate::sandbox::tenant::Answer;

/// `GET /groups/{id}`.
pub(crate) fn read(call: &Call<'_>, key: &str) -> Answer {
    let query = Query::of_object(call.request, Kind::Group)?;
    let group = call.find(Kind::Group, key)?;
    Ok(users::entity(call, group, &query))
}

/// `/groups(uniqueName='…')`; a PATCH that prefers it creates what is missing.
pub(crate) fn by_unique_name(call: &mut Call<'_>, name: &str, rest: &[&str]) -> Answer {
    let holder = call.tenant.store.holder(KeySpace::UniqueName, name).map(|it| it.to_string());
    match (call.request.method.as_str(), rest, holder) {
        ("GET", [], Some(id)) => read(call, &id),
        ("DELETE", [], Some(id)) => delete(call, &id),
        ("PATCH", [], Some(id)) => {
            let mut body = call.request.object()?;
            check_same_name(&body, name)?;
            // The key itself may be repeated in the body of an upsert.
            body.shift_remove("uniqueName");
            update_with(call, &id, &body)
        }
        ("PATCH", [], None) if call.request.prefers("create-if-missing") => {
            if !call.caller.has("Group.ReadWrite.All") && !call.caller.has("Directory.ReadWrite.All") {
                return Err(Refusal::forbidden());
            }
            let mut body = call.request.object()?;
            check_same_name(&body, name)?;
            body.insert("uniqueName".to_owned(), name.into());
            group_creation::create_from(call, &body)
        }
        ("GET" | "PATCH" | "DELETE", [], None) | (_, ["members" | "owners" | "memberOf", ..], None) => {
            Err(Refusal::not_found(name))
        }
        (_, ["members", rest @ ..], Some(id)) => members::answer(call, &id, rest),
        (_, ["owners", rest @ ..], Some(id)) => owners::answer(call, &id, rest),
        ("GET", ["memberOf", rest @ ..], Some(id)) => members::groups_of(call, (Kind::Group, &id), rest),
        (_, [other, ..], _) => Err(Refusal::unknown_segment(other)),
        (_, [], _) => Err(Refusal::method_not_allowed()),
    }
}

fn check_same_name(body: &Map<String, Value>, name: &str) -> Result<(), Refusal> {
    match body.get("uniqueName") {
        None => Ok(()),
        Some(value) if value == name => Ok(()),
        Some(_) => Err(Refusal::invalid_value("uniqueName", "Group")),
    }
}

/// `PATCH /groups/{id}`.
pub(crate) fn update(call: &mut Call<'_>, key: &str) -> Answer {
    let body = call.request.object()?;
    update_with(call, key, &body)
}

fn update_with(call: &mut Call<'_>, key: &str, body: &Map<String, Value>) -> Answer {
    let id = call.find_to_write(Kind::Group, key)?;
    let group = call.current(id)?;
    check_caller(call, body)?;
    guard(group, 400)?;
    rules::check(Kind::Group, Purpose::Update, body)?;
    let added = references::bound(call, body, "members")?;
    if body.contains_key("members@odata.bind") {
        members::check_additions(call, id, &added)?;
    }
    let mut changed = Object { members: std::collections::BTreeSet::new(), ..shallow(group) };
    let names: Vec<String> = body
        .iter()
        .filter(|(name, _)| !name.contains('@'))
        .filter(|(name, value)| changed.properties.set(name, (*value).clone()))
        .map(|(name, _)| name.clone())
        .collect();
    if !names.is_empty() {
        check_change(group, &changed)?;
    }
    if !added.is_empty() {
        members::check_assigned(&changed)?;
    }
    user_creation::check_unique(&call.tenant.store, &changed)?;
    let now = call.tenant.now();
    call.tenant.store.edit(now, id, |it| {
        it.properties = changed.properties;
        names
    });
    call.tenant.store.change_members(now, id, &added, &[]);
    represent(call, id)
}

/// Everything but the members, of which there may be very many.
fn shallow(group: &Object) -> Object {
    let mut copy = user_creation::blank(group.id, group.created);
    copy.kind = Kind::Group;
    copy.properties = group.properties.clone();
    copy
}

fn represent(call: &Call<'_>, id: Uuid) -> Answer {
    if call.request.prefers("return=representation") {
        return Ok(users::entity(call, call.current(id)?, &Query::default()));
    }
    Ok(Response::no_content())
}

/// A body that only binds members needs no more than the right to change memberships.
fn check_caller(call: &Call<'_>, body: &Map<String, Value>) -> Result<(), Refusal> {
    let only_members = body.keys().all(|it| it == "members@odata.bind");
    let whole = call.caller.has("Group.ReadWrite.All") || call.caller.has("Directory.ReadWrite.All");
    if whole || only_members { Ok(()) } else { Err(Refusal::forbidden()) }
}

/// Whether Graph may write to the group at all (reference, 4.1 and 4.4).
pub(crate) fn guard(group: &Object, status_of_exchange_groups: u16) -> Result<(), Refusal> {
    match group.mastery {
        Mastery::OnPremSynced => return Err(Refusal::mastered_on_premises()),
        Mastery::Cloud | Mastery::SoaConverted | Mastery::FormerlySynced => (),
    }
    if group.exchange_mastered() {
        let text = "Cannot Update a mail-enabled security groups and or distribution list.";
        let code = if status_of_exchange_groups == 403 {
            "Authorization_RequestDenied"
        } else {
            "Request_BadRequest"
        };
        return Err(Refusal::new(status_of_exchange_groups, code, text));
    }
    Ok(())
}

/// What sort of group it is stays as it was made; only dynamic membership can be switched.
fn check_change(before: &Object, after: &Object) -> Result<(), Refusal> {
    if before.unified() != after.unified() {
        return Err(Refusal::invalid_value("groupTypes", "Group"));
    }
    if before.properties.switch("mailEnabled") != after.properties.switch("mailEnabled") {
        return Err(Refusal::invalid_value("mailEnabled", "Group"));
    }
    let hidden = |it: &Object| it.properties.text("visibility") == Some("HiddenMembership");
    if hidden(before) != hidden(after) {
        return Err(Refusal::invalid_value("visibility", "Group"));
    }
    group_creation::check_type(after)
}

/// `DELETE /groups/{id}`.
pub(crate) fn delete(call: &mut Call<'_>, key: &str) -> Answer {
    let id = call.find_to_write(Kind::Group, key)?;
    let group = call.current(id)?;
    admission::may_remove(call.caller, &call.tenant.store, group)?;
    guard(group, 400)?;
    let now = call.tenant.now();
    if group.unified() || call.tenant.seed.security_group_soft_delete {
        call.tenant.store.shelve(now, id, Some(now), |_| ());
    } else {
        call.tenant.store.purge(now, id);
    }
    Ok(Response::no_content())
}
