//! What every channel needs to reach its services: the app and its credential, patience, and which addresses
//! may be asked.
//!
//! It does not know manifests, environment variables or where secrets are kept.

use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use reqwest::Url;

use super::error::TargetError;
use crate::model::Secret;

/// Tells the time; tests turn it.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// Draws numbers that nobody can foretell; tests draw them from a seed. No secret comes of them.
pub type Chance = Arc<dyn Fn() -> u64 + Send + Sync>;

/// The chance of the operating system.
pub(super) fn chance() -> Chance {
    Arc::new(rand::random)
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

/// An address of a service; `https`, or `http` to this very machine.
pub(super) fn endpoint(text: &str) -> Result<Url, TargetError> {
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
