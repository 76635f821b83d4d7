//! One exchange over HTTP: a request out, a bounded answer back.
//!
//! It does not retry, pace or know tokens' lives, and follows no redirect: a token goes only where it
//! was meant to go.

use std::error::Error;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::{Client, Method, Url};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, ConfigBuilder, RootCertStore, WantsVerifier};
use rustls_platform_verifier::Verifier;

use super::access::{Timeouts, is_loopback};
use super::courier::{Courier, Undelivered};
use super::error::TargetError;
use crate::model::{Secret, SecretBytes};

/// What an error names.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    pub(super) method: &'static str,
    /// Without query: queries hold people's names.
    pub(super) path: String,
    pub(super) host: String,
}

/// An answer of any status.
#[derive(Clone, Debug, Default)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: AnswerHeaders,
    pub(super) body: Vec<u8>,
}

/// The headers that mean something to us.
#[derive(Clone, Debug, Default)]
pub(super) struct AnswerHeaders {
    pub(super) retry_after: Option<String>,
    pub(super) request_id: Option<String>,
    pub(super) throttle_percentage: Option<f64>,
    /// The service's clock.
    pub(super) date: Option<String>,
}

/// A request that is ready to go.
pub(super) struct Outgoing<'a> {
    pub(super) url: Url,
    pub(super) asked: &'a Asked,
    pub(super) headers: HeaderMap,
    pub(super) body: Option<Vec<u8>>,
}

/// Which services are reached, and how.
pub(super) struct Reach<'a> {
    /// The token endpoint.
    pub(super) login: &'a Url,
    /// The service that the tokens are for.
    pub(super) service: &'a Url,
    pub(super) extra_ca_pem: Option<&'a [u8]>,
    pub(super) user_agent: &'a str,
    pub(super) timeouts: Timeouts,
    pub(super) answer_bytes_max: usize,
    /// Takes requests there instead of the HTTP clients.
    pub(super) courier: Option<&'a Arc<dyn Courier>>,
}

impl Reach<'_> {
    /// Whether anybody is connected to over TLS; a tenant on this machine need not be. A CA file is read in any case, to
    /// be refused if it is none.
    fn is_over_tls(&self) -> bool {
        let is_asked = |url: &Url| url.scheme() == "https";
        self.courier.is_none()
            && (self.extra_ca_pem.is_some() || is_asked(self.login) || is_asked(self.service))
    }
}

/// Connections that nothing was sent over for so long are closed. A look opens up to eight where HTTP/2 is not spoken,
/// each with buffers of 80 KB: kept until the next look, those of 200 tenants that rest took 118 MB and 1,600 of the
/// descriptors that the system gives.
const IDLE_MAX: Duration = Duration::from_secs(5);

/// HTTP clients for the services: through the system's proxy, or straight to this machine.
pub(super) struct Transport {
    login: Client,
    service: Client,
    courier: Option<Arc<dyn Courier>>,
    answer_bytes_max: usize,
}

impl fmt::Debug for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transport").field("answer_bytes_max", &self.answer_bytes_max).finish_non_exhaustive()
    }
}

impl Transport {
    pub(super) fn new(reach: &Reach<'_>) -> Result<Self, TargetError> {
        let tls = if reach.is_over_tls() {
            tls_config(reach.extra_ca_pem)?
        } else {
            // Nobody has to be trusted, and reading the system's certificates takes a while.
            tls_builder()?.with_root_certificates(RootCertStore::empty()).with_no_client_auth()
        };
        let login = client(reach, reach.login, tls.clone())?;
        let service = client(reach, reach.service, tls)?;
        let (courier, answer_bytes_max) = (reach.courier.cloned(), reach.answer_bytes_max);
        Ok(Self { login, service, courier, answer_bytes_max })
    }

    /// Posts a form to the token endpoint.
    pub(super) async fn post_form(
        &self,
        url: Url,
        asked: &Asked,
        form: &[(&str, &str)],
    ) -> Result<Answer, TargetError> {
        let request = self.login.post(url).header("Accept", "application/json").form(form);
        self.exchange(request, asked).await
    }

    /// Sends a request with JSON, and the token in its header.
    pub(super) async fn send(&self, outgoing: Outgoing<'_>, token: &Secret) -> Result<Answer, TargetError> {
        let method = Method::from_bytes(outgoing.asked.method.as_bytes()).unwrap_or(Method::GET);
        let mut request = self.service.request(method, outgoing.url).headers(outgoing.headers);
        let mut bearer = HeaderValue::try_from(format!("Bearer {}", token.reveal()))
            .map_err(|_| TargetError::Settings { what: "the token is not fit for a header".to_owned() })?;
        bearer.set_sensitive(true);
        request = request.header("Authorization", bearer).header("Accept", "application/json");
        if let Some(body) = outgoing.body {
            request = request.header("Content-Type", "application/json").body(body);
        }
        self.exchange(request, outgoing.asked).await
    }

    /// Posts a message that holds its token itself; its bytes are wiped when they have been sent.
    pub(super) async fn post_message(
        &self,
        url: Url,
        asked: &Asked,
        headers: HeaderMap,
        message: SecretBytes,
    ) -> Result<Answer, TargetError> {
        let body = bytes::Bytes::from_owner(message);
        self.exchange(self.service.post(url).headers(headers).body(body), asked).await
    }

