//! Finds a server that lets us in, and reaches the very same one again.
//!
//! It does not know what is read there.

use super::error::LdapError;
use super::relay::Session;
use super::settings::{Settings, Transport};
use super::{authentication, transport};
use crate::source::{LookupError, ServerAddress, ServerFailure, name_servers};

/// Connects and binds to the first server that lets us.
pub(super) async fn first(settings: &Settings) -> Result<Session, LdapError> {
    let servers = if settings.servers.is_empty() {
        find_servers(settings)
            .await
            .map_err(|source| LdapError::FindingServers { domain: settings.domain.clone(), source })?
    } else {
        settings.servers.clone()
    };
    let mut failures = Vec::new();
    for address in &servers {
        match at(address, settings).await {
            Ok(session) => return Ok(session),
            Err(failure) if failure.is_final() || servers.len() == 1 => return Err(failure),
            Err(failure) => failures.push(failure),
        }
    }
    let source = ServerFailure::chain(failures).expect("there is a server, and each one failed");
    Err(LdapError::AllServers { domain: settings.domain.clone(), count: servers.len(), source })
}

/// The domain controllers that DNS names.
pub(super) async fn find_servers(settings: &Settings) -> Result<Vec<ServerAddress>, LookupError> {
    let found = name_servers::find_controllers(&settings.domain, &settings.name_servers).await?;
    // DNS names the port of plain LDAP, where StartTLS is; LDAPS has its own.
    let port = |it: u16| match settings.transport {
        Transport::StartTls => Some(it),
        Transport::Ldaps => None,
    };
    let address = |host, it| ServerAddress { host, port: port(it), tls_name: None };
    Ok(found.into_iter().map(|it| address(it.target, it.port)).collect())
}

/// Connects and binds to one server.
pub(super) async fn at(address: &ServerAddress, settings: &Settings) -> Result<Session, LdapError> {
    let mut channel = transport::connect(address, settings).await?;
    authentication::bind(&mut channel, address, settings).await?;
    Session::start(channel).await
}
