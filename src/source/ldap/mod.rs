//! Reads Active Directory over LDAP, always inside TLS.
//!
//! Every way for a reading to end early gives a [`BrokenReading`]: a wrong result code, a missing page, a
//! dropped connection, a client library that gave up. It does not know what the entries are for.

mod authentication;
mod certificate;
mod changes;
mod entry;
mod error;
mod follower;
mod opening;
mod probe;
mod range;
mod reading;
mod relay;
mod search;
mod settings;
mod tap;
mod transport;

use std::sync::Arc;

use crate::model::{DirectorySnapshot, PartialDirectory};
use crate::source::{BrokenReading, Progress, Request, SourceError};

pub use self::error::LdapError;
pub use self::follower::Follower;
pub use self::probe::{Controller, Probe};
pub use self::settings::{Bind, Settings, SettingsError, Transport, certificates_from_pem};
pub use crate::source::{Kerberos, ServerAddress};

/// An Active Directory that is read over LDAP.
#[derive(Debug)]
pub struct LdapDirectory {
    settings: Settings,
}

impl LdapDirectory {
    /// Connects to nothing yet.
    pub const fn new(settings: Settings) -> Self {
        Self { settings }
    }

    /// Reads all users, groups and contacts below the search bases.
    ///
    /// # Errors
    /// A reading that did not come to its end, with what came before.
    pub async fn read(
        &self,
        request: &Request,
        progress: &dyn Progress,
    ) -> Result<DirectorySnapshot, BrokenReading> {
        let mut partial = PartialDirectory::new(Arc::clone(&request.names));
        let filled = async {
            let mut begun = reading::begin(&self.settings).await?;
            reading::fill(&mut begun, &self.settings, &mut partial, progress).await
        };
        match Box::pin(filled).await {
            Ok(watermark) => Ok(partial.finish(watermark)),
            Err(cause) => {
                Err(BrokenReading { so_far: Box::new(partial.break_off()), cause: SourceError::Ldap(cause) })
            }
        }
    }
}
