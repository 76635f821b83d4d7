//! Which objects of the tenant are taken over, and which are not.

use samesign::wire::provisioning::{PropertyValue, SyncObject, SyncObjectType};
use serde_json::json;

use super::connector::{Connector, anchor, group, set, text, texts, user, user_with};

const CLOUD: &str = "
users:
  - { id: 00000000-0000-4000-8000-00000000000a, userPrincipalName: anna@contoso.com, mail: anna@contoso.com, jobTitle: Kept, department: Cloud, onPremisesImmutableId: AAAA000000000000000001==, DIR }
";
const ID: &str = "00000000-0000-4000-8000-00000000000a";

fn cloud(more: &str) -> String {
    CLOUD.replace(", DIR", more)
}

fn without_anchor(more: &str) -> String {
    cloud(more).replace(", onPremisesImmutableId: AAAA000000000000000001==", "")
}

async fn block(connector: &Connector, feature: &str) {
    let path = format!("/directory/onPremisesSynchronization/{}", connector.graph.sandbox.tenant_id());
    assert_eq!(connector.graph.patch(&path, json!({ "features": { feature: true } })).await.status, 204);
}

#[tokio::test]
async fn a_hard_match_takes_a_cloud_user_over() {
    let connector = Connector::of(&cloud("")).await;
    let (id, _) = connector.write(user_with(1, "renamed", "department", text("AD"))).await;
    assert_eq!(id, ID);
    let shown =
        connector.shown("users", ID, "userPrincipalName,department,jobTitle,onPremisesSyncEnabled").await;
    let expected = json!({
        "userPrincipalName": "renamed@contoso.com", "department": "AD", "jobTitle": "Kept", "onPremisesSyncEnabled": true,
    });
    assert_eq!(shown, expected);
}

#[tokio::test]
async fn a_hard_match_can_be_blocked() {
    let connector = Connector::of(&cloud("")).await;
    block(&connector, "blockCloudObjectTakeoverThroughHardMatchEnabled").await;
    assert_eq!(connector.fail(user(1, "anna")).await, "InvalidHardMatch");
    for more in [
        ", admin: true",
        ", eligibleDirectoryRoles: [User Administrator]",
        ", onPremisesObjectIdentifier: other",
        ", origin: soaConverted",
    ] {
        let connector = Connector::of(&cloud(more)).await;
        let sent = user_with(1, "anna", "onPremisesObjectIdentifier", text("mine"));
        assert_eq!(connector.fail(sent.clone()).await, "InvalidHardMatch", "{more}");
        if !more.contains("soa") {
            block(&connector, "allowOnPremUpdateOfOnPremisesObjectIdentifierEnabled").await;
            assert_eq!(connector.write(sent).await.0, ID, "{more}");
        }
    }
}

#[tokio::test]
async fn the_identifier_of_an_object_does_not_change() {
    let connector = Connector::of("").await;
    let sent = |id| user_with(1, "anna", "onPremisesObjectIdentifier", text(id));
    connector.write(sent("one")).await;
    connector.write(sent("one")).await;
    assert_eq!(connector.fail(sent("two")).await, "InvalidHardMatch");
    block(&connector, "allowOnPremUpdateOfOnPremisesObjectIdentifierEnabled").await;
    connector.write(sent("two")).await;
}

#[tokio::test]
async fn a_user_that_was_synchronised_is_taken_back() {
    let connector = Connector::of(&cloud(", origin: formerlySynced")).await;
    block(&connector, "blockCloudObjectTakeoverThroughHardMatchEnabled").await;
    assert_eq!(connector.write(user(1, "anna")).await.0, ID);
}

#[tokio::test]
async fn a_soft_match_goes_by_primary_address_and_by_name() {
    for sent in [user_with(7, "other", "proxyAddresses", texts(&["SMTP:Anna@contoso.com"])), user(7, "Anna")]
    {
        let connector = Connector::of(&without_anchor("")).await;
        assert_eq!(connector.write(sent).await.0, ID);
        let shown = connector.shown("users", ID, "onPremisesImmutableId,jobTitle").await;
        assert_eq!(shown, json!({ "onPremisesImmutableId": anchor(7), "jobTitle": "Kept" }));
    }
}

