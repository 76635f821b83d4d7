//! The connection to one tenant: every request goes through [`Shared::send`], which paces and retries it.
//!
//! It does not know what requests mean.

use std::sync::{Arc, Mutex, PoisonError};

use jiff::SignedDuration;
use reqwest::Url;
use tokio::sync::Semaphore;

use super::pacing::Pacing;
use super::queue::Queue;
use super::request::{Place, Request};
use super::settings::Settings;
use super::verdict::{Verdict, refusal, verdict};
use crate::target::TargetError;
use crate::target::claims::roles;
use crate::target::http::{Answer, Asked, Outgoing, Reach, Transport, header_map, host_of};
use crate::target::retry::{
    Backoff, CONNECT_TRIES_MAX, SILENT_TRIES_MAX, http_date, request_id, retry_after,
};
use crate::target::token::Tokens;

/// A connection to one tenant. Cheap to clone; all clones share token and pace.
#[derive(Clone, Debug)]
pub struct Connection {
    pub(super) shared: Arc<Shared>,
}

impl Connection {
    /// Checks the settings; nothing is sent yet.
    pub fn open(settings: Settings) -> Result<Self, TargetError> {
        let root = settings.endpoints.graph.as_str().trim_end_matches('/');
        let reach = Reach {
            login: &settings.endpoints.login,
            service: &settings.endpoints.graph,
            extra_ca_pem: settings.extra_ca_pem.as_deref(),
            user_agent: &settings.user_agent,
            timeouts: settings.timeouts,
            answer_bytes_max: settings.limits.answer_bytes_max,
            courier: settings.courier.as_ref(),
        };
        let scope = format!("{root}/.default");
        let tokens = Tokens::new(
            &settings.app,
            &settings.endpoints.login,
            scope,
            settings.patience,
            (&settings.clock, &settings.chance),
        )?;
        let shared = Shared {
            transport: Transport::new(&reach)?,
            tokens,
            pacing: Pacing::new(settings.limits),
            reading: Semaphore::new(settings.limits.concurrency.max(1)),
            writing: Semaphore::new(settings.limits.concurrency.max(1)),
            root: format!("{root}/v1.0"),
            host: host_of(&settings.endpoints.graph),
            clock_ahead: Mutex::default(),
            settings,
        };
        Ok(Self { shared: Arc::new(shared) })
    }

    /// Gets a token, to see whether the credential is good.
    pub async fn sign_in(&self) -> Result<(), TargetError> {
        self.shared.tokens.get(&self.shared.transport).await.map(drop)
    }

    /// The application permissions that our token grants, sorted; `None` if the token does not show them.
    pub async fn permissions(&self) -> Result<Option<Vec<String>>, TargetError> {
        let token = self.shared.tokens.get(&self.shared.transport).await?;
        Ok(roles(&token.secret))
    }

    /// How far the service's clock was ahead of ours when it answered last, about; `None` if it never said.
    pub fn clock_ahead(&self) -> Option<SignedDuration> {
        *self.shared.clock_ahead.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What readers and writers of one connection share.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) settings: Settings,
    pub(super) pacing: Pacing,
    /// Places of batches that read, and of those of writers: each side has as many as may be under way.
    pub(super) reading: Semaphore,
    pub(super) writing: Semaphore,
    transport: Transport,
    tokens: Tokens,
    /// `https://graph.microsoft.com/v1.0`
    pub(super) root: String,
    host: String,
    /// How far the service's clock was ahead of ours when it answered last.
    clock_ahead: Mutex<Option<SignedDuration>>,
}

/// An answer that means success.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) body: Vec<u8>,
    /// Tries that it took: after more than one, an earlier try may have done the work.
    pub(super) tries: u32,
}

/// An answer, and the number of the token that it was asked with.
pub(super) type Exchanged = Result<(Answer, u64), TargetError>;

