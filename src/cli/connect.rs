//! From what manifests say about connections to the connections themselves.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use crate::manifest::{
    Bind, Credential, DirectoryConnection, DirectorySpec, DirectorySyncSettings, FileRef, KerberosKey,
    LdapConnection, LdapTransport, Server, TenantAuth, TenantCloud, TenantSpec,
};
use crate::model::{self, DirectorySnapshot, Features, Secret};
use crate::policy::Channel;
use crate::sandbox::{self, Sandbox, SandboxOptions, Seed};
use crate::source::drs::{self, Replica};
use crate::source::ldap::{self, Kerberos, LdapDirectory, ServerAddress, Transport};
use crate::source::ldif::LdifFile;
use crate::source::{BrokenReading, Request};
use crate::target::graph::{self, App, Cloud, Connection, Endpoints, Extent};
use crate::target::{Clock, TargetError, dirsync};

use super::clock;
use super::console::Console;
use super::error::Error;
use super::outside::Outside;
use super::progress::Reading;
use super::secrets;

/// Far above what is between two clocks that anybody looks after, and below all that is counted in days.
const CLOCKS_APART_MAX: Duration = Duration::from_hours(1);

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
        Err(broken) => part(broken),
    }
}

/// A reading that broke off, unless nothing came: what came is right, so that updates can go on; the plan says that
/// removals cannot.
pub(super) fn part(broken: BrokenReading) -> Result<model::Reading, Error> {
    if broken.so_far.is_empty() {
        return Err(broken.into());
    }
    let BrokenReading { so_far, cause } = broken;
    Ok(model::Reading::Broken { objects: *so_far, cause: with_causes(&cause) })
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

/// The replication service of a directory, for passwords; `None` if it is an export.
pub(super) fn replica(spec: &DirectorySpec) -> Result<Option<Replica>, Error> {
    let DirectoryConnection::Ldap(spec) = &spec.connection else { return Ok(None) };
    let account = match &spec.bind {
        Bind::Simple { user, password } => drs::Account::Password {
            user: user.clone(),
            password: secrets::read(password)?,
            clock: clock::now,
        },
        Bind::Kerberos { principal, key, kdc } => {
            drs::Account::Kerberos(kerberos(principal, key, kdc.as_ref())?)
        }
    };
    // A port in the manifest is that of LDAP.
    let host = |it: &Server| ServerAddress { port: None, ..server(it, spec.server_name.as_deref()) };
    Ok(Some(Replica::new(drs::Settings {
        servers: spec.servers.iter().map(host).collect(),
        replication_port: spec.replication_port,
        ..drs::Settings::new(spec.domain.clone(), account)
    })))
}

fn kerberos(principal: &str, key: &KerberosKey, kdc: Option<&Server>) -> Result<Kerberos, Error> {
    let (keytab, cache) = match key {
        KerberosKey::Keytab(file) => (Some(secrets::path(file)?), None),
        KerberosKey::Cache(file) => (None, Some(secrets::path(file)?)),
    };
    let kdc = kdc.map(|it| server(it, None));
    Ok(Kerberos { principal: principal.to_owned(), keytab, password: None, cache, kdc, clock: clock::now })
}

pub(super) fn ldap_settings(spec: &LdapConnection) -> Result<ldap::Settings, Error> {
    let bind = match &spec.bind {
        Bind::Simple { user, password } => {
            ldap::Bind::Simple { user: user.clone(), password: secrets::read(password)? }
        }
        Bind::Kerberos { principal, key, kdc } => {
            ldap::Bind::Kerberos(kerberos(principal, key, kdc.as_ref())?)
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
    /// With the channel `directorySync` only.
    pub(super) dirsync: Option<dirsync::Connection>,
    clock: Clock,
    sandbox: Option<Sandbox>,
}

impl Tenant {
    /// Opens a connection; for a sandbox, starts it.
    pub(super) async fn open(spec: &TenantSpec, outside: &Outside) -> Result<Self, Error> {
        let sandbox = match &spec.cloud {
            TenantCloud::Sandbox { state, seed } => {
                Some(start_sandbox(spec, state.as_ref(), seed.as_ref()).await?)
            }
            TenantCloud::Global
            | TenantCloud::UsGov
            | TenantCloud::UsGovDod
            | TenantCloud::China
            | TenantCloud::Custom { .. } => None,
        };
        let endpoints = graph_endpoints(&spec.cloud, sandbox.as_ref().map(Sandbox::base_url))?;
        let ca = extra_ca(&spec.cloud)?;
        let app = app(spec, sandbox.as_ref())?;
        let fail = |cause: TargetError| {
            Error::failed(format!("{}: tenant {} cannot be reached", spec.place, spec.name)).because(&cause)
        };
        let Outside { clock, chance, courier } = outside;
        let base = sandbox.as_ref().map(Sandbox::base_url);
        let dirsync = match spec.channel {
            Channel::Graph => None,
            Channel::DirectorySync => {
                let addresses = (endpoints.login(), base);
                let settings = dirsync::Settings {
                    clock: Arc::clone(clock),
                    chance: Arc::clone(chance),
                    courier: courier.clone(),
                    ..dirsync_settings(spec, addresses, app.clone(), ca.clone()).map_err(fail)?
                };
                Some(dirsync::Connection::open(settings).map_err(fail)?)
            }
        };
        let settings = graph::Settings {
            extra_ca_pem: ca,
            chance: Arc::clone(chance),
            courier: courier.clone(),
            ..graph::Settings::new(endpoints, app, Arc::clone(clock))
        };
        let connection = Connection::open(settings).map_err(fail)?;
        Ok(Self { name: spec.name.clone(), connection, dirsync, clock: Arc::clone(clock), sandbox })
    }

    /// Opens a connection for somebody who leaves no trace: a sandbox whose file is not there yet makes none, and
    /// unless the connection is closed, nothing is saved.
    pub(super) async fn open_to_look(spec: &TenantSpec) -> Result<Self, Error> {
        let mut spec = spec.clone();
        if let TenantCloud::Sandbox { state, seed: _ } = &mut spec.cloud {
            state.take_if(|it| !it.path.exists());
        }
        Self::open(&spec, &Outside::real()).await
    }

    /// The time, for whatever is done with the tenant.
    pub(super) fn now(&self) -> Timestamp {
        (self.clock)()
    }

    /// What is read of the tenant besides users, groups, domains and roles.
    pub(super) const fn extent(&self) -> Extent {
        if self.dirsync.is_some() { Extent::Synchronised } else { Extent::OwnGroups }
    }

    /// How the tenant's switches are. It is only asked.
    pub(super) async fn features(&self) -> Features {
        let Some(connection) = &self.dirsync else { return Features::default() };
        connection.features().await.unwrap_or_else(|error| Features::Unknown(with_causes(&error)))
    }

    /// Grace periods, expiries and approvals count by our clock: with a wrong one people would be deleted early.
    ///
    /// # Errors
    /// Our clock and that of the tenant, which answered before, differ by too much.
    pub(super) fn agrees_on_the_time(&self) -> Result<(), Error> {
        let Some(ahead) = self.connection.clock_ahead().filter(|it| CLOCKS_APART_MAX < it.unsigned_abs())
        else {
            return Ok(());
        };
        let off = ahead.unsigned_abs().as_secs() / 60;
        let (hours, minutes) = (off / 60, off % 60);
        let side = if ahead.is_negative() { "ahead of" } else { "behind" };
        let says = format!(
            "the clock of this machine is {hours} h {minutes} min {side} that of tenant {}",
            self.name
        );
        let hint =
            "set it by a time server: grace periods and expiries count by it, so nothing is done meanwhile";
        Err(Error::failed(says).hint(hint))
    }

    /// Closes the connection; a sandbox saves its state.
    pub(super) async fn close(self) -> Result<(), Error> {
        let Some(sandbox) = self.sandbox else { return Ok(()) };
        sandbox.shutdown().await.map_err(|cause| {
            Error::failed(format!("the sandbox tenant {} could not be saved", self.name)).because(&cause)
        })
    }
}

pub(super) fn dirsync_settings(
    spec: &TenantSpec,
    (login, sandbox): (&str, Option<&str>),
    app: App,
    ca: Option<Vec<u8>>,
) -> Result<dirsync::Settings, TargetError> {
    let DirectorySyncSettings {
        endpoint,
        build_number,
        redirect_suffix,
        objects_per_request,
        managers_per_request,
        features: _,
    } = &spec.directory_sync;
    let provisioning = match (&spec.cloud, sandbox) {
        (_, Some(base)) => Some(format!("{base}/provisioningservice.svc")),
        (TenantCloud::Custom { provisioning, login: _, graph: _, ca_file: _ }, None) => provisioning.clone(),
        (
            TenantCloud::Global
            | TenantCloud::UsGov
            | TenantCloud::UsGovDod
            | TenantCloud::China
            | TenantCloud::Sandbox { .. },
            None,
        ) => None,
    };
    let endpoints = match endpoint.as_ref().or(provisioning.as_ref()) {
        Some(address) => dirsync::Endpoints::explicit(login, address)?,
        None => dirsync::Endpoints::global(),
    };
    let defaults = dirsync::Settings::new(endpoints, app, clock::clock());
    Ok(dirsync::Settings {
        extra_ca_pem: ca,
        build_number: build_number.clone().unwrap_or_else(|| defaults.build_number.clone()),
        redirect_suffix: redirect_suffix.clone(),
        batches: dirsync::Batches {
            objects_max: objects_per_request.unwrap_or(defaults.batches.objects_max),
            managers_max: managers_per_request.unwrap_or(defaults.batches.managers_max),
            ..defaults.batches
        },
        ..defaults
    })
}

/// Where Microsoft Graph is, or the sandbox in its place.
pub(super) fn graph_endpoints(cloud: &TenantCloud, sandbox: Option<&str>) -> Result<Endpoints, TargetError> {
    match (cloud, sandbox) {
        (_, Some(base)) => Endpoints::explicit(base, base),
        (TenantCloud::Custom { login, graph, provisioning: _, ca_file: _ }, None) => {
            Endpoints::explicit(login, graph)
        }
        (TenantCloud::UsGov, None) => Ok(Endpoints::of(Cloud::UsGov)),
        (TenantCloud::UsGovDod, None) => Ok(Endpoints::of(Cloud::UsGovDod)),
        (TenantCloud::China, None) => Ok(Endpoints::of(Cloud::China)),
        (TenantCloud::Global | TenantCloud::Sandbox { .. }, None) => Ok(Endpoints::of(Cloud::Global)),
    }
}

/// The authority that a cloud of one's own is trusted by.
pub(super) fn extra_ca(cloud: &TenantCloud) -> Result<Option<Vec<u8>>, Error> {
    match cloud {
        TenantCloud::Custom { ca_file, login: _, graph: _, provisioning: _ } => {
            ca_file.as_ref().map(secrets::file).transpose()
        }
        TenantCloud::Global
        | TenantCloud::UsGov
        | TenantCloud::UsGovDod
        | TenantCloud::China
        | TenantCloud::Sandbox { .. } => Ok(None),
    }
}

/// Who we are there.
pub(super) fn app(spec: &TenantSpec, sandbox: Option<&Sandbox>) -> Result<App, Error> {
    match (&spec.auth, sandbox) {
        (Some(auth), _) => configured_app(spec, auth),
        (None, Some(sandbox)) => Ok(App {
            tenant: sandbox.tenant_id().to_string(),
            client_id: uuid::Uuid::nil().to_string(),
            // The sandbox takes any secret unless its seed lists apps.
            credential: graph::Credential::ClientSecret(Secret::new("sandbox".to_owned())),
        }),
        (None, None) => Err(Error::failed(format!("{}: auth is missing", spec.place))),
    }
}

fn configured_app(spec: &TenantSpec, auth: &TenantAuth) -> Result<App, Error> {
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
