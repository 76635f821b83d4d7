//! One whole reading: find a server, bind, say which database this is, read every page of every base.
//!
//! It does not decide what is in scope.

use std::collections::HashSet;
use std::error::Error;
use std::sync::{Arc, Mutex};

use ldap3::Scope;

use super::entry::{Builder, RawEntry};
use super::error::LdapError;
use super::relay::Session;
use super::search::{Page, Query};
use super::settings::Settings;
use super::{opening, range};
use crate::model::{AttributeNames, Dn, DnError, Guid, PartialDirectory, Watermark, well_known};
use crate::source::{Progress, ServerAddress};

/// People, who are the most by far. Computers and service accounts that machines keep are users too, but of another
/// category.
const PEOPLE: &str = "(&(objectCategory=person)(|(objectClass=user)(objectClass=inetOrgPerson)))";
/// Groups, contacts, and the containers that policies name.
const REST: &str = "(|(objectClass=group)(objectClass=contact)(objectClass=organizationalUnit)(objectClass=container)(objectClass=domainDNS))";
/// A server that sends so many pages without a new entry is not going to end.
const EMPTY_PAGES_MAX: usize = 1000;
/// Far above the largest directory that a domain can hold in practice; below what would exhaust memory.
const ENTRIES_MAX: usize = 10_000_000;

/// Reads everything into `partial`: the people over one connection, and the rest over another one meanwhile.
pub(super) async fn fill(
    settings: &Settings,
    partial: &mut PartialDirectory,
    progress: &dyn Progress,
) -> Result<Watermark, LdapError> {
    let account = settings.bind.account();
    let mut session = opening::first(settings).await?;
    let root = root_dse(&mut session, account).await?;
    let bases =
        if settings.search_bases.is_empty() { vec![root.base] } else { outermost(&settings.search_bases) };
    let builder = Builder::new(Arc::clone(partial.names()));
    let reading = Reading {
        bases,
        attributes: attributes_to_ask(partial.names()),
        page_size: settings.page_size.max(1),
        before: root.watermark.highest_usn,
        account,
        kept: Mutex::new(Kept { builder, partial, progress, seen: HashSet::new() }),
    };
    let same_server = Same { peer: session.peer.clone(), service: root.service };
    let rest = async {
        match same_server.open(settings).await {
            Some(mut second) => reading.read(&mut second, REST).await.map(|()| true),
            None => Ok(false),
        }
    };
    let ((), done) = tokio::try_join!(reading.read(&mut session, PEOPLE), rest)?;
    if !done {
        reading.read(&mut session, REST).await?;
    }
    Ok(root.watermark)
}

/// The server that answered first.
struct Same {
    peer: ServerAddress,
    /// `dsServiceName`, if it said.
    service: Option<String>,
}

impl Same {
    /// A second connection to it. It only saves time, so nothing breaks without it: the server may not allow it, or
    /// a load balancer may lead to another one, whose copy of the directory is not the same.
    async fn open(&self, settings: &Settings) -> Option<Session> {
        match self.try_open(settings).await {
            Ok(found) => found,
            Err(error) => {
                tracing::debug!(error = &error as &dyn Error, "one connection has to do");
                None
            }
        }
    }

    async fn try_open(&self, settings: &Settings) -> Result<Option<Session>, LdapError> {
        let mut session = opening::at(&self.peer, settings).await?;
        let query = Query::entry("", &["dsServiceName"]);
        let page = session.search(&query, settings.bind.account()).await?;
        let service = page.entries.first().and_then(|it| it.text("dsServiceName"));
        Ok(if service == self.service.as_deref() { Some(session) } else { None })
    }
}

/// Bases that do not lie below another one.
fn outermost(bases: &[Dn]) -> Vec<Dn> {
    let mut kept: Vec<Dn> = Vec::new();
    for base in bases {
        if !kept.iter().any(|it| base.is_within(it)) {
            kept.retain(|it| !it.is_within(base));
            kept.push(base.clone());
        }
    }
    kept
}

/// The wanted attributes, and those that reading itself needs. `memberOf` is computed from `member`.
fn attributes_to_ask(names: &AttributeNames) -> Arc<[String]> {
    let wanted = names.iter().filter(|it| it.0 != well_known::MEMBER_OF).map(|it| it.1.to_owned());
    let usn = names.id("uSNChanged").is_none().then(|| "uSNChanged".to_owned());
    wanted.chain(usn).collect()
}

struct Root {
    base: Dn,
    /// Which domain controller it is.
    service: Option<String>,
    watermark: Watermark,
}

