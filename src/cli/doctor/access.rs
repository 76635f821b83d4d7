//! Connections to a tenant that are quick to give up, on both channels, whichever the manifest chooses.
//!
//! A sandbox is started from its file or its seed, and never saved.

use std::time::Duration;

use crate::cli::connect;
use crate::cli::error::Error;
use crate::cli::{clock, secrets};
use crate::manifest::{TenantCloud, TenantSpec};
use crate::model::Secret;
use crate::sandbox::Sandbox;
use crate::target::graph::{self, App, Cloud};
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
        let app = app(spec, sandbox.as_ref())?;
        let certificate = match &app.credential {
            graph::Credential::Certificate { pem } => Certificate::parse(&app_certificate(pem)?).ok(),
            graph::Credential::ClientSecret(_) | graph::Credential::FederatedToken(_) => None,
        };
        let ca = match &spec.cloud {
            TenantCloud::Custom { ca_file, .. } => ca_file.as_ref().map(secrets::file).transpose()?,
            TenantCloud::Global
            | TenantCloud::UsGov
            | TenantCloud::UsGovDod
            | TenantCloud::China
            | TenantCloud::Sandbox { .. } => None,
        };
        let base = sandbox.as_ref().map(Sandbox::base_url);
        let settings = graph::Settings {
            extra_ca_pem: ca.clone(),
            patience: PATIENCE,
            timeouts: TIMEOUTS,
            ..graph::Settings::new(graph_endpoints(&spec.cloud, base)?, app.clone(), clock::clock())
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

fn app(spec: &TenantSpec, sandbox: Option<&Sandbox>) -> Result<App, Error> {
    match (&spec.auth, sandbox) {
        (Some(auth), _) => connect::app(spec, auth),
        (None, Some(sandbox)) => Ok(App {
            tenant: sandbox.tenant_id().to_string(),
            client_id: uuid::Uuid::nil().to_string(),
            credential: graph::Credential::ClientSecret(Secret::new("sandbox".to_owned())),
        }),
        (None, None) => Err(Error::failed(format!("{}: auth is missing", spec.place))),
    }
}

fn graph_endpoints(cloud: &TenantCloud, base: Option<&str>) -> Result<graph::Endpoints, TargetError> {
    match (cloud, base) {
        (_, Some(base)) => graph::Endpoints::explicit(base, base),
        (TenantCloud::Custom { login, graph, .. }, None) => graph::Endpoints::explicit(login, graph),
        (TenantCloud::UsGov, None) => Ok(graph::Endpoints::of(Cloud::UsGov)),
        (TenantCloud::UsGovDod, None) => Ok(graph::Endpoints::of(Cloud::UsGovDod)),
        (TenantCloud::China, None) => Ok(graph::Endpoints::of(Cloud::China)),
        (TenantCloud::Global | TenantCloud::Sandbox { .. }, None) => Ok(graph::Endpoints::of(Cloud::Global)),
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
    let login = graph_endpoints(&spec.cloud, sandbox)?;
    let settings = connect::dirsync_settings(spec, (login.login(), sandbox), app.clone(), ca)?;
    Ok(Some(dirsync::Settings { patience: PATIENCE, timeouts: TIMEOUTS, ..settings }))
}
