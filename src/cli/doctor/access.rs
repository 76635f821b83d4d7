//! Connections to a tenant that are quick to give up, on both channels, whichever the manifest chooses.
//!
//! A sandbox is started from its file or its seed, and never saved.

use std::time::Duration;

use crate::cli::clock;
use crate::cli::connect;
use crate::cli::error::Error;
use crate::manifest::{TenantCloud, TenantSpec};
use crate::sandbox::Sandbox;
use crate::target::graph::{self, App};
use crate::target::{Patience, TargetError, Timeouts, app_certificate, dirsync};
use crate::wire::x509::Certificate;

const TIMEOUTS: Timeouts = Timeouts { connect: Duration::from_secs(10), request: Duration::from_secs(20) };
/// One more try for an answer that got lost, and no long waits: whoever asks is sitting there.
const PATIENCE: Patience = Patience {
    attempts: 2,
    backoff: Duration::from_millis(500),
    backoff_max: Duration::from_secs(2),
    retry_after_max: Duration::from_secs(10),
};

/// A tenant that can be asked.
pub(super) struct Access {
    pub(super) graph: graph::Connection,
    /// The endpoint of Entra Connect; `None` if its address is not known.
    pub(super) directory_sync: Option<dirsync::Connection>,
    /// The build of Entra Connect that is stated there.
    pub(super) build: String,
    /// The certificate that the app proves itself with.
    pub(super) certificate: Option<Certificate>,
    /// Runs for as long as this lives.
    _sandbox: Option<Sandbox>,
}

impl Access {
    /// Opens both connections; nothing is asked yet, but a sandbox runs.
    pub(super) async fn open(spec: &TenantSpec) -> Result<Self, Error> {
        let sandbox = match &spec.cloud {
            TenantCloud::Sandbox { state, seed } => {
                // A file that is not there yet would be written.
                let state = state.as_ref().filter(|it| it.path.exists());
                Some(connect::start_sandbox(spec, state, seed.as_ref()).await?)
            }
            TenantCloud::Global
            | TenantCloud::UsGov
            | TenantCloud::UsGovDod
            | TenantCloud::China
            | TenantCloud::Custom { .. } => None,
        };
        let app = connect::app(spec, sandbox.as_ref())?;
        let certificate = match &app.credential {
            graph::Credential::Certificate { pem } => Certificate::parse(&app_certificate(pem)?).ok(),
            graph::Credential::ClientSecret(_) | graph::Credential::FederatedToken(_) => None,
        };
        let ca = connect::extra_ca(&spec.cloud)?;
        let base = sandbox.as_ref().map(Sandbox::base_url);
        let settings = graph::Settings {
            extra_ca_pem: ca.clone(),
            patience: PATIENCE,
            timeouts: TIMEOUTS,
            ..graph::Settings::new(connect::graph_endpoints(&spec.cloud, base)?, app.clone(), clock::clock())
        };
        let directory_sync = directory_sync_settings(spec, base, &app, ca)?;
        let build = directory_sync.as_ref().map(|it| it.build_number.clone());
        Ok(Self {
            graph: graph::Connection::open(settings)?,
            build: build.unwrap_or_default(),
            directory_sync: directory_sync.map(dirsync::Connection::open).transpose()?,
            certificate,
            _sandbox: sandbox,
        })
    }
}

/// Microsoft publishes the address in the worldwide cloud only; elsewhere the manifest has to say it.
fn directory_sync_settings(
    spec: &TenantSpec,
    sandbox: Option<&str>,
    app: &App,
    ca: Option<Vec<u8>>,
) -> Result<Option<dirsync::Settings>, TargetError> {
    let is_known = match &spec.cloud {
        TenantCloud::Global | TenantCloud::Sandbox { .. } => true,
        TenantCloud::Custom { provisioning, .. } => provisioning.is_some(),
        TenantCloud::UsGov | TenantCloud::UsGovDod | TenantCloud::China => false,
    };
    if !is_known && spec.directory_sync.endpoint.is_none() {
        return Ok(None);
    }
    let login = connect::graph_endpoints(&spec.cloud, sandbox)?;
    let settings = connect::dirsync_settings(spec, (login.login(), sandbox), app.clone(), ca)?;
    Ok(Some(dirsync::Settings { patience: PATIENCE, timeouts: TIMEOUTS, ..settings }))
}
