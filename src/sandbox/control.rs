//! Routes below `/sandbox`, which no Graph route can collide with: what happened, and what shall go wrong.
//!
//! They take no token: the sandbox listens on loopback unless its owner says otherwise.

use jiff::SignedDuration;
use serde_json::{Value, json};

use super::errors::Refusal;
use super::exchange::{Request, Response};
use super::faults::Fault;
use super::seed::{Replication, ThrottleSettings};
use super::tenant::Tenant;

/// `/sandbox/…`.
pub(crate) fn answer(tenant: &mut Tenant, request: &Request, rest: &[&str]) -> Response {
    let result = match (request.method.as_str(), rest) {
        ("GET", ["audit"]) => Ok(json!({ "value": tenant.audit.lines() })),
        ("GET", ["counters"]) => Ok(json!(tenant.counters())),
        ("PUT", ["faults"]) => body::<Vec<Fault>>(request).map(|faults| {
            tenant.faults.arm(faults);
            Value::Null
        }),
        ("PUT", ["replication"]) => body::<Replication>(request).map(|replication| {
            tenant.set_replication(replication);
            Value::Null
        }),
        ("PUT", ["throttle"]) => body::<ThrottleSettings>(request).map(|settings| {
            tenant.throttle.settings = settings;
            Value::Null
        }),
        ("POST", ["clock", "advance"]) => body::<Advance>(request).map(|advance| {
            tenant.advance(SignedDuration::from_secs(advance.seconds.into()));
            json!({ "now": tenant.now().to_string() })
        }),
        (_, [other, ..]) => Err(Refusal::unknown_segment(other)),
        (_, []) => Err(Refusal::unknown_segment("sandbox")),
    };
    match result {
        Ok(Value::Null) => Response::no_content(),
        Ok(body) => Response::json(200, body),
        Err(refusal) => refusal.into_response("", "", ""),
    }
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Advance {
    seconds: u32,
}

fn body<T: serde::de::DeserializeOwned>(request: &Request) -> Result<T, Refusal> {
    serde_json::from_slice(&request.body).map_err(|error| Refusal::new(400, "BadRequest", error.to_string()))
}
