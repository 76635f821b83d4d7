//! Collections of users and groups: pages, filters and counts (graph-tenant reference, 3.1 and 3.2).
//!
//! The work per page is that of the page, however many objects there are; only sorting, and a filter that no
//! index answers, walk further.

use std::collections::BTreeSet;

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::{Call, object_id};
use crate::sandbox::admission;
use crate::sandbox::errors::Refusal;
use crate::sandbox::exchange::Response;
use crate::sandbox::filter;
use crate::sandbox::object::{Kind, Object};
use crate::sandbox::query::{self, Expand, Query};
use crate::sandbox::store::KeySpace;
use crate::sandbox::tenant::{Answer, lag};

/// Life of a page token.
const PAGE_TOKEN_LIFE_S: i64 = 3_600;
/// Most references that `$expand` returns per object.
const EXPANDED_MAX: usize = 20;

/// Where a page begins.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct PageToken {
    after: Uuid,
    issued_s: i64,
}

/// A page of a collection; `deleted` is the recycle bin.
pub(crate) fn list(call: &Call<'_>, kind: Kind, deleted: bool) -> Answer {
    let query = Query::of_list(call.request, kind)?;
    let after = page_start(call)?;
    let mut matching = candidates(call, kind, deleted, after, &query);
    let mut items = Vec::new();
    let mut last = None;
    for object in matching.by_ref().take(query.top) {
        items.push(Value::Object(item(call, object, &query)));
        last = Some(object.id);
    }
    let more = matching.next().is_some();
    drop(matching);
    let fragment = match &query.select {
        Some(names) => format!("{}({})", kind.collection(), names.join(",")),
        None => kind.collection().to_owned(),
    };
    let mut body = json!({ "@odata.context": call.context(&fragment) });
    // The count comes with the first page only.
    if query.count && after.is_none() {
        body["@odata.count"] = candidates(call, kind, deleted, None, &query).count().into();
    }
    if let (true, Some(last)) = (more, last) {
        body["@odata.nextLink"] = query::next_link(call.request, &page_token(call, last)).into();
    }
    body["value"] = items.into();
    Ok(Response::json(200, body))
}

/// `GET /users/$count`; `deleted` is the recycle bin.
pub(crate) fn count(call: &Call<'_>, kind: Kind, deleted: bool) -> Answer {
    if !call.request.eventual() {
        return Err(Refusal::bad_request("$count is not currently supported."));
    }
    let mut query = Query::default();
    if let Some(text) = call.request.parameter("$filter") {
        let filter = filter::parse(text, kind)?;
        filter.admit(true)?;
        query.filter = Some(filter);
    }
    Ok(Response::text(candidates(call, kind, deleted, None, &query).count().to_string()))
}

/// The token with which the next page begins after an object.
pub(crate) fn page_token(call: &Call<'_>, last: Uuid) -> String {
    let token = PageToken { after: last, issued_s: call.tenant.now().as_second() };
    query::seal(&call.tenant.key, &token)
}

/// Where the client wants to go on, if it sent a token.
pub(crate) fn page_start(call: &Call<'_>) -> Result<Option<Uuid>, Refusal> {
    let Some(text) = call.request.parameter("$skiptoken") else { return Ok(None) };
    let now_s = call.tenant.now().as_second();
    let token: PageToken = query::open(&call.tenant.key, text)
        .ok_or_else(|| Refusal::bad_request("The specified page token value is not valid."))?;
    if token.issued_s + PAGE_TOKEN_LIFE_S < now_s {
        let text =
            "The specified page token value has expired and can no longer be included in your request.";
        return Err(Refusal::new(400, "Directory_ExpiredPageToken", text));
    }
    Ok(Some(token.after))
}

