//! Carries an approved plan to a tenant, through whichever channel the tenant is reached by.
//!
//! What is carried and in which order is not known here.

use crate::apply::{Applied, Observer, apply};
use crate::plan::ApprovedPlan;
use crate::target::dirsync::{self, DirSync, Known, PasswordHashes};
use crate::target::graph::{self, Reader};

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
        let Self { tenant, known, hashes } = self;
        let Some(connection) = &tenant.dirsync else {
            return Ok(apply(approved, &graph::Tenant::new(&tenant.connection), observer).await);
        };
        if approved.changes().next().is_none() {
            return Ok(Vec::new());
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
    let unreachable = |cause| {
        Error::failed(format!("tenant {name} takes nothing through the protocol of Entra Connect"))
            .because(&cause)
    };
    let configuration = connection.company_configuration().await.map_err(unreachable)?;
    if configuration.is_dir_syncing == Some(false) {
        return Err(Error::failed(format!("directory synchronisation is off in tenant {name}")).hint(
            "set onPremisesSyncEnabled of the organisation to true as a Global Administrator, then apply again",
        ));
    }
    let links_max = configuration.links_per_batch_max.and_then(|it| usize::try_from(it).ok());
    Ok(links_max.filter(|it| 0 < *it))
}
