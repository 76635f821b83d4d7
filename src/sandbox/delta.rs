//! Delta queries over the journal (graph-tenant reference, 3.3): everything once, then what changed, with
//! tokens of seven days.
//!
//! Between two tokens an object is reported once, as it is now; the journal decides whether and how.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::delta_query::{DeltaQuery, Scope};
use super::errors::Refusal;
use super::exchange::{Request, Response};
use super::faults::Effect;
use super::journal::{TOKEN_LIFE, What};
use super::object::{Kind, Object};
use super::query;
use super::routes::context;
use super::tenant::{Answer, Tenant, lag};
use super::token::Caller;

/// Objects per page, unless `Prefer: odata.maxpagesize` asks for fewer.
const PAGE: usize = 200;
/// Members per object and page; a larger group is repeated on the next page with the rest.
const MEMBERS_PER_PAGE: usize = 1_000;

/// What a token remembers.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Token {
    query: DeltaQuery,
    stage: Stage,
    issued_s: i64,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
enum Stage {
    /// Lists everything; the journal up to `since` is part of it.
    Initial { since: u64, after: Option<(Kind, Uuid)>, members_after: Option<Uuid> },
    /// Reports what the journal holds after `since`; `after` is the last object of the page before.
    Changes { since: u64, until: Option<u64>, after: Option<Uuid> },
}

