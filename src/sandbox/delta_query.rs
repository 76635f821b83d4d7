//! What a delta query asks for and what its token remembers (graph-tenant reference, 3.3).
//!
//! It reads no object and no journal.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::errors::Refusal;
use super::exchange::Request;
use super::object::Kind;
use super::routes::object_id;
use super::token::Caller;
use super::{query, schema};

/// Most ids in a `$filter`.
const FILTER_IDS_MAX: usize = 50;

/// Which collection is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Scope {
    /// `/users/delta` or `/groups/delta`.
    One(Kind),
    /// `/directoryObjects/delta`, whose filter may name types.
    Mixed,
}

/// A property that is tracked on objects of a type.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Tracked {
    kind: Kind,
    name: String,
}

/// The query, so that links carry no other parameter.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct DeltaQuery {
    pub(crate) scope: Scope,
    /// In the order in which their objects are listed.
    pub(crate) kinds: Vec<Kind>,
    select: Option<Vec<Tracked>>,
    ids: Option<BTreeSet<Uuid>>,
}

impl Scope {
    /// As the context names the collection.
    pub(crate) const fn collection(self) -> &'static str {
        match self {
            Self::One(kind) => kind.collection(),
            Self::Mixed => "directoryObjects",
        }
    }

    const fn kinds(self) -> &'static [Kind] {
        match self {
            Self::One(Kind::User) => &[Kind::User],
            Self::One(Kind::Group) => &[Kind::Group],
            Self::One(Kind::Contact) => &[Kind::Contact],
            Self::Mixed => &[Kind::User, Kind::Group],
        }
    }
}

impl DeltaQuery {
    /// Reads the parameters of a query that has no token yet.
    pub(crate) fn read(request: &Request, scope: Scope) -> Result<Self, Refusal> {
        let known = ["$select", "$filter", "$deltatoken"];
        let unknown =
            request.query.iter().find(|(name, _)| name.starts_with('$') && !known.contains(&name.as_str()));
        if let Some((name, _)) = unknown {
            let text = format!("The query option '{name}' is not supported by delta queries.");
            return Err(Refusal::bad_request(text));
        }
        let (kinds, ids) = filter(request, scope)?;
        Ok(Self { scope, select: select(request, scope, &kinds)?, kinds, ids })
    }

    /// Whether the caller may read every type that the query tracks.
    pub(crate) fn admit(&self, caller: &Caller) -> Result<(), Refusal> {
        let may = |kind: &Kind| {
            let own: &[&str] = match kind {
                Kind::User => &["User.Read.All", "User.ReadWrite.All"],
                Kind::Group => &["Group.Read.All", "Group.ReadWrite.All"],
                Kind::Contact => &["OrgContact.Read.All"],
            };
            own.iter().chain(&["Directory.Read.All", "Directory.ReadWrite.All"]).any(|it| caller.has(it))
        };
        if self.scope != Scope::Mixed || self.kinds.iter().all(may) {
            Ok(())
        } else {
            Err(Refusal::forbidden())
        }
    }

    /// Whether an object is one of those that the query is about.
    pub(crate) fn wants(&self, kind: Kind, id: Uuid) -> bool {
        self.kinds.contains(&kind) && self.ids.as_ref().is_none_or(|it| it.contains(&id))
    }

    /// Whether references of that name are asked for. Without `$select`, a query over several types tracks
    /// the members of groups.
    pub(crate) fn tracks(&self, kind: Kind, name: &str) -> bool {
        match &self.select {
            Some(tracked) => tracked.iter().any(|it| it.kind == kind && it.name == name),
            None => self.scope == Scope::Mixed && kind == Kind::Group && name == "members",
        }
    }

    /// Whether changes of a property surface.
    pub(crate) fn surfaces(&self, kind: Kind, name: &str) -> bool {
        match &self.select {
            Some(_) => self.tracks(kind, name),
            None => schema::property(kind, name).is_some_and(|it| it.default),
        }
    }

    /// The selected properties of a type that are no references; `None` is the default ones.
    pub(crate) fn plain_names(&self, kind: Kind) -> Option<Vec<String>> {
        let plain = |it: &&Tracked| {
            it.kind == kind && (schema::property(kind, &it.name).is_some() || schema::is_extension(&it.name))
        };
        self.select.as_ref().map(|names| names.iter().filter(plain).map(|it| it.name.clone()).collect())
    }

    /// The collection with what is selected of it, for the context.
    pub(crate) fn fragment(&self) -> String {
        match (&self.select, self.scope) {
            (Some(names), Scope::One(kind)) => {
                let names: Vec<&str> = names.iter().map(|it| it.name.as_str()).collect();
                format!("{}({})", kind.collection(), names.join(","))
            }
            (None, Scope::One(_)) | (_, Scope::Mixed) => self.scope.collection().to_owned(),
        }
    }
}

/// `$select` may also name the references it tracks; over several types a name may carry its type.
fn select(request: &Request, scope: Scope, kinds: &[Kind]) -> Result<Option<Vec<Tracked>>, Refusal> {
    let Some(list) = request.parameter("$select") else { return Ok(None) };
    let mut tracked: Vec<Tracked> = Vec::new();
    for item in list.split(',').map(str::trim).filter(|it| !it.is_empty()) {
        let (of, name) = match item.split_once('/') {
            Some((type_name, name)) if scope == Scope::Mixed => (Some(type_name), name),
            Some(_) | None => (None, item),
        };
        let fits = |kind: &&Kind| of.is_none_or(|it| it == kind.type_name()) && trackable(**kind, name);
        let found: Vec<Tracked> =
            kinds.iter().filter(fits).map(|kind| Tracked { kind: *kind, name: name.to_owned() }).collect();
        if found.is_empty() {
            return Err(query::unknown_property(name, kinds.first().copied().unwrap_or(Kind::User)));
        }
        for new in found {
            if !tracked.contains(&new) {
                tracked.push(new);
            }
        }
    }
    Ok(Some(tracked))
}

fn trackable(kind: Kind, name: &str) -> bool {
    matches!((kind, name), (Kind::User | Kind::Contact, "manager") | (Kind::Group, "members" | "owners"))
        || schema::property(kind, name).is_some()
        || schema::is_extension(name)
}

/// `id eq 'a' or id eq 'b'`; over several types also `isof('microsoft.graph.user')`. With both, objects have
/// to meet one of each.
fn filter(request: &Request, scope: Scope) -> Result<(Vec<Kind>, Option<BTreeSet<Uuid>>), Refusal> {
    let all = scope.kinds();
    let Some(text) = request.parameter("$filter") else { return Ok((all.to_vec(), None)) };
    let unsupported = || Refusal::unsupported_query("Unsupported Query.");
    let mut ids = BTreeSet::new();
    let mut types = BTreeSet::new();
    for clause in text.split(" or ").map(str::trim) {
        if let Some(literal) = clause.strip_prefix("id eq ") {
            ids.insert(object_id(literal.trim().trim_matches('\'')).ok_or_else(unsupported)?);
        } else {
            let name = clause.strip_prefix("isof('").and_then(|it| it.strip_suffix("')"));
            let kind = all.iter().find(|it| Some(it.type_name()) == name && scope == Scope::Mixed);
            types.insert(*kind.ok_or_else(unsupported)?);
        }
    }
    if FILTER_IDS_MAX < ids.len() {
        return Err(unsupported());
    }
    let kinds = if types.is_empty() { all.to_vec() } else { types.into_iter().collect() };
    Ok((kinds, (!ids.is_empty()).then_some(ids)))
}