    async fn exchange(&self, request: reqwest::RequestBuilder, asked: &Asked) -> Result<Answer, TargetError> {
        let mut response = match &self.courier {
            None => request.send().await.map_err(|cause| not_sent_or_lost(cause, asked))?,
            Some(courier) => {
                let request = request.build().map_err(|cause| not_sent_or_lost(cause, asked))?;
                courier.take(request).await.map_err(|it| undelivered(it, asked))?
            }
        };
        let text = |name: &str| response.headers().get(name)?.to_str().ok().map(str::to_owned);
        let headers = AnswerHeaders {
            retry_after: text("retry-after"),
            request_id: text("request-id").or_else(|| text("x-ms-request-id")),
            throttle_percentage: text("x-ms-throttle-limit-percentage").and_then(|it| it.parse().ok()),
            date: text("date"),
        };
        let status = response.status().as_u16();
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|cause| not_sent_or_lost(cause, asked))? {
            if self.answer_bytes_max < body.len() + chunk.len() {
                return Err(TargetError::TooLarge {
                    method: asked.method,
                    path: asked.path.clone(),
                    host: asked.host.clone(),
                    limit_bytes: self.answer_bytes_max,
                });
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Answer { status, headers, body })
    }
}

/// A header map from names and values that this program wrote.
pub(super) fn header_map(pairs: &[(&'static str, &str)]) -> HeaderMap {
    pairs
        .iter()
        .filter_map(|(name, value)| {
            Some((HeaderName::from_static(name), HeaderValue::try_from(*value).ok()?))
        })
        .collect()
}

/// The host and port that errors name.
pub(super) fn host_of(url: &Url) -> String {
    let host = url.host_str().unwrap_or("(no host)");
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

fn client(reach: &Reach<'_>, endpoint: &Url, tls: ClientConfig) -> Result<Client, TargetError> {
    let mut builder = Client::builder()
        .tls_backend_preconfigured(tls)
        .user_agent(reach.user_agent)
        .redirect(reqwest::redirect::Policy::none())
        .referer(false)
        .connect_timeout(reach.timeouts.connect)
        .timeout(reach.timeouts.request)
        .pool_idle_timeout(IDLE_MAX);
    if is_loopback(endpoint) {
        builder = builder.no_proxy();
    } else {
        builder = builder.https_only(true);
    }
    builder.build().map_err(|cause| TargetError::Settings { what: format!("HTTP client: {cause}") })
}

/// TLS with ring; whom to trust is left open.
fn tls_builder() -> Result<ConfigBuilder<ClientConfig, WantsVerifier>, TargetError> {
    ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|cause| TargetError::Settings { what: format!("TLS: {cause}") })
}

/// The system's certificates and those of the settings.
fn tls_config(extra_ca_pem: Option<&[u8]>) -> Result<ClientConfig, TargetError> {
    let refused = |what: String| TargetError::Settings { what };
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut extra = Vec::new();
    if let Some(pem) = extra_ca_pem {
        for certificate in CertificateDer::pem_slice_iter(pem) {
            extra.push(certificate.map_err(|cause| refused(format!("the CA file is not PEM: {cause}")))?);
        }
        if extra.is_empty() {
            return Err(refused("the CA file holds no certificate".to_owned()));
        }
    }
    let verifier = if extra.is_empty() {
        verifier_of_system(&provider)
    } else {
        Verifier::new_with_extra_roots(extra, Arc::clone(&provider)).map(Arc::new)
    };
    let verifier = verifier.map_err(|cause| refused(format!("certificates to trust: {cause}")))?;
    let mut config =
        tls_builder()?.dangerous().with_custom_certificate_verifier(verifier).with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}

/// Trusts what the system trusts. All who are connected share it: 200 tenants had 17 MB of the same certificates. They
/// are read again when nobody is connected any more.
fn verifier_of_system(provider: &Arc<CryptoProvider>) -> Result<Arc<Verifier>, rustls::Error> {
    static SHARED: Mutex<Weak<Verifier>> = Mutex::new(Weak::new());
    let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(verifier) = shared.upgrade() {
        return Ok(verifier);
    }
    let verifier = Arc::new(Verifier::new(Arc::clone(provider))?);
    *shared = Arc::downgrade(&verifier);
    Ok(verifier)
}

fn undelivered(why: Undelivered, asked: &Asked) -> TargetError {
    let Asked { method, path, host } = asked.clone();
    match why {
        Undelivered::Unreached(cause) => TargetError::Connect { host, cause },
        Undelivered::Lost(cause) => TargetError::NoAnswer { method, path, host, cause },
    }
}

/// Sorts a failed exchange: was anything sent?
fn not_sent_or_lost(cause: reqwest::Error, asked: &Asked) -> TargetError {
    let cause = cause.without_url();
    let host = asked.host.clone();
    if cause.is_builder() || cause.is_request() && !cause.is_connect() && is_misuse(&cause) {
        return TargetError::Settings { what: format!("request to {host}: {cause}") };
    }
    if !cause.is_connect() {
        let Asked { method, path, host } = asked.clone();
        return TargetError::NoAnswer { method, path, host, cause: Arc::new(cause) };
    }
    if is_tls(&cause) {
        return TargetError::Tls { host, cause: Arc::new(cause) };
    }
    TargetError::Connect { host, cause: Arc::new(cause) }
}

/// `https_only` refuses an `http` address before anything is sent.
fn is_misuse(cause: &reqwest::Error) -> bool {
    cause.source().is_some_and(|it| it.to_string().contains("scheme is not https"))
}

fn is_tls(error: &(dyn Error + 'static)) -> bool {
    if error.is::<rustls::Error>() {
        return true;
    }
    // An `io::Error` gives the source of what it wraps, not what it wraps.
    let wrapped = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
    wrapped.is_some_and(|it| is_tls(it)) || error.source().is_some_and(is_tls)
}
