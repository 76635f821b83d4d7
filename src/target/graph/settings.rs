//! How to reach a tenant: endpoints, credential, limits and patience.
//!
//! It does not know manifests, environment variables or where secrets are kept.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use reqwest::Url;

use crate::target::access::{App, Chance, Clock, Patience, Timeouts, chance, endpoint};
use crate::target::{Courier, TargetError};

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
    /// What waits and ids of requests are drawn from.
    pub chance: Chance,
    /// Takes requests there instead of an HTTP client.
    pub courier: Option<Arc<dyn Courier>>,
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
            chance: chance(),
            courier: None,
        }
    }
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
    /// Where tokens are issued.
    pub fn login(&self) -> &str {
        self.login.as_str().trim_end_matches('/')
    }

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
