//! What holds for every route: batches, limits, replication, faults, the audit log, the state file.

use reqwest::Method;
use samesign::sandbox::{Effect, Fault, Replication, SandboxError, ThrottleSettings, start};
use serde_json::{Value, json};

use super::client::{Client, PASSWORD, group, options, user};

fn fault(method: &str, path: &str, effect: Effect) -> Fault {
    Fault { method: Some(method.to_owned()), path: Some(path.to_owned()), skip: 0, times: 1, effect }
}

fn item(id: usize, method: &str, url: &str) -> Value {
    json!({ "id": id.to_string(), "method": method, "url": url })
}

#[tokio::test]
async fn every_response_carries_the_headers_of_the_service() {
    let client = Client::of("").await;
    let headers = [("client-request-id", "0d9e5d9c-0000-4000-8000-000000000001")];
    let reply = client.send(Method::GET, "/users/nobody@contoso.com", &headers, None).await;
    assert_eq!(reply.header("client-request-id"), "0d9e5d9c-0000-4000-8000-000000000001");
    let inner = &reply.body["error"]["innerError"];
    assert_eq!(inner["request-id"], reply.header("request-id"));
    assert_eq!(inner["client-request-id"], "0d9e5d9c-0000-4000-8000-000000000001");
    assert_eq!(inner["date"], "2026-11-22T09:14:00");
    assert!(reply.header("x-ms-ags-diagnostic").contains("ServerInfo"));
    assert_eq!(reply.header("odata-version"), "4.0");
    assert_eq!(reply.header("x-ms-resource-unit"), "2");
    assert!(!reply.header("date").is_empty());
    assert_eq!(reply.code(), "Request_ResourceNotFound");
}

#[tokio::test]
async fn malformed_and_oversized_bodies_are_refused() {
    let client = Client::of("").await;
    let reply = client.send_text(Method::POST, "/users", "{\"accountEnabled\": tru").await;
    assert_eq!((reply.status, reply.code()), (400, "BadRequest"));
    assert_eq!(client.send_text(Method::POST, "/users", "[]").await.status, 400);
    assert_eq!(client.send_text(Method::POST, "/users", &"[".repeat(100_000)).await.status, 400);
    let large = format!("\"{}\"", "x".repeat(5 << 20));
    assert_eq!(client.send_text(Method::POST, "/users", &large).await.status, 413);
}

#[tokio::test]
async fn a_batch_answers_every_item_in_any_order() {
    let client = Client::of("").await;
    let mut requests: Vec<Value> = (0..19).map(|it| item(it, "GET", "/organization?$select=id")).collect();
    let mut create = item(19, "POST", "users");
    create["headers"] = json!({ "Content-Type": "application/json" });
    create["body"] = user("mia");
    requests.push(create);
    let reply = client.post("/$batch", json!({ "requests": requests })).await;
    let responses = reply.body["responses"].as_array().unwrap();
    let order: Vec<&str> = responses.iter().map(|it| it["id"].as_str().unwrap()).collect();
    let mut sorted: Vec<usize> = order.iter().map(|it| it.parse().unwrap()).collect();
    assert!(!sorted.is_sorted(), "{order:?}");
    sorted.sort_unstable();
    assert_eq!(sorted, (0..20).collect::<Vec<_>>());
    let created = responses.iter().find(|it| it["id"] == "19").unwrap();
    assert_eq!((&created["status"], &created["body"]["displayName"]), (&json!(201), &json!("mia")));
    assert!(created["headers"]["Location"].is_string());
}

#[tokio::test]
async fn what_depends_on_a_failure_fails_too() {
    let client = Client::of("").await;
    let mut second = item(2, "GET", "/organization");
    second["dependsOn"] = json!(["1"]);
    let mut third = item(3, "GET", "/organization");
    third["dependsOn"] = json!(["2"]);
    let body = json!({ "requests": [third, second, item(1, "GET", "/users/nobody@contoso.com")] });
    let reply = client.post("/$batch", body).await;
    let status = |id: &str| {
        reply.body["responses"].as_array().unwrap().iter().find(|it| it["id"] == id).unwrap()["status"]
            .clone()
    };
    assert_eq!((status("1"), status("2"), status("3")), (json!(404), json!(424), json!(424)));
}

