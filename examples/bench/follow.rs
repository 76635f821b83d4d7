//! What it costs to keep a tenant current: a full reading, and what is left of it when little or nothing changed.
//!
//! The tenant is a sandbox in this process, so the times are those of both sides together.

use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use samesign::model::{CloudId, Property, Secret};
use samesign::sandbox::{Sandbox, SandboxOptions, Seed};
use samesign::target::graph::{
    App, Connection, Credential, Endpoints, Extent, Follower, Limit, Reader, Settings, Tenant,
};
use samesign::target::{Step, StepValue, Target as _};

use crate::measure::Measured;
use crate::seed::{Master, seed};
use crate::world::World;

const CHANGED: usize = 100;

/// What the reading that is measured finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Case {
    Whole,
    Unchanged,
    Changed,
}

/// The first reading: everything.
pub(super) fn whole(world: World) -> Measured {
    follow(world, Case::Whole)
}

/// Another one when nothing changed.
pub(super) fn unchanged(world: World) -> Measured {
    follow(world, Case::Unchanged)
}

/// Another one when 100 users changed.
pub(super) fn changed(world: World) -> Measured {
    follow(world, Case::Changed)
}

fn follow(world: World, case: Case) -> Measured {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    let (time, reads) = runtime.block_on(observe(world, case));
    Measured::new(time, format!("{reads} requests; tenant and reader in one process"))
}

async fn observe(world: World, case: Case) -> (Duration, u64) {
    let start: Timestamp = "2026-11-22T09:14:00Z".parse().expect("a time");
    let mut options = SandboxOptions::new(Arc::new(move || start));
    options.seed = Seed::parse(&seed(&world.tenant(), Master::Tenant)).expect("a seed");
    options.number = Some(1);
    let sandbox = samesign::sandbox::start(options).await.expect("a sandbox");
    let connection = Connection::open(settings(&sandbox, start)).expect("settings");
    let reader = Reader::new(&connection);
    let mut follower = Follower::new(Extent::Synchronised);
    if case != Case::Whole {
        // The delta queries answer for the first time after the reading that they begin with.
        for city in ["Ulm", "Hof"] {
            let seen = follower.observe(&reader, start, &()).await.expect("an observation").tenant;
            let ids: Vec<CloudId> = seen.users().iter().take(CHANGED).map(|it| it.id).collect();
            if case == Case::Changed {
                change(&Tenant::new(&connection), &ids, city).await;
            }
        }
    }
    let before = sandbox.counters().reads;
    let begun = Instant::now();
    let snapshot = follower.observe(&reader, start, &()).await.expect("an observation").tenant;
    let time = begun.elapsed();
    assert_eq!(snapshot.users().len(), world.users as usize, "everybody is found");
    (time, sandbox.counters().reads - before)
}

async fn change(tenant: &Tenant, ids: &[CloudId], city: &str) {
    let values = vec![(Property::City, Some(StepValue::Text(city.to_owned())))];
    let steps: Vec<Step> =
        ids.iter().map(|id| Step::UpdateUser { id: *id, values: values.clone() }).collect();
    for outcome in tenant.carry_out(&steps).await {
        outcome.expect("a change");
    }
}

fn settings(sandbox: &Sandbox, now: Timestamp) -> Settings {
    let root = sandbox.base_url();
    let credential = Credential::ClientSecret(Secret::new("any".to_owned()));
    let client_id = "5b1e6a0e-8d6a-4f6e-9a57-2f3b8d0c9f10".to_owned();
    let app = App { tenant: sandbox.tenant_id().to_string(), client_id, credential };
    let endpoints = Endpoints::explicit(root, root).expect("addresses of this machine");
    let mut settings = Settings::new(endpoints, app, Arc::new(move || now));
    // What the service allows is not what is measured here.
    let free = Limit { units: u32::MAX, window: Duration::from_secs(1) };
    settings.limits.resource_units = Some(free);
    settings.limits.writes = free;
    settings
}
