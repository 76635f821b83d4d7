//! Tokens: how they are asked for, kept and renewed, and what their errors say.

use std::io::Write as _;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use expect_test::{Expect, expect};
use ring::signature::{KeyPair as _, RSA_PSS_2048_8192_SHA256, RsaKeyPair, UnparsedPublicKey};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer};
use samesign::model::Secret;
use samesign::target::graph::{Connection, Credential, Endpoints, Reader};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::script::{Asked, Say, Tenant, fixture, settings, token};

fn read(name: &str) -> String {
    #[expect(clippy::disallowed_methods, reason = "a test reads its fixture")]
    std::fs::read_to_string(fixture(name)).unwrap()
}

fn organization(asked: &Asked) -> Say {
    if asked.path.ends_with("/token") {
        return token();
    }
    Say::Json(200, json!({ "value": [{ "id": "t-1" }] }))
}

fn form(asked: &Asked) -> Vec<(String, String)> {
    let url = reqwest::Url::parse(&format!("http://x/?{}", asked.body.as_str().unwrap())).unwrap();
    url.query_pairs().map(|(name, value)| (name.into_owned(), value.into_owned())).collect()
}

fn field(asked: &Asked, name: &str) -> String {
    form(asked).into_iter().find(|(it, _)| it == name).unwrap().1
}

fn connection(tenant: &Tenant, credential: Credential) -> Connection {
    let mut settings = tenant.settings();
    settings.app.credential = credential;
    Connection::open(settings).unwrap()
}

#[tokio::test]
async fn a_secret_gets_one_token_for_many_requests() {
    let tenant = Tenant::start(organization).await;
    let reader = tenant.reader();
    let (one, two) = tokio::join!(reader.identity(), reader.identity());
    assert!(one.is_ok() && two.is_ok());
    let asked = tenant.tokens_asked();
    assert_eq!(asked.len(), 1);
    assert_eq!(asked[0].path, "/contoso.example/oauth2/v2.0/token");
    assert_eq!(field(&asked[0], "scope"), format!("http://{}/.default", tenant.address));
    assert_eq!(field(&asked[0], "client_secret"), "s3cret-of-the-app");
    assert_eq!(tenant.asked()[0].header("authorization"), Some("Bearer token-1"));
    assert!(tenant.asked()[0].header("client-request-id").is_some());
}

#[tokio::test(start_paused = true)]
async fn a_token_is_renewed_five_minutes_before_it_ends() {
    let tenant = Tenant::start(organization).await;
    let reader = tenant.reader();
    for (pause_s, tokens) in [(0, 1), (3200, 1), (150, 2)] {
        tokio::time::advance(Duration::from_secs(pause_s)).await;
        reader.identity().await.unwrap();
        assert_eq!(tenant.tokens_asked().len(), tokens);
    }
}

#[tokio::test]
async fn a_refused_token_is_renewed_once() {
    let refused = Say::error(401, "InvalidAuthenticationToken", "Access token has expired.");
    let mut asked_before = false;
    let tenant = Tenant::start(move |asked| {
        if asked.path.ends_with("/token") || std::mem::replace(&mut asked_before, true) {
            return organization(asked);
        }
        refused.clone()
    })
    .await;
    tenant.reader().identity().await.unwrap();
    assert_eq!(tenant.tokens_asked().len(), 2);

    let refused = Say::error(401, "InvalidAuthenticationToken", "Access token has expired.");
    let tenant =
        Tenant::start(move |asked| if asked.path.ends_with("/token") { token() } else { refused.clone() })
            .await;
    let error = tenant.reader().identity().await.unwrap_err();
    expect!["GET /organization was answered with 401 InvalidAuthenticationToken: Access token has expired. (request-id req-1)"].assert_eq(&error.to_string());
    assert_eq!(tenant.tokens_asked().len(), 2);
}

