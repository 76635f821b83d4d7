//! One whole reading: find a server, bind, say which database this is, read every page of every base.
//!
//! It does not decide what is in scope.

use std::error::Error;
use std::sync::Arc;

use ldap3::Scope;
use tokio::sync::mpsc;

use super::entry::{Builder, RawEntry};
use super::error::LdapError;
use super::relay::Session;
use super::search::{Page, Part, Query, Rest};
use super::settings::Settings;
use super::{opening, range};
use crate::model::{AttributeNames, Dn, DnError, Guid, PartialDirectory, TableOfKeys, Watermark, well_known};
use crate::source::{Progress, ServerAddress};

/// People, who are the most by far. Computers and service accounts that machines keep are users too, but of another
/// category.
pub(super) const PEOPLE: &str = "(&(objectCategory=person)(|(objectClass=user)(objectClass=inetOrgPerson)))";
/// Groups, contacts, and the containers that policies name.
pub(super) const REST: &str = "(|(objectClass=group)(objectClass=contact)(objectClass=organizationalUnit)(objectClass=container)(objectClass=domainDNS))";
/// A server that sends so many pages without a new entry is not going to end.
const EMPTY_PAGES_MAX: usize = 1000;
/// Far above the largest directory that a domain can hold in practice; below what would exhaust memory.
const ENTRIES_MAX: usize = 10_000_000;
/// So many pages may wait on each connection: while those of a large group become names, several of people come.
const PAGES_WAITING: usize = 4;

/// A connection to a server that has said which it is.
pub(super) struct Begun {
    pub(super) session: Session,
    pub(super) root: Root,
}

/// Finds a server that lets us in, and asks which it is.
pub(super) async fn begin(settings: &Settings) -> Result<Begun, LdapError> {
    let mut session = opening::first(settings).await?;
    let root = root_dse(&mut session, settings.bind.account()).await?;
    Ok(Begun { session, root })
}

/// Reads everything into `partial`: the people over the connection, and the rest over another one meanwhile.
pub(super) async fn fill(
    begun: &mut Begun,
    settings: &Settings,
    partial: &mut PartialDirectory,
    progress: &dyn Progress,
) -> Result<Watermark, LdapError> {
    let Begun { session, root } = begun;
    let account = settings.bind.account();
    let bases = bases(settings, root);
    let attributes = attributes_to_ask(partial.names());
    let before = root.watermark.highest_usn;
    let reading = Reading { bases, attributes, page_size: settings.page_size.max(1), before, account };
    let (to_people, people) = mpsc::channel(PAGES_WAITING);
    let (to_rest, rest) = mpsc::channel(PAGES_WAITING);
    let same_server = Same { peer: session.peer.clone(), service: root.service.clone() };
    let over_second = async {
        match same_server.open(settings).await {
            Some(mut second) => reading.read(&mut second, REST, to_rest).await.map(|()| None),
            None => Ok(Some(to_rest)),
        }
    };
    let asking = async {
        let ((), left) = tokio::try_join!(reading.read(session, PEOPLE, to_people), over_second)?;
        match left {
            Some(to_rest) => reading.read(session, REST, to_rest).await,
            None => Ok(()),
        }
    };
    let builder = Builder::new(Arc::clone(partial.names()));
    let kept = Kept { builder, partial, progress, seen: TableOfKeys::default() };
    tokio::try_join!(asking, kept.keep_all(people, rest))?;
    Ok(root.watermark.clone())
}

