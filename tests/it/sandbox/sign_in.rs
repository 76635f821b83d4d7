//! People who sign in with name and password, and what is kept of the password.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use reqwest::Method;
use samesign::sandbox::{Sandbox, SandboxOptions, Seed};
use serde_json::{Value, json};

use super::client::{Client, PASSWORD, Reply, but, options, user};

const APP: &str = "11111111-2222-3333-4444-555555555555";

/// Asks for a token in somebody's name.
pub(super) async fn sign_in(client: &Client, name: &str, password: &str) -> Reply {
    let scope = "https://graph.microsoft.com/.default openid offline_access";
    with(client, &[("username", name), ("password", password), ("client_id", APP), ("scope", scope)]).await
}

async fn with(client: &Client, fields: &[(&str, &str)]) -> Reply {
    let mut form = vec![("grant_type", "password")];
    form.extend(fields);
    client.token(&form).await
}

/// `in`, or the error with its number.
pub(super) fn outcome(reply: &Reply) -> String {
    if reply.status == 200 {
        assert!(reply.body["access_token"].is_string(), "{}", reply.text);
        return "in".to_owned();
    }
    let (error, code) =
        (reply.body["error"].as_str().unwrap(), reply.body["error_codes"][0].as_u64().unwrap());
    let description = reply.body["error_description"].as_str().unwrap();
    assert!(description.starts_with(&format!("AADSTS{code}: ")), "{description}");
    format!("{error} {code}")
}

/// What becomes of somebody who signs in.
pub(super) async fn try_in(client: &Client, name: &str, password: &str) -> String {
    outcome(&sign_in(client, name, password).await)
}

const WRONG: &str = "invalid_grant 50126";
const UNKNOWN: &str = "invalid_grant 50034";
const EXPIRED: &str = "invalid_grant 50055";
const LOCKED: &str = "invalid_grant 50053";

#[tokio::test]
async fn the_password_that_was_set_opens_and_no_other_does() {
    let client = Client::of("").await;
    let id = client.add_user("mia").await;
    assert_eq!(try_in(&client, "mia@contoso.com", PASSWORD).await, "in");
    assert_eq!(try_in(&client, "MIA@Contoso.COM", PASSWORD).await, "in");
    for wrong in ["quiet-Harbour-42", "Quiet-Harbour-42 ", " Quiet-Harbour-42", "Quiet-Harbour-4", "x"] {
        assert_eq!(try_in(&client, "mia@contoso.com", wrong).await, WRONG, "{wrong}");
    }
    let reset = json!({ "passwordProfile": { "password": "Loud-Harbour-43" } });
    assert_eq!(client.patch(&format!("/users/{id}"), reset).await.status, 204);
    assert_eq!(try_in(&client, "mia@contoso.com", PASSWORD).await, WRONG);
    assert_eq!(try_in(&client, "mia@contoso.com", "Loud-Harbour-43").await, "in");
    let weak = json!({ "passwordProfile": { "password": "weak" } });
    assert_eq!(client.patch(&format!("/users/{id}"), weak).await.status, 400);
    assert_eq!(try_in(&client, "mia@contoso.com", "Loud-Harbour-43").await, "in");
}

#[tokio::test]
async fn a_password_may_have_any_characters_and_is_taken_to_the_letter() {
    let long = |length: usize| -> String { "Äx".chars().cycle().take(length).collect() };
    let pairs = [
        ("Gr\u{fc}ße aus K\u{f6}ln", "Gru\u{308}ße aus Ko\u{308}ln"),
        ("🦀 crab 🇩🇪", "🦀 crab 🇩"),
        ("  two  spaces  ", " two spaces "),
        ("a+b&c=d%41;\"'\\", "a b&c=dA;\"'\\"),
        ("١٢٣", "123"),
        (&long(127), &long(126)),
        (&long(256), &long(257)),
    ];
    let users: Vec<Value> = pairs
        .iter()
        .enumerate()
        .map(|(n, (right, _))| json!({ "userPrincipalName": format!("u{n}@contoso.com"), "password": right }))
        .collect();
    let client = Client::of(&json!({ "users": users }).to_string()).await;
    for (n, (right, wrong)) in pairs.iter().enumerate() {
        let name = format!("u{n}@contoso.com");
        assert_eq!(try_in(&client, &name, right).await, "in", "{right}");
        assert_eq!(try_in(&client, &name, wrong).await, WRONG, "{wrong}");
    }
}

const SEED: &str = "
domains:
  - { name: contoso.onmicrosoft.com, initial: true }
  - { name: contoso.com, default: true }
  - { name: far.example, federated: true }
