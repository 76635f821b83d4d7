//! Delta queries.

use reqwest::Method;
use samesign::sandbox::{Effect, Fault};
use serde_json::{Value, json};

use super::client::Client;

/// Follows pages to the delta link; all items and the link.
async fn drain(client: &Client, path: &str) -> (Vec<Value>, String) {
    let (mut items, mut next) = (Vec::new(), path.to_owned());
    loop {
        let page = client.get(&next).await;
        assert_eq!(page.status, 200, "{}", page.text);
        items.extend(page.body["value"].as_array().unwrap().iter().cloned());
        let (more, done) = (page.body.get("@odata.nextLink"), page.body.get("@odata.deltaLink"));
        assert_ne!(more.is_some(), done.is_some(), "either link, never both");
        match (more, done) {
            (_, Some(link)) => return (items, link.as_str().unwrap().to_owned()),
            (Some(link), None) => link.as_str().unwrap().clone_into(&mut next),
            (None, None) => unreachable!("one of them is there"),
        }
    }
}

#[tokio::test]
async fn a_delta_tells_what_changed_since_the_token() {
    let client = Client::of("").await;
    let (mia, zoe) = (client.add_user("mia").await, client.add_user("zoe").await);
    let (all, link) = drain(&client, "/users/delta?$select=displayName,department").await;
    assert_eq!(all.len(), 2);
    assert!(drain(&client, &link).await.0.is_empty());
    client.patch(&format!("/users/{mia}"), json!({ "department": "Sales" })).await;
    client.patch(&format!("/users/{zoe}"), json!({ "city": "Ulm" })).await;
    let (changed, link) = drain(&client, &link).await;
    assert_eq!(
        changed,
        [json!({ "id": mia, "displayName": "mia", "department": "Sales" })].map(|it| reorder(&it))
    );
    client.patch(&format!("/users/{mia}"), json!({ "department": null })).await;
    let minimal = client.send(Method::GET, &link, &[("Prefer", "return=minimal")], None).await;
    assert_eq!(minimal.body["value"], json!([{ "id": mia, "department": null }]));
}

fn reorder(value: &Value) -> Value {
    value.clone()
}

#[tokio::test]
async fn removal_is_reported_as_changed_and_then_as_deleted() {
    let client = Client::of("").await;
    let mia = client.add_user("mia").await;
    let (_, link) = drain(&client, "/users/delta").await;
    client.delete(&format!("/users/{mia}")).await;
    let (removed, link) = drain(&client, &link).await;
    assert_eq!(removed, [json!({ "id": mia, "@removed": { "reason": "changed" } })]);
    client.post(&format!("/directory/deletedItems/{mia}/restore"), json!({})).await;
    let (back, link) = drain(&client, &link).await;
    assert_eq!(back[0]["userPrincipalName"], "mia@contoso.com");
    client.delete(&format!("/users/{mia}")).await;
    client.delete(&format!("/directory/deletedItems/{mia}")).await;
    let (purged, _) = drain(&client, &link).await;
    assert_eq!(purged, [json!({ "id": mia, "@removed": { "reason": "deleted" } })]);
}

#[tokio::test]
async fn member_and_manager_changes_have_deltas_of_their_own() {
    let client = Client::of("").await;
    let (mia, zoe, group) =
        (client.add_user("mia").await, client.add_user("zoe").await, client.add_group("sales").await);
    client.add_member(&group, &mia).await;
    let (all, groups) = drain(&client, "/groups/delta?$select=displayName,members").await;
    assert_eq!(all[0]["members@delta"], json!([{ "@odata.type": "#microsoft.graph.user", "id": mia }]));
    let (_, users) = drain(&client, "/users/delta?$select=manager").await;
    client.add_member(&group, &zoe).await;
    client.delete(&format!("/groups/{group}/members/{mia}/$ref")).await;
    let link = json!({ "@odata.id": format!("https://graph.microsoft.com/v1.0/users/{zoe}") });
    client.send(Method::PUT, &format!("/users/{mia}/manager/$ref"), &[], Some(link)).await;
    let (changed, groups) = drain(&client, &groups).await;
    let members = changed[0]["members@delta"].as_array().unwrap();
    let removed = members.iter().find(|it| it["id"] == mia.as_str()).unwrap();
    let added = members.iter().find(|it| it["id"] == zoe.as_str()).unwrap();
    assert_eq!(removed["@removed"]["reason"], "deleted");
    assert!(added.get("@removed").is_none());
    let (changed, _) = drain(&client, &users).await;
    assert_eq!(changed[0]["manager@delta"][0]["id"], zoe.as_str());
    client.delete(&format!("/users/{zoe}")).await;
    assert!(drain(&client, &groups).await.0.is_empty(), "a member in the recycle bin is still a member");
    client.delete(&format!("/directory/deletedItems/{zoe}")).await;
    let (changed, _) = drain(&client, &groups).await;
    assert_eq!(changed[0]["members@delta"][0]["@removed"]["reason"], "deleted");
}

