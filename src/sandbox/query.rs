//! Query options of a list or of one object (graph-tenant reference, 3.1 and 3.2), and opaque page tokens.
//!
//! It checks what was asked; reading is the routes' business.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::hmac;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::errors::Refusal;
use super::exchange::{Request, encode};
use super::filter::{self, Filter};
use super::object::Kind;
use super::schema::{self, Index};

/// Size of a page when the client names none, and the largest that it may name.
const PAGE: usize = 100;
const PAGE_MAX: usize = 999;

/// Navigation properties that `$expand` takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Expand {
    pub(crate) name: String,
    pub(crate) select: Option<Vec<String>>,
}

/// What a request asks for.
#[derive(Clone, Debug, Default)]
pub(crate) struct Query {
    pub(crate) select: Option<Vec<String>>,
    pub(crate) top: usize,
    pub(crate) filter: Option<Filter>,
    /// Whether `@odata.count` is wanted and granted.
    pub(crate) count: bool,
    pub(crate) expand: Option<Expand>,
    pub(crate) order: Option<Order>,
}

/// Property to sort by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Order {
    pub(crate) property: String,
    pub(crate) descending: bool,
}

impl Query {
    /// Reads the options of a collection.
    pub(crate) fn of_list(request: &Request, kind: Kind) -> Result<Self, Refusal> {
        known_options(
            request,
            &["$select", "$top", "$filter", "$count", "$expand", "$skiptoken", "$orderby", "$search"],
        )?;
        if request.parameter("$search").is_some() {
            return Err(Refusal::unsupported_query(if request.eventual() {
                "The sandbox does not search."
            } else {
                "Request with $search query parameter only works through MSGraph with a special request header: \
                 'ConsistencyLevel: eventual'"
            }));
        }
        let wants_count = match request.parameter("$count") {
            None | Some("false") => false,
            Some("true") => true,
            Some(_) => return Err(Refusal::new(400, "BadRequest", "Invalid value for $count.")),
        };
        let advanced = request.eventual() && wants_count;
        let order = order(request, kind, advanced)?;
        let filter = match request.parameter("$filter") {
            Some(text) => {
                let filter = filter::parse(text, kind)?;
                filter.admit(advanced)?;
                Some(filter)
            }
            None => None,
        };
        let expand = expand(request, kind)?;
        let top = top(request)?;
        Ok(Self {
            select: select(request, kind)?,
            // Expanding a reference limits the page.
            top: if expand.is_some() { top.min(PAGE) } else { top },
            filter,
            count: request.eventual() && wants_count,
            expand,
            order,
        })
    }

    /// Reads the options of one object.
    pub(crate) fn of_object(request: &Request, kind: Kind) -> Result<Self, Refusal> {
        known_options(request, &["$select", "$expand", "$count"])?;
        Ok(Self { select: select(request, kind)?, expand: expand(request, kind)?, top: 1, ..Self::default() })
    }
}

/// Refuses query options that a route does not know.
pub(crate) fn known_options(request: &Request, known: &[&str]) -> Result<(), Refusal> {
    match request.query.iter().find(|(name, _)| name.starts_with('$') && !known.contains(&name.as_str())) {
        Some((name, _)) => Err(Refusal::new(
            400,
            "BadRequest",
            format!("The query parameter '{name}' is not supported for this request."),
        )),
        None => Ok(()),
    }
}

/// `$select`, every name checked against the schema.
pub(crate) fn select(request: &Request, kind: Kind) -> Result<Option<Vec<String>>, Refusal> {
    request.parameter("$select").map(|it| names(it, kind)).transpose()
}

fn names(list: &str, kind: Kind) -> Result<Vec<String>, Refusal> {
    let mut names: Vec<String> = Vec::new();
    for name in list.split(',').map(str::trim).filter(|it| !it.is_empty()) {
        if schema::property(kind, name).is_none() && !schema::is_extension(name) {
            return Err(unknown_property(name, kind));
        }
        if !names.iter().any(|it| it == name) {
            names.push(name.to_owned());
        }
    }
    Ok(names)
}

