//! What can go wrong at the tenant.
//!
//! No error holds a token, a secret or a body: a method, a path, a status and the service's own words.

use std::sync::Arc;

use super::provisioning_error::ProvisioningError;
use crate::model::ObjectKind;

/// What the caller may do about an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Disposition {
    /// The same request may succeed later; at the earliest after so many milliseconds.
    Retry {
        /// As the service asked, or our own back-off.
        after_ms: u64,
    },
    /// The object is no longer what the caller believed.
    Stale,
    /// The request will not succeed as it is.
    Fatal,
}

/// Shared, because all requests of a batch fail for one cause.
type Cause = Arc<dyn std::error::Error + Send + Sync>;

/// An error of a target.
#[derive(Clone, Debug, thiserror::Error)]
pub enum TargetError {
    /// The connection cannot be set up as it is configured.
    #[error("the tenant's connection cannot be used: {what}")]
    Settings {
        /// What is wrong.
        what: String,
    },
    /// The service could not be reached; nothing was sent.
    #[error("cannot connect to {host}")]
    Connect {
        /// Host that was asked.
        host: String,
        /// Cause.
        #[source]
        cause: Cause,
    },
    /// The service's certificate or its TLS is not acceptable; nothing was sent.
    #[error("no trusted TLS connection to {host}")]
    Tls {
        /// Host that was asked.
        host: String,
        /// Cause.
        #[source]
        cause: Cause,
    },
    /// The federated token could not be read.
    #[error("cannot read the federated token {}", path.display())]
    FederatedToken {
        /// File.
        path: std::path::PathBuf,
        /// Cause.
        #[source]
        cause: Arc<std::io::Error>,
    },
    /// The host that gives tokens cannot be reached or does not answer; nothing else was sent.
    #[error(transparent)]
    NoToken(Box<Self>),
    /// The token endpoint gave no token.
    #[error("{host} gave no token ({status} {code}): {meaning} (trace {trace_id})")]
    Token {
        /// Host that was asked.
        host: String,
        /// HTTP status.
        status: u16,
        /// Such as `AADSTS7000215`, or the OAuth error code.
        code: Box<str>,
        /// What the code means, in words.
        meaning: String,
        /// What to do about it.
        advice: Option<&'static str>,
        /// For Microsoft's support.
        trace_id: Box<str>,
        /// What may be done.
        disposition: Disposition,
    },
    /// The app lacks a right.
    #[error("{method} {path} was refused: the app may not {operation} (request-id {request_id})")]
    Permission {
        /// HTTP method.
        method: &'static str,
        /// Path below the service's root, without query.
        path: String,
        /// What was tried, such as `delete users`.
        operation: &'static str,
        /// The application permission that allows it.
        permission: &'static str,
        /// For Microsoft's support.
        request_id: Box<str>,
    },
    /// The service protects the user, who holds an admin role.
    #[error(
        "{user} holds an admin role, and Microsoft protects such users: to {operation} like this one, the app \
         lacks the Entra role Privileged Authentication Administrator (request-id {request_id})"
    )]
    Protected {
        /// The user's principal name, or else the object id.
        user: String,
        /// What was tried, such as `delete users`.
        operation: &'static str,
        /// The application permission that allows it on other users.
        permission: &'static str,
        /// For Microsoft's support.
        request_id: Box<str>,
    },
    /// The service answered with an error.
    #[error("{method} {path} was answered with {status} {code}: {message} (request-id {request_id})")]
    Refused {
        /// HTTP method.
        method: &'static str,
        /// Path below the service's root, without query.
        path: String,
        /// HTTP status.
        status: u16,
        /// The service's error code.
        code: Box<str>,
        /// The service's words.
        message: String,
        /// For Microsoft's support.
        request_id: Box<str>,
        /// What may be done.
        disposition: Disposition,
    },
    /// No answer: the write may or may not have happened.
    #[error("no answer to {method} {path} from {host}; whether it was carried out is not known")]
    NoAnswer {
        /// HTTP method.
        method: &'static str,
        /// Path below the service's root, without query.
        path: String,
        /// Host that was asked.
        host: String,
        /// Cause.
        #[source]
        cause: Cause,
    },
    /// The host let several requests before this one wait in vain, so that it was not sent.
    #[error("{host} does not answer, so this was not sent")]
    Silent {
        /// Host that was asked.
        host: String,
    },
    /// The answer is not what the protocol says.
    #[error("the answer to {method} {path} from {host} is malformed: {what}")]
    Malformed {
        /// HTTP method.
        method: &'static str,
        /// Path below the service's root, without query.
        path: String,
        /// Host that answered.
        host: String,
        /// What is wrong, without the answer's contents.
        what: String,
    },
    /// The answer is larger than any real one.
    #[error("the answer to {method} {path} from {host} is larger than {limit_bytes} bytes")]
    TooLarge {
        /// HTTP method.
        method: &'static str,
        /// Path below the service's root, without query.
        path: String,
        /// Host that answered.
        host: String,
        /// Most that is read.
        limit_bytes: usize,
    },
    /// A page points to another server, which must not get our token.
    #[error("a page of {path} continues at another server, {linked_to}; not followed")]
    ForeignLink {
        /// Path of the listing.
        path: String,
        /// Origin that the page points to.
        linked_to: String,
    },
    /// A listing does not end.
    #[error("the listing of {path} does not end: {what}")]
    EndlessListing {
        /// Path of the listing.
        path: String,
        /// How that was seen.
        what: String,
    },
    /// The channel cannot do this to such an object.
    #[error("a {kind} cannot be {what} through {channel}")]
    Unsupported {
        /// Kind.
        kind: ObjectKind,
        /// What was asked for.
        what: &'static str,
        /// Name of the channel.
        channel: &'static str,
    },
    /// The provisioning service, the endpoint of Entra Connect.
    #[error(transparent)]
    Provisioning(Box<ProvisioningError>),
    /// The step is not one that can be sent.
    #[error("the step cannot be sent: {what}")]
    Step {
        /// Why.
        what: String,
    },
}