#[tokio::test]
async fn a_malformed_batch_is_refused_as_a_whole() {
    let client = Client::of("").await;
    let many: Vec<Value> = (0..21).map(|it| item(it, "GET", "/users")).collect();
    let cycle = |id: usize, on: &str| {
        let mut it = item(id, "GET", "/users");
        it["dependsOn"] = json!([on]);
        it
    };
    for requests in [
        json!(many),
        json!([]),
        json!([item(1, "GET", "/users"), item(1, "GET", "/users")]),
        json!([{ "id": "1", "method": "GET" }]),
        json!([item(1, "GET", "https://elsewhere.example/users")]),
        json!([cycle(1, "2"), cycle(2, "1")]),
        json!([cycle(1, "9")]),
    ] {
        let reply = client.post("/$batch", json!({ "requests": requests })).await;
        assert_eq!((reply.status, reply.code()), (400, "BadRequest"), "{requests}");
    }
    let nested = client.post("/$batch", json!({ "requests": [item(1, "POST", "/$batch")] })).await;
    assert_eq!(nested.body["responses"][0]["status"], 400);
}

#[tokio::test]
async fn pages_inside_a_batch_go_on_outside_of_it() {
    let client = Client::of("").await;
    client.add_user("mia").await;
    client.add_user("zoe").await;
    let reply = client.post("/$batch", json!({ "requests": [item(1, "GET", "/users?$top=1")] })).await;
    let link = reply.body["responses"][0]["body"]["@odata.nextLink"].as_str().unwrap().to_owned();
    assert_eq!(client.get(&link).await.each("id").len(), 1);
}

#[tokio::test]
async fn too_many_writes_are_throttled_until_the_bucket_drains() {
    let client = Client::of("throttle: { on: true, scale: 0.002 }").await;
    // Of 3,000 writes in 150 seconds, six are left.
    for number in 0..6 {
        client.add_user(&format!("user{number}")).await;
    }
    let reply = client.post("/users", user("late")).await;
    reply.refused(429, "TooManyRequests", "Too many requests");
    assert_eq!(reply.header("x-ms-throttle-information"), "WriteLimitExceeded");
    let scope = reply.header("x-ms-throttle-scope");
    assert!(scope.starts_with("Tenant_Application/Write/11111111-2222-3333-4444-555555555555/"), "{scope}");
    assert_eq!(reply.header("retry-after"), "25");
    assert_eq!(reply.body["error"]["innerError"]["status"], "429");
    client.advance(25);
    let reply = client.post("/users", user("late")).await;
    assert_eq!((reply.status, reply.header("x-ms-throttle-limit-percentage")), (201, "1.00"));
}

#[tokio::test]
async fn low_priority_goes_first_when_limits_near() {
    let client = Client::of("throttle: { on: true, scale: 0.002857 }").await;
    // Ten resource units in ten seconds.
    for _ in 0..9 {
        assert_eq!(client.get("/organization").await.status, 200);
    }
    let low = client.send(Method::GET, "/organization", &[("x-ms-throttle-priority", "Low")], None).await;
    assert_eq!((low.status, low.header("x-ms-throttle-information")), (429, "ResourceUnitLimitExceeded"));
    assert_eq!(client.send(Method::GET, "/domains", &[], None).await.status, 429);
    client.advance(1);
    assert_eq!(client.get("/organization").await.status, 200);
}

#[tokio::test]
async fn items_of_a_batch_are_throttled_one_by_one() {
    let client = Client::of("throttle: { on: true, scale: 0.002 }").await;
    let requests: Vec<Value> = (0..8)
        .map(|number| {
            let mut it = item(number, "POST", "/users");
            it["headers"] = json!({ "Content-Type": "application/json" });
            it["body"] = user(&format!("user{number}"));
            it
        })
        .collect();
    let reply = client.post("/$batch", json!({ "requests": requests })).await;
    assert_eq!(reply.status, 200);
    let responses = reply.body["responses"].as_array().unwrap();
    let throttled: Vec<&Value> = responses.iter().filter(|it| it["status"] == 429).collect();
    assert_eq!(throttled.len(), 2, "{}", reply.text);
    assert_eq!(throttled[0]["headers"]["Retry-After"], "25");
}

