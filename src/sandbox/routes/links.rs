//! Collections that an object points to: members, owners, groups that it is in (graph-tenant reference, 3.1).
//!
//! It reads pages, casts, references and counts; who may be in such a collection is not decided here.

use std::collections::BTreeSet;
use std::ops::Bound;

use serde_json::{Value, json};
use uuid::Uuid;

use super::{Call, listing};
use crate::sandbox::errors::Refusal;
use crate::sandbox::exchange::Response;
use crate::sandbox::object::{Kind, Object};
use crate::sandbox::query;
use crate::sandbox::schema;
use crate::sandbox::tenant::Answer;

/// `GET …/{collection}[/{type}][/$ref|/$count]`; `rest` is what follows the collection.
pub(crate) fn read(call: &Call<'_>, ids: Option<&BTreeSet<Uuid>>, rest: &[&str]) -> Answer {
    let (kind, rest) = match rest {
        ["microsoft.graph.user", rest @ ..] => (Some(Kind::User), rest),
        ["microsoft.graph.group", rest @ ..] => (Some(Kind::Group), rest),
        ["microsoft.graph.orgContact", rest @ ..] => (Some(Kind::Contact), rest),
        rest => (None, rest),
    };
    match rest {
        [] => page(call, ids, kind, false),
        ["$ref"] => page(call, ids, kind, true),
        ["$count"] if call.request.eventual() => {
            Ok(Response::text(listed(call, ids, kind, None).count().to_string()))
        }
        ["$count"] => Err(Refusal::bad_request("$count is not currently supported.")),
        [other, ..] => Err(Refusal::unknown_segment(other)),
    }
}

/// What the collection shows after an object, in order of ids; deleted objects are passed over.
fn listed<'a>(
    call: &'a Call<'_>,
    ids: Option<&'a BTreeSet<Uuid>>,
    kind: Option<Kind>,
    after: Option<Uuid>,
) -> impl Iterator<Item = &'a Object> {
    let from = after.map_or(Bound::Unbounded, Bound::Excluded);
    ids.into_iter()
        .flat_map(move |it| it.range::<Uuid, _>((from, Bound::Unbounded)))
        .filter_map(|id| call.tenant.store.get(*id))
        .filter(move |it| it.deleted.is_none() && kind.is_none_or(|kind| it.kind == kind))
}

fn page(call: &Call<'_>, ids: Option<&BTreeSet<Uuid>>, kind: Option<Kind>, references: bool) -> Answer {
    query::known_options(call.request, &["$select", "$top", "$count", "$skiptoken"])?;
    let (top, select) = (query::top(call.request)?, select(call)?);
    let after = listing::page_start(call)?;
    let mut rest = listed(call, ids, kind, after);
    let shown: Vec<&Object> = rest.by_ref().take(top).collect();
    let mut body = json!({ "@odata.context": call.context("directoryObjects") });
    if call.request.eventual() && call.request.parameter("$count") == Some("true") && after.is_none() {
        body["@odata.count"] = listed(call, ids, kind, None).count().into();
    }
    if let (Some(_), Some(last)) = (rest.next(), shown.last()) {
        body["@odata.nextLink"] = query::next_link(call.request, &listing::page_token(call, last.id)).into();
    }
    body["value"] = shown
        .into_iter()
        .map(|it| {
            if references {
                json!({ "@odata.id": format!("{}/v1.0/directoryObjects/{}", call.request.base, it.id) })
            } else {
                Value::Object(listing::typed(it, known(it, select.as_deref()).as_deref()))
            }
        })
        .collect();
    Ok(Response::json(200, body))
}

/// `$select` among objects of several types: a property has to exist on one of them.
pub(crate) fn select(call: &Call<'_>) -> Result<Option<Vec<String>>, Refusal> {
    let Some(list) = call.request.parameter("$select") else { return Ok(None) };
    let names: Vec<String> =
        list.split(',').map(|it| it.trim().to_owned()).filter(|it| !it.is_empty()).collect();
    let unknown = names.iter().find(|name| {
        [Kind::User, Kind::Group, Kind::Contact].iter().all(|kind| schema::property(*kind, name).is_none())
            && !schema::is_extension(name)
    });
    match unknown {
        Some(name) => Err(Refusal::bad_request(format!(
            "Could not find a property named '{name}' on type 'microsoft.graph.directoryObject'."
        ))),
        None => Ok(Some(names)),
    }
}

/// The selected properties that the type of an object has.
pub(crate) fn known(object: &Object, select: Option<&[String]>) -> Option<Vec<String>> {
    let exists = |name: &&String| schema::property(object.kind, name).is_some() || schema::is_extension(name);
    select.map(|names| names.iter().filter(exists).cloned().collect())
}
