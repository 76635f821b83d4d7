//! Where the replication service of a server listens: a configured port, or what the endpoint mapper says.
//!
//! Domain controllers may be told to let nobody unknown ask the mapper (the policy "Restrict Unauthenticated RPC
//! clients"); then the account asks.

use super::authentication::{Authenticated, authenticate};
use super::connection::Connection;
use super::error::ReplicationError;
use super::settings::Settings;
use crate::source::ServerAddress;
use crate::wire::dcerpc::{
    Association, Binding, DcerpcError, ENDPOINT_MAPPER, ENDPOINT_MAPPER_PORT, EPT_MAP, FaultStatus,
    map_request, map_response,
};
use crate::wire::drsuapi::DRSUAPI;

const DOING: &str = "asking for the port of the replication service";

/// The port of the replication service.
pub(super) async fn port(address: &ServerAddress, settings: &Settings) -> Result<u16, ReplicationError> {
    if let Some(port) = settings.replication_port {
        return Ok(port);
    }
    let port = address.port.unwrap_or(ENDPOINT_MAPPER_PORT);
    let mut connection = Connection::open(&address.host, port, settings.timeout).await?;
    let failure = match anonymous(&mut connection, settings).await {
        Ok(mut association) => match map(&mut connection, &mut association, settings).await {
            Err(failure) if is_denied(&failure) => failure,
            result => return result,
        },
        Err(failure) => failure,
    };
    if !is_denied(&failure) {
        return Err(failure);
    }
    let mut connection = Connection::open(&address.host, port, settings.timeout).await?;
    let Authenticated { mut association, key: _ } =
        authenticate(&mut connection, ENDPOINT_MAPPER, address, settings).await?;
    map(&mut connection, &mut association, settings).await
}

async fn anonymous(
    connection: &mut Connection,
    settings: &Settings,
) -> Result<Association, ReplicationError> {
    let mut binding = Binding::anonymous(ENDPOINT_MAPPER);
    let server = connection.server.clone();
    let failed = |source| ReplicationError::Call { server: server.clone(), doing: DOING, source };
    let message = binding.bind(&[]).map_err(failed)?;
    let answer = connection.exchange(&message, DOING, settings.timeout).await?;
    binding.accept(&answer).map_err(failed)?;
    binding.open().map_err(failed)
}

async fn map(
    connection: &mut Connection,
    association: &mut Association,
    settings: &Settings,
) -> Result<u16, ReplicationError> {
    let request = map_request(&DRSUAPI);
    let stub = connection.call(association, (EPT_MAP, &request), DOING, settings.timeout).await?;
    let ports = map_response(&DRSUAPI, &stub).map_err(|source| ReplicationError::Call {
        server: connection.server.clone(),
        doing: DOING,
        source,
    })?;
    Ok(*ports.first().expect("an answer without a port is an error"))
}

/// Whether the mapper does not talk to strangers.
fn is_denied(failure: &ReplicationError) -> bool {
    matches!(
        failure,
        ReplicationError::Call {
            source: DcerpcError::Fault(FaultStatus::AccessDenied) | DcerpcError::BindRefused(_),
            ..
        }
    )
}
