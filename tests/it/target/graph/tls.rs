//! TLS: who is trusted, and what is said when nobody is.

use std::error::Error as _;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::serve::Listener;
use expect_test::{Expect, expect};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use samesign::target::TargetError;
use samesign::target::graph::{Connection, Reader};
use serde_json::json;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use super::script::{Say, settings, stage, token};

/// Accepts TLS; a caller who breaks the handshake off is forgotten.
struct TlsListener {
    listener: TcpListener,
    acceptor: TlsAcceptor,
}

impl Listener for TlsListener {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, SocketAddr) {
        loop {
            let (stream, address) = self.listener.accept().await.unwrap();
            if let Ok(stream) = self.acceptor.accept(stream).await {
                return (stream, address);
            }
        }
    }

    fn local_addr(&self) -> std::io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}

/// A server with a certificate for `name` from a CA of its own; its port and the CA as PEM.
async fn start(name: &str) -> (u16, String) {
    start_until(name, 4000).await
}

/// The same; the certificate ends with the beginning of a year.
async fn start_until(name: &str, year: i32) -> (u16, String) {
    let mut ca = CertificateParams::new(Vec::new()).unwrap();
    ca.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let ca = CertifiedIssuer::self_signed(ca, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let mut leaf = CertificateParams::new(vec![name.to_owned()]).unwrap();
    leaf.not_after = rcgen::date_time_ymd(year, 1, 1);
    let leaf = leaf.signed_by(&key, &ca).unwrap();
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![leaf.der().clone()], key)
        .unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let listener = TlsListener { listener, acceptor: TlsAcceptor::from(Arc::new(config)) };
    let (router, _) = stage(|asked| {
        if asked.path.ends_with("/token") {
            token()
        } else {
            Say::Json(200, json!({ "value": [{ "id": "t-1", "displayName": "Behind TLS" }] }))
        }
    });
    tokio::spawn(async move { axum::serve(listener, router).await });
    (port, ca.pem())
}

fn reader(port: u16, ca: Option<String>) -> Result<Reader, TargetError> {
    let mut settings = settings(&format!("https://localhost:{port}"));
    settings.extra_ca_pem = ca.map(String::into_bytes);
    Connection::open(settings).map(|it| Reader::new(&it))
}

#[tokio::test]
async fn a_ca_of_the_settings_is_trusted() {
    let (port, ca) = start("localhost").await;
    let identity = reader(port, Some(ca)).unwrap().identity().await.unwrap();
    assert_eq!(identity.display_name, "Behind TLS");
}

#[tokio::test]
async fn a_server_that_nobody_vouches_for_gets_nothing() {
    let (_, other_ca) = start("localhost").await;
    let (port, _) = start("localhost").await;
    let (other_port, its_ca) = start("login.example").await;
    for (port, ca) in [(port, None), (port, Some(other_ca)), (other_port, Some(its_ca))] {
        let error = reader(port, ca).unwrap().identity().await.unwrap_err();
        assert!(matches!(error, TargetError::Tls { .. }), "{error:?}");
        assert_eq!(error.to_string(), format!("no trusted TLS connection to localhost:{port}"));
        assert!(error.hint().unwrap().contains("caFile"));
    }
}

#[tokio::test]
async fn a_certificate_that_has_expired_is_said_to_have() {
    let (port, ca) = start_until("localhost", 2020).await;
    let error = reader(port, Some(ca)).unwrap().identity().await.unwrap_err();
    assert_eq!(error.to_string(), format!("no trusted TLS connection to localhost:{port}"));
    assert!(error.hint().unwrap().starts_with("check the clock"));
    let mut causes = Vec::new();
    let mut next = error.source();
    while let Some(cause) = next {
        causes.push(cause.to_string());
        next = cause.source();
    }
    assert!(causes.join(": ").contains("certificate expired"), "{causes:?}");
}

#[test]
fn a_ca_file_that_is_none_is_refused() {
    let check = |pem: &str, expected: Expect| {
        expected.assert_eq(&reader(1, Some(pem.to_owned())).unwrap_err().to_string());
    };
    check("", expect!["the tenant's connection cannot be used: the CA file holds no certificate"]);
    check(
        "-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n",
        expect![
            "the tenant's connection cannot be used: the CA file is not PEM: base64 decode error: InvalidCharacter(33)"
        ],
    );
    check(
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
        expect![
            "the tenant's connection cannot be used: certificates to trust: invalid peer certificate: BadEncoding"
        ],
    );
}
