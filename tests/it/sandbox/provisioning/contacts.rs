//! Contacts: the connector writes them, Graph reads them.

use reqwest::Method;
use samesign::wire::provisioning::{LinkOperation, PropertyValue, SyncObject, SyncObjectType};
use serde_json::json;

use super::connector::{Connector, delete, group, links, set, text};

fn contact(n: u32) -> SyncObject {
    set(
        SyncObjectType::Contact,
        n,
        &[
            ("displayName", text("Petra Partner")),
            ("mail", text("petra@partner.example")),
            ("city", text("Bern")),
            ("mobile", text("+41 1")),
            ("company", text("Partner")),
        ],
    )
}

#[tokio::test]
async fn a_contact_shows_in_graph_and_graph_does_not_write_it() {
    let connector = Connector::of("").await;
    let (id, _) = connector.write(contact(1)).await;
    let shown = connector.graph.get("/contacts").await.body["value"][0].clone();
    assert_eq!(shown["displayName"], "Petra Partner");
    assert_eq!(shown["proxyAddresses"], json!(["SMTP:petra@partner.example"]));
    assert_eq!(shown["addresses"][0]["city"], "Bern");
    assert_eq!(shown["phones"], json!([{ "type": "mobile", "number": "+41 1" }]));
    assert_eq!((&shown["companyName"], &shown["onPremisesSyncEnabled"]), (&json!("Partner"), &json!(true)));
    let path = format!("/contacts/{id}");
    for method in [Method::PATCH, Method::DELETE] {
        assert_eq!(connector.graph.send(method, &path, &[], Some(json!({}))).await.status, 405);
    }
    assert_eq!(connector.graph.post("/contacts", json!({})).await.status, 405);
    assert_eq!(connector.graph.delete(&format!("/directoryObjects/{id}")).await.status, 405);
    let cleared = [("city", PropertyValue::Nil), ("mobile", PropertyValue::Nil)];
    connector.write(set(SyncObjectType::Contact, 1, &cleared)).await;
    let shown = connector.shown("contacts", &id, "addresses,phones").await;
    assert_eq!(shown, json!({ "addresses": [], "phones": [] }));
}

#[tokio::test]
async fn a_contact_is_a_member_and_its_end_is_told_by_delta() {
    let connector = Connector::of("").await;
    let mut staff = group(2, "staff");
    staff.properties.push(("member".to_owned(), links(&[(1, LinkOperation::Add)])));
    let results = connector.export(vec![contact(1), staff]).await;
    let id = results[1].cloud_anchor.clone().unwrap().replace("Group_", "");
    let members = connector.graph.get(&format!("/groups/{id}/members")).await;
    assert_eq!(members.body["value"][0]["@odata.type"], "#microsoft.graph.orgContact");
    let delta = connector.graph.get("/contacts/delta").await;
    assert_eq!(delta.body["value"].as_array().unwrap().len(), 1);
    connector.write(delete(SyncObjectType::Contact, 1)).await;
    let next = connector.graph.get(delta.body["@odata.deltaLink"].as_str().unwrap()).await;
    assert_eq!(next.body["value"][0]["@removed"]["reason"], "deleted");
    assert!(connector.graph.get(&format!("/groups/{id}/members")).await.each("id").is_empty());
}

#[tokio::test]
async fn a_seed_declares_objects_as_the_connector_left_them() {
    const SEED: &str = "
users:
  - { userPrincipalName: anna@contoso.com, origin: onPremSynced, onPremisesImmutableId: AAAA000000000000000001== }
groups:
  - { displayName: staff, origin: onPremSynced, sourceAnchor: AAAA000000000000000002== }
contacts:
  - { displayName: petra, mail: petra@partner.example, origin: onPremSynced, sourceAnchor: AAAA000000000000000003== }
";
    let connector = Connector::of(SEED).await;
    let change = |kind, n| set(kind, n, &[("displayName", text("changed"))]);
    for (kind, n, collection) in [
        (SyncObjectType::User, 1, "users"),
        (SyncObjectType::Group, 2, "groups"),
        (SyncObjectType::Contact, 3, "contacts"),
    ] {
        let (id, _) = connector.write(change(kind, n)).await;
        let all = connector.graph.get(&format!("/{collection}")).await;
        assert_eq!((all.each("displayName"), all.each("id")), (vec!["changed".to_owned()], vec![id]));
    }
    let shown = connector.graph.get("/users/anna@contoso.com").await;
    assert_eq!(shown.status, 200);
    assert_eq!(connector.graph.get("/contacts").await.each("mail"), ["petra@partner.example"]);
}
