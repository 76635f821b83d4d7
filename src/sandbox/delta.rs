//! Delta queries over the journal (graph-tenant reference, 3.3): everything once, then what changed, with
//! tokens of seven days.
//!
//! Between two tokens an object is reported once, as it is now; the journal decides whether and how.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::errors::Refusal;
use super::exchange::{Request, Response};
use super::faults::Effect;
use super::journal::{TOKEN_LIFE, What};
use super::object::{Kind, Object};
use super::routes::{context, object_id};
use super::tenant::{Answer, Tenant, lag};
use super::{query, schema};

/// Objects per page, unless `Prefer: odata.maxpagesize` asks for fewer.
const PAGE: usize = 200;
/// Members per object and page; a larger group is repeated on the next page with the rest.
const MEMBERS_PER_PAGE: usize = 1_000;
/// Most ids in a `$filter`.
const FILTER_IDS_MAX: usize = 50;

/// What a token remembers, so that links carry no other parameter.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Token {
    kind: Kind,
    select: Option<Vec<String>>,
    ids: Option<BTreeSet<Uuid>>,
    stage: Stage,
    issued_s: i64,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
enum Stage {
    /// Lists everything; the journal up to `since` is part of it.
    Initial { since: u64, after: Option<Uuid>, members_after: Option<Uuid> },
    /// Reports what the journal holds after `since`; `after` is the last object of the page before.
    Changes { since: u64, until: Option<u64>, after: Option<Uuid> },
}

/// What happened to one object between two tokens.
#[derive(Debug, Default)]
struct Happened {
    names: BTreeSet<String>,
    members: BTreeMap<Uuid, bool>,
    appeared: bool,
    deleted: bool,
    purged: bool,
}

struct Page {
    items: Vec<Value>,
    /// Where to go on, if this was not the last page.
    next: Option<Stage>,
    /// The journal number that the delta link starts from.
    since: u64,
}

/// `GET /users/delta`, `GET /groups/delta`.
pub(crate) fn answer(tenant: &Tenant, request: &Request, kind: Kind, struck: Option<&Effect>) -> Answer {
    if struck == Some(&Effect::DeltaGone) {
        return Err(gone(request));
    }
    let token = match (request.parameter("$deltatoken"), request.parameter("$skiptoken")) {
        (Some("latest"), None) => return latest(tenant, request, kind),
        // An empty token is how a client is sent back to the start.
        (Some("") | None, None) => first(tenant, request, kind)?,
        (Some(text), None) | (None, Some(text)) => resume(tenant, request, kind, text)?,
        (Some(_), Some(_)) => return Err(Refusal::bad_request("The request has two state tokens.")),
    };
    let size = page_size(request);
    let mut page = match &token.stage {
        Stage::Initial { since, after, members_after } => {
            initial_page(tenant, &token, (*since, *after, *members_after), size)
        }
        Stage::Changes { since, until, after } => {
            let minimal = request.prefers("return=minimal");
            changes_page(tenant, &token, (*since, *until, *after), (size, minimal))
        }
    };
    if struck == Some(&Effect::DeltaReplay) {
        let again = page.items.clone();
        page.items.extend(again);
    }
    Ok(respond(tenant, request, token, page))
}

fn first(tenant: &Tenant, request: &Request, kind: Kind) -> Result<Token, Refusal> {
    if let Some((name, _)) = request.query.iter().find(|(name, _)| {
        name.starts_with('$') && !matches!(name.as_str(), "$select" | "$filter" | "$deltatoken")
    }) {
        return Err(Refusal::bad_request(format!(
            "The query option '{name}' is not supported by delta queries."
        )));
    }
    let since = tenant.store.journal.seen(tenant.now(), lag(tenant.replication.delta_ms));
    Ok(Token {
        kind,
        select: select(request, kind)?,
        ids: filter_ids(request)?,
        stage: Stage::Initial { since, after: None, members_after: None },
        issued_s: tenant.now().as_second(),
    })
}

/// `$select` of a delta query may also name the references it tracks.
fn select(request: &Request, kind: Kind) -> Result<Option<Vec<String>>, Refusal> {
    let Some(list) = request.parameter("$select") else { return Ok(None) };
    let mut names: Vec<String> = Vec::new();
    for name in list.split(',').map(str::trim).filter(|it| !it.is_empty()) {
        let tracked = matches!((kind, name), (Kind::User, "manager") | (Kind::Group, "members" | "owners"));
        if !tracked && schema::property(kind, name).is_none() && !schema::is_extension(name) {
            return Err(query::unknown_property(name, kind));
        }
        if !names.iter().any(|it| it == name) {
            names.push(name.to_owned());
        }
    }
    Ok(Some(names))
}

/// The only filter: `id eq 'a' or id eq 'b'`.
fn filter_ids(request: &Request) -> Result<Option<BTreeSet<Uuid>>, Refusal> {
    let Some(text) = request.parameter("$filter") else { return Ok(None) };
    let unsupported = || Refusal::unsupported_query("Unsupported Query.");
    let mut ids = BTreeSet::new();
    for clause in text.split(" or ") {
        let literal = clause.trim().strip_prefix("id eq ").map(|it| it.trim().trim_matches('\''));
        ids.insert(literal.and_then(object_id).ok_or_else(unsupported)?);
    }
    if FILTER_IDS_MAX < ids.len() { Err(unsupported()) } else { Ok(Some(ids)) }
}