#[tokio::test]
async fn whoever_went_and_came_back_between_two_tokens_is_told_with_what_was_taken_away() {
    let client = Client::of("").await;
    let (mia, zoe, group) =
        (client.add_user("mia").await, client.add_user("zoe").await, client.add_group("sales").await);
    for member in [&mia, &zoe] {
        client.add_member(&group, member).await;
    }
    client.patch(&format!("/users/{mia}"), json!({ "department": "Sales" })).await;
    client.patch(&format!("/groups/{group}"), json!({ "description": "all" })).await;
    let (_, users) = drain(&client, "/users/delta?$select=displayName,department").await;
    let (_, groups) = drain(&client, "/groups/delta?$select=description,members").await;
    for id in [&mia, &group] {
        let collection = if *id == mia { "users" } else { "groups" };
        client.delete(&format!("/{collection}/{id}")).await;
        client.post(&format!("/directory/deletedItems/{id}/restore"), json!({})).await;
    }
    client.patch(&format!("/users/{mia}"), json!({ "department": null })).await;
    client.patch(&format!("/groups/{group}"), json!({ "description": null })).await;
    client.delete(&format!("/groups/{group}/members/{zoe}/$ref")).await;
    let (changed, _) = drain(&client, &users).await;
    assert_eq!(changed, [json!({ "id": mia, "displayName": "mia", "department": null })]);
    let (changed, _) = drain(&client, &groups).await;
    assert_eq!(changed[0]["description"], Value::Null);
    assert!(changed[0].get("description").is_some());
    let members = changed[0]["members@delta"].as_array().unwrap();
    assert_eq!(members.iter().filter(|it| it.get("@removed").is_none()).count(), 1);
    assert_eq!(members.iter().find(|it| it.get("@removed").is_some()).unwrap()["id"], zoe.as_str());
}

#[tokio::test]
async fn a_large_group_is_split_over_pages() {
    use std::fmt::Write as _;
    let mut seed = "users:\n".to_owned();
    for number in 0..1_500 {
        writeln!(seed, "  - {{ userPrincipalName: u{number}@contoso.com }}").unwrap();
    }
    seed.push_str("groups:\n  - displayName: everybody\n    members:\n");
    for number in 0..1_500 {
        writeln!(seed, "      - u{number}@contoso.com").unwrap();
    }
    let client = Client::of(&seed).await;
    let (items, _) = drain(&client, "/groups/delta?$select=displayName,members").await;
    assert_eq!(items.len(), 2, "the same group twice");
    assert_eq!(items[0]["id"], items[1]["id"]);
    let count: usize = items.iter().map(|it| it["members@delta"].as_array().unwrap().len()).sum();
    assert_eq!(count, 1_500);
}

#[tokio::test]
async fn latest_begins_with_now() {
    let client = Client::of("").await;
    client.add_user("mia").await;
    let (none, link) = drain(&client, "/users/delta?$deltatoken=latest").await;
    assert!(none.is_empty());
    let zoe = client.add_user("zoe").await;
    assert_eq!(drain(&client, &link).await.0[0]["id"], zoe.as_str());
}

#[tokio::test]
async fn a_token_lives_seven_days_and_an_old_one_sends_back_to_the_start() {
    let mut client = Client::of("").await;
    client.add_user("mia").await;
    let (_, link) = drain(&client, "/users/delta").await;
    client.advance(8 * 86_400);
    client.sign_in("11111111-2222-3333-4444-555555555555", "anything").await;
    let gone = client.get(&link).await;
    assert_eq!(gone.status, 410);
    let start = gone.header("location").to_owned();
    assert!(start.ends_with("/users/delta?$deltatoken="));
    assert_eq!(drain(&client, &start).await.0.len(), 1);
    assert_eq!(client.get("/users/delta?$deltatoken=made-up").await.code(), "syncStateNotFound");
    assert_eq!(client.get("/users/delta?$top=5").await.status, 400);
}

