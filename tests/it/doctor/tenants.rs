//! What a tenant says about itself.

use expect_test::{Expect, expect};
use jiff::{SignedDuration, Timestamp};
use samesign::doctor::{
    DirectorySync, Examples, Finding, Obstacle, Session, TenantFacts, Unread, Wants, Ways,
};
use samesign::model::Domain;
use samesign::policy::Channel;
use samesign::wire::odata::{OrganizationState, SubscriptionRecord};
use samesign::wire::provisioning::{Capabilities, CompanyConfiguration};

use super::check;

fn now() -> Timestamp {
    "2026-11-22T09:14:00Z".parse().unwrap()
}

fn domain(name: &str) -> Domain {
    Domain { name: name.to_owned(), verified: true, federated: false, initial: false, default: true }
}

fn sku(name: &str) -> SubscriptionRecord {
    SubscriptionRecord { sku_part_number: name.to_owned(), capability_status: None }
}

fn capabilities(refused: &str) -> Capabilities {
    Capabilities {
        xml: format!(
            "<A><MinimumProductVersion>2.5.79.0</MinimumProductVersion><LatestProductVersion>2.6.84.0\
             </LatestProductVersion><BlackList>{refused}</BlackList></A>"
        ),
    }
}

/// A tenant in which everything is as it should be, on either channel.
fn healthy() -> Session {
    Session {
        permissions: Some(vec!["*".to_owned()]),
        clock_ahead: Ok(Some(SignedDuration::ZERO)),
        organization: Ok(OrganizationState {
            id: "8d1f0a52".to_owned(),
            display_name: Some("Contoso".to_owned()),
            on_premises_sync_enabled: Some(true),
            on_premises_last_sync_date_time: Some(now()),
        }),
        domains: Ok(vec![domain("contoso.com")]),
        subscriptions: Ok(vec![sku("SPB")]),
        synchronization: Ok(None),
        quarantined: Ok(Examples::default()),
        mastered: Ok(Examples::default()),
        directory_sync: Ok(DirectorySync {
            build: "2.6.84.0".to_owned(),
            permissions: Some(vec!["ADSynchronization.ReadWrite.All".to_owned()]),
            capabilities: Ok(capabilities("2.6.79.0")),
            configuration: Ok(CompanyConfiguration {
                is_dir_syncing: Some(true),
                is_password_syncing: Some(true),
                links_per_batch_max: Some(15_000),
                ..CompanyConfiguration::default()
            }),
        }),
    }
}

fn judge(session: Session, channel: Channel) -> (Vec<Finding>, Ways) {
    let wants = Wants { users: true, deletions: true, groups: true, contacts: true, passwords: true };
    TenantFacts { name: "contoso".to_owned(), certificate: None, session: Ok(session) }.judge(
        channel,
        wants,
        now(),
    )
}

fn check_channels(session: Session, chosen: Channel, expected: &Expect) {
    check(&judge(session, chosen).1.judge("contoso", chosen), expected);
}

fn examples(names: &[&str]) -> Examples {
    let mut examples = Examples::default();
    for it in names {
        examples.push(|| (*it).to_owned());
    }
    examples
}