users:
  - { userPrincipalName: mia@contoso.com, password: Right-1 }
  - { userPrincipalName: off@contoso.com, password: Right-1, accountEnabled: false }
  - { userPrincipalName: guest@contoso.com, password: Right-1, guest: true }
  - { userPrincipalName: new@contoso.com }
  - { userPrincipalName: far@far.example, password: Right-1, onPremisesImmutableId: 'AAAA==' }
deletedUsers:
  - { userPrincipalName: gone@contoso.com, password: Right-1 }
";

#[tokio::test]
async fn each_reason_to_stay_outside_has_its_number() {
    let client = Client::of(SEED).await;
    for (name, password, expected) in [
        ("mia@contoso.com", "Right-1", "in"),
        ("mia@contoso.com", "Wrong-1", WRONG),
        ("new@contoso.com", "Right-1", WRONG),
        ("far@far.example", "Right-1", WRONG),
        ("off@contoso.com", "Right-1", "invalid_grant 50057"),
        ("nobody@contoso.com", "Right-1", UNKNOWN),
        ("mia", "Right-1", UNKNOWN),
        ("guest@contoso.com", "Right-1", UNKNOWN),
        ("gone@contoso.com", "Right-1", UNKNOWN),
        ("mia@contoso.com", "", "invalid_request 900144"),
        ("", "Right-1", "invalid_request 900144"),
    ] {
        assert_eq!(try_in(&client, name, password).await, expected, "{name} {password}");
    }
    let fields = [
        ("username", "mia@contoso.com"),
        ("password", "Right-1"),
        ("client_id", APP),
        ("scope", "User.Read"),
    ];
    assert_eq!(outcome(&with(&client, &fields).await), "in");
    for missing in 0..fields.len() {
        let mut fields = fields.to_vec();
        let (name, _) = fields.remove(missing);
        let reply = with(&client, &fields).await;
        assert_eq!(outcome(&reply), "invalid_request 900144");
        assert!(reply.text.contains(&format!("following parameter: '{name}'.")), "{}", reply.text);
    }
}

#[tokio::test]
async fn a_password_that_must_be_changed_opens_nothing_until_it_is() {
    let client = Client::of("").await;
    let profile = json!({ "password": PASSWORD, "forceChangePasswordNextSignIn": true });
    let id = client.post("/users", but(user("mia"), &json!({ "passwordProfile": profile }))).await.id();
    let reply = sign_in(&client, "mia@contoso.com", PASSWORD).await;
    assert_eq!(
        (outcome(&reply).as_str(), &reply.body["suberror"]),
        (EXPIRED, &json!("user_password_expired"))
    );
    assert_eq!(try_in(&client, "mia@contoso.com", "Wrong-1").await, WRONG);
    for (switch, on, expected) in [
        ("forceChangePasswordNextSignIn", false, "in"),
        ("forceChangePasswordNextSignInWithMfa", true, EXPIRED),
        ("forceChangePasswordNextSignInWithMfa", false, "in"),
    ] {
        let body = json!({ "passwordProfile": { switch: on } });
        assert_eq!(client.patch(&format!("/users/{id}"), body).await.status, 204);
        assert_eq!(try_in(&client, "mia@contoso.com", PASSWORD).await, expected);
    }
}

#[tokio::test]
async fn ten_wrong_passwords_in_a_row_lock_an_account_for_a_minute() {
    let client = Client::of(SEED).await;
    let guess = async |range: std::ops::Range<u32>| {
        for n in range {
            assert_eq!(try_in(&client, "mia@contoso.com", &format!("Guess-{n}")).await, WRONG);
        }
    };
    guess(0..9).await;
    assert_eq!(try_in(&client, "mia@contoso.com", "Right-1").await, "in");
    guess(0..9).await;
    assert_eq!(try_in(&client, "mia@contoso.com", "Right-1").await, "in", "not in a row");
    guess(0..10).await;
    assert_eq!(try_in(&client, "mia@contoso.com", "Right-1").await, LOCKED);
    assert_eq!(try_in(&client, "off@contoso.com", "Right-1").await, "invalid_grant 50057", "another account");
    client.advance(59);
    assert_eq!(try_in(&client, "mia@contoso.com", "Right-1").await, LOCKED);
    client.advance(1);
    guess(10..11).await;
    assert_eq!(try_in(&client, "mia@contoso.com", "Right-1").await, LOCKED, "each further one locks again");
    client.advance(60);
    assert_eq!(try_in(&client, "mia@contoso.com", "Right-1").await, "in");
    guess(0..9).await;
    assert_eq!(try_in(&client, "mia@contoso.com", "Right-1").await, "in");
}

