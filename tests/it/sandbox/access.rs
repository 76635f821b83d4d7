//! Tokens and permissions.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use reqwest::Method;
use ring::digest::{SHA256, digest};
use ring::rand::SystemRandom;
use ring::signature::{RSA_PKCS1_SHA256, RSA_PSS_SHA256, RsaEncoding, RsaKeyPair};
use serde_json::{Value, json};

use super::client::{Client, Reply, options, reference, user};

const APPS: &str = "
apps:
  - { clientId: aaaaaaaa-0000-4000-8000-000000000001, secret: all, roles: ['*'], directoryRoles: [User Administrator] }
  - { clientId: aaaaaaaa-0000-4000-8000-000000000002, secret: reader, roles: [User.Read.All] }
  - { clientId: aaaaaaaa-0000-4000-8000-000000000003, secret: none }
  - { clientId: aaaaaaaa-0000-4000-8000-000000000004, secret: writer, roles: [User.ReadWrite.All, Group.Create, GroupMember.ReadWrite.All] }
  - { clientId: aaaaaaaa-0000-4000-8000-000000000005, secret: root, roles: ['*'], directoryRoles: [Global Administrator] }
  - { clientId: aaaaaaaa-0000-4000-8000-000000000006, secret: switch, roles: [User.EnableDisableAccount.All, User.Read.All] }
  - { clientId: aaaaaaaa-0000-4000-8000-000000000007, thumbprint: abc, roles: ['*'],
      federated: { issuer: 'https://issuer.example', subject: 'system:serviceaccount:samesign' } }
users:
  - { userPrincipalName: boss@contoso.com, admin: true }
  - { userPrincipalName: mia@contoso.com }
groups:
  - { displayName: sales }
";
const ASSERTION: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

fn app(number: u8) -> String {
    format!("aaaaaaaa-0000-4000-8000-00000000000{number}")
}

/// A client that has no token yet.
async fn nobody() -> Client {
    Client::without_token(options(APPS)).await
}

async fn secret_token(client: &Client, id: &str, secret: &str) -> Reply {
    client
        .token(&[
            ("grant_type", "client_credentials"),
            ("client_id", id),
            ("client_secret", secret),
            ("scope", "https://graph.microsoft.com/.default"),
        ])
        .await
}

#[track_caller]
fn refused(reply: &Reply, status: u16, error: &str, code: u32) {
    assert_eq!((reply.status, &reply.body["error"]), (status, &json!(error)), "{}", reply.text);
    assert_eq!(reply.body["error_codes"], json!([code]));
    let description = reply.body["error_description"].as_str().unwrap();
    assert!(description.starts_with(&format!("AADSTS{code}: ")), "{description}");
    assert!(reply.body["trace_id"].is_string());
}

#[tokio::test]
async fn the_token_endpoint_names_its_refusals() {
    let client = nobody().await;
    refused(&secret_token(&client, &app(1), "wrong").await, 401, "invalid_client", 7_000_215);
    refused(
        &secret_token(&client, "bbbbbbbb-0000-4000-8000-000000000001", "x").await,
        400,
        "unauthorized_client",
        700_016,
    );
    let scope = client
        .token(&[
            ("grant_type", "client_credentials"),
            ("client_id", &app(1)),
            ("client_secret", "all"),
            ("scope", "User.Read"),
        ])
        .await;
    refused(&scope, 400, "invalid_scope", 1_002_012);
    let grant = client.token(&[("grant_type", "refresh_token"), ("client_id", &app(1))]).await;
    refused(&grant, 400, "unsupported_grant_type", 70_003);
    let url = format!("{}/nowhere.example/oauth2/v2.0/token", client.sandbox.base_url());
    let elsewhere = client.send(Method::POST, &url, &[], None).await;
    refused(&elsewhere, 400, "invalid_request", 90_002);
    let good = secret_token(&client, &app(1), "all").await;
    assert_eq!((good.status, &good.body["token_type"]), (200, &json!("Bearer")));
    assert_eq!(good.body["expires_in"], 3_599);
}

#[tokio::test]
async fn without_apps_any_secret_opens_but_an_empty_one_does_not() {
    let client = Client::of("").await;
    assert_eq!(secret_token(&client, "any", "thing").await.status, 200);
    assert_eq!(secret_token(&client, "any", "").await.status, 401);
}

fn assertion(header: &Value, claims: &Value) -> String {
    let part = |it: &Value| URL_SAFE_NO_PAD.encode(it.to_string());
    format!("{}.{}.{}", part(header), part(claims), URL_SAFE_NO_PAD.encode("signature"))
}

