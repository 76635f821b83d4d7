//! Delta queries that contradict themselves, the recycle bin or what is there: nobody is lost over that.

use std::fmt::Write as _;
use std::sync::{Arc, Mutex};

use expect_test::{Expect, expect};
use jiff::Timestamp;
use samesign::model::{Property, TenantSnapshot};
use samesign::target::graph::{Extent, Follower};
use serde_json::{Value, json};

use super::script::{Asked, Say, Tenant, id};

const UNIQUE_NAME: &str = "2f7b2612-5a85-4a80-989f-dff766e9847f";

/// What the tenant says in the second observation.
#[derive(Clone, Default)]
struct Rumours {
    users: Vec<Value>,
    groups: Vec<Value>,
    /// In the list of the recycle bin.
    binned: Vec<Value>,
    /// What is found by id, as the rest of the path says: `/users/…` or `/directory/deletedItems/…`.
    found: Vec<(String, Value)>,
    /// The body of the first page of users, if it is another one.
    page: Option<Value>,
}

fn user(at: u32, title: &str) -> Value {
    let id = id(at).to_string();
    json!({ "id": id, "userPrincipalName": format!("u{at}@contoso.example"), "jobTitle": title })
}

fn gone(at: u32, reason: &str) -> Value {
    json!({ "id": id(at).to_string(), "@removed": { "reason": reason } })
}

fn staff() -> Value {
    json!({ "id": id(10).to_string(), "displayName": "staff", "mailEnabled": false, "securityEnabled": true,
            "groupTypes": [], "uniqueName": UNIQUE_NAME })
}

/// Three users, of whom the third is in the recycle bin at first, and a group of the first two.
fn answer(asked: &Asked, rumours: &Rumours, second: bool) -> Say {
    let host = asked.header("host").unwrap_or_default();
    let path = asked.path.split('?').next().unwrap();
    let list = |value: Value| Say::Json(200, json!({ "value": value }));
    let round = |kind: &str, value: &[Value]| {
        let link = format!("http://{host}/v1.0/{kind}/delta?$deltatoken=next");
        Say::Json(200, json!({ "@odata.deltaLink": link, "value": value }))
    };
    let is_listing = !asked.path.contains("onPremisesProvisioningErrors/any");
    match path {
        "/organization" => list(json!([{ "id": "t-1", "displayName": "Contoso" }])),
        "/users/delta" if asked.path.contains("latest") => round("users", &[]),
        "/groups/delta" if asked.path.contains("latest") => round("groups", &[]),
        "/users/delta" => match &rumours.page {
            Some(page) => Say::Json(200, page.clone()),
            None => round("users", &rumours.users),
        },
        "/groups/delta" => round("groups", &rumours.groups),
        "/users" if is_listing => list(json!([user(1, "first"), user(2, "first")])),
        "/groups" if is_listing => list(json!([staff()])),
        "/directory/deletedItems/microsoft.graph.user" if second => list(rumours.binned.clone().into()),
        "/directory/deletedItems/microsoft.graph.user" => list(json!([binned(3)])),
        path if path.ends_with("/members") => {
            list(json!([{ "id": id(1).to_string() }, { "id": id(2).to_string() }]))
        }
        path if path.ends_with("/directReports") => list(json!([])),
        path if path.ends_with("/memberOf/microsoft.graph.group") => {
            list(json!([{ "id": id(10).to_string() }]))
        }
        path => match rumours.found.iter().find(|(it, _)| it == path) {
            Some((_, value)) => Say::Json(200, value.clone()),
            // The collections that are empty.
            None if !path.contains("-4000-8000-") && !path.ends_with("/token") => list(json!([])),
            None => Say::error(404, "Request_ResourceNotFound", "no such thing"),
        },
    }
}

fn binned(at: u32) -> Value {
    let mut user = user(at, "first");
    user["deletedDateTime"] = json!("2026-11-20T10:00:00Z");
    user
}

/// What is seen after the rumours, what was asked by id, and whether that was a full reading.
async fn check(rumours: Rumours, expected: Expect) {
    let second = Arc::new(Mutex::new(false));
    let now = Arc::clone(&second);
    let tenant = Tenant::start(move |asked| answer(asked, &rumours, *now.lock().unwrap())).await;
    let mut follower = Follower::new(Extent::OwnGroups);
    let start: Timestamp = "2026-11-22T09:00:00Z".parse().unwrap();
    let later: Timestamp = "2026-11-22T09:01:00Z".parse().unwrap();
    let reader = tenant.reader();
    follower.observe(&reader, start, &()).await.unwrap();
    *second.lock().unwrap() = true;
    let before = tenant.lines().len();
    let snapshot = follower.observe(&reader, later, &()).await.unwrap().tenant;
    let mut shown = seen(&snapshot);
    let mut asked: Vec<String> =
        tenant.lines()[before..].iter().filter(|it| it.contains("0000-4000")).cloned().collect();
    asked.sort();
    for line in asked {
        writeln!(shown, "{}", line.replace("00000000-0000-4000-8000-0000000000", "")).unwrap();
    }
    if follower.last_full() == Some(later) {
        shown.push_str("read in full\n");
    }
    expected.assert_eq(&shown);
}

