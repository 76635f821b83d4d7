//! Values that somebody else holds, and addresses that the service calculates.

use samesign::wire::provisioning::{PropertyValue, SyncObjectType};
use serde_json::{Value, json};

use super::connector::{Connector, delete, set, text, texts, token, user, user_with};

#[tokio::test]
async fn a_taken_name_is_replaced_and_given_back_when_it_is_free() {
    let mut connector = Connector::of("").await;
    connector.write(user(1, "anna")).await;
    let (id, warning) = connector.write(user(2, "anna")).await;
    assert!(warning.unwrap().contains("[UserPrincipalName anna@contoso.com;]"));
    let name = || async {
        connector.shown("users", &id, "userPrincipalName").await["userPrincipalName"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    let placeholder = name().await;
    assert!(
        placeholder.starts_with("anna+") && placeholder.ends_with("@contoso.onmicrosoft.com"),
        "{placeholder}"
    );
    assert_eq!(placeholder.len(), "anna+1234@contoso.onmicrosoft.com".len());
    let shown = connector.shown("users", &id, "onPremisesProvisioningErrors").await;
    let expected = json!([{
        "category": "PropertyConflict",
        "occurredDateTime": "2026-11-22T09:14:00Z",
        "propertyCausingError": "UserPrincipalName",
        "value": "anna@contoso.com",
    }]);
    assert_eq!(shown["onPremisesProvisioningErrors"], expected);
    connector.graph.advance(60);
    connector.write(user(2, "anna")).await;
    assert_eq!(name().await, placeholder);
    connector.write(delete(SyncObjectType::User, 1)).await;
    connector.graph.advance(3_600);
    connector.graph.sign_in(super::connector::APP, "anything").await;
    let shown = connector.shown("users", &id, "userPrincipalName,onPremisesProvisioningErrors").await;
    assert_eq!(shown, json!({ "userPrincipalName": "anna@contoso.com", "onPremisesProvisioningErrors": [] }));
    connector.token = token(&connector.graph, "6bf85cfa-ac8a-4be5-b5de-425a0d0dc016/.default").await;
    assert!(connector.write(user(1, "anna")).await.1.is_some());
}

#[tokio::test]
async fn a_taken_address_is_left_out() {
    let connector = Connector::of("").await;
    connector
        .write(user_with(
            1,
            "anna",
            "proxyAddresses",
            texts(&["SMTP:anna@contoso.com", "smtp:team@contoso.com"]),
        ))
        .await;
    let sent =
        user_with(2, "ben", "proxyAddresses", texts(&["SMTP:ben@contoso.com", "smtp:TEAM@contoso.com"]));
    let (id, warning) = connector.write(sent).await;
    assert!(warning.unwrap().contains("ProxyAddress smtp:TEAM@contoso.com"));
    let shown = connector.shown("users", &id, "proxyAddresses,onPremisesProvisioningErrors").await;
    assert_eq!(shown["proxyAddresses"], json!(["SMTP:ben@contoso.com"]));
    assert_eq!(shown["onPremisesProvisioningErrors"][0]["propertyCausingError"], "ProxyAddress");
    let filter = "/users?$filter=onPremisesProvisioningErrors/any(o:o/category eq 'PropertyConflict')";
    assert_eq!(connector.graph.get(filter).await.each("displayName"), ["ben"]);
    let filter = "/users?$filter=onPremisesProvisioningErrors/any(o:o eq 'PropertyConflict')";
    assert_eq!(connector.graph.get(filter).await.status, 400);
    let filter = "/users?$filter=onPremisesSyncEnabled eq true&$select=displayName";
    assert_eq!(connector.graph.get(filter).await.each("displayName"), ["anna", "ben"]);
    // It goes to whoever asks once the holder lets go.
    connector.write(set(SyncObjectType::User, 1, &[("proxyAddresses", PropertyValue::Nil)])).await;
    let (_, warning) = connector.write(set(SyncObjectType::User, 2, &[("title", text("x"))])).await;
    assert_eq!(warning, None);
    let shown = connector.shown("users", &id, "proxyAddresses").await;
    assert_eq!(shown["proxyAddresses"], json!(["SMTP:ben@contoso.com", "smtp:TEAM@contoso.com"]));
}

#[tokio::test]
async fn a_tenant_without_quarantine_refuses_what_is_taken() {
    let connector = Connector::of("provisioning: { features: { quarantineUponUpnConflictEnabled: false, quarantineUponProxyAddressesConflictEnabled: false } }").await;
    connector.write(user_with(1, "anna", "mail", text("anna@contoso.com"))).await;
    connector.write(user(2, "ben")).await;
    let renamed = set(SyncObjectType::User, 2, &[("userPrincipalName", text("anna@contoso.com"))]);
    assert_eq!(connector.fail(renamed).await, "AttributeValueMustBeUnique");
    let readdressed = set(SyncObjectType::User, 2, &[("mail", text("anna@contoso.com"))]);
    assert_eq!(connector.fail(readdressed).await, "AttributeValueMustBeUnique");
}

#[tokio::test]
async fn addresses_are_calculated_from_what_was_sent() {
    let connector = Connector::of("").await;
    for (n, properties, mail, addresses) in [
        (1, vec![("mail", text("m1@contoso.com"))], json!("m1@contoso.com"), json!(["SMTP:m1@contoso.com"])),
        (
            2,
            vec![
                ("mail", text("other@contoso.com")),
                (
                    "proxyAddresses",
                    texts(&[
                        "smtp:second@contoso.com",
                        "SMTP:p2@contoso.com",
                        "smtp:x@contoso.onmicrosoft.com",
                        "X400:c=US;a= ;p=Contoso",
                        "noprefix@contoso.com",
                        "smtp:with space@contoso.com",
                        "sip:p2@contoso.com",
                    ]),
                ),
            ],
            json!("p2@contoso.com"),
            json!(["SMTP:p2@contoso.com", "smtp:second@contoso.com", "sip:p2@contoso.com"]),
        ),
        (3, vec![], Value::Null, json!([])),
        (4, vec![("mail", text("x@contoso.onmicrosoft.com"))], Value::Null, json!([])),
    ] {
        let mut object = user(n, &format!("u{n}"));
        object.properties.extend(properties.into_iter().map(|(name, value)| (name.to_owned(), value)));
        let (id, _) = connector.write(object).await;
        let shown = connector.shown("users", &id, "mail,proxyAddresses").await;
        assert_eq!(shown, json!({ "mail": mail, "proxyAddresses": addresses }), "{n}");
    }
}

#[tokio::test]
async fn a_licence_for_exchange_adds_addresses() {
    const SEED: &str = "
skus:
  - { skuId: 6fd2c87f-b296-42f0-b197-1e91e994b900, skuPartNumber: ENTERPRISEPACK, enabled: 9, plans: { EXCHANGE_S_ENTERPRISE: efb87545-963c-4e0d-99df-69c6916d9eb0 } }
";
    let connector = Connector::of(SEED).await;
    let mut object = user_with(1, "u1", "usageLocation", text("DE"));
    object.properties.push(("mail".to_owned(), text("m1@contoso.com")));
    let (id, _) = connector.write(object).await;
    let sku = "6fd2c87f-b296-42f0-b197-1e91e994b900";
    let path = format!("/users/{id}/assignLicense");
    let body = json!({ "addLicenses": [{ "skuId": sku, "disabledPlans": [] }], "removeLicenses": [] });
    assert_eq!(connector.graph.post(&path, body).await.status, 200);
    let shown = || connector.shown("users", &id, "mail,proxyAddresses");
    let all = json!(["SMTP:m1@contoso.com", "smtp:u1@contoso.com", "smtp:m1@contoso.onmicrosoft.com"]);
    assert_eq!(shown().await, json!({ "mail": "m1@contoso.com", "proxyAddresses": all }));
    // The address that the service gave stays when others change.
    let change = [("mail", text("new@contoso.com")), ("alias", text("new"))];
    connector.write(set(SyncObjectType::User, 1, &change)).await;
    let all = json!(["SMTP:new@contoso.com", "smtp:u1@contoso.com", "smtp:m1@contoso.onmicrosoft.com"]);
    assert_eq!(shown().await["proxyAddresses"], all);
    connector.write(set(SyncObjectType::User, 1, &[("mail", PropertyValue::Nil)])).await;
    let body = json!({ "addLicenses": [], "removeLicenses": [sku] });
    assert_eq!(connector.graph.post(&path, body).await.status, 200);
    let only = json!(["SMTP:m1@contoso.onmicrosoft.com"]);
    assert_eq!(shown().await, json!({ "mail": "m1@contoso.onmicrosoft.com", "proxyAddresses": only }));
}

#[tokio::test]
async fn a_licensed_user_is_renamed_only_where_the_tenant_says_so() {
    for on in [true, false] {
        let seed = format!(
            "
skus: [{{ skuPartNumber: P, enabled: 9 }}]
users: [{{ userPrincipalName: anna@contoso.com, origin: onPremSynced, licences: [P], onPremisesImmutableId: AAAA000000000000000001== }}]
provisioning: {{ features: {{ synchronizeUpnForManagedUsersEnabled: {on} }} }}
"
        );
        let connector = Connector::of(&seed).await;
        let (id, _) = connector.write(user(1, "ann")).await;
        let name = if on { "ann@contoso.com" } else { "anna@contoso.com" };
        assert_eq!(connector.shown("users", &id, "userPrincipalName").await["userPrincipalName"], name);
    }
}
