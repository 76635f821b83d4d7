//! The switches for directory synchronisation.

use serde_json::json;

use super::client::{Client, options};

const PATH: &str = "/directory/onPremisesSynchronization";

#[tokio::test]
async fn a_feature_is_switched_and_stays_so() {
    let folder = tempfile::tempdir().unwrap();
    let with_file = || {
        let mut options = options("");
        options.state_file = Some(folder.path().join("tenant.json"));
        options
    };
    let client = Client::with(with_file()).await;
    let path = format!("{PATH}/{}", client.sandbox.tenant_id());
    let body = json!({
        "features": { "blockSoftMatchEnabled": true },
        "configuration": { "accidentalDeletionPrevention": { "synchronizationPreventionType": "enabledForPercentage", "alertThreshold": 10 } },
    });
    assert_eq!(client.patch(&path, body).await.status, 204);
    client.sandbox.shutdown().await.unwrap();
    let again = Client::with(with_file()).await;
    let read = again.get(&path).await;
    assert_eq!(read.body["features"]["blockSoftMatchEnabled"], true);
    assert_eq!(read.body["features"]["softMatchOnUpnEnabled"], true);
    assert_eq!(read.body["configuration"]["accidentalDeletionPrevention"]["alertThreshold"], 10);
}

#[tokio::test]
async fn some_features_cannot_be_turned_off_and_unknown_ones_are_refused() {
    let client = Client::of("").await;
    let path = format!("{PATH}/{}", client.sandbox.tenant_id());
    for features in [
        json!({ "blockSoftMatchEnabled": true, "softMatchOnUpnEnabled": false }),
        json!({ "unicornsEnabled": true }),
        json!({ "blockSoftMatchEnabled": "yes" }),
    ] {
        assert_eq!(client.patch(&path, json!({ "features": features })).await.status, 400);
    }
    let prevention = json!({ "configuration": { "accidentalDeletionPrevention": { "synchronizationPreventionType": "sometimes" } } });
    assert_eq!(client.patch(&path, prevention).await.status, 400);
    assert_eq!(client.get(&path).await.body["features"]["blockSoftMatchEnabled"], false);
    assert_eq!(client.patch(&format!("{PATH}/elsewhere"), json!({})).await.status, 404);
    assert_eq!(client.patch(PATH, json!({})).await.status, 405);
}

#[tokio::test]
async fn switching_takes_more_than_reading() {
    const APPS: &str = "
apps:
  - { clientId: 11111111-2222-3333-4444-555555555555, secret: anything, roles: [OnPremDirectorySynchronization.Read.All] }
";
    let client = Client::of(APPS).await;
    assert_eq!(client.get(PATH).await.status, 200);
    let path = format!("{PATH}/{}", client.sandbox.tenant_id());
    assert_eq!(client.patch(&path, json!({ "features": {} })).await.status, 403);
}
