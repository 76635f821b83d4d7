//! Users: creation, change, the recycle bin, managers.

use reqwest::Method;
use serde_json::json;

use super::client::{Client, but, user};

const SEED: &str = "
domains:
  - { name: contoso.onmicrosoft.com, initial: true }
  - { name: contoso.com, default: true }
  - { name: federated.example, federated: true }
  - { name: unverified.example, verified: false }
users:
  - { userPrincipalName: synced@contoso.com, origin: onPremSynced, onPremisesImmutableId: c3luY2Vk }
  - { userPrincipalName: former@contoso.com, origin: formerlySynced }
";

#[tokio::test]
async fn a_created_user_is_returned_with_default_properties_only() {
    let client = Client::of(SEED).await;
    let created = client.post("/users", but(user("mia"), &json!({ "usageLocation": "DE" }))).await;
    assert_eq!(created.status, 201);
    assert!(created.header("location").contains("/directoryObjects/"));
    assert_eq!(created.body["userPrincipalName"], "mia@contoso.com");
    assert!(created.body.get("usageLocation").is_none());
    assert!(created.body.get("passwordProfile").is_none());
    let read = client.get("/users/MIA@contoso.com?$select=usageLocation,passwordProfile").await;
    assert_eq!(read.body["usageLocation"], "DE");
    assert!(read.body["passwordProfile"].is_null());
}

#[tokio::test]
async fn creation_asks_for_what_the_service_requires() {
    let client = Client::of(SEED).await;
    for name in ["accountEnabled", "displayName", "mailNickname", "userPrincipalName"] {
        let mut body = user("mia");
        body.as_object_mut().unwrap().remove(name);
        let message = format!("A value is required for property '{name}' of resource 'User'.");
        client.post("/users", body).await.refused(400, "Request_BadRequest", &message);
    }
    let mut body = user("mia");
    body.as_object_mut().unwrap().remove("passwordProfile");
    client.post("/users", body).await.refused(
        400,
        "Request_BadRequest",
        "A password must be specified to create a new user.",
    );
    client
        .post("/users", but(user("mia"), &json!({ "passwordProfile": { "password": "short" } })))
        .await
        .refused(
            400,
            "Request_BadRequest",
            "The specified password does not comply with password complexity requirements. Please provide a \
             different password.",
        );
}

#[tokio::test]
async fn a_sign_in_name_needs_a_verified_domain_and_plain_characters() {
    let client = Client::of(SEED).await;
    for domain in ["unverified.example", "elsewhere.example"] {
        let body = but(user("mia"), &json!({ "userPrincipalName": format!("mia@{domain}") }));
        let reply = client.post("/users", body).await;
        assert!(reply.message().starts_with("The domain portion of the userPrincipalName"), "{}", reply.text);
    }
    for name in ["müller@contoso.com", "a b@contoso.com", "@contoso.com", "mia", "a@b@contoso.com"] {
        let reply = client.post("/users", but(user("mia"), &json!({ "userPrincipalName": name }))).await;
        reply.refused(
            400,
            "Request_BadRequest",
            "Invalid value specified for property 'userPrincipalName' of resource 'User'.",
        );
        assert_eq!(reply.body["error"]["details"][0]["target"], "userPrincipalName");
    }
}

#[tokio::test]
async fn a_user_of_a_federated_domain_needs_an_anchor() {
    let client = Client::of(SEED).await;
    let body = but(user("mia"), &json!({ "userPrincipalName": "mia@federated.example" }));
    client.post("/users", body.clone()).await.refused(
        400,
        "Request_BadRequest",
        "A value is required for property 'onPremisesImmutableId' of resource 'User'.",
    );
    let anchored = but(body, &json!({ "onPremisesImmutableId": "EiZ7L4VagEqYn9/3ZumEfw==" }));
    assert_eq!(client.post("/users", anchored).await.status, 201);
}

