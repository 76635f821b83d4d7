//! The way between the program and its tenant, on which requests take their time, are lost, and meet the end of the
//! process.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::http;
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use samesign::sandbox::Sandbox;
use samesign::target::{Chance, Courier, Undelivered};
use tokio::sync::Notify;

use crate::time::Time;

/// What the program waits for an answer.
const PATIENCE: Duration = Duration::from_secs(100);

/// What becomes of requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Weather {
    Calm,
    /// One in a few is lost.
    Rough,
    /// None arrives.
    Closed,
}

/// With this the process dies where it stands.
pub(crate) struct Killed;

pub(crate) struct Road {
    pub(crate) sandbox: Sandbox,
    pub(crate) time: Arc<Time>,
    /// Told when the process died.
    pub(crate) death: Notify,
    state: Mutex<State>,
}

struct State {
    random: StdRng,
    weather: Weather,
    /// Moments until the process dies.
    dies_in: Option<u32>,
    is_dead: bool,
    requests: u64,
    lines: Vec<String>,
    shows: bool,
}

impl Road {
    pub(crate) fn new(sandbox: Sandbox, time: Arc<Time>, seed: u64, shows: bool) -> Arc<Self> {
        let state = State {
            random: StdRng::seed_from_u64(seed ^ 0x0ad0),
            weather: Weather::Calm,
            dies_in: None,
            is_dead: false,
            requests: 0,
            lines: Vec::new(),
            shows,
        };
        Arc::new(Self { sandbox, time, death: Notify::new(), state: Mutex::new(state) })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn set_weather(&self, weather: Weather) {
        self.state().weather = weather;
    }

    /// The process dies after so many moments: the beginning and the end of a request, and each look at the clock,
    /// which it takes when it has read, and before and after it writes to the tenant.
    pub(crate) fn die_in(&self, moments: Option<u32>) {
        self.state().dies_in = moments;
    }

    /// Another process begins.
    pub(crate) fn live(&self) {
        self.state().is_dead = false;
        // Who died before it could be told.
        let _told = self.death.notified().now_or_never();
    }

    pub(crate) fn note(&self, line: &str) {
        let line = format!("{:.3} {line}", self.time.now());
        let mut state = self.state();
        if state.shows {
            show(&line);
        }
        state.lines.push(line);
    }

    pub(crate) fn take_lines(&self) -> Vec<String> {
        std::mem::take(&mut self.state().lines)
    }

    pub(crate) fn requests(&self) -> u64 {
        self.state().requests
    }

    /// Whether the process is dead by now.
    fn passes_moment(&self) -> bool {
        let mut state = self.state();
        let dies = match &mut state.dies_in {
            Some(0) => true,
            Some(left) => {
                *left -= 1;
                false
            }
            None => false,
        };
        if dies {
            (state.dies_in, state.is_dead) = (None, true);
            drop(state);
            self.note("killed");
            self.death.notify_one();
            return true;
        }
        state.is_dead
    }

    /// What a dead process does.
    async fn moment(&self) {
        if self.passes_moment() {
            std::future::pending::<()>().await;
        }
    }

    /// The clock that the program looks at.
    pub(crate) fn clock(self: &Arc<Self>) -> samesign::target::Clock {
        let road = Arc::clone(self);
        Arc::new(move || {
            if road.passes_moment() {
                std::panic::resume_unwind(Box::new(Killed));
            }
            road.time.told()
        })
    }

    pub(crate) fn chance(self: &Arc<Self>) -> Chance {
        let road = Arc::clone(self);
        Arc::new(move || road.state().random.random())
    }

    async fn deliver(&self, request: &reqwest::Request) -> Result<reqwest::Response, Undelivered> {
        let body = request.body().and_then(reqwest::Body::as_bytes).unwrap_or_default();
        let address = request.url();
        let mut path = address.path().to_owned();
        if let Some(query) = address.query() {
            path += &["?", query].concat();
        }
        let asked = format!("{} {path} {:08x}", request.method(), digest(&without_password(body)));
        let mut incoming = http::Request::new(body.to_vec());
        *incoming.method_mut() = request.method().clone();
        *incoming.uri_mut() = path.parse().unwrap();
        *incoming.headers_mut() = request.headers().clone();
        incoming.headers_mut().insert("host", address.authority().parse().unwrap());
        self.state().requests += 1;
        let Some(answer) = self.sandbox.answer(incoming).await else {
            self.note(&format!("{asked} cut"));
            return Err(lost());
        };
        self.note(&format!("{asked} {} {:08x}", answer.status().as_u16(), digest(answer.body())));
        Ok(answer.into())
    }
}

impl Courier for Road {
    fn take(&self, request: reqwest::Request) -> BoxFuture<'_, Result<reqwest::Response, Undelivered>> {
        async move {
            self.moment().await;
            let (weather, fate, there, back) = {
                let mut state = self.state();
                let mut latency = || Duration::from_millis(state.random.random_range(20..300));
                let (there, back) = (latency(), latency());
                (state.weather, state.random.random_range(0..16), there, back)
            };
            tokio::time::sleep(there).await;
            let name = || format!("{} {}", request.method(), request.url().path());
            match (weather, fate) {
                (Weather::Closed, _) | (Weather::Rough, 0) => {
                    self.note(&format!("{} unreached", name()));
                    return Err(Undelivered::Unreached(Arc::new(std::io::Error::other("no route"))));
                }
                (Weather::Rough, 1) => {
                    self.note(&format!("{} lost on the way", name()));
                    tokio::time::sleep(PATIENCE).await;
                    return Err(lost());
                }
                (Weather::Rough, 2) => {
                    drop(self.deliver(&request).await);
                    self.moment().await;
                    self.note(&format!("{} its answer is lost", name()));
                    tokio::time::sleep(PATIENCE).await;
                    return Err(lost());
                }
                (Weather::Rough | Weather::Calm, _) => (),
            }
            let answer = self.deliver(&request).await;
            self.moment().await;
            tokio::time::sleep(back).await;
            answer
        }
        .boxed()
    }
}

/// The same way for somebody who is not the program: nothing happens on it.
pub(crate) struct Walk(pub(crate) Arc<Road>);

impl Courier for Walk {
    fn take(&self, request: reqwest::Request) -> BoxFuture<'_, Result<reqwest::Response, Undelivered>> {
        async move { self.0.deliver(&request).await }.boxed()
    }
}

#[expect(clippy::print_stderr, reason = "whoever tells one seed once more wants to see all that happens")]
fn show(line: &str) {
    eprintln!("{line}");
}

fn lost() -> Undelivered {
    Undelivered::Lost(Arc::new(std::io::Error::other("the connection broke")))
}

fn digest(bytes: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    bytes.hash(&mut hasher);
    hasher.finish() >> 32
}

/// New users get a password that only the operating system can tell.
fn without_password(body: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(body);
    let mut parts = text.split("\"password\":\"");
    let mut kept = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        kept += part.split_once('"').map_or(part, |it| it.1);
    }
    kept.into_bytes()
}
