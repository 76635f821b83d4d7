//! One whole reading: find a server, bind, say which database this is, read every page of every base.
//!
//! It does not decide what is in scope.

use std::collections::HashSet;
use std::sync::Arc;

use ldap3::Scope;

use super::entry::RawEntry;
use super::error::LdapError;
use super::relay::Session;
use super::search::{Page, Query};
use super::settings::{Settings, Transport};
use super::{authentication, entry, range, transport};
use crate::model::{AttributeNames, Dn, Guid, PartialDirectory, Watermark, well_known};
use crate::source::{LookupError, Progress, ServerAddress, ServerFailure, name_servers};

/// Users, groups and contacts, and the containers that policies name. Computers and service accounts that
/// machines keep are users too, but of another category.
const FILTER: &str = "(|(&(objectCategory=person)(|(objectClass=user)(objectClass=inetOrgPerson)))(objectClass=group)(objectClass=contact)(objectClass=organizationalUnit)(objectClass=container)(objectClass=domainDNS))";
/// A server that sends so many pages without a new entry is not going to end.
const EMPTY_PAGES_MAX: usize = 1000;
/// Far above the largest directory that a domain can hold in practice; below what would exhaust memory.
const ENTRIES_MAX: usize = 10_000_000;

/// Reads everything into `partial`.
pub(super) async fn fill(
    settings: &Settings,
    partial: &mut PartialDirectory,
    progress: &dyn Progress,
) -> Result<Watermark, LdapError> {
    let mut session = open(settings).await?;
    let account = settings.bind.account();
    let root = root_dse(&mut session, account).await?;
    let bases =
        if settings.search_bases.is_empty() { vec![root.base] } else { outermost(&settings.search_bases) };
    let attributes = attributes_to_ask(partial.names());
    let first = |base: &Dn, filter: String| Query {
        base: base.as_str().to_owned(),
        scope: Scope::Subtree,
        filter,
        attributes: Arc::clone(&attributes),
        limit: settings.page_size.max(1),
        cookie: Some(Vec::new()),
    };
    let mut reading = Reading { session: &mut session, partial, progress, account, seen: HashSet::new() };
    for base in &bases {
        reading.read_base(first(base, FILTER.to_owned())).await?;
    }
    // What moved from a base that was not yet read into one that was would be missing: look for changes.
    if let (Some(usn), true) = (root.watermark.highest_usn, 1 < bases.len()) {
        for base in &bases {
            let changed = format!("(&{FILTER}(uSNChanged>={}))", usn.saturating_add(1));
            reading.read_base(first(base, changed)).await?;
        }
    }
    Ok(root.watermark)
}

/// Connects and binds to the first server that lets us.
async fn open(settings: &Settings) -> Result<Session, LdapError> {
    let servers = if settings.servers.is_empty() {
        find_servers(settings)
            .await
            .map_err(|source| LdapError::FindingServers { domain: settings.domain.clone(), source })?
    } else {
        settings.servers.clone()
    };
    let mut failures = Vec::new();
    for address in &servers {
        match open_one(address, settings).await {
            Ok(session) => return Ok(session),
            Err(failure) if failure.is_final() || servers.len() == 1 => return Err(failure),
            Err(failure) => failures.push(failure),
        }
    }
    let source = ServerFailure::chain(failures).expect("there is a server, and each one failed");
    Err(LdapError::AllServers { domain: settings.domain.clone(), count: servers.len(), source })
}

/// The domain controllers that DNS names.
async fn find_servers(settings: &Settings) -> Result<Vec<ServerAddress>, LookupError> {
    let found = name_servers::find_controllers(&settings.domain, &settings.name_servers).await?;
    // DNS names the port of plain LDAP, where StartTLS is; LDAPS has its own.
    let port = |it: u16| match settings.transport {
        Transport::StartTls => Some(it),
        Transport::Ldaps => None,
    };
    let address = |host, it| ServerAddress { host, port: port(it), tls_name: None };
    Ok(found.into_iter().map(|it| address(it.target, it.port)).collect())
}

async fn open_one(address: &ServerAddress, settings: &Settings) -> Result<Session, LdapError> {
    let mut channel = transport::connect(address, settings).await?;
    authentication::bind(&mut channel, address, settings).await?;
    Session::start(channel).await
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
    let invocation_id = match root.text("dsServiceName") {
        Some(service) => identity(session, service, "invocationId", account).await?,
        None => None,
    };
    let domain = identity(session, base.as_str(), "objectGUID", account).await?;
    let watermark = Watermark { server, domain, invocation_id, highest_usn };
    Ok(Root { base, watermark })
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

struct Reading<'a> {
    session: &'a mut Session,
    partial: &'a mut PartialDirectory,
    progress: &'a dyn Progress,
    account: &'a str,
    /// `objectGUID` of what is read: an object that moves meanwhile can come twice.
    seen: HashSet<Box<[u8]>>,
}

impl Reading<'_> {
    /// All pages below one base. While one becomes entries, the next is asked for and read.
    async fn read_base(&mut self, query: Query) -> Result<(), LdapError> {
        let mut empty_pages = 0;
        let mut pages = self.session.begin(query.clone());
        loop {
            let Page { mut entries, cookie, .. } = self.session.next(&mut pages, self.account).await?;
            let Some(cookie) = cookie else {
                return Err(self.not_whole(&query, "ended without saying whether a page follows"));
            };
            for entry in &mut entries {
                range::complete(self.session, entry, self.account).await?;
            }
            let before = self.partial.len();
            self.keep(entries)?;
            self.progress.objects_read(self.partial.len());
            empty_pages = if self.partial.len() == before { empty_pages + 1 } else { 0 };
            if EMPTY_PAGES_MAX < empty_pages || ENTRIES_MAX < self.partial.len() {
                return Err(self.not_whole(&query, "goes on without an end"));
            }
            if cookie.is_empty() {
                return Ok(());
            }
        }
    }

    fn not_whole(&self, query: &Query, what: &str) -> LdapError {
        let reason = format!("the search below `{}` {what}", query.base);
        LdapError::NotWhole { server: self.session.server.clone(), reason }
    }

    /// Keeps the entries that are new.
    fn keep(&mut self, entries: Vec<RawEntry>) -> Result<(), LdapError> {
        for raw in entries {
            let guid = raw.first("objectGUID").unwrap_or_default();
            if !guid.is_empty() && !self.seen.insert(guid.into()) {
                continue;
            }
            entry::push(&raw, self.partial).map_err(|error| LdapError::NotWhole {
                server: self.session.server.clone(),
                reason: format!("`{}` has a name in it that cannot be read: {error}", raw.dn()),
            })?;
        }
        Ok(())
    }
}
