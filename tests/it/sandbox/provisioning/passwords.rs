//! Password hashes: their form, whose they are, and that they are not kept.

use jiff::Timestamp;
use samesign::model::Secret;
use samesign::sandbox::Replication;
use samesign::wire::provisioning::{Answer, CredentialChange, Request};
use serde_json::json;

use super::connector::{Connector, anchor, user};
use crate::sandbox::client::options;

const HASH: &str = "7eaea8e1628dffee62cf319f4e1fc05254da30a1d42ff755ff352f5b13497531";

fn change(n: u32, credential: &str) -> CredentialChange {
    CredentialChange {
        changed_at: "2026-11-21T03:00:00Z".parse::<Timestamp>().unwrap(),
        cloud_anchor: None,
        credential: Secret::new(credential.to_owned()),
        must_change: false,
        source_anchor: Some(anchor(n)),
    }
}

fn good(n: u32) -> CredentialChange {
    change(n, &format!("v1;PPH1_MD4,317ee9d1dec6508fa510,1000,{HASH};"))
}

async fn results(connector: &Connector, items: Vec<CredentialChange>) -> Vec<String> {
    match connector.ask(&Request::ProvisionCredentials(items)).await {
        Ok(Answer::Credentials(results)) => results.into_iter().map(|it| it.result).collect(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn each_hash_has_its_own_result_and_is_not_kept() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tenant.json");
    let mut options = options("onPremisesSyncEnabled: true");
    options.state_file = Some(path.clone());
    let connector = Connector::with(options).await;
    let (id, _) = connector.write(user(1, "anna")).await;
    let mut by_cloud = good(9);
    by_cloud.cloud_anchor = Some(format!("User_{id}"));
    let items =
        vec![good(1), good(2), by_cloud, change(1, HASH), change(1, &format!("v1;PPH1_MD4,00,1000,{HASH};"))];
    assert_eq!(results(&connector, items).await, ["0", "1", "0", "1", "1"]);
    assert!(results(&connector, Vec::new()).await.is_empty());
    let shown = connector.shown("users", &id, "lastPasswordChangeDateTime,passwordPolicies").await;
    let expected = json!({
        "lastPasswordChangeDateTime": "2026-11-21T03:00:00Z", "passwordPolicies": "DisablePasswordExpiration",
    });
    assert_eq!(shown, expected);
    let audit = serde_json::to_string(&connector.graph.sandbox.audit()).unwrap();
    let Connector { graph, .. } = connector;
    graph.sandbox.shutdown().await.unwrap();
    #[expect(clippy::disallowed_methods, reason = "the test looks for what must not be there")]
    let state = std::fs::read_to_string(path).unwrap();
    assert!(!state.contains(HASH) && !audit.contains(HASH));
}

#[tokio::test]
async fn a_new_user_has_to_be_replicated_first() {
    let connector = Connector::of("").await;
    connector.graph.sandbox.set_replication(Replication { reference_ms: 5_000, ..Replication::default() });
    connector.write(user(1, "anna")).await;
    assert_eq!(results(&connector, vec![good(1)]).await, ["1"]);
    connector.graph.advance(6);
    assert_eq!(results(&connector, vec![good(1)]).await, ["0"]);
}

#[tokio::test]
async fn the_feature_has_to_be_on_and_the_request_not_too_long() {
    let connector = Connector::of("provisioning: { features: { passwordSyncEnabled: false } }").await;
    let (code, text) = connector.refused(&Request::ProvisionCredentials(vec![good(1)])).await;
    assert_eq!(code, "90");
    assert_eq!(text, "Password Synchronization has not been activated for this company.");
    let connector = Connector::of("").await;
    let (_, text) = connector.refused(&Request::ProvisionCredentials(vec![good(1); 51])).await;
    assert_eq!(text, "The request has more than 50 items.");
}
