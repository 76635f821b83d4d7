//! Licences: seats, refusals, and what the recycle bin keeps.

use serde_json::json;

use super::client::Client;

const E3: &str = "6fd2c87f-b296-42f0-b197-1e91e994b900";
const F3: &str = "4b585984-651b-448a-9e53-3b10f069cf7f";
const SWAY: &str = "a23b959c-7ce8-4e57-9140-b90eb88a9e97";
const SEED: &str = "
skus:
  - { skuId: 6fd2c87f-b296-42f0-b197-1e91e994b900, skuPartNumber: ENTERPRISEPACK, enabled: 3, consumed: 1,
      plans: { SWAY: a23b959c-7ce8-4e57-9140-b90eb88a9e97, TEAMS1: 57ff2da0-773e-42df-b2af-ffb7a2317929 } }
  - { skuId: 4b585984-651b-448a-9e53-3b10f069cf7f, skuPartNumber: DESKLESSPACK, enabled: 9 }
users:
  - { userPrincipalName: ada@contoso.com, usageLocation: DE, licences: [ENTERPRISEPACK] }
  - { userPrincipalName: ben@contoso.com, usageLocation: DE }
  - { userPrincipalName: cyd@contoso.com, usageLocation: DE }
  - { userPrincipalName: dan@contoso.com }
";

fn add(sku: &str) -> serde_json::Value {
    json!({ "addLicenses": [{ "skuId": sku }], "removeLicenses": [] })
}

async fn consumed(client: &Client) -> i64 {
    let skus = client.get("/subscribedSkus").await;
    let all = skus.body["value"].as_array().unwrap();
    all.iter().find(|it| it["skuId"] == E3).unwrap()["consumedUnits"].as_i64().unwrap()
}

async fn held(client: &Client, name: &str) -> serde_json::Value {
    client.get(&format!("/users/{name}@contoso.com?$select=assignedLicenses")).await.body["assignedLicenses"]
        .clone()
}

#[tokio::test]
async fn a_licence_is_assigned_changed_and_taken_away() {
    let client = Client::of(SEED).await;
    let path = "/users/ben@contoso.com/assignLicense";
    let body = json!({ "addLicenses": [{ "skuId": E3, "disabledPlans": [SWAY] }], "removeLicenses": [] });
    let reply = client.post(path, body).await;
    assert_eq!((reply.status, &reply.body["userPrincipalName"]), (200, &json!("ben@contoso.com")));
    assert_eq!(held(&client, "ben").await, json!([{ "disabledPlans": [SWAY], "skuId": E3 }]));
    let states = client.get("/users/ben@contoso.com?$select=licenseAssignmentStates").await;
    let state = &states.body["licenseAssignmentStates"][0];
    assert_eq!((&state["state"], &state["assignedByGroup"]), (&json!("Active"), &json!(null)));
    let details = client.get("/users/ben@contoso.com/licenseDetails").await;
    let plans = details.body["value"][0]["servicePlans"].as_array().unwrap();
    let sway = plans.iter().find(|it| it["servicePlanName"] == "SWAY").unwrap();
    assert_eq!(sway["provisioningStatus"], "Disabled");
    // Assigning it again replaces what is disabled, and takes no other seat.
    assert_eq!(consumed(&client).await, 3);
    assert_eq!(client.post(path, add(E3)).await.status, 200);
    assert_eq!(held(&client, "ben").await, json!([{ "disabledPlans": [], "skuId": E3 }]));
    let exchange = json!({ "addLicenses": [{ "skuId": F3 }], "removeLicenses": [E3] });
    assert_eq!(client.post(path, exchange).await.status, 200);
    assert_eq!(held(&client, "ben").await[0]["skuId"], F3);
    assert_eq!(consumed(&client).await, 2);
}

#[tokio::test]
async fn a_refused_assignment_changes_nothing_and_says_why() {
    let client = Client::of(SEED).await;
    let check = async |name: &str, body, expected: &str| {
        let before = held(&client, name).await;
        let reply = client.post(&format!("/users/{name}@contoso.com/assignLicense"), body).await;
        reply.refused(400, "Request_BadRequest", expected);
        assert_eq!(held(&client, name).await, before);
    };
    check("dan", add(E3), "License assignment cannot be done for user with invalid usage location.").await;
    let unknown = "05e9a617-0261-4cee-bb44-138d3ef5d965";
    let text = format!("License {unknown} does not correspond to a valid company License.");
    check("ben", add(unknown), &text).await;
    let remove = json!({ "addLicenses": [{ "skuId": F3 }], "removeLicenses": [E3] });
    check("ben", remove, "User does not have a corresponding license.").await;
    check("ben", json!({ "addLicenses": [{ "skuId": "E3" }], "removeLicenses": [] }), "Invalid GUID.").await;
    assert_eq!(client.post("/users/ben@contoso.com/assignLicense", add(E3)).await.status, 200);
    let text = format!("Subscription with SKU {E3} does not have any available licenses.");
    check("cyd", add(E3), &text).await;
    let half = client.post("/users/cyd@contoso.com/assignLicense", json!({ "addLicenses": [] })).await;
    assert!(half.message().contains("removeLicenses"), "{}", half.text);
    assert_eq!(client.patch("/users/cyd@contoso.com", json!({ "assignedLicenses": [] })).await.status, 400);
}

#[tokio::test]
async fn the_recycle_bin_frees_the_seat_and_keeps_the_licence() {
    let client = Client::of(SEED).await;
    let id = client.get("/users/ada@contoso.com").await.id();
    assert_eq!(consumed(&client).await, 2);
    client.delete(&format!("/users/{id}")).await;
    assert_eq!(consumed(&client).await, 1);
    let bin = client.get("/directory/deletedItems/microsoft.graph.user?$select=id,assignedLicenses").await;
    assert_eq!(bin.body["value"][0]["assignedLicenses"][0]["skuId"], E3);
    assert_eq!(client.post(&format!("/users/{id}/assignLicense"), add(F3)).await.status, 404);
    client.post(&format!("/directory/deletedItems/{id}/restore"), json!({})).await;
    assert_eq!(held(&client, "ada").await[0]["skuId"], E3);
    assert_eq!(consumed(&client).await, 2);
}

#[tokio::test]
async fn assigning_takes_the_permission_for_licences() {
    const APPS: &str = "
apps:
  - { clientId: 11111111-2222-3333-4444-555555555555, secret: anything, roles: [ROLE] }
skus:
  - { skuId: 4b585984-651b-448a-9e53-3b10f069cf7f, skuPartNumber: DESKLESSPACK, enabled: 9 }
users:
  - { userPrincipalName: ada@contoso.com, usageLocation: DE }
";
    for (role, status) in [("User.Read.All", 403), ("LicenseAssignment.ReadWrite.All", 200)] {
        let client = Client::of(&APPS.replace("ROLE", role)).await;
        assert_eq!(
            client.post("/users/ada@contoso.com/assignLicense", add(F3)).await.status,
            status,
            "{role}"
        );
    }
}