fn latest(tenant: &Tenant, request: &Request, kind: Kind) -> Answer {
    let request_of_start = Request {
        query: request.query.iter().filter(|(name, _)| name != "$deltatoken").cloned().collect(),
        ..request.clone()
    };
    let token = first(tenant, &request_of_start, kind)?;
    let since = tenant.store.journal.seen(tenant.now(), lag(tenant.replication.delta_ms));
    Ok(respond(tenant, request, token, Page { items: Vec::new(), next: None, since }))
}

fn resume(tenant: &Tenant, request: &Request, kind: Kind, text: &str) -> Result<Token, Refusal> {
    let token: Token = query::open(&tenant.key, text)
        .filter(|it: &Token| it.kind == kind)
        .ok_or_else(|| Refusal::new(400, "syncStateNotFound", "The sync state generation is not found."))?;
    if token.issued_s + TOKEN_LIFE.as_secs() < tenant.now().as_second() {
        return Err(gone(request));
    }
    Ok(token)
}

/// The client has to start over; `Location` says where.
fn gone(request: &Request) -> Refusal {
    let start = format!("{}{}?$deltatoken=", request.base, request.path);
    Refusal::new(410, "resyncRequired", "Resync required. Replace any local items with the server's version.")
        .header("Location", start)
}

fn page_size(request: &Request) -> usize {
    request
        .header("prefer")
        .and_then(|it| it.split([',', ';']).find_map(|it| it.trim().strip_prefix("odata.maxpagesize=")))
        .and_then(|it| it.parse().ok())
        .map_or(PAGE, |it: usize| it.clamp(1, PAGE))
}

fn initial_page(
    tenant: &Tenant,
    token: &Token,
    (since, mut after, mut members_after): (u64, Option<Uuid>, Option<Uuid>),
    size: usize,
) -> Page {
    let delay = lag(tenant.replication.delta_ms);
    let mut items = Vec::new();
    for id in tenant.store.ids_after(token.kind, false, after) {
        let Some(object) = tenant.store.seen(id, tenant.now(), delay) else { continue };
        let wanted = token.ids.as_ref().is_none_or(|it| it.contains(&id));
        if object.kind != token.kind || object.deleted.is_some() || !wanted {
            continue;
        }
        if items.len() == size {
            return Page { items, next: Some(Stage::Initial { since, after, members_after: None }), since };
        }
        let mut item = whole(object, token);
        let rest = add_members(tenant, token, object, members_after.take(), &mut item);
        items.push(Value::Object(item));
        if rest.is_some() {
            return Page { items, next: Some(Stage::Initial { since, after, members_after: rest }), since };
        }
        after = Some(id);
    }
    Page { items, next: None, since }
}

/// The selected properties that have a value.
fn whole(object: &Object, token: &Token) -> Map<String, Value> {
    let plain: Option<Vec<String>> = token.select.as_ref().map(|names| {
        let plain = |it: &&String| schema::property(token.kind, it).is_some() || schema::is_extension(it);
        names.iter().filter(plain).cloned().collect()
    });
    let mut view = object.view(plain.as_deref());
    view.retain(|_, value| !value.is_null());
    add_manager(object, token, &mut view);
    view
}

fn add_manager(object: &Object, token: &Token, view: &mut Map<String, Value>) {
    if tracks(token, "manager")
        && let Some(manager) = object.manager
    {
        let reference = json!([{ "@odata.type": "#microsoft.graph.user", "id": manager }]);
        view.insert("manager@delta".to_owned(), reference);
    }
}

/// Adds a stretch of members; where the next stretch begins, if there is one.
fn add_members(
    tenant: &Tenant,
    token: &Token,
    object: &Object,
    after: Option<Uuid>,
    view: &mut Map<String, Value>,
) -> Option<Uuid> {
    if tracks(token, "owners") && !object.owners.is_empty() {
        let owners = object.owners.iter().map(|id| reference(tenant, *id, true)).collect();
        view.insert("owners@delta".to_owned(), owners);
    }
    if !tracks(token, "members") {
        return None;
    }
    let from = after.map_or(std::ops::Bound::Unbounded, std::ops::Bound::Excluded);
    let mut rest = object.members.range((from, std::ops::Bound::Unbounded)).copied();
    let stretch: Vec<Uuid> = rest.by_ref().take(MEMBERS_PER_PAGE).collect();
    if !stretch.is_empty() {
        let members = stretch.iter().map(|id| reference(tenant, *id, true)).collect();
        view.insert("members@delta".to_owned(), members);
    }
    rest.next().and(stretch.last().copied())
}

fn tracks(token: &Token, name: &str) -> bool {
    token.select.as_ref().is_some_and(|names| names.iter().any(|it| it == name))
}

