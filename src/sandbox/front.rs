//! Between HTTP and the tenant: turns requests into [`Request`]s and answers into HTTP.
//!
//! It knows no route; a body that is too large ends here.

use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{ConnectInfo, State};
use axum::http::{HeaderName, HeaderValue, Request as HttpRequest, Response as HttpResponse, StatusCode};

use super::exchange::{Fate, Request, Response};
use super::listener::Cut;
use super::tenant::Tenant;

/// Largest body that the service takes.
const BODY_MAX: usize = 4 * 1024 * 1024;
/// The same for the provisioning service, whose batches may have 15,000 links.
const PROVISIONING_BODY_MAX: usize = 16 * 1024 * 1024;
const JSON: &str =
    "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8";

/// What handlers share.
#[derive(Clone)]
pub(super) struct Front {
    pub(super) tenant: Arc<Mutex<Tenant>>,
    pub(super) scheme: &'static str,
    pub(super) address: String,
}

pub(super) fn router(front: Front) -> Router {
    Router::new().fallback(answer).with_state(front)
}

async fn answer(
    State(front): State<Front>,
    ConnectInfo(cut): ConnectInfo<Cut>,
    http: HttpRequest<Body>,
) -> HttpResponse<Body> {
    let (response, fate) = ask(&front, http).await;
    if fate == Fate::Cut {
        cut.now();
    }
    response
}

/// The answer to a request, and what becomes of it on the way back.
pub(super) async fn ask(front: &Front, http: HttpRequest<Body>) -> (HttpResponse<Body>, Fate) {
    let (parts, body) = http.into_parts();
    let mut headers = std::collections::BTreeMap::new();
    for (name, value) in &parts.headers {
        if let Ok(value) = value.to_str() {
            headers.insert(name.as_str().to_owned(), value.to_owned());
        }
    }
    let host = headers.get("host").cloned().unwrap_or_else(|| front.address.clone());
    let mut request = Request {
        method: parts.method.as_str().to_owned(),
        headers,
        base: format!("{}://{host}", front.scheme),
        ..Request::default()
    };
    request.set_target(parts.uri.path_and_query().map_or("/", |it| it.as_str()));
    let limit = if request.path == "/provisioningservice.svc" { PROVISIONING_BODY_MAX } else { BODY_MAX };
    let response = match to_bytes(body, limit).await {
        Ok(body) => {
            request.body = body.to_vec();
            front.tenant.lock().unwrap_or_else(PoisonError::into_inner).answer(&request)
        }
        Err(_) => super::errors::Refusal::new(413, "RequestEntityTooLarge", "The request body is too large.")
            .into_response("", "", ""),
    };
    let fate = response.fate;
    (render(response), fate)
}

fn render(response: Response) -> HttpResponse<Body> {
    let Response { status, headers, body, text, bytes, fate: _ } = response;
    let is_graph = bytes.is_none();
    let (content, kind) = match (body, text, bytes) {
        (_, _, Some((kind, bytes))) => (bytes, Some(kind)),
        (Some(body), _, None) => (body.to_string().into_bytes(), Some(JSON)),
        (None, Some(text), None) => (text.into_bytes(), Some("text/plain")),
        (None, None, None) => (Vec::new(), None),
    };
    let mut http = HttpResponse::new(Body::from(content));
    *http.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let fixed = [
        ("odata-version", "4.0"),
        ("strict-transport-security", "max-age=31536000"),
        ("cache-control", "no-cache"),
    ];
    for (name, value) in fixed.into_iter().filter(|(name, _)| is_graph || *name != "odata-version") {
        http.headers_mut().insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    if let Some(kind) = kind {
        http.headers_mut().insert("content-type", HeaderValue::from_static(kind));
    }
    for (name, value) in headers {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            http.headers_mut().insert(name, value);
        }
    }
    http
}
