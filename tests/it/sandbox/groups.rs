//! Groups and members.

use reqwest::Method;
use serde_json::json;

use super::client::{Client, but, group, reference};

const SEED: &str = "
groups:
  - { displayName: All Staff, mailEnabled: true, securityEnabled: false, mail: staff@contoso.com }
  - { displayName: From AD, origin: onPremSynced }
";

#[tokio::test]
async fn only_security_and_microsoft_365_groups_can_be_made() {
    let client = Client::of("").await;
    let team = json!({ "groupTypes": ["Unified"], "mailEnabled": true });
    let made = client.post("/groups", but(group("team"), &team)).await;
    assert_eq!((made.status, &made.body["mail"]), (201, &json!("team@contoso.com")));
    let again = client.post("/groups", but(group("TEAM"), &team)).await;
    assert_eq!(again.body["error"]["details"][0]["target"], "mailNickname");
    for changes in [json!({ "mailEnabled": true }), json!({ "mailEnabled": true, "securityEnabled": false })]
    {
        client.post("/groups", but(group("list"), &changes)).await.refused(
            400,
            "Request_BadRequest",
            "The service does not currently support writes of mail-enabled groups. Please ensure that the \
             mail-enablement property is unset and the security-enablement property is set.",
        );
    }
    let (first, second) = (client.add_group("sales").await, client.add_group("sales").await);
    assert_ne!(first, second, "security groups may share names");
}

#[tokio::test]
async fn exchange_and_synced_groups_refuse_writes() {
    let client = Client::of(SEED).await;
    let user = client.add_user("mia").await;
    let list = client.get("/groups?$filter=displayName eq 'All Staff'").await.body["value"][0]["id"].clone();
    let list = list.as_str().unwrap();
    let message = "Cannot Update a mail-enabled security groups and or distribution list.";
    client.patch(&format!("/groups/{list}"), json!({ "description": "x" })).await.refused(
        400,
        "Request_BadRequest",
        message,
    );
    assert_eq!(client.add_member(list, &user).await.status, 403);
    let synced = client.get("/groups?$filter=displayName eq 'From AD'").await.body["value"][0]["id"].clone();
    let reply = client.add_member(synced.as_str().unwrap(), &user).await;
    assert!(
        reply.message().starts_with("Unable to update the specified properties for on-premises mastered")
    );
}

#[tokio::test]
async fn a_unique_name_makes_creation_repeatable() {
    let client = Client::of("").await;
    let path = "/groups(uniqueName='2f7b2612-5a85-4a80-989f-dff766e9847f')";
    let body = group("sales");
    assert_eq!(client.patch(path, body.clone()).await.status, 404, "without the preference nothing is made");
    let prefer = [("Prefer", "create-if-missing")];
    let made = client.send(Method::PATCH, path, &prefer, Some(body.clone())).await;
    assert_eq!(made.status, 201);
    assert_eq!(
        client.send(Method::PATCH, path, &prefer, Some(json!({ "description": "x" }))).await.status,
        204
    );
    let read = client.get(path).await;
    assert_eq!((read.id(), &read.body["description"]), (made.id(), &json!("x")));
    let id = made.id();
    client.patch(&format!("/groups/{id}"), json!({ "uniqueName": "y" })).await.refused(
        400,
        "Request_BadRequest",
        "Property 'uniqueName' is read-only and cannot be set.",
    );
    let taken = but(body, &json!({ "uniqueName": "2f7b2612-5a85-4a80-989f-dff766e9847f" }));
    assert_eq!(client.post("/groups", taken).await.body["error"]["details"][0]["target"], "uniqueName");
}

#[tokio::test]
async fn members_come_and_go_with_the_errors_of_the_service() {
    let client = Client::of("").await;
    let (group, mia) = (client.add_group("sales").await, client.add_user("mia").await);
    assert_eq!(client.add_member(&group, &mia).await.status, 204);
    client.add_member(&group, &mia).await.refused(
        400,
        "Request_BadRequest",
        "One or more added object references already exist for the following modified properties: 'members'.",
    );
    let nobody = "99999999-9999-4999-8999-999999999999";
    let absent = format!(
        "Resource '{nobody}' does not exist or one of its queried reference-property objects are not present."
    );
    client.add_member(&group, nobody).await.refused(404, "Request_ResourceNotFound", &absent);
    let path = format!("/groups/{group}/members/{mia}/$ref");
    assert_eq!(client.delete(&path).await.status, 204);
    assert_eq!(client.delete(&path).await.code(), "Request_ResourceNotFound");
}

