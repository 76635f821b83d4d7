//! A tenant that is followed by its deltas is the tenant that a full reading finds.

use jiff::SignedDuration;
use reqwest::Method;
use samesign::model::{ObjectKind, Property};
use samesign::sandbox::{Effect, Replication};
use samesign::target::graph::Extent::{OwnGroups, Synchronised};
use samesign::target::{Step, TargetError};
use serde_json::json;

use super::following_world::{Log, World, add, create_contact, create_group, create_user, set};

const USER: ObjectKind = ObjectKind::User;

/// Changes of a kind on either channel.
macro_rules! on_both_channels {
    ($($name:ident)*) => {
        mod by_graph {
            $(#[tokio::test(start_paused = true)]
            async fn $name() {
                super::$name(super::World::of(super::OwnGroups, "").await).await;
            })*
        }
        mod by_directory_sync {
            $(#[tokio::test(start_paused = true)]
            async fn $name() {
                super::$name(super::World::of(super::Synchronised, "").await).await;
            })*
        }
    };
}

on_both_channels! {
    values_are_set_changed_and_cleared
    whoever_is_deleted_comes_back_or_goes_for_good
    members_come_and_go
    a_member_in_the_recycle_bin_is_shown_again_when_it_is_back
    managers_come_and_go
    an_answer_that_is_repeated_changes_nothing
    a_link_that_is_refused_leads_to_a_full_reading
    a_fault_on_the_way_leaves_everything_as_it_was
}

async fn values_are_set_changed_and_cleared(mut world: World) {
    world.check().await;
    let (one, two) = (world.apply(create_user(1)).await, world.apply(create_user(2)).await);
    world.check().await;
    world.apply(set(USER, one, Property::JobTitle, Some("Baker"))).await;
    world.apply(set(USER, one, Property::ExtensionAttribute7, None)).await;
    world.apply(set(USER, two, Property::JobTitle, None)).await;
    world.apply(Step::BlockUser { id: two }).await;
    let snapshot = world.check().await;
    let title = |id| snapshot.user(id).unwrap().attributes.text(Property::JobTitle.id()).map(str::to_owned);
    assert_eq!((title(one), title(two)), (Some("Baker".to_owned()), None));
    let group = world.apply(create_group(3)).await;
    world.apply(set(ObjectKind::Group, group, Property::Description, Some("all"))).await;
    world.check().await;
    world.apply(set(ObjectKind::Group, group, Property::Description, None)).await;
    world.check().await;
}

async fn whoever_is_deleted_comes_back_or_goes_for_good(mut world: World) {
    let ids = [
        world.apply(create_user(1)).await,
        world.apply(create_user(2)).await,
        world.apply(create_user(3)).await,
    ];
    let group = world.apply(create_group(4)).await;
    world.apply(add(group, &ids)).await;
    world.check().await;
    for id in ids {
        world.apply(Step::DeleteUser { id }).await;
    }
    let snapshot = world.check().await;
    assert_eq!(snapshot.active().count(), 1, "only the group is active");
    world.ask(Method::POST, &format!("/directory/deletedItems/{}/restore", ids[0]), Some(json!({}))).await;
    world.purge(ids[1]).await;
    let snapshot = world.check().await;
    assert_eq!(&*snapshot.group(group).unwrap().members, [ids[0]]);
    assert!(snapshot.user(ids[1]).is_none() && snapshot.user(ids[2]).unwrap().deleted_at.is_some());
    world.apply(Step::DeleteGroup { id: group }).await;
    world.check().await;
    // Thirty days later the recycle bin is empty.
    world.client.advance(31 * 86_400);
    world.check().await;
}

