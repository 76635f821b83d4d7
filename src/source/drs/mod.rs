//! Reads password hashes from Active Directory over its replication protocol ([MS-DRSR]), always encrypted.
//!
//! It asks for the hash of the current password and for what is needed to understand it, never for histories, keys or
//! clear text, and it is no replica: nothing is registered with a domain controller, and nothing is ever written.
//! Hashes leave it in [`NtHash`](crate::wire::password::NtHash) only. It does not know whose hash goes anywhere.

mod account;
mod authentication;
mod connection;
mod endpoint;
mod error;
mod rights;
mod session;
mod settings;

use std::collections::{HashSet, VecDeque};

use self::session::Session;
use crate::model::Guid;
use crate::source::{ServerAddress, ServerFailure, name_servers};
use crate::wire::drsuapi::{Cursor, Remedy};

pub use self::account::{AccountChange, AccountError, AccountReading, LastSet, Page, PasswordChange};
pub use self::error::{AuthenticationError, ReplicationError};
pub use self::rights::{MissingRights, Rights};
pub use self::settings::{Account, Settings};

/// The replication service of a domain, at whichever of its domain controllers answers.
///
/// A binding is kept from one reading to the next. When it breaks, the servers are tried from the first; a reading
/// that was under way begins again at the one that answers, and hands over again what it had handed over.
pub struct Replica {
    settings: Settings,
    session: Option<Session>,
    requests: usize,
    objects: usize,
}

impl Replica {
    /// Connects to nothing yet.
    pub const fn new(settings: Settings) -> Self {
        Self { settings, session: None, requests: 0, objects: 0 }
    }

    /// Hands over all accounts that changed since a cursor, or all there are without one, and returns the cursor to
    /// keep. It holds no secret; keep it only once all accounts that were handed over are dealt with.
    ///
    /// # Errors
    /// A reading that did not come to its end. The cursor from before stays the right one.
    pub async fn changes(
        &mut self,
        since: Option<&Cursor>,
        on: &mut (dyn FnMut(AccountChange) + Send),
    ) -> Result<Cursor, ReplicationError> {
        let everything = Cursor::default();
        let mut since = since.unwrap_or(&everything);
        let mut attempt = Attempt::begin(self);
        loop {
            let mut session = attempt.session().await?;
            let mut result = session.changes(since, on).await;
            // The server knows no way from there to here any more.
            if result.as_ref().is_err_and(|it| session::remedy(it) == Some(Remedy::FullCycle)) {
                since = &everything;
                result = session.changes(since, on).await;
            }
            match result {
                Ok(cursor) => {
                    self.keep(session);
                    return Ok(cursor);
                }
                Err(error) => attempt.failed(session.explained(error).await)?,
            }
        }
    }