#[tokio::test]
async fn properties_keep_to_their_types_lengths_and_characters() {
    let client = Client::of(SEED).await;
    let id = client.add_user("mia").await;
    let path = format!("/users/{id}");
    let long = |length: usize| "x".repeat(length);
    for (name, value) in [
        ("department", json!(long(65))),
        ("jobTitle", json!(long(129))),
        ("employeeId", json!(long(17))),
        ("displayName", json!(long(257))),
        ("displayName", json!(null)),
        ("mail", json!(null)),
        ("usageLocation", json!(null)),
        ("usageLocation", json!("ZZ")),
        ("onPremisesImmutableId", json!("a$b")),
        ("onPremisesImmutableId", json!("a_b")),
        ("mailNickname", json!("a b")),
        ("businessPhones", json!(["1", "2"])),
        ("passwordPolicies", json!("Whatever")),
        ("mail", json!("no-address")),
    ] {
        let message = format!("Invalid value specified for property '{name}' of resource 'User'.");
        client.patch(&path, json!({ name: value })).await.refused(400, "Request_BadRequest", &message);
    }
    for (name, value) in
        [("department", json!(5)), ("accountEnabled", json!("true")), ("otherMails", json!("a@b.c"))]
    {
        let reply = client.patch(&path, json!({ name: value })).await;
        assert!(reply.message().starts_with("Cannot convert a primitive value"), "{}", reply.text);
    }
    client.patch(&path, json!({ "proxyAddresses": [] })).await.refused(
        400,
        "Request_BadRequest",
        "Property 'proxyAddresses' is read-only and cannot be set.",
    );
    client.patch(&path, json!({ "nickname": "x" })).await.refused(
        400,
        "Request_BadRequest",
        "Invalid property 'nickname'.",
    );
    assert_eq!(client.patch(&path, json!({ "department": long(64) })).await.status, 204);
    assert_eq!(client.patch(&path, json!({ "department": null })).await.status, 204);
}

#[tokio::test]
async fn mail_becomes_the_primary_proxy_address() {
    let client = Client::of(SEED).await;
    let id = client.add_user("mia").await;
    client.patch(&format!("/users/{id}"), json!({ "mail": "mia.sommer@contoso.com" })).await;
    client.patch(&format!("/users/{id}"), json!({ "mail": "m.sommer@contoso.com" })).await;
    let read = client.get(&format!("/users/{id}?$select=mail,proxyAddresses")).await;
    assert_eq!(read.body["proxyAddresses"], json!(["SMTP:m.sommer@contoso.com"]));
}

#[tokio::test]
async fn names_addresses_and_anchors_belong_to_one_user() {
    let client = Client::of(SEED).await;
    let mia = json!({ "mail": "mia@contoso.com", "onPremisesImmutableId": "bWlh" });
    let first = client.post("/users", but(user("mia"), &mia)).await;
    for (changes, property) in [
        (json!({ "userPrincipalName": "MIA@CONTOSO.COM" }), "userPrincipalName"),
        (json!({ "mail": "Mia@Contoso.com" }), "proxyAddresses"),
        (json!({ "onPremisesImmutableId": "bWlh" }), "onPremisesImmutableId"),
    ] {
        let reply = client.post("/users", but(user("zoe"), &changes)).await;
        let message = format!("Another object with the same value for property {property} already exists.");
        reply.refused(400, "Request_BadRequest", &message);
        assert_eq!(reply.body["error"]["details"][0]["code"], "ObjectConflict");
        assert_eq!(reply.body["error"]["details"][0]["target"], property);
    }
    client.delete(&format!("/users/{}", first.id())).await;
    assert_eq!(client.post("/users", but(user("mia"), &mia)).await.status, 201, "freed by the recycle bin");
}

#[tokio::test]
async fn what_entra_connect_masters_refuses_writes() {
    let client = Client::of(SEED).await;
    let message = "Unable to update the specified properties for on-premises mastered Directory Sync objects or \
                   objects currently undergoing migration.";
    let path = "/users/synced@contoso.com";
    client.patch(path, json!({ "department": "x" })).await.refused(400, "Request_BadRequest", message);
    assert_eq!(client.patch(path, json!({ "usageLocation": "DE" })).await.status, 204);
    let extension = json!({ "onPremisesExtensionAttributes": { "extensionAttribute1": "x" } });
    client.patch("/users/former@contoso.com", extension).await.refused(400, "Request_BadRequest", message);
    let read = client.get(&format!("{path}?$select=onPremisesSyncEnabled")).await;
    assert_eq!(read.body["onPremisesSyncEnabled"], true);
}

#[tokio::test]
async fn extension_attributes_are_merged_member_by_member() {
    let client = Client::of(SEED).await;
    let id = client.add_user("mia").await;
    let set = |value| json!({ "onPremisesExtensionAttributes": value });
    let path = format!("/users/{id}");
    client.patch(&path, set(json!({ "extensionAttribute1": "a", "extensionAttribute15": "b" }))).await;
    client.patch(&path, set(json!({ "extensionAttribute1": null }))).await;
    let read = client.get(&format!("{path}?$select=onPremisesExtensionAttributes")).await;
    let attributes = &read.body["onPremisesExtensionAttributes"];
    assert_eq!(
        (&attributes["extensionAttribute1"], &attributes["extensionAttribute15"]),
        (&json!(null), &json!("b"))
    );
    assert_eq!(client.patch(&path, set(json!({ "extensionAttribute16": "x" }))).await.status, 400);
}