#[tokio::test]
async fn the_latest_three_wrong_passwords_do_not_count_again() {
    let client = Client::of(SEED).await;
    for n in 0..30 {
        let old = ["Old-1", "Old-2", "Old-3"][n % 3];
        assert_eq!(try_in(&client, "mia@contoso.com", old).await, WRONG);
    }
    assert_eq!(try_in(&client, "mia@contoso.com", "Right-1").await, "in");
    for n in 0..10 {
        let old = ["Old-1", "Old-2", "Old-3", "Old-4"][n % 4];
        assert_eq!(try_in(&client, "mia@contoso.com", old).await, WRONG);
    }
    assert_eq!(try_in(&client, "mia@contoso.com", "Right-1").await, LOCKED);
}

#[tokio::test]
async fn a_client_with_a_credential_has_to_show_it() {
    const PUBLIC: &str = "aaaaaaaa-0000-4000-8000-000000000001";
    const CONFIDENTIAL: &str = "aaaaaaaa-0000-4000-8000-000000000002";
    let apps = format!(
        "{SEED}\napps:\n  - {{ clientId: {PUBLIC} }}\n  - {{ clientId: {CONFIDENTIAL}, secret: shh }}"
    );
    let client = Client::without_token(options(&apps)).await;
    let ask = async |app: &str, secret: Option<&str>| {
        let mut fields = vec![
            ("username", "mia@contoso.com"),
            ("password", "Right-1"),
            ("scope", "User.Read"),
            ("client_id", app),
        ];
        fields.extend(secret.map(|it| ("client_secret", it)));
        outcome(&with(&client, &fields).await)
    };
    assert_eq!(ask(PUBLIC, None).await, "in");
    assert_eq!(ask(PUBLIC, Some("x")).await, "invalid_client 7000215");
    assert_eq!(ask(CONFIDENTIAL, None).await, "invalid_client 7000218");
    assert_eq!(ask(CONFIDENTIAL, Some("wrong")).await, "invalid_client 7000215");
    assert_eq!(ask(CONFIDENTIAL, Some("shh")).await, "in");
    assert_eq!(ask("aaaaaaaa-0000-4000-8000-000000000003", None).await, "unauthorized_client 700016");
}

#[tokio::test]
async fn the_token_names_the_person_and_shows_nobody_else() {
    let mut client = Client::of(SEED).await;
    client.get("/me").await.refused(
        400,
        "BadRequest",
        "/me request is only valid with delegated authentication flow.",
    );
    let id = client.get("/users/mia@contoso.com").await.id();
    let reply = sign_in(&client, "mia@contoso.com", "Right-1").await;
    assert_eq!(reply.body["scope"], "User.Read openid");
    assert!(reply.body["refresh_token"].is_null());
    let token = reply.body["access_token"].as_str().unwrap().to_owned();
    let claims: Value =
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(token.split('.').nth(1).unwrap()).unwrap()).unwrap();
    for (name, expected) in [
        ("aud", json!("00000003-0000-0000-c000-000000000000")),
        ("idtyp", json!("user")),
        ("upn", json!("mia@contoso.com")),
        ("oid", json!(id)),
        ("scp", json!("User.Read openid")),
        ("appid", json!(APP)),
        ("roles", Value::Null),
    ] {
        assert_eq!(claims[name], expected, "{name}");
    }
    client.use_token(&token);
    let me = client.get("/me").await;
    assert_eq!((me.status, me.id()), (200, id.clone()));
    assert_eq!(
        client.get("/me?$select=userPrincipalName").await.body["userPrincipalName"],
        "mia@contoso.com"
    );
    let denied = "Insufficient privileges to complete the operation.";
    for path in ["/users", "/groups", "/organization", "/me/memberOf", "/directoryObjects/delta"] {
        client.get(path).await.refused(403, "Authorization_RequestDenied", denied);
    }
    let rename = client.patch(&format!("/users/{id}"), json!({ "displayName": "x" })).await;
    rename.refused(403, "Authorization_RequestDenied", denied);
    let items = json!([{ "id": "1", "method": "GET", "url": "/me" }, { "id": "2", "method": "GET", "url": "/users" }]);
    let batch = client.post("/$batch", json!({ "requests": items })).await;
    let mut statuses: Vec<(String, u64)> = batch.body["responses"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| (it["id"].as_str().unwrap().to_owned(), it["status"].as_u64().unwrap()))
        .collect();
    statuses.sort();
    assert_eq!(statuses, [("1".to_owned(), 200), ("2".to_owned(), 403)]);
}

