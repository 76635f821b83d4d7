//! One search request to its end: the library asks and says how it ended, the tap gives the entries.
//!
//! It does not know attributes.

use std::sync::Arc;

use ldap3::controls::RawControl;
use ldap3::{Ldap, Scope};
use tokio::sync::{Mutex, mpsc};
use tokio::task::JoinHandle;

use super::entry::RawEntry;
use super::error::LdapError;
use super::relay::Session;
use super::tap::{Batch, Outlet};
use super::transport::within;
use crate::wire::ber::BerError;
use crate::wire::ldap::{PAGED_RESULTS_OID, PagedAnswer, paged_control_value};

const DOING: &str = "searching";
/// So many answers may wait before the next page is asked for: the caller has other things to do, the server has not.
const ANSWERS_WAITING: usize = 4;

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

impl Query {
    /// Asks for one entry by its name.
    pub(super) fn entry(base: &str, attributes: &[&str]) -> Self {
        Self {
            base: base.to_owned(),
            scope: Scope::Base,
            filter: "(objectClass=*)".to_owned(),
            attributes: attributes.iter().map(|it| (*it).to_owned()).collect(),
            limit: 1,
            cookie: None,
        }
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

/// A search that is under way, page after page; dropping it gives it up.
pub(super) struct Pages {
    answers: mpsc::Receiver<Result<Page, Broken>>,
    task: JoinHandle<()>,
    query: Query,
}

impl Drop for Pages {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Session {
    /// Begins a search, in a task of its own: each page is asked for as soon as the one before has come, whatever
    /// the caller does meanwhile, and a panic of the library stays there.
    pub(super) fn begin(&self, query: Query) -> Pages {
        let (out, answers) = mpsc::channel(ANSWERS_WAITING);
        let task = tokio::spawn(turn_pages(self.ldap.clone(), Arc::clone(&self.outlet), query.clone(), out));
        Pages { answers, task, query }
    }

    /// Runs a search for one answer.
    pub(super) async fn search(&mut self, query: &Query, account: &str) -> Result<Page, LdapError> {
        let mut pages = self.begin(query.clone());
        self.next(&mut pages, account).await
    }

    /// Waits for the next answer to a search.
    pub(super) async fn next(&mut self, pages: &mut Pages, account: &str) -> Result<Page, LdapError> {
        let ended = within(self.timeout, &self.server, DOING, pages.answers.recv()).await?;
        let query = &pages.query;
        let server = self.server.clone();
        let page = match ended {
            Some(Ok(page)) => page,
            Some(Err(Broken::TooMany)) => {
                let reason = format!("more than {} entries came where so many were asked for", query.limit);
                return Err(LdapError::NotWhole { server, reason });
            }
            Some(Err(Broken::Malformed(source))) => {
                return Err(LdapError::Malformed { server, doing: DOING, source });
            }
            Some(Err(Broken::Library(error))) if is_request_error(&error) => {
                return Err(LdapError::NotWhole { server, reason: error.to_string() });
            }
            Some(Err(Broken::Library(_))) | None => {
                return Err(within(self.timeout, &server, DOING, self.obituary(DOING)).await?);
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

/// Asks for page after page until the last one, or until nobody wants more.
async fn turn_pages(
    ldap: Ldap,
    outlet: Arc<Mutex<Outlet>>,
    mut query: Query,
    out: mpsc::Sender<Result<Page, Broken>>,
) {
    loop {
        let page = run(ldap.clone(), &outlet, &query).await;
        let cookie = page.as_ref().ok().filter(|it| it.code == 0).and_then(|it| it.cookie.clone());
        if out.send(page).await.is_err() {
            return;
        }
        match cookie {
            Some(cookie) if !cookie.is_empty() => query.cookie = Some(cookie),
            Some(_) | None => return,
        }
    }
}

async fn run(mut ldap: Ldap, outlet: &Mutex<Outlet>, query: &Query) -> Result<Page, Broken> {
    // Searches come one after the other, and so do their entries.
    let mut outlet = outlet.lock().await;
    outlet.expect(query.limit);
    if let Some(cookie) = &query.cookie {
        // Critical: a server that cannot page would stop at its size limit.
        let val = Some(paged_control_value(query.limit, cookie));
        ldap.with_controls(vec![RawControl { ctype: PAGED_RESULTS_OID.to_owned(), crit: true, val }]);
    }
    let mut stream = ldap
        .streaming_search(&query.base, query.scope, &query.filter, query.attributes.to_vec())
        .await
        .map_err(Broken::Library)?;
    let mut entries = Entries { id: stream.ldap_handle().last_id(), limit: query.limit, kept: Vec::new() };
    loop {
        // Both can be given up while they wait, and nothing is lost.
        let passed = tokio::select! {
            Some(batch) = outlet.batches.recv() => {
                entries.keep(batch)?;
                continue;
            }
            passed = stream.next() => passed.map_err(Broken::Library)?,
        };
        match passed {
            // Continuation references name other domains, which are read with their own settings.
            Some(it) if it.is_ref() => (),
            // Entries do not come this way.
            Some(_) => return Err(Broken::Malformed(BerError::Value)),
            None => break,
        }
    }
    // The tap hands over all entries before the end.
    while let Ok(batch) = outlet.batches.try_recv() {
        entries.keep(batch)?;
    }
    let result = stream.finish().await;
    let paged = result.ctrls.iter().find(|it| it.1.ctype == PAGED_RESULTS_OID);
    let cookie = match paged.and_then(|it| it.1.val.as_deref()) {
        Some(value) => Some(PagedAnswer::parse(value).map_err(Broken::Malformed)?.cookie),
        None => None,
    };
    Ok(Page { entries: entries.kept, cookie, code: result.rc, diagnostic: result.text })
}

/// What came so far of one search.
struct Entries {
    id: i32,
    limit: u32,
    kept: Vec<RawEntry>,
}

impl Entries {
    fn keep(&mut self, batch: Batch) -> Result<(), Broken> {
        if batch.id != self.id {
            return Err(Broken::Malformed(BerError::Value));
        }
        self.kept.extend(batch.entries());
        if (self.limit as usize) < self.kept.len() { Err(Broken::TooMany) } else { Ok(()) }
    }
}