#[tokio::test]
async fn twenty_members_are_bound_at_once_or_none() {
    let client = Client::of("").await;
    let id = client.add_group("sales").await;
    let mut ids = Vec::new();
    for number in 0..21 {
        ids.push(client.add_user(&format!("user{number}")).await);
    }
    let bind = |ids: &[String]| {
        let urls: Vec<_> = ids.iter().map(|it| reference(it)["@odata.id"].clone()).collect();
        json!({ "members@odata.bind": urls })
    };
    let path = format!("/groups/{id}");
    assert_eq!(client.patch(&path, bind(&ids)).await.status, 400, "one too many");
    assert_eq!(client.patch(&path, bind(&ids[..19])).await.status, 204);
    let reply = client.patch(&path, bind(&ids[18..])).await;
    assert!(reply.message().starts_with("One or more added object references already exist"));
    assert_eq!(client.get(&format!("{path}/members?$select=id")).await.each("id").len(), 19);
}

#[tokio::test]
async fn the_type_matrix_decides_who_may_be_a_member() {
    let client = Client::of("").await;
    let team = but(group("team"), &json!({ "groupTypes": ["Unified"], "mailEnabled": true }));
    let team = client.post("/groups", team).await.id();
    let (outer, inner) = (client.add_group("outer").await, client.add_group("inner").await);
    let user = client.add_user("mia").await;
    assert_eq!(client.add_member(&outer, &inner).await.status, 204);
    assert_eq!(client.add_member(&outer, &team).await.status, 400);
    assert_eq!(client.add_member(&team, &inner).await.status, 400);
    assert_eq!(client.add_member(&team, &user).await.status, 204);
    assert_eq!(client.add_member(&outer, &outer).await.status, 400);
    let list = client.get(&format!("/groups/{outer}/members")).await;
    assert_eq!(list.body["value"][0]["@odata.type"], "#microsoft.graph.group");
    assert!(client.get(&format!("/groups/{outer}/members/microsoft.graph.user")).await.each("id").is_empty());
}

#[tokio::test]
async fn members_are_listed_page_by_page() {
    let client = Client::of("").await;
    let id = client.add_group("sales").await;
    for number in 0..5 {
        let user = client.add_user(&format!("user{number}")).await;
        client.add_member(&id, &user).await;
    }
    let mut seen = Vec::new();
    let mut next = format!("/groups/{id}/members?$select=id,userPrincipalName&$top=2");
    for _ in 0..3 {
        let page = client.get(&next).await;
        seen.extend(page.each("userPrincipalName"));
        next = page.body["@odata.nextLink"].as_str().unwrap_or_default().to_owned();
    }
    assert_eq!((seen.len(), next.as_str()), (5, ""));
    assert_eq!(
        client.get(&format!("/groups/{id}/members/$count")).await.message(),
        "$count is not currently supported."
    );
    assert_eq!(client.get_eventual(&format!("/groups/{id}/members/$count")).await.text, "5");
}

#[tokio::test]
async fn deleting_a_member_without_ref_deletes_the_user() {
    let client = Client::of("").await;
    let (group, mia) = (client.add_group("sales").await, client.add_user("mia").await);
    client.add_member(&group, &mia).await;
    assert_eq!(client.delete(&format!("/groups/{group}/members/{mia}")).await.status, 204);
    assert_eq!(client.get(&format!("/users/{mia}")).await.status, 404);
}

#[tokio::test]
async fn a_microsoft_365_group_keeps_its_last_owner() {
    let client = Client::of("").await;
    let team = but(group("team"), &json!({ "groupTypes": ["Unified"], "mailEnabled": true }));
    let team = client.post("/groups", team).await.id();
    let mia = client.add_user("mia").await;
    assert_eq!(client.post(&format!("/groups/{team}/owners/$ref"), reference(&mia)).await.status, 204);
    assert_eq!(client.delete(&format!("/groups/{team}/owners/{mia}/$ref")).await.status, 400);
}

#[tokio::test]
async fn deleted_groups_of_both_types_can_be_restored_unless_the_switch_says_no() {
    let client = Client::of("").await;
    let id = client.add_group("sales").await;
    client.delete(&format!("/groups/{id}")).await;
    assert_eq!(
        client.get("/directory/deletedItems/microsoft.graph.group").await.each("id"),
        std::slice::from_ref(&id)
    );
    assert_eq!(client.post(&format!("/directory/deletedItems/{id}/restore"), json!({})).await.status, 200);
    let client = Client::of("securityGroupSoftDelete: false").await;
    let id = client.add_group("sales").await;
    client.delete(&format!("/groups/{id}")).await;
    assert!(client.get("/directory/deletedItems/microsoft.graph.group").await.each("id").is_empty());
}
