//! The connection to the provisioning service: one request at a time, asked again and sent elsewhere as the
//! service demands.
//!
//! It does not know what requests mean. Messages hold the token: they are wiped after they were sent, and
//! neither they nor answers are ever logged.

use std::sync::Arc;

use reqwest::Url;
use reqwest::header::HeaderMap;
use tokio::sync::Mutex;
use uuid::Uuid;

use super::outcome::Source;
use super::redirect::{followed, shown};
use super::settings::Settings;
use super::verdict::{Question, Verdict, verdict};
use super::waits::Waits;
use crate::target::claims::roles;
use crate::target::http::{Asked, Reach, Transport, header_map, host_of};
use crate::target::retry::{fraction, request_id, retry_after};
use crate::target::token::{Token, Tokens};
use crate::target::{ProvisioningError, TargetError};
use crate::wire::provisioning::{
    Answer, Call, Capabilities, CompanyConfiguration, Request, SyncToken, encode_request,
};

/// What tokens are for: "Microsoft Entra AD Synchronization Service", the same in all clouds
/// (password-sync reference, 3.3).
const SCOPE: &str = "6bf85cfa-ac8a-4be5-b5de-425a0d0dc016/.default";
/// Redirects that one request follows.
const HOPS_MAX: u32 = 3;
/// A host that cannot be reached, is silent or answers with something else is given up sooner than one that is busy.
const BROKEN_TRIES_MAX: u32 = 3;

/// A connection to one tenant's provisioning service. Cheap to clone; all clones share token and line, so
/// there is never more than one request under way.
#[derive(Clone, Debug)]
pub struct Connection {
    pub(super) shared: Arc<Shared>,
}

/// What all users of one connection share.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) settings: Settings,
    transport: Transport,
    tokens: Tokens,
    /// Where the service is for this tenant, as far as is known. Held while a request is under way.
    line: Mutex<Url>,
}

/// An answer, and who gave it.
#[derive(Debug)]
pub(super) struct Called {
    pub(super) answer: Answer,
    pub(super) source: Source,
    /// Tries that it took: after more than one, an earlier try may have done the work.
    pub(super) tries: u32,
}

impl Connection {
    /// Checks the settings; nothing is sent yet.
    pub fn open(settings: Settings) -> Result<Self, TargetError> {
        settings.check()?;
        let reach = Reach {
            login: &settings.endpoints.login,
            service: &settings.endpoints.provisioning,
            extra_ca_pem: settings.extra_ca_pem.as_deref(),
            user_agent: &settings.user_agent,
            timeouts: settings.timeouts,
            answer_bytes_max: settings.batches.answer_bytes_max,
            courier: settings.courier.as_ref(),
        };
        let shared = Shared {
            transport: Transport::new(&reach)?,
            tokens: Tokens::new(
                &settings.app,
                &settings.endpoints.login,
                SCOPE.to_owned(),
                settings.patience,
                (&settings.clock, &settings.chance),
            )?,
            line: Mutex::new(settings.endpoints.provisioning.clone()),
            settings,
        };
        Ok(Self { shared: Arc::new(shared) })
    }

