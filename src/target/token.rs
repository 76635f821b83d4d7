//! Access tokens by client credentials (graph-tenant reference, 1.2 to 1.4).
//!
//! It does not know what the tokens are used for, and never shows one.

use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use reqwest::Url;
use serde::Deserialize;
use tokio::sync::Mutex;
use tokio::time::Instant;

use super::access::{App, Chance, Clock, Credential, Patience};
use super::assertion::SigningKey;
use super::error::TargetError;
use super::http::{Answer, Asked, Transport, host_of};
use super::retry::{Backoff, CONNECT_TRIES_MAX, SILENT_TRIES_MAX, retry_after};
use super::token_fault::TokenFault;
use crate::model::Secret;

const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
/// A token is not used in its last minutes: requests under way and clocks that are off.
const MARGIN: Duration = Duration::from_mins(5);

/// Gets and keeps the connection's token.
pub(super) struct Tokens {
    url: Url,
    asked: Asked,
    scope: String,
    client_id: String,
    proof: Proof,
    patience: Patience,
    clock: Clock,
    chance: Chance,
    kept: Mutex<Kept>,
    /// How often none could be fetched.
    failures: AtomicU64,
}

#[derive(Debug, Default)]
struct Kept {
    token: Option<Token>,
    fetched: u64,
    /// Why none could be fetched last.
    failure: Option<TargetError>,
}

/// A token that may be used.
#[derive(Clone, Debug)]
pub(super) struct Token {
    pub(super) secret: Secret,
    fresh_until: Instant,
    /// Tells one token from the next.
    pub(super) number: u64,
}

#[derive(Debug)]
enum Proof {
    Secret(Secret),
    Key(Box<SigningKey>),
    File(std::path::PathBuf),
}

#[derive(Deserialize)]
struct Grant {
    access_token: String,
    expires_in: Seconds,
}

/// A number, or its text as older endpoints write it.
#[derive(Deserialize)]
#[serde(untagged)]
enum Seconds {
    Number(u32),
    Text(String),
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tokens")
            .field("asked", &self.asked)
            .field("scope", &self.scope)
            .finish_non_exhaustive()
    }
}

impl Tokens {
    /// Tokens of the app for what `scope` names.
    pub(super) fn new(
        app: &App,
        login: &Url,
        scope: String,
        patience: Patience,
        (clock, chance): (&Clock, &Chance),
    ) -> Result<Self, TargetError> {
        let wrong = |what: &str| TargetError::Settings { what: format!("the tenant id {what}") };
        if app.tenant.is_empty() || app.tenant.contains(['/', '?', '#', '%', '\\']) {
            return Err(wrong("must be a GUID or a domain"));
        }
        let mut url = login.clone();
        url.path_segments_mut().map_err(|()| wrong("does not fit the endpoint"))?.pop_if_empty().extend([
            app.tenant.as_str(),
            "oauth2",
            "v2.0",
            "token",
        ]);
        let proof = match &app.credential {
            Credential::ClientSecret(secret) => Proof::Secret(secret.clone()),
            Credential::Certificate { pem } => Proof::Key(Box::new(SigningKey::from_pem(pem)?)),
            Credential::FederatedToken(path) => Proof::File(path.clone()),
        };
        let asked = Asked { method: "POST", path: url.path().to_owned(), host: host_of(&url) };
        let client_id = app.client_id.clone();
        let (clock, chance) = (Arc::clone(clock), Arc::clone(chance));
        let (kept, failures) = (Mutex::default(), AtomicU64::new(0));
        Ok(Self { url, asked, scope, client_id, proof, patience, clock, chance, kept, failures })
    }

    /// A fresh token. Whoever comes while one is being fetched waits for it, and shares the error if there is one: each
    /// with patience of its own would wait for a silent host one after the other.
    pub(super) async fn get(&self, transport: &Transport) -> Result<Token, TargetError> {
        let failures = self.failures.load(Ordering::Relaxed);
        let mut kept = self.kept.lock().await;
        if let Some(token) = &kept.token
            && Instant::now() < token.fresh_until
        {
            return Ok(token.clone());
        }
        if let Some(error) = &kept.failure
            && failures < self.failures.load(Ordering::Relaxed)
        {
            return Err(error.clone());
        }
        kept.fetched += 1;
        let fetched = self.fetch(transport, kept.fetched).await;
        match &fetched {
            Ok(token) => kept.token = Some(token.clone()),
            Err(error) => {
                kept.failure = Some(error.clone());
                self.failures.fetch_add(1, Ordering::Relaxed);
            }
        }
        fetched
    }

