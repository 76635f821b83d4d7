//! Lists: selection, pages, filters.

use serde_json::json;

use super::client::{Client, but, user};

#[tokio::test]
async fn an_unknown_property_in_select_is_refused() {
    let client = Client::of("").await;
    let message = "Could not find a property named 'shoeSize' on type 'microsoft.graph.user'.";
    client.get("/users?$select=id,shoeSize").await.refused(400, "Request_BadRequest", message);
    assert_eq!(client.get("/users?$filter=shoeSize eq '1'").await.message(), message);
}

#[tokio::test]
async fn a_page_holds_at_most_999() {
    let client = Client::of("").await;
    for top in ["1000", "0", "-1", "many"] {
        let reply = client.get(&format!("/users?$top={top}")).await;
        let message = format!("Invalid page size specified: '{top}'. Must be between 1 and 999 inclusive.");
        assert_eq!((reply.status, reply.message()), (400, message.as_str()));
    }
    assert_eq!(client.get("/users?$top=999").await.status, 200);
}

#[tokio::test]
async fn pages_follow_an_opaque_link_that_expires() {
    let client = Client::of("").await;
    for number in 0..5 {
        client.add_user(&format!("user{number}")).await;
    }
    let first = client.get("/users?$top=2&$select=id,department").await;
    let link = first.body["@odata.nextLink"].as_str().unwrap().to_owned();
    let second = client.get(&link).await;
    assert!(second.body["value"][0].get("department").is_some(), "the link carries the selection");
    let third = client.get(second.body["@odata.nextLink"].as_str().unwrap()).await;
    assert_eq!(third.body["value"].as_array().unwrap().len(), 1);
    assert!(third.body.get("@odata.nextLink").is_none());
    assert_eq!(client.get("/users?$skiptoken=made-up").await.status, 400);
    client.advance(3_599);
    client.advance(2);
    let mut client = client;
    client.sign_in("11111111-2222-3333-4444-555555555555", "anything").await;
    assert_eq!(client.get(&link).await.code(), "Directory_ExpiredPageToken");
}

#[tokio::test]
async fn a_filter_finds_users_by_name_anchor_and_department() {
    let client = Client::of("").await;
    let extra = json!({ "onPremisesImmutableId": "EiZ7L4VagEqYn9/3ZumEfw==", "department": "Sales", "displayName": "O'Hara" });
    client.post("/users", but(user("mia"), &extra)).await;
    client.add_user("zoe").await;
    for (filter, count) in [
        ("onPremisesImmutableId eq 'EiZ7L4VagEqYn9%2F3ZumEfw%3D%3D'", 1),
        ("onPremisesImmutableId eq 'eiz7l4vagEqYn9%2F3ZumEfw%3D%3D'", 0),
        ("userPrincipalName eq 'MIA@contoso.com'", 1),
        ("displayName eq 'O''Hara'", 1),
        ("startsWith(displayName,'o')", 1),
        ("department eq null", 1),
        ("accountEnabled eq true and (department eq 'sales' or department eq 'IT')", 1),
        ("userPrincipalName in ('mia@contoso.com','zoe@contoso.com')", 2),
    ] {
        let reply = client.get(&format!("/users?$filter={filter}")).await;
        assert_eq!(reply.body["value"].as_array().map(Vec::len), Some(count), "{filter}: {}", reply.text);
    }
}

#[tokio::test]
async fn a_list_of_keys_finds_its_objects_in_order_and_in_pages() {
    let client = Client::of("").await;
    let mut ids = Vec::new();
    for name in ["ada", "ben", "eva", "kim"] {
        let extra = json!({ "onPremisesImmutableId": format!("Anchor of {name}") });
        ids.push(client.post("/users", but(user(name), &extra)).await.id());
    }
    let kim = ids.pop().unwrap();
    client.delete(&format!("/users/{kim}")).await;
    let mut expected = ids.clone();
    expected.sort();
    for filter in [
        "onPremisesImmutableId in ('Anchor of kim','Anchor of eva','Anchor of ada','anchor of ben','Anchor of ben')"
            .to_owned(),
        "userPrincipalName in ('EVA@contoso.com','ben@contoso.com','ada@contoso.com','ada@contoso.com')".to_owned(),
        format!("id in ('{}','{kim}','{}','{}')", ids[2], ids[0].to_uppercase(), ids[1]),
    ] {
        let first = client.get(&format!("/users?$top=2&$select=id&$filter={filter}")).await;
        let second = client.get(first.body["@odata.nextLink"].as_str().unwrap_or(&first.text)).await;
        let pages = [first, second].map(|it| it.body["value"].as_array().cloned().unwrap_or_default());
        let found: Vec<&str> = pages.iter().flatten().filter_map(|it| it["id"].as_str()).collect();
        assert_eq!(found, expected, "{filter}");
    }
    let in_bin = format!("/directory/deletedItems/microsoft.graph.user?$filter=id in ('{kim}','{}')", ids[0]);
    assert_eq!(client.get(&in_bin).await.body["value"].as_array().map(Vec::len), Some(1));
    let nothing = client.get("/users?$filter=department in ('Sales',null)").await;
    assert_eq!(nothing.body["value"].as_array().map(Vec::len), Some(3), "null is what no index holds");
}