#[tokio::test]
async fn resets_and_replays_can_be_switched_on() {
    let client = Client::of("").await;
    client.add_user("mia").await;
    let fault =
        |effect| Fault { method: None, path: Some("/users/delta".to_owned()), skip: 0, times: 1, effect };
    client.sandbox.set_faults(vec![fault(Effect::DeltaGone), fault(Effect::DeltaReplay)]);
    assert_eq!(client.get("/users/delta").await.status, 410);
    assert_eq!(client.get("/users/delta").await.each("id").len(), 2);
    assert_eq!(client.get("/users/delta").await.each("id").len(), 1);
}

#[tokio::test]
async fn one_query_follows_users_and_groups() {
    let client = Client::of("").await;
    let mia = client.add_user("mia").await;
    let group = client.add_group("sales").await;
    client.add_member(&group, &mia).await;
    let both = "isof('microsoft.graph.user') or isof('microsoft.graph.group')";
    let select = "microsoft.graph.user/jobTitle,microsoft.graph.group/displayName,members";
    let (all, link) =
        drain(&client, &format!("/directoryObjects/delta?$filter={both}&$select={select}")).await;
    let types: Vec<&Value> = all.iter().map(|it| &it["@odata.type"]).collect();
    assert_eq!(types, ["#microsoft.graph.user", "#microsoft.graph.group"]);
    assert!(all[0].get("displayName").is_none(), "selected of groups alone");
    assert_eq!(all[1]["members@delta"][0]["id"], mia.as_str());
    client.patch(&format!("/users/{mia}"), json!({ "jobTitle": "Clerk" })).await;
    client.patch(&format!("/users/{mia}"), json!({ "department": "unwatched" })).await;
    client.delete(&format!("/groups/{group}")).await;
    let (mut changed, _) = drain(&client, &link).await;
    changed.sort_by_key(|it| it["@odata.type"].to_string());
    assert_eq!(changed[0]["@removed"]["reason"], "changed");
    assert_eq!((&changed[1]["id"], &changed[1]["jobTitle"]), (&json!(mia), &json!("Clerk")));
    assert_eq!(changed.len(), 2);
}

const READS_USERS: &str = "
apps:
  - { clientId: 11111111-2222-3333-4444-555555555555, secret: anything, roles: [User.Read.All] }
";

#[tokio::test]
async fn a_query_over_types_is_filtered_by_type_and_id_and_asks_for_both_rights() {
    let client = Client::of("").await;
    let (mia, ben) = (client.add_user("mia").await, client.add_user("ben").await);
    let group = client.add_group("sales").await;
    let ids = async |filter: &str| {
        let path = format!("/directoryObjects/delta?$filter={filter}");
        let (items, _) = drain(&client, &path).await;
        items.iter().map(|it| it["id"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(ids("isof('microsoft.graph.group')").await, [group.as_str()]);
    assert_eq!(ids(&format!("id eq '{ben}'")).await, [ben.as_str()]);
    // A type and an id: objects that are of the type and have the id.
    assert_eq!(ids(&format!("isof('microsoft.graph.user') or id eq '{mia}'")).await, [mia.as_str()]);
    assert!(ids(&format!("isof('microsoft.graph.group') or id eq '{mia}'")).await.is_empty());
    for wrong in ["isof('microsoft.graph.unicorn')", "displayName eq 'x'"] {
        assert_eq!(client.get(&format!("/directoryObjects/delta?$filter={wrong}")).await.status, 400);
    }
    assert_eq!(client.get("/users/delta?$filter=isof('microsoft.graph.user')").await.status, 400);
    let users_only = Client::of(READS_USERS).await;
    let path = "/directoryObjects/delta?$filter=isof('microsoft.graph.user')";
    assert_eq!(users_only.get(path).await.status, 200);
    let path = "/directoryObjects/delta?$filter=isof('microsoft.graph.group')";
    assert_eq!(users_only.get(path).await.status, 403);
}
