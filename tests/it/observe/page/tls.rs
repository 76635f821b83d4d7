//! Over TLS: what is shown, who is let in by a certificate, and that it can be renewed.

use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, ExtendedKeyUsagePurpose, IsCa, KeyPair};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore};
use samesign::model::Secret;
use samesign::observe::{Entry, Monitor, Tls, TlsPem, Token};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use super::Stage;
use super::visitor::{Answer, ask};

/// An authority, which signs for whoever asks.
struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    /// Certificate and key, in PEM.
    fn sign(&self, usage: ExtendedKeyUsagePurpose) -> (String, String) {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        params.extended_key_usages = vec![usage];
        (params.signed_by(&key, &self.0).unwrap().pem(), key.serialize_pem())
    }

    fn server(&self, client_authorities: Option<&Self>) -> TlsPem {
        let (certificate, key) = self.sign(ExtendedKeyUsagePurpose::ServerAuth);
        TlsPem {
            certificates: certificate.into_bytes(),
            key: Secret::new(key),
            client_authorities: client_authorities.map(|it| it.0.pem().into_bytes()),
        }
    }

    /// Asks as somebody who trusts this authority; `None` if there is no answer.
    async fn ask(&self, port: u16, own: Option<(String, String)>) -> Option<Answer> {
        let mut roots = RootCertStore::empty();
        roots.add(self.0.der().clone()).unwrap();
        let builder = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()));
        let builder = builder.with_safe_default_protocol_versions().unwrap().with_root_certificates(roots);
        let config = match own {
            None => builder.with_no_client_auth(),
            Some((certificate, key)) => {
                let certificate = CertificateDer::from_pem_slice(certificate.as_bytes()).unwrap();
                let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).unwrap();
                builder.with_client_auth_cert(vec![certificate], key).unwrap()
            }
        };
        let stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
        let name = "localhost".try_into().unwrap();
        let stream = TlsConnector::from(Arc::new(config)).connect(name, stream).await.ok()?;
        ask(stream, "GET", "/policy/contoso", &[("host", "samesign.example")]).await
    }
}

async fn open(entry: Entry) -> (u16, Arc<Tls>) {
    let monitor = Monitor::open("127.0.0.1:0".parse().unwrap(), entry).await.unwrap();
    let (port, tls) = (monitor.address().unwrap().port(), monitor.tls().unwrap());
    tokio::spawn(monitor.serve(Arc::new(Stage::default())));
    (port, tls)
}

#[tokio::test]
async fn clients_are_known_by_a_certificate_of_the_authority() {
    let (authority, clients, others) = (Authority::new(), Authority::new(), Authority::new());
    let entry = Entry { token: None, tls: Some(authority.server(Some(&clients))) };
    let (port, _) = open(entry).await;
    let usage = || ExtendedKeyUsagePurpose::ClientAuth;
    let answer = authority.ask(port, Some(clients.sign(usage()))).await.unwrap();
    assert_eq!(answer.status, 200, "whatever the name");
    assert!(answer.body.contains("contoso"));
    assert!(authority.ask(port, None).await.is_none(), "no certificate");
    assert!(authority.ask(port, Some(others.sign(usage()))).await.is_none(), "one of another authority");
    let plain = ask(TcpStream::connect(("127.0.0.1", port)).await.unwrap(), "GET", "/", &[]).await;
    assert!(plain.is_none(), "no TLS");
}

#[tokio::test]
async fn a_certificate_is_renewed_for_connections_that_come_after() {
    let (before, after) = (Authority::new(), Authority::new());
    let token = Token::new(&Secret::new("0123456789abcdef0123456789abcdef".to_owned())).unwrap();
    let (port, tls) = open(Entry { token: Some(token), tls: Some(before.server(None)) }).await;
    assert_eq!(before.ask(port, None).await.unwrap().status, 401, "TLS alone does not say who asks");
    assert!(after.ask(port, None).await.is_none());
    tls.renew(&after.server(None)).unwrap();
    assert!(before.ask(port, None).await.is_none());
    assert_eq!(after.ask(port, None).await.unwrap().status, 401);
    let broken = TlsPem { certificates: b"none".to_vec(), ..after.server(None) };
    assert_eq!(tls.renew(&broken).unwrap_err().to_string(), "there is no certificate in PEM");
    assert_eq!(after.ask(port, None).await.unwrap().status, 401, "what was shown is shown on");
}

#[tokio::test]
async fn an_address_that_others_reach_needs_to_know_who_asks() {
    let authority = Authority::new();
    let entry = Entry { token: None, tls: Some(authority.server(None)) };
    let error = Monitor::open("0.0.0.0:0".parse().unwrap(), entry).await.unwrap_err();
    let words = "0.0.0.0:0 can be reached from other machines, and nothing says who may ask";
    assert_eq!(error.to_string(), words);
}

#[test]
fn what_cannot_be_shown_is_refused_at_once() {
    let authority = Authority::new();
    let refused = |change: fn(&mut TlsPem)| {
        let mut pem = authority.server(None);
        change(&mut pem);
        Tls::new(&pem).unwrap_err().to_string()
    };
    assert_eq!(refused(|it| it.key = Secret::new("none".to_owned())), "the key is none in PEM");
    let other = refused(|it| it.key = Secret::new(KeyPair::generate().unwrap().serialize_pem()));
    assert_eq!(other, "certificate and key cannot be used");
    assert_eq!(
        refused(|it| it.client_authorities = Some(Vec::new())),
        "there is no authority of clients in PEM",
        "with no authority nobody could get in"
    );
}