    /// The build of Entra Connect that is stated.
    pub fn build_number(&self) -> &str {
        &self.shared.settings.build_number
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

    /// Reads the tenant's settings for directory synchronisation, its guard against deletions among them.
    pub async fn company_configuration(&self) -> Result<CompanyConfiguration, TargetError> {
        let called =
            self.shared.call(&Request::GetCompanyConfiguration { include_license_information: false });
        match called.await? {
            Called { answer: Answer::CompanyConfiguration(configuration), .. } => Ok(*configuration),
            Called { answer, source, .. } => Err(self.shared.foreign(&answer, &source)),
        }
    }

    /// Reads which builds of Entra Connect the service still serves.
    pub async fn capabilities(&self) -> Result<Capabilities, TargetError> {
        match self.shared.call(&Request::Capabilities).await? {
            Called { answer: Answer::Capabilities(capabilities), .. } => Ok(capabilities),
            Called { answer, source, .. } => Err(self.shared.foreign(&answer, &source)),
        }
    }
}

impl Shared {
    /// Sends a request until it is answered for good. Every request comes to the same if it is sent twice.
    pub(super) async fn call(&self, request: &Request) -> Result<Called, TargetError> {
        let operation = request.operation();
        let mut line = self.line.lock().await;
        let mut waits = Waits::new(self.settings.patience);
        let (mut hops, mut renewed) = (0, false);
        loop {
            let token = self.tokens.get(&self.transport).await?;
            let host = host_of(&line);
            let (verdict, message_id) = self.exchange(&line, request, &token).await?;
            let (after, error) = match verdict {
                Verdict::Good(answer, tracking_id) => {
                    let tracking_id = tracking_id.unwrap_or(message_id);
                    return Ok(Called { answer, source: Source { host, tracking_id }, tries: waits.tries() });
                }
                Verdict::Redirect(to) => {
                    hops += 1;
                    let went = if hops <= HOPS_MAX {
                        followed(&self.settings, &to)
                    } else {
                        Err("there were three redirects before it")
                    };
                    let refused = |why| {
                        let (operation, to) = (operation.name(), shown(&to));
                        ProvisioningError::Redirect { operation, host: host.clone(), to, why }
                    };
                    *line = went.map_err(refused)?;
                    tracing::debug!(operation = operation.name(), to = %host_of(&line), "redirect is followed");
                    continue;
                }
                Verdict::NewToken(_) if !renewed => {
                    renewed = true;
                    self.tokens.refuse(token.number).await;
                    continue;
                }
                Verdict::NewToken(error) | Verdict::Bad(error) => return Err(error),
                Verdict::Again(after, error) => (after, error),
            };
            // The host that a redirect named may be gone.
            if matches!(error, TargetError::Connect { .. }) {
                *line = self.settings.endpoints.provisioning.clone();
            }
            let broken = matches!(error, TargetError::Connect { .. } | TargetError::Malformed { .. });
            if (broken || error.is_silence()) && BROKEN_TRIES_MAX <= waits.tries() {
                return Err(error);
            }
            let Some(wait) = waits.next(after, fraction(&self.settings.chance)) else { return Err(error) };
            tracing::debug!(
                operation = operation.name(),
                tries = waits.tries(),
                wait_ms = wait.as_millis(),
                "request is repeated"
            );
            tokio::time::sleep(wait).await;
        }
    }

    /// One try, and its identity.
    async fn exchange(
        &self,
        address: &Url,
        request: &Request,
        token: &Token,
    ) -> Result<(Verdict, String), TargetError> {
        let message_id = request_id(&self.settings.chance);
        let operation = request.operation();
        let sync_token = SyncToken {
            application_id: self.settings.application_id,
            bearer_token: token.secret.clone(),
            client_version: SyncToken::CLIENT_VERSION.to_owned(),
            build_number: self.settings.build_number.clone(),
            tracking_id: message_id,
        };
        let call = Call { to: address.as_str(), message_id, token: &sync_token };
        let message =
            encode_request(&call, request).map_err(|cause| TargetError::Step { what: cause.to_string() })?;
        let asked = Asked { method: "POST", path: address.path().to_owned(), host: host_of(address) };
        let message_id = message_id.to_string();
        let headers = self.headers(operation.name(), &message_id);
        let answer = match self.transport.post_message(address.clone(), &asked, headers, message).await {
            Ok(answer) => answer,
            Err(error @ (TargetError::NoAnswer { .. } | TargetError::Connect { .. })) => {
                return Ok((Verdict::Again(None, error), message_id));
            }
            Err(error) => return Err(error),
        };
        tracing::debug!(
            operation = operation.name(),
            host = asked.host,
            status = answer.status,
            message_id,
            "request was answered"
        );
        let after = retry_after(&answer.headers, &self.settings.clock);
        let question = Question { operation, asked: &asked, message_id: &message_id };
        Ok((verdict(question, &answer, after), message_id))
    }

    /// What Entra Connect says in HTTP beside the message (password-sync reference, 3.1).
    fn headers(&self, operation: &str, message_id: &str) -> HeaderMap {
        let application = self.settings.application_id.to_string();
        let build = &self.settings.build_number;
        let mut headers = header_map(&[
            ("content-type", "application/soap+msbin1"),
            ("client-request-id", message_id),
            ("x-ms-aadmsods-appid", &application),
            ("x-ms-aadmsods-apiaction", operation),
            ("x-ms-aadmsods-clientversion", SyncToken::CLIENT_VERSION),
            ("x-ms-aadmsods-dirsyncbuildnumber", build),
            ("x-ms-aadmsods-fimbuildnumber", build),
        ]);
        if let Ok(tenant) = Uuid::try_parse(&self.settings.app.tenant) {
            headers.extend(header_map(&[("x-ms-aadmsods-tenantid", &tenant.to_string())]));
        }
        headers
    }

    /// An answer to another operation than the one that was asked for: the codec does not let that through.
    pub(super) fn foreign(&self, answer: &Answer, source: &Source) -> TargetError {
        TargetError::Malformed {
            method: "POST",
            path: self.settings.endpoints.provisioning.path().to_owned(),
            host: source.host.clone(),
            what: format!("it answers {}", answer.operation().name()),
        }
    }
}