/// What the server says of itself ([MS-ADTS] 3.1.1.3.2).
async fn root_dse(session: &mut Session, account: &str) -> Result<Root, LdapError> {
    let server = session.server.clone();
    let query = Query::entry("", &["defaultNamingContext", "highestCommittedUSN", "dsServiceName"]);
    let missing = || LdapError::NotWhole {
        server: server.clone(),
        reason: "it does not say which domain it holds; is it a domain controller?".to_owned(),
    };
    let page = session.search(&query, account).await?;
    let root = page.entries.into_iter().next().ok_or_else(missing)?;
    let base: Dn = root.text("defaultNamingContext").and_then(|it| it.parse().ok()).ok_or_else(missing)?;
    let highest_usn = root.text("highestCommittedUSN").and_then(|it| it.parse().ok());
    let service = root.text("dsServiceName").map(str::to_owned);
    let invocation_id = match &service {
        Some(service) => identity(session, service, "invocationId", account).await?,
        None => None,
    };
    let domain = identity(session, base.as_str(), "objectGUID", account).await?;
    let watermark = Watermark { server, domain, invocation_id, highest_usn };
    Ok(Root { base, service, watermark })
}

/// The identity that an attribute of one entry holds, if the account may read it.
async fn identity(
    session: &mut Session,
    name: &str,
    attribute: &str,
    account: &str,
) -> Result<Option<Guid>, LdapError> {
    match session.search(&Query::entry(name, &[attribute]), account).await {
        Ok(page) => {
            let found = page.entries.first().and_then(|it| it.first(attribute));
            Ok(found.and_then(|it| Guid::from_value(it).ok()))
        }
        Err(LdapError::Search { .. }) => Ok(None),
        Err(broken) => Err(broken),
    }
}

/// What is read and where it goes, whichever connection it comes over.
struct Reading<'a> {
    bases: Vec<Dn>,
    attributes: Arc<[String]>,
    page_size: u32,
    /// `highestCommittedUSN` before the first page.
    before: Option<u64>,
    account: &'a str,
    kept: Mutex<Kept<'a>>,
}

struct Kept<'a> {
    builder: Builder,
    partial: &'a mut PartialDirectory,
    progress: &'a dyn Progress,
    /// `objectGUID` of what is read: an object that moves meanwhile can come twice.
    seen: HashSet<Box<[u8]>>,
}

impl Reading<'_> {
    /// All that a filter lets through below all bases.
    async fn read(&self, session: &mut Session, filter: &str) -> Result<(), LdapError> {
        for base in &self.bases {
            self.read_base(session, base, filter.to_owned()).await?;
        }
        // What moved from a base that was not yet read into one that was would be missing: look for changes.
        if let (Some(usn), true) = (self.before, 1 < self.bases.len()) {
            for base in &self.bases {
                let changed = format!("(&{filter}(uSNChanged>={}))", usn.saturating_add(1));
                self.read_base(session, base, changed).await?;
            }
        }
        Ok(())
    }

    /// All pages below one base. While one becomes entries, the next is asked for and read.
    async fn read_base(&self, session: &mut Session, base: &Dn, filter: String) -> Result<(), LdapError> {
        let mut pages = session.begin(Query {
            base: base.as_str().to_owned(),
            scope: Scope::Subtree,
            filter,
            attributes: Arc::clone(&self.attributes),
            limit: self.page_size,
            cookie: Some(Vec::new()),
        });
        let not_whole = |server: &str, what: &str| {
            let reason = format!("the search below `{}` {what}", base.as_str());
            LdapError::NotWhole { server: server.to_owned(), reason }
        };
        let mut empty_pages = 0;
        loop {
            let Page { mut entries, cookie, .. } = session.next(&mut pages, self.account).await?;
            let Some(cookie) = cookie else {
                return Err(not_whole(&session.server, "ended without saying whether a page follows"));
            };
            for entry in &mut entries {
                range::complete(session, entry, self.account).await?;
            }
            let mut kept = self.kept.lock().expect("nothing panics while it keeps entries");
            let before = kept.partial.len();
            kept.keep(entries, &session.server)?;
            let after = kept.partial.len();
            kept.progress.objects_read(after);
            empty_pages = if after == before { empty_pages + 1 } else { 0 };
            if EMPTY_PAGES_MAX < empty_pages || ENTRIES_MAX < after {
                return Err(not_whole(&session.server, "goes on without an end"));
            }
            if cookie.is_empty() {
                return Ok(());
            }
        }
    }
}

impl Kept<'_> {
    /// Keeps the entries that are new.
    fn keep(&mut self, entries: Vec<RawEntry>, server: &str) -> Result<(), LdapError> {
        for raw in entries {
            let not_whole = |error: DnError| {
                let reason = format!("`{}` has a name in it that cannot be read: {error}", raw.dn());
                LdapError::NotWhole { server: server.to_owned(), reason }
            };
            let (entry, members) = self.builder.build(&raw).map_err(not_whole)?;
            let guid = entry.attributes.first(well_known::OBJECT_GUID).unwrap_or_default();
            if guid.is_empty() || self.seen.insert(guid.into()) {
                self.partial.push_written(entry, members).map_err(not_whole)?;
            }
        }
        Ok(())
    }
}
