//! One request and one response, free of sockets, so that `$batch` can replay the same code per item.
//!
//! It knows neither the tenant nor the transport.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::errors::Refusal;

/// A request as routes see it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Request {
    /// Upper case.
    pub(crate) method: String,
    /// The path as it was sent, percent-encoded, without the query.
    pub(crate) path: String,
    /// The query, decoded, in order.
    pub(crate) query: Vec<(String, String)>,
    /// Names in lower case.
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: Vec<u8>,
    /// Scheme and host by which the client knows us, for links.
    pub(crate) base: String,
}

/// Whether the client gets to see the response.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub(crate) enum Fate {
    #[default]
    Delivered,
    /// The connection breaks before a byte of the response is written.
    Cut,
}

/// A response as routes build it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Option<Value>,
    /// A body that is no JSON, as `$count` answers.
    pub(crate) text: Option<String>,
    /// A body of another type, with that type.
    pub(crate) bytes: Option<(&'static str, Vec<u8>)>,
    pub(crate) fate: Fate,
}

impl Request {
    /// Splits `path?query`.
    pub(crate) fn set_target(&mut self, target: &str) {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        path.clone_into(&mut self.path);
        self.query = query
            .split('&')
            .filter(|it| !it.is_empty())
            .map(|pair| {
                let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
                (decode(name, true), decode(value, true))
            })
            .collect();
    }

    /// A query parameter.
    pub(crate) fn parameter(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(it, _)| it.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// A header; `name` in lower case.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }

    /// Whether `Prefer` lists this preference.
    pub(crate) fn prefers(&self, preference: &str) -> bool {
        self.header("prefer")
            .is_some_and(|it| it.split([',', ';']).any(|it| it.trim().eq_ignore_ascii_case(preference)))
    }

    /// Whether the client asked for an advanced query (reference, 3.2).
    pub(crate) fn eventual(&self) -> bool {
        self.header("consistencylevel").is_some_and(|it| it.eq_ignore_ascii_case("eventual"))
    }

    /// The body as a JSON object.
    pub(crate) fn object(&self) -> Result<Map<String, Value>, Refusal> {
        let json = self.header("content-type").is_some_and(|it| it.to_ascii_lowercase().contains("json"));
        if !json {
            return Err(Refusal::malformed_json());
        }
        match serde_json::from_slice(&self.body) {
            Ok(Value::Object(body)) => Ok(body),
            Ok(Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_))
            | Err(_) => Err(Refusal::malformed_json()),
        }
    }

    /// The body as a JSON object, where none at all is also fine.
    pub(crate) fn optional_object(&self) -> Result<Map<String, Value>, Refusal> {
        if self.body.is_empty() { Ok(Map::new()) } else { self.object() }
    }
}

impl Response {
    pub(crate) fn json(status: u16, body: Value) -> Self {
        Self { status, body: Some(body), ..Self::default() }
    }

    pub(crate) fn no_content() -> Self {
        Self { status: 204, ..Self::default() }
    }

    pub(crate) fn text(text: String) -> Self {
        Self { status: 200, text: Some(text), ..Self::default() }
    }

    pub(crate) fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }
}

/// Percent-decoding; a `+` means a space only in a query.
pub(crate) fn decode(text: &str, plus_is_space: bool) -> String {
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let escaped = (byte == b'%')
            .then(|| text.get(at + 1..at + 3).and_then(|it| u8::from_str_radix(it, 16).ok()))
            .flatten();
        match (byte, escaped) {
            (_, Some(it)) => {
                decoded.push(it);
                at += 2;
            }
            (b'+', None) if plus_is_space => decoded.push(b' '),
            (_, None) => decoded.push(byte),
        }
        at += 1;
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

/// Percent-encoding of everything that is not unreserved (RFC 3986, 2.3), `$` and `,` kept readable.
pub(crate) fn encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~$,".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            use std::fmt::Write as _;
            write!(encoded, "%{byte:02X}").expect("writing to a string does not fail");
        }
    }
    encoded
}