async fn members_come_and_go(mut world: World) {
    let mut ids = Vec::new();
    for at in 1..=5 {
        ids.push(world.apply(create_user(at)).await);
    }
    let (inner, outer) = (world.apply(create_group(10)).await, world.apply(create_group(11)).await);
    world.apply(add(outer, &[inner, ids[0]])).await;
    world.check().await;
    world.apply(add(outer, &ids[1..4])).await;
    world.apply(Step::RemoveMember { group: outer, member: ids[0] }).await;
    let snapshot = world.check().await;
    assert_eq!(snapshot.group(outer).unwrap().members.len(), 4);
    world.apply(Step::RemoveMember { group: outer, member: ids[1] }).await;
    world.apply(add(outer, &[ids[1]])).await;
    world.check().await;
}

async fn a_member_in_the_recycle_bin_is_shown_again_when_it_is_back(mut world: World) {
    let (boss, one) = (world.apply(create_user(1)).await, world.apply(create_user(2)).await);
    let group = world.apply(create_group(3)).await;
    world.apply(add(group, &[boss, one])).await;
    world.apply(Step::SetManager { id: one, manager: Some(boss) }).await;
    world.apply(Step::DeleteUser { id: boss }).await;
    // The full reading does not show that somebody in the recycle bin is a member, or a manager.
    let snapshot = world.check().await;
    assert_eq!(&*snapshot.group(group).unwrap().members, [one]);
    world.ask(Method::POST, &format!("/directory/deletedItems/{boss}/restore"), Some(json!({}))).await;
    let snapshot = world.check().await;
    assert_eq!(snapshot.group(group).unwrap().members.len(), 2);
    assert_eq!(snapshot.user(one).unwrap().manager, Some(boss));
}

async fn managers_come_and_go(mut world: World) {
    let (one, two) = (world.apply(create_user(1)).await, world.apply(create_user(2)).await);
    let three = world.apply(create_user(3)).await;
    world.check().await;
    world.apply(Step::SetManager { id: one, manager: Some(two) }).await;
    assert_eq!(world.check().await.user(one).unwrap().manager, Some(two));
    world.apply(Step::SetManager { id: one, manager: Some(three) }).await;
    assert_eq!(world.check().await.user(one).unwrap().manager, Some(three));
    world.apply(Step::DeleteUser { id: three }).await;
    assert_eq!(world.check().await.user(one).unwrap().manager, None);
    world.purge(three).await;
    world.check().await;
    world.apply(Step::SetManager { id: one, manager: Some(two) }).await;
    world.check().await;
    world.apply(Step::SetManager { id: one, manager: None }).await;
    assert_eq!(world.check().await.user(one).unwrap().manager, None);
}

async fn an_answer_that_is_repeated_changes_nothing(mut world: World) {
    world.check().await;
    let (one, group) = (world.apply(create_user(1)).await, world.apply(create_group(2)).await);
    world.apply(add(group, &[one])).await;
    for path in ["/users/delta", "/groups/delta"] {
        world.fault(path, 0, Effect::DeltaReplay);
        world.check().await;
        world.apply(set(USER, one, Property::City, Some(path))).await;
    }
    world.apply(Step::DeleteUser { id: one }).await;
    world.fault("/users/delta", 0, Effect::DeltaReplay);
    world.check().await;
}

async fn a_link_that_is_refused_leads_to_a_full_reading(mut world: World) {
    let one = world.apply(create_user(1)).await;
    world.check().await;
    let refused = |status: u16, code: &str| Effect::Status {
        status,
        code: Some(code.to_owned()),
        message: None,
        retry_after_s: None,
    };
    let effects = [
        Effect::DeltaGone,
        refused(400, "syncStateNotFound"),
        refused(400, "Directory_ExpiredPageToken"),
        refused(404, "resyncRequired"),
    ];
    for (path, effect) in ["/users/delta", "/groups/delta"].into_iter().flat_map(|path| {
        let effects = effects.clone();
        effects.into_iter().map(move |effect| (path, effect))
    }) {
        world.client.advance(60);
        let now = world.client.sandbox.now();
        world.apply(set(USER, one, Property::City, Some(&now.to_string()))).await;
        world.fault(path, 0, effect);
        world.check().await;
        assert_eq!(world.follower.last_full(), Some(now), "it was read in full");
        world.client.advance(60);
        world.check().await;
        assert_eq!(world.follower.last_full(), Some(now), "and is followed from there");
    }
}

