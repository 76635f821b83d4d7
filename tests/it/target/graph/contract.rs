//! The client against the sandbox tenant: each believes only the documented behaviour.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use samesign::model::{Anchor, CloudGroup, CloudId, Guid, ObjectKind, Property, Secret, TenantSnapshot};
use samesign::sandbox::{Effect, Fault, Replication, Sandbox, SandboxOptions, Seed, ThrottleSettings};
use samesign::target::graph::{
    App, Connection, Credential, Endpoints, Extent, Follower, Limit, Reader, Settings, Writer,
};
use samesign::target::{Current, Done, Step, StepValue, TargetError};
use tokio::time::Instant;

/// A sandbox whose time is tokio's, so that a paused clock moves both sides.
pub(in crate::target) async fn start(seed: &str) -> Sandbox {
    let began = Instant::now();
    let start: Timestamp = "2026-11-22T09:14:00Z".parse().unwrap();
    let clock =
        Arc::new(move || start.checked_add(SignedDuration::try_from(began.elapsed()).unwrap()).unwrap());
    let mut options = SandboxOptions::new(clock);
    options.seed = Seed::parse(seed).unwrap();
    options.number = Some(7);
    samesign::sandbox::start(options).await.unwrap()
}

pub(in crate::target) fn settings(sandbox: &Sandbox) -> Settings {
    let root = sandbox.base_url();
    let credential = Credential::ClientSecret(Secret::new("any".to_owned()));
    let app = App {
        tenant: sandbox.tenant_id().to_string(),
        client_id: "5b1e6a0e-8d6a-4f6e-9a57-2f3b8d0c9f10".to_owned(),
        credential,
    };
    let clock = Arc::new(|| "2026-11-22T09:14:00Z".parse().unwrap());
    let mut settings = Settings::new(Endpoints::explicit(root, root).unwrap(), app, clock);
    settings.timeouts.request = Duration::from_hours(1);
    settings
}

pub(in crate::target) fn open(sandbox: &Sandbox) -> (Reader, Writer) {
    let connection = Connection::open(settings(sandbox)).unwrap();
    (Reader::new(&connection), Writer::new(&connection))
}

fn anchor(at: u32) -> Anchor {
    let mut bytes = [7; 16];
    bytes[..4].copy_from_slice(&at.to_be_bytes());
    Anchor::from_guid(Guid::from_bytes(bytes))
}

fn text(value: &str) -> StepValue {
    StepValue::Text(value.to_owned())
}

fn create_user(at: u32) -> Step {
    let values = vec![
        (Property::UserPrincipalName, text(&format!("user{at}@contoso.com"))),
        (Property::DisplayName, text(&format!("User {at}"))),
        (Property::MailNickname, text(&format!("user{at}"))),
        (Property::AccountEnabled, StepValue::Switch(true)),
        (Property::UsageLocation, text("DE")),
        (Property::ExtensionAttribute7, text("seven")),
    ];
    Step::CreateUser { anchor: anchor(at), values }
}

pub(super) fn create_group(at: u32) -> Step {
    let values = vec![(Property::DisplayName, text("staff")), (Property::MailNickname, text("staff"))];
    Step::CreateGroup { anchor: anchor(at), values }
}

pub(super) async fn applied(writer: &Writer, steps: &[Step]) -> Vec<CloudId> {
    let outcomes = writer.carry_out(steps).await;
    outcomes
        .into_iter()
        .zip(steps)
        .map(|(outcome, step)| match outcome {
            Ok(Done::Applied(id)) => id,
            other => panic!("{step:?}: {other:?}"),
        })
        .collect()
}

async fn already_so(writer: &Writer, step: Step) {
    let outcome = writer.carry_out(std::slice::from_ref(&step)).await.remove(0);
    assert!(matches!(outcome, Ok(Done::AlreadySo(_))), "{step:?}: {outcome:?}");
}

pub(super) async fn observe(reader: &Reader) -> TenantSnapshot {
    reader.observe(Extent::OwnGroups, &()).await.unwrap()
}