#[tokio::test]
async fn a_restored_user_has_the_password_of_before_and_a_purged_one_has_none() {
    let client = Client::of("").await;
    let id = client.add_user("mia").await;
    client.delete(&format!("/users/{id}")).await;
    assert_eq!(try_in(&client, "mia@contoso.com", PASSWORD).await, UNKNOWN);
    let freed = format!("{}mia@contoso.com", id.replace('-', ""));
    assert_eq!(try_in(&client, &freed, PASSWORD).await, UNKNOWN);
    assert_eq!(client.post(&format!("/directory/deletedItems/{id}/restore"), json!({})).await.status, 200);
    assert_eq!(try_in(&client, "mia@contoso.com", PASSWORD).await, "in");
    client.delete(&format!("/users/{id}")).await;
    assert_eq!(client.delete(&format!("/directory/deletedItems/{id}")).await.status, 204);
    let profile = json!({ "passwordProfile": { "password": "Loud-Harbour-43" } });
    assert_eq!(client.post("/users", but(user("mia"), &profile)).await.status, 201);
    assert_eq!(try_in(&client, "mia@contoso.com", PASSWORD).await, WRONG);
    assert_eq!(try_in(&client, "mia@contoso.com", "Loud-Harbour-43").await, "in");
}

/// Stops a sandbox and reads its state file.
pub(super) async fn state_after(sandbox: Sandbox, path: &std::path::Path) -> String {
    sandbox.shutdown().await.unwrap();
    #[expect(clippy::disallowed_methods, reason = "the test looks for what must not be there")]
    let bytes = std::fs::read(path).unwrap();
    String::from_utf8(bytes).unwrap()
}

#[tokio::test]
async fn the_state_file_knows_the_password_by_its_verifier_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tenant.json");
    let kept = |seed: &str| SandboxOptions { state_file: Some(path.clone()), ..options(seed) };
    let client = Client::with(kept(SEED)).await;
    let id = client.add_user("zoe").await;
    let purged = client.add_user("purged").await;
    client.delete(&format!("/users/{purged}")).await;
    client.delete(&format!("/directory/deletedItems/{purged}")).await;
    assert_eq!(try_in(&client, "zoe@contoso.com", "Typed-Wrong-1").await, WRONG);
    assert!(client.sandbox.audit().iter().any(|it| it.path == "/users" && it.status == 201));
    let shown = client.get(&format!("/users/{id}?$select=passwordProfile")).await.text;
    let audit = serde_json::to_string(&client.sandbox.audit()).unwrap();
    let recorded = client.send(Method::GET, "/sandbox/audit", &[], None).await.text;
    let state = state_after(client.sandbox, &path).await;
    // MD4 of the two passwords in UTF-16, computed elsewhere.
    let nt_hashes = ["a1074fb3bcc01a7896406d5f50545dfa", "eb1802ae0186575d63aa2c82efdb9aae"];
    for text in [&shown, &audit, &recorded, &state] {
        for secret in [PASSWORD, "Right-1", "Typed-Wrong-1"].into_iter().chain(nt_hashes) {
            assert!(!text.to_lowercase().contains(&secret.to_lowercase()), "{secret} in {text}");
        }
    }
    assert!(state.contains("\"passwords\""));
    let known: Value = serde_json::from_str(&state).unwrap();
    assert!(known["passwords"][&id].is_object() && known["passwords"][&purged].is_null());
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }
    let client = Client::without_token(kept("")).await;
    assert_eq!(try_in(&client, "zoe@contoso.com", PASSWORD).await, "in");
    assert_eq!(try_in(&client, "mia@contoso.com", "Right-1").await, "in");
    assert_eq!(try_in(&client, "zoe@contoso.com", "Right-1").await, WRONG);
}

#[test]
fn a_seed_shows_no_password_and_quotes_none() {
    let seed = Seed::parse(SEED).unwrap();
    assert!(!format!("{seed:?}").contains("Right-1"));
    for wrong in ["73571", "[Right-1]", "{ x: Right-1 }", "true"] {
        let error = Seed::parse(&format!(
            "domains: [{{ name: a.example, initial: true, default: true }}]\nusers: [{{ userPrincipalName: a@a.example, password: {wrong} }}]"
        ))
        .unwrap_err();
        let mut text = error.to_string();
        let mut cause: Option<&dyn std::error::Error> = std::error::Error::source(&error);
        while let Some(it) = cause {
            text.push_str(&it.to_string());
            cause = it.source();
        }
        assert!(text.contains("has to be text, in quotes"), "{text}");
        assert!(!text.contains("73571") && !text.contains("Right-1"), "{text}");
    }
}

#[tokio::test]
async fn the_realm_says_where_somebody_signs_in() {
    let client = Client::of(SEED).await;
    for (name, expected) in [
        ("anyone@contoso.com", "Managed"),
        ("any%40one%40CONTOSO.com", "Managed"),
        ("far@far.example", "Federated"),
        ("x@elsewhere.example", "Unknown"),
        ("x", "Unknown"),
    ] {
        let url = format!("{}/common/userrealm/{name}?api-version=1.0", client.sandbox.base_url());
        let reply = client.send(Method::GET, &url, &[], None).await;
        assert_eq!((reply.status, &reply.body["account_type"]), (200, &json!(expected)), "{name}");
    }
}
