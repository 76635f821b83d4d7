//! Who is answered, and what every answer tells a browser to refuse.
//!
//! Without a token only names of this very machine are answered: a page elsewhere could otherwise give its own name this
//! machine's address, and read what is shown here.

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use ring::hmac;
use ring::rand::SystemRandom;

use crate::model::Secret;

/// Whoever guesses tries for longer than the world stands.
const TOKEN_MIN: usize = 24;

/// What clients have to know. The secret itself is not kept.
#[derive(Debug)]
pub struct Token {
    key: hmac::Key,
    tag: hmac::Tag,
}

/// Why a secret is no token.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// It could be guessed.
    #[error("the token has {0} characters, and has to have {TOKEN_MIN}")]
    Short(usize),
    /// No random numbers are to be had.
    #[error("the operating system has no random numbers")]
    Random,
}

impl Token {
    /// Takes a secret.
    ///
    /// # Errors
    /// It is too short.
    pub fn new(secret: &Secret) -> Result<Self, TokenError> {
        let length = secret.reveal().chars().count();
        if length < TOKEN_MIN {
            return Err(TokenError::Short(length));
        }
        let key = hmac::Key::generate(hmac::HMAC_SHA256, &SystemRandom::new());
        let key = key.map_err(|_| TokenError::Random)?;
        let tag = hmac::sign(&key, secret.reveal().as_bytes());
        Ok(Self { key, tag })
    }

    /// Takes as long whatever is given.
    fn is(&self, given: &[u8]) -> bool {
        hmac::verify(&self.key, given, self.tag.as_ref()).is_ok()
    }

    /// As a bearer token; or as the password of any user, which is what a browser asks a person for.
    fn is_known(&self, headers: &HeaderMap) -> bool {
        let given = headers.get(header::AUTHORIZATION).and_then(|it| it.to_str().ok());
        match given.and_then(|it| it.split_once(' ')) {
            Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => {
                self.is(token.trim().as_bytes())
            }
            Some((scheme, pair)) if scheme.eq_ignore_ascii_case("basic") => {
                let pair = BASE64_STANDARD.decode(pair.trim()).unwrap_or_default();
                let password = pair.splitn(2, |it| *it == b':').nth(1);
                password.is_some_and(|it| self.is(it))
            }
            Some(_) | None => false,
        }
    }
}

/// Who is answered.
#[derive(Debug)]
pub(super) struct Gate {
    /// `None` asks for none.
    pub(super) token: Option<Token>,
    /// Whether only who has a certificate gets as far as this.
    pub(super) knows_clients: bool,
}

/// Says no more than that the process lives, so monitoring needs no token for it.
const OPEN: &str = "/healthz";
/// Has both sides read, so no other page may make a browser ask for it.
const COSTLY: &str = "/explain";

impl Gate {
    fn refusal(&self, request: &Request) -> Option<Response> {
        let headers = request.headers();
        if self.token.is_none() && !self.knows_clients && !is_asked_by_own_name(headers) {
            let words =
                "This answers to localhost, 127.0.0.1 and [::1] only: open it by one of these names.\n";
            return Some((StatusCode::MISDIRECTED_REQUEST, words).into_response());
        }
        let is_open = request.uri().path() == OPEN;
        if self.token.as_ref().is_some_and(|it| !is_open && !it.is_known(headers)) {
            let ask = [(header::WWW_AUTHENTICATE, "Basic realm=\"samesign\", charset=\"UTF-8\"")];
            let words = "Give the token: as `Authorization: Bearer …`, or as the password of any user.\n";
            return Some((StatusCode::UNAUTHORIZED, ask, words).into_response());
        }
        if comes_from_elsewhere(headers, request.uri().path().ends_with(COSTLY)) {
            let words = "Another page asked for this: open it yourself.\n";
            return Some((StatusCode::FORBIDDEN, words).into_response());
        }
        None
    }
}

/// Whether the name in the address bar is one of this machine. Who gives no name is no browser.
fn is_asked_by_own_name(headers: &HeaderMap) -> bool {
    let Some(host) = headers.get(header::HOST) else { return true };
    let Ok(host) = host.to_str() else { return false };
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    name.eq_ignore_ascii_case("localhost") || name.parse::<IpAddr>().is_ok_and(|it| it.is_loopback())
}

/// Whether a browser asks on behalf of another page. To follow a link from there is fine, unless it costs something.
fn comes_from_elsewhere(headers: &HeaderMap, is_costly: bool) -> bool {
    let says = |name: &str| headers.get(name).map(HeaderValue::as_bytes);
    let from_here = matches!(says("sec-fetch-site"), None | Some(b"same-origin" | b"none"));
    let is_link = says("sec-fetch-mode") == Some(b"navigate") && says("sec-fetch-dest") == Some(b"document");
    !from_here && (is_costly || !is_link)
}

/// Told with every answer. No `Strict-Transport-Security`: it would bind whatever else this machine serves.
const TOLD: [(&str, &str); 7] = [
    (
        "content-security-policy",
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; \
         frame-ancestors 'none'",
    ),
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    ("referrer-policy", "no-referrer"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("cache-control", "no-store"),
];

/// Refuses or lets pass, and tells the browser.
pub(super) async fn keep(State(gate): State<Arc<Gate>>, request: Request, next: Next) -> Response {
    let mut response = match gate.refusal(&request) {
        Some(refusal) => refusal,
        None => next.run(request).await,
    };
    for (name, value) in TOLD {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}
