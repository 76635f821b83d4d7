//! A client without opinions: sends what a test says and shows what came back.

use std::sync::{Arc, Once};

use jiff::Timestamp;
use reqwest::Method;
use samesign::sandbox::{Sandbox, SandboxOptions, Seed, start};
use serde_json::{Value, json};

/// The second at which every sandbox of these tests starts.
pub(crate) const START: &str = "2026-11-22T09:14:00Z";
pub(crate) const PASSWORD: &str = "Quiet-Harbour-42";

pub(crate) struct Client {
    pub(crate) sandbox: Sandbox,
    http: reqwest::Client,
    token: String,
}

/// What came back.
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: reqwest::header::HeaderMap,
    pub(crate) body: Value,
    pub(crate) text: String,
}

impl Reply {
    pub(crate) fn code(&self) -> &str {
        self.body["error"]["code"].as_str().unwrap_or_default()
    }

    pub(crate) fn message(&self) -> &str {
        self.body["error"]["message"].as_str().unwrap_or_default()
    }

    pub(crate) fn id(&self) -> String {
        self.body["id"].as_str().unwrap_or_default().to_owned()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |it| it.to_str().unwrap())
    }

    /// `property` of every element.
    pub(crate) fn each(&self, property: &str) -> Vec<String> {
        let mut values: Vec<String> = self.body["value"]
            .as_array()
            .unwrap()
            .iter()
            .map(|it| it[property].as_str().unwrap_or("").to_owned())
            .collect();
        values.sort();
        values
    }

    /// Asserts a refusal.
    #[track_caller]
    pub(crate) fn refused(&self, status: u16, code: &str, message: &str) {
        assert_eq!((self.status, self.code(), self.message()), (status, code, message));
    }
}

pub(crate) fn http() -> reqwest::Client {
    static PROVIDER: Once = Once::new();
    PROVIDER.call_once(|| {
        drop(rustls::crypto::ring::default_provider().install_default());
    });
    reqwest::Client::builder().no_proxy().build().unwrap()
}

pub(crate) fn options(seed: &str) -> SandboxOptions {
    let now: Timestamp = START.parse().unwrap();
    let mut options = SandboxOptions::new(Arc::new(move || now));
    options.seed = Seed::parse(seed).unwrap();
    options.number = Some(1);
    options
}

impl Client {
    /// A client of a sandbox with this seed, as an app with all permissions.
    pub(crate) async fn of(seed: &str) -> Self {
        Self::with(options(seed)).await
    }

    pub(crate) async fn with(options: SandboxOptions) -> Self {
        let mut client = Self::without_token(options).await;
        client.sign_in("11111111-2222-3333-4444-555555555555", "anything").await;
        client
    }

    pub(crate) async fn without_token(options: SandboxOptions) -> Self {
        let sandbox = start(options).await.unwrap();
        Self { sandbox, http: http(), token: String::new() }
    }

    /// Gets a token and uses it from now on.
    pub(crate) async fn sign_in(&mut self, app: &str, secret: &str) {
        let reply = self
            .token(&[
                ("grant_type", "client_credentials"),
                ("client_id", app),
                ("client_secret", secret),
                ("scope", "https://graph.microsoft.com/.default"),
            ])
            .await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        reply.body["access_token"].as_str().unwrap().clone_into(&mut self.token);
    }

    /// Asks the token endpoint.
    pub(crate) async fn token(&self, form: &[(&str, &str)]) -> Reply {
        let url = format!("{}/contoso.onmicrosoft.com/oauth2/v2.0/token", self.sandbox.base_url());
        read(self.http.post(url).form(form).send().await.unwrap()).await
    }

    /// Sends a request to a path, or to a link that the sandbox gave.
    pub(crate) async fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<Value>,
    ) -> Reply {
        read(self.try_send(method, path, headers, body).await.unwrap()).await
    }

    pub(crate) async fn try_send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<Value>,
    ) -> reqwest::Result<reqwest::Response> {
        let url = if path.starts_with("http") {
            path.to_owned()
        } else if path.starts_with("/sandbox") {
            format!("{}{path}", self.sandbox.base_url())
        } else {
            format!("{}/v1.0{path}", self.sandbox.base_url())
        };
        let mut request = self.http.request(method, url);
        if !self.token.is_empty() {
            request = request.bearer_auth(&self.token);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(body) = body {
            request = request.json(&body);
        }
        request.send().await
    }

    pub(crate) fn use_token(&mut self, token: &str) {
        token.clone_into(&mut self.token);
    }

    /// Sends a body as it is.
    pub(crate) async fn send_text(&self, method: Method, path: &str, body: &str) -> Reply {
        let url = format!("{}/v1.0{path}", self.sandbox.base_url());
        let request = self.http.request(method, url).bearer_auth(&self.token);
        let request = request.header("content-type", "application/json").body(body.to_owned());
        read(request.send().await.unwrap()).await
    }

    pub(crate) async fn get(&self, path: &str) -> Reply {
        self.send(Method::GET, path, &[], None).await
    }

    pub(crate) async fn get_eventual(&self, path: &str) -> Reply {
        self.send(Method::GET, path, &[("ConsistencyLevel", "eventual")], None).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Reply {
        self.send(Method::POST, path, &[], Some(body)).await
    }

    pub(crate) async fn patch(&self, path: &str, body: Value) -> Reply {
        self.send(Method::PATCH, path, &[], Some(body)).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Reply {
        self.send(Method::DELETE, path, &[], None).await
    }

    /// Adds a user and tells the id.
    pub(crate) async fn add_user(&self, name: &str) -> String {
        let reply = self.post("/users", user(name)).await;
        assert_eq!(reply.status, 201, "{}", reply.text);
        reply.id()
    }

    /// Adds a security group and tells the id.
    pub(crate) async fn add_group(&self, name: &str) -> String {
        let reply = self.post("/groups", group(name)).await;
        assert_eq!(reply.status, 201, "{}", reply.text);
        reply.id()
    }

    pub(crate) async fn add_member(&self, group: &str, member: &str) -> Reply {
        self.post(&format!("/groups/{group}/members/$ref"), reference(member)).await
    }

    pub(crate) fn advance(&self, seconds: i64) {
        self.sandbox.advance(jiff::SignedDuration::from_secs(seconds));
    }
}

async fn read(response: reqwest::Response) -> Reply {
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let text = response.text().await.unwrap();
    Reply { status, headers, body: serde_json::from_str(&text).unwrap_or_default(), text }
}

/// The body that creates a user.
pub(crate) fn user(name: &str) -> Value {
    json!({
        "accountEnabled": true,
        "displayName": name,
        "mailNickname": name,
        "userPrincipalName": format!("{name}@contoso.com"),
        "passwordProfile": { "password": PASSWORD },
    })
}

/// The body that creates a security group.
pub(crate) fn group(name: &str) -> Value {
    json!({ "displayName": name, "mailNickname": name, "mailEnabled": false, "securityEnabled": true })
}

pub(crate) fn reference(id: &str) -> Value {
    json!({ "@odata.id": format!("https://graph.microsoft.com/v1.0/directoryObjects/{id}") })
}

/// A body with some members replaced or, where null, taken out.
pub(crate) fn but(mut body: Value, changes: &Value) -> Value {
    for (name, value) in changes.as_object().unwrap() {
        body[name] = value.clone();
    }
    body
}
