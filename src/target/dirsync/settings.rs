//! How to reach the provisioning service: addresses, credential, the client that we state to be, patience.
//!
//! It does not know manifests, environment variables or where secrets are kept.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use reqwest::Url;
use uuid::Uuid;

use crate::target::access::{App, Chance, Clock, Patience, Timeouts, chance, endpoint};
use crate::target::{Courier, TargetError};
use crate::wire::nbfx::forbidden_character;
use crate::wire::provisioning::SyncToken;

/// Where the token endpoint and the provisioning service are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoints {
    pub(super) login: Url,
    pub(super) provisioning: Url,
}

impl Endpoints {
    /// The worldwide cloud. The addresses of the others are not published: see [`Endpoints::explicit`].
    pub fn global() -> Self {
        let provisioning = "https://adminwebservice.microsoftonline.com/provisioningservice.svc";
        Self::explicit("https://login.microsoftonline.com", provisioning)
            .expect("the endpoints of the cloud are https URLs")
    }

    /// Any endpoints; `https`, or `http` to this very machine.
    pub fn explicit(login: &str, provisioning: &str) -> Result<Self, TargetError> {
        Ok(Self { login: endpoint(login)?, provisioning: endpoint(provisioning)? })
    }
}

/// How much goes into one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Batches {
    /// Objects.
    pub objects_max: usize,
    /// Objects, if of each only the manager is told.
    pub managers_max: usize,
    /// Members that come or go, over all objects; the service says its limit in the company configuration.
    pub links_max: usize,
    /// Most bytes of one answer.
    pub answer_bytes_max: usize,
}

impl Default for Batches {
    /// As Entra Connect does (password-sync reference, 3.8). That the service counts objects, whatever they hold, is not
    /// known: Entra Connect's thirty are objects with all they have, so five managers take the place of one.
    fn default() -> Self {
        Self { objects_max: 30, managers_max: 150, links_max: 15_000, answer_bytes_max: 16 << 20 }
    }
}

/// Everything that a connection needs.
#[derive(Clone)]
pub struct Settings {
    /// Where the services are.
    pub endpoints: Endpoints,
    /// Who we are there.
    pub app: App,
    /// The build of Entra Connect that is stated. The service demands one that it still serves.
    pub build_number: String,
    /// The kind of client that is stated.
    pub application_id: Uuid,
    /// Domain below which redirects are followed; without it Microsoft's own domain if the service is there,
    /// and else only the service's host itself.
    pub redirect_suffix: Option<String>,
    /// Certificates to trust beside the system's, as PEM.
    pub extra_ca_pem: Option<Vec<u8>>,
    /// `User-Agent`.
    pub user_agent: String,
    /// Time limits.
    pub timeouts: Timeouts,
    /// How much goes into one request.
    pub batches: Batches,
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
            .field("build_number", &self.build_number)
            .finish_non_exhaustive()
    }
}

impl Settings {
    /// The newest build of Entra Connect that was known when this was written (password-sync reference, 3.4).
    pub const BUILD_NUMBER: &str = "2.6.84.0";

    /// Defaults for all that has one.
    pub fn new(endpoints: Endpoints, app: App, clock: Clock) -> Self {
        Self {
            endpoints,
            app,
            build_number: Self::BUILD_NUMBER.to_owned(),
            application_id: SyncToken::APPLICATION_V2,
            redirect_suffix: None,
            extra_ca_pem: None,
            user_agent: concat!("samesign/", env!("CARGO_PKG_VERSION")).to_owned(),
            timeouts: Timeouts { request: Duration::from_mins(2), ..Timeouts::default() },
            batches: Batches::default(),
            // The service publishes no limits, so the waits are long (password-sync reference, 3.10).
            patience: Patience {
                attempts: 7,
                backoff: Duration::from_secs(30),
                backoff_max: Duration::from_mins(10),
                retry_after_max: Duration::from_mins(30),
            },
            clock,
            chance: chance(),
            courier: None,
        }
    }

    /// What can be seen to be wrong before anything is sent.
    pub(super) fn check(&self) -> Result<(), TargetError> {
        let wrong = |what: String| Err(TargetError::Settings { what });
        let is_build =
            |it: &str| it.split('.').count() == 4 && it.split('.').all(|it| it.parse::<u32>().is_ok());
        if forbidden_character(&self.build_number).is_some() || !is_build(&self.build_number) {
            return wrong(format!(
                "the build number {:?} is not four numbers such as {}",
                self.build_number,
                Self::BUILD_NUMBER
            ));
        }
        let Batches { objects_max, managers_max, links_max, answer_bytes_max: _ } = self.batches;
        if objects_max == 0 || managers_max == 0 || links_max == 0 {
            return wrong("a batch must hold at least one object and one member".to_owned());
        }
        if let Some(suffix) = &self.redirect_suffix {
            let host = self.endpoints.provisioning.host_str().unwrap_or_default();
            if !suffix.contains('.') || !super::redirect::is_below(host, suffix) {
                return wrong(format!(
                    "{host} is not below the domain {suffix:?}, where redirects are followed"
                ));
            }
        }
        Ok(())
    }
}