fn reference(tenant: &Tenant, id: Uuid, present: bool) -> Value {
    let kind = tenant.store.get(id).map_or(Kind::User, |it| it.kind);
    let mut item = json!({ "@odata.type": format!("#{}", kind.type_name()), "id": id });
    if !present {
        item["@removed"] = json!({ "reason": "deleted" });
    }
    item
}

fn changes_page(
    tenant: &Tenant,
    token: &Token,
    (since, until, after): (u64, Option<u64>, Option<Uuid>),
    (size, minimal): (usize, bool),
) -> Page {
    let journal = &tenant.store.journal;
    // All pages of one round end at the same entry; later ones belong to the next round.
    let until =
        until.unwrap_or_else(|| journal.seen(tenant.now(), lag(tenant.replication.delta_ms)).max(since));
    let mut happened: BTreeMap<Uuid, Happened> = BTreeMap::new();
    for entry in journal.after(since).take_while(|it| it.number <= until) {
        let wanted = entry.kind == token.kind
            && after.is_none_or(|it| it < entry.id)
            && token.ids.as_ref().is_none_or(|it| it.contains(&entry.id));
        if wanted {
            happened.entry(entry.id).or_default().add(&entry.what);
        }
    }
    let mut items = Vec::new();
    let mut last = None;
    for (id, it) in &happened {
        if items.len() == size {
            let next = Stage::Changes { since, until: Some(until), after: last };
            return Page { items, next: Some(next), since };
        }
        items.extend(change(tenant, token, *id, it, minimal));
        last = Some(*id);
    }
    Page { items, next: None, since: until }
}

impl Happened {
    fn add(&mut self, what: &What) {
        match what {
            What::Created | What::Restored => {
                self.appeared = true;
                self.deleted = false;
            }
            What::Changed(names) => self.names.extend(names.iter().cloned()),
            What::MemberAdded(id) => {
                self.members.insert(*id, true);
            }
            What::MemberRemoved(id) => {
                self.members.insert(*id, false);
            }
            What::Deleted => self.deleted = true,
            What::Purged => self.purged = true,
        }
    }
}

/// One object of a round, if it has anything to tell under this `$select`.
///
/// A new object with very many members is repeated with the rest of them.
fn change(tenant: &Tenant, token: &Token, id: Uuid, happened: &Happened, minimal: bool) -> Vec<Value> {
    let removed = |reason: &str| vec![json!({ "id": id, "@removed": { "reason": reason } })];
    if happened.purged {
        return removed("deleted");
    }
    if happened.deleted {
        return removed("changed");
    }
    let Some(object) = tenant.store.get(id) else { return Vec::new() };
    if happened.appeared {
        return appearance(tenant, token, object);
    }
    let watched: Vec<&String> = happened.names.iter().filter(|it| selected(token, it)).collect();
    let members: Vec<Value> = if tracks(token, "members") {
        happened.members.iter().map(|(id, present)| reference(tenant, *id, *present)).collect()
    } else {
        Vec::new()
    };
    if watched.is_empty() && members.is_empty() {
        return Vec::new();
    }
    let mut view = if minimal { Map::new() } else { whole(object, token) };
    view.insert("id".to_owned(), id.to_string().into());
    for name in watched {
        match name.as_str() {
            "manager" => {
                add_manager(object, token, &mut view);
                view.entry("manager@delta").or_insert_with(|| json!([]));
            }
            "owners" => {
                let owners = object.owners.iter().map(|id| reference(tenant, *id, true)).collect();
                view.insert("owners@delta".to_owned(), owners);
            }
            // What was taken away shows as null.
            _ => {
                view.insert(name.clone(), object.value(name));
            }
        }
    }
    if !members.is_empty() {
        view.insert("members@delta".to_owned(), members.into());
    }
    vec![Value::Object(view)]
}

fn appearance(tenant: &Tenant, token: &Token, object: &Object) -> Vec<Value> {
    let mut items = Vec::new();
    let mut after = None;
    loop {
        let mut view = whole(object, token);
        after = add_members(tenant, token, object, after, &mut view);
        items.push(Value::Object(view));
        if after.is_none() {
            return items;
        }
    }
}

/// Whether changes of a property surface.
fn selected(token: &Token, name: &str) -> bool {
    match &token.select {
        Some(names) => names.iter().any(|it| it == name),
        None => schema::property(token.kind, name).is_some_and(|it| it.default),
    }
}

fn respond(tenant: &Tenant, request: &Request, token: Token, page: Page) -> Response {
    let name = token.kind.collection();
    let fragment = match &token.select {
        Some(names) => format!("{name}({})", names.join(",")),
        None => name.to_owned(),
    };
    let (link, parameter, stage) = if let Some(stage) = page.next {
        ("@odata.nextLink", "$skiptoken", stage)
    } else {
        let stage = Stage::Changes { since: page.since, until: None, after: None };
        ("@odata.deltaLink", "$deltatoken", stage)
    };
    let token = Token { stage, issued_s: tenant.now().as_second(), ..token };
    let url = format!("{}{}?{parameter}={}", request.base, request.path, query::seal(&tenant.key, &token));
    let mut body = json!({ "@odata.context": context(request, &fragment) });
    body[link] = url.into();
    body["value"] = page.items.into();
    Response::json(200, body)
}