    /// The service refused the token of that number: the next one is new.
    pub(super) async fn refuse(&self, number: u64) {
        let mut kept = self.kept.lock().await;
        kept.token = kept.token.take().filter(|it| it.number != number);
    }

    async fn fetch(&self, transport: &Transport, number: u64) -> Result<Token, TargetError> {
        let mut backoff = Backoff::new(self.patience, &self.chance);
        loop {
            let tried = self.try_once(transport).await;
            let (after, error) = match tried {
                Ok(answer) if answer.status == 200 => return self.token(&answer, number),
                Ok(answer) => {
                    let after = retry_after(&answer.headers, &self.clock);
                    let fault = TokenFault::read(&answer, after, self.proof_text());
                    let retries = matches!(answer.status, 408 | 429 | 500..=599);
                    (retries.then_some(after), fault.into_error(&self.asked.host, answer.status))
                }
                Err(error @ (TargetError::NoAnswer { .. } | TargetError::Connect { .. })) => {
                    let is_away = matches!(error, TargetError::Connect { .. });
                    let goes_on = !(is_away && CONNECT_TRIES_MAX <= backoff.tries()
                        || error.is_silence() && SILENT_TRIES_MAX <= backoff.tries());
                    // Whoever wants a token does not ask this host again.
                    (goes_on.then_some(None), TargetError::NoToken(Box::new(error)))
                }
                Err(error) => return Err(error),
            };
            let Some(wait) = after.and_then(|after| backoff.next(after)) else { return Err(error) };
            tracing::debug!(host = %self.asked.host, wait_ms = wait.as_millis(), "token endpoint is asked again");
            tokio::time::sleep(wait).await;
        }
    }

    async fn try_once(&self, transport: &Transport) -> Result<Answer, TargetError> {
        let assertion;
        let mut form = vec![
            ("grant_type", "client_credentials"),
            ("client_id", self.client_id.as_str()),
            ("scope", self.scope.as_str()),
        ];
        match &self.proof {
            Proof::Secret(secret) => form.push(("client_secret", secret.reveal())),
            Proof::Key(key) => {
                assertion = key.sign(self.url.as_str(), &self.client_id, (self.clock)())?;
                form.extend([
                    ("client_assertion_type", ASSERTION_TYPE),
                    ("client_assertion", assertion.reveal()),
                ]);
            }
            Proof::File(path) => {
                assertion = federated_token(path)?;
                form.extend([
                    ("client_assertion_type", ASSERTION_TYPE),
                    ("client_assertion", assertion.reveal()),
                ]);
            }
        }
        transport.post_form(self.url.clone(), &self.asked, &form).await
    }

    fn token(&self, answer: &Answer, number: u64) -> Result<Token, TargetError> {
        let malformed = |what: &str| TargetError::Malformed {
            method: self.asked.method,
            path: self.asked.path.clone(),
            host: self.asked.host.clone(),
            what: what.to_owned(),
        };
        let grant: Grant = serde_json::from_slice(&answer.body).map_err(|_| malformed("no token in it"))?;
        if grant.access_token.is_empty() || grant.access_token.contains(|c: char| !c.is_ascii_graphic()) {
            return Err(malformed("its token is not one"));
        }
        let life = match grant.expires_in {
            Seconds::Number(seconds) => u64::from(seconds),
            Seconds::Text(text) => text.parse::<u32>().map_err(|_| malformed("no life span in it"))?.into(),
        };
        let life = Duration::from_secs(life);
        let fresh_until = Instant::now() + life.saturating_sub(MARGIN.min(life / 2));
        Ok(Token { secret: Secret::new(grant.access_token), fresh_until, number })
    }

    /// What an answer must not be quoted with.
    fn proof_text(&self) -> Option<&Secret> {
        match &self.proof {
            Proof::Secret(secret) => Some(secret),
            Proof::Key(_) | Proof::File(_) => None,
        }
    }
}

/// Reads the file anew each time: its issuer replaces it every hour or so.
fn federated_token(path: &Path) -> Result<Secret, TargetError> {
    #[expect(clippy::disallowed_methods, reason = "the federated token is a file by its nature, and small")]
    let text = std::fs::read_to_string(path)
        .map_err(|cause| TargetError::FederatedToken { path: path.to_owned(), cause: Arc::new(cause) })?;
    let text = Secret::new(text);
    Ok(Secret::new(text.reveal().trim().to_owned()))
}
