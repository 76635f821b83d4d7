//! What a server tells of changes since a cookie was given, and entries as they are now.
//!
//! What it tells is believed of members only: which came and which went. Of all else it says whom to look at again.
//! It does not know what was read before.

use std::collections::BTreeMap;
use std::sync::Arc;

use ldap3::Scope;

use super::entry::{RawEntry, ValueRange};
use super::error::LdapError;
use super::range;
use super::reading::{PEOPLE, REST};
use super::relay::Session;
use super::search::{Part, Query, Rest};
use crate::model::{Dn, Guid};

/// The container that whoever is deleted goes to ([MS-ADTS] 6.1.1.4.2): whoever is told of it is told of deletions.
const DELETED_OBJECTS: &str = "(&(isDeleted=TRUE)(cn=Deleted Objects))";
/// More entries than a server puts into one part.
const ENTRIES_MAX: u32 = 1_000_000;
/// So many entries are asked for by their identities at once: far below the longest filter that servers take.
const IDENTITIES_AT_ONCE: usize = 100;

/// What a server tells of one entry.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Told {
    /// Its name now.
    pub(super) dn: String,
    /// Whether it was deleted.
    pub(super) is_deleted: bool,
    /// Members that came or went, and whether it is a member now.
    pub(super) members: BTreeMap<String, bool>,
}

/// What changed, and the cookie of what will have changed after it.
pub(super) type Changes = (BTreeMap<Guid, Told>, Vec<u8>);

/// The cookie from which on changes are told ([MS-ADTS] 3.1.1.3.4.1.3); `None` if it is not told who is deleted.
///
/// All changes of one entry are asked for, from the beginning of all: that is cheaper than a reading of everything, and
/// tells whether this account is told of deletions. Windows needs the right to replicate for that, Samba also one to
/// list the container.
pub(super) async fn cookie(
    session: &mut Session,
    domain: &Dn,
    account: &str,
) -> Result<Option<Vec<u8>>, LdapError> {
    let query = asking(domain, DELETED_OBJECTS, Arc::from(["isDeleted".to_owned()]), Vec::new());
    let (entries, cookie) = parts(session, query, account).await?;
    Ok(Some(cookie).filter(|_| !entries.is_empty()))
}

/// All that changed in a domain since a cookie was given.
pub(super) async fn since(
    session: &mut Session,
    domain: &Dn,
    (attributes, cookie): (Arc<[String]>, Vec<u8>),
    account: &str,
) -> Result<Changes, LdapError> {
    let query = asking(domain, "(objectClass=*)", attributes, cookie);
    let (entries, cookie) = parts(session, query, account).await?;
    let mut all: BTreeMap<Guid, Told> = BTreeMap::new();
    for entry in &entries {
        // What lies outside of the domain has none, such as the entry that says that there is nothing else.
        let Some(guid) = entry.first("objectGUID").and_then(|it| Guid::from_value(it).ok()) else { continue };
        take(all.entry(guid).or_default(), entry, &session.server)?;
    }
    Ok((all, cookie))
}

fn asking(domain: &Dn, filter: &str, attributes: Arc<[String]>, cookie: Vec<u8>) -> Query {
    Query {
        base: domain.as_str().to_owned(),
        scope: Scope::Subtree,
        filter: filter.to_owned(),
        attributes,
        limit: ENTRIES_MAX,
        part: Part::Changes(cookie),
    }
}

async fn parts(
    session: &mut Session,
    query: Query,
    account: &str,
) -> Result<(Vec<RawEntry>, Vec<u8>), LdapError> {
    let base = query.base.clone();
    let mut pages = session.begin(query);
    let mut all = Vec::new();
    loop {
        let page = session.next(&mut pages, account).await?;
        all.extend(page.entries);
        match page.rest {
            Rest::Part(_) => (),
            Rest::Nothing(Some(cookie)) => return Ok((all, cookie)),
            Rest::Nothing(None) | Rest::NotSaid => {
                let reason = format!("the changes below `{base}` ended without saying where to go on");
                return Err(LdapError::NotWhole { server: session.server.clone(), reason });
            }
        }
    }
}

/// Adds what one entry tells to what was told of the same entry before.
fn take(told: &mut Told, entry: &RawEntry, server: &str) -> Result<(), LdapError> {
    entry.dn().clone_into(&mut told.dn);
    told.is_deleted |= entry.text("isDeleted").is_some_and(|it| it.eq_ignore_ascii_case("true"));
    for (description, values) in entry.view().attributes() {
        if !description.get(..6).is_some_and(|it| it.eq_ignore_ascii_case("member")) {
            continue;
        }
        // In this place, the numbers of a range say what became of the values.
        let is_member = match ValueRange::parse(description).map(|it| (it.name.len(), it.first, it.last)) {
            Some((6, 1, Some(1))) => true,
            Some((6, 0, Some(0))) => false,
            None if !description.eq_ignore_ascii_case("member") => continue,
            Some(_) | None => {
                let reason = format!("`{description}` of {} where changes of members belong", entry.dn());
                return Err(LdapError::NotWhole { server: server.to_owned(), reason });
            }
        };
        let values = values.map(|it| (String::from_utf8_lossy(it).into_owned(), is_member));
        told.members.extend(values);
    }
    Ok(())
}

/// Entries by their identities as they are now, of those that a reading keeps.
pub(super) async fn entries(
    session: &mut Session,
    bases: &[Dn],
    (guids, attributes): (&[Guid], &Arc<[String]>),
    account: &str,
) -> Result<Vec<RawEntry>, LdapError> {
    let mut found = Vec::new();
    for some in guids.chunks(IDENTITIES_AT_ONCE) {
        let any: Vec<String> = some.iter().map(identity).collect();
        let any = any.concat();
        for base in bases {
            let filter = format!("(&(|{any})(|{PEOPLE}{REST}))");
            let query = Query {
                base: base.as_str().to_owned(),
                scope: Scope::Subtree,
                filter,
                attributes: Arc::clone(attributes),
                limit: u32::try_from(2 * IDENTITIES_AT_ONCE).unwrap_or(u32::MAX),
                part: Part::All,
            };
            let mut entries = session.search(&query, account).await?.entries;
            for entry in &mut entries {
                range::complete(session, entry, account).await?;
            }
            found.extend(entries);
        }
    }
    Ok(found)
}

/// Whether an entry of this name is one that a reading keeps; `None` if there is no such entry.
pub(super) async fn is_kept(
    session: &mut Session,
    name: &Dn,
    account: &str,
) -> Result<Option<bool>, LdapError> {
    const NO_SUCH_OBJECT: u32 = 32;
    let filter = format!("(|{PEOPLE}{REST})");
    let query = Query { filter, ..Query::entry(name.as_str(), &["objectGUID"]) };
    match session.search(&query, account).await {
        Ok(page) => Ok(Some(!page.entries.is_empty())),
        Err(LdapError::Search { code: NO_SUCH_OBJECT, .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

/// The filter that finds one entry; bytes are written as in RFC 4515, 3.
fn identity(guid: &Guid) -> String {
    let bytes: Vec<String> = guid.as_bytes().iter().map(|it| format!("\\{it:02x}")).collect();
    format!("(objectGUID={})", bytes.concat())
}
