//! Carries an approved plan to a tenant, through whichever channel the tenant is reached by.
//!
//! What is carried and in which order is not known here.

use crate::apply::{Applied, Observer, apply};
use crate::plan::ApprovedPlan;
use crate::target::dirsync::{self, DirSync, Known, PasswordHashes};
use crate::target::graph::{self, Reader};
use crate::target::{ProvisioningError, Refused, TargetError};

use super::connect::Tenant;
use super::console;
use super::error::Error;
use super::hashes::Hashes;

/// A tenant, and what the protocol of Entra Connect has to know of its objects.
pub(super) struct Carrier<'a> {
    pub(super) tenant: &'a Tenant,
    pub(super) known: Known,
    /// Where passwords are read, if the policy sends any.
    pub(super) hashes: Option<Hashes>,
    /// Whether the plan has found that the tenant takes nothing on its channel.
    pub(super) is_closed: bool,
}

impl Carrier<'_> {
    /// Applies what may run; one outcome for each change.
    ///
    /// # Errors
    /// The tenant takes nothing on its channel, so nothing was tried.
    pub(super) async fn carry_out(
        self,
        approved: &ApprovedPlan,
        observer: &mut dyn Observer,
    ) -> Result<Vec<Applied>, Error> {
        let Self { tenant, known, is_closed, hashes } = self;
        let Some(connection) = &tenant.dirsync else {
            return Ok(apply(approved, &graph::Tenant::new(&tenant.connection), observer).await);
        };
        if approved.changes().next().is_none() {
            return Ok(Vec::new());
        }
        if is_closed {
            return Err(switched_off(&tenant.name));
        }
        let links_max = ready(&tenant.name, connection).await?;
        let reader = Reader::new(&tenant.connection);
        let hashes = hashes.map(|it| Box::new(it) as Box<dyn PasswordHashes>);
        let target = DirSync::new(connection, reader, known).with_links_max(links_max).with_hashes(hashes);
        let outcomes = apply(approved, &target, observer).await;
        for warning in target.take_warnings() {
            let dirsync::Warning { object, code, description } = warning;
            console::say(&format!(
                "warning: {object} was written, and the tenant says {code}: {description}"
            ));
        }
        // All is written by now: that the service does not hear of the end changes nothing of it.
        if let Err(cause) = target.finalize_export().await {
            console::say(&format!(
                "warning: {}: the end of the export could not be reported: {cause}",
                tenant.name
            ));
        }
        Ok(outcomes)
    }
}

/// Asks the service whether it takes anything, and how many members at once.
async fn ready(name: &str, connection: &dirsync::Connection) -> Result<Option<usize>, Error> {
    let configuration = match connection.company_configuration().await {
        Ok(configuration) => configuration,
        Err(cause) => {
            let error =
                Error::failed(format!("tenant {name} takes nothing through the protocol of Entra Connect"));
            return Err(hinted(error.because(&cause), &cause, connection).await);
        }
    };
    if configuration.is_dir_syncing == Some(false) {
        return Err(switched_off(name));
    }
    let links_max = configuration.links_per_batch_max.and_then(|it| usize::try_from(it).ok());
    Ok(links_max.filter(|it| 0 < *it))
}

fn switched_off(name: &str) -> Error {
    Error::failed(format!("directory synchronisation is off in tenant {name}")).hint(
        "set onPremisesSyncEnabled of the organisation to true as a Global Administrator, then apply again",
    )
}

/// What may be the matter where the service refuses everything: it says the same of a missing right and of an old build.
async fn hinted(error: Error, cause: &TargetError, connection: &dirsync::Connection) -> Error {
    let is_denied = matches!(
        cause,
        TargetError::Provisioning(it)
            if matches!(**it, ProvisioningError::Refused { refused: Refused::Denied, .. })
    );
    if !is_denied {
        return error;
    }
    let served = match connection.capabilities().await {
        Ok(it) => match (it.minimum_version(), it.latest_version()) {
            (Some(oldest), Some(newest)) => format!("; the service says that it takes {oldest} to {newest}"),
            (_, _) => String::new(),
        },
        Err(_) => String::new(),
    };
    error
        .hint(
            "the app needs the permission ADSynchronization.ReadWrite.All of Microsoft Entra AD Synchronization \
             Service, with an administrator's consent",
        )
        .hint(format!(
            "the service refuses old builds of Entra Connect, and {} is stated{served}: see \
             `directorySync.buildNumber` of the Tenant",
            connection.build_number()
        ))
}