pub(crate) fn unknown_property(name: &str, kind: Kind) -> Refusal {
    Refusal::bad_request(format!("Could not find a property named '{name}' on type '{}'.", kind.type_name()))
}

/// `$top`, within the limits of the service.
pub(crate) fn top(request: &Request) -> Result<usize, Refusal> {
    let Some(text) = request.parameter("$top") else { return Ok(PAGE) };
    let invalid = || {
        Refusal::unsupported_query(format!(
            "Invalid page size specified: '{text}'. Must be between 1 and {PAGE_MAX} inclusive."
        ))
    };
    let top: usize = text.parse().map_err(|_| invalid())?;
    if (1..=PAGE_MAX).contains(&top) { Ok(top) } else { Err(invalid()) }
}

/// Two properties sort by default; with a filter, or by other properties, it takes an advanced query.
fn order(request: &Request, kind: Kind, advanced: bool) -> Result<Option<Order>, Refusal> {
    let Some(text) = request.parameter("$orderby") else { return Ok(None) };
    let unsupported = || Refusal::unsupported_query("Sorting not supported for current query.");
    let (property, descending) = match text.split_whitespace().collect::<Vec<_>>().as_slice() {
        [property] | [property, "asc"] => ((*property).to_owned(), false),
        [property, "desc"] => ((*property).to_owned(), true),
        _ => return Err(unsupported()),
    };
    let index = schema::property(kind, &property).ok_or_else(|| unknown_property(&property, kind))?.index;
    let plain = matches!(property.as_str(), "displayName" | "userPrincipalName");
    let filtered = request.parameter("$filter").is_some();
    if (plain && !filtered) || (advanced && index == Index::Full) {
        Ok(Some(Order { property, descending }))
    } else {
        Err(unsupported())
    }
}

fn expand(request: &Request, kind: Kind) -> Result<Option<Expand>, Refusal> {
    let Some(text) = request.parameter("$expand") else { return Ok(None) };
    let (name, rest) = text.split_once('(').unwrap_or((text, ""));
    let target = match (kind, name) {
        (Kind::User | Kind::Contact, "manager") | (Kind::Group, "members" | "owners") => Kind::User,
        (Kind::User | Kind::Group | Kind::Contact, _) => return Err(unknown_property(name, kind)),
    };
    let select = match rest.strip_suffix(')').map(|it| it.strip_prefix("$select=")) {
        None if rest.is_empty() => None,
        Some(Some(list)) => Some(names(list, target)?),
        Some(None) | None => {
            return Err(Refusal::new(400, "BadRequest", format!("Parsing $expand failed at '{rest}'.")));
        }
    };
    Ok(Some(Expand { name: name.to_owned(), select }))
}

/// Writes an opaque token: signed, so that nobody builds one by hand.
pub(crate) fn seal(key: &hmac::Key, content: &impl Serialize) -> String {
    let json = serde_json::to_vec(content).expect("token contents are plain structs");
    let tag = hmac::sign(key, &json);
    let mut bytes = tag.as_ref()[..8].to_vec();
    bytes.extend(json);
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Reads a token that [`seal`] wrote.
pub(crate) fn open<T: DeserializeOwned>(key: &hmac::Key, token: &str) -> Option<T> {
    let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
    let (tag, json) = bytes.split_at_checked(8)?;
    if hmac::sign(key, json).as_ref()[..8] != *tag {
        return None;
    }
    serde_json::from_slice(json).ok()
}

/// The link to the next page: the same request with another token.
pub(crate) fn next_link(request: &Request, token: &str) -> String {
    use std::fmt::Write as _;
    let mut link = format!("{}{}?", request.base, request.path);
    for (name, value) in request.query.iter().filter(|(name, _)| name != "$skiptoken") {
        write!(link, "{}={}&", encode(name), encode(value)).expect("writing to a string does not fail");
    }
    link.push_str("$skiptoken=");
    link.push_str(token);
    link
}
