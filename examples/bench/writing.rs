//! An apply through either channel: how fast it is where the round trip binds, and where the service's limit does.
//!
//! The tenant is a sandbox in this process, so times and memory are those of both sides together. Tokens are there, since
//! both sides have been read before.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use samesign::apply::{Applied, Observer, Outcome, apply};
use samesign::model::{ObjectKind, Secret};
use samesign::plan::{ApprovedPlan, Change, Consent, review};
use samesign::sandbox::{Sandbox, SandboxOptions, Seed, ThrottleSettings};
use samesign::target::dirsync::{self, Batches, DirSync, Known, KnownObject};
use samesign::target::graph::{
    App, Connection, Credential, Endpoints, Limit, Limits, Reader, Settings, Tenant,
};
use tokio::runtime::{Builder, Runtime};
use tokio::time::MissedTickBehavior;

use crate::measure::Measured;
use crate::planning::Sides;
use crate::proxy::stand_before;
use crate::seed::{Master, seed};
use crate::world::{Drift, World};

/// Requests in a batch of Microsoft Graph (graph-tenant reference, 6.1).
const BATCH: usize = 20;
/// How many times as fast time passes for the service and its limits as for the rest of the world: two and a half
/// minutes are six seconds then, and what is counted in them stays the same.
const HASTE: u32 = 25;

/// Updates of all users through Microsoft Graph; the service allows everything.
pub(super) fn graph(world: World, round_trip: Duration) -> Measured {
    let runtime = runtime();
    let work = Work::new(world);
    let (time, refusals) = runtime.block_on(async {
        let sandbox = work.tenant(Master::Tenant, Arc::new(start)).await;
        let root = address(&sandbox, round_trip);
        let free = Limit { units: u32::MAX, window: Duration::from_secs(1) };
        let limits = Limits { writes: free, resource_units: Some(free), ..Limits::default() };
        let connection = connection(&sandbox, &root, limits);
        connection.sign_in().await.expect("a token");
        (work.carry_out(&Tenant::new(&connection)).await, sandbox.counters().refusals)
    });
    assert_eq!(refusals, 0, "the sandbox takes everything");
    Measured::new(time, pace(world, time, round_trip, Limits::default().concurrency * BATCH))
}

/// The same through the protocol of Entra Connect, one message after the other.
pub(super) fn directory_sync(world: World, round_trip: Duration) -> Measured {
    let runtime = runtime();
    let work = Work::new(world);
    let time = runtime.block_on(async {
        let sandbox = work.tenant(Master::Directory, Arc::new(start)).await;
        let root = address(&sandbox, round_trip);
        let free = Limit { units: u32::MAX, window: Duration::from_secs(1) };
        let limits = Limits { writes: free, resource_units: Some(free), ..Limits::default() };
        let graph = connection(&sandbox, &root, limits);
        let service = format!("{root}/provisioningservice.svc");
        let endpoints = dirsync::Endpoints::explicit(&root, &service).expect("addresses of this machine");
        let settings = dirsync::Settings::new(endpoints, app(&sandbox), Arc::new(start));
        let connection = dirsync::Connection::open(settings).expect("settings");
        tokio::try_join!(graph.sign_in(), connection.sign_in()).expect("tokens");
        work.carry_out(&DirSync::new(&connection, Reader::new(&graph), work.known())).await
    });
    Measured::new(time, pace(world, time, round_trip, Batches::default().objects_max))
}

/// Updates of all users through Microsoft Graph, within the documented limit of writes and then for as long as it
/// takes: how much of the limit is used, from one time that it is used up to another.
pub(super) fn limited(world: World) -> Measured {
    let runtime = runtime();
    let work = Work::new(world);
    let (time, (share, refusals)) = runtime.block_on(async {
        let began = Instant::now();
        let hasty = move || start() + SignedDuration::try_from(began.elapsed() * HASTE).expect("minutes");
        let sandbox = work.tenant(Master::Tenant, Arc::new(hasty)).await;
        sandbox.set_throttle(ThrottleSettings { on: true, scale: 1.0 });
        let limits = Limits::default();
        let hasty = |limit: Limit| Limit { window: limit.window / HASTE, ..limit };
        let units = Limit { units: 8_000, window: Duration::from_secs(10) };
        let limits = Limits { writes: hasty(limits.writes), resource_units: Some(hasty(units)), ..limits };
        let connection = connection(&sandbox, sandbox.base_url(), limits);
        let tenant = Tenant::new(&connection);
        let (time, share) = tokio::join!(work.carry_out(&tenant), share(&sandbox, world, limits));
        (time, (share, sandbox.counters().refusals))
    });
    let words = format!(
        "{share:.1} % of 3,000 writes in 150 s, once these are used up; {refusals} refusals (429); time passes {HASTE} \
         times as fast"
    );
    Measured::new(time, words)
}

