//! Takes connections, with TLS if there is a certificate, and lets them be answered.
//!
//! It knows no path. There are never more than a few at a time, and whoever is slow loses the place: nobody keeps others
//! out for long, and none of it costs more than a stated memory.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;

use crate::model::Secret;

/// Connections at a time: a browser opens six, and monitoring one.
const CONNECTIONS_MAX: usize = 64;
/// A handshake takes no longer.
const HANDSHAKE_MAX: Duration = Duration::from_secs(10);
/// The head of a request is there so soon, also of the next one of a connection.
const HEAD_MAX: Duration = Duration::from_secs(30);
/// Nor is it larger.
const HEAD_SIZE_MAX: usize = 16 << 10;
/// A connection lasts no longer: an explanation of a large directory takes minutes.
const CONNECTION_MAX: Duration = Duration::from_mins(15);
/// After a connection could not be taken, for want of file handles.
const PAUSE: Duration = Duration::from_secs(1);

/// What a server shows of itself, and whom it lets in, in PEM.
#[derive(Clone, Debug)]
pub struct TlsPem {
    /// Its certificate, and those between it and an authority.
    pub certificates: Vec<u8>,
    /// The key of that.
    pub key: Secret,
    /// Authorities of clients: who has no certificate of theirs is not let in. `None` lets in everybody.
    pub client_authorities: Option<Vec<u8>>,
}

/// Why there can be no TLS.
#[derive(Debug, thiserror::Error)]
pub enum TlsPemError {
    /// There is nothing to show.
    #[error("there is no certificate in PEM")]
    NoCertificate,
    /// There is nobody who could vouch for a client.
    #[error("there is no authority of clients in PEM")]
    NoAuthority,
    /// What should be a key is none.
    #[error("the key is none in PEM")]
    NoKey,
    /// They cannot be used together.
    #[error("certificate and key cannot be used")]
    Unusable(#[source] rustls::Error),
    /// The authorities of clients cannot be used.
    #[error("the authorities of clients cannot be used: {0}")]
    Authorities(String),
}

impl TlsPem {
    fn config(&self) -> Result<Arc<ServerConfig>, TlsPemError> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .map_err(TlsPemError::Unusable)?;
        let builder = match &self.client_authorities {
            None => builder.with_no_client_auth(),
            Some(pem) => {
                let mut roots = RootCertStore::empty();
                let refused = |cause: &dyn std::fmt::Display| TlsPemError::Authorities(cause.to_string());
                for authority in certificates(pem).ok_or(TlsPemError::NoAuthority)? {
                    roots.add(authority).map_err(|it| refused(&it))?;
                }
                let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build();
                builder.with_client_cert_verifier(verifier.map_err(|it| refused(&it))?)
            }
        };
        let key =
            PrivateKeyDer::from_pem_slice(self.key.reveal().as_bytes()).map_err(|_| TlsPemError::NoKey)?;
        let own = certificates(&self.certificates).ok_or(TlsPemError::NoCertificate)?;
        let mut config = builder.with_single_cert(own, key).map_err(TlsPemError::Unusable)?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Arc::new(config))
    }
}

/// All of them; `None` if there is none.
fn certificates(pem: &[u8]) -> Option<Vec<CertificateDer<'static>>> {
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    found.ok().filter(|it| !it.is_empty())
}

/// The certificate that is shown, which may be another one tomorrow.
#[derive(Debug)]
pub struct Tls(watch::Sender<Arc<ServerConfig>>);

impl Tls {
    /// Checks what is to be shown.
    ///
    /// # Errors
    /// It cannot be used.
    pub fn new(pem: &TlsPem) -> Result<Self, TlsPemError> {
        Ok(Self(watch::Sender::new(pem.config()?)))
    }

    /// From the next connection on, this is shown.
    ///
    /// # Errors
    /// It cannot be used, so that the one before stays.
    pub fn renew(&self, pem: &TlsPem) -> Result<(), TlsPemError> {
        self.0.send_replace(pem.config()?);
        Ok(())
    }
}

/// Answers whoever comes, until the process ends.
pub(super) async fn serve(listener: TcpListener, tls: Option<&Tls>, router: Router) {
    let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    let tls = tls.map(|it| it.0.subscribe());
    while let Ok(place) = Arc::clone(&places).acquire_owned().await {
        let stream = match listener.accept().await {
            Ok((stream, _)) => stream,
            Err(error) => {
                tracing::debug!(%error, "a connection could not be taken");
                tokio::time::sleep(PAUSE).await;
                continue;
            }
        };
        let config = tls.as_ref().map(|it| Arc::clone(&it.borrow()));
        let talk = timeout(CONNECTION_MAX, talk(stream, config, router.clone()));
        tokio::spawn(async move {
            let _too_long = talk.await;
            drop(place);
        });
    }
}

async fn talk(stream: TcpStream, tls: Option<Arc<ServerConfig>>, router: Router) {
    let Some(config) = tls else { return answer(stream, router).await };
    match timeout(HANDSHAKE_MAX, TlsAcceptor::from(config).accept(stream)).await {
        Ok(Ok(stream)) => answer(stream, router).await,
        Ok(Err(error)) => tracing::debug!(%error, "a connection without TLS that fits was closed"),
        Err(_) => tracing::debug!("a connection was closed whose handshake took too long"),
    }
}

async fn answer(stream: impl AsyncRead + AsyncWrite + Unpin, router: Router) {
    let mut server = http1::Builder::new();
    server.timer(TokioTimer::new()).header_read_timeout(HEAD_MAX).max_buf_size(HEAD_SIZE_MAX);
    let talk = server.serve_connection(TokioIo::new(stream), TowerToHyperService::new(router));
    if let Err(error) = talk.await {
        tracing::debug!(%error, "a connection broke off");
    }
}