#[test]
fn a_healthy_tenant_allows_both_channels() {
    check(
        &judge(healthy(), Channel::Graph).0,
        &expect![[r#"
            ok token contoso: the app gets a token
            ok permissions contoso: the app has all that is needed: *
            ok clock contoso: its clock and this machine's agree
            ok organization contoso: it is Contoso (8d1f0a52)
            ok synchronization contoso: directory synchronisation is on; last seen 2026-11-22T09:14:00Z
            ok domains contoso: verified: contoso.com
            ok edition contoso: SPB: an edition with directory synchronisation
            ok features contoso: the tenant has no switches of directory synchronisation
            ok passwords contoso: the tenant takes password hashes
            ok quarantine contoso: no object is in quarantine
        "#]],
    );
    check_channels(
        healthy(),
        Channel::DirectorySync,
        &expect![[r#"
        ok channel contoso: graph: possible as well
        ok channel contoso: directorySync: the Tenant's channel, and it is possible (build 2.6.84.0, newest 2.6.84.0; password hashes are taken, 15000 links a batch)
    "#]],
    );
}

#[test]
fn graph_does_not_change_people_whom_entra_connect_masters() {
    let mastered = Ok(examples(&["ada", "bob", "cy", "dora", "eve", "fred"]));
    check_channels(
        Session { mastered, ..healthy() },
        Channel::Graph,
        &expect![[r#"
        problem channel contoso: graph: 6 users are mastered by Entra Connect, Graph refuses to change them
          - ada
          - bob
          - cy
          - dora
          - eve
          fix: use channel: directorySync, or hand the users over to the cloud: stop Entra Connect and switch directory synchronisation off in the tenant
        ok channel contoso: directorySync: possible as well (build 2.6.84.0, newest 2.6.84.0; password hashes are taken, 15000 links a batch)
    "#]],
    );
}

#[test]
fn directory_synchronisation_has_to_be_there_and_switched_on() {
    let chosen = Channel::DirectorySync;
    let subscriptions = Ok(vec![sku("LITEPACK"), sku("LITEPACK_P2")]);
    check(
        &judge(Session { subscriptions: subscriptions.clone(), ..healthy() }, chosen).0[6..7],
        &expect![[r#"
            problem edition contoso: LITEPACK, LITEPACK_P2: an edition without directory synchronisation
              fix: use channel: graph, or change to another edition
        "#]],
    );
    check_channels(
        Session { subscriptions, ..healthy() },
        chosen,
        &expect![[r#"
            ok channel contoso: graph: possible as well
            problem channel contoso: directorySync: the tenant's edition (LITEPACK, LITEPACK_P2) has no directory synchronisation
              fix: use channel: graph, or change to another edition
        "#]],
    );
    let organization = Ok(OrganizationState::default());
    check_channels(
        Session { organization, ..healthy() },
        chosen,
        &expect![[r#"
        ok channel contoso: graph: possible as well
        problem channel contoso: directorySync: directory synchronisation is off in the tenant
          fix: an administrator switches it on: onPremisesSyncEnabled of the organisation; it may take hours until the service knows
    "#]],
    );
}

#[test]
fn the_endpoint_of_entra_connect_has_to_take_the_app_and_the_build() {
    let chosen = Channel::DirectorySync;
    let sync = |change: fn(&mut DirectorySync)| {
        let mut session = healthy();
        change(session.directory_sync.as_mut().unwrap());
        session
    };
    check_channels(
        sync(|it| it.permissions = Some(Vec::new())),
        chosen,
        &expect![[r#"
        ok channel contoso: graph: possible as well
        problem channel contoso: directorySync: the app lacks ADSynchronization.ReadWrite.All
          fix: grant the app the application permission ADSynchronization.ReadWrite.All and consent to it as an administrator
    "#]],
    );
    check_channels(
        sync(|it| it.build = "2.5.3.0".to_owned()),
        chosen,
        &expect![[r#"
            ok channel contoso: graph: possible as well
            problem channel contoso: directorySync: the service serves build 2.5.79.0 of Entra Connect at least, not 2.5.3.0
              fix: state a build that it serves as directorySync.buildNumber of the Tenant, or use a newer samesign
        "#]],
    );
    check_channels(
        sync(|it| it.build = "2.6.79.0".to_owned()),
        chosen,
        &expect![[r#"
            ok channel contoso: graph: possible as well
            problem channel contoso: directorySync: the service refuses build 2.6.79.0 of Entra Connect
              fix: state a build that it serves as directorySync.buildNumber of the Tenant, or use a newer samesign
        "#]],
    );
    let denied = |it: &mut DirectorySync| it.configuration = Err(Obstacle::new("it says no", "ask why"));
    check_channels(
        sync(denied),
        chosen,
        &expect![[r#"
        ok channel contoso: graph: possible as well
        problem channel contoso: directorySync: it says no
          fix: ask why
    "#]],
    );
    check_channels(
        sync(denied),
        Channel::Graph,
        &expect![[r#"
        ok channel contoso: graph: the Tenant's channel, and it is possible
        ok channel contoso: directorySync: not possible now: it says no
    "#]],
    );
}

#[test]
fn what_cannot_be_read_is_a_fact_where_a_right_is_missing_and_else_something_to_look_at() {
    let unread = |denied| Unread { why: "the answer is no".to_owned(), fix: None, denied };
    let session = Session {
        permissions: None,
        clock_ahead: Ok(Some(SignedDuration::from_secs(-400))),
        domains: Err(unread(false)),
        subscriptions: Err(unread(true)),
        synchronization: Err(unread(false)),
        quarantined: Ok(examples(&["ada"])),
        mastered: Err(Unread { why: "no answer within 60 s".to_owned(), fix: None, denied: false }),
        ..healthy()
    };
    check(
        &judge(session, Channel::Graph).0,
        &expect![[r#"
            ok token contoso: the app gets a token
            ok permissions contoso: the token does not show the app's permissions
            problem clock contoso: its clock is 400 s behind this machine's
              fix: set both clocks by the same time server: Kerberos and signed requests fail beyond 5 minutes
            ok organization contoso: it is Contoso (8d1f0a52)
            ok synchronization contoso: directory synchronisation is on; last seen 2026-11-22T09:14:00Z
            problem domains contoso: the answer is no
              fix: run it again; if it stays, look at the service's health in the admin centre
            ok edition contoso: not known: the answer is no
            warning features contoso: the answer is no
              fix: run it again; if it stays, look at the service's health in the admin centre
            ok passwords contoso: the tenant takes password hashes
            warning quarantine contoso: 1 object is in quarantine: the tenant holds a name or an address back, because another object has it
              - ada
              fix: change the name or the address of one of the two in the directory
            warning channel contoso: no answer within 60 s
              fix: run it again; if it stays, look at the service's health in the admin centre
        "#]],
    );
}
