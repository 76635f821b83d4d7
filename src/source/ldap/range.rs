//! Asks for the values that did not fit into an answer, until all are there
//! ([MS-ADTS] 3.1.1.3.1.3.3, "ValueRange Retrieval of Attribute Values").
//!
//! It does not know what the values mean.

use super::entry::{RawEntry, ValueRange};
use super::error::LdapError;
use super::relay::Session;
use super::search::Query;
use crate::model::Guid;

/// An object whose values change while they are read is read again so many times.
const ATTEMPTS: usize = 3;
/// No attribute has more values: a group of everybody in the largest directory that is read at all.
const VALUES_MAX: usize = 10_000_000;

/// Asks until no attribute of `entry` is open.
pub(super) async fn complete(
    session: &mut Session,
    entry: &mut RawEntry,
    account: &str,
) -> Result<(), LdapError> {
    if !entry.has_options() {
        return Ok(());
    }
    let open = |description| ValueRange::parse(description).filter(|it| it.last.is_some());
    let names: Vec<String> =
        entry.view().attributes().filter_map(|it| open(it.0)).map(|it| it.name.to_owned()).collect();
    for name in names {
        let values = all_values(session, entry, &name, account).await?;
        entry.join(name, values);
    }
    Ok(())
}

/// All values of one attribute, as of one moment: `uSNChanged` is the same in each answer.
async fn all_values(
    session: &mut Session,
    entry: &RawEntry,
    name: &str,
    account: &str,
) -> Result<Vec<Vec<u8>>, LdapError> {
    // By its identity, so that an object that is renamed meanwhile is found.
    let guid = entry.first("objectGUID").and_then(|it| Guid::from_value(it).ok());
    let base = guid.map_or_else(|| entry.dn().to_owned(), |it| format!("<GUID={it}>"));
    for _ in 0..ATTEMPTS {
        if let Some(values) = one_attempt(session, &base, name, account).await? {
            return Ok(values);
        }
    }
    let reason = format!("`{name}` of {} changes faster than it can be read", entry.dn());
    Err(LdapError::NotWhole { server: session.server.clone(), reason })
}

/// `None` if the object changed between two answers.
async fn one_attempt(
    session: &mut Session,
    base: &str,
    name: &str,
    account: &str,
) -> Result<Option<Vec<Vec<u8>>>, LdapError> {
    let mut values: Vec<Vec<u8>> = Vec::new();
    let mut as_of: Option<Vec<u8>> = None;
    loop {
        let range = format!("{name};range={}-*", values.len());
        let query = Query::entry(base, &[&range, "uSNChanged"]);
        let page = session.search(&query, account).await?;
        let broken = |reason: &str| {
            let reason = format!("`{name}` of {base} came in ranges, and {reason}");
            LdapError::NotWhole { server: session.server.clone(), reason }
        };
        let entry = page.entries.into_iter().next().ok_or_else(|| broken("the object is gone"))?;
        let usn = entry.first("uSNChanged").map(<[u8]>::to_vec);
        if as_of.get_or_insert_with(|| usn.clone().unwrap_or_default()) != &usn.unwrap_or_default() {
            return Ok(None);
        }
        let mut found = None;
        for (description, more) in entry.view().attributes() {
            if let Some(range) =
                ValueRange::parse(description).filter(|it| it.name.eq_ignore_ascii_case(name))
            {
                found = Some((range.first, range.last, more.map(<[u8]>::to_vec).collect::<Vec<_>>()));
            }
        }
        let (first, last, more) = found.ok_or_else(|| broken("a range is missing"))?;
        let expected = last.map(|last| last.checked_sub(first).map(|it| it + 1));
        let too_many = VALUES_MAX < values.len();
        if too_many || first != values.len() || expected.is_some_and(|it| it != Some(more.len())) {
            return Err(broken("a range is not the one that was asked for"));
        }
        values.extend(more);
        if last.is_none() {
            return Ok(Some(values));
        }
    }
}
