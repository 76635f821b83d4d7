//! The form that is posted to the token endpoint, with what the `Authorization` header adds to it.
//!
//! It does not know which grant needs which field. It may hold passwords, so it has no `Debug`.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use super::exchange::{Request, decode};
use super::token::{TokenRefusal, refuse};

/// The fields of a form; an empty one is as good as none.
pub(crate) struct Form(BTreeMap<String, Zeroizing<String>>);

impl Form {
    /// Reads the body of a request.
    pub(crate) fn of(request: &Request) -> Self {
        let body = Zeroizing::new(String::from_utf8_lossy(&request.body).into_owned());
        let fields = body.split('&').filter_map(|pair| pair.split_once('='));
        let mut form = Self(fields.map(|(name, value)| (decode(name, true), value_of(value))).collect());
        form.add_basic_credentials(request);
        form
    }

    /// RFC 6749, 2.3.1: the client may authenticate with the Basic scheme instead.
    fn add_basic_credentials(&mut self, request: &Request) {
        let decoded = request
            .header("authorization")
            .and_then(|it| it.strip_prefix("Basic "))
            .and_then(|it| STANDARD.decode(it).ok())
            .and_then(|it| String::from_utf8(it).ok())
            .map(Zeroizing::new);
        if let Some((client, secret)) = decoded.as_ref().and_then(|it| it.split_once(':')) {
            self.0.insert("client_id".to_owned(), value_of(client));
            self.0.insert("client_secret".to_owned(), value_of(secret));
        }
    }

    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(|it| it.as_str()).filter(|it| !it.is_empty())
    }

    /// A field without which there is no answer.
    pub(crate) fn needed(&self, name: &str) -> Result<&str, TokenRefusal> {
        self.get(name).ok_or_else(|| {
            let text = format!("The request body must contain the following parameter: '{name}'.");
            refuse(400, "invalid_request", 900_144, text)
        })
    }
}

fn value_of(text: &str) -> Zeroizing<String> {
    Zeroizing::new(decode(text, true))
}
