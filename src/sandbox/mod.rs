//! A tenant of Microsoft 365 that runs in the process or as a server of its own, and speaks real HTTP.
//!
//! It imitates the service by its documented behaviour, and knows nothing of the code that talks to the
//! service: one's mistake shall not hide the other's. It starts from a [`Seed`] in which everything has a
//! default. Unless the seed lists apps, any client id with any non-empty secret or assertion gets a token with
//! all permissions, so that a first try needs no credentials. Permissions of that app: all application roles,
//! and the Entra role *User Administrator*. People sign in with the password that was set for them or synchronised;
//! what is kept of it does not tell it.
//!
//! The state file is written when the sandbox shuts down and about once a second while it changes.

mod address;
mod admission;
mod assertion;
mod audit;
mod batch;
mod control;
mod delta;
mod delta_query;
mod directory_roles;
mod dynamic_groups;
mod errors;
mod exchange;
mod faults;
mod features;
mod filter;
mod form;
mod front;
mod grants;
mod journal;
mod listener;
mod loading;
mod lockout;
mod membership_rule;
mod object;
mod path;
mod provisioning;
mod query;
mod routes;
mod rules;
mod schema;
mod seed;
mod sign_in;
mod state_file;
mod store;
mod tenant;
mod throttle;
mod token;
mod user_realm;
mod verifier;

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::http::{Request as HttpRequest, Response as HttpResponse};
use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use uuid::Uuid;

pub use self::audit::{AuditLine, Counters};
use self::exchange::Fate;
pub use self::faults::{Effect, Fault};
pub use self::object::Mastery;
pub use self::seed::{
    App, Federated, Provisioning, Replication, Seed, SeedContact, SeedDomain, SeedError, SeedGroup,
    SeedSecret, SeedUser, Sku, ThrottleSettings,
};
use self::tenant::Tenant;

/// Where the sandbox gets the time from.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// How often a changed state is written while the sandbox runs.
const SAVE_INTERVAL: Duration = Duration::from_secs(1);
/// How long running requests may take to end when the sandbox stops.
const SHUTDOWN_LIMIT: Duration = Duration::from_secs(2);

/// How a sandbox starts.
pub struct SandboxOptions {
    /// What it holds at first.
    pub seed: Seed,
    /// The time.
    pub clock: Clock,
    /// Address to listen on; loopback with a port of the system's choice unless changed.
    pub listen: SocketAddr,
    /// File that keeps the objects; none: they are gone afterwards.
    pub state_file: Option<PathBuf>,
    /// Makes object ids, request ids and orders repeat from run to run.
    pub number: Option<u64>,
    /// Certificate chain and key in PEM, to serve HTTPS.
    pub tls: Option<TlsPem>,
}

/// A certificate chain and its key, in PEM.
#[derive(Clone, Debug)]
pub struct TlsPem {
    /// The chain.
    pub certificates: String,
    /// The key.
    pub key: crate::model::Secret,
}

impl SandboxOptions {
    /// The default tenant on loopback, without a file.
    pub fn new(clock: Clock) -> Self {
        Self {
            seed: Seed::default(),
            clock,
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            state_file: None,
            number: None,
            tls: None,
        }
    }
}

/// A sandbox that does not start or cannot keep its state.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    /// The seed describes no tenant.
    #[error("cannot build the sandbox tenant from its seed")]
    Seed(#[from] SeedError),
    /// The address cannot be listened on.
    #[error("the sandbox cannot listen on {address}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// The cause.
        #[source]
        source: std::io::Error,
    },
    /// The state file is there but cannot be read.
    #[error("cannot read the sandbox state {}", path.display())]
    ReadState {
        /// The file.
        path: PathBuf,
        /// The cause.
        #[source]
        source: std::io::Error,
    },
    /// The state file is damaged.
    #[error("the sandbox state {} is damaged; restore it, or delete it to start from the seed", path.display())]
    ParseState {
        /// The file.
        path: PathBuf,
        /// The cause.
        #[source]
        source: serde_json::Error,
    },
    /// The state file belongs to another tenant or program version.
    #[error(
        "the sandbox state {} is version {version} of tenant {tenant_id}, not of this one; name another file",
        path.display()
    )]
    ForeignState {
        /// The file.
        path: PathBuf,
        /// Version of its form.
        version: u32,
        /// Whose state it is.
        tenant_id: Uuid,
    },
    /// The state cannot be written.
    #[error("cannot write the sandbox state {}", path.display())]
    WriteState {
        /// The file.
        path: PathBuf,
        /// The cause.
        #[source]
        source: std::io::Error,
    },
    /// The certificate or key cannot serve HTTPS.
    #[error("the certificate or key of the sandbox cannot be used for https: {reason}")]
    Tls {
        /// Why.
        reason: String,
    },
}

