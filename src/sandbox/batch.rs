//! JSON batching: up to twenty requests in one (graph-tenant reference, 6.1).
//!
//! Every item passes through the same code as a request of its own, throttling included. Items that do not
//! depend on each other run, and answer, in no particular order.

use std::collections::{BTreeMap, BTreeSet};

use rand::seq::SliceRandom as _;
use serde_json::{Map, Value, json};

use super::errors::Refusal;
use super::exchange::{Fate, Request, Response};
use super::tenant::{Answer, Tenant};
use super::token::Caller;

/// Most items of one batch.
const ITEMS_MAX: usize = 20;

struct Item {
    id: String,
    depends_on: Vec<String>,
    request: Request,
}

/// `POST /$batch`.
pub(crate) fn answer(tenant: &mut Tenant, request: &Request, caller: &Caller) -> Answer {
    if request.method != "POST" {
        return Err(Refusal::method_not_allowed());
    }
    let body = request.object()?;
    let items = read(request, &body)?;
    let mut waiting: Vec<Item> = items;
    let mut statuses: BTreeMap<String, u16> = BTreeMap::new();
    let mut responses = Vec::new();
    let mut fate = Fate::Delivered;
    while !waiting.is_empty() {
        let (mut ready, rest): (Vec<Item>, Vec<Item>) =
            waiting.into_iter().partition(|it| it.depends_on.iter().all(|id| statuses.contains_key(id)));
        if ready.is_empty() {
            return Err(malformed("The dependencies of the batch form a cycle."));
        }
        ready.shuffle(&mut tenant.random);
        for item in ready {
            let failed = item.depends_on.iter().any(|id| statuses.get(id).is_some_and(|it| 400 <= *it));
            let response =
                if failed { failed_dependency() } else { tenant.answer_item(&item.request, caller, true) };
            if response.fate == Fate::Cut {
                fate = Fate::Cut;
            }
            statuses.insert(item.id.clone(), response.status);
            responses.push(render(&item.id, response));
        }
        waiting = rest;
    }
    responses.shuffle(&mut tenant.random);
    Ok(Response { fate, ..Response::json(200, json!({ "responses": responses })) })
}

fn malformed(text: &str) -> Refusal {
    Refusal::new(400, "BadRequest", text)
}

fn read(outer: &Request, body: &Map<String, Value>) -> Result<Vec<Item>, Refusal> {
    let Some(Value::Array(requests)) = body.get("requests") else {
        return Err(malformed("Invalid batch payload format: 'requests' is missing."));
    };
    if ITEMS_MAX < requests.len() {
        return Err(malformed("Number of batch request steps exceeds the maximum value of 20."));
    }
    if requests.is_empty() {
        return Err(malformed("Invalid batch payload format: 'requests' is empty."));
    }
    let mut items: Vec<Item> = Vec::new();
    for value in requests {
        let item = read_item(outer, value)?;
        if items.iter().any(|it| it.id == item.id) {
            return Err(malformed("The id of every batch request step must be unique."));
        }
        items.push(item);
    }
    let ids: BTreeSet<&str> = items.iter().map(|it| it.id.as_str()).collect();
    if items.iter().flat_map(|it| &it.depends_on).any(|it| !ids.contains(it.as_str())) {
        return Err(malformed("A batch request step depends on a step that is not in the batch."));
    }
    Ok(items)
}

fn read_item(outer: &Request, value: &Value) -> Result<Item, Refusal> {
    let text = |name: &str| {
        let value = value.get(name).and_then(Value::as_str).filter(|it| !it.is_empty());
        value.ok_or_else(|| malformed(&format!("Invalid batch payload format: '{name}' is missing.")))
    };
    let (id, method, url) = (text("id")?, text("method")?, text("url")?);
    let mut request =
        Request { method: method.to_ascii_uppercase(), base: outer.base.clone(), ..Request::default() };
    request.set_target(&target(outer, url)?);
    for (name, value) in value.get("headers").and_then(Value::as_object).into_iter().flatten() {
        let value =
            value.as_str().ok_or_else(|| malformed("A header of a batch request step is not text."))?;
        request.headers.insert(name.to_ascii_lowercase(), value.to_owned());
    }
    // Preferences and priorities of the batch do not reach its items, identity does.
    request.body = match value.get("body") {
        None | Some(Value::Null) => Vec::new(),
        Some(body) => serde_json::to_vec(body).unwrap_or_default(),
    };
    let depends_on = match value.get("dependsOn") {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::Array(ids)) => ids.iter().filter_map(|it| it.as_str().map(str::to_owned)).collect(),
        Some(_) => return Err(malformed("Invalid batch payload format: 'dependsOn' is not a list.")),
    };
    Ok(Item { id: id.to_owned(), depends_on, request })
}

/// Urls are relative to the version under which the batch was sent. Microsoft's Python library sends whole
/// urls of the service instead, which the service takes as well.
fn target(outer: &Request, url: &str) -> Result<String, Refusal> {
    if let Some(rest) = url.strip_prefix(&outer.base).filter(|it| it.starts_with('/')) {
        return Ok(rest.to_owned());
    }
    if url.contains("://") {
        return Err(malformed("The url of a batch request step must be relative."));
    }
    let version = outer.path.trim_start_matches('/').split('/').next().unwrap_or("v1.0");
    Ok(format!("/{version}/{}", url.trim_start_matches('/')))
}

fn failed_dependency() -> Response {
    let text = "The requested action could not be performed because it depended on another action and that action \
                failed.";
    Response::json(424, json!({ "error": { "code": "FailedDependency", "message": text } }))
}

fn render(id: &str, response: Response) -> Value {
    let Response { status, headers, body, text, bytes: _, fate: _ } = response;
    let mut shown: Map<String, Value> =
        headers.into_iter().map(|(name, value)| (name, value.into())).collect();
    let kind = if body.is_some() { "application/json" } else { "text/plain" };
    let body = body.or_else(|| text.map(Value::from));
    if body.is_some() {
        shown.insert("Content-Type".to_owned(), kind.into());
    }
    let mut item = json!({ "id": id, "status": status, "headers": shown });
    if let Some(body) = body {
        item["body"] = body;
    }
    item
}
