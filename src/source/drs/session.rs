//! A binding to the replication service of one domain controller, and the calls that are made over it.
//!
//! It does not know other domain controllers, and makes no choice between them. After an error it is of no use.

use std::collections::HashSet;

use super::account::{AccountChange, AccountError, AccountReading, Page};
use super::authentication::{Authenticated, authenticate};
use super::connection::Connection;
use super::endpoint;
use super::error::ReplicationError;
use super::rights::{MissingRights, Rights};
use super::settings::Settings;
use crate::model::{Guid, SecretBytes};
use crate::source::ServerAddress;
use crate::wire::dcerpc::{Association, DcerpcError, FaultStatus};
use crate::wire::drsuapi::{
    Attribute, Changes, ChangesRequest, Controller, CrackedName, Cursor, DRSUAPI, DrsError, Extensions,
    Handle, InfoLevel, NameFormat, Operation, PrefixTable, Remedy, RequestVersion, Scope, SessionKey, Status,
    bind_request, bind_response, changes_request, changes_response, controllers_request,
    controllers_response, crack_names_request, crack_names_response, unbind_request, unbind_response,
};
use crate::wire::ndr::DsName;

/// Epochs change when a domain is renamed, and only the server knows its own.
const BINDS_MAX: usize = 2;

/// A binding.
pub(super) struct Session {
    link: Link,
    handle: Handle,
    version: RequestVersion,
    key: SessionKey,
    settings: Settings,
    /// `objectGUID` of the server's NTDS settings, which Windows is said to want to hear.
    own: Option<Guid>,
    /// Empty until the server wants one.
    table: PrefixTable,
    /// Calls so far that asked for changes.
    pub(super) requests: usize,
    /// What came in the answers so far.
    pub(super) objects: usize,
}

/// A connection with its association.
struct Link {
    connection: Connection,
    association: Association,
    settings: Settings,
}

impl Link {
    async fn call(&mut self, operation: Operation, stub: &[u8]) -> Result<SecretBytes, ReplicationError> {
        let call = (operation.number(), stub);
        self.connection.call(&mut self.association, call, doing(operation), self.settings.call_timeout).await
    }

    fn said(&self, source: DrsError) -> ReplicationError {
        ReplicationError::Replication { server: self.connection.server.clone(), source }
    }

    /// `IDL_DRSBind`, with the epoch of the server.
    async fn bind(&mut self) -> Result<(Handle, RequestVersion), ReplicationError> {
        let mut epoch = 0;
        for _ in 0..BINDS_MAX {
            let ours = Extensions::of_client(epoch);
            let stub = self.call(Operation::Bind, &bind_request(&ours)).await?;
            let (handle, theirs) = bind_response(&stub).map_err(|it| self.said(it))?;
            if theirs.epoch == epoch {
                let version = ours.request_version(&theirs).map_err(|it| self.said(it))?;
                return Ok((handle, version));
            }
            let stub = self.call(Operation::Unbind, &unbind_request(&handle)).await?;
            unbind_response(&stub).map_err(|it| self.said(it))?;
            epoch = theirs.epoch;
        }
        let reason = "its replication epoch changes all the time".to_owned();
        Err(ReplicationError::NotWhole { server: self.connection.server.clone(), reason })
    }
}

const fn doing(operation: Operation) -> &'static str {
    match operation {
        Operation::Bind | Operation::Unbind => "binding to the replication service",
        Operation::GetNcChanges => "replicating",
        Operation::CrackNames => "looking up a name",
        Operation::DomainControllerInfo => "asking about domain controllers",
    }
}

impl Session {
    /// Connects, authenticates and binds; a read-only domain controller is refused.
    pub(super) async fn open(address: &ServerAddress, settings: &Settings) -> Result<Self, ReplicationError> {
        let port = endpoint::port(address, settings).await?;
        let mut connection = Connection::open(&address.host, port, settings.timeout).await?;
        let Authenticated { association, key } =
            authenticate(&mut connection, DRSUAPI, address, settings).await?;
        let settings = settings.clone();
        let mut link = Link { connection, association, settings: settings.clone() };
        let (handle, version) = link.bind().await?;
        let table = PrefixTable::empty();
        let mut session =
            Self { link, handle, version, key, settings, own: None, table, requests: 0, objects: 0 };
        let own =
            session.controllers().await?.into_iter().find(|it| {
                it.dns_name.as_deref().is_some_and(|name| name.eq_ignore_ascii_case(address.name()))
            });
        if own.as_ref().is_some_and(|it| it.is_read_only == Some(true)) {
            return Err(ReplicationError::ReadOnly { server: session.link.connection.server });
        }
        session.own = own.map(|it| it.settings);
        Ok(session)
    }

