//! Password hashes: their form, whose they are, who gets in with them, and that they are not kept.

use jiff::Timestamp;
use samesign::model::Secret;
use samesign::sandbox::{Replication, SandboxOptions};
use samesign::wire::password::{NtHash, credential};
use samesign::wire::provisioning::{Answer, CredentialChange, CredentialResult, Request, SyncObjectType};
use serde_json::{Value, json};

use super::connector::{APP, Connector, anchor, delete, group, user};
use crate::sandbox::client::options;
use crate::sandbox::sign_in::{state_after, try_in};

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

/// Of `Grüße 🦀`, made with another implementation of MD4 and PBKDF2.
const BEYOND_ASCII: &str =
    "v1;PPH1_MD4,00010203040506070809,1000,456c3f54d9b51f66085e64b72f05d305ab4fca812fc93441a035ec68ffd65664;";

/// The vectors of the reference: a password and what is sent of it.
fn vectors() -> Vec<(String, String)> {
    let vectors: Vec<Value> = serde_json::from_str(include_str!("../../../vectors/phs.json")).unwrap();
    let read = |it: &Value| {
        let password = it["password"].as_str().unwrap_or("Pa$$w0rd");
        let credential = it["credential_data"].as_str().unwrap();
        (password.to_owned(), credential.to_owned())
    };
    let beyond_ascii = ("Grüße 🦀".to_owned(), BEYOND_ASCII.to_owned());
    [beyond_ascii].into_iter().chain(vectors.iter().map(read)).collect()
}

async fn ask(connector: &Connector, items: Vec<CredentialChange>) -> Vec<CredentialResult> {
    match connector.ask(&Request::ProvisionCredentials(items)).await {
        Ok(Answer::Credentials(results)) => results,
        other => panic!("{other:?}"),
    }
}

async fn results(connector: &Connector, items: Vec<CredentialChange>) -> Vec<String> {
    ask(connector, items).await.into_iter().map(|it| it.result).collect()
}

/// Why one credential is not taken; empty if it is.
async fn refusal(connector: &Connector, item: CredentialChange) -> String {
    let [result] = <[CredentialResult; 1]>::try_from(ask(connector, vec![item]).await).unwrap();
    assert_eq!(result.is_done(), result.extended_error.is_none());
    result.extended_error.unwrap_or_default()
}

#[tokio::test]
async fn whoever_has_the_password_of_the_directory_gets_in() {
    let connector = Connector::of("").await;
    connector.write(user(1, "anna")).await;
    assert_eq!(try_in(&connector.graph, "anna@contoso.com", "Pa$$w0rd").await, "invalid_grant 50126");
    for (password, credential) in vectors() {
        assert_eq!(refusal(&connector, change(1, &credential)).await, "");
        assert_eq!(try_in(&connector.graph, "Anna@Contoso.com", &password).await, "in", "{credential}");
        let wrong = password.to_uppercase();
        assert_eq!(try_in(&connector.graph, "anna@contoso.com", &wrong).await, "invalid_grant 50126");
    }
    let reset = json!({ "passwordProfile": { "password": "Quiet-Harbour-42" } });
    assert_eq!(connector.graph.patch("/users/anna@contoso.com", reset).await.status, 400);
    assert_eq!(try_in(&connector.graph, "anna@contoso.com", "password").await, "in");
}

#[tokio::test]
async fn a_synchronised_password_outlives_the_sandbox_but_nothing_that_was_sent_does() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tenant.json");
    let kept = || SandboxOptions { state_file: Some(path.clone()), ..options("onPremisesSyncEnabled: true") };
    let connector = Connector::with(kept()).await;
    let (id, _) = connector.write(user(1, "anna")).await;
    assert_eq!(results(&connector, vec![good(1)]).await, ["0"]);
    let shown = connector.shown("users", &id, "lastPasswordChangeDateTime,passwordPolicies").await;
    let expected = json!({
        "lastPasswordChangeDateTime": "2026-11-21T03:00:00Z", "passwordPolicies": "DisablePasswordExpiration",
    });
    assert_eq!(shown, expected);
    let audit = serde_json::to_string(&connector.graph.sandbox.audit()).unwrap();
    let state = state_after(connector.graph.sandbox, &path).await;
    for secret in [HASH, "PPH1", "Pa$$w0rd", "92937945b518814341de3f726500d4ff"] {
        for text in [&audit, &state] {
            assert!(!text.to_lowercase().contains(&secret.to_lowercase()), "{secret} in {text}");
        }
    }
    let connector = Connector::with(kept()).await;
    assert_eq!(try_in(&connector.graph, "anna@contoso.com", "Pa$$w0rd").await, "in");
    assert_eq!(try_in(&connector.graph, "anna@contoso.com", "pa$$w0rd").await, "invalid_grant 50126");
}

