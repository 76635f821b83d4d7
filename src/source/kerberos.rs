//! Gets a Kerberos ticket for a service: reads the keytab or the credential cache, and talks to the key
//! distribution centre over TCP (RFC 4120, 7.2.2).
//!
//! The messages are made and understood elsewhere, and what a ticket is for is not known here.

use std::io::{self, Read};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use zeroize::Zeroizing;

use super::name_servers;
use super::server::{ServerAddress, endpoint};
use crate::model::Secret;
use crate::wire::kerberos::{
    Fresh, KerberosError, Principal, Ticket, as_reply, as_request, keys_of, keys_of_password, salt_request,
    tgs_reply, tgs_request, ticket_granting_ticket,
};

const PORT: u16 = 88;
/// Keytabs and caches are small files.
const FILE_MAX: u64 = 1 << 20;
/// A ticket grows with the groups of the account, to some ten kilobytes.
const REPLY_MAX: u32 = 1 << 20;

/// How to get a Kerberos ticket: by a key, by a password, or by a ticket that somebody else keeps fresh.
#[derive(Clone, Debug)]
pub struct Kerberos {
    /// `user@REALM`.
    pub principal: String,
    /// File with the keys of the principal.
    pub keytab: Option<PathBuf>,
    /// The password, used when there is no keytab.
    pub password: Option<Secret>,
    /// File with a ticket-granting ticket, used when there is neither.
    pub cache: Option<PathBuf>,
    /// The key distribution centre; else the domain controller itself, else what DNS says.
    pub kdc: Option<ServerAddress>,
    /// Reads the clock, which a ticket depends on.
    pub clock: fn() -> jiff::Timestamp,
}

impl Kerberos {
    /// What must be new for each message.
    pub(super) fn fresh(&self) -> Fresh {
        // A nonce of 31 bits: some read it as a signed number.
        Fresh { time: (self.clock)(), nonce: rand::random::<u32>() >> 1, confounder: rand::random() }
    }
}

/// Why there is no ticket.
#[derive(Debug)]
pub(super) enum TicketError {
    /// The account, its key or the answer.
    Ticket(KerberosError),
    /// The key distribution centre cannot be reached.
    Centre { server: String, source: io::Error },
    /// The key distribution centre is silent.
    TimedOut { server: String },
    /// The keytab or the credential cache cannot be read.
    File { path: String, source: io::Error },
}

impl From<KerberosError> for TicketError {
    fn from(error: KerberosError) -> Self {
        Self::Ticket(error)
    }
}

/// Where tickets come from, and for whom.
pub(super) struct Centre<'a> {
    pub(super) kerberos: &'a Kerberos,
    /// A domain controller, which is a key distribution centre too.
    pub(super) controller: &'a str,
    pub(super) domain: &'a str,
    pub(super) name_servers: &'a [SocketAddr],
    /// For each question.
    pub(super) timeout: Duration,
}

impl Centre<'_> {
    /// A ticket for the service of a class on a host.
    pub(super) async fn ticket(&self, class: &str, host: &str) -> Result<Ticket, TicketError> {
        let client: Principal = self.kerberos.principal.parse().map_err(KerberosError::Principal)?;
        let granting = self.granting(&client).await?;
        let service = Principal::service(class, host, &client.realm);
        let fresh = self.kerberos.fresh();
        let reply = self.ask(&tgs_request(&granting, &service, fresh)).await?;
        Ok(tgs_reply(&reply, &granting, &service, fresh.nonce)?)
    }

    /// A ticket-granting ticket, by key or from the cache.
    async fn granting(&self, client: &Principal) -> Result<Ticket, TicketError> {
        let Kerberos { principal: _, keytab, password, cache, kdc: _, clock } = self.kerberos;
        let keys = match (keytab, password) {
            (Some(keytab), _) => Some(keys_of(client, &read_file(keytab)?)?),
            (None, Some(password)) => {
                let reply = self.ask(&salt_request(client, self.kerberos.fresh().nonce)).await?;
                Some(keys_of_password(&reply, client, password.reveal())?)
            }
            (None, None) => None,
        };
        if let Some(keys) = keys {
            let fresh = self.kerberos.fresh();
            let reply = self.ask(&as_request(client, &keys, fresh)?).await?;
            return Ok(as_reply(&reply, client, &keys, fresh.nonce)?);
        }
        let cache = cache.as_ref().ok_or(KerberosError::NoCredentials)?;
        Ok(ticket_granting_ticket(client, &read_file(cache)?, clock())?)
    }

    /// Sends a request to the configured centre, or to the domain controller, or to those that DNS names.
    async fn ask(&self, request: &[u8]) -> Result<Vec<u8>, TicketError> {
        if let Some(kdc) = &self.kerberos.kdc {
            return self.ask_one(&kdc.host, kdc.port.unwrap_or(PORT), request).await;
        }
        let failure = match self.ask_one(self.controller, PORT, request).await {
            Ok(reply) => return Ok(reply),
            Err(failure) => failure,
        };
        let name = format!("_kerberos._tcp.{}", self.domain);
        for it in name_servers::find(self.name_servers, &name).await.unwrap_or_default() {
            if let Ok(reply) = self.ask_one(&it.target, it.port, request).await {
                return Ok(reply);
            }
        }
        Err(failure)
    }

    async fn ask_one(&self, host: &str, port: u16, request: &[u8]) -> Result<Vec<u8>, TicketError> {
        let server = endpoint(host, port);
        match tokio::time::timeout(self.timeout, exchange(host, port, request)).await {
            Ok(Ok(reply)) => Ok(reply),
            Ok(Err(source)) => Err(TicketError::Centre { server, source }),
            Err(_) => Err(TicketError::TimedOut { server }),
        }
    }
}

fn read_file(path: &Path) -> Result<Zeroizing<Vec<u8>>, TicketError> {
    let mut bytes = Zeroizing::new(Vec::new());
    #[expect(clippy::disallowed_methods, reason = "this module owns keytabs and credential caches")]
    let file = std::fs::File::open(path);
    file.and_then(|it| it.take(FILE_MAX).read_to_end(&mut bytes))
        .map_err(|source| TicketError::File { path: path.display().to_string(), source })?;
    Ok(bytes)
}

async fn exchange(host: &str, port: u16, request: &[u8]) -> io::Result<Vec<u8>> {
    let mut stream = TcpStream::connect((host, port)).await?;
    let len = u32::try_from(request.len()).map_err(io::Error::other)?;
    stream.write_all(&[&len.to_be_bytes(), request].concat()).await?;
    let len = stream.read_u32().await?;
    if REPLY_MAX < len {
        return Err(io::Error::new(
            io::ErrorKind::InvalidData,
            format!("an answer of {len} bytes is too long"),
        ));
    }
    let mut reply = Vec::new();
    if stream.take(len.into()).read_to_end(&mut reply).await? < usize::try_from(len).unwrap_or(usize::MAX) {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(reply)
}