    /// The domain controllers that the server knows; none if it is too old to tell which are read-only, since then
    /// there are none of these.
    async fn controllers(&mut self) -> Result<Vec<Controller>, ReplicationError> {
        let request = controllers_request(&self.handle, &self.settings.domain, InfoLevel::Three);
        let stub = self.link.call(Operation::DomainControllerInfo, &request).await?;
        match controllers_response(InfoLevel::Three, &stub) {
            Err(DrsError::Refused { .. } | DrsError::Version { .. }) => Ok(Vec::new()),
            result => result.map_err(|it| self.link.said(it)),
        }
    }

    /// All that changed since a cursor, page by page: accounts are handed over before the next page is asked for.
    /// Returns where to go on the next time.
    pub(super) async fn changes(
        &mut self,
        since: &Cursor,
        on: &mut (dyn FnMut(AccountChange) + Send),
    ) -> Result<Cursor, ReplicationError> {
        let mut cursor = since.clone();
        let mut invocation = None;
        loop {
            let (page, next) = self.changed(&cursor).await?;
            if *invocation.get_or_insert(page.invocation) != page.invocation {
                return Err(self.not_whole("its database was replaced in the middle"));
            }
            let has_more = page.has_more;
            // All of a page is decrypted before anything of it is used.
            self.accounts_of(page)?.into_iter().for_each(&mut *on);
            if !has_more {
                return Ok(next);
            }
            cursor = next;
        }
    }

    /// What changed since a cursor, as far as it fits into one page, and where it ends.
    async fn changed(&mut self, cursor: &Cursor) -> Result<(Changes, Cursor), ReplicationError> {
        let scope = Scope::Changes {
            domain: DsName::of_dn(&self.settings.root()),
            cursor,
            objects_max: self.settings.page_size.max(1),
        };
        let page = self.ask(&scope, &Attribute::PASSWORD).await?;
        let next = page.cursor(cursor);
        if page.has_more && next == *cursor {
            return Err(self.not_whole("it goes on without getting anywhere"));
        }
        Ok((page, next))
    }

    /// One page of what changed since a cursor. Of those who are not wanted nothing is decrypted, and one that cannot be
    /// read keeps no other from being read.
    pub(super) async fn page(
        &mut self,
        since: &Cursor,
        wanted: &HashSet<Guid>,
    ) -> Result<Page, ReplicationError> {
        let (page, next) = self.changed(since).await?;
        let of_wanted = page.objects.iter().filter(|it| wanted.contains(&it.guid));
        Ok(Page {
            accounts: of_wanted.filter_map(|it| AccountChange::read(it, &self.key).transpose()).collect(),
            objects: page.objects.len(),
            next: page.has_more.then_some(next),
        })
    }

    /// One account as it is; `None` if there is no such object, or if it is none.
    pub(super) async fn account(&mut self, guid: Guid) -> Result<AccountReading, ReplicationError> {
        let scope = Scope::Object(DsName::of_guid(guid));
        match self.ask(&scope, &Attribute::PASSWORD).await {
            Ok(page) => {
                let object = page.objects.iter().find(|it| it.guid == guid);
                Ok(object.map_or(Ok(None), |it| AccountChange::read(it, &self.key)))
            }
            // It came whole and as it was sent, so the connection is sound.
            Err(ReplicationError::Replication { source: DrsError::Malformed(source), .. }) => {
                Ok(Err(AccountError::Answer(source)))
            }
            Err(error) => match remedy(&error) {
                Some(Remedy::CheckName) if !self.exists(guid).await? => Ok(Ok(None)),
                _ => Err(error),
            },
        }
    }

    /// Whether there is such an object. It takes no replication right to know.
    async fn exists(&mut self, guid: Guid) -> Result<bool, ReplicationError> {
        let name = format!("{{{guid}}}");
        Ok(self.crack(&name, NameFormat::Guid).await?.is_some_and(|it| it.name.is_some()))
    }

    /// Which of the two rights the account has. Both are tried on the root of the domain, which has no password.
    pub(super) async fn rights(&mut self) -> Result<Rights, ReplicationError> {
        let root = Scope::Object(DsName::of_dn(&self.settings.root()));
        let changes = self.may(&root, Attribute::InstanceType).await?;
        let secrets = changes && self.may(&root, Attribute::UnicodePwd).await?;
        Ok(Rights { changes, secrets })
    }