impl Shared {
    /// Sends a request until it is answered for good, alone or through a queue that batches.
    pub(super) async fn send(&self, request: &Request, queue: Option<&Queue>) -> Result<Reply, TargetError> {
        let asked = self.asked(request);
        let mut backoff = Backoff::new(self.settings.patience, &self.settings.chance);
        let mut renewed = false;
        loop {
            self.pacing.take(request.cost).await;
            let exchanged = match queue {
                Some(queue) => queue.exchange(self, request).await,
                None => self.exchange(request, &asked).await,
            };
            let (after, error) = match exchanged {
                Ok((answer, token)) => match self.judge(request, &answer, &asked) {
                    Verdict::Good => {
                        return Ok(Reply {
                            status: answer.status,
                            body: answer.body,
                            tries: backoff.tries(),
                        });
                    }
                    Verdict::NewToken(_) if !renewed => {
                        renewed = true;
                        self.tokens.refuse(token).await;
                        continue;
                    }
                    Verdict::Again(after, error) => (after, error),
                    Verdict::NewToken(error) | Verdict::Bad(error) => return Err(error),
                },
                Err(error @ TargetError::Connect { .. }) if backoff.tries() < CONNECT_TRIES_MAX => {
                    (None, error)
                }
                Err(error) if error.is_silence() && SILENT_TRIES_MAX <= backoff.tries() => return Err(error),
                Err(error @ (TargetError::NoAnswer { .. } | TargetError::Malformed { .. }))
                    if request.repeatable =>
                {
                    (None, error)
                }
                Err(error) => return Err(error),
            };
            let Some(wait) = backoff.next(after) else { return Err(error) };
            tracing::debug!(
                method = asked.method,
                path = asked.path,
                tries = backoff.tries(),
                wait_ms = wait.as_millis(),
                "request is repeated"
            );
            tokio::time::sleep(wait).await;
        }
    }

    /// One try, alone.
    pub(super) async fn exchange(&self, request: &Request, asked: &Asked) -> Exchanged {
        let url = match &request.place {
            Place::Path(path) => self.url(path)?,
            Place::Link(url) => url.clone(),
        };
        let body = request.body.as_ref().map(|it| it.get().as_bytes().to_vec());
        self.post(Outgoing { url, asked, headers: request.headers(), body }).await
    }

    /// Sends what is ready with a token and an id of its own.
    pub(super) async fn post(&self, mut outgoing: Outgoing<'_>) -> Exchanged {
        let token = self.tokens.get(&self.transport).await?;
        let request_id = request_id(&self.settings.chance).to_string();
        outgoing.headers.extend(header_map(&[("client-request-id", &request_id)]));
        let asked = outgoing.asked;
        let mut answer = self.transport.send(outgoing, &token.secret).await?;
        tracing::debug!(
            method = asked.method,
            path = asked.path,
            status = answer.status,
            request_id = answer.headers.request_id.as_deref().unwrap_or_default(),
            client_request_id = request_id,
            "request was answered"
        );
        if let Some(date) = answer.headers.date.as_deref().and_then(http_date) {
            let ahead = date.duration_since((self.settings.clock)());
            *self.clock_ahead.lock().unwrap_or_else(PoisonError::into_inner) = Some(ahead);
        }
        answer.headers.request_id.get_or_insert(request_id);
        Ok((answer, token.number))
    }

    fn judge(&self, request: &Request, answer: &Answer, asked: &Asked) -> Verdict {
        let after = retry_after(&answer.headers, &self.settings.clock);
        if answer.status == 429 {
            let hold = after.unwrap_or(self.settings.patience.backoff);
            self.pacing.throttled(request.cost, hold.min(self.settings.patience.retry_after_max));
        }
        if let Some(load) = answer.headers.throttle_percentage {
            self.pacing.load_reported(request.cost, load);
        }
        verdict(request, answer, after, |fault| refusal(request, answer, after, asked, fault))
    }

    pub(super) fn asked(&self, request: &Request) -> Asked {
        Asked { method: request.method, path: request.path().to_owned(), host: self.host.clone() }
    }

    pub(super) fn url(&self, path: &str) -> Result<Url, TargetError> {
        Url::parse(&format!("{}{path}", self.root))
            .map_err(|_| TargetError::Settings { what: "the Graph endpoint makes no URL".to_owned() })
    }

    /// An answer to this request that is not what the protocol says.
    pub(super) fn malformed(&self, request: &Request, what: impl Into<String>) -> TargetError {
        let Asked { method, path, host } = self.asked(request);
        TargetError::Malformed { method, path, host, what: what.into() }
    }

    /// Reads an answer's JSON. The error tells where it is wrong, not what stands there.
    pub(super) fn read<'a, T: serde::Deserialize<'a>>(
        &self,
        request: &Request,
        body: &'a [u8],
    ) -> Result<T, TargetError> {
        serde_json::from_slice(body).map_err(|cause| {
            let (line, column) = (cause.line(), cause.column());
            let sort = match cause.classify() {
                serde_json::error::Category::Io | serde_json::error::Category::Syntax => "no JSON",
                serde_json::error::Category::Data => "not the expected object",
                serde_json::error::Category::Eof => "cut off",
            };
            self.malformed(request, format!("{sort} at line {line} column {column}"))
        })
    }
}