#[tokio::test]
async fn replicas_lag_behind_writes() {
    let client = Client::of("").await;
    let old = client.add_user("old").await;
    client.sandbox.set_replication(Replication {
        get_ms: 5_000,
        list_ms: 20_000,
        delta_ms: 30_000,
        reference_ms: 10_000,
    });
    let delta = client.get("/users/delta?$deltatoken=latest").await.body["@odata.deltaLink"]
        .as_str()
        .unwrap()
        .to_owned();
    let (mia, sales) = (client.add_user("mia").await, client.add_group("sales").await);
    client.patch(&format!("/users/{old}"), json!({ "displayName": "new" })).await;
    let name = async || client.get(&format!("/users/{old}")).await.body["displayName"].clone();
    assert_eq!(client.get(&format!("/users/{mia}")).await.status, 404);
    assert_eq!(name().await, "old");
    client.add_member(&sales, &old).await.refused(
        400,
        "Request_BadRequest",
        "The source resource object or one of the objects being referenced don't exist.",
    );
    client.advance(5);
    assert_eq!((client.get(&format!("/users/{mia}")).await.status, name().await), (200, json!("new")));
    assert_eq!(client.get("/users").await.each("displayName"), ["old"]);
    client.advance(5);
    assert_eq!(client.add_member(&sales, &mia).await.status, 204);
    client.advance(10);
    assert_eq!(client.get("/users").await.each("displayName"), ["mia", "new"]);
    let empty = client.get(&delta).await;
    assert!(empty.each("id").is_empty());
    client.advance(10);
    assert_eq!(client.get(empty.body["@odata.deltaLink"].as_str().unwrap()).await.each("id").len(), 2);
}

#[tokio::test]
async fn a_deleted_user_lingers_in_a_lagging_list() {
    let client = Client::of("").await;
    let mia = client.add_user("mia").await;
    client.sandbox.set_replication(Replication { list_ms: 20_000, ..Replication::default() });
    client.delete(&format!("/users/{mia}")).await;
    assert_eq!(client.get("/users").await.each("id"), std::slice::from_ref(&mia));
    assert_eq!(client.get(&format!("/users/{mia}")).await.status, 404);
    client.advance(20);
    assert!(client.get("/users").await.each("id").is_empty());
}

#[tokio::test]
async fn faults_hit_what_they_name_and_wear_off() {
    let client = Client::of("").await;
    let refuse = |status, retry_after_s| Effect::Status { status, code: None, message: None, retry_after_s };
    client.sandbox.set_faults(vec![
        Fault { skip: 1, times: 2, ..fault("GET", "/users", refuse(503, Some(7))) },
        fault("GET", "/organization", refuse(401, None)),
    ]);
    assert_eq!(client.get("/users").await.status, 200);
    let hit = client.get("/users").await;
    assert_eq!((hit.status, hit.code(), hit.header("retry-after")), (503, "serviceNotAvailable", "7"));
    assert_eq!(client.get("/groups").await.status, 200);
    assert_eq!(client.get("/users").await.status, 503);
    assert_eq!(client.get("/users").await.status, 200);
    assert_eq!(client.get("/organization").await.code(), "InvalidAuthenticationToken");
    assert_eq!(client.get("/organization").await.status, 200);
}

#[tokio::test]
async fn a_lost_response_leaves_the_change_and_a_reset_does_not() {
    let client = Client::of("").await;
    client.sandbox.set_faults(vec![fault("POST", "/users", Effect::Reset)]);
    assert!(client.try_send(Method::POST, "/users", &[], Some(user("mia"))).await.is_err());
    assert_eq!(client.get("/users/mia@contoso.com").await.status, 404);
    client.sandbox.set_faults(vec![fault("POST", "/users", Effect::LostResponse)]);
    assert!(client.try_send(Method::POST, "/users", &[], Some(user("mia"))).await.is_err());
    assert_eq!(client.get("/users/mia@contoso.com").await.status, 200);
}