/// What happened to one object between two tokens.
#[derive(Debug)]
struct Happened {
    kind: Kind,
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

/// `GET /users/delta`, `GET /groups/delta`, `GET /directoryObjects/delta`.
pub(crate) fn answer(
    tenant: &Tenant,
    (request, caller): (&Request, &Caller),
    scope: Scope,
    struck: Option<&Effect>,
) -> Answer {
    if struck == Some(&Effect::DeltaGone) {
        return Err(gone(request));
    }
    let token = match (request.parameter("$deltatoken"), request.parameter("$skiptoken")) {
        (Some("latest"), None) => return latest(tenant, request, scope),
        // An empty token is how a client is sent back to the start.
        (Some("") | None, None) => first(tenant, request, scope)?,
        (Some(text), None) | (None, Some(text)) => resume(tenant, request, scope, text)?,
        (Some(_), Some(_)) => return Err(Refusal::bad_request("The request has two state tokens.")),
    };
    token.query.admit(caller)?;
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

fn first(tenant: &Tenant, request: &Request, scope: Scope) -> Result<Token, Refusal> {
    let since = tenant.store.journal.seen(tenant.now(), lag(tenant.replication.delta_ms));
    Ok(Token {
        query: DeltaQuery::read(request, scope)?,
        stage: Stage::Initial { since, after: None, members_after: None },
        issued_s: tenant.now().as_second(),
    })
}

fn latest(tenant: &Tenant, request: &Request, scope: Scope) -> Answer {
    let request_of_start = Request {
        query: request.query.iter().filter(|(name, _)| name != "$deltatoken").cloned().collect(),
        ..request.clone()
    };
    let token = first(tenant, &request_of_start, scope)?;
    let since = tenant.store.journal.seen(tenant.now(), lag(tenant.replication.delta_ms));
    Ok(respond(tenant, request, token, Page { items: Vec::new(), next: None, since }))
}

fn resume(tenant: &Tenant, request: &Request, scope: Scope, text: &str) -> Result<Token, Refusal> {
    let token: Token = query::open(&tenant.key, text)
        .filter(|it: &Token| it.query.scope == scope)
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
    (since, mut after, mut members_after): (u64, Option<(Kind, Uuid)>, Option<Uuid>),
    size: usize,
) -> Page {
    let delay = lag(tenant.replication.delta_ms);
    let mut items = Vec::new();
    let kinds = token.query.kinds.clone();
    let begun = after.map_or(0, |(kind, _)| kinds.iter().position(|it| *it == kind).unwrap_or(0));
    for kind in kinds.into_iter().skip(begun) {
        let start = after.filter(|(it, _)| *it == kind).map(|(_, id)| id);
        for id in tenant.store.ids_after(kind, false, start) {
            let Some(object) = tenant.store.seen(id, tenant.now(), delay) else { continue };
            if object.kind != kind || object.deleted.is_some() || !token.query.wants(kind, id) {
                continue;
            }
            if items.len() == size {
                let stage = Stage::Initial { since, after, members_after: None };
                return Page { items, next: Some(stage), since };
            }
            let mut item = whole(object, token);
            let rest = add_members(tenant, token, object, members_after.take(), &mut item);
            items.push(Value::Object(item));
            if rest.is_some() {
                let stage = Stage::Initial { since, after, members_after: rest };
                return Page { items, next: Some(stage), since };
            }
            after = Some((kind, id));
        }
    }
    Page { items, next: None, since }
}

/// The selected properties that have a value.
fn whole(object: &Object, token: &Token) -> Map<String, Value> {
    let mut view = object.view(token.query.plain_names(object.kind).as_deref());
    view.retain(|_, value| !value.is_null());
    name_type(object, token, &mut view);
    add_manager(object, token, &mut view);
    view
}

/// Among objects of several types, each says what it is.
fn name_type(object: &Object, token: &Token, view: &mut Map<String, Value>) {
    if token.query.scope == Scope::Mixed {
        view.insert("@odata.type".to_owned(), format!("#{}", object.kind.type_name()).into());
    }
}

fn add_manager(object: &Object, token: &Token, view: &mut Map<String, Value>) {
    if token.query.tracks(object.kind, "manager")
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
    if token.query.tracks(object.kind, "owners") && !object.owners.is_empty() {
        let owners = object.owners.iter().map(|id| reference(tenant, *id, true)).collect();
        view.insert("owners@delta".to_owned(), owners);
    }
    if !token.query.tracks(object.kind, "members") {
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
        let wanted = after.is_none_or(|it| it < entry.id) && token.query.wants(entry.kind, entry.id);
        if wanted {
            happened.entry(entry.id).or_insert_with(|| Happened::to(entry.kind)).add(&entry.what);
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
    const fn to(kind: Kind) -> Self {
        Self {
            kind,
            names: BTreeSet::new(),
            members: BTreeMap::new(),
            appeared: false,
            deleted: false,
            purged: false,
        }
    }

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
    let removed = |reason: &str| {
        let mut view = json!({ "id": id, "@removed": { "reason": reason } });
        if token.query.scope == Scope::Mixed {
            view["@odata.type"] = format!("#{}", happened.kind.type_name()).into();
        }
        vec![view]
    };
    if happened.purged {
        return removed("deleted");
    }
    if happened.deleted {
        return removed("changed");
    }
    let Some(object) = tenant.store.get(id) else { return Vec::new() };
    let watched: Vec<&String> =
        happened.names.iter().filter(|it| token.query.surfaces(object.kind, it)).collect();
    if happened.appeared {
        return appearance(tenant, token, object, (&watched, happened));
    }
    let members = if token.query.tracks(object.kind, "members") {
        happened.members.iter().map(|(id, present)| reference(tenant, *id, *present)).collect()
    } else {
        Vec::new()
    };
    if watched.is_empty() && members.is_empty() {
        return Vec::new();
    }
    let mut view = if minimal { Map::new() } else { whole(object, token) };
    view.insert("id".to_owned(), id.to_string().into());
    name_type(object, token, &mut view);
    add_changed(tenant, token, object, &watched, &mut view);
    if !members.is_empty() {
        view.insert("members@delta".to_owned(), members.into());
    }
    vec![Value::Object(view)]
}

/// The properties that changed; what was taken away shows as null.
fn add_changed(
    tenant: &Tenant,
    token: &Token,
    object: &Object,
    watched: &[&String],
    view: &mut Map<String, Value>,
) {
    for name in watched {
        match name.as_str() {
            "manager" => {
                add_manager(object, token, view);
                view.entry("manager@delta").or_insert_with(|| json!([]));
            }
            "owners" => {
                let owners = object.owners.iter().map(|id| reference(tenant, *id, true)).collect();
                view.insert("owners@delta".to_owned(), owners);
            }
            _ => {
                view.insert((*name).clone(), object.value(name));
            }
        }
    }
}

/// An object that is new since the token, or back from the recycle bin. A client that did not hear of the
/// deletion in between is told what was taken away, as of any other object.
fn appearance(
    tenant: &Tenant,
    token: &Token,
    object: &Object,
    (watched, happened): (&[&String], &Happened),
) -> Vec<Value> {
    let mut items = Vec::new();
    let mut after = None;
    loop {
        let mut view = whole(object, token);
        add_changed(tenant, token, object, watched, &mut view);
        let first = after.is_none();
        after = add_members(tenant, token, object, after, &mut view);
        let gone = happened.members.iter().filter(|(_, present)| first && !**present);
        let gone: Vec<Value> = gone.map(|(id, _)| reference(tenant, *id, false)).collect();
        if token.query.tracks(object.kind, "members") && !gone.is_empty() {
            let members = view.entry("members@delta").or_insert_with(|| json!([]));
            members.as_array_mut().expect("references are a list").extend(gone);
        }
        items.push(Value::Object(view));
        if after.is_none() {
            return items;
        }
    }
}

fn respond(tenant: &Tenant, request: &Request, token: Token, page: Page) -> Response {
    let fragment = token.query.fragment();
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
