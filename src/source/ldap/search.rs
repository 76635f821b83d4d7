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
use crate::wire::ldap::{
    CHANGES_OID, ChangesAnswer, PAGED_RESULTS_OID, PagedAnswer, changes_control_value, paged_control_value,
};

const DOING: &str = "searching";
/// So many answers may wait before the next page is asked for: the caller has other things to do, the server has not.
const ANSWERS_WAITING: usize = 4;
/// A server that tells of changes is asked for parts of about so many bytes.
const CHANGES_BYTES_MAX: u32 = 1 << 20;

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
    /// Which part of it.
    pub(super) part: Part,
}

/// Which part of what a search finds is asked for.
#[derive(Clone, Debug)]
pub(super) enum Part {
    /// All at once.
    All,
    /// The page after the one that this cookie came with; the first one, if it is empty.
    Page(Vec<u8>),
    /// What changed since this cookie was given; everything, if it is empty.
    Changes(Vec<u8>),
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
            part: Part::All,
        }
    }
}

/// All of one answer.
#[derive(Debug)]
pub(super) struct Page {
    /// Its entries.
    pub(super) entries: Vec<RawEntry>,
    /// What follows.
    pub(super) rest: Rest,
    code: u32,
    diagnostic: String,
}

/// What follows an answer.
#[derive(Debug)]
pub(super) enum Rest {
    /// The server did not say.
    NotSaid,
    /// The next part.
    Part(Part),
    /// Nothing; what will have changed is asked for with the cookie, if the server tells of changes.
    Nothing(Option<Vec<u8>>),
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
        let next = match page.as_ref().ok().filter(|it| it.code == 0).map(|it| &it.rest) {
            Some(Rest::Part(next)) => Some(next.clone()),
            Some(Rest::NotSaid | Rest::Nothing(_)) | None => None,
        };
        if out.send(page).await.is_err() {
            return;
        }
        match next {
            Some(next) => query.part = next,
            None => return,
        }
    }
}

async fn run(mut ldap: Ldap, outlet: &Mutex<Outlet>, query: &Query) -> Result<Page, Broken> {
    // Searches come one after the other, and so do their entries.
    let mut outlet = outlet.lock().await;
    outlet.expect(query.limit);
    if let Some((oid, value)) = query.control() {
        // Critical: a server that cannot page would stop at its size limit, and one that cannot tell changes from
        // what was there before would send everything.
        ldap.with_controls(vec![RawControl { ctype: oid.to_owned(), crit: true, val: Some(value) }]);
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
    let value = query.control().and_then(|(oid, _)| {
        let control = result.ctrls.iter().find(|it| it.1.ctype == oid)?;
        control.1.val.as_deref()
    });
    let rest = query.part.rest(value).map_err(Broken::Malformed)?;
    Ok(Page { entries: entries.kept, rest, code: result.rc, diagnostic: result.text })
}

impl Query {
    /// The control that asks for the part, and its value.
    fn control(&self) -> Option<(&'static str, Vec<u8>)> {
        match &self.part {
            Part::All => None,
            Part::Page(cookie) => Some((PAGED_RESULTS_OID, paged_control_value(self.limit, cookie))),
            Part::Changes(cookie) => Some((CHANGES_OID, changes_control_value(CHANGES_BYTES_MAX, cookie))),
        }
    }
}

impl Part {
    /// What follows this part, by the value of the control that came with the answer.
    fn rest(&self, value: Option<&[u8]>) -> Result<Rest, BerError> {
        let Some(value) = value else { return Ok(Rest::NotSaid) };
        Ok(match self {
            Self::All => Rest::NotSaid,
            Self::Page(_) => {
                let PagedAnswer { cookie } = PagedAnswer::parse(value)?;
                if cookie.is_empty() { Rest::Nothing(None) } else { Rest::Part(Self::Page(cookie)) }
            }
            Self::Changes(_) => {
                let ChangesAnswer { more, cookie } = ChangesAnswer::parse(value)?;
                if more { Rest::Part(Self::Changes(cookie)) } else { Rest::Nothing(Some(cookie)) }
            }
        })
    }
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
