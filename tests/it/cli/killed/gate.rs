//! What every request to the tenant passes: it counts them, and lets one of them never come back.

use std::process::Child;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::State;
use axum::http::{Method, Request, Response};
use samesign::sandbox::Sandbox;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::sync::watch;

/// When the request is stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Moment {
    /// The tenant has not seen it.
    Before,
    /// The tenant has done it, and the answer never arrives. Nobody can tell whether a reading was done, so only what
    /// writes is counted.
    After,
}

/// A tenant behind a gate.
pub(super) struct Gate {
    pub(super) runtime: Runtime,
    pub(super) sandbox: Sandbox,
    pub(super) url: String,
    watch: Arc<Watch>,
}

struct Watch {
    tenant: String,
    client: reqwest::Client,
    /// Requests of both sorts.
    passed: Mutex<(usize, usize)>,
    stop_at: Mutex<Option<(usize, Moment)>>,
    is_open: watch::Sender<bool>,
    /// Who waits for it is never let through again.
    is_stopped: watch::Sender<bool>,
}

impl Gate {
    /// Closed at first.
    pub(super) fn before(runtime: Runtime, sandbox: Sandbox) -> Self {
        let _already_installed = rustls::crypto::ring::default_provider().install_default();
        let watch = Arc::new(Watch {
            tenant: sandbox.base_url().to_owned(),
            client: reqwest::Client::builder().no_proxy().build().unwrap(),
            passed: Mutex::new((0, 0)),
            stop_at: Mutex::new(None),
            is_open: watch::Sender::new(false),
            is_stopped: watch::Sender::new(false),
        });
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new().fallback(pass).with_state(Arc::clone(&watch));
        runtime.spawn(async move { axum::serve(listener, router).await });
        Self { runtime, sandbox, url, watch }
    }

    /// The request of this number, counted from none.
    pub(super) fn stop_at(&self, number: usize, moment: Moment) {
        *self.watch.stop_at.lock().unwrap() = Some((number, moment));
    }

    pub(super) fn open(&self) {
        self.watch.is_open.send_replace(true);
    }

    /// Waits until somebody stands before the closed gate.
    pub(super) fn wait_for_the_first(&self) {
        while self.watch.passed.lock().unwrap().0 == 0 {
            std::thread::park_timeout(Duration::from_millis(1));
        }
    }

    /// Waits until the request came, and kills who sent it; whether it came before the end.
    pub(super) fn kill_when_stopped(&self, mut child: Child) -> bool {
        let mut stopped = self.watch.is_stopped.subscribe();
        loop {
            let came = self.runtime.block_on(async {
                let patience = Duration::from_millis(20);
                tokio::time::timeout(patience, stopped.wait_for(|it| *it)).await.is_ok()
            });
            if came {
                child.kill().unwrap();
                child.wait().unwrap();
                return true;
            }
            if let Some(status) = child.try_wait().unwrap() {
                assert!(status.success(), "it was not disturbed");
                return false;
            }
        }
    }
}

impl Watch {
    /// The numbers of a request: of all, and of those that write.
    fn count(&self, request: &Request<Body>) -> (usize, Option<usize>) {
        let mut passed = self.passed.lock().unwrap();
        let writes = request.method() != Method::GET && !request.uri().path().ends_with("/token");
        passed.0 += 1;
        passed.1 += usize::from(writes);
        (passed.0 - 1, writes.then_some(passed.1.saturating_sub(1)))
    }

    /// Whoever asked gets no answer any more.
    async fn stop(&self) -> Response<Body> {
        self.is_stopped.send_replace(true);
        std::future::pending().await
    }
}

async fn pass(State(watch): State<Arc<Watch>>, request: Request<Body>) -> Response<Body> {
    let (number, write) = watch.count(&request);
    let mut opened = watch.is_open.subscribe();
    drop(opened.wait_for(|it| *it).await.unwrap());
    let stop = *watch.stop_at.lock().unwrap();
    let comes_later = *watch.is_stopped.borrow();
    if comes_later || stop == Some((number, Moment::Before)) {
        return watch.stop().await;
    }
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap();
    let path = parts.uri.path_and_query().unwrap().as_str();
    let request = watch.client.request(parts.method, format!("{}{path}", watch.tenant));
    let answer = request.headers(parts.headers).body(body).send().await.unwrap();
    let (status, headers) = (answer.status(), answer.headers().clone());
    let body = answer.bytes().await.unwrap();
    if write.is_some_and(|it| stop == Some((it, Moment::After))) {
        return watch.stop().await;
    }
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    response.headers_mut().remove("transfer-encoding");
    response
}
