//! One search request to its end: the entries, the result, the cookie of the next page.
//!
//! It takes the library's parse trees apart without trusting them, and does not know attributes.

use std::sync::Arc;

use lber::structure::{PL, StructureTag};
use ldap3::controls::RawControl;
use ldap3::{Ldap, ResultEntry, Scope};
use tokio::task::JoinHandle;

use super::error::LdapError;
use super::relay::Session;
use super::transport::within;
use crate::wire::ber::BerError;
use crate::wire::ldap::{PAGED_RESULTS_OID, PagedAnswer, paged_control_value};

const DOING: &str = "searching";

/// What to search.
#[derive(Clone, Debug)]
pub(super) struct Query {
    /// Base, as text.
    pub(super) base: String,
    /// Only the base, or all below it.
    pub(super) scope: Scope,
    /// RFC 4515.
    pub(super) filter: String,
    /// Attributes to ask for.
    pub(super) attributes: Arc<[String]>,
    /// Entries that may come in one answer.
    pub(super) limit: u32,
    /// Cookie of the page before; `None` asks without paging.
    pub(super) cookie: Option<Vec<u8>>,
}

/// An entry before its attributes mean anything.
#[derive(Clone, Debug)]
pub(super) struct RawEntry {
    /// Its name.
    pub(super) dn: String,
    /// Attribute descriptions and their values.
    pub(super) attributes: Vec<(String, Vec<Vec<u8>>)>,
}

impl RawEntry {
    /// The first value of an attribute.
    pub(super) fn first(&self, name: &str) -> Option<&[u8]> {
        let found = self.attributes.iter().find(|it| it.0.eq_ignore_ascii_case(name))?;
        found.1.first().map(Vec::as_slice)
    }

    /// The first value of an attribute, if it is UTF-8.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.first(name).and_then(|it| std::str::from_utf8(it).ok())
    }
}

/// All of one answer.
#[derive(Debug)]
pub(super) struct Page {
    /// Its entries.
    pub(super) entries: Vec<RawEntry>,
    /// Cookie of the next page: empty after the last, `None` if the server did not page.
    pub(super) cookie: Option<Vec<u8>>,
    code: u32,
    diagnostic: String,
}

enum Broken {
    Library(ldap3::LdapError),
    TooMany,
    Malformed(BerError),
}

/// A search that is under way; dropping it gives it up.
pub(super) struct Running {
    task: JoinHandle<Result<Page, Broken>>,
    query: Query,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Session {
    /// Begins one search, in a task of its own so that a panic of the library stays there.
    pub(super) fn begin(&self, query: Query) -> Running {
        Running { task: tokio::spawn(run(self.ldap.clone(), query.clone())), query }
    }

    /// Runs one search to its end.
    pub(super) async fn search(&mut self, query: &Query, account: &str) -> Result<Page, LdapError> {
        let running = self.begin(query.clone());
        self.end(running, account).await
    }

    /// Waits for the end of a search.
    pub(super) async fn end(&mut self, mut running: Running, account: &str) -> Result<Page, LdapError> {
        let ended = within(self.timeout, &self.server, DOING, &mut running.task).await;
        let query = &running.query;
        let server = self.server.clone();
        let page = match ended? {
            Ok(Ok(page)) => page,
            Ok(Err(Broken::TooMany)) => {
                let reason = format!("more than {} entries came where so many were asked for", query.limit);
                return Err(LdapError::NotWhole { server, reason });
            }
            Ok(Err(Broken::Malformed(source))) => {
                return Err(LdapError::Malformed { server, doing: DOING, source });
            }
            Ok(Err(Broken::Library(error))) if is_request_error(&error) => {
                return Err(LdapError::NotWhole { server, reason: error.to_string() });
            }
            Ok(Err(Broken::Library(_))) | Err(_) => {
                let source = within(self.timeout, &server, DOING, self.obituary()).await?;
                return Err(LdapError::Disconnected { server, doing: DOING, source });
            }
        };
        if page.code == 0 {
            return Ok(page);
        }
        let Page { code, diagnostic, .. } = page;
        let (account, base) = (account.to_owned(), query.base.clone());
        Err(LdapError::Search { server, account, base, code, diagnostic })
    }
}

/// Whether the library refused before anything was sent.
fn is_request_error(error: &ldap3::LdapError) -> bool {
    matches!(error, ldap3::LdapError::FilterParsing)
}

async fn run(mut ldap: Ldap, query: Query) -> Result<Page, Broken> {
    if let Some(cookie) = &query.cookie {
        // Critical: a server that cannot page would stop at its size limit.
        let val = Some(paged_control_value(query.limit, cookie));
        ldap.with_controls(vec![RawControl { ctype: PAGED_RESULTS_OID.to_owned(), crit: true, val }]);
    }
    let mut stream = ldap
        .streaming_search(&query.base, query.scope, &query.filter, query.attributes.to_vec())
        .await
        .map_err(Broken::Library)?;
    let mut entries = Vec::new();
    while let Some(entry) = stream.next().await.map_err(Broken::Library)? {
        // Continuation references name other domains, which are read with their own settings.
        if entry.is_ref() || entry.is_intermediate() {
            continue;
        }
        if query.limit as usize <= entries.len() {
            return Err(Broken::TooMany);
        }
        entries.push(raw_entry(entry).ok_or(Broken::Malformed(BerError::Value))?);
    }
    let result = stream.finish().await;
    let paged = result.ctrls.iter().find(|it| it.1.ctype == PAGED_RESULTS_OID);
    let cookie = match paged.and_then(|it| it.1.val.as_deref()) {
        Some(value) => Some(PagedAnswer::parse(value).map_err(Broken::Malformed)?.cookie),
        None => None,
    };
    Ok(Page { entries, cookie, code: result.rc, diagnostic: result.text })
}

/// SearchResultEntry (RFC 4511, 4.5.2).
fn raw_entry(entry: ResultEntry) -> Option<RawEntry> {
    let mut fields = children(entry.0)?.into_iter();
    let dn = text(fields.next()?)?;
    let attributes = children(fields.next()?)?.into_iter().map(raw_attribute).collect::<Option<_>>()?;
    Some(RawEntry { dn, attributes })
}

fn raw_attribute(attribute: StructureTag) -> Option<(String, Vec<Vec<u8>>)> {
    let mut fields = children(attribute)?.into_iter();
    let name = text(fields.next()?)?;
    let values = children(fields.next()?)?.into_iter().map(octets).collect::<Option<_>>()?;
    Some((name, values))
}

fn children(element: StructureTag) -> Option<Vec<StructureTag>> {
    match element.payload {
        PL::C(children) => Some(children),
        PL::P(_) => None,
    }
}

fn octets(element: StructureTag) -> Option<Vec<u8>> {
    match element.payload {
        PL::P(bytes) => Some(bytes),
        PL::C(_) => None,
    }
}

fn text(element: StructureTag) -> Option<String> {
    String::from_utf8(octets(element)?).ok()
}
