//! Sends messages, and signs of life, by an HTTPS request.
//!
//! Whoever knows the address can post there, so it stands in no error and no log.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use reqwest::{Client, RequestBuilder, Url};
use rustls_platform_verifier::BuilderVerifierExt as _;
use serde_json::Value;

use super::notice::Notice;
use crate::model::Secret;

/// An answer is not waited for longer.
const TIMEOUT: Duration = Duration::from_secs(20);
/// Of a refusal, so much is repeated in an error.
const WORDS_MAX: usize = 200;

/// How a request looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WebhookForm {
    /// Plain JSON.
    Json,
    /// Microsoft Teams.
    Teams,
    /// Slack.
    Slack,
}

/// An address that takes messages.
pub struct Webhook {
    client: Client,
    url: Url,
    form: WebhookForm,
}

/// Why a message was not taken.
#[derive(Debug, thiserror::Error)]
pub enum WebhookError {
    /// The secret is no address to post to.
    #[error("the secret is no address that starts with https://")]
    Address,
    /// The connection could not be set up.
    #[error("no HTTP client can be made: {0}")]
    Client(String),
    /// There was no answer.
    #[error("{host} does not answer")]
    NoAnswer {
        /// Host and port, without the path.
        host: String,
        /// Why.
        #[source]
        cause: reqwest::Error,
    },
    /// It was refused.
    #[error("{host} answers {status}: {words}")]
    Refused {
        /// Host and port, without the path.
        host: String,
        /// HTTP status.
        status: u16,
        /// What it said.
        words: String,
    },
}

impl WebhookError {
    /// Whether it may go better later.
    pub const fn may_pass(&self) -> bool {
        match self {
            Self::Address | Self::Client(_) => false,
            Self::NoAnswer { .. } => true,
            Self::Refused { status, .. } => matches!(status, 408 | 425 | 429 | 500..=599),
        }
    }
}

impl Webhook {
    /// Checks the address; nothing is sent yet. Outside of this machine it has to be `https`.
    ///
    /// # Errors
    /// It is none.
    pub fn new(url: &Secret, form: WebhookForm) -> Result<Self, WebhookError> {
        let url = Url::parse(url.reveal().trim()).map_err(|_| WebhookError::Address)?;
        let host = url.host_str().ok_or(WebhookError::Address)?.trim_matches(['[', ']']);
        let is_loopback = host == "localhost" || host.parse::<IpAddr>().is_ok_and(|it| it.is_loopback());
        if url.scheme() != "https" && !(url.scheme() == "http" && is_loopback) {
            return Err(WebhookError::Address);
        }
        let refused = |cause: &dyn std::fmt::Display| WebhookError::Client(cause.to_string());
        let tls =
            rustls::ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
                .with_safe_default_protocol_versions()
                .map_err(|it| refused(&it))?
                .with_platform_verifier()
                .map_err(|it| refused(&it))?
                .with_no_client_auth();
        let builder = Client::builder()
            .tls_backend_preconfigured(tls)
            .user_agent(concat!("samesign/", env!("CARGO_PKG_VERSION")))
            .redirect(reqwest::redirect::Policy::none())
            .referer(false)
            .timeout(TIMEOUT);
        let builder = if is_loopback { builder.no_proxy() } else { builder };
        let client = builder.build().map_err(|it| refused(&it.without_url()))?;
        Ok(Self { client, url, form })
    }

    /// Posts one message.
    ///
    /// # Errors
    /// It was not taken.
    pub async fn post(&self, notice: &Notice, host: &str) -> Result<(), WebhookError> {
        let body: Value = match self.form {
            WebhookForm::Json => notice.json(host),
            WebhookForm::Teams => notice.teams(host),
            WebhookForm::Slack => notice.slack(host),
        };
        self.send(self.client.post(self.url.clone()).json(&body)).await
    }

    /// Asks the address, and takes no interest in what it says.
    ///
    /// # Errors
    /// It does not answer, or refuses.
    pub async fn knock(&self) -> Result<(), WebhookError> {
        self.send(self.client.get(self.url.clone())).await
    }

    async fn send(&self, request: RequestBuilder) -> Result<(), WebhookError> {
        let lost =
            |cause: reqwest::Error| WebhookError::NoAnswer { host: self.host(), cause: cause.without_url() };
        let response = request.send().await.map_err(lost)?;
        let status = response.status();
        if status.is_success() {
            return Ok(());
        }
        Err(WebhookError::Refused {
            host: self.host(),
            status: status.as_u16(),
            words: first_words(response).await,
        })
    }

    fn host(&self) -> String {
        let host = self.url.host_str().unwrap_or_default();
        self.url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
    }
}

/// What an answer begins with, on one line.
async fn first_words(mut response: reqwest::Response) -> String {
    let mut bytes = Vec::new();
    while let Ok(Some(chunk)) = response.chunk().await {
        bytes.extend_from_slice(&chunk);
        if WORDS_MAX <= bytes.len() {
            break;
        }
    }
    let text = String::from_utf8_lossy(&bytes);
    text.chars().take(WORDS_MAX).map(|it| if it.is_control() { ' ' } else { it }).collect()
}
