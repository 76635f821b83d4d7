//! Who manages whom (graph-tenant reference, 2.5).

use serde_json::{Map, Value, json};

use super::{Call, links, listing, references};
use crate::sandbox::errors::Refusal;
use crate::sandbox::exchange::Response;
use crate::sandbox::object::{Kind, Mastery};
use crate::sandbox::query;
use crate::sandbox::tenant::Answer;

/// `GET /users/{id}/manager[/$ref]`, and that of contacts.
pub(crate) fn read(call: &Call<'_>, (kind, key): (Kind, &str), reference: bool) -> Answer {
    let user = call.find(kind, key)?;
    let manager = user
        .manager
        .and_then(|id| call.tenant.store.get(id))
        .filter(|it| it.deleted.is_none())
        .ok_or_else(|| Refusal::not_found("manager"))?;
    if reference {
        let url = format!("{}/v1.0/directoryObjects/{}", call.request.base, manager.id);
        return Ok(Response::json(200, json!({ "@odata.context": call.context("$ref"), "@odata.id": url })));
    }
    let select = query::select(call.request, Kind::User)?;
    let mut view = Map::new();
    view.insert("@odata.context".to_owned(), call.context("directoryObjects/$entity").into());
    view.extend(listing::typed(manager, select.as_deref()));
    Ok(Response::json(200, Value::Object(view)))
}

/// `GET /users/{id}/directReports…`: users and contacts.
pub(crate) fn reports(call: &Call<'_>, key: &str, rest: &[&str]) -> Answer {
    let id = call.find(Kind::User, key)?.id;
    links::read(call, call.tenant.store.reports_of(id), rest)
}

/// `PUT /users/{id}/manager/$ref`.
pub(crate) fn set(call: &mut Call<'_>, key: &str) -> Answer {
    let id = call.find_to_write(Kind::User, key)?;
    guard(call, id)?;
    let body = call.request.object()?;
    let url = references::url(&body)?;
    let manager = references::resolve(call, url)?;
    if call.current(manager)?.kind != Kind::User {
        return Err(Refusal::bad_request("The specified reference is not of a type that can be a manager."));
    }
    let now = call.tenant.now();
    call.tenant.store.set_manager(now, id, Some(manager));
    Ok(Response::no_content())
}

/// `DELETE /users/{id}/manager/$ref`.
pub(crate) fn clear(call: &mut Call<'_>, key: &str) -> Answer {
    let id = call.find_to_write(Kind::User, key)?;
    guard(call, id)?;
    if call.current(id)?.manager.is_none() {
        return Err(Refusal::not_found("manager"));
    }
    let now = call.tenant.now();
    call.tenant.store.set_manager(now, id, None);
    Ok(Response::no_content())
}

fn guard(call: &Call<'_>, id: uuid::Uuid) -> Result<(), Refusal> {
    match call.current(id)?.mastery {
        Mastery::OnPremSynced => Err(Refusal::mastered_on_premises()),
        Mastery::Cloud | Mastery::SoaConverted | Mastery::FormerlySynced => Ok(()),
    }
}