/// Looks at the counters all the time. The limit is used up for the first time after as many writes as we take of it,
/// and the last time when everything is written.
async fn share(sandbox: &Sandbox, world: World, limits: Limits) -> f64 {
    let mut ticks = tokio::time::interval(Duration::from_millis(2));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    let taken = (f64::from(limits.writes.units) * limits.fraction).floor();
    let mut first = None;
    loop {
        ticks.tick().await;
        let writes =
            f64::from(u32::try_from(sandbox.counters().writes).expect("fewer than there are people"));
        if first.is_none() && taken <= writes {
            first = Some((Instant::now(), writes));
        }
        if let Some((since, before)) = first
            && f64::from(world.users) <= writes
        {
            let windows = since.elapsed().div_duration_f64(limits.writes.window);
            return 100.0 * (writes - before) / f64::from(limits.writes.units) / windows;
        }
    }
}

fn pace(world: World, time: Duration, round_trip: Duration, at_once: usize) -> String {
    let each = f64::from(world.users) / time.as_secs_f64();
    if round_trip.is_zero() {
        return format!("{each:.0} changes a second");
    }
    let at_once = u32::try_from(at_once).expect("a few hundred");
    let most = f64::from(at_once) / round_trip.as_secs_f64();
    format!("{each:.0} changes a second, {:.0} % of {at_once} under way / round trip", 100.0 * each / most)
}

fn runtime() -> Runtime {
    Builder::new_multi_thread().enable_all().build().expect("a runtime")
}

fn start() -> Timestamp {
    "2026-11-22T09:14:00Z".parse().expect("a time")
}

/// Where the tenant is reached: so far away.
fn address(sandbox: &Sandbox, round_trip: Duration) -> String {
    if round_trip.is_zero() {
        return sandbox.base_url().to_owned();
    }
    let server: SocketAddr = sandbox.base_url().trim_start_matches("http://").parse().expect("an address");
    format!("http://{}", stand_before(server, round_trip))
}

fn app(sandbox: &Sandbox) -> App {
    let credential = Credential::ClientSecret(Secret::new("any".to_owned()));
    let client_id = "5b1e6a0e-8d6a-4f6e-9a57-2f3b8d0c9f10".to_owned();
    App { tenant: sandbox.tenant_id().to_string(), client_id, credential }
}

fn connection(sandbox: &Sandbox, root: &str, limits: Limits) -> Connection {
    let endpoints = Endpoints::explicit(root, root).expect("addresses of this machine");
    let settings = Settings { limits, ..Settings::new(endpoints, app(sandbox), Arc::new(start)) };
    Connection::open(settings).expect("settings")
}

/// One update for each user.
struct Work {
    sides: Sides,
    approved: ApprovedPlan,
}

impl Work {
    fn new(world: World) -> Self {
        let sides = Sides::applied(world, Drift::AllUsers);
        let plan = sides.plan().plan;
        let consent = Consent { held_set: plan.held_digest(), ..Consent::default() };
        let approved = review(plan, &consent, sides.as_of()).approved;
        assert_eq!(approved.changes().count(), world.users as usize);
        Self { sides, approved }
    }

    async fn tenant(&self, master: Master, clock: samesign::sandbox::Clock) -> Sandbox {
        let mut options = SandboxOptions::new(clock);
        options.seed = Seed::parse(&seed(self.sides.tenant(), master)).expect("a seed");
        options.number = Some(1);
        samesign::sandbox::start(options).await.expect("a sandbox")
    }

    fn known(&self) -> Known {
        let known = |it: &samesign::model::CloudUser| {
            let name = it.user_name().into();
            (it.id, KnownObject { kind: ObjectKind::User, anchor: it.anchor, name })
        };
        self.sides.tenant().users().iter().map(known).collect()
    }

    async fn carry_out(&self, target: &impl samesign::target::Target) -> Duration {
        let begun = Instant::now();
        let outcomes = apply(&self.approved, target, &mut Quiet).await;
        let time = begun.elapsed();
        let failed = outcomes.iter().find(|it| !matches!(it.outcome, Outcome::Applied));
        assert!(failed.is_none(), "every change is carried out: {failed:?}");
        time
    }
}

struct Quiet;

impl Observer for Quiet {
    fn settled(&mut self, _: &[(&Change, Applied)]) {}

    fn wants_to_stop(&self) -> bool {
        false
    }
}
