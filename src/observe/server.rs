//! Answers monitoring and people: whether the process lives, whether all is well, numbers, and the page.
//!
//! It changes nothing. What it answers is asked for anew each time. Beyond this machine it answers over TLS only, and
//! only to whom it knows.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::middleware;
use axum::response::IntoResponse;
use axum::routing::get;
use futures_util::future::BoxFuture;
use jiff::Timestamp;
use tokio::net::TcpListener;

use super::alarm::Alarm;
use super::door::{self, Tls, TlsPem, TlsPemError};
use super::gate::{self, Gate, Token};
use super::page;
use super::picture::Picture;
use crate::model::{PastChange, PastRun};

/// What can be asked.
pub trait Answers: Send + Sync + 'static {
    /// Numbers in the format of Prometheus.
    fn metrics(&self) -> String;

    /// Why not all is well; empty if it is.
    fn unready(&self) -> String;

    /// How all policies do.
    fn overview(&self) -> Overview;

    /// What the records say of a policy. It may wait for the disk.
    ///
    /// # Errors
    /// They cannot be read: a sentence for people.
    fn past(&self, policy: &Picture) -> Result<Past, String>;

    /// A run with the first of its changes, if there is one of that number. It may wait for the disk.
    ///
    /// # Errors
    /// The records cannot be read: a sentence for people.
    fn run(&self, number: i64) -> Result<Option<(PastRun, Vec<PastChange>)>, String>;

    /// Looks at both sides of a policy for one object.
    fn explain<'a>(&'a self, policy: &'a str, who: &'a str) -> BoxFuture<'a, Explained>;
}

/// How all policies do.
#[derive(Clone, Debug)]
pub struct Overview {
    /// The name of this machine.
    pub host: String,
    /// The time now.
    pub now: Timestamp,
    /// All policies, by name.
    pub policies: Vec<Picture>,
    /// All that is the matter, and since when; of no policy if it concerns all.
    pub alarms: Vec<(Option<String>, Alarm, Timestamp)>,
}

/// What the records say of a policy.
#[derive(Clone, Debug, Default)]
pub struct Past {
    /// Its latest runs, the newest first.
    pub runs: Vec<PastRun>,
    /// What failed last and not since, with the number of the run.
    pub failing: Vec<(i64, PastChange)>,
}

/// What there is to say of one object.
#[derive(Clone, Debug)]
pub enum Explained {
    /// What `samesign explain` prints.
    Text(String),
    /// Nobody is called so; perhaps these are meant.
    Nobody(Vec<String>),
    /// Somebody else's is looked for: one at a time.
    Busy,
    /// A side cannot be read: a sentence for people.
    Failed(String),
}

/// Who may ask, and how.
#[derive(Debug, Default)]
pub struct Entry {
    /// What they have to know.
    pub token: Option<Token>,
    /// What is shown to them, and what they have to show.
    pub tls: Option<TlsPem>,
}

/// A port that is open.
#[derive(Debug)]
pub struct Monitor {
    listener: TcpListener,
    gate: Gate,
    tls: Option<Arc<Tls>>,
}

/// Why nobody can ask.
#[derive(Debug, thiserror::Error)]
pub enum MonitorError {
    /// Others could reach it, and read what is written.
    #[error("{0} can be reached from other machines, and there is no certificate for TLS")]
    NoTls(SocketAddr),
    /// Others could reach it, whoever they are.
    #[error("{0} can be reached from other machines, and nothing says who may ask")]
    NobodyKnown(SocketAddr),
    /// What is to be shown cannot be used.
    #[error(transparent)]
    Tls(#[from] TlsPemError),
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
    /// Others could reach it without being known, or it is taken.
    pub async fn open(address: SocketAddr, entry: Entry) -> Result<Self, MonitorError> {
        let Entry { token, tls } = entry;
        let gate =
            Gate { knows_clients: tls.as_ref().is_some_and(|it| it.client_authorities.is_some()), token };
        if !address.ip().is_loopback() {
            if tls.is_none() {
                return Err(MonitorError::NoTls(address));
            }
            if gate.token.is_none() && !gate.knows_clients {
                return Err(MonitorError::NobodyKnown(address));
            }
        }
        let tls = tls.map(|it| Tls::new(&it)).transpose()?.map(Arc::new);
        let listener = TcpListener::bind(address).await;
        let listener = listener.map_err(|cause| MonitorError::Taken { address, cause })?;
        Ok(Self { listener, gate, tls })
    }

    /// The address, with the port that was found if none was asked for.
    ///
    /// # Errors
    /// The operating system does not say.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// The certificate that is shown, to be renewed when it changes; `None` without TLS.
    pub fn tls(&self) -> Option<Arc<Tls>> {
        self.tls.clone()
    }

    /// Answers until the process ends.
    pub async fn serve(self, answers: Arc<dyn Answers>) {
        let Self { listener, gate, tls } = self;
        let router = Router::new()
            .route("/healthz", get(|| async { "ok\n" }))
            .route("/readyz", get(readyz))
            .route("/metrics", get(metrics))
            .merge(page::routes())
            .with_state(answers)
            .layer(middleware::from_fn_with_state(Arc::new(gate), gate::keep));
        door::serve(listener, tls.as_deref(), router).await;
    }
}

async fn readyz(State(answers): State<Arc<dyn Answers>>) -> impl IntoResponse {
    let reasons = answers.unready();
    if reasons.is_empty() {
        (StatusCode::OK, "ok\n".to_owned())
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, reasons)
    }
}

async fn metrics(State(answers): State<Arc<dyn Answers>>) -> impl IntoResponse {
    let form = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    ([(header::CONTENT_TYPE, form)], answers.metrics())
}