/// A running tenant. Dropping it stops the server without saving; see [`Sandbox::shutdown`].
pub struct Sandbox {
    tenant: Arc<Mutex<Tenant>>,
    base_url: String,
    state_file: Option<PathBuf>,
    stop: watch::Sender<bool>,
    /// `None`: it listens nowhere.
    server: Option<JoinHandle<()>>,
    saver: Option<JoinHandle<()>>,
}

/// Makes a sandbox that listens nowhere and keeps no file: whoever has it asks it, by [`Sandbox::answer`].
pub fn unserved(options: SandboxOptions) -> Result<Sandbox, SandboxError> {
    let SandboxOptions { seed, clock, listen, state_file: _, number, tls: _ } = options;
    let mut tenant = Tenant::new(seed, clock, number);
    loading::fill(&mut tenant)?;
    Ok(Sandbox {
        tenant: Arc::new(Mutex::new(tenant)),
        base_url: format!("http://{listen}"),
        state_file: None,
        stop: watch::Sender::new(false),
        server: None,
        saver: None,
    })
}

/// Starts a sandbox: its port is open when this returns.
pub async fn start(options: SandboxOptions) -> Result<Sandbox, SandboxError> {
    let SandboxOptions { seed, clock, listen, state_file, number, tls } = options;
    let mut tenant = Tenant::new(seed, clock, number);
    let known = match &state_file {
        Some(path) => state_file::load(&mut tenant, path)?,
        None => false,
    };
    if !known {
        loading::fill(&mut tenant)?;
    }
    let failed = |source| SandboxError::Listen { address: listen, source };
    let listener = TcpListener::bind(listen).await.map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    let acceptor = tls.map(|it| acceptor(&it)).transpose()?;
    let scheme = if acceptor.is_some() { "https" } else { "http" };
    let door = listener::Door::open(listener, acceptor).map_err(failed)?;
    let tenant = Arc::new(Mutex::new(tenant));
    let front = front::Front { tenant: Arc::clone(&tenant), scheme, address: address.to_string() };
    let (stop, stopped) = watch::channel(false);
    let service = front::router(front).into_make_service_with_connect_info::<listener::Cut>();
    let server = axum::serve(door, service).with_graceful_shutdown(until(stopped.clone()));
    let server = tokio::spawn(async move {
        // Serving ends only by the shutdown signal; single connections fail on their own.
        drop(server.await);
    });
    let saver = state_file.clone().map(|path| tokio::spawn(keep_saving(Arc::clone(&tenant), path, stopped)));
    let (base_url, server) = (format!("{scheme}://{address}"), Some(server));
    Ok(Sandbox { tenant, base_url, state_file, stop, server, saver })
}

async fn until(mut stopped: watch::Receiver<bool>) {
    // An error means that the sandbox was dropped, which stops it as well.
    drop(stopped.wait_for(|it| *it).await);
}

/// Saves a changed state from time to time; the last save, at shutdown, reports its error.
async fn keep_saving(tenant: Arc<Mutex<Tenant>>, path: PathBuf, stopped: watch::Receiver<bool>) {
    let mut ticks = tokio::time::interval(SAVE_INTERVAL);
    let end = until(stopped);
    tokio::pin!(end);
    loop {
        tokio::select! {
            () = &mut end => return,
            _ = ticks.tick() => (),
        }
        let (tenant, path) = (Arc::clone(&tenant), path.clone());
        let saving = tokio::task::spawn_blocking(move || save(&tenant, &path));
        drop(saving.await);
    }
}