#[tokio::test]
async fn a_user_lives_from_creation_to_return() {
    let sandbox = start("").await;
    let (reader, writer) = open(&sandbox);
    let ids = applied(&writer, &[create_user(1), create_user(2)]).await;
    already_so(&writer, create_user(1)).await;
    let id = ids[0];
    let values = vec![
        (Property::JobTitle, Some(text("Clerk <&+#\"'\n>"))),
        (Property::BusinessPhones, Some(StepValue::Set(vec!["+49 1".to_owned()]))),
        (
            Property::OtherMails,
            Some(StepValue::Set(vec!["a@b.example".to_owned(), "c@d.example".to_owned()])),
        ),
        (Property::ExtensionAttribute7, None),
        (Property::ExtensionAttribute8, Some(text("eight"))),
    ];
    let steps = [
        Step::UpdateUser { id, values },
        Step::SetManager { id, manager: Some(ids[1]) },
        Step::BlockUser { id },
    ];
    applied(&writer, &steps).await;
    let snapshot = observe(&reader).await;
    let user = snapshot.user(id).unwrap();
    assert_eq!((user.anchor, user.manager), (Some(anchor(1)), Some(ids[1])));
    let attributes = &user.attributes;
    assert_eq!(attributes.text(Property::JobTitle.id()), Some("Clerk <&+#\"'\n>"));
    assert_eq!(attributes.boolean(Property::AccountEnabled.id()), Some(false));
    assert_eq!(attributes.text(Property::ExtensionAttribute7.id()), None);
    assert_eq!(attributes.text(Property::ExtensionAttribute8.id()), Some("eight"));
    assert_eq!(attributes.values(Property::OtherMails.id()).count(), 2);

    applied(&writer, &[Step::UnblockUser { id }, Step::SetManager { id, manager: None }]).await;
    already_so(&writer, Step::SetManager { id, manager: None }).await;
    applied(&writer, &[Step::DeleteUser { id }]).await;
    already_so(&writer, Step::DeleteUser { id }).await;
    let current = reader.current(&[(ObjectKind::User, id), (ObjectKind::User, ids[1])]).await.unwrap();
    assert_eq!(current[0], Current::Deleted);
    assert!(matches!(current[1], Current::User(_)));
    let found = reader.find_users_by_anchor(&[anchor(1), anchor(2), anchor(3)]).await.unwrap();
    assert_eq!(
        found.iter().map(|it| it.as_ref().map(|it| it.id)).collect::<Vec<_>>(),
        [None, Some(ids[1]), None]
    );
    let deleted = reader.deleted_users().await.unwrap();
    assert_eq!((deleted.len(), deleted[0].id, deleted[0].anchor), (1, id, Some(anchor(1))));
    applied(&writer, &[Step::Restore { id, name: None, leaves_addresses: false }]).await;
    already_so(&writer, Step::Restore { id, name: None, leaves_addresses: false }).await;
    let back = reader.find_user_by_upn("USER1@contoso.com").await.unwrap().unwrap();
    assert_eq!((back.id, back.anchor), (id, Some(anchor(1))));
    assert_eq!(reader.find_user_by_upn("nobody@contoso.com").await.unwrap(), None);
}

#[tokio::test]
async fn a_group_gets_and_loses_its_members() {
    let sandbox = start("").await;
    let (reader, writer) = open(&sandbox);
    let people: Vec<Step> = (1..=30).map(create_user).collect();
    let people = applied(&writer, &people).await;
    let group = applied(&writer, &[create_group(100)]).await[0];
    already_so(&writer, create_group(100)).await;
    let add = |members: &[CloudId]| Step::AddMembers { group, members: members.to_vec() };
    applied(&writer, &[add(&people[..20]), add(&people[10..30])]).await;
    already_so(&writer, add(&people[..3])).await;
    let expected: BTreeSet<CloudId> = people.iter().copied().collect();
    let members: BTreeSet<CloudId> = reader.members(group).await.unwrap().into_iter().collect();
    assert_eq!(members, expected);

    let removals: Vec<Step> =
        people[..25].iter().map(|member| Step::RemoveMember { group, member: *member }).collect();
    applied(&writer, &removals).await;
    already_so(&writer, removals[0].clone()).await;
    let values = vec![(Property::Description, Some(text("all hands")))];
    applied(&writer, &[Step::UpdateGroup { id: group, values }]).await;
    let snapshot = observe(&reader).await;
    assert_eq!(snapshot.group(group).unwrap().members.len(), 5);
    assert_eq!(snapshot.group(group).unwrap().anchor, Some(anchor(100)));
    assert_eq!(snapshot.users().len(), 30, "removing a member removes no user");
    applied(&writer, &[Step::DeleteGroup { id: group }]).await;
    let found = reader.find_group_by_anchor(&[anchor(100)]).await.unwrap();
    assert!(found[0].as_ref().is_some_and(|it| it.deleted_at.is_some()));
}

