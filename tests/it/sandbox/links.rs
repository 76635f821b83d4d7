//! Collections that objects point to, objects of any type by id, and the recycle bin's counts.

use serde_json::json;

use super::client::{Client, group, reference, user};

#[tokio::test]
async fn owners_and_groups_are_read_like_members() {
    let client = Client::of("").await;
    let (id, outer) = (client.add_group("sales").await, client.add_group("outer").await);
    let (mia, zoe) = (client.add_user("mia").await, client.add_user("zoe").await);
    client.add_member(&outer, &id).await;
    for user in [&mia, &zoe] {
        client.post(&format!("/groups/{id}/owners/$ref"), reference(user)).await;
        client.add_member(&id, user).await;
    }
    for collection in ["members", "owners"] {
        let path = format!("/groups/{id}/{collection}");
        let first = client.get_eventual(&format!("{path}?$select=displayName&$top=1&$count=true")).await;
        assert_eq!((first.each("displayName").len(), &first.body["@odata.count"]), (1, &json!(2)));
        let rest = client.get(first.body["@odata.nextLink"].as_str().unwrap()).await;
        assert_eq!(rest.each("displayName").len(), 1);
        assert!(rest.body.get("@odata.nextLink").is_none());
        assert_eq!(client.get_eventual(&format!("{path}/$count")).await.text, "2");
        assert_eq!(client.get_eventual(&format!("{path}/microsoft.graph.group/$count")).await.text, "0");
        assert_eq!(client.get(&format!("{path}/$ref")).await.each("@odata.id").len(), 2);
        assert_eq!(client.get(&format!("{path}?$filter=displayName eq 'mia'")).await.status, 400);
    }
    assert_eq!(client.get(&format!("/users/{mia}/memberOf/graph.group?$select=id")).await.each("id"), [&*id]);
    assert_eq!(client.get_eventual(&format!("/users/{mia}/memberOf/$count")).await.text, "1");
    assert_eq!(client.get(&format!("/groups/{id}/memberOf")).await.each("id"), [&*outer]);
    assert_eq!(client.get(&format!("/users/{id}/memberOf")).await.status, 404, "a group is no user");
}

#[tokio::test]
async fn reports_are_those_who_have_the_manager_and_are_not_deleted() {
    let client = Client::of("").await;
    let (mia, zoe, ben) =
        (client.add_user("mia").await, client.add_user("zoe").await, client.add_user("ben").await);
    for report in [&zoe, &ben] {
        let path = format!("/users/{report}/manager/$ref");
        client.send(reqwest::Method::PUT, &path, &[], Some(reference(&mia))).await;
    }
    let path = format!("/users/{mia}/directReports?$select=id");
    assert_eq!(client.get(&path).await.each("id").len(), 2);
    client.delete(&format!("/users/{ben}")).await;
    assert_eq!(client.get(&path).await.each("id"), [&*zoe]);
    assert_eq!(client.get(&format!("/users/{mia}/directReports?$top=x")).await.status, 400);
    assert_eq!(client.delete(&format!("/users/{mia}/directReports")).await.status, 405);
}

#[tokio::test]
async fn the_alternate_key_leads_to_owners_and_groups_too() {
    let client = Client::of("").await;
    let mut body = group("sales");
    body["uniqueName"] = "anchor".into();
    assert_eq!(client.post("/groups", body).await.status, 201);
    let mia = client.add_user("mia").await;
    let owners = "/groups(uniqueName='anchor')/owners";
    assert_eq!(client.post(&format!("{owners}/$ref"), reference(&mia)).await.status, 204);
    assert_eq!(client.get(owners).await.each("id"), [mia]);
    assert!(client.get("/groups(uniqueName='anchor')/memberOf").await.each("id").is_empty());
}

#[tokio::test]
async fn objects_of_any_type_are_found_by_id() {
    let client = Client::of("").await;
    let (mia, sales) = (client.add_user("mia").await, client.add_group("sales").await);
    let read = client.get(&format!("/directoryObjects/{mia}?$select=userPrincipalName,groupTypes")).await;
    assert_eq!(read.body["@odata.type"], "#microsoft.graph.user");
    assert!(read.body.get("groupTypes").is_none() && read.body.get("displayName").is_none());
    let ids =
        json!({ "ids": [mia, sales, "99999999-9999-4999-8999-999999999999"], "types": ["user", "group"] });
    let found = client.post("/directoryObjects/getByIds?$select=id,groupTypes", ids).await;
    assert_eq!(found.each("id").len(), 2);
    assert_eq!(found.header("x-ms-resource-unit"), "2");
    let users =
        client.post("/directoryObjects/getByIds", json!({ "ids": [mia, sales], "types": ["user"] })).await;
    assert_eq!(users.each("id"), [mia]);
    assert_eq!(users.header("x-ms-resource-unit"), "5");
    let many = vec![sales; 1_001];
    assert_eq!(client.post("/directoryObjects/getByIds", json!({ "ids": many })).await.status, 400);
}

#[tokio::test]
async fn the_recycle_bin_is_counted_with_the_permission_to_read_it() {
    const APPS: &str = "
apps:
  - { clientId: 11111111-2222-3333-4444-555555555555, secret: anything, roles: [User.ReadWrite.All] }
";
    let client = Client::of(APPS).await;
    let mia = client.add_user("mia").await;
    client.delete(&format!("/users/{mia}")).await;
    let path = "/directory/deletedItems/microsoft.graph";
    assert_eq!(client.get_eventual(&format!("{path}.user/$count")).await.text, "1");
    assert_eq!(client.get_eventual(&format!("{path}.group/$count")).await.status, 403);
}

#[tokio::test]
async fn a_role_assignable_group_takes_the_right_to_manage_roles() {
    const APPS: &str = "
apps:
  - { clientId: 11111111-2222-3333-4444-555555555555, secret: anything, roles: [Group.ReadWrite.All] }
";
    let mut body = group("admins");
    body["isAssignableToRole"] = true.into();
    assert_eq!(Client::of(APPS).await.post("/groups", body.clone()).await.status, 403);
    assert_eq!(Client::of("").await.post("/groups", body).await.status, 201);
}

#[tokio::test]
async fn a_delta_reports_directory_extensions_and_every_member_of_a_new_group() {
    const NAME: &str = "extension_0123456789abcdef0123456789abcdef_costCentre";
    let users: Vec<_> =
        (0..1_100).map(|it| json!({ "userPrincipalName": format!("user{it}@contoso.com") })).collect();
    let seed = json!({ "users": users }).to_string();
    let client = Client::of(&seed).await;
    let mut body = user("mia");
    body[NAME] = "42".into();
    let mia = client.post("/users", body).await.id();
    let users = client.get(&format!("/users/delta?$select=id,{NAME}&$filter=id eq '{mia}'")).await;
    assert_eq!(users.body["value"][0][NAME], "42");
    let latest = client.get("/groups/delta?$select=members&$deltatoken=latest").await;
    let mut everybody = group("everybody");
    everybody["groupTypes"] = json!(["DynamicMembership"]);
    everybody["membershipRule"] = "user.accountEnabled -eq true".into();
    everybody["membershipRuleProcessingState"] = "On".into();
    client.post("/groups", everybody).await;
    let changes = client.get(latest.body["@odata.deltaLink"].as_str().unwrap()).await;
    let items = changes.body["value"].as_array().unwrap();
    let members = items.iter().map(|it| it["members@delta"].as_array().unwrap().len());
    assert_eq!(members.collect::<Vec<_>>(), [1_000, 101]);
    assert_eq!(items[0]["id"], items[1]["id"]);
}