async fn check_assertion(file: &str) {
    let tenant = Tenant::start(organization).await;
    let connection = connection(&tenant, Credential::Certificate { pem: Secret::new(read(file)) });
    connection.sign_in().await.unwrap();
    let asked = &tenant.tokens_asked()[0];
    assert_eq!(
        field(asked, "client_assertion_type"),
        "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
    );
    let assertion = field(asked, "client_assertion");
    let (signed, signature) = assertion.rsplit_once('.').unwrap();
    let (header, claims) = signed.split_once('.').unwrap();
    let part =
        |text: &str| -> Value { serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).unwrap()).unwrap() };
    let pem = read("app.pem");
    let certificate = CertificateDer::from_pem_slice(pem.as_bytes()).unwrap();
    let thumbprint = URL_SAFE_NO_PAD.encode(Sha256::digest(&certificate));
    assert_eq!(part(header), json!({ "alg": "PS256", "typ": "JWT", "x5t#S256": thumbprint }));
    let mut claims = part(claims);
    let jti = claims.as_object_mut().unwrap().remove("jti").unwrap();
    assert_eq!(jti.as_str().unwrap().len(), 36);
    let audience = format!("http://{}/contoso.example/oauth2/v2.0/token", tenant.address);
    let now = 1_795_338_000;
    assert_eq!(
        claims,
        json!({ "aud": audience, "iss": "app-1", "sub": "app-1", "nbf": now, "iat": now, "exp": now + 600 })
    );
    let key = PrivatePkcs8KeyDer::from_pem_slice(pem.as_bytes()).unwrap();
    let key = RsaKeyPair::from_pkcs8(key.secret_pkcs8_der()).unwrap();
    let public = key.public_key().as_ref();
    assert!(certificate.windows(public.len()).any(|it| it == public), "the key is the certificate's");
    UnparsedPublicKey::new(&RSA_PSS_2048_8192_SHA256, public)
        .verify(signed.as_bytes(), &URL_SAFE_NO_PAD.decode(signature).unwrap())
        .unwrap();
}

#[tokio::test]
async fn a_certificate_signs_an_assertion_that_its_public_key_verifies() {
    check_assertion("app.pem").await;
    check_assertion("app-pkcs1.pem").await;
}

fn check_pem(pem: String, expected: &Expect) {
    let mut settings = settings("http://127.0.0.1:1");
    settings.app.credential = Credential::Certificate { pem: Secret::new(pem) };
    expected.assert_eq(&Connection::open(settings).unwrap_err().to_string());
}

#[test]
fn a_certificate_file_that_cannot_be_used_says_why() {
    let pem = read("app.pem");
    let key = &pem[..pem.find("-----BEGIN CERTIFICATE").unwrap()];
    check_pem(
        String::new(),
        &expect![
            "the tenant's connection cannot be used: the certificate file holds no private key (PEM, not encrypted)"
        ],
    );
    check_pem(
        key.to_owned(),
        &expect![
            "the tenant's connection cannot be used: the certificate file holds no certificate: put the key and the certificate into it"
        ],
    );
    check_pem(
        format!("{key}{}", read("other-certificate.pem")),
        &expect![
            "the tenant's connection cannot be used: the certificate file holds a key and a certificate that do not belong together"
        ],
    );
    check_pem(
        read("app-ec.pem"),
        &expect![
            "the tenant's connection cannot be used: the certificate file holds a key that cannot be used (WrongAlgorithm); an RSA key of 2048 bits or more is needed"
        ],
    );
    check_pem(
        pem.replace("MII", "MIX"),
        &expect![
            "the tenant's connection cannot be used: the certificate file holds a key that cannot be used (InvalidEncoding); an RSA key of 2048 bits or more is needed"
        ],
    );
}

