//! Finds a server that lets us in, and reaches the very same one again.
//!
//! It does not know what is read there.

use super::error::{LdapError, ServerFailure};
use super::relay::Session;
use super::settings::{ServerAddress, Settings};
use super::{authentication, name_servers, transport};

/// Connects and binds to the first server that lets us.
pub(super) async fn first(settings: &Settings) -> Result<Session, LdapError> {
    let servers = if settings.servers.is_empty() {
        name_servers::find_servers(settings)
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
    let chain = failures
        .into_iter()
        .rev()
        .fold(None, |next, cause| Some(ServerFailure { cause: Box::new(cause), next: next.map(Box::new) }));
    let source = chain.expect("there is a server, and each one failed");
    Err(LdapError::AllServers { domain: settings.domain.clone(), count: servers.len(), source })
}

/// Connects and binds to one server.
pub(super) async fn at(address: &ServerAddress, settings: &Settings) -> Result<Session, LdapError> {
    let mut channel = transport::connect(address, settings).await?;
    authentication::bind(&mut channel, address, settings).await?;
    Session::start(channel).await
}