#[tokio::test]
async fn a_credential_has_one_form_only() {
    let connector = Connector::of("").await;
    connector.write(user(1, "anna")).await;
    let salt = "317ee9d1dec6508fa510";
    for malformed in [
        HASH.to_owned(),
        String::new(),
        format!("v1;PPH1_MD4,{salt},1000,{HASH}"),
        format!("v2;PPH1_MD4,{salt},1000,{HASH};"),
        format!("v1;PPH1_MD4,00,1000,{HASH};"),
        format!("v1;PPH1_MD4,{salt}00,1000,{HASH};"),
        format!("v1;PPH1_MD4,{},1000,{HASH};", salt.to_uppercase()),
        format!("v1;PPH1_MD4,{salt},1000,{};", HASH.to_uppercase()),
        format!("v1;PPH1_MD4,{salt},1000,{}é;", &HASH[2..]),
        format!("v1;PPH1_MD4,{salt},1000,{HASH},;"),
        format!("v1;PPH1_MD4,{salt},0,{HASH};"),
        format!("v1;PPH1_MD4,{salt},01000,{HASH};"),
        format!("v1;PPH1_MD4,{salt},+1000,{HASH};"),
        format!("v1;PPH1_MD4,{salt},,{HASH};"),
        format!("v1;PPH1_MD4,{salt},99999999999,{HASH};"),
    ] {
        let refused = refusal(&connector, change(1, &malformed)).await;
        assert_eq!(refused, "The credential is not in a known format.", "{malformed}");
    }
    assert_eq!(try_in(&connector.graph, "anna@contoso.com", "Pa$$w0rd").await, "invalid_grant 50126");
}

/// PBKDF2 with 1,001 iterations of the NT hash of `Pa$$w0rd`.
fn one_iteration_too_many() -> String {
    let nt_hash =
        [0x92, 0x93, 0x79, 0x45, 0xb5, 0x18, 0x81, 0x43, 0x41, 0xde, 0x3f, 0x72, 0x65, 0x00, 0xd4, 0xff];
    let iterations = std::num::NonZeroU32::new(1_001).unwrap();
    credential(&NtHash::from_bytes(&nt_hash), &[7; 10], iterations).reveal().to_owned()
}

#[tokio::test]
async fn more_than_a_thousand_iterations_are_taken_and_do_not_work() {
    for (seed, expected) in
        [("", "invalid_grant 50126"), ("provisioning: { passwordIterationsMax: 2000 }", "in")]
    {
        let connector = Connector::of(seed).await;
        connector.write(user(1, "anna")).await;
        assert_eq!(refusal(&connector, change(1, &one_iteration_too_many())).await, "");
        assert_eq!(try_in(&connector.graph, "anna@contoso.com", "Pa$$w0rd").await, expected);
    }
}

#[tokio::test]
async fn the_anchors_have_to_name_one_synchronised_user() {
    let connector = Connector::of("").await;
    let (anna, _) = connector.write(user(1, "anna")).await;
    let (ben, _) = connector.write(user(2, "ben")).await;
    let (group, _) = connector.write(group(3, "sales")).await;
    connector.write(user(4, "gone")).await;
    connector.export(vec![delete(SyncObjectType::User, 4)]).await;
    let cloud = connector.graph.add_user("mia").await;
    let named = |source: Option<u32>, cloud: Option<&str>| CredentialChange {
        source_anchor: source.map(anchor),
        cloud_anchor: cloud.map(|it| format!("User_{it}")),
        ..good(1)
    };
    let other = "The SourceAnchor and the CloudAnchor do not name the same user.";
    let nobody = "The user does not exist.";
    for (item, expected) in [
        (named(Some(1), None), ""),
        (named(None, Some(&anna)), ""),
        (named(Some(1), Some(&anna)), ""),
        (named(Some(1), Some(&ben)), other),
        (named(Some(9), Some(&anna)), other),
        (named(Some(1), Some("nonsense")), other),
        (named(None, None), "A SourceAnchor or a CloudAnchor is needed."),
        (named(Some(9), None), nobody),
        (named(Some(3), None), nobody),
        (named(None, Some(&group)), nobody),
        (named(None, Some("nonsense")), nobody),
        (named(Some(4), None), "The user is deleted."),
        (named(None, Some(&cloud)), "A credential update is not supported for a cloud-only user."),
    ] {
        assert_eq!(refusal(&connector, item.clone()).await, expected, "{item:?}");
    }
    let items = vec![good(1), good(9), named(Some(2), None)];
    assert_eq!(results(&connector, items).await, ["0", "1", "0"]);
}