    /// Accounts as they are now, in the order of the request. One that cannot be read keeps no other from being read.
    ///
    /// # Errors
    /// They could not all be asked for.
    pub async fn accounts(&mut self, guids: &[Guid]) -> Result<Vec<AccountReading>, ReplicationError> {
        let mut found = Vec::with_capacity(guids.len());
        let mut attempt = Attempt::begin(self);
        'servers: loop {
            let mut session = attempt.session().await?;
            while let Some(guid) = guids.get(found.len()) {
                match session.account(*guid).await {
                    Ok(account) => found.push(account),
                    Err(error) => {
                        attempt.failed(session.explained(error).await)?;
                        continue 'servers;
                    }
                }
            }
            self.keep_sound(session, found.iter().filter_map(|it| it.as_ref().err()));
            return Ok(found);
        }
    }

    /// One page of all accounts there are, of those who are wanted; the default of a cursor begins with the first. It
    /// does for many what [`accounts`](Self::accounts) does for a few. A server that takes over in the middle begins
    /// again.
    ///
    /// # Errors
    /// There is no such page; singly, accounts may still be had.
    pub async fn page(&mut self, since: &Cursor, wanted: &HashSet<Guid>) -> Result<Page, ReplicationError> {
        let mut attempt = Attempt::begin(self);
        loop {
            let mut session = attempt.session().await?;
            match session.page(since, wanted).await {
                Ok(page) => {
                    self.keep_sound(session, page.accounts.iter().filter_map(|it| it.as_ref().err()));
                    return Ok(page);
                }
                Err(error) => attempt.failed(session.explained(error).await)?,
            }
        }
    }

    /// Which rights the account has. No hash of anybody is read for it.
    ///
    /// # Errors
    /// It could not be found out.
    pub async fn rights(&mut self) -> Result<Rights, ReplicationError> {
        let mut attempt = Attempt::begin(self);
        loop {
            let mut session = attempt.session().await?;
            match session.rights().await {
                Ok(rights) => {
                    self.keep(session);
                    return Ok(rights);
                }
                Err(error) => attempt.failed(error)?,
            }
        }
    }

    /// What the account lacks, with the commands that grant it; `None` if it lacks nothing.
    ///
    /// # Errors
    /// It could not be found out.
    pub async fn missing_rights(&mut self) -> Result<Option<MissingRights>, ReplicationError> {
        let rights = self.rights().await?;
        let Some(session) = self.session.as_mut().filter(|_| !rights.suffice()) else { return Ok(None) };
        Ok(Some(session.missing(rights).await))
    }

    /// The server, with its port, that answered last.
    pub fn server(&self) -> Option<&str> {
        self.session.as_ref().map(Session::server)
    }

    /// How often changes or single objects were asked for so far.
    pub fn requests(&self) -> usize {
        self.requests
    }

    /// How many objects were decoded so far, accounts or not.
    pub fn objects(&self) -> usize {
        self.objects
    }

    fn keep(&mut self, mut session: Session) {
        self.requests += std::mem::take(&mut session.requests);
        self.objects += std::mem::take(&mut session.objects);
        self.session = Some(session);
    }

    /// A hash that does not fit the key may mean that the server has another one by now.
    fn keep_sound<'a>(&mut self, session: Session, mut errors: impl Iterator<Item = &'a AccountError>) {
        self.keep(session);
        if errors.any(|it| matches!(it, AccountError::Secret(_))) {
            self.session = None;
        }
    }
}

/// The servers that are left to try for one reading.
struct Attempt {
    settings: Settings,
    /// From an earlier reading. That it breaks says nothing about its server.
    kept: Option<Session>,
    is_kept: bool,
    /// `None` until they are known.
    left: Option<VecDeque<ServerAddress>>,
    failures: Vec<ReplicationError>,
}

impl Attempt {
    fn begin(replica: &mut Replica) -> Self {
        let kept = replica.session.take();
        Self { settings: replica.settings.clone(), kept, is_kept: false, left: None, failures: Vec::new() }
    }

    /// A binding to the next server that lets us.
    async fn session(&mut self) -> Result<Session, ReplicationError> {
        if let Some(kept) = self.kept.take() {
            self.is_kept = true;
            return Ok(kept);
        }
        self.is_kept = false;
        if self.left.is_none() {
            self.left = Some(servers(&self.settings).await?);
        }
        while let Some(address) = self.left.as_mut().and_then(VecDeque::pop_front) {
            match Session::open(&address, &self.settings).await {
                Ok(session) => return Ok(session),
                Err(error) => self.failed(error)?,
            }
        }
        Err(self.all_failed())
    }

    /// Takes note that a server failed; an error that every other would give as well is final.
    fn failed(&mut self, error: ReplicationError) -> Result<(), ReplicationError> {
        if error.is_final() {
            return Err(error);
        }
        if !std::mem::take(&mut self.is_kept) {
            self.failures.push(error);
        }
        Ok(())
    }

    fn all_failed(&mut self) -> ReplicationError {
        let mut failures = std::mem::take(&mut self.failures);
        let count = failures.len();
        if count == 1 {
            return failures.remove(0);
        }
        let source = ServerFailure::chain(failures).expect("there is a server, and each one failed");
        ReplicationError::AllServers { domain: self.settings.domain.clone(), count, source }
    }
}

/// The configured servers, or those that DNS names.
async fn servers(settings: &Settings) -> Result<VecDeque<ServerAddress>, ReplicationError> {
    if !settings.servers.is_empty() {
        return Ok(settings.servers.clone().into());
    }
    let found = name_servers::find_controllers(&settings.domain, &settings.name_servers).await;
    let found = found
        .map_err(|source| ReplicationError::FindingServers { domain: settings.domain.clone(), source })?;
    // DNS names the port of LDAP, which is not ours.
    let address = |host| ServerAddress { host, port: None, tls_name: None };
    Ok(found.into_iter().map(|it| address(it.target)).collect())
}
