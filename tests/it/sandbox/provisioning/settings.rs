//! The tenant's settings, which Graph shows under other names.

use samesign::wire::provisioning::{Answer, CompanyConfiguration, DirSyncFeatures, Request};
use serde_json::json;

use super::connector::Connector;
use crate::sandbox::client::options;

async fn read(connector: &Connector) -> CompanyConfiguration {
    match connector.ask(&Request::GetCompanyConfiguration { include_license_information: true }).await {
        Ok(Answer::CompanyConfiguration(it)) => *it,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_configuration_says_what_the_tenant_is() {
    let connector = Connector::of("").await;
    let found = read(&connector).await;
    assert_eq!(found.display_name.as_deref(), Some("Contoso"));
    assert_eq!((found.is_dir_syncing, found.is_password_syncing), (Some(true), Some(true)));
    assert_eq!(found.links_per_batch_max, Some(15_000));
    assert_eq!(found.synchronization_interval.as_deref(), Some("PT30M"));
    assert_eq!(found.features, Some(DirSyncFeatures(1 + 8 + 16 + 32 + 8_192)));
    let guard = found.deletion_prevention;
    assert_eq!((guard.mode.as_deref(), guard.threshold_count), (Some("EnabledForCount"), Some(500)));
}

#[tokio::test]
async fn features_are_one_set_of_switches() {
    let folder = tempfile::tempdir().unwrap();
    let with_file = || {
        let mut options = options("onPremisesSyncEnabled: true");
        options.state_file = Some(folder.path().join("tenant.json"));
        options
    };
    let connector = Connector::with(with_file()).await;
    let path = format!("/directory/onPremisesSynchronization/{}", connector.graph.sandbox.tenant_id());
    let before = read(&connector).await.features.unwrap();
    let pass_through = DirSyncFeatures::PASS_THROUGH_AUTHENTICATION;
    let wanted = before.with(DirSyncFeatures::BLOCK_SOFT_MATCH).with(pass_through);
    assert_eq!(connector.ask(&Request::SetCompanyDirsyncFeatures(wanted)).await, Ok(Answer::FeaturesSet));
    assert_eq!(connector.graph.get(&path).await.body["features"]["blockSoftMatchEnabled"], true);
    let change = json!({
        "features": { "passwordSyncEnabled": false },
        "configuration": { "accidentalDeletionPrevention": { "synchronizationPreventionType": "enabledForPercentage", "alertThreshold": 10 } },
    });
    assert_eq!(connector.graph.patch(&path, change).await.status, 204);
    let Connector { graph, .. } = connector;
    graph.sandbox.shutdown().await.unwrap();
    let connector = Connector::with(with_file()).await;
    let found = read(&connector).await;
    assert_eq!(found.features, Some(wanted.without(DirSyncFeatures::PASSWORD_HASH_SYNC)));
    assert_eq!(found.is_password_syncing, Some(false));
    assert_eq!(found.deletion_prevention.threshold_percentage, Some(10));
}

#[tokio::test]
async fn what_cannot_be_turned_off_stays_on() {
    let connector = Connector::of("").await;
    let (_, text) = connector.refused(&Request::SetCompanyDirsyncFeatures(DirSyncFeatures(1))).await;
    assert!(text.contains("cannot be turned off again"), "{text}");
    assert_eq!(read(&connector).await.features, Some(DirSyncFeatures(1 + 8 + 16 + 32 + 8_192)));
}

#[tokio::test]
async fn the_end_of_an_export_is_remembered() {
    let connector = Connector::of("").await;
    assert_eq!(read(&connector).await.client_version, None);
    let end = |total, successful| Request::FinalizeExport { total, successful };
    assert_eq!(connector.ask(&end(2, 1)).await, Ok(Answer::ExportFinalized));
    assert_eq!(read(&connector).await.client_version.as_deref(), Some("2.6.84.0"));
    let shown = connector.graph.get("/organization").await;
    assert_eq!(shown.body["value"][0]["onPremisesLastSyncDateTime"], "2026-11-22T09:14:00Z");
    connector.refused(&end(1, 2)).await;
}