#[tokio::test]
async fn the_token_endpoint_can_be_throttled() {
    let client = Client::of("").await;
    let busy = Effect::Status { status: 429, code: None, message: None, retry_after_s: Some(3) };
    client.sandbox.set_faults(vec![fault("POST", "/token", busy)]);
    let form = [
        ("grant_type", "client_credentials"),
        ("client_id", "a"),
        ("client_secret", "b"),
        ("scope", "https://graph.microsoft.com/.default"),
    ];
    let reply = client.token(&form).await;
    assert_eq!((reply.status, reply.header("retry-after")), (429, "3"));
    assert_eq!(client.token(&form).await.status, 200);
}

#[tokio::test]
async fn the_audit_log_has_every_request_and_no_password() {
    let client = Client::of("").await;
    let id = client.add_user("mia").await;
    client.delete(&format!("/users/{id}")).await;
    client.get("/users").await;
    let lines = client.sandbox.audit();
    let shown: Vec<_> = lines.iter().map(|it| format!("{} {} {}", it.method, it.path, it.status)).collect();
    assert_eq!(
        shown,
        ["POST /users 201".to_owned(), format!("DELETE /users/{id} 204"), "GET /users 200".to_owned()]
    );
    assert_eq!(lines[0].app, "11111111-2222-3333-4444-555555555555");
    assert_eq!(lines[0].body.as_ref().unwrap()["passwordProfile"]["password"], "**");
    let over_http = client.send(Method::GET, "/sandbox/audit", &[], None).await;
    assert!(!over_http.text.contains(PASSWORD));
    let counters = client.send(Method::GET, "/sandbox/counters", &[], None).await;
    assert_eq!(counters.body, json!({ "reads": 1, "writes": 2, "deletes": 1, "refusals": 0 }));
}

#[tokio::test]
async fn a_rehearsal_steers_the_tenant_over_http() {
    let client = Client::of("").await;
    let put = async |path: &str, body: Value| client.send(Method::PUT, path, &[], Some(body)).await.status;
    let effect = json!({ "kind": "status", "status": 500 });
    assert_eq!(put("/sandbox/faults", json!([{ "path": "/domains", "effect": effect }])).await, 204);
    assert_eq!(client.get("/domains").await.status, 500);
    assert_eq!(put("/sandbox/faults", json!([{ "effect": { "kind": "unheard-of" } }])).await, 400);
    assert_eq!(put("/sandbox/replication", json!({ "getMs": 1_000 })).await, 204);
    assert_eq!(put("/sandbox/throttle", json!({ "on": false, "scale": 1.0 })).await, 204);
    let id = client.add_user("mia").await;
    assert_eq!(client.get(&format!("/users/{id}")).await.status, 404);
    let advanced = client.post("/sandbox/clock/advance", json!({ "seconds": 2 })).await;
    assert_eq!(advanced.body["now"], "2026-11-22T09:14:02Z");
    assert_eq!(client.get(&format!("/users/{id}")).await.status, 200);
}

#[tokio::test]
async fn the_state_file_keeps_objects_and_delta_tokens_but_no_password() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tenant.json");
    let with_file = || {
        let mut options = options("");
        options.state_file = Some(path.clone());
        options
    };
    let client = Client::with(with_file()).await;
    let mia = client.add_user("mia").await;
    let sales = client.add_group("sales").await;
    client.add_member(&sales, &mia).await;
    let link = client.get("/users/delta").await.body["@odata.deltaLink"].as_str().unwrap().to_owned();
    let token = link.split_once("/v1.0").unwrap().1.to_owned();
    client.sandbox.shutdown().await.unwrap();
    assert!(!read_file(&path).contains(PASSWORD));
    let client = Client::with(with_file()).await;
    assert_eq!(client.get(&format!("/groups/{sales}/members")).await.each("id"), std::slice::from_ref(&mia));
    client.patch(&format!("/users/{mia}"), json!({ "displayName": "Mia" })).await;
    assert_eq!(client.get(&token).await.each("displayName"), ["Mia"]);
    assert_ne!(client.add_user("zoe").await, mia, "ids go on where they stopped");
}