#[tokio::test]
async fn a_deleted_user_waits_in_the_recycle_bin_and_comes_back_whole() {
    let client = Client::of(SEED).await;
    let id = client.add_user("mia").await;
    let group = client.add_group("sales").await;
    client.add_member(&group, &id).await;
    assert_eq!(client.delete(&format!("/users/{id}")).await.status, 204);
    assert_eq!(client.get(&format!("/users/{id}")).await.status, 404);
    assert!(client.get(&format!("/groups/{group}/members")).await.each("id").is_empty());
    let bin = client
        .get("/directory/deletedItems/microsoft.graph.user?$select=id,userPrincipalName,deletedDateTime")
        .await;
    assert_eq!(bin.each("userPrincipalName"), [format!("{}mia@contoso.com", id.replace('-', ""))]);
    assert_eq!(bin.each("deletedDateTime"), ["2026-11-22T09:14:00Z"]);
    let restored =
        client.send(Method::POST, &format!("/directory/deletedItems/{id}/restore"), &[], None).await;
    assert_eq!((restored.status, restored.id()), (200, id.clone()));
    assert_eq!(client.get("/users/mia@contoso.com").await.id(), id);
    assert_eq!(client.get(&format!("/groups/{group}/members")).await.each("id"), [id]);
}

#[tokio::test]
async fn a_restore_names_its_conflicts_or_is_told_how_to_solve_them() {
    let client = Client::of(SEED).await;
    let mail = json!({ "mail": "mia@contoso.com" });
    let id = client.post("/users", but(user("mia"), &mail)).await.id();
    client.delete(&format!("/users/{id}")).await;
    client.post("/users", but(user("mia"), &mail)).await;
    let path = format!("/directory/deletedItems/{id}/restore");
    let reply = client.post(&path, json!({})).await;
    reply.refused(
        400,
        "Request_BadRequest",
        "Another object with the same value for property userPrincipalName already exists.",
    );
    let renamed = json!({ "newUserPrincipalName": "mia2@contoso.com" });
    assert_eq!(client.post(&path, renamed).await.body["error"]["details"][0]["target"], "proxyAddresses");
    let solved = json!({ "newUserPrincipalName": "mia2@contoso.com", "autoReconcileProxyConflict": true });
    assert_eq!(client.post(&path, solved).await.status, 200);
    assert!(client.get("/users/mia2@contoso.com").await.body["mail"].is_null());
}

#[tokio::test]
async fn the_recycle_bin_forgets_after_thirty_days_or_on_demand() {
    let client = Client::of(SEED).await;
    let (mia, zoe) = (client.add_user("mia").await, client.add_user("zoe").await);
    client.delete(&format!("/users/{mia}")).await;
    client.delete(&format!("/users/{zoe}")).await;
    assert_eq!(client.delete(&format!("/directory/deletedItems/{zoe}")).await.status, 204);
    assert_eq!(client.get(&format!("/directory/deletedItems/{zoe}")).await.status, 404);
    assert_eq!(client.get(&format!("/directory/deletedItems/{mia}")).await.status, 200);
    client.advance(31 * 86_400);
    let mut client = client;
    client.sign_in("11111111-2222-3333-4444-555555555555", "anything").await;
    assert_eq!(client.get(&format!("/directory/deletedItems/{mia}")).await.status, 404);
}

#[tokio::test]
async fn a_manager_is_set_read_expanded_and_cleared() {
    let client = Client::of(SEED).await;
    let (mia, zoe) = (client.add_user("mia").await, client.add_user("zoe").await);
    let path = format!("/users/{mia}/manager");
    assert_eq!(client.get(&path).await.code(), "Request_ResourceNotFound");
    let link = json!({ "@odata.id": format!("https://graph.microsoft.com/v1.0/users/{zoe}") });
    assert_eq!(client.send(Method::PUT, &format!("{path}/$ref"), &[], Some(link)).await.status, 204);
    assert_eq!(client.get(&path).await.id(), zoe);
    let list = client.get("/users?$select=id&$expand=manager($select=id)").await;
    let item = list.body["value"].as_array().unwrap().iter().find(|it| it["id"] == mia.as_str()).unwrap();
    assert_eq!(item["manager"]["id"], zoe.as_str());
    assert_eq!(client.delete(&format!("{path}/$ref")).await.status, 204);
    assert_eq!(client.delete(&format!("{path}/$ref")).await.status, 404);
}

#[tokio::test]
async fn sessions_are_revoked_with_the_answer_that_the_service_gives() {
    let client = Client::of(SEED).await;
    let id = client.add_user("mia").await;
    let reply = client.send(Method::POST, &format!("/users/{id}/revokeSignInSessions"), &[], None).await;
    assert_eq!((reply.status, &reply.body["value"]), (200, &json!(true)));
}
