//! Faults that tests switch on: refusals, lost connections and lost responses (graph-tenant reference, §12,
//! behaviours 9 and 16).
//!
//! It decides which request a fault hits, not what the request would have done.

use schemars::JsonSchema;
use serde::Deserialize;

use super::errors::Refusal;

/// What a fault does to a request.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, tag = "kind", rename_all_fields = "camelCase")]
pub enum Effect {
    /// Refuses it.
    Status {
        /// HTTP status.
        status: u16,
        /// Error code; the documented one of the status when absent.
        #[serde(default)]
        code: Option<String>,
        /// Error message.
        #[serde(default)]
        message: Option<String>,
        /// `Retry-After` in seconds.
        #[serde(default)]
        retry_after_s: Option<u32>,
    },
    /// Lets the provisioning service refuse with a fault of its own.
    ServiceFault {
        /// Error code, such as 81 (busy), 90, 114 or 115.
        code: u32,
        /// Error text; the known one of the code when absent.
        #[serde(default)]
        text: Option<String>,
    },
    /// Lets the provisioning service send the client to its own address once more.
    Redirect,
    /// Breaks the connection before anything happened.
    Reset,
    /// Does it, then breaks the connection instead of answering.
    LostResponse,
    /// Answers a delta query with 410 and a `Location` to start over.
    DeltaGone,
    /// Repeats every item of a delta page.
    DeltaReplay,
}

/// A fault and the requests that it hits.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Fault {
    /// HTTP method; any when absent.
    #[serde(default)]
    pub method: Option<String>,
    /// Beginning of the path without the version, `/users` for one; `/token` is the token endpoint,
    /// `/provisioningservice.svc` the one of Entra Connect. Any Graph path when absent.
    #[serde(default)]
    pub path: Option<String>,
    /// How many matching requests pass first.
    #[serde(default)]
    pub skip: u32,
    /// How many are hit after that.
    #[serde(default = "once")]
    pub times: u32,
    /// What happens to them.
    pub effect: Effect,
}

const fn once() -> u32 {
    1
}

/// The faults that are armed.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    armed: Vec<Fault>,
}

impl Faults {
    pub(crate) fn arm(&mut self, faults: Vec<Fault>) {
        self.armed = faults;
    }

    /// The effect on a request, if any; the fault wears off by one.
    pub(crate) fn strike(&mut self, method: &str, path: &str) -> Option<Effect> {
        let hit = self.armed.iter_mut().find(|it| it.times != 0 && it.matches(method, path))?;
        if hit.skip != 0 {
            hit.skip -= 1;
            return None;
        }
        hit.times -= 1;
        let effect = hit.effect.clone();
        self.armed.retain(|it| it.times != 0);
        Some(effect)
    }
}

impl Fault {
    fn matches(&self, method: &str, path: &str) -> bool {
        let on_path = match &self.path {
            Some(prefix) => path.starts_with(prefix.as_str()),
            None => path != "/token" && path != "/provisioningservice.svc",
        };
        on_path && self.method.as_ref().is_none_or(|it| it.eq_ignore_ascii_case(method))
    }
}

/// The refusal of a `status` fault, with the documented code where none is given (reference, 6.4).
pub(crate) fn refusal(
    status: u16,
    code: Option<&str>,
    message: Option<&str>,
    retry_after_s: Option<u32>,
) -> Refusal {
    let (usual_code, usual_message) = match status {
        400 => ("Request_BadRequest", "One or more property values specified are invalid."),
        401 => ("InvalidAuthenticationToken", "Access token has expired or is not yet valid."),
        403 => ("Authorization_RequestDenied", "Insufficient privileges to complete the operation."),
        404 => ("Request_ResourceNotFound", "Resource does not exist."),
        409 => ("Directory_ConcurrencyViolation", "A concurrent write changed the object."),
        410 => ("Directory_DeltaTokenExpired", "The delta token is no longer valid."),
        429 => ("TooManyRequests", "Too many requests"),
        500 => ("InternalServerError", "The server encountered an internal error."),
        502 => ("BadGateway", "The upstream server failed."),
        503 => ("serviceNotAvailable", "The service is unavailable."),
        504 => ("GatewayTimeout", "The upstream server did not answer in time."),
        507 => ("insufficientStorage", "The storage quota is exceeded."),
        _ => ("UnknownError", "An error occurred."),
    };
    let mut refusal = Refusal::new(status, code.unwrap_or(usual_code), message.unwrap_or(usual_message));
    if let Some(seconds) = retry_after_s {
        refusal = refusal.header("Retry-After", seconds.to_string());
    }
    if status == 401 {
        refusal = refusal.header("WWW-Authenticate", "Bearer realm=\"\", error=\"invalid_token\"".to_owned());
    }
    refusal
}
