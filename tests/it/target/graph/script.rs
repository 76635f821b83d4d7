//! A tenant that answers as a test tells it to, and remembers what it was asked.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, Method, Response, Uri};
use futures_util::stream;
use samesign::model::{CloudId, Secret};
use samesign::target::graph::{App, Connection, Credential, Endpoints, Reader, Settings, Writer};
use serde_json::{Value, json};

/// What the tenant was asked; an item of a batch counts as a request of its own.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    pub(super) method: String,
    /// Path and query below `/v1.0`; the whole path for other requests.
    pub(super) path: String,
    pub(super) body: Value,
    pub(super) headers: Vec<(String, String)>,
    pub(super) batched: bool,
}

impl Asked {
    pub(super) fn line(&self) -> String {
        format!("{} {}", self.method, self.path.split('?').next().unwrap())
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(it, _)| it.eq_ignore_ascii_case(name)).map(|(_, value)| &**value)
    }
}

/// What the tenant answers.
#[derive(Clone, Debug)]
pub(super) enum Say {
    Json(u16, Value),
    With(u16, Vec<(&'static str, String)>, Value),
    Raw(u16, &'static str, Vec<u8>),
    /// The connection breaks in the middle of the answer.
    Nothing,
}

impl Say {
    pub(super) fn error(status: u16, code: &str, message: &str) -> Self {
        Self::Json(status, json!({ "error": { "code": code, "message": message } }))
    }
}

type Script = Arc<Mutex<dyn FnMut(&Asked) -> Say + Send>>;

#[derive(Clone)]
struct Stage {
    script: Script,
    asked: Arc<Mutex<Vec<Asked>>>,
}

/// A running scripted tenant.
pub(super) struct Tenant {
    pub(super) address: SocketAddr,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Tenant {
    /// Starts on a free port of this machine.
    pub(super) async fn start(script: impl FnMut(&Asked) -> Say + Send + 'static) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (router, asked) = stage(script);
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { address, asked }
    }

    pub(super) fn settings(&self) -> Settings {
        settings(&format!("http://{}", self.address))
    }

    pub(super) fn connection(&self) -> Connection {
        Connection::open(self.settings()).unwrap()
    }

    pub(super) fn reader(&self) -> Reader {
        Reader::new(&self.connection())
    }

    pub(super) fn writer(&self) -> Writer {
        Writer::new(&self.connection())
    }

    /// What was asked, the token apart.
    pub(super) fn asked(&self) -> Vec<Asked> {
        let asked = self.asked.lock().unwrap();
        asked.iter().filter(|it| !it.path.ends_with("/token")).cloned().collect()
    }

    pub(super) fn lines(&self) -> Vec<String> {
        self.asked().iter().map(Asked::line).collect()
    }

    pub(super) fn tokens_asked(&self) -> Vec<Asked> {
        let asked = self.asked.lock().unwrap();
        asked.iter().filter(|it| it.path.ends_with("/token")).cloned().collect()
    }
}

/// The router of a script, and where it writes down what it was asked.
pub(super) fn stage(script: impl FnMut(&Asked) -> Say + Send + 'static) -> (Router, Arc<Mutex<Vec<Asked>>>) {
    let asked = Arc::new(Mutex::new(Vec::new()));
    let stage = Stage { script: Arc::new(Mutex::new(script)), asked: Arc::clone(&asked) };
    (Router::new().fallback(answer).with_state(stage), asked)
}

pub(super) fn settings(root: &str) -> Settings {
    let credential = Credential::ClientSecret(Secret::new("s3cret-of-the-app".to_owned()));
    let app = App { tenant: "contoso.example".to_owned(), client_id: "app-1".to_owned(), credential };
    let clock = Arc::new(|| "2026-11-22T09:00:00Z".parse().unwrap());
    let mut settings = Settings::new(Endpoints::explicit(root, root).unwrap(), app, clock);
    settings.patience.attempts = 4;
    settings.timeouts.request = Duration::from_hours(1);
    settings
}

pub(super) fn token() -> Say {
    Say::Json(200, json!({ "token_type": "Bearer", "expires_in": 3599, "access_token": "token-1" }))
}

pub(super) fn id(last: u32) -> CloudId {
    format!("00000000-0000-4000-8000-{last:012}").parse().unwrap()
}

/// The path of a file beside the tests.
pub(super) fn fixture(name: &str) -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "tests", "it", "target", "graph", name].iter().collect()
}

async fn answer(
    State(stage): State<Stage>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response<Body> {
    let path = uri.path_and_query().map_or("", |it| it.as_str());
    let path = path.strip_prefix("/v1.0").unwrap_or(path);
    let headers: Vec<(String, String)> =
        headers.iter().map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned())).collect();
    if path == "/$batch" {
        return to_response(&batch(&stage, &headers, &serde_json::from_slice(&body).unwrap()));
    }
    let body = serde_json::from_slice(&body).unwrap_or_else(|_| json!(String::from_utf8_lossy(&body)));
    let asked = Asked { method: method.to_string(), path: path.to_owned(), body, headers, batched: false };
    to_response(&stage.say(&asked))
}

impl Stage {
    fn say(&self, asked: &Asked) -> Say {
        let is_token = asked.path.ends_with("/token");
        self.asked.lock().unwrap().push(asked.clone());
        let said = (self.script.lock().unwrap())(asked);
        // A script that does not care about tokens answers them with 404.
        match said {
            Say::Json(404, _) if is_token => token(),
            said @ (Say::Json(..) | Say::With(..) | Say::Raw(..) | Say::Nothing) => said,
        }
    }
}

/// Answers the items of a batch one by one, in reverse: the service gives no order.
fn batch(stage: &Stage, headers: &[(String, String)], body: &Value) -> Say {
    let requests = body["requests"].as_array().unwrap();
    assert!(requests.len() <= 20, "a batch of {}", requests.len());
    let mut responses = Vec::new();
    for request in requests {
        let text = |name: &str| request[name].as_str().unwrap().to_owned();
        let own = request["headers"].as_object().cloned().unwrap_or_default();
        let mut all = headers.to_vec();
        all.extend(own.iter().map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned())));
        assert!(request["body"].is_null() || own.contains_key("Content-Type"), "a body without a type");
        let asked = Asked {
            method: text("method"),
            path: text("url"),
            body: request["body"].clone(),
            headers: all,
            batched: true,
        };
        let (status, headers, body) = match stage.say(&asked) {
            Say::Json(status, body) => (status, json!({}), body),
            Say::With(status, headers, body) => (status, headers.into_iter().collect::<Value>(), body),
            Say::Raw(status, _, body) => (status, json!({}), json!(String::from_utf8(body).unwrap())),
            Say::Nothing => return Say::Nothing,
        };
        responses.push(json!({ "id": text("id"), "status": status, "headers": headers, "body": body }));
    }
    responses.reverse();
    Say::Json(200, json!({ "responses": responses }))
}

fn to_response(say: &Say) -> Response<Body> {
    let mut response = Response::builder().header("request-id", "req-1");
    let (status, body) = match say {
        Say::Json(204, _) => (204, Body::empty()),
        Say::Json(status, body) => (*status, Body::from(body.to_string())),
        Say::With(status, headers, body) => {
            for (name, value) in headers {
                response = response.header(*name, value);
            }
            (*status, Body::from(body.to_string()))
        }
        Say::Raw(status, content_type, body) => {
            response = response.header("content-type", *content_type);
            (*status, Body::from(body.clone()))
        }
        Say::Nothing => {
            let broken = [Ok(Bytes::from_static(b"{")), Err(std::io::Error::other("broken"))];
            (200, Body::from_stream(stream::iter(broken)))
        }
    };
    response.status(status).body(body).unwrap()
}
