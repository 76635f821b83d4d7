//! Who takes requests to the services where no HTTP client does: the simulation, which has no sockets.
//!
//! What requests mean is not known here.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use reqwest::{Request, Response};

/// Shared, because all requests of a batch fail for one cause.
type Cause = Arc<dyn std::error::Error + Send + Sync>;

/// Takes a request to a service and brings its answer back.
pub trait Courier: Send + Sync {
    /// Takes one request there.
    fn take(&self, request: Request) -> BoxFuture<'_, Result<Response, Undelivered>>;
}

/// Why there is no answer.
#[derive(Clone, Debug)]
pub enum Undelivered {
    /// The service was not reached: nothing was done.
    Unreached(Cause),
    /// The request or its answer was lost on the way.
    Lost(Cause),
}