/// Where to search.
pub(super) fn bases(settings: &Settings, root: &Root) -> Vec<Dn> {
    if settings.search_bases.is_empty() { vec![root.base.clone()] } else { outermost(&settings.search_bases) }
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
pub(super) fn attributes_to_ask(names: &AttributeNames) -> Arc<[String]> {
    let wanted = names.iter().filter(|it| it.0 != well_known::MEMBER_OF).map(|it| it.1.to_owned());
    let usn = names.id("uSNChanged").is_none().then(|| "uSNChanged".to_owned());
    wanted.chain(usn).collect()
}

/// What a server says of itself.
pub(super) struct Root {
    /// The domain that it holds.
    pub(super) base: Dn,
    /// Which domain controller it is.
    service: Option<String>,
    pub(super) watermark: Watermark,
}

/// What the server says of itself ([MS-ADTS] 3.1.1.3.2).
pub(super) async fn root_dse(session: &mut Session, account: &str) -> Result<Root, LdapError> {
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

/// What is read, whichever connection it comes over.
struct Reading<'a> {
    bases: Vec<Dn>,
    attributes: Arc<[String]>,
    page_size: u32,
    /// `highestCommittedUSN` before the first page.
    before: Option<u64>,
    account: &'a str,
}

/// A page that came, all values of its entries with it.
struct Arrived {
    server: String,
    /// Below which it was searched.
    base: String,
    entries: Vec<RawEntry>,
}

impl Arrived {
    fn not_whole(&self, reason: String) -> LdapError {
        LdapError::NotWhole { server: self.server.clone(), reason }
    }
}

impl Reading<'_> {
    /// All that a filter lets through below all bases.
    async fn read(
        &self,
        session: &mut Session,
        filter: &str,
        out: mpsc::Sender<Arrived>,
    ) -> Result<(), LdapError> {
        for base in &self.bases {
            self.read_base(session, base, filter.to_owned(), &out).await?;
        }
        // What moved from a base that was not yet read into one that was would be missing: look for changes.
        if let (Some(usn), true) = (self.before, 1 < self.bases.len()) {
            for base in &self.bases {
                let changed = format!("(&{filter}(uSNChanged>={}))", usn.saturating_add(1));
                self.read_base(session, base, changed, &out).await?;
            }
        }
        Ok(())
    }

    /// All pages below one base.
    async fn read_base(
        &self,
        session: &mut Session,
        base: &Dn,
        filter: String,
        out: &mpsc::Sender<Arrived>,
    ) -> Result<(), LdapError> {
        let mut pages = session.begin(Query {
            base: base.as_str().to_owned(),
            scope: Scope::Subtree,
            filter,
            attributes: Arc::clone(&self.attributes),
            limit: self.page_size,
            part: Part::Page(Vec::new()),
        });
        loop {
            let Page { mut entries, rest, .. } = session.next(&mut pages, self.account).await?;
            for entry in &mut entries {
                range::complete(session, entry, self.account).await?;
            }
            let page = Arrived { server: session.server.clone(), base: base.as_str().to_owned(), entries };
            let is_last = match rest {
                Rest::Part(_) => false,
                Rest::Nothing(_) => true,
                Rest::NotSaid => {
                    let reason =
                        format!("the search below `{base}` ended without saying whether a page follows");
                    return Err(page.not_whole(reason));
                }
            };
            // Whoever keeps the entries has given up, and says why.
            if out.send(page).await.is_err() || is_last {
                return Ok(());
            }
        }
    }
}

/// Where all entries go.
struct Kept<'a> {
    builder: Builder,
    partial: &'a mut PartialDirectory,
    progress: &'a dyn Progress,
    /// `objectGUID` of what is read: an object that moves meanwhile can come twice.
    seen: TableOfKeys<Box<[u8]>>,
}

impl Kept<'_> {
    /// Keeps all pages of both searches. People first: they are what the server takes longest for, and it stops
    /// when nobody takes them. Groups of a million members kept it waiting for a fifth of the time.
    async fn keep_all(
        mut self,
        mut people: mpsc::Receiver<Arrived>,
        mut rest: mpsc::Receiver<Arrived>,
    ) -> Result<(), LdapError> {
        let (mut empty_people, mut empty_rest) = (0, 0);
        loop {
            tokio::select! {
                biased;
                Some(page) = people.recv() => self.keep(&page, &mut empty_people)?,
                Some(page) = rest.recv() => self.keep(&page, &mut empty_rest)?,
                else => return Ok(()),
            }
            // The connections are looked after by the same task.
            tokio::task::yield_now().await;
        }
    }

    /// Keeps the entries of a page that are new.
    fn keep(&mut self, page: &Arrived, empty_pages: &mut usize) -> Result<(), LdapError> {
        let before = self.partial.len();
        for raw in &page.entries {
            let unreadable = |error: DnError| {
                page.not_whole(format!("`{}` has a name in it that cannot be read: {error}", raw.dn()))
            };
            let (entry, members) = self.builder.build(raw).map_err(unreadable)?;
            let guid = entry.attributes.first(well_known::OBJECT_GUID).unwrap_or_default();
            if guid.is_empty() || self.seen.insert(guid.into()) {
                self.partial.push_written(entry, members).map_err(unreadable)?;
            }
        }
        let after = self.partial.len();
        self.progress.objects_read(after);
        *empty_pages = if after == before { *empty_pages + 1 } else { 0 };
        if EMPTY_PAGES_MAX < *empty_pages || ENTRIES_MAX < after {
            return Err(page.not_whole(format!("the search below `{}` goes on without an end", page.base)));
        }
        Ok(())
    }
}