    async fn may(&mut self, scope: &Scope<'_>, attribute: Attribute) -> Result<bool, ReplicationError> {
        match self.ask(scope, &[attribute]).await {
            Ok(_) => Ok(true),
            Err(error) if is_denial(&error) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Says which right is missing, if that is what an error comes from.
    pub(super) async fn explained(&mut self, error: ReplicationError) -> ReplicationError {
        if !is_denial(&error) {
            return error;
        }
        match self.rights().await {
            Ok(rights) if !rights.suffice() => {
                let missing = self.missing(rights).await;
                let server = self.link.connection.server.clone();
                let account = missing.account.clone();
                ReplicationError::Rights { server, account, missing: Box::new(missing) }
            }
            Ok(_) | Err(_) => error,
        }
    }

    /// What the account lacks. Without its distinguished name the words are less exact, and no less true.
    pub(super) async fn missing(&mut self, rights: Rights) -> MissingRights {
        let account = self.settings.account.name().to_owned();
        let (name, format) = match (account.contains('\\'), account.contains('@')) {
            (true, _) => (account.clone(), NameFormat::Nt4AccountName),
            (false, true) => (account.clone(), NameFormat::UserPrincipalName),
            (false, false) => (format!("{account}@{}", self.settings.domain), NameFormat::UserPrincipalName),
        };
        let found = self.crack(&name, format).await.ok().flatten();
        MissingRights { rights, root: self.settings.root(), account, dn: found.and_then(|it| it.name) }
    }

    /// A name as a distinguished name.
    async fn crack(
        &mut self,
        name: &str,
        format: NameFormat,
    ) -> Result<Option<CrackedName>, ReplicationError> {
        let request = crack_names_request(&self.handle, &[name], format, NameFormat::DistinguishedName);
        let stub = self.link.call(Operation::CrackNames, &request).await?;
        let names = crack_names_response(&stub).map_err(|it| self.link.said(it))?;
        Ok(names.into_iter().next())
    }

    /// One request for changes. A server that wants a table of prefixes is asked once more, with one.
    async fn ask(
        &mut self,
        scope: &Scope<'_>,
        attributes: &[Attribute],
    ) -> Result<Changes, ReplicationError> {
        match self.ask_once(scope, attributes).await {
            Err(error) if self.table.is_empty() && remedy(&error) == Some(Remedy::PrefixTable) => {
                self.table = PrefixTable::default();
                self.ask_once(scope, attributes).await
            }
            result => result,
        }
    }

    async fn ask_once(
        &mut self,
        scope: &Scope<'_>,
        attributes: &[Attribute],
    ) -> Result<Changes, ReplicationError> {
        let request = ChangesRequest {
            version: self.version,
            destination: self.own,
            scope: scope.clone(),
            attributes,
            prefix_table: &self.table,
        };
        let request = changes_request(&self.handle, &request);
        self.requests += 1;
        let stub = self.link.call(Operation::GetNcChanges, &request).await?;
        let changes = changes_response(scope, &stub).map_err(|error| {
            // Samba does not tell of itself that it is read-only.
            if matches!(error, DrsError::Refused { status: Status::SourceDisabled, .. }) {
                return ReplicationError::NoSource { server: self.link.connection.server.clone() };
            }
            self.link.said(error)
        })?;
        self.objects += changes.objects.len();
        Ok(changes)
    }

    fn accounts_of(&self, page: Changes) -> Result<Vec<AccountChange>, ReplicationError> {
        let mut accounts = Vec::new();
        for object in page.objects {
            match AccountChange::read(&object, &self.key) {
                Ok(account) => accounts.extend(account),
                Err(AccountError::Secret(source)) => {
                    return Err(ReplicationError::Secret {
                        server: self.link.connection.server.clone(),
                        source,
                    });
                }
                Err(AccountError::Value(attribute)) => {
                    return Err(self.not_whole(&format!("an account has a strange value of {attribute:?}")));
                }
                Err(AccountError::Answer(source)) => return Err(self.link.said(source.into())),
            }
        }
        Ok(accounts)
    }

    fn not_whole(&self, reason: &str) -> ReplicationError {
        let reason = reason.to_owned();
        ReplicationError::NotWhole { server: self.link.connection.server.clone(), reason }
    }

    /// Host and port.
    pub(super) fn server(&self) -> &str {
        &self.link.connection.server
    }
}

/// What helps against an error that the replication service returned.
pub(super) fn remedy(error: &ReplicationError) -> Option<Remedy> {
    let ReplicationError::Replication { source, .. } = error else { return None };
    source.remedy()
}

/// Whether the account may not do this: said plainly, or by Windows as if there were no such object.
fn is_denial(error: &ReplicationError) -> bool {
    if let ReplicationError::Call { source: DcerpcError::Fault(FaultStatus::AccessDenied), .. } = error {
        return true;
    }
    matches!(remedy(error), Some(Remedy::GrantRights | Remedy::CheckName))
}
