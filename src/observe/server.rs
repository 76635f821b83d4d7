//! Answers monitoring: whether the process lives, whether all is well, and numbers.
//!
//! It listens on this machine only and changes nothing. What it answers is asked for anew each time.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::get;
use tokio::net::TcpListener;

/// What monitoring can ask.
pub trait Answers: Send + Sync + 'static {
    /// Numbers in the format of Prometheus.
    fn metrics(&self) -> String;

    /// Why not all is well; empty if it is.
    fn unready(&self) -> String;
}

/// A port that is open.
#[derive(Debug)]
pub struct Monitor {
    listener: TcpListener,
}

/// Why nobody can ask.
#[derive(Debug, thiserror::Error)]
pub enum MonitorError {
    /// Others could reach it.
    #[error("{0} can be reached from other machines")]
    NotLoopback(SocketAddr),
    /// The port cannot be had.
    #[error("cannot listen on {address}")]
    Taken {
        /// Where.
        address: SocketAddr,
        /// Why.
        #[source]
        cause: io::Error,
    },
}

impl Monitor {
    /// Opens the port.
    ///
    /// # Errors
    /// It is not of this machine, or it is taken.
    pub async fn open(address: SocketAddr) -> Result<Self, MonitorError> {
        if !address.ip().is_loopback() {
            return Err(MonitorError::NotLoopback(address));
        }
        let listener = TcpListener::bind(address).await;
        Ok(Self { listener: listener.map_err(|cause| MonitorError::Taken { address, cause })? })
    }

    /// The address, with the port that was found if none was asked for.
    ///
    /// # Errors
    /// The operating system does not say.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Answers until the process ends.
    pub async fn serve<A: Answers>(self, answers: Arc<A>) {
        let router = Router::new()
            .route("/healthz", get(|| async { "ok\n" }))
            .route("/readyz", get(readyz::<A>))
            .route("/metrics", get(metrics::<A>))
            .with_state(answers);
        if let Err(error) = axum::serve(self.listener, router).await {
            tracing::error!(error = &error as &dyn std::error::Error, "monitoring gets no answers any more");
        }
    }
}

async fn readyz<A: Answers>(State(answers): State<Arc<A>>) -> impl IntoResponse {
    let reasons = answers.unready();
    if reasons.is_empty() {
        (StatusCode::OK, "ok\n".to_owned())
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, reasons)
    }
}

async fn metrics<A: Answers>(State(answers): State<Arc<A>>) -> impl IntoResponse {
    let form = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    ([(header::CONTENT_TYPE, form)], answers.metrics())
}
