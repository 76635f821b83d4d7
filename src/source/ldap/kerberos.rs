//! Gets a token for the LDAP service of a server: reads the keytab or the credential cache, and talks to the
//! key distribution centre over TCP (RFC 4120, 7.2.2).
//!
//! The messages are made and understood elsewhere.

use std::io::{self, Read};
use std::path::Path;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use zeroize::Zeroizing;

use super::error::LdapError;
use super::name_servers;
use super::settings::{Kerberos, ServerAddress, Settings, endpoint};
use super::transport::{Channel, within};
use crate::wire::kerberos::{
    Fresh, KerberosError, Principal, Ticket, as_reply, as_request, initial_token, keys_of, tgs_reply,
    tgs_request, ticket_granting_ticket,
};

const PORT: u16 = 88;
/// Keytabs and caches are small files.
const FILE_MAX: u64 = 1 << 20;
/// A ticket grows with the groups of the account, to some ten kilobytes.
const REPLY_MAX: u32 = 1 << 20;

/// The token to bind with, tied to the channel.
pub(super) async fn token(
    channel: &Channel,
    address: &ServerAddress,
    settings: &Settings,
    kerberos: &Kerberos,
) -> Result<Vec<u8>, LdapError> {
    let no_ticket = |source| LdapError::Ticket {
        server: channel.server.clone(),
        account: kerberos.principal.clone(),
        source,
    };
    let client: Principal =
        kerberos.principal.parse().map_err(|it| no_ticket(KerberosError::Principal(it)))?;
    let centre = Centre { address, settings, kerberos };
    let granting = granting(&centre, &client, &no_ticket).await?;
    let service = Principal::service("ldap", address.name(), &client.realm);
    let fresh = fresh(kerberos);
    let reply = centre.ask(&tgs_request(&granting, &service, fresh)).await?;
    let ticket = tgs_reply(&reply, &granting, &service, fresh.nonce).map_err(no_ticket)?;
    Ok(initial_token(&ticket, &channel.end_point, self::fresh(kerberos)))
}

/// A ticket-granting ticket, by key or from the cache.
async fn granting(
    centre: &Centre<'_>,
    client: &Principal,
    no_ticket: &impl Fn(KerberosError) -> LdapError,
) -> Result<Ticket, LdapError> {
    let kerberos = centre.kerberos;
    if let Some(keytab) = &kerberos.keytab {
        let keys = keys_of(client, &read_file(keytab)?).map_err(no_ticket)?;
        let fresh = fresh(kerberos);
        let reply = centre.ask(&as_request(client, &keys, fresh).map_err(no_ticket)?).await?;
        return as_reply(&reply, client, &keys, fresh.nonce).map_err(no_ticket);
    }
    let cache = kerberos.cache.as_ref().ok_or_else(|| no_ticket(KerberosError::NoCredentials))?;
    ticket_granting_ticket(client, &read_file(cache)?, (kerberos.clock)()).map_err(no_ticket)
}

fn fresh(kerberos: &Kerberos) -> Fresh {
    // A nonce of 31 bits: some read it as a signed number.
    Fresh { time: (kerberos.clock)(), nonce: rand::random::<u32>() >> 1, confounder: rand::random() }
}

fn read_file(path: &Path) -> Result<Zeroizing<Vec<u8>>, LdapError> {
    let mut bytes = Zeroizing::new(Vec::new());
    #[expect(clippy::disallowed_methods, reason = "this module owns keytabs and credential caches")]
    let file = std::fs::File::open(path);
    file.and_then(|it| it.take(FILE_MAX).read_to_end(&mut bytes))
        .map_err(|source| LdapError::CredentialFile { path: path.display().to_string(), source })?;
    Ok(bytes)
}

/// Where tickets come from.
struct Centre<'a> {
    address: &'a ServerAddress,
    settings: &'a Settings,
    kerberos: &'a Kerberos,
}

impl Centre<'_> {
    /// Sends a request to the configured centre, or to the domain controller, or to those that DNS names.
    async fn ask(&self, request: &[u8]) -> Result<Vec<u8>, LdapError> {
        if let Some(kdc) = &self.kerberos.kdc {
            return self.ask_one(&kdc.host, kdc.port.unwrap_or(PORT), request).await;
        }
        let failure = match self.ask_one(&self.address.host, PORT, request).await {
            Ok(reply) => return Ok(reply),
            Err(failure) => failure,
        };
        let name = format!("_kerberos._tcp.{}", self.settings.domain);
        for it in name_servers::find(self.settings, &name).await.unwrap_or_default() {
            if let Ok(reply) = self.ask_one(&it.target, it.port, request).await {
                return Ok(reply);
            }
        }
        Err(failure)
    }

    async fn ask_one(&self, host: &str, port: u16, request: &[u8]) -> Result<Vec<u8>, LdapError> {
        let server = endpoint(host, port);
        let asking = "asking for a Kerberos ticket";
        within(self.settings.timeout, &server, asking, exchange(host, port, request))
            .await?
            .map_err(|source| LdapError::Kdc { server, source })
    }
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