#[tokio::test]
async fn a_federated_token_is_read_anew_each_time() {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    writeln!(file, "first").unwrap();
    let tenant = Tenant::start(|asked| {
        if asked.path.ends_with("/token") {
            return Say::Json(200, json!({ "expires_in": "0", "access_token": "token-1" }));
        }
        organization(asked)
    })
    .await;
    let connection = connection(&tenant, Credential::FederatedToken(file.path().to_owned()));
    connection.sign_in().await.unwrap();
    file.as_file_mut().set_len(0).unwrap();
    std::io::Seek::rewind(file.as_file_mut()).unwrap();
    writeln!(file, "second").unwrap();
    connection.sign_in().await.unwrap();
    let sent: Vec<String> = tenant.tokens_asked().iter().map(|it| field(it, "client_assertion")).collect();
    assert_eq!(sent, ["first", "second"]);
    drop(file);
    let error = connection.sign_in().await.unwrap_err();
    assert!(error.to_string().starts_with("cannot read the federated token "), "{error}");
}

async fn check_token_error(say: Say, expected: Expect) {
    let tenant =
        Tenant::start(
            move |asked| {
                if asked.path.ends_with("/token") { say.clone() } else { organization(asked) }
            },
        )
        .await;
    let error = tenant.reader().identity().await.unwrap_err();
    let port = tenant.address.port().to_string();
    let text = format!("{error}\n{:?}\n{:?}", error.disposition(), error.hint());
    assert!(!format!("{error:?}").contains("s3cret"), "{error:?}");
    expected.assert_eq(&text.replace(&port, "PORT"));
}

fn aadsts(number: u32, words: &str) -> Say {
    Say::Json(
        401,
        json!({ "error": "invalid_client", "error_description": format!("AADSTS{number}: {words}\r\nTrace ID: x"),
                "error_codes": [number], "trace_id": "trace-1", "correlation_id": "c-1" }),
    )
}