async fn assertion_token(client: &Client, token: &str) -> Reply {
    client
        .token(&[
            ("grant_type", "client_credentials"),
            ("client_id", &app(7)),
            ("client_assertion_type", ASSERTION),
            ("client_assertion", token),
            ("scope", "https://graph.microsoft.com/.default"),
        ])
        .await
}

#[tokio::test]
async fn a_client_assertion_needs_the_right_key_audience_and_time() {
    let client = nobody().await;
    let now = client.sandbox.now().as_second();
    let header = json!({ "alg": "PS256", "typ": "JWT", "x5t#S256": "abc" });
    let audience = "https://login.microsoftonline.com/contoso.onmicrosoft.com/oauth2/v2.0/token";
    let claims =
        json!({ "aud": audience, "iss": app(7), "sub": app(7), "jti": "1", "nbf": now, "exp": now + 600 });
    let with = |name: &str, value: Value| {
        let mut changed = claims.clone();
        changed[name] = value;
        changed
    };
    assert_eq!(assertion_token(&client, &assertion(&header, &claims)).await.status, 200);
    let other_key = json!({ "alg": "PS256", "x5t#S256": "xyz" });
    refused(&assertion_token(&client, &assertion(&other_key, &claims)).await, 401, "invalid_client", 700_027);
    let expired = assertion(&header, &with("exp", json!(now - 600)));
    refused(&assertion_token(&client, &expired).await, 401, "invalid_client", 700_024);
    let elsewhere = assertion(&header, &with("aud", json!("https://login.microsoftonline.com/other/token")));
    refused(&assertion_token(&client, &elsewhere).await, 401, "invalid_client", 700_023);
    refused(&assertion_token(&client, "no-token").await, 401, "invalid_client", 50_027);
}

/// A certificate made for these tests alone, and its key.
const CERTIFICATE: &str = include_str!("app-certificate.pem");
const KEY: &str = include_str!("app-key.pem");

fn der(pem: &str) -> Vec<u8> {
    let body: String = pem.lines().filter(|it| !it.starts_with("-----")).collect();
    STANDARD.decode(body).unwrap()
}

fn signed(header: &Value, claims: &Value, padding: &'static dyn RsaEncoding) -> String {
    let part = |it: &Value| URL_SAFE_NO_PAD.encode(it.to_string());
    let text = format!("{}.{}", part(header), part(claims));
    let key = RsaKeyPair::from_pkcs8(&der(KEY)).unwrap();
    let mut signature = vec![0; key.public().modulus_len()];
    key.sign(padding, &SystemRandom::new(), text.as_bytes(), &mut signature).unwrap();
    format!("{text}.{}", URL_SAFE_NO_PAD.encode(signature))
}

#[tokio::test]
async fn a_registered_certificate_verifies_the_signature() {
    let mut with_certificate = options(APPS);
    let app_with_key =
        with_certificate.seed.apps.iter_mut().find(|it| it.client_id.to_string() == app(7)).unwrap();
    app_with_key.certificate = Some(CERTIFICATE.to_owned());
    let client = Client::without_token(with_certificate).await;
    let print = URL_SAFE_NO_PAD.encode(digest(&SHA256, &der(CERTIFICATE)));
    let header = |algorithm: &str| json!({ "alg": algorithm, "typ": "JWT", "x5t#S256": print });
    let now = client.sandbox.now().as_second();
    let audience = format!("{}/contoso.onmicrosoft.com/oauth2/v2.0/token", client.sandbox.base_url());
    let claims =
        json!({ "aud": audience, "iss": app(7), "sub": app(7), "jti": "1", "nbf": now, "exp": now + 600 });
    let pss = signed(&header("PS256"), &claims, &RSA_PSS_SHA256);
    assert_eq!(assertion_token(&client, &pss).await.status, 200);
    let pkcs1 = signed(&header("RS256"), &claims, &RSA_PKCS1_SHA256);
    assert_eq!(assertion_token(&client, &pkcs1).await.status, 200);
    let confused = signed(&header("PS256"), &claims, &RSA_PKCS1_SHA256);
    refused(&assertion_token(&client, &confused).await, 401, "invalid_client", 700_027);
    let unsigned = assertion(&header("PS256"), &claims);
    refused(&assertion_token(&client, &unsigned).await, 401, "invalid_client", 700_027);
}

#[tokio::test]
async fn a_federated_assertion_must_match_issuer_subject_and_audience() {
    let client = nobody().await;
    let now = client.sandbox.now().as_second();
    let header = json!({ "alg": "RS256", "kid": "1" });
    let claims = |subject: &str| {
        json!({
            "aud": ["api://AzureADTokenExchange"], "iss": "https://issuer.example", "sub": subject, "exp": now + 600
        })
    };
    let good = assertion(&header, &claims("system:serviceaccount:samesign"));
    assert_eq!(assertion_token(&client, &good).await.status, 200);
    let bad = assertion(&header, &claims("system:serviceaccount:other"));
    refused(&assertion_token(&client, &bad).await, 401, "invalid_client", 70_021);
}

