//! Small collections of records that are no users and no groups: roles, assignments, domains, subscriptions.
//!
//! It selects, compares for equality and cuts pages; what the records say is their routes' business.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::Call;
use crate::sandbox::errors::Refusal;
use crate::sandbox::exchange::Response;
use crate::sandbox::query;
use crate::sandbox::tenant::Answer;

/// Records per page of a collection that has pages.
const PAGE: usize = 100;

/// A sort of record.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sort {
    /// Collection, as the context names it.
    pub(crate) name: &'static str,
    /// Type, without namespace.
    pub(crate) type_name: &'static str,
    /// Query options that it takes.
    pub(crate) options: &'static [&'static str],
}

#[derive(Serialize, Deserialize)]
struct PageToken {
    records_before: usize,
}

/// A collection, filtered, selected and in pages.
pub(crate) fn collection(call: &Call<'_>, sort: Sort, records: Vec<Value>) -> Answer {
    check_options(call, sort)?;
    let records = filtered(call, sort, records)?;
    let start = match call.request.parameter("$skiptoken") {
        None => 0,
        Some(text) => {
            let token: Option<PageToken> = query::open(&call.tenant.key, text);
            let invalid = || Refusal::bad_request("The specified page token value is not valid.");
            token.ok_or_else(invalid)?.records_before
        }
    };
    let total = records.len();
    let mut shown = Vec::new();
    for record in records.into_iter().skip(start).take(PAGE) {
        shown.push(selected(call, sort, record)?);
    }
    let mut body = json!({ "@odata.context": call.context(sort.name) });
    let end = start.saturating_add(shown.len());
    if end < total {
        let token = query::seal(&call.tenant.key, &PageToken { records_before: end });
        body["@odata.nextLink"] = query::next_link(call.request, &token).into();
    }
    body["value"] = shown.into();
    Ok(Response::json(200, body))
}

/// One record.
pub(crate) fn entity(call: &Call<'_>, sort: Sort, record: Value) -> Answer {
    check_options(call, sort)?;
    let mut view = Map::new();
    view.insert("@odata.context".to_owned(), call.context(&format!("{}/$entity", sort.name)).into());
    if let Value::Object(members) = selected(call, sort, record)? {
        view.extend(members);
    }
    Ok(Response::json(200, Value::Object(view)))
}

fn check_options(call: &Call<'_>, sort: Sort) -> Result<(), Refusal> {
    let unknown = call.request.query.iter().find(|(name, _)| {
        name.starts_with('$') && name != "$skiptoken" && !sort.options.contains(&name.as_str())
    });
    match unknown {
        Some((option, _)) => {
            Err(Refusal::unsupported_query(format!("The query option '{option}' is not supported.")))
        }
        None => Ok(()),
    }
}

/// `$filter`: comparisons for equality, joined by `and` or by `or`.
fn filtered(call: &Call<'_>, sort: Sort, records: Vec<Value>) -> Result<Vec<Value>, Refusal> {
    let Some(text) = call.request.parameter("$filter") else { return Ok(records) };
    let (separator, all) = if text.contains(" and ") { (" and ", true) } else { (" or ", false) };
    let mut clauses = Vec::new();
    for clause in text.split(separator) {
        let parts: Option<(&str, &str)> = clause.trim().split_once(" eq ");
        let (name, literal) = parts.ok_or_else(|| Refusal::unsupported_query("Unsupported Query."))?;
        let literal = literal.trim().strip_prefix('\'').and_then(|it| it.strip_suffix('\''));
        let literal = literal.ok_or_else(|| Refusal::new(400, "BadRequest", "Invalid filter clause"))?;
        clauses.push((name.trim().to_owned(), literal.replace("''", "'")));
    }
    let mut passed = Vec::new();
    for record in records {
        let mut met = 0;
        for (name, literal) in &clauses {
            let value = record.get(name).ok_or_else(|| unknown_property(sort, name))?;
            met += usize::from(value.as_str().is_some_and(|it| it.eq_ignore_ascii_case(literal)));
        }
        if if all { met == clauses.len() } else { met != 0 } {
            passed.push(record);
        }
    }
    Ok(passed)
}

/// What `$select` names, the key, and what `$expand` added.
fn selected(call: &Call<'_>, sort: Sort, record: Value) -> Result<Value, Refusal> {
    let Some(list) = call.request.parameter("$select") else { return Ok(record) };
    let expanded = call.request.parameter("$expand").map(|it| it.split('(').next().unwrap_or(it));
    let mut view = Map::new();
    for property in list.split(',').map(str::trim) {
        let value = record.get(property).ok_or_else(|| unknown_property(sort, property))?;
        view.insert(property.to_owned(), value.clone());
    }
    for name in ["id"].into_iter().chain(expanded) {
        if let (false, Some(value)) = (view.contains_key(name), record.get(name)) {
            view.insert(name.to_owned(), value.clone());
        }
    }
    Ok(Value::Object(view))
}

fn unknown_property(sort: Sort, property: &str) -> Refusal {
    Refusal::bad_request(format!(
        "Could not find a property named '{property}' on type 'microsoft.graph.{}'.",
        sort.type_name
    ))
}