/// Writes the state if it changed; a failed write is tried again next time.
fn save(tenant: &Mutex<Tenant>, path: &Path) -> Result<(), SandboxError> {
    let content = {
        let mut tenant = tenant.lock().unwrap_or_else(PoisonError::into_inner);
        if !std::mem::take(&mut tenant.store.changed) {
            return Ok(());
        }
        state_file::render(&tenant)
    };
    state_file::write(path, &content).inspect_err(|_| {
        tenant.lock().unwrap_or_else(PoisonError::into_inner).store.changed = true;
    })
}

fn acceptor(pem: &TlsPem) -> Result<TlsAcceptor, SandboxError> {
    let failed = |reason: String| SandboxError::Tls { reason };
    let certificates: Vec<CertificateDer<'static>> =
        CertificateDer::pem_slice_iter(pem.certificates.as_bytes())
            .collect::<Result<_, _>>()
            .map_err(|error| failed(error.to_string()))?;
    let key = PrivateKeyDer::from_pem_slice(pem.key.reveal().as_bytes())
        .map_err(|error| failed(error.to_string()))?;
    let provider = Arc::new(ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .and_then(|it| it.with_no_client_auth().with_single_cert(certificates, key))
        .map_err(|error| failed(error.to_string()))?;
    Ok(TlsAcceptor::from(Arc::new(config)))
}

impl Sandbox {
    fn tenant(&self) -> MutexGuard<'_, Tenant> {
        self.tenant.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Scheme, host and port: the root of Graph (`/v1.0`) and the authority of the token endpoint alike.
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// The tenant's GUID.
    pub fn tenant_id(&self) -> Uuid {
        self.tenant().seed.tenant_id
    }

    /// The time of the tenant: that of the clock, plus what it was advanced by.
    pub fn now(&self) -> Timestamp {
        self.tenant().now()
    }

    /// Every request so far, the oldest of very many left out.
    pub fn audit(&self) -> Vec<AuditLine> {
        self.tenant().audit.lines()
    }

    /// How many requests of each sort there were.
    pub fn counters(&self) -> Counters {
        self.tenant().counters()
    }

    /// What Entra Connect sent of an object as it was sent, as far as Graph shows something else of it or nothing.
    pub fn sent_values(&self, id: Uuid) -> Map<String, Value> {
        let tenant = self.tenant();
        let shadow = tenant.store.get(id).and_then(|it| it.shadow.as_deref().cloned());
        shadow.unwrap_or_default()
    }

    /// Arms these faults and disarms all others.
    pub fn set_faults(&self, faults: Vec<Fault>) {
        self.tenant().faults.arm(faults);
    }

    /// Sets how far replicas lag.
    pub fn set_replication(&self, replication: Replication) {
        self.tenant().set_replication(replication);
    }

    /// Sets the limits of the service.
    pub fn set_throttle(&self, settings: ThrottleSettings) {
        self.tenant().throttle.settings = settings;
    }

    /// Moves the time of the tenant.
    pub fn advance(&self, by: SignedDuration) {
        self.tenant().advance(by);
    }

    /// Answers a request that comes from within the process; `None` if the connection would break instead.
    pub async fn answer(&self, request: HttpRequest<Vec<u8>>) -> Option<HttpResponse<Bytes>> {
        let front = front::Front {
            tenant: Arc::clone(&self.tenant),
            scheme: "http",
            address: self.base_url.trim_start_matches("http://").to_owned(),
        };
        let (response, fate) = front::ask(&front, request.map(Body::from)).await;
        let (parts, body) = response.into_parts();
        let body = to_bytes(body, usize::MAX).await.ok()?;
        (fate != Fate::Cut).then(|| HttpResponse::from_parts(parts, body))
    }

    /// Stops serving and writes the state file.
    pub async fn shutdown(self) -> Result<(), SandboxError> {
        let Self { tenant, base_url: _, state_file, stop, server, saver } = self;
        stop.send_replace(true);
        if let Some(server) = server {
            let abort = server.abort_handle();
            if tokio::time::timeout(SHUTDOWN_LIMIT, server).await.is_err() {
                abort.abort();
            }
        }
        // A save that is under way has taken note of the changes but may not have written them yet.
        if let Some(saver) = saver {
            drop(saver.await);
        }
        match state_file {
            Some(path) => save(&tenant, &path),
            None => Ok(()),
        }
    }
}