#[tokio::test]
async fn the_latter_of_two_for_one_user_holds_whatever_its_date() {
    let connector = Connector::of("").await;
    let (id, _) = connector.write(user(1, "anna")).await;
    let (password, latter) = vectors().pop().unwrap();
    let earlier =
        CredentialChange { changed_at: "2020-01-01T00:00:00Z".parse().unwrap(), ..change(1, &latter) };
    assert_eq!(results(&connector, vec![good(1), earlier]).await, ["0", "0"]);
    assert_eq!(try_in(&connector.graph, "anna@contoso.com", "Pa$$w0rd").await, "invalid_grant 50126");
    assert_eq!(try_in(&connector.graph, "anna@contoso.com", &password).await, "in");
    let shown = connector.shown("users", &id, "lastPasswordChangeDateTime").await;
    assert_eq!(shown, json!({ "lastPasswordChangeDateTime": "2020-01-01T00:00:00Z" }));
}

#[tokio::test]
async fn the_order_to_change_the_password_needs_the_feature() {
    let must_change = || CredentialChange { must_change: true, ..good(1) };
    for (seed, expected) in [
        ("", "in"),
        (
            "provisioning: { features: { userForcePasswordChangeOnLogonEnabled: true } }",
            "invalid_grant 50055",
        ),
    ] {
        let connector = Connector::of(seed).await;
        connector.write(user(1, "anna")).await;
        assert_eq!(results(&connector, vec![must_change()]).await, ["0"]);
        assert_eq!(try_in(&connector.graph, "anna@contoso.com", "Pa$$w0rd").await, expected);
        assert_eq!(results(&connector, vec![good(1)]).await, ["0"]);
        assert_eq!(try_in(&connector.graph, "anna@contoso.com", "Pa$$w0rd").await, "in");
    }
}

#[tokio::test]
async fn a_user_who_comes_back_has_the_password_of_before_until_a_new_one_comes() {
    let connector = Connector::of("").await;
    connector.write(user(1, "anna")).await;
    assert_eq!(results(&connector, vec![good(1)]).await, ["0"]);
    connector.export(vec![delete(SyncObjectType::User, 1)]).await;
    assert_eq!(try_in(&connector.graph, "anna@contoso.com", "Pa$$w0rd").await, "invalid_grant 50034");
    connector.write(user(1, "anna")).await;
    assert_eq!(try_in(&connector.graph, "anna@contoso.com", "Pa$$w0rd").await, "in");
    let (password, credential) = vectors().pop().unwrap();
    assert_eq!(refusal(&connector, change(1, &credential)).await, "");
    assert_eq!(try_in(&connector.graph, "anna@contoso.com", &password).await, "in");
    assert_eq!(try_in(&connector.graph, "anna@contoso.com", "Pa$$w0rd").await, "invalid_grant 50126");
}

#[tokio::test]
async fn a_person_writes_no_passwords() {
    let mut connector =
        Connector::of("users: [{ userPrincipalName: mia@contoso.com, password: Right-1 }]").await;
    let form = [
        ("grant_type", "password"),
        ("client_id", APP),
        ("scope", "6bf85cfa-ac8a-4be5-b5de-425a0d0dc016/.default"),
        ("username", "mia@contoso.com"),
        ("password", "Right-1"),
    ];
    let reply = connector.graph.token(&form).await;
    reply.body["access_token"].as_str().unwrap().clone_into(&mut connector.token);
    let (code, _) = connector.refused(&Request::ProvisionCredentials(vec![good(1)])).await;
    assert_eq!(code, "115");
}

#[tokio::test]
async fn a_sign_of_life_has_no_credentials() {
    let connector = Connector::of("").await;
    assert!(results(&connector, Vec::new()).await.is_empty());
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