#[tokio::test(start_paused = true)]
async fn errors_of_the_token_endpoint_say_what_to_do() {
    check_token_error(aadsts(7_000_215, "Invalid client secret provided."), expect![[r#"
        127.0.0.1:PORT gave no token (401 AADSTS7000215): the client secret is wrong (trace trace-1)
        Fatal
        Some("put the secret's value, not its id, where clientSecretFrom points, and check that it belongs to this app")"#]]).await;
    check_token_error(
        aadsts(7_000_222, "The provided client secret keys are expired."),
        expect![[r#"
        127.0.0.1:PORT gave no token (401 AADSTS7000222): the client secret has expired (trace trace-1)
        Fatal
        Some("create a new client secret for the app and put it where clientSecretFrom points")"#]],
    )
    .await;
    check_token_error(aadsts(700_016, "Application was not found."), expect![[r#"
        127.0.0.1:PORT gave no token (401 AADSTS700016): the app is not known in this tenant (trace trace-1)
        Fatal
        Some("check clientId and tenantId; an administrator of the tenant must have consented to the app")"#]]).await;
    check_token_error(
        aadsts(90_002, "Tenant not found."),
        expect![[r#"
        127.0.0.1:PORT gave no token (401 AADSTS90002): the tenant is not known (trace trace-1)
        Fatal
        Some("check tenantId, and cloud: each national cloud knows only its own")"#]],
    )
    .await;
    check_token_error(aadsts(700_027, "Client assertion failed signature validation."), expect![[r#"
        127.0.0.1:PORT gave no token (401 AADSTS700027): the certificate is not registered at the app, or the signature does not fit it (trace trace-1)
        Fatal
        Some("upload the certificate to the app registration, or check certificateFrom")"#]]).await;
    check_token_error(aadsts(70_021, "No matching federated identity record found."), expect![[r#"
        127.0.0.1:PORT gave no token (401 AADSTS70021): no federated credential of the app matches the token (trace trace-1)
        Fatal
        Some("compare issuer, subject and audience of the app's federated credential with the token's")"#]]).await;
    check_token_error(aadsts(9_999_999, "Something\u{1b}[0m new."), expect![[r#"
        127.0.0.1:PORT gave no token (401 AADSTS9999999): AADSTS9999999: Something [0m new. Trace ID: x (trace trace-1)
        Fatal
        None"#]]).await;
    check_token_error(aadsts(9_999_999, "You sent s3cret-of-the-app."), expect![[r#"
        127.0.0.1:PORT gave no token (401 AADSTS9999999): (its words are not shown: they hold a secret) (trace trace-1)
        Fatal
        None"#]]).await;
    check_token_error(
        Say::Raw(407, "text/html", b"<h1>Who are you?</h1>".to_vec()),
        expect![[r#"
            127.0.0.1:PORT gave no token (407 (no code)): Who are you? (trace unknown)
            Fatal
            None"#]],
    )
    .await;
    check_token_error(Say::Json(200, json!({ "access_token": "" , "expires_in": 1 })), expect![[r#"
        the answer to POST /contoso.example/oauth2/v2.0/token from 127.0.0.1:PORT is malformed: its token is not one
        Retry { after_ms: 300000 }
        None"#]]).await;
    check_token_error(
        Say::Json(200, json!(["no token"])),
        expect![[r#"
        the answer to POST /contoso.example/oauth2/v2.0/token from 127.0.0.1:PORT is malformed: no token in it
        Retry { after_ms: 300000 }
        None"#]],
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_throttled_token_endpoint_is_asked_again_when_it_says() {
    let mut times = 0;
    let tenant = Tenant::start(move |asked| {
        if !asked.path.ends_with("/token") {
            return organization(asked);
        }
        times += 1;
        let throttled = Say::With(429, vec![("retry-after", "33".to_owned())], json!({}));
        if times < 3 { throttled } else { token() }
    })
    .await;
    let began = tokio::time::Instant::now();
    tenant.reader().identity().await.unwrap();
    assert_eq!(began.elapsed().as_secs(), 66);
}

#[test]
fn endpoints_are_https_or_this_machine() {
    let check = |login: &str, expected: Expect| {
        expected.assert_eq(&Endpoints::explicit(login, "https://graph.example").unwrap_err().to_string());
    };
    check(
        "http://login.example",
        expect![[
            r#"the tenant's connection cannot be used: the endpoint "http://login.example" must be https; http is for loopback only"#
        ]],
    );
    check(
        "ftp://login.example",
        expect![[
            r#"the tenant's connection cannot be used: the endpoint "ftp://login.example" must be https"#
        ]],
    );
    check(
        "login.example",
        expect![[r#"the tenant's connection cannot be used: the endpoint "login.example" is not a URL"#]],
    );
    check(
        "https://u:p@login.example",
        expect!["the tenant's connection cannot be used: an endpoint must not hold a user name or password"],
    );
    check(
        "https://login.example/?a=b",
        expect![[
            r#"the tenant's connection cannot be used: the endpoint "https://login.example/?a=b" must not have a query or fragment"#
        ]],
    );
    check(
        "http://127.0.0.1.evil.example",
        expect![[
            r#"the tenant's connection cannot be used: the endpoint "http://127.0.0.1.evil.example" must be https; http is for loopback only"#
        ]],
    );
    for good in ["http://127.0.0.1:8080", "http://[::1]:1/base", "http://localhost", "https://login.example"]
    {
        Endpoints::explicit(good, good).unwrap();
    }
}

#[test]
fn nothing_secret_is_in_debug() {
    let mut settings = settings("http://127.0.0.1:1");
    let connection = Connection::open(settings.clone()).unwrap();
    let shown = format!("{settings:?} {connection:?} {:?}", Reader::new(&connection));
    assert!(!shown.contains("s3cret"), "{shown}");
    settings.app.credential = Credential::Certificate { pem: Secret::new(read("app.pem")) };
    settings.clock = Arc::new(|| "2026-11-22T09:00:00Z".parse().unwrap());
    let shown = format!("{:?} {:?}", settings.clone(), Connection::open(settings).unwrap());
    assert!(!shown.contains("PRIVATE"), "{shown}");
}
