//! The service: a password that changes in the domain opens the tenant moments later, whichever controller is there.

use std::time::Instant;

use super::office::sign_in;
use super::{IN, WRONG};
use crate::journey::tenant::{CLIENT_ID, SECRET, Tenant};
use crate::journey::workplace::{Door, Workplace};
use crate::lab::{Lab, Pair};
use crate::service::Service;

/// Sets a password with the tool of administrators, and waits for the service to bring it to the tenant.
async fn follow(service: &Service, tenant: &Tenant, lab: &Lab, (account, before, now): (&str, &str, &str)) {
    let given = format!("--newpassword={now}");
    tokio::task::block_in_place(|| lab.samba_tool(&["user", "setpassword", account, &given]));
    let changed = Instant::now();
    let done = service.next_cycle();
    // For whoever wants to know how fast it is; nothing depends on it.
    eprintln!(
        "password of {account}: changed in AD, confirmed by the tenant {:.1?} later",
        changed.elapsed()
    );
    assert_eq!(done, 1);
    let name = format!("{account}@{}", Lab::DOMAIN);
    let app = (CLIENT_ID, SECRET);
    assert_eq!(sign_in(&tenant.sandbox, app, &name, now).await, IN);
    assert_eq!(sign_in(&tenant.sandbox, app, &name, before).await, WRONG);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_changed_password_opens_the_tenant_while_the_service_runs() {
    let pair = tokio::task::block_in_place(Pair::own);
    let tenant = Tenant::start_synchronised().await;
    let place = Workplace::new(&pair.one, &tenant, Door::Password, &["Staff"]);
    place.add_controller(&pair.two);
    place.send_passwords("svc-replica@corp.example.com");
    place.run_by_itself();
    let mut service = Service::start(&place);
    // Everybody and what they are members of, and all passwords but that of whoever must change it first.
    assert!(2 * Pair::PEOPLE as u64 <= service.next_cycle());
    follow(&service, &tenant, &pair.one, ("user005", "Pässw0rd of 5", "New-Harbour.5")).await;
    follow(&service, &tenant, &pair.one, ("user005", "New-Harbour.5", "Newer-Harbour.5")).await;
    tokio::task::block_in_place(|| {
        pair.replicate();
        pair.one.stop();
    });
    follow(&service, &tenant, &pair.two, ("user006", "Pässw0rd of 6", "New-Harbour.6")).await;
    service.stop();
    assert_eq!(place.plan(0, &[]).lines(), "");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn passwords_that_cannot_be_replicated_are_told_until_they_can() {
    let pair = tokio::task::block_in_place(Pair::start);
    let tenant = Tenant::start_synchronised().await;
    let place = Workplace::new(&pair.one, &tenant, Door::Password, &["Staff"]);
    // An account that may read, and not replicate.
    place.send_passwords(Lab::USER);
    place.run_by_itself();
    place.tell_at_once();
    let mut service = Service::start(&place);
    service.wait_for_alarms("raised", &["passwordsUnseen", "passwordLag", "failing"]);
    place.open_as("svc-replica@corp.example.com");
    service.wait_for_alarms("recovered", &["passwordsUnseen", "passwordLag", "failing"]);
    service.stop();
    assert_eq!(place.plan(0, &[]).lines(), "");
}