#[tokio::test]
async fn advanced_queries_need_the_header_and_the_count() {
    let client = Client::of("").await;
    client.add_user("mia").await;
    for filter in ["department ne 'x'", "not(department eq 'x')", "endsWith(mail,'x')", "companyName eq 'x'"]
    {
        let path = format!("/users?$filter={filter}");
        client.get(&path).await.refused(400, "Request_UnsupportedQuery", "Unsupported Query.");
        assert_eq!(client.get_eventual(&path).await.status, 400, "the count is missing: {filter}");
        assert_eq!(client.get_eventual(&format!("{path}&$count=true")).await.status, 200, "{filter}");
    }
    let unindexed = client.get("/users?$filter=passwordPolicies eq 'None'").await;
    unindexed.refused(
        400,
        "Request_UnsupportedQuery",
        "The request uses a filter property that is not indexed",
    );
    client.get("/users/$count").await.refused(
        400,
        "Request_BadRequest",
        "$count is not currently supported.",
    );
    assert_eq!(client.get_eventual("/users/$count").await.text, "1");
    assert!(client.get("/users?$count=true").await.body.get("@odata.count").is_none());
    assert_eq!(client.get_eventual("/users?$count=true").await.body["@odata.count"], 1);
    assert!(client.get("/users?$search=\"x\"").await.message().contains("ConsistencyLevel: eventual"));
}

#[tokio::test]
async fn extension_attributes_take_no_prefix_search() {
    let client = Client::of("").await;
    let name = "onPremisesExtensionAttributes/extensionAttribute1";
    let query = |filter: &str| format!("/users?$count=true&$filter={filter}");
    client.get_eventual(&query(&format!("startsWith({name},'x')"))).await.refused(
        400,
        "Request_UnsupportedQuery",
        "Unsupported Query.",
    );
    assert_eq!(client.get_eventual(&query(&format!("{name} eq 'x'"))).await.status, 200);
}

#[tokio::test]
async fn lists_sort_by_name_and_by_more_in_advanced_queries() {
    let client = Client::of("").await;
    for name in ["mia", "Zoe", "ada"] {
        client.add_user(name).await;
    }
    let mut names = Vec::new();
    let mut next = "/users?$orderby=displayName desc&$top=2".to_owned();
    for _ in 0..2 {
        let page = client.get(&next).await;
        let users = page.body["value"].as_array().unwrap();
        names.extend(users.iter().map(|it| it["displayName"].as_str().unwrap().to_owned()));
        next = page.body["@odata.nextLink"].as_str().unwrap_or_default().to_owned();
    }
    assert_eq!(names, ["Zoe", "mia", "ada"]);
    for path in ["/users?$orderby=surname", "/users?$orderby=displayName&$filter=accountEnabled eq true"] {
        client.get(path).await.refused(
            400,
            "Request_UnsupportedQuery",
            "Sorting not supported for current query.",
        );
        assert_eq!(client.get_eventual(&format!("{path}&$count=true")).await.status, 200);
    }
}

#[tokio::test]
async fn malformed_filters_are_refused_and_deep_ones_too() {
    let client = Client::of("").await;
    let deep = format!("{}displayName eq 'x'{}", "(".repeat(2_000), ")".repeat(2_000));
    for filter in
        ["displayName", "displayName eq", "displayName eq 'x", "eq 'x'", "displayName eq 'x' and", &deep]
    {
        let reply = client.get(&format!("/users?$filter={filter}")).await;
        assert_eq!(reply.status, 400, "{filter}");
    }
}

#[tokio::test]
async fn organisation_domains_and_subscriptions_are_readable() {
    let client = Client::of(
        "
organization: Fabrikam
tenantId: 7f0c0f34-5b6e-4a3b-9a55-0d0b3c9e1a11
domains:
  - { name: contoso.onmicrosoft.com, initial: true, default: true }
  - { name: pending.example, verified: false }
skus:
  - { skuId: 6fd2c87f-b296-42f0-b197-1e91e994b900, skuPartNumber: ENTERPRISEPACK, enabled: 25, consumed: 3 }
",
    )
    .await;
    let organization =
        client.get("/organization?$select=id,displayName,verifiedDomains,onPremisesSyncEnabled").await;
    assert_eq!(organization.each("displayName"), ["Fabrikam"]);
    assert_eq!(organization.each("id"), ["7f0c0f34-5b6e-4a3b-9a55-0d0b3c9e1a11"]);
    assert_eq!(organization.body["value"][0]["verifiedDomains"].as_array().unwrap().len(), 1);
    assert_eq!(client.get("/domains").await.each("id"), ["contoso.onmicrosoft.com", "pending.example"]);
    assert_eq!(client.get("/domains/pending.example").await.body["isVerified"], false);
    let skus = client.get("/subscribedSkus").await;
    assert_eq!(skus.body["value"][0]["prepaidUnits"]["enabled"], 25);
    let prevention = client.get("/directory/onPremisesSynchronization").await;
    let threshold =
        &prevention.body["value"][0]["configuration"]["accidentalDeletionPrevention"]["alertThreshold"];
    assert_eq!(threshold, 500);
}

#[tokio::test]
async fn unknown_paths_versions_and_methods_have_their_own_errors() {
    let client = Client::of("").await;
    client.get("/unicorns").await.refused(
        400,
        "BadRequest",
        "Resource not found for the segment 'unicorns'.",
    );
    client.post("/users/x/unicorns", json!({})).await.refused(
        400,
        "BadRequest",
        "Resource not found for the segment 'unicorns'.",
    );
    assert_eq!(client.delete("/users").await.status, 405);
    let beta = format!("{}/beta/users", client.sandbox.base_url());
    assert_eq!(client.get(&beta).await.status, 200);
    let old = format!("{}/v0.9/users", client.sandbox.base_url());
    assert_eq!(client.get(&old).await.message(), "Invalid version: v0.9");
}
