//! Owners of groups (graph-tenant reference, 4.4): users only, at most a hundred, never none for a Microsoft
//! 365 group that had one.

use super::{Call, groups, links, object_id, references};
use crate::sandbox::errors::Refusal;
use crate::sandbox::exchange::Response;
use crate::sandbox::object::Kind;
use crate::sandbox::tenant::Answer;

const OWNERS_MAX: usize = 100;

/// `/groups/{id}/owners…`.
pub(crate) fn answer(call: &mut Call<'_>, key: &str, rest: &[&str]) -> Answer {
    match (call.request.method.as_str(), rest) {
        ("GET", rest) => links::read(call, Some(&call.find(Kind::Group, key)?.owners), rest),
        ("POST", ["$ref"]) => add(call, key),
        ("DELETE", [owner, "$ref"]) => remove(call, key, owner),
        (_, [] | ["$ref"] | [_, "$ref"]) => Err(Refusal::method_not_allowed()),
        (_, [other, ..]) => Err(Refusal::unknown_segment(other)),
    }
}

fn add(call: &mut Call<'_>, key: &str) -> Answer {
    let id = call.find_to_write(Kind::Group, key)?;
    let group = call.current(id)?;
    groups::guard(group, 403)?;
    let body = call.request.object()?;
    let owner = references::resolve(call, references::url(&body)?)?;
    if call.current(owner)?.kind != Kind::User {
        return Err(Refusal::bad_request("Only users and service principals can be owners of a group."));
    }
    if group.owners.contains(&owner) {
        return Err(Refusal::bad_request(
            "One or more added object references already exist for the following modified properties: 'owners'.",
        ));
    }
    if OWNERS_MAX <= group.owners.len() {
        let text = format!(
            "Unable to perform operation as '{}' would exceed the maximum quota count '{OWNERS_MAX}' for \
             forward-link 'owners'.",
            group.owners.len() + 1
        );
        return Err(Refusal::new(403, "Directory_QuotaExceeded", text));
    }
    let now = call.tenant.now();
    call.tenant.store.edit(now, id, |it| {
        it.owners.insert(owner);
        vec!["owners".to_owned()]
    });
    Ok(Response::no_content())
}

fn remove(call: &mut Call<'_>, key: &str, owner: &str) -> Answer {
    let id = call.find_to_write(Kind::Group, key)?;
    let group = call.current(id)?;
    groups::guard(group, 403)?;
    let owner =
        object_id(owner).filter(|it| group.owners.contains(it)).ok_or_else(|| Refusal::not_found(owner))?;
    if group.unified() && group.owners.len() == 1 {
        let text = "The group must have at least one owner, hence this owner cannot be removed.";
        return Err(Refusal::bad_request(text));
    }
    let now = call.tenant.now();
    call.tenant.store.edit(now, id, |it| {
        it.owners.remove(&owner);
        vec!["owners".to_owned()]
    });
    Ok(Response::no_content())
}
