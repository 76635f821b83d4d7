//! Binds to an interface: proves the account by NTLM or by a Kerberos ticket inside of SPNEGO, and gets an association
//! of which every call is encrypted.
//!
//! The messages are made and understood elsewhere. A refused password is reported as such, so that nobody tries it
//! anywhere else.

use zeroize::Zeroizing;

use super::connection::Connection;
use super::error::{AuthenticationError, ReplicationError};
use super::settings::{Account, Settings};
use crate::source::ServerAddress;
use crate::source::kerberos::{Centre, TicketError};
use crate::wire::dcerpc::{Association, AuthKind, Binding, DcerpcError, FaultStatus, Interface};
use crate::wire::drsuapi::SessionKey;
use crate::wire::kerberos::{Context, Initiation, KerberosError, Ticket};
use crate::wire::ntlm::{self, Negotiation, Session};
use crate::wire::spnego::{Established, Failure, Mechanism, Offer};

const DOING: &str = "authenticating";
/// What Windows' own clients ask for, and what domain controllers have from the start ([MS-DRSR] 2.2.3.2 has its own
/// form with the GUID of a domain controller, which a client that is none cannot always know).
const SERVICES: [&str; 2] = ["ldap", "host"];

/// An association, and the key of which its secrets are encrypted once more.
pub(super) struct Authenticated {
    pub(super) association: Association,
    pub(super) key: SessionKey,
}

/// Binds the account of the settings.
pub(super) async fn authenticate(
    connection: &mut Connection,
    interface: Interface,
    address: &ServerAddress,
    settings: &Settings,
) -> Result<Authenticated, ReplicationError> {
    let mut leg =
        Leg { binding: Binding::authenticated(interface, AuthKind::Negotiate), connection, settings };
    match &settings.account {
        Account::Password { user, password, clock } => {
            // An empty password would be somebody's only by mistake.
            if password.reveal().is_empty() {
                return Err(leg.refused("the password is empty".to_owned()));
            }
            let fresh = ntlm::Fresh {
                time: clock(),
                challenge: rand::random(),
                session_key: Zeroizing::new(rand::random()),
            };
            let account = ntlm::Account::parse(user);
            let (mechanism, token) = Negotiation::begin(account, password.clone(), fresh);
            let session: Session = leg.establish(mechanism, &token).await?;
            let key = session.key();
            leg.seal(session, key)
        }
        Account::Kerberos(kerberos) => {
            let ticket = ticket(address, settings).await?;
            let (mechanism, token) = Initiation::begin(ticket, kerberos.fresh(), rand::random);
            let context: Context = leg.establish(mechanism, &token).await?;
            let key = context.key();
            leg.seal(context, key)
        }
    }
}

/// The way to an association.
struct Leg<'a> {
    binding: Binding,
    connection: &'a mut Connection,
    settings: &'a Settings,
}

impl Leg<'_> {
    /// Bind with our first token, alter the context with our second; the server answers both.
    async fn establish<M>(&mut self, mechanism: M, token: &[u8]) -> Result<M::Context, ReplicationError>
    where
        M: Mechanism<Context: Established>,
        AuthenticationError: From<Failure<M::Error>>,
    {
        let (offer, token) = Offer::new(mechanism, token);
        let message = self.binding.bind(&token).map_err(|it| self.call(it))?;
        let answer = self.connection.exchange(&message, DOING, self.settings.timeout).await?;
        let token = self.binding.accept(&answer).map_err(|it| self.call(it))?.unwrap_or_default();
        // Somebody in between could change the headers of calls that are not signed.
        if !self.binding.signs_headers() {
            return Err(self.failed(AuthenticationError::Headers));
        }
        let (context, token) = offer.answered(&token).map_err(|it| self.failed(it.into()))?;
        let message = self.binding.alter_context(&token).map_err(|it| self.call(it))?;
        let answer = self.connection.exchange(&message, DOING, self.settings.timeout).await?;
        let token = self.binding.accept(&answer).map_err(|it| self.refusal(it))?.unwrap_or_default();
        context.confirmed(&token).map_err(|it| self.failed(it.into()))
    }

    fn seal(
        self,
        context: impl Established + Send + 'static,
        key: Zeroizing<Vec<u8>>,
    ) -> Result<Authenticated, ReplicationError> {
        let server = self.connection.server.clone();
        let key = SessionKey::new(key)
            .map_err(|source| ReplicationError::Secret { server: server.clone(), source })?;
        let failed = |source| ReplicationError::Call { server, doing: DOING, source };
        let association = self.binding.seal(Box::new(context)).map_err(failed)?;
        Ok(Authenticated { association, key })
    }

    /// What the server says to a proof: that it does not believe it is said by a fault or by refusing to bind.
    fn refusal(&self, error: DcerpcError) -> ReplicationError {
        let is_refusal = matches!(
            error,
            DcerpcError::Fault(FaultStatus::AccessDenied | FaultStatus::SecurityPackage)
                | DcerpcError::BindRefused(_)
        );
        if is_refusal {
            let reason = "the user name or the password is wrong, or the account may not sign in";
            self.refused(reason.to_owned())
        } else {
            self.call(error)
        }
    }

    fn refused(&self, reason: String) -> ReplicationError {
        let account = self.settings.account.name().to_owned();
        ReplicationError::Refused { server: self.connection.server.clone(), account, reason }
    }

    fn call(&self, source: DcerpcError) -> ReplicationError {
        ReplicationError::Call { server: self.connection.server.clone(), doing: DOING, source }
    }

    fn failed(&self, source: AuthenticationError) -> ReplicationError {
        let account = self.settings.account.name().to_owned();
        ReplicationError::Authentication { server: self.connection.server.clone(), account, source }
    }
}

/// A ticket for the server, under the first name by which it is known.
async fn ticket(address: &ServerAddress, settings: &Settings) -> Result<Ticket, ReplicationError> {
    let Account::Kerberos(kerberos) = &settings.account else {
        return Err(no_ticket(address, settings, TicketError::Ticket(KerberosError::NoCredentials)));
    };
    let centre = Centre {
        kerberos,
        controller: &address.host,
        domain: &settings.domain,
        name_servers: &settings.name_servers,
        timeout: settings.timeout,
    };
    let [first, second] = SERVICES;
    match centre.ticket(first, address.name()).await {
        Err(TicketError::Ticket(error)) if error.is_unknown_service() => {
            centre.ticket(second, address.name()).await
        }
        result => result,
    }
    .map_err(|error| no_ticket(address, settings, error))
}

fn no_ticket(address: &ServerAddress, settings: &Settings, error: TicketError) -> ReplicationError {
    match error {
        TicketError::Ticket(source) => ReplicationError::Ticket {
            server: address.to_string(),
            account: settings.account.name().to_owned(),
            source,
        },
        TicketError::Centre { server, source } => ReplicationError::Kdc { server, source },
        TicketError::TimedOut { server } => ReplicationError::TimedOut {
            server,
            doing: "asking for a Kerberos ticket",
            timeout: settings.timeout,
        },
        TicketError::File { path, source } => ReplicationError::CredentialFile { path, source },
    }
}
