//! How to reach a tenant: endpoints, credential, limits and patience.
//!
//! It does not know manifests, environment variables or where secrets are kept.

use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use reqwest::Url;

use crate::model::Secret;
use crate::target::TargetError;

/// Tells the time; tests turn it.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// Everything that a connection needs.
#[derive(Clone)]
pub struct Settings {
    /// Where the services are.
    pub endpoints: Endpoints,
    /// Who we are there.
    pub app: App,
    /// Certificates to trust beside the system's, as PEM.
    pub extra_ca_pem: Option<Vec<u8>>,
    /// `User-Agent`.
    pub user_agent: String,
    /// Time limits.
    pub timeouts: Timeouts,
    /// How fast we may go.
    pub limits: Limits,
    /// How often we try again.
    pub patience: Patience,
    /// The clock of assertions and of `Retry-After` dates.
    pub clock: Clock,
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("endpoints", &self.endpoints)
            .field("app", &self.app)
            .finish_non_exhaustive()
    }
}

impl Settings {
    /// Defaults for all that has one.
    pub fn new(endpoints: Endpoints, app: App, clock: Clock) -> Self {
        Self {
            endpoints,
            app,
            extra_ca_pem: None,
            user_agent: concat!("samesign/", env!("CARGO_PKG_VERSION")).to_owned(),
            timeouts: Timeouts::default(),
            limits: Limits::default(),
            patience: Patience::default(),
            clock,
        }
    }
}

/// The app that samesign is in the tenant.
#[derive(Clone, Debug)]
pub struct App {
    /// Tenant id or one of its domains.
    pub tenant: String,
    /// The app's client id.
    pub client_id: String,
    /// How it proves that it is itself.
    pub credential: Credential,
}

/// A national cloud (graph-tenant reference, 1.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cloud {
    /// Worldwide, GCC included.
    Global,
    /// US Government L4, GCC High.
    UsGov,
    /// US Government L5.
    UsGovDod,
    /// China, operated by 21Vianet.
    China,
}

/// Where the token endpoint and Microsoft Graph are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoints {
    pub(super) login: Url,
    pub(super) graph: Url,
}

impl Endpoints {
    /// The endpoints of a cloud.
    pub fn of(cloud: Cloud) -> Self {
        let (login, graph) = match cloud {
            Cloud::Global => ("https://login.microsoftonline.com", "https://graph.microsoft.com"),
            Cloud::UsGov => ("https://login.microsoftonline.us", "https://graph.microsoft.us"),
            Cloud::UsGovDod => ("https://login.microsoftonline.us", "https://dod-graph.microsoft.us"),
            Cloud::China => {
                ("https://login.partner.microsoftonline.cn", "https://microsoftgraph.chinacloudapi.cn")
            }
        };
        Self::explicit(login, graph).expect("the endpoints of the clouds are https URLs")
    }

    /// Endpoints of any other cloud; `https`, or `http` to this very machine.
    pub fn explicit(login: &str, graph: &str) -> Result<Self, TargetError> {
        Ok(Self { login: endpoint(login)?, graph: endpoint(graph)? })
    }
}

fn endpoint(text: &str) -> Result<Url, TargetError> {
    let refused = |why: &str| TargetError::Settings { what: format!("the endpoint {text:?} {why}") };
    let url = Url::parse(text).map_err(|_| refused("is not a URL"))?;
    if url.host_str().is_none_or(str::is_empty) {
        return Err(refused("names no host"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(TargetError::Settings {
            what: "an endpoint must not hold a user name or password".to_owned(),
        });
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(refused("must not have a query or fragment"));
    }
    match url.scheme() {
        "https" => Ok(url),
        "http" if is_loopback(&url) => Ok(url),
        "http" => Err(refused("must be https; http is for loopback only")),
        _ => Err(refused("must be https")),
    }
}

/// Whether the URL is on this machine, where no proxy and no TLS are needed.
pub(super) fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    host == "localhost" || address.is_ok_and(|it| it.is_loopback())
}

/// How the app proves that it is itself.
#[derive(Clone)]
pub enum Credential {
    /// A client secret.
    ClientSecret(Secret),
    /// PEM with the private key and the certificate that is registered at the app.
    Certificate {
        /// The PEM text.
        pem: Secret,
    },
    /// A file with a token of a trusted issuer, which somebody else keeps fresh.
    FederatedToken(PathBuf),
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ClientSecret(_) => f.write_str("ClientSecret(**)"),
            Self::Certificate { pem: _ } => f.write_str("Certificate(**)"),
            Self::FederatedToken(path) => f.debug_tuple("FederatedToken").field(path).finish(),
        }
    }
}

/// Time limits.
#[derive(Clone, Copy, Debug)]
pub struct Timeouts {
    /// For TCP and TLS together.
    pub connect: Duration,
    /// For one whole request; 100 s is what the service itself allows (graph-tenant reference, 13).
    pub request: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self { connect: Duration::from_secs(15), request: Duration::from_secs(100) }
    }
}

/// So many units in any window of that length.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limit {
    /// Units.
    pub units: u32,
    /// Length of the window.
    pub window: Duration,
}

/// How fast we may go; defaults are the documented limits of one app in one tenant
/// (graph-tenant reference, 6.2).
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Writes.
    pub writes: Limit,
    /// Resource units; `None` takes the documented limit for the number of users once that is known.
    pub resource_units: Option<Limit>,
    /// The part of the limits that we use, 0 to 1.
    pub fraction: f64,
    /// Requests under way at once.
    pub concurrency: usize,
    /// Most bytes of one answer, after decompression. A page of 999 users has about 1 MB.
    pub answer_bytes_max: usize,
    /// Most pages of one listing: ten million users at 100 a page.
    pub pages_max: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            writes: Limit { units: 3000, window: Duration::from_secs(150) },
            resource_units: None,
            fraction: 0.97,
            concurrency: 8,
            answer_bytes_max: 64 << 20,
            pages_max: 100_000,
        }
    }
}

/// How often we try again.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// Tries of one request, the first included. A try that the service answers with when to come back
    /// counts as a sixth.
    pub attempts: u32,
    /// The first back-off is at most this; each further one twice as much.
    pub backoff: Duration,
    /// Longest back-off.
    pub backoff_max: Duration,
    /// Longest that one request waits because the service says so; more is left to the caller.
    pub retry_after_max: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            attempts: 10,
            backoff: Duration::from_secs(1),
            backoff_max: Duration::from_mins(1),
            retry_after_max: Duration::from_mins(10),
        }
    }
}
