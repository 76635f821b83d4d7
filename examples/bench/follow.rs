//! What it costs to keep a tenant current: a full reading, and what is left of it when little or nothing changed.
//!
//! The tenant is a sandbox in this process, so the times are those of both sides together.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use samesign::model::{CloudId, Property, Secret};
use samesign::sandbox::{Sandbox, SandboxOptions, Seed};
use samesign::target::graph::{
    App, Connection, Credential, Endpoints, Extent, Follower, Limit, Reader, Settings, Tenant,
};
use samesign::target::{Step, StepValue, Target as _};

const MEMBERS: u32 = 20;
const CHANGED: usize = 100;

/// Prints what each observation took.
pub(super) fn follow(users: u32) {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    runtime.block_on(observe(users));
}

async fn observe(users: u32) {
    let start: Timestamp = "2026-11-22T09:14:00Z".parse().expect("a time");
    let mut options = SandboxOptions::new(Arc::new(move || start));
    options.seed = Seed::parse(&seed(users)).expect("a seed");
    options.number = Some(1);
    let sandbox = samesign::sandbox::start(options).await.expect("a sandbox");
    let connection = Connection::open(settings(&sandbox, start)).expect("settings");
    let (reader, tenant) = (Reader::new(&connection), Tenant::new(&connection));
    let mut follower = Follower::new(Extent::Synchronised);
    let mut ids = Vec::new();
    for what in ["read in full", "nothing changed", "nothing changed", "100 users changed"] {
        if what.starts_with("100") {
            change(&tenant, &ids).await;
        }
        let before = sandbox.counters().reads;
        let begun = Instant::now();
        let snapshot = follower.observe(&reader, start, &()).await.expect("an observation").tenant;
        let time = begun.elapsed();
        let reads = sandbox.counters().reads - before;
        println!("{what}: {} users, {reads} reads, {:.3} s", snapshot.users().len(), time.as_secs_f64());
        ids = snapshot.users().iter().take(CHANGED).map(|it| it.id).collect();
    }
}

async fn change(tenant: &Tenant, ids: &[CloudId]) {
    let values = vec![(Property::City, Some(StepValue::Text("Ulm".to_owned())))];
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

/// Users with a manager and a few values, and a tenth as many groups that a directory is master of.
fn seed(users: u32) -> String {
    let mut seed = "onPremisesSyncEnabled: true\nusers:\n".to_owned();
    let name = |at: u32| format!("user{at}@contoso.com");
    for at in 0..users {
        let text = writeln!(
            seed,
            "- {{userPrincipalName: {}, displayName: User {at}, department: Sales, jobTitle: Clerk, city: Bern}}",
            name(at)
        );
        text.expect("a text takes what is written");
    }
    seed.push_str("groups:\n");
    for at in 0..users / 10 {
        let members: Vec<String> = (0..MEMBERS).map(|it| name((at * 7 + it * 31) % users)).collect();
        let text = writeln!(
            seed,
            "- {{displayName: group{at}, origin: onPremSynced, members: [{}]}}",
            members.join(", ")
        );
        text.expect("a text takes what is written");
    }
    seed
}
