//! What can go wrong at the tenant.

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

/// An error of a target.
#[derive(Debug, thiserror::Error)]
pub enum TargetError {
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
        code: String,
        /// The service's words.
        message: String,
        /// For Microsoft's support.
        request_id: String,
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
        cause: Box<dyn std::error::Error + Send + Sync>,
    },
}