#[expect(clippy::disallowed_methods, reason = "the test looks into the state file")]
fn read_file(path: &std::path::Path) -> String {
    std::fs::read_to_string(path).unwrap()
}

#[tokio::test]
async fn a_damaged_or_foreign_state_file_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tenant.json");
    for (content, foreign) in [
        ("{\"version\":1,", false),
        (
            "{\"version\":1,\"tenantId\":\"7f0c0f34-5b6e-4a3b-9a55-0d0b3c9e1a11\",\"idsMade\":0,\"objects\":[],\"journal\":{\"entries\":[],\"last\":0}}",
            true,
        ),
    ] {
        #[expect(clippy::disallowed_methods, reason = "the test damages the state file")]
        std::fs::write(&path, content).unwrap();
        let mut options = options("");
        options.state_file = Some(path.clone());
        let error = start(options).await.err().unwrap();
        assert!(error.to_string().contains("tenant.json"), "{error}");
        assert_eq!(matches!(error, SandboxError::ForeignState { .. }), foreign, "{error}");
    }
}

#[tokio::test]
async fn ids_repeat_from_run_to_run_with_the_same_number() {
    let (first, second) = (Client::of("").await, Client::of("").await);
    assert_eq!(first.add_user("mia").await, second.add_user("mia").await);
}

#[tokio::test]
async fn limits_can_be_changed_while_it_runs() {
    let client = Client::of("").await;
    client.sandbox.set_throttle(ThrottleSettings { on: true, scale: 0.0 });
    assert_eq!(client.get("/organization").await.status, 200);
    assert_eq!(client.post("/groups", group("x")).await.status, 429);
}

#[tokio::test]
async fn it_serves_https_with_a_given_certificate() {
    let issued = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let mut options = options("");
    options.tls = Some(samesign::sandbox::TlsPem {
        certificates: issued.cert.pem(),
        key: samesign::model::Secret::new(issued.signing_key.serialize_pem()),
    });
    let sandbox = start(options).await.unwrap();
    drop(super::client::http());
    let root = reqwest::Certificate::from_pem(issued.cert.pem().as_bytes()).unwrap();
    let http = reqwest::Client::builder().no_proxy().tls_certs_only([root]).build().unwrap();
    let url = sandbox.base_url().replace("127.0.0.1", "localhost");
    let reply =
        http.get(format!("{url}/contoso.com/v2.0/.well-known/openid-configuration")).send().await.unwrap();
    let body: Value = reply.json().await.unwrap();
    assert!(body["token_endpoint"].as_str().unwrap().starts_with(&url));
}

#[tokio::test]
async fn a_wrong_seed_says_what_is_wrong() {
    use samesign::sandbox::Seed;
    assert!(Seed::parse("unicorns: 5").is_err());
    assert!(
        Seed::parse("domains: [{ name: a.example }]").unwrap_err().to_string().contains("`initial: true`")
    );
    for (seed, part) in [
        (
            "users: [{ userPrincipalName: a@contoso.com, manager: b@contoso.com }]",
            "refers to `b@contoso.com`",
        ),
        ("users: [{ userPrincipalName: a@contoso.com, shoeSize: 5 }]", "Invalid property 'shoeSize'"),
        (
            "users: [{ userPrincipalName: a@contoso.com }, { userPrincipalName: A@contoso.com }]",
            "same id, name",
        ),
        ("users: [{ userPrincipalName: a@contoso.com, passwordProfile: {} }]", "passwordProfile"),
    ] {
        let error = start(options(seed)).await.err().unwrap();
        let cause = std::error::Error::source(&error).unwrap().to_string();
        assert!(cause.contains(part), "{cause}");
    }
}