#[tokio::test]
async fn a_large_tenant_is_read_to_its_last_page() {
    let name = CloudGroup::unique_name_of(anchor(1));
    let users: Vec<String> = (0..2100)
        .map(|at| format!("- {{userPrincipalName: u{at}@contoso.com, displayName: U{at}}}\n"))
        .collect();
    let members: Vec<String> = (0..2100).map(|at| format!("u{at}@contoso.com")).collect();
    let group = format!(
        "{{displayName: all, mailNickname: all, mailEnabled: false, securityEnabled: true, \
         uniqueName: '{name}', members: [{}]}}",
        members.join(", ")
    );
    let seed = format!("users:\n{}groups:\n- {group}\n", users.concat());
    let sandbox = start(&seed).await;
    let (reader, _) = open(&sandbox);
    let snapshot = observe(&reader).await;
    assert_eq!(snapshot.users().len(), 2100);
    assert_eq!(snapshot.groups()[0].members.len(), 2100);
    assert_eq!(sandbox.counters().writes, 0, "a reading writes nothing");
}

#[tokio::test(start_paused = true)]
async fn lost_responses_never_make_two_of_one() {
    for path in ["/users", "/groups", "/$batch"] {
        for skip in 0..2 {
            let sandbox = start("").await;
            let (reader, writer) = open(&sandbox);
            let lost = Fault {
                method: None,
                path: Some(path.to_owned()),
                skip,
                times: 1,
                effect: Effect::LostResponse,
            };
            sandbox.set_faults(vec![lost]);
            let people: Vec<Step> = (1..=3).map(create_user).collect();
            applied(&writer, &people).await;
            applied(&writer, &[create_group(50), create_group(51)]).await;
            applied(&writer, &[create_user(4)]).await;
            sandbox.set_faults(Vec::new());
            let snapshot = observe(&reader).await;
            assert_eq!((snapshot.users().len(), snapshot.groups().len()), (4, 2), "{path} {skip}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn faults_of_every_sort_are_got_over() {
    let status = |status: u16, retry_after_s: Option<u32>| Effect::Status {
        status,
        code: None,
        message: None,
        retry_after_s,
    };
    let effects = [
        status(429, Some(7)),
        status(429, None),
        status(500, None),
        status(503, Some(2)),
        status(401, None),
        Effect::Reset,
    ];
    for effect in effects {
        for skip in [0, 1, 2, 5] {
            let sandbox = start("").await;
            let (reader, writer) = open(&sandbox);
            sandbox.set_faults(vec![Fault {
                method: None,
                path: None,
                skip,
                times: 1,
                effect: effect.clone(),
            }]);
            let ids = applied(&writer, &[create_user(1), create_user(2), create_user(3)]).await;
            let group = applied(&writer, &[create_group(9)]).await[0];
            applied(&writer, &[Step::AddMembers { group, members: ids.clone() }]).await;
            let snapshot = observe(&reader).await;
            assert_eq!(snapshot.users().len(), 3, "{effect:?} {skip}");
            assert_eq!(snapshot.group(group).unwrap().members.len(), 3);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_documented_limits_are_used_without_provoking_throttling() {
    let sandbox = start("").await;
    sandbox.set_throttle(ThrottleSettings { on: true, scale: 0.02 });
    let mut settings = settings(&sandbox);
    settings.limits.writes = Limit { units: 60, window: Duration::from_secs(150) };
    settings.limits.resource_units = Some(Limit { units: 70, window: Duration::from_secs(10) });
    let connection = Connection::open(settings).unwrap();
    let writer = Writer::new(&connection);
    let people: Vec<Step> = (1..=232).map(create_user).collect();
    let began = Instant::now();
    applied(&writer, &people).await;
    let refused = sandbox.audit().iter().filter(|it| it.status == 429).count();
    assert_eq!(refused, 0);
    // 58 of 60 at once, and 58 more in each window: 232 writes need three windows more.
    let ideal_s = 3 * 150;
    assert!(began.elapsed().as_secs() <= ideal_s * 102 / 100, "{:?}", began.elapsed());
}

#[tokio::test(start_paused = true)]
async fn throttling_by_others_is_waited_out() {
    let sandbox = start("").await;
    sandbox.set_throttle(ThrottleSettings { on: true, scale: 0.01 });
    let (_, writer) = open(&sandbox);
    let people: Vec<Step> = (1..=60).map(create_user).collect();
    applied(&writer, &people).await;
    assert!(sandbox.audit().iter().any(|it| it.status == 429), "the limit was met");
}

#[tokio::test(start_paused = true)]
async fn replicas_that_lag_are_given_time() {
    let sandbox = start("").await;
    sandbox.set_replication(Replication {
        get_ms: 8_000,
        list_ms: 20_000,
        delta_ms: 0,
        reference_ms: 15_000,
    });
    let (reader, writer) = open(&sandbox);
    let ids = applied(&writer, &[create_user(1), create_user(2)]).await;
    let group = applied(&writer, &[create_group(9)]).await[0];
    let steps = [
        Step::AddMembers { group, members: ids.clone() },
        Step::SetManager { id: ids[0], manager: Some(ids[1]) },
        Step::UpdateUser { id: ids[1], values: vec![(Property::City, Some(text("Ulm")))] },
    ];
    applied(&writer, &steps).await;
    tokio::time::sleep(Duration::from_mins(1)).await;
    assert_eq!(observe(&reader).await.group(group).unwrap().members.len(), 2);
}

#[tokio::test]
async fn a_missing_permission_is_named() {
    let seed = "apps:\n- {clientId: 5b1e6a0e-8d6a-4f6e-9a57-2f3b8d0c9f10, secret: any, roles: [User.Read.All, Organization.Read.All, Domain.Read.All, Group.Read.All, GroupMember.Read.All]}\n";
    let sandbox = start(seed).await;
    let (reader, writer) = open(&sandbox);
    observe(&reader).await;
    let error = writer.carry_out(&[create_user(1)]).await.remove(0).unwrap_err();
    assert!(matches!(error, TargetError::Permission { permission: "User.ReadWrite.All", .. }), "{error:?}");
    let error = writer.carry_out(&[create_group(1)]).await.remove(0).unwrap_err();
    assert!(matches!(error, TargetError::Permission { permission: "Group.ReadWrite.All", .. }), "{error:?}");

    let mut settings = settings(&sandbox);
    settings.app.credential = Credential::ClientSecret(Secret::new("wrong".to_owned()));
    let error = Connection::open(settings).unwrap().sign_in().await.unwrap_err();
    assert!(matches!(&error, TargetError::Token { code, .. } if &**code == "AADSTS7000215"), "{error:?}");
}

#[tokio::test]
async fn a_certificate_signs_in() {
    #[expect(clippy::disallowed_methods, reason = "a test reads its fixture")]
    let pem = std::fs::read_to_string(super::script::fixture("app.pem")).unwrap();
    let certificate = &pem[pem.find("-----BEGIN CERTIFICATE").unwrap()..];
    let certificate = certificate.replace('\n', "\n    ");
    let seed = format!(
        "apps:\n- clientId: 5b1e6a0e-8d6a-4f6e-9a57-2f3b8d0c9f10\n  roles: ['*']\n  certificate: |\n    {certificate}\n"
    );
    let sandbox = start(&seed).await;
    let mut settings = settings(&sandbox);
    settings.app.credential = Credential::Certificate { pem: Secret::new(pem) };
    Connection::open(settings).unwrap().sign_in().await.unwrap();
}

/// The controller runs these on a pool of threads.
#[tokio::test]
async fn readings_and_writes_may_move_between_threads() {
    fn movable<T: Send>(future: T) -> T {
        future
    }
    let sandbox = start("").await;
    let (reader, writer) = open(&sandbox);
    movable(reader.observe(Extent::OwnGroups, &())).await.unwrap();
    assert_eq!(movable(writer.carry_out(&[create_user(1)])).await.len(), 1);
    let mut follower = Follower::new(Extent::Synchronised);
    for _ in 0..2 {
        movable(follower.observe(&reader, sandbox.now(), &())).await.unwrap();
    }
    assert_eq!(movable(reader.current(&[])).await.unwrap(), []);
    assert_eq!(movable(reader.find_users_by_anchor(&[anchor(1)])).await.unwrap().len(), 1);
    assert_eq!(movable(reader.find_group_by_anchor(&[])).await.unwrap(), []);
}
