//! A tenant that is far away: how much is under way at once on each channel, and that the line is never idle.

use std::fmt::Write as _;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::http;
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use jiff::Timestamp;
use samesign::apply::{Applied, Observer, Outcome, apply};
use samesign::model::{ObjectKind, Property, Secret};
use samesign::plan::Change;
use samesign::sandbox::{Sandbox, SandboxOptions, Seed, unserved};
use samesign::target::dirsync::{self, DirSync, Known, KnownObject};
use samesign::target::graph::{self, App, Credential, Limit, Limits, Reader};
use samesign::target::{Courier, Target, Undelivered};
use tokio::time::Instant;

use super::{Gauge, approved, company};
use crate::plan::world::World;

const ROUND_TRIP: Duration = Duration::from_millis(200);

/// The way to the tenant. It counts what is under way of each sort, and keeps the sizes of batches.
struct Road {
    sandbox: Sandbox,
    reads: Gauge,
    writes: Gauge,
    messages: Gauge,
    batches: Mutex<Vec<usize>>,
}

impl Courier for Road {
    fn take(&self, request: reqwest::Request) -> BoxFuture<'_, Result<reqwest::Response, Undelivered>> {
        async move {
            let body = request.body().and_then(reqwest::Body::as_bytes).unwrap_or_default().to_vec();
            let address = request.url();
            let text = String::from_utf8_lossy(&body);
            if address.path().ends_with("/$batch") {
                self.batches.lock().unwrap().push(text.matches("\"method\"").count());
            }
            if address.path().contains("/provisioningservice") {
                self.messages.during(1, ROUND_TRIP).await;
            } else if text.contains("\"PATCH\"") {
                self.writes.during(1, ROUND_TRIP).await;
            } else {
                self.reads.during(1, ROUND_TRIP).await;
            }
            let mut incoming = http::Request::new(body);
            *incoming.method_mut() = request.method().clone();
            let query = address.query().map(|it| ["?", it].concat()).unwrap_or_default();
            *incoming.uri_mut() = [address.path(), &query].concat().parse().unwrap();
            *incoming.headers_mut() = request.headers().clone();
            incoming.headers_mut().insert("host", address.authority().parse().unwrap());
            Ok(self.sandbox.answer(incoming).await.unwrap().into())
        }
        .boxed()
    }
}

fn start() -> Timestamp {
    "2026-11-22T09:14:00Z".parse().unwrap()
}

fn road(world: &World, origin: &str) -> Arc<Road> {
    let mut seed = format!(
        "onPremisesSyncEnabled: {}\ndomains:\n- {{name: contoso.onmicrosoft.com, initial: true}}\n- {{name: contoso.com, \
         default: true}}\nusers:\n",
        origin != "cloud"
    );
    for user in world.tenant.users() {
        let name = user.attributes.text(Property::DisplayName.id()).unwrap();
        let _written = writeln!(
            seed,
            "- {{id: {}, userPrincipalName: {}, displayName: {name}, mailNickname: {name}, jobTitle: Clerk, \
             onPremisesImmutableId: {}, origin: {origin}}}",
            user.id,
            user.user_name(),
            user.anchor.unwrap(),
        );
    }
    let mut options = SandboxOptions::new(Arc::new(start));
    options.seed = Seed::parse(&seed).unwrap();
    let sandbox = unserved(options).unwrap();
    let (reads, writes, messages) = (Gauge::default(), Gauge::default(), Gauge::default());
    Arc::new(Road { sandbox, reads, writes, messages, batches: Mutex::default() })
}

fn app(road: &Road) -> App {
    let credential = Credential::ClientSecret(Secret::new("any".to_owned()));
    App {
        tenant: road.sandbox.tenant_id().to_string(),
        client_id: "5b1e6a0e-8d6a-4f6e-9a57-2f3b8d0c9f10".to_owned(),
        credential,
    }
}

fn graph(road: &Arc<Road>) -> graph::Connection {
    let endpoints = graph::Endpoints::explicit("https://login.example", "https://graph.example").unwrap();
    let free = Limit { units: u32::MAX, window: Duration::from_secs(1) };
    let courier: Arc<dyn Courier> = Arc::<Road>::clone(road);
    graph::Connection::open(graph::Settings {
        limits: Limits { writes: free, resource_units: Some(free), ..Limits::default() },
        courier: Some(courier),
        ..graph::Settings::new(endpoints, app(road), Arc::new(start))
    })
    .unwrap()
}

struct Quiet;

impl Observer for Quiet {
    fn settled(&mut self, _: &[(&Change, Applied)]) {}

    fn wants_to_stop(&self) -> bool {
        false
    }
}

/// How long everything takes.
async fn applied(world: &World, target: &impl Target) -> Duration {
    let began = Instant::now();
    let outcomes = apply(&approved(world), target, &mut Quiet).await;
    let failed = outcomes.iter().find(|it| !matches!(it.outcome, Outcome::Applied));
    assert!(failed.is_none(), "{failed:?}");
    began.elapsed()
}

#[tokio::test(start_paused = true)]
async fn eight_batches_write_and_eight_read_all_the_while() {
    let world = company(3_200);
    let road = road(&world, "cloud");
    let connection = graph(&road);
    connection.sign_in().await.unwrap();
    let took = applied(&world, &graph::Tenant::new(&connection)).await;
    for gauge in [&road.reads, &road.writes] {
        assert_eq!(gauge.most.load(Ordering::Relaxed), 8);
    }
    let batches = road.batches.lock().unwrap();
    assert!(batches.iter().all(|it| *it == 20), "{batches:?}");
    // Twenty rounds of 160, and one for the first look.
    assert!(took <= 22 * ROUND_TRIP, "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn one_message_is_under_way_all_the_while() {
    let world = company(1_200);
    let road = road(&world, "onPremSynced");
    let reader = Reader::new(&graph(&road));
    let endpoints =
        dirsync::Endpoints::explicit("https://login.example", "https://sync.example/provisioningservice.svc")
            .unwrap();
    let courier: Arc<dyn Courier> = Arc::<Road>::clone(&road);
    let settings = dirsync::Settings {
        courier: Some(courier),
        ..dirsync::Settings::new(endpoints, app(&road), Arc::new(start))
    };
    let connection = dirsync::Connection::open(settings).unwrap();
    let known = world.tenant.users().iter().map(|it| {
        let name = it.user_name().into();
        (it.id, KnownObject { kind: ObjectKind::User, anchor: it.anchor, name })
    });
    let known: Known = known.collect();
    let took = applied(&world, &DirSync::new(&connection, reader, known)).await;
    assert_eq!(road.messages.most.load(Ordering::Relaxed), 1);
    // Forty messages, and two rounds for the first look.
    assert!(took <= 44 * ROUND_TRIP, "{took:?}");
}
