//! From what manifests say about connections to the connections themselves.

use std::path::Path;

use crate::manifest::{
    Bind, Credential, DirectoryConnection, DirectorySpec, FileRef, KerberosKey, LdapConnection,
    LdapTransport, Server, TenantAuth, TenantChannel, TenantCloud, TenantSpec,
};
use crate::model::{self, DirectorySnapshot, Secret};
use crate::sandbox::{self, Sandbox, SandboxOptions, Seed};
use crate::source::ldap::{self, Kerberos, LdapDirectory, ServerAddress, Transport};
use crate::source::ldif::LdifFile;
use crate::source::{BrokenReading, Request};
use crate::target::graph::{self, App, Cloud, Connection, Endpoints};

use super::clock;
use super::console::Console;
use super::error::Error;
use super::progress::Reading;
use super::secrets;

/// A directory that can be read.
enum Source {
    Ldap(Box<LdapDirectory>),
    Ldif(LdifFile),
}

/// Reads a directory, to its end or as far as it goes.
///
/// # Errors
/// Nothing at all could be read.
pub(super) async fn read_directory(
    spec: &DirectorySpec,
    request: &Request,
    console: Console,
) -> Result<model::Reading, Error> {
    let source = match &spec.connection {
        DirectoryConnection::Ldif(file) => Source::Ldif(LdifFile { path: file.path.clone() }),
        DirectoryConnection::Ldap(ldap) => Source::Ldap(Box::new(LdapDirectory::new(ldap_settings(ldap)?))),
    };
    let progress = Reading::begin(&spec.name, console);
    let read: Result<DirectorySnapshot, BrokenReading> = match &source {
        Source::Ldap(directory) => directory.read(request, &progress).await,
        Source::Ldif(file) => file.read(request, &progress).await,
    };
    drop(progress);
    match read {
        Ok(snapshot) => Ok(model::Reading::Whole(snapshot)),
        Err(broken) if broken.so_far.is_empty() => Err(broken.into()),
        // What came is right: updates can go on, and the plan says that removals cannot.
        Err(BrokenReading { so_far, cause }) => {
            Ok(model::Reading::Broken { objects: *so_far, cause: with_causes(&cause) })
        }
    }
}

/// An error and its causes, on one line.
pub(super) fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text += &[": ", &cause.to_string()].concat();
        next = cause.source();
    }
    text
}

pub(super) fn ldap_settings(spec: &LdapConnection) -> Result<ldap::Settings, Error> {
    let bind = match &spec.bind {
        Bind::Simple { user, password } => {
            ldap::Bind::Simple { user: user.clone(), password: secrets::read(password)? }
        }
        Bind::Kerberos { principal, key, kdc } => {
            let (keytab, cache) = match key {
                KerberosKey::Keytab(file) => (Some(secrets::path(file)?), None),
                KerberosKey::Cache(file) => (None, Some(secrets::path(file)?)),
            };
            let kdc = kdc.as_ref().map(|it| server(it, None));
            let principal = principal.clone();
            ldap::Bind::Kerberos(Kerberos { principal, keytab, cache, kdc, clock: clock::now })
        }
    };
    let ca = match &spec.ca_file {
        None => None,
        Some(file) => Some(ldap::certificates_from_pem(&secrets::file(file)?).map_err(|cause| {
            Error::failed(format!("{}: {} cannot be used", file.place, file.path.display())).because(&cause)
        })?),
    };
    Ok(ldap::Settings {
        servers: spec.servers.iter().map(|it| server(it, spec.server_name.as_deref())).collect(),
        transport: match spec.transport {
            LdapTransport::Ldaps => Transport::Ldaps,
            LdapTransport::StartTls => Transport::StartTls,
        },
        ca,
        search_bases: spec.search_bases.clone(),
        page_size: spec.page_size,
        ..ldap::Settings::new(spec.domain.clone(), bind)
    })
}

fn server(spec: &Server, name: Option<&str>) -> ServerAddress {
    ServerAddress { host: spec.host.clone(), port: spec.port, tls_name: name.map(str::to_owned) }
}

/// A connection to a tenant; a sandbox runs for as long as it is open.
pub(super) struct Tenant {
    pub(super) name: String,
    pub(super) connection: Connection,
    sandbox: Option<Sandbox>,
}

