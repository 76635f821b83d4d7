//! Binds an account, inside TLS.
//!
//! It does not know how a Kerberos token is made, and never repeats a refused password.

use tokio::io::AsyncWriteExt;

use super::error::LdapError;
use super::settings::{Bind, Settings};
use super::transport::{Channel, read_frame, within};
use crate::source::kerberos::{Centre, TicketError};
use crate::source::{Kerberos, ServerAddress};
use crate::wire::kerberos::initial_token;
use crate::wire::ldap::{Answer, bind_failure, result_code_name, sasl_bind, simple_bind};

const DOING: &str = "binding";

/// Binds the account of the settings.
pub(super) async fn bind(
    channel: &mut Channel,
    address: &ServerAddress,
    settings: &Settings,
) -> Result<(), LdapError> {
    let bind = &settings.bind;
    let request = match bind {
        Bind::Simple { user, password } => {
            // An empty password would succeed as nobody (RFC 4513, 5.1.2).
            if password.reveal().is_empty() {
                return Err(refused(channel, bind, 49, "the password is empty".to_owned()));
            }
            zeroize::Zeroizing::new(simple_bind(1, user, password.reveal()))
        }
        Bind::Kerberos(kerberos) => {
            let token = token(channel, address, settings, kerberos).await?;
            zeroize::Zeroizing::new(sasl_bind(1, "GSS-SPNEGO", &token))
        }
    };
    let (timeout, server) = (channel.timeout, channel.server.clone());
    let answer = within(timeout, &server, DOING, exchange(channel, &request)).await??;
    if answer.outcome.code == 0 {
        return Ok(());
    }
    let reason = match bind_failure(&answer.outcome.diagnostic) {
        Some(reason) if answer.outcome.code == 49 => reason.to_owned(),
        Some(_) | None => explain(answer.outcome.code, &answer.outcome.diagnostic),
    };
    Err(refused(channel, bind, answer.outcome.code, reason))
}

/// A Kerberos token for the server, tied to the channel.
async fn token(
    channel: &Channel,
    address: &ServerAddress,
    settings: &Settings,
    kerberos: &Kerberos,
) -> Result<Vec<u8>, LdapError> {
    let centre = Centre {
        kerberos,
        controller: &address.host,
        domain: &settings.domain,
        name_servers: &settings.name_servers,
        timeout: settings.timeout,
    };
    let ticket = centre.ticket("ldap", address.name()).await.map_err(|error| match error {
        TicketError::Ticket(source) => {
            LdapError::Ticket { server: channel.server.clone(), account: kerberos.principal.clone(), source }
        }
        TicketError::Centre { server, source } => LdapError::Kdc { server, source },
        TicketError::TimedOut { server } => {
            LdapError::TimedOut { server, doing: "asking for a Kerberos ticket", timeout: settings.timeout }
        }
        TicketError::File { path, source } => LdapError::CredentialFile { path, source },
    })?;
    Ok(initial_token(&ticket, &channel.end_point, kerberos.fresh()))
}

fn explain(code: u32, diagnostic: &str) -> String {
    match code {
        // Seen with Samba 4.17; since 4.21 a channel binding, which is always sent, is enough.
        8 => format!(
            "it wants signing even inside TLS; Samba before 4.21 needs `ldap server require strong auth = \
             allow_sasl_over_tls` in its smb.conf for Kerberos ({diagnostic:?})"
        ),
        14 => "the server wants another step of the handshake, which a ticket should not need".to_owned(),
        49 => format!("the user name or the password is wrong ({diagnostic:?})"),
        code => format!("{} ({code}, {diagnostic:?})", result_code_name(code)),
    }
}

fn refused(channel: &Channel, bind: &Bind, code: u32, reason: String) -> LdapError {
    LdapError::Bind { server: channel.server.clone(), account: bind.account().to_owned(), code, reason }
}

async fn exchange(channel: &mut Channel, request: &[u8]) -> Result<Answer, LdapError> {
    let server = channel.server.clone();
    let broke = |source| LdapError::Disconnected { server: server.clone(), doing: DOING, source };
    channel.stream.write_all(request).await.map_err(broke)?;
    channel.stream.flush().await.map_err(broke)?;
    let frame = read_frame(&mut channel.stream).await.map_err(broke)?;
    Answer::parse(&frame).map_err(|source| LdapError::Malformed {
        server: server.clone(),
        doing: DOING,
        source,
    })
}