#[tokio::test]
async fn a_soft_match_can_be_blocked() {
    let blocked = Connector::of(&without_anchor("")).await;
    block(&blocked, "blockSoftMatchEnabled").await;
    let (id, warning) = blocked.write(user(7, "anna")).await;
    assert_ne!(id, ID);
    assert!(warning.unwrap().contains("UserPrincipalName anna@contoso.com"));
    let admin = Connector::of(&without_anchor(", admin: true")).await;
    assert_eq!(admin.fail(user(7, "anna")).await, "ExistingAdminRoleConflict");
    let secondary =
        Connector::of(&without_anchor(", proxyAddresses: ['SMTP:a@contoso.com', 'smtp:b@contoso.com']"))
            .await;
    let (id, warning) = secondary.write(user_with(7, "b", "mail", text("b@contoso.com"))).await;
    assert_ne!(id, ID);
    assert!(warning.unwrap().contains("ProxyAddress SMTP:b@contoso.com"));
}

#[tokio::test]
async fn a_name_matches_only_where_the_tenant_says_so() {
    let seed =
        format!("{}provisioning: {{ features: {{ softMatchOnUpnEnabled: false }} }}", without_anchor(""));
    let connector = Connector::of(&seed).await;
    let (id, warning) = connector.write(user(7, "anna")).await;
    assert!(id != ID && warning.is_some());
}

#[tokio::test]
async fn who_has_another_anchor_is_not_matched() {
    let connector = Connector::of(&cloud("")).await;
    assert!(connector.write(user(7, "anna")).await.1.is_some());
    let strict = "provisioning: { features: { quarantineUponUpnConflictEnabled: false, quarantineUponProxyAddressesConflictEnabled: false } }";
    let connector = Connector::of(&format!("{}{strict}", cloud(""))).await;
    assert_eq!(connector.fail(user(7, "anna")).await, "InvalidSoftMatch");
    let by_address = user_with(8, "other", "mail", text("anna@contoso.com"));
    assert_eq!(connector.fail(by_address).await, "InvalidSoftMatch");
}

#[tokio::test]
async fn an_object_of_another_type_is_not_matched() {
    let connector = Connector::of(&without_anchor("")).await;
    let mail = || ("mail", text("anna@contoso.com"));
    for kind in [SyncObjectType::Group, SyncObjectType::Contact] {
        let sent = set(kind, 7, &[("displayName", text("x")), mail()]);
        assert_eq!(connector.fail(sent).await, "ObjectTypeMismatch");
    }
}

#[tokio::test]
async fn groups_match_by_address_and_by_nothing_else() {
    const SEED: &str = "
groups:
  - { id: 00000000-0000-4000-8000-00000000000a, displayName: list, mailEnabled: true, securityEnabled: false, mail: list@contoso.com, proxyAddresses: ['SMTP:list@contoso.com'] }
  - { displayName: plain }
";
    let connector = Connector::of(SEED).await;
    let mut list = group(1, "list");
    list.properties.push(("mail".to_owned(), text("list@contoso.com")));
    assert_eq!(connector.write(list).await.0, ID);
    connector.write(group(2, "plain")).await;
    assert_eq!(connector.graph.get("/groups").await.each("displayName"), ["list", "plain", "plain"]);
}

#[tokio::test]
async fn matching_is_for_the_first_time_only() {
    let connector = Connector::of(&without_anchor("")).await;
    let (id, _) = connector.write(user(7, "ben")).await;
    let renamed =
        SyncObject { ..set(SyncObjectType::User, 7, &[("userPrincipalName", text("anna@contoso.com"))]) };
    let (same, warning) = connector.write(renamed).await;
    assert_eq!(same, id);
    assert!(warning.is_some());
    let device = set(SyncObjectType::Device, 9, &[("displayName", PropertyValue::Nil)]);
    assert_eq!(connector.fail(device).await, "DataValidationFailed");
}