async fn a_fault_on_the_way_leaves_everything_as_it_was(mut world: World) {
    let one = world.apply(create_user(1)).await;
    world.check().await;
    let full = world.follower.last_full();
    for path in [
        "/organization",
        "/domains",
        "/users?",
        "/users/delta",
        "/groups/delta",
        "/directory/deletedItems",
        "/roleManagement",
    ] {
        world.client.advance(60);
        world.apply(set(USER, one, Property::City, Some(path))).await;
        // The service refuses what it was asked to do for as long as anybody tries.
        let effect = Effect::Status { status: 501, code: None, message: None, retry_after_s: None };
        world.fault(path.trim_end_matches('?'), 0, effect);
        let error = world.follow().await.unwrap_err();
        assert!(matches!(error, TargetError::Refused { status: 501, .. }), "{path}: {error:?}");
        world.client.sandbox.set_faults(Vec::new());
        world.check().await;
        assert_eq!(world.follower.last_full(), full, "{path}");
    }
}

#[tokio::test(start_paused = true)]
async fn contacts_are_followed_with_their_managers() {
    let mut world = World::of(Synchronised, "").await;
    let (one, group) = (world.apply(create_contact(1)).await, world.apply(create_group(2)).await);
    world.check().await;
    let boss = world.apply(create_user(3)).await;
    world.apply(add(group, &[one])).await;
    world.apply(set(ObjectKind::Contact, one, Property::City, None)).await;
    world.apply(set(ObjectKind::Contact, one, Property::CompanyName, Some("Partner"))).await;
    world.apply(Step::SetManager { id: one, manager: Some(boss) }).await;
    let snapshot = world.check().await;
    assert_eq!(snapshot.contact(one).unwrap().manager, Some(boss));
    assert_eq!(snapshot.contact(one).unwrap().attributes.text(Property::City.id()), None);
    world.apply(set(ObjectKind::Contact, one, Property::MobilePhone, None)).await;
    world.apply(Step::DeleteUser { id: boss }).await;
    world.check().await;
    world.ask(Method::POST, &format!("/directory/deletedItems/{boss}/restore"), Some(json!({}))).await;
    world.check().await;
    world.apply(create_contact(4)).await;
    world.apply(Step::DeleteContact { id: one }).await;
    let snapshot = world.check().await;
    assert!(snapshot.contact(one).is_none() && snapshot.contacts().len() == 1);
    assert!(snapshot.group(group).unwrap().members.is_empty());
}