impl Tenant {
    /// Opens a connection; for a sandbox, starts it.
    pub(super) async fn open(spec: &TenantSpec) -> Result<Self, Error> {
        match spec.channel {
            TenantChannel::Graph => (),
            TenantChannel::DirectorySync => {
                return Err(Error::failed(format!(
                    "{}: the channel directorySync is not built yet",
                    spec.place
                ))
                .hint("use channel: graph"));
            }
        }
        let (endpoints, ca, sandbox) = match &spec.cloud {
            TenantCloud::Global => (Endpoints::of(Cloud::Global), None, None),
            TenantCloud::UsGov => (Endpoints::of(Cloud::UsGov), None, None),
            TenantCloud::UsGovDod => (Endpoints::of(Cloud::UsGovDod), None, None),
            TenantCloud::China => (Endpoints::of(Cloud::China), None, None),
            TenantCloud::Custom { login, graph, provisioning: _, ca_file } => {
                let ca = ca_file.as_ref().map(secrets::file).transpose()?;
                (Endpoints::explicit(login, graph)?, ca, None)
            }
            TenantCloud::Sandbox { state, seed } => {
                let sandbox = start_sandbox(spec, state.as_ref(), seed.as_ref()).await?;
                (Endpoints::explicit(sandbox.base_url(), sandbox.base_url())?, None, Some(sandbox))
            }
        };
        let app = match (&spec.auth, &sandbox) {
            (Some(auth), _) => app(spec, auth)?,
            (None, Some(sandbox)) => App {
                tenant: sandbox.tenant_id().to_string(),
                client_id: uuid::Uuid::nil().to_string(),
                // The sandbox takes any secret unless its seed lists apps.
                credential: graph::Credential::ClientSecret(Secret::new("sandbox".to_owned())),
            },
            (None, None) => return Err(Error::failed(format!("{}: auth is missing", spec.place))),
        };
        let settings =
            graph::Settings { extra_ca_pem: ca, ..graph::Settings::new(endpoints, app, clock::clock()) };
        let connection = Connection::open(settings).map_err(|cause| {
            Error::failed(format!("{}: tenant {} cannot be reached", spec.place, spec.name)).because(&cause)
        })?;
        Ok(Self { name: spec.name.clone(), connection, sandbox })
    }

    /// Closes the connection; a sandbox saves its state.
    pub(super) async fn close(self) -> Result<(), Error> {
        let Some(sandbox) = self.sandbox else { return Ok(()) };
        sandbox.shutdown().await.map_err(|cause| {
            Error::failed(format!("the sandbox tenant {} could not be saved", self.name)).because(&cause)
        })
    }
}

pub(super) fn app(spec: &TenantSpec, auth: &TenantAuth) -> Result<App, Error> {
    let credential = match &auth.credential {
        Credential::ClientSecret(secret) => graph::Credential::ClientSecret(secrets::read(secret)?),
        Credential::Certificate(pem) => graph::Credential::Certificate { pem: secrets::read(pem)? },
        Credential::FederatedToken(token) => graph::Credential::FederatedToken(secrets::path(token)?),
    };
    let tenant = spec.tenant_id.map_or_else(|| "common".to_owned(), |it| it.to_string());
    Ok(App { tenant, client_id: auth.client_id.to_string(), credential })
}

pub(super) async fn start_sandbox(
    spec: &TenantSpec,
    state: Option<&FileRef>,
    seed: Option<&FileRef>,
) -> Result<Sandbox, Error> {
    let mut options = SandboxOptions::new(clock::clock());
    if let Some(file) = seed {
        options.seed =
            read_seed(&file.path).map_err(|error| error.hint(format!("named at {}", file.place)))?;
    }
    if let Some(id) = spec.tenant_id {
        options.seed.tenant_id = id;
    }
    if let Some(file) = state {
        if let Some(folder) = file.path.parent() {
            std::fs::create_dir_all(folder).map_err(|cause| {
                Error::failed(format!("{}: cannot make {}", file.place, folder.display())).because(&cause)
            })?;
        }
        options.state_file = Some(file.path.clone());
    }
    sandbox::start(options).await.map_err(|cause| {
        Error::failed(format!("the sandbox tenant {} does not start", spec.name)).because(&cause)
    })
}

/// Reads a seed of the sandbox.
pub(super) fn read_seed(path: &Path) -> Result<Seed, Error> {
    #[expect(clippy::disallowed_methods, reason = "the command line reads what manifests name")]
    let text = std::fs::read_to_string(path)
        .map_err(|cause| Error::failed(format!("cannot read {}", path.display())).because(&cause))?;
    Seed::parse(&text)
        .map_err(|cause| Error::failed(format!("{} is no seed of a sandbox", path.display())).because(&cause))
}