fn seen(snapshot: &TenantSnapshot) -> String {
    let mut shown = String::new();
    for user in snapshot.users() {
        let title = user.attributes.text(Property::JobTitle.id()).unwrap_or("-");
        let place = if user.deleted_at.is_some() { " in the recycle bin" } else { "" };
        writeln!(shown, "{} {title}{place}", user.user_name()).unwrap();
    }
    for group in snapshot.groups() {
        let name = group.attributes.text(Property::DisplayName.id()).unwrap_or("-");
        writeln!(shown, "{name} of {}", group.members.len()).unwrap();
    }
    shown
}

#[tokio::test(start_paused = true)]
async fn whoever_is_said_to_be_deleted_is_found_in_the_recycle_bin() {
    let rumours =
        Rumours { users: vec![gone(1, "changed")], binned: vec![binned(1), binned(3)], ..Rumours::default() };
    check(
        rumours,
        expect![[r#"
        u1@contoso.example first in the recycle bin
        u2@contoso.example first
        u3@contoso.example first in the recycle bin
        staff of 1
    "#]],
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn whoever_is_said_to_be_deleted_and_is_not_in_the_list_of_the_recycle_bin_is_looked_for() {
    let rumours = Rumours {
        users: vec![gone(1, "changed"), gone(2, "changed")],
        binned: vec![binned(3)],
        found: vec![
            (format!("/directory/deletedItems/{}", id(1)), json!({ "id": id(1).to_string() })),
            (format!("/users/{}", id(2)), user(2, "alive")),
        ],
        ..Rumours::default()
    };
    check(
        rumours,
        expect![[r#"
        u1@contoso.example first in the recycle bin
        u2@contoso.example alive
        u3@contoso.example first in the recycle bin
        staff of 1
        GET /directory/deletedItems/01
        GET /users/01
        GET /users/02
    "#]],
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn only_whoever_is_found_nowhere_or_is_gone_for_good_is_gone() {
    let rumours = Rumours { users: vec![gone(1, "changed"), gone(2, "deleted")], ..Rumours::default() };
    check(
        rumours,
        expect![[r#"
        staff of 2
        GET /directory/deletedItems/01
        GET /directory/deletedItems/03
        GET /users/01
        GET /users/03
    "#]],
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn whoever_left_the_recycle_bin_is_active_even_if_no_delta_says_so() {
    let rumours =
        Rumours { found: vec![(format!("/users/{}", id(3)), user(3, "back"))], ..Rumours::default() };
    check(
        rumours,
        expect![[r#"
        u1@contoso.example first
        u2@contoso.example first
        u3@contoso.example back
        staff of 3
        GET /users/03
        GET /users/03/directReports
        GET /users/03/memberOf/microsoft.graph.group
    "#]],
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn whoever_is_both_there_and_gone_or_told_in_two_ways_is_looked_up() {
    let rumours = Rumours {
        users: vec![gone(1, "changed"), user(1, "back"), user(2, "old"), user(2, "older")],
        binned: vec![binned(3)],
        found: vec![
            (format!("/users/{}", id(1)), user(1, "true")),
            (format!("/users/{}", id(2)), user(2, "true")),
        ],
        ..Rumours::default()
    };
    check(
        rumours,
        expect![[r#"
        u1@contoso.example true
        u2@contoso.example true
        u3@contoso.example first in the recycle bin
        staff of 2
        GET /users/01
        GET /users/02
    "#]],
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_part_of_somebody_unknown_is_not_taken_for_the_whole() {
    let part = json!({ "id": id(4).to_string(), "jobTitle": "part" });
    let rumours = Rumours {
        users: vec![part],
        binned: vec![binned(3)],
        found: vec![(format!("/users/{}", id(4)), user(4, "whole"))],
        ..Rumours::default()
    };
    check(
        rumours,
        expect![[r#"
        u1@contoso.example first
        u2@contoso.example first
        u3@contoso.example first in the recycle bin
        u4@contoso.example whole
        staff of 2
        GET /users/04
    "#]],
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn what_a_page_does_not_mention_stays_as_it_was() {
    let member = |at: u32| json!({ "id": id(at).to_string() });
    let left = json!({ "id": id(2).to_string(), "@removed": { "reason": "deleted" } });
    let rumours = Rumours {
        users: vec![
            json!({ "id": id(1).to_string(), "department": "x" }),
            json!({ "id": id(2).to_string(), "jobTitle": null }),
        ],
        groups: vec![json!({ "id": id(10).to_string(), "members@delta": [member(1), member(5), left] })],
        binned: vec![binned(3)],
        ..Rumours::default()
    };
    check(
        rumours,
        expect![[r#"
        u1@contoso.example first
        u2@contoso.example -
        u3@contoso.example first in the recycle bin
        staff of 2
    "#]],
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_page_that_is_not_one_leads_to_a_full_reading() {
    let foreign = json!({ "value": [], "@odata.nextLink": "https://elsewhere.example/v1.0/users/delta" });
    let none = json!({ "value": [] });
    let nameless = json!({ "value": [{ "jobTitle": "nobody's" }], "@odata.deltaLink": "http://x/" });
    let no_value = json!({ "@odata.deltaLink": "http://x/" });
    for page in [foreign, none, nameless, no_value] {
        let rumours = Rumours { page: Some(page), binned: vec![binned(3)], ..Rumours::default() };
        check(
            rumours,
            expect![[r#"
            u1@contoso.example first
            u2@contoso.example first
            u3@contoso.example first in the recycle bin
            staff of 2
            GET /groups/10/members
            read in full
        "#]],
        )
        .await;
    }
}