#[tokio::test(start_paused = true)]
async fn values_that_the_tenant_keeps_back_are_seen_and_seen_to_go() {
    let mut world = World::of(Synchronised, "").await;
    let one = world.apply(create_user(1)).await;
    world.check().await;
    let mut second = create_user(2);
    if let Step::CreateUser { values, .. } = &mut second {
        let taken = samesign::target::StepValue::Set(vec!["smtp:shared@contoso.com".to_owned()]);
        values.push((Property::ProxyAddresses, taken.clone()));
        let values = vec![(Property::ProxyAddresses, Some(taken))];
        world.apply(Step::UpdateUser { id: one, values }).await;
    }
    let two = world.apply(second).await;
    assert_eq!(world.check().await.user(two).unwrap().quarantined.len(), 1);
    world.apply(Step::DeleteUser { id: one }).await;
    world.client.advance(2 * 3_600);
    assert!(world.check().await.user(two).unwrap().quarantined.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_large_group_that_is_told_of_on_several_pages_has_all_its_members() {
    let users: Vec<String> =
        (0..2_300).map(|at| format!("- {{userPrincipalName: u{at}@contoso.com}}\n")).collect();
    let seed = format!("users:\n{}", users.concat());
    let mut world = World::of(OwnGroups, &seed).await;
    let ids: Vec<_> = world.check().await.users().iter().map(|it| it.id).collect();
    let group = world.apply(create_group(1)).await;
    for some in ids.chunks(20) {
        world.apply(add(group, some)).await;
    }
    let snapshot = world.check().await;
    assert_eq!(snapshot.group(group).unwrap().members.len(), 2_300);
}

#[tokio::test(start_paused = true)]
async fn a_round_that_breaks_off_on_its_second_page_leaves_everything_as_it_was() {
    let mut world = World::of(OwnGroups, "").await;
    world.check().await;
    let full = world.follower.last_full();
    for number in 0..201 {
        world.client.add_user(&format!("new{number}")).await;
    }
    world.client.advance(60);
    let effect = Effect::Status { status: 501, code: None, message: None, retry_after_s: None };
    world.fault("/users/delta", 1, effect);
    world.follow().await.unwrap_err();
    assert_eq!(world.check().await.users().len(), 201);
    assert_eq!(world.follower.last_full(), full);
    for number in 201..402 {
        world.client.add_user(&format!("new{number}")).await;
    }
    world.fault("/users/delta", 1, Effect::DeltaGone);
    assert_eq!(world.check().await.users().len(), 402);
    assert_eq!(world.follower.last_full(), Some(world.client.sandbox.now()));
}

#[tokio::test(start_paused = true)]
async fn groups_and_people_that_are_not_ours_are_followed_too() {
    let mut world = World::of(OwnGroups, "").await;
    world.check().await;
    let (mia, team) = (world.client.add_user("mia").await, world.client.add_group("team").await);
    world.client.add_member(&team, &mia).await;
    world.check().await;
    world.ask(Method::PATCH, &format!("/users/{mia}"), Some(json!({ "userType": "Guest" }))).await;
    world.ask(Method::PATCH, &format!("/groups/{team}"), Some(json!({ "displayName": "crew" }))).await;
    let snapshot = world.check().await;
    assert!(snapshot.users()[0].guest);
    assert!(snapshot.groups()[0].members.is_empty(), "members of other groups are not read");
}

#[tokio::test(start_paused = true)]
async fn licences_and_roles_are_followed() {
    const SEED: &str = "
skus:
  - { skuId: 6fd2c87f-b296-42f0-b197-1e91e994b900, skuPartNumber: ENTERPRISEPACK, enabled: 9 }
users:
  - { userPrincipalName: boss@contoso.com, directoryRoles: [Global Administrator] }
";
    let mut world = World::of(OwnGroups, SEED).await;
    let one = world.apply(create_user(1)).await;
    world.check().await;
    let sku = "6fd2c87f-b296-42f0-b197-1e91e994b900";
    let body = json!({ "addLicenses": [{ "skuId": sku, "disabledPlans": [] }], "removeLicenses": [] });
    world.ask(Method::POST, &format!("/users/{one}/assignLicense"), Some(body)).await;
    assert_eq!(world.check().await.user(one).unwrap().licences.len(), 1);
    let role = json!({
        "principalId": one.to_string(), "roleDefinitionId": "fe930be7-5e62-47db-91af-98c3a49a38b1", "directoryScopeId": "/",
    });
    world.ask(Method::POST, "/roleManagement/directory/roleAssignments", Some(role)).await;
    assert!(!world.check().await.roles_of(one).is_empty());
    let body = json!({ "addLicenses": [], "removeLicenses": [sku] });
    world.ask(Method::POST, &format!("/users/{one}/assignLicense"), Some(body)).await;
    world.check().await;
}

#[tokio::test(start_paused = true)]
async fn a_group_that_becomes_ours_brings_the_members_it_has() {
    const SEED: &str = "
users:
  - { userPrincipalName: mia@contoso.com }
groups:
  - { displayName: staff, members: [mia@contoso.com], origin: onPremSynced, sourceAnchor: AAAA000000000000000002== }
";
    let mut world = World::of(Synchronised, SEED).await;
    let group = world.check().await.groups()[0].id;
    let id = world.client.sandbox.tenant_id();
    let off = json!({ "onPremisesSyncEnabled": false });
    world.ask(Method::PATCH, &format!("/organization/{id}"), Some(off)).await;
    let snapshot = world.check().await;
    assert!(snapshot.group(group).unwrap().members.is_empty(), "no directory is master of it");
    let on = json!({ "onPremisesSyncEnabled": true });
    world.ask(Method::PATCH, &format!("/organization/{id}"), Some(on)).await;
    world.check().await;
}

#[tokio::test(start_paused = true)]
async fn an_idle_tenant_costs_a_handful_of_requests() {
    let users: Vec<String> =
        (0..3_000).map(|at| format!("- {{userPrincipalName: u{at}@contoso.com}}\n")).collect();
    for (extent, expected) in [(OwnGroups, 11), (Synchronised, 13)] {
        let mut world = World::of(extent, &format!("users:\n{}", users.concat())).await;
        let (_, full) = world.requests(async |it| it.follow().await.unwrap()).await;
        let (snapshot, idle) = world.requests(async |it| it.follow().await.unwrap()).await;
        assert_eq!(snapshot.users().len(), 3_000);
        assert_eq!(idle.len(), expected, "{idle:#?}");
        assert!(expected < full.len(), "{full:#?}");
    }
}

#[tokio::test(start_paused = true)]
async fn links_are_given_up_before_they_die_and_when_the_clock_or_somebody_doubts() {
    let mut world = World::of(OwnGroups, "").await;
    let start = world.client.sandbox.now();
    world.check().await;
    assert_eq!(world.follower.last_full(), Some(start));
    world.client.advance(5 * 86_400);
    world.check().await;
    assert_eq!(world.follower.last_full(), Some(start), "five days are followed");
    world.client.advance(86_400);
    world.check().await;
    let six_days = start.checked_add(SignedDuration::from_hours(6 * 24)).unwrap();
    assert_eq!(world.follower.last_full(), Some(six_days), "after six it is read in full");
    world.client.advance(60);
    world.check().await;
    assert_eq!(world.follower.last_full(), Some(six_days));
    world.follower.doubt();
    world.check().await;
    let doubted = world.follower.last_full().unwrap();
    assert!(six_days < doubted);
    world.follower.observe(&world.reader, start, &()).await.unwrap();
    assert_eq!(world.follower.last_full(), Some(start), "a clock that was set back proves no age");
}

#[tokio::test(start_paused = true)]
async fn a_full_reading_says_what_the_changes_did_not_tell() {
    let mut world = World::of(OwnGroups, "").await;
    let (one, two) = (world.apply(create_user(1)).await, world.apply(create_user(2)).await);
    let group = world.apply(create_group(3)).await;
    world.check().await;
    let log = Log::default();
    let _written = log.is_written();
    world.apply(add(group, &[one, two])).await;
    world.apply(set(USER, one, Property::JobTitle, Some("Baker"))).await;
    world.apply(Step::DeleteUser { id: two }).await;
    world.follower.doubt();
    world.check().await;
    assert_eq!(log.text(), "", "everything was told");
    // Changes are told an hour late, lists show them at once.
    world.client.sandbox.set_replication(Replication { delta_ms: 3_600_000, ..Replication::default() });
    world.apply(set(USER, one, Property::JobTitle, Some("Miller"))).await;
    world.apply(Step::RemoveMember { group, member: one }).await;
    world.follower.doubt();
    let snapshot = world.follow().await.unwrap();
    assert!(snapshot.group(group).unwrap().members.is_empty());
    let text = log.text();
    assert!(text.contains("please report it to the authors"), "{text}");
    assert!(text.contains(": jobTitle") && text.contains(": members"), "{text}");
}

#[tokio::test(start_paused = true)]
async fn whoever_was_deleted_just_before_a_full_reading_comes_back_with_groups_and_reports() {
    // In milliseconds, of single objects, lists and references: each may hear of a deletion after the others.
    for (get_ms, list_ms, reference_ms) in
        [(0, 20_000, 0), (20_000, 0, 0), (0, 0, 20_000), (20_000, 20_000, 0)]
    {
        let mut world = World::of(OwnGroups, "").await;
        let (boss, one) = (world.apply(create_user(1)).await, world.apply(create_user(2)).await);
        let group = world.apply(create_group(3)).await;
        world.apply(add(group, &[boss, one])).await;
        world.apply(Step::SetManager { id: one, manager: Some(boss) }).await;
        world.client.advance(60);
        let lag = Replication { get_ms, list_ms, reference_ms, ..Replication::default() };
        world.client.sandbox.set_replication(lag);
        world.apply(Step::DeleteUser { id: boss }).await;
        world.client.advance(5);
        world.follow().await.unwrap();
        world.client.advance(15);
        world.ask(Method::POST, &format!("/directory/deletedItems/{boss}/restore"), Some(json!({}))).await;
        world.client.advance(30);
        // Told of, and not of the groups.
        world.follow().await.unwrap();
        world.client.advance(300);
        let snapshot = world.check().await;
        assert_eq!(snapshot.group(group).unwrap().members.len(), 2);
        assert_eq!(snapshot.user(one).unwrap().manager, Some(boss));
    }
}

#[tokio::test(start_paused = true)]
async fn who_is_asked_for_groups_is_not_put_back_where_they_were_just_taken_away() {
    let mut world = World::of(OwnGroups, "").await;
    let (boss, one) = (world.apply(create_user(1)).await, world.apply(create_user(2)).await);
    let group = world.apply(create_group(3)).await;
    world.apply(add(group, &[boss])).await;
    world.apply(Step::SetManager { id: one, manager: Some(boss) }).await;
    world.follow().await.unwrap();
    world.client.advance(301);
    // Single objects are shown as they were ten seconds ago.
    world.client.sandbox.set_replication(Replication { get_ms: 10_000, ..Replication::default() });
    world.apply(set(USER, boss, Property::JobTitle, Some("Baker"))).await;
    world.apply(Step::RemoveMember { group, member: boss }).await;
    world.apply(Step::SetManager { id: one, manager: None }).await;
    let snapshot = world.follow().await.unwrap();
    assert!(snapshot.group(group).unwrap().members.is_empty());
    assert_eq!(snapshot.user(one).unwrap().manager, None);
}

#[tokio::test(start_paused = true)]
async fn after_much_has_changed_reading_in_full_is_less_work_than_asking_each() {
    let mut world = World::of(OwnGroups, "").await;
    world.follow().await.unwrap();
    for at in 1..=103 {
        world.apply(create_user(at)).await;
    }
    world.client.advance(10);
    let (_, asked) = world.requests(async |it| it.follow().await.unwrap()).await;
    assert!(!asked.iter().any(|it| it.contains("memberOf")), "it is too early to ask: {asked:?}");
    world.client.advance(300);
    let now = world.client.sandbox.now();
    let (snapshot, asked) = world.requests(async |it| it.follow().await.unwrap()).await;
    assert_eq!((snapshot.users().len(), world.follower.last_full()), (103, Some(now)));
    assert!(!asked.iter().any(|it| it.contains("memberOf")), "{asked:?}");
    for at in 104..=110 {
        world.apply(create_user(at)).await;
    }
    for _ in 0..2 {
        world.client.advance(301);
        world.check().await;
    }
    assert_eq!(world.follower.last_full(), Some(now), "few are asked");
    let (_, asked) = world.requests(async |it| it.follow().await.unwrap()).await;
    assert_eq!(asked.len(), 11, "and nobody, once that is settled: {asked:?}");
}

#[tokio::test(start_paused = true)]
async fn a_tenant_without_delta_queries_is_read_in_full_each_time() {
    let mut world = World::of(OwnGroups, "").await;
    let refused = Effect::Status {
        status: 400,
        code: Some("Request_UnsupportedQuery".to_owned()),
        message: None,
        retry_after_s: None,
    };
    for at in 1..=3 {
        world.fault("/users/delta", 0, refused.clone());
        world.apply(create_user(at)).await;
        let now = world.client.sandbox.now();
        world.check().await;
        assert_eq!(world.follower.last_full(), Some(now));
        world.client.advance(60);
    }
}
