//! Users come, change, go and come back.

use expect_test::expect;
use samesign::wire::provisioning::{PropertyValue, SyncObject, SyncObjectType, SyncOperation};
use serde_json::json;

use super::connector::{Connector, anchor, delete, set, text, texts, user, user_with};

#[tokio::test]
async fn attributes_show_as_the_properties_of_graph() {
    let connector = Connector::of("").await;
    let mut object = user(1, "anna");
    let more = [
        ("givenName", text("Anna")),
        ("surname", text("Ashe")),
        ("title", text("Engineer")),
        ("company", text("Contoso")),
        ("physicalDeliveryOfficeName", text("2.14")),
        ("telephoneNumber", text("+49 1")),
        ("mobile", text("+49 2")),
        ("facsimileTelephoneNumber", text("+49 3")),
        ("city", text("Bonn")),
        ("country", text("Germany")),
        ("countryCode", PropertyValue::Long(276)),
        ("employeeId", text("17")),
        ("extensionAttribute3", text("three")),
        ("onPremisesSamAccountName", text("anna")),
        ("dnsDomainName", text("contoso.local")),
        ("onPremisesDistinguishedName", text("CN=Anna,DC=contoso,DC=local")),
        (
            "onPremiseSecurityIdentifier",
            PropertyValue::Bytes(vec![1, 2, 0, 0, 0, 0, 0, 5, 21, 0, 0, 0, 0x50, 4, 0, 0]),
        ),
        ("lastPasswordChangeTimestamp", text("20261101080910.0Z")),
        ("wWWHomePage", text("https://contoso.com")),
    ];
    object.properties.extend(more.into_iter().map(|(name, value)| (name.to_owned(), value)));
    let (id, warning) = connector.write(object).await;
    assert_eq!(warning, None);
    let select = "userPrincipalName,mailNickname,givenName,surname,jobTitle,companyName,officeLocation,\
        businessPhones,mobilePhone,faxNumber,city,country,employeeId,onPremisesSamAccountName,onPremisesDomainName,\
        onPremisesDistinguishedName,onPremisesSecurityIdentifier,onPremisesSyncEnabled,onPremisesImmutableId,\
        onPremisesLastSyncDateTime,onPremisesUserPrincipalName,lastPasswordChangeDateTime,mail,proxyAddresses";
    let shown = connector.shown("users", &id, select).await;
    expect![[r#"
        {
          "userPrincipalName": "anna@contoso.com",
          "mailNickname": "anna",
          "givenName": "Anna",
          "surname": "Ashe",
          "jobTitle": "Engineer",
          "companyName": "Contoso",
          "officeLocation": "2.14",
          "businessPhones": [
            "+49 1"
          ],
          "mobilePhone": "+49 2",
          "faxNumber": "+49 3",
          "city": "Bonn",
          "country": "Germany",
          "employeeId": "17",
          "onPremisesSamAccountName": "anna",
          "onPremisesDomainName": "contoso.local",
          "onPremisesDistinguishedName": "CN=Anna,DC=contoso,DC=local",
          "onPremisesSecurityIdentifier": "S-1-5-21-1104",
          "onPremisesSyncEnabled": true,
          "onPremisesImmutableId": "AAAA000000000000000001==",
          "onPremisesLastSyncDateTime": "2026-11-22T09:14:00Z",
          "onPremisesUserPrincipalName": "anna@contoso.com",
          "lastPasswordChangeDateTime": "2026-11-01T08:09:10Z",
          "mail": null,
          "proxyAddresses": []
        }"#]]
    .assert_eq(&serde_json::to_string_pretty(&shown).unwrap());
    let all = connector.shown("users", &id, "onPremisesExtensionAttributes").await;
    assert_eq!(all["onPremisesExtensionAttributes"]["extensionAttribute3"], "three");
}

#[tokio::test]
async fn a_second_set_changes_what_it_names_and_nil_clears() {
    let connector = Connector::of("").await;
    let (id, _) = connector.write(user_with(1, "anna", "department", text("Sales"))).await;
    let change = [("title", text("Lead")), ("department", PropertyValue::Nil)];
    let (same, _) = connector.write(set(SyncObjectType::User, 1, &change)).await;
    assert_eq!(same, id);
    let shown = connector.shown("users", &id, "displayName,jobTitle,department").await;
    assert_eq!(shown, json!({ "displayName": "anna", "jobTitle": "Lead", "department": null }));
    let by_cloud_anchor = SyncObject {
        properties: vec![
            ("CloudAnchor".to_owned(), text(&format!("User_{id}"))),
            ("title".to_owned(), text("Head")),
        ],
        kind: SyncObjectType::User,
        operation: SyncOperation::Set,
    };
    assert_eq!(connector.write(by_cloud_anchor).await.0, id);
    assert_eq!(connector.shown("users", &id, "jobTitle").await["jobTitle"], "Head");
}

#[tokio::test]
async fn what_does_not_change_anything_leaves_no_trace() {
    let connector = Connector::of("").await;
    let (id, _) = connector.write(user(1, "anna")).await;
    connector.graph.advance(60);
    connector.write(user(1, "anna")).await;
    let shown = connector.shown("users", &id, "onPremisesLastSyncDateTime").await;
    assert_eq!(shown["onPremisesLastSyncDateTime"], "2026-11-22T09:14:00Z");
}

#[tokio::test]
async fn a_deleted_user_waits_in_the_bin_and_comes_back_by_its_anchor() {
    let connector = Connector::of("").await;
    let (id, _) = connector.write(user(1, "anna")).await;
    connector.write(delete(SyncObjectType::User, 1)).await;
    assert_eq!(connector.graph.get(&format!("/users/{id}")).await.status, 404);
    assert_eq!(connector.graph.get(&format!("/directory/deletedItems/{id}")).await.status, 200);
    assert_eq!(connector.fail(delete(SyncObjectType::User, 1)).await, "114");
    let (back, _) = connector.write(user(1, "anna.b")).await;
    assert_eq!(back, id);
    let shown = connector.shown("users", &id, "userPrincipalName,onPremisesSyncEnabled").await;
    assert_eq!(shown, json!({ "userPrincipalName": "anna.b@contoso.com", "onPremisesSyncEnabled": true }));
    connector.write(delete(SyncObjectType::User, 1)).await;
    connector.graph.advance(31 * 24 * 3600);
    let later = Connector {
        token: super::connector::token(&connector.graph, "6bf85cfa-ac8a-4be5-b5de-425a0d0dc016/.default")
            .await,
        ..connector
    };
    let (fresh, _) = later.write(user(1, "anna")).await;
    assert_ne!(fresh, id);
}

#[tokio::test]
async fn graph_does_not_write_what_the_connector_masters() {
    let connector = Connector::of("").await;
    let (id, _) = connector.write(user(1, "anna")).await;
    let (other, _) = connector.write(super::connector::group(2, "staff")).await;
    let refused = "Unable to update the specified properties for on-premises mastered Directory Sync objects or \
        objects currently undergoing migration.";
    let path = format!("/users/{id}");
    connector.graph.patch(&path, json!({ "jobTitle": "x" })).await.refused(
        400,
        "Request_BadRequest",
        refused,
    );
    assert_eq!(connector.graph.patch(&path, json!({ "usageLocation": "DE" })).await.status, 204);
    let reply = connector.graph.patch(&format!("/groups/{other}"), json!({ "description": "x" })).await;
    reply.refused(400, "Request_BadRequest", refused);
    connector.graph.add_member(&other, &id).await.refused(400, "Request_BadRequest", refused);
    // What Graph deletes and restores is out of scope until the next Set.
    assert_eq!(connector.graph.delete(&path).await.status, 204);
    let restore = format!("/directory/deletedItems/{id}/restore");
    assert_eq!(connector.graph.post(&restore, json!({})).await.status, 200);
    assert_eq!(connector.shown("users", &id, "onPremisesSyncEnabled").await["onPremisesSyncEnabled"], false);
    connector.write(user(1, "anna")).await;
    assert_eq!(connector.shown("users", &id, "onPremisesSyncEnabled").await["onPremisesSyncEnabled"], true);
}

#[tokio::test]
async fn an_anchor_stays_with_its_object() {
    let connector = Connector::of("").await;
    let (id, _) = connector.write(user(1, "anna")).await;
    let mut moved = user(2, "anna");
    moved.properties.push(("CloudAnchor".to_owned(), text(&format!("User_{id}"))));
    assert_eq!(connector.fail(moved).await, "DataValidationFailed");
    for bad in ["", "with space", &"x".repeat(60), "=="] {
        let object = SyncObject::new(SyncObjectType::User, SyncOperation::Set, bad);
        assert_eq!(connector.fail(object).await, "DataValidationFailed", "{bad:?}");
    }
}

#[tokio::test]
async fn wrong_values_fail_the_object_and_not_the_batch() {
    let connector = Connector::of("").await;
    for (name, value, code) in [
        ("noSuchAttribute", text("x"), "DataValidationFailed"),
        ("accountEnabled", text("true"), "DataValidationFailed"),
        ("proxyAddresses", text("SMTP:a@contoso.com"), "DataValidationFailed"),
        ("usageLocation", text("Germany"), "ExceededAllowedLength"),
        ("usageLocation", text("ZZ"), "DataValidationFailed"),
        ("displayName", text(&"x".repeat(257)), "ExceededAllowedLength"),
        ("userPrincipalName", text("no-at-sign"), "IdentityDataValidationFailed"),
        ("userCertificate", PropertyValue::ByteLists(vec![vec![1]; 16]), "LargeObject"),
        ("proxyAddresses", PropertyValue::Texts(vec!["smtp:a@b.c".to_owned(); 333]), "LargeObject"),
        ("onPremiseSecurityIdentifier", PropertyValue::Bytes(vec![1, 9, 0]), "DataValidationFailed"),
        ("manager", text("unknown"), "DataValidationFailed"),
    ] {
        assert_eq!(connector.fail(user_with(1, "anna", name, value)).await, code, "{name}");
    }
    let results =
        connector.export(vec![user_with(1, "anna", "usageLocation", text("ZZ")), user(2, "ben")]).await;
    let codes: Vec<&str> = results.iter().map(|it| it.code.name()).collect();
    assert_eq!(codes, ["Failure", "Success"]);
    assert_eq!(results[0].source_anchor, Some(anchor(1)));
}

#[tokio::test]
async fn names_are_made_of_what_there_is() {
    let connector = Connector::of("").await;
    for (n, properties, name) in [
        (1, vec![("userPrincipalName", text("anna@elsewhere.example"))], "anna@contoso.onmicrosoft.com"),
        (2, vec![("userPrincipalName", text("be n@contoso.com"))], "ben@contoso.onmicrosoft.com"),
        (3, vec![("mail", text("cleo@contoso.com"))], "cleo@contoso.onmicrosoft.com"),
        (
            4,
            vec![("userPrincipalName", text("d@x.example")), ("alias", text("dora"))],
            "dora@contoso.onmicrosoft.com",
        ),
        (
            5,
            vec![
                ("userPrincipalName", text("e@x.example")),
                ("proxyAddresses", texts(&["SMTP:emil@contoso.com"])),
            ],
            "emil@contoso.onmicrosoft.com",
        ),
    ] {
        let (id, _) = connector.write(set(SyncObjectType::User, n, &properties)).await;
        assert_eq!(connector.shown("users", &id, "userPrincipalName").await["userPrincipalName"], name);
    }
}
