//! stub
use super::error::LdapError;
use super::settings::{Kerberos, ServerAddress};
use super::transport::Channel;
pub(super) async fn token(
    channel: &mut Channel,
    _: &ServerAddress,
    settings: &Kerberos,
) -> Result<Vec<u8>, LdapError> {
    Err(LdapError::Ticket {
        server: channel.server.clone(),
        account: settings.principal.clone(),
        source: crate::wire::kerberos::KerberosError,
    })
}