/// Objects of a shelf that pass the filter, in order of ids.
fn candidates<'a>(
    call: &'a Call<'_>,
    kind: Kind,
    deleted: bool,
    after: Option<Uuid>,
    query: &'a Query,
) -> Box<dyn Iterator<Item = &'a Object> + 'a> {
    let (tenant, now) = (&*call.tenant, call.tenant.now());
    let delay: SignedDuration = lag(tenant.replication.list_ms);
    let visible = move |id: Uuid| {
        tenant
            .store
            .seen(id, now, delay)
            .filter(|it| it.kind == kind && it.deleted.is_some() == deleted)
            .filter(|it| query.filter.as_ref().is_none_or(|filter| filter.passes(it)))
    };
    if let Some(order) = &query.order {
        let mut sorted: Vec<&Object> =
            tenant.store.ids_after(kind, deleted, None).filter_map(visible).collect();
        let key = |it: &&Object| it.value(&order.property).as_str().unwrap_or_default().to_lowercase();
        sorted.sort_by_cached_key(key);
        if order.descending {
            sorted.reverse();
        }
        // Should the last object of the page before be gone, the list starts over.
        let start = after.and_then(|id| sorted.iter().position(|it| it.id == id)).map_or(0, |it| it + 1);
        return Box::new(sorted.into_iter().skip(start));
    }
    match lookup(call, deleted, query) {
        Some(found) => {
            let rest = found.into_iter().filter(move |it| after.is_none_or(|after| after < *it));
            Box::new(rest.filter_map(visible))
        }
        None => Box::new(tenant.store.ids_after(kind, deleted, after).filter_map(visible)),
    }
}

/// The only objects that can pass a filter, if an index answers it; else every object has to be tried.
fn lookup(call: &Call<'_>, deleted: bool, query: &Query) -> Option<BTreeSet<Uuid>> {
    let (property, texts) = query.filter.as_ref().and_then(filter::Filter::keys)?;
    if property == "id" {
        return Some(texts.into_iter().filter_map(object_id).collect());
    }
    // The recycle bin holds no keys, and a lagging index may still know an old value.
    if deleted || call.tenant.replication.list_ms != 0 {
        return None;
    }
    let space = match property {
        "userPrincipalName" => KeySpace::UserPrincipalName,
        "onPremisesImmutableId" => KeySpace::ImmutableId,
        "uniqueName" => KeySpace::UniqueName,
        _ => return None,
    };
    Some(texts.into_iter().filter_map(|it| call.tenant.store.holder(space, it)).collect())
}

/// One element of a collection.
pub(crate) fn item(call: &Call<'_>, object: &Object, query: &Query) -> Map<String, Value> {
    let mut view = object.view(query.select.as_deref());
    if object.kind == Kind::User && admission::reads_basics_only(call.caller) {
        hide_all_but_basics(&mut view);
    }
    if let Some(expand) = &query.expand {
        expand_into(call, object, expand, &mut view);
    }
    view
}

/// What the permission does not reach comes without a value.
fn hide_all_but_basics(view: &mut Map<String, Value>) {
    for (_, value) in view.iter_mut().filter(|(name, _)| !admission::BASICS.contains(&name.as_str())) {
        *value = if value.is_array() { Value::Array(Vec::new()) } else { Value::Null };
    }
}

fn expand_into(call: &Call<'_>, object: &Object, expand: &Expand, view: &mut Map<String, Value>) {
    let ids: Vec<Uuid> = match expand.name.as_str() {
        "manager" => object.manager.into_iter().collect(),
        "owners" => object.owners.iter().copied().collect(),
        _ => object.members.iter().copied().collect(),
    };
    let expanded = ids
        .into_iter()
        .filter_map(|id| call.tenant.store.get(id))
        .filter(|it| it.deleted.is_none())
        .take(EXPANDED_MAX)
        .map(|it| Value::Object(typed(it, expand.select.as_deref())));
    if expand.name == "manager" {
        if let Some(manager) = { expanded }.next() {
            view.insert("manager".to_owned(), manager);
        }
    } else {
        view.insert(expand.name.clone(), expanded.collect());
    }
}

/// An object among objects of other types, which says what it is.
pub(crate) fn typed(object: &Object, select: Option<&[String]>) -> Map<String, Value> {
    let mut view = Map::new();
    view.insert("@odata.type".to_owned(), format!("#{}", object.kind.type_name()).into());
    view.extend(object.view(select));
    view
}