impl TargetError {
    /// What the caller may do.
    pub fn disposition(&self) -> Disposition {
        match self {
            Self::Token { disposition, .. } | Self::Refused { disposition, .. } => *disposition,
            Self::Provisioning(error) => error.disposition(),
            Self::NoToken(error) => error.disposition(),
            Self::Connect { .. } | Self::NoAnswer { .. } | Self::Silent { .. } => {
                Disposition::Retry { after_ms: 30_000 }
            }
            Self::FederatedToken { .. } => Disposition::Retry { after_ms: 60_000 },
            Self::Malformed { .. } | Self::TooLarge { .. } | Self::EndlessListing { .. } => {
                Disposition::Retry { after_ms: 300_000 }
            }
            Self::Settings { .. }
            | Self::Tls { .. }
            | Self::Permission { .. }
            | Self::Protected { .. }
            | Self::ForeignLink { .. }
            | Self::Unsupported { .. }
            | Self::Step { .. } => Disposition::Fatal,
        }
    }

    /// Whether the write may have happened: the caller has to look before it repeats or reports it.
    pub fn is_outcome_unknown(&self) -> bool {
        match self {
            Self::NoAnswer { .. } | Self::Malformed { .. } | Self::TooLarge { .. } => true,
            Self::Refused { status, .. } => 500 <= *status || *status == 408,
            Self::Provisioning(error) => error.is_outcome_unknown(),
            Self::Settings { .. }
            | Self::Connect { .. }
            | Self::Tls { .. }
            | Self::NoToken(_)
            | Self::Silent { .. }
            | Self::FederatedToken { .. }
            | Self::Token { .. }
            | Self::Permission { .. }
            | Self::Protected { .. }
            | Self::ForeignLink { .. }
            | Self::EndlessListing { .. }
            | Self::Unsupported { .. }
            | Self::Step { .. } => false,
        }
    }

    /// Whether no other request can succeed either, so that going on would only repeat the error.
    pub fn concerns_everything(&self) -> bool {
        match self {
            Self::Settings { .. }
            | Self::Connect { .. }
            | Self::Tls { .. }
            | Self::NoToken(_)
            | Self::Silent { .. }
            | Self::FederatedToken { .. }
            | Self::Token { .. } => true,
            Self::Provisioning(error) => error.concerns_everything(),
            Self::NoAnswer { .. } => self.is_silence(),
            Self::Permission { .. }
            | Self::Protected { .. }
            | Self::Refused { .. }
            | Self::Malformed { .. }
            | Self::TooLarge { .. }
            | Self::ForeignLink { .. }
            | Self::EndlessListing { .. }
            | Self::Unsupported { .. }
            | Self::Step { .. } => false,
        }
    }

    /// Whether the host let the time limit of a request pass, rather than to break off or to answer.
    pub(super) fn is_silence(&self) -> bool {
        let Self::NoAnswer { cause, .. } = self else { return false };
        cause.downcast_ref::<reqwest::Error>().is_some_and(reqwest::Error::is_timeout)
    }

    /// What it is for a request that was not sent because of it.
    pub(super) fn for_unsent(&self) -> Self {
        if let Self::NoAnswer { host, .. } = self {
            return Self::Silent { host: host.clone() };
        }
        self.clone()
    }

    /// What a person can do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Token { advice, .. } => advice.map(str::to_owned),
            Self::Provisioning(error) => error.hint().map(str::to_owned),
            Self::NoToken(error) => error.hint(),
            Self::NoAnswer { host, .. } if self.is_silence() => Some(silent(host)),
            Self::Silent { host } => Some(silent(host)),
            Self::Permission { permission, operation, .. } => Some(format!(
                "grant the app the application permission {permission} and consent to it as an \
                 administrator; if it has that and the object is an administrator, the app also needs an \
                 Entra role to {operation}"
            )),
            Self::Connect { host, .. } => {
                Some(format!("check the network, the name {host} and HTTPS_PROXY / NO_PROXY"))
            }
            Self::Protected { user, permission, .. } => Some(format!(
                "the permission {permission} does not reach administrators, and the role should not be given to \
                 the app: change {user} by hand as an administrator, or take the admin role away first, or \
                 leave the account out of scope"
            )),
            Self::Tls { .. } => Some(
                "check the clock, and name the CA in caFile if a proxy or a private tenant signs with its own"
                    .to_owned(),
            ),
            Self::ForeignLink { .. } => Some("check the Tenant's endpoints: the server is not as it claims".to_owned()),
            Self::FederatedToken { .. } => {
                Some("check federatedTokenFrom and who may read the file".to_owned())
            }
            Self::Settings { .. }
            | Self::Refused { .. }
            | Self::NoAnswer { .. }
            | Self::Malformed { .. }
            | Self::TooLarge { .. }
            | Self::EndlessListing { .. }
            | Self::Unsupported { .. }
            | Self::Step { .. } => None,
        }
    }
}

fn silent(host: &str) -> String {
    format!("{host} takes connections and does not answer in time: check what is between it and this machine")
}

impl From<ProvisioningError> for TargetError {
    fn from(error: ProvisioningError) -> Self {
        Self::Provisioning(Box::new(error))
    }
}