#[tokio::test]
async fn requests_without_a_valid_token_are_turned_away() {
    let mut client = Client::of("").await;
    client.advance(3_600);
    let reply = client.get("/users").await;
    assert_eq!((reply.status, reply.code()), (401, "InvalidAuthenticationToken"));
    assert!(reply.header("www-authenticate").starts_with("Bearer "));
    client.use_token("e30.e30.e30");
    assert_eq!(client.get("/users").await.status, 401);
    client.use_token("");
    assert_eq!(client.get("/users").await.status, 401);
}

#[tokio::test]
async fn permissions_decide_what_an_app_may_do() {
    let mut client = nobody().await;
    let denied = "Insufficient privileges to complete the operation.";
    client.sign_in(&app(3), "none").await;
    client.get("/users").await.refused(403, "Authorization_RequestDenied", denied);
    client.sign_in(&app(2), "reader").await;
    assert_eq!(client.get("/users").await.status, 200);
    assert_eq!(client.get("/groups").await.status, 403);
    assert_eq!(client.post("/users", user("zoe")).await.status, 403);
    client.sign_in(&app(4), "writer").await;
    let group = client.add_group("made").await;
    let zoe = client.add_user("zoe").await;
    assert_eq!(client.add_member(&group, &zoe).await.status, 204);
    let bind = json!({ "members@odata.bind": [reference(&zoe)["@odata.id"]] });
    assert_eq!(client.patch(&format!("/groups/{group}"), bind).await.status, 400, "a member already");
    let rename = json!({ "displayName": "x" });
    assert_eq!(client.patch(&format!("/groups/{group}"), rename).await.status, 403);
    assert_eq!(client.delete(&format!("/groups/{group}")).await.status, 403);
    assert_eq!(client.delete("/users/mia@contoso.com").await.status, 204);
    client.sign_in(&app(6), "switch").await;
    let path = format!("/users/{zoe}");
    assert_eq!(client.patch(&path, json!({ "accountEnabled": false })).await.status, 204);
    assert_eq!(client.patch(&path, json!({ "displayName": "x" })).await.status, 403);
}

#[tokio::test]
async fn a_password_reset_needs_a_role_besides_the_permission() {
    let mut client = nobody().await;
    let reset = json!({ "passwordProfile": { "password": "Quiet-Harbour-43" } });
    client.sign_in(&app(4), "writer").await;
    assert_eq!(client.patch("/users/mia@contoso.com", reset.clone()).await.status, 403);
    client.sign_in(&app(1), "all").await;
    assert_eq!(client.patch("/users/mia@contoso.com", reset).await.status, 204);
}

#[tokio::test]
async fn holders_of_admin_roles_are_out_of_reach_of_ordinary_apps() {
    let mut client = nobody().await;
    client.sign_in(&app(1), "all").await;
    let path = "/users/boss@contoso.com";
    for body in [
        json!({ "accountEnabled": false }),
        json!({ "userPrincipalName": "chief@contoso.com" }),
        json!({ "mobilePhone": "1" }),
        json!({ "passwordProfile": { "password": "Quiet-Harbour-43" } }),
    ] {
        assert_eq!(client.patch(path, body).await.status, 403);
    }
    assert_eq!(client.delete(path).await.status, 403);
    assert_eq!(client.patch(path, json!({ "department": "x" })).await.status, 204);
    client.sign_in(&app(5), "root").await;
    assert_eq!(client.patch(path, json!({ "accountEnabled": false })).await.status, 204);
}

#[tokio::test]
async fn the_permission_for_basics_shows_no_more_than_the_basics() {
    const BASIC: &str = "
apps:
  - { clientId: 11111111-2222-3333-4444-555555555555, secret: anything, roles: [User.ReadBasic.All] }
users:
  - { userPrincipalName: mia@contoso.com, displayName: Mia, jobTitle: Clerk, businessPhones: ['1'] }
";
    let client = Client::of(BASIC).await;
    for reply in [
        client.get("/users/mia@contoso.com").await.body,
        client.get("/users").await.body["value"][0].clone(),
        client.get("/users?$select=displayName,jobTitle,businessPhones,accountEnabled").await.body["value"]
            [0]
        .clone(),
    ] {
        assert_eq!((&reply["displayName"], &reply["jobTitle"]), (&json!("Mia"), &Value::Null), "{reply}");
        assert_eq!(reply["businessPhones"], json!([]));
        assert_ne!(reply["accountEnabled"], json!(true));
    }
    assert_eq!(client.get("/users/delta").await.status, 403);
}
