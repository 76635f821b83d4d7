//! An LDAP server inside TLS whose answers come from a function.
//!
//! It knows no directory: a test hands it the bytes.

use std::sync::Arc;

use rcgen::{CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use samesign::model::Secret;
use samesign::source::ldap::{Bind, ServerAddress, Settings, certificates_from_pem};
use samesign::wire::ber::{Reader, integer, tag, wrap};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

/// What a client asked.
pub(crate) struct Asked {
    /// Which connection it came over, counted from 0.
    pub(crate) connection: usize,
    pub(crate) id: i64,
    pub(crate) what: What,
}

/// Kinds of requests.
pub(crate) enum What {
    Bind,
    Search { base: String, filter: Vec<u8>, attributes: Vec<String>, cookie: Option<Vec<u8>> },
    Other,
}

impl What {
    /// Whether it searches for all that is not a person.
    pub(crate) fn is_rest(&self) -> bool {
        let group = b"group";
        matches!(self, Self::Search { filter, .. } if filter.windows(group.len()).any(|it| it == group))
    }
}

/// The answers to a request; `None`: those of an ordinary server.
pub(crate) type Script = Arc<dyn Fn(&Asked) -> Option<Vec<u8>> + Send + Sync>;

/// Starts a server and gives the settings that reach it.
pub(crate) async fn serve(start_tls: bool, script: Script) -> Settings {
    serve_with_certificate(start_tls, script).await.0
}

/// Starts a server, and gives its own certificate too.
pub(crate) async fn serve_with_certificate(
    start_tls: bool,
    script: Script,
) -> (Settings, CertificateDer<'static>) {
    let Identity { acceptor, ca, own } = identity();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        for connection in 0.. {
            let Ok((stream, _)) = listener.accept().await else { return };
            let script = Arc::clone(&script);
            let script = move |id, what| {
                let asked = Asked { connection, id, what };
                script(&asked).unwrap_or_else(|| ordinary(&asked))
            };
            tokio::spawn(converse(stream, start_tls, acceptor.clone(), script));
        }
    });
    let bind = Bind::Simple { user: "kim@x".to_owned(), password: Secret::new("secret".to_owned()) };
    let settings = Settings {
        servers: vec![ServerAddress { host: "localhost".to_owned(), port: Some(port), tls_name: None }],
        ca: Some(certificates_from_pem(ca.as_bytes()).unwrap()),
        ..Settings::new("x".to_owned(), bind)
    };
    (settings, own)
}

struct Identity {
    acceptor: TlsAcceptor,
    ca: String,
    own: CertificateDer<'static>,
}

fn identity() -> Identity {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let ca = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let own = CertificateParams::new(["localhost".to_owned()]).unwrap().signed_by(&key, &ca).unwrap();
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![own.der().clone()], key)
        .unwrap();
    Identity { acceptor: TlsAcceptor::from(Arc::new(config)), ca: ca.pem(), own: own.der().clone() }
}

async fn converse(
    mut stream: TcpStream,
    start_tls: bool,
    acceptor: TlsAcceptor,
    script: impl Fn(i64, What) -> Vec<u8>,
) {
    if start_tls {
        let Some((id, _)) = listen(&mut stream).await else { return };
        stream.write_all(&result(id, 0x78, 0, "", None)).await.unwrap_or_default();
    }
    let Ok(mut stream) = acceptor.accept(stream).await else { return };
    while let Some((id, what)) = listen(&mut stream).await {
        let answer = script(id, what);
        if stream.write_all(&answer).await.is_err() || stream.flush().await.is_err() {
            return;
        }
    }
}

/// Says yes to everybody, holds the domain `DC=x`, and has nothing in it.
fn ordinary(asked: &Asked) -> Vec<u8> {
    match &asked.what {
        What::Bind => result(asked.id, 0x61, 0, "", None),
        What::Search { base, .. } if base.is_empty() => {
            let root = [("defaultNamingContext", vec!["DC=x"]), ("highestCommittedUSN", vec!["5"])];
            [entry(asked.id, "", &root), result(asked.id, 0x65, 0, "", None)].concat()
        }
        What::Search { .. } => result(asked.id, 0x65, 0, "", Some(b"")),
        What::Other => Vec::new(),
    }
}

async fn listen(stream: &mut (impl AsyncRead + AsyncWrite + Unpin)) -> Option<(i64, What)> {
    let mut frame = Vec::new();
    loop {
        frame.push(stream.read_u8().await.ok()?);
        if let Some(len) = samesign::wire::ber::whole_len(&frame).ok()?
            && len == frame.len()
        {
            return parse(&frame);
        }
    }
}

fn parse(frame: &[u8]) -> Option<(i64, What)> {
    let mut message = Reader::new(frame).nested(tag::SEQUENCE).ok()?;
    let id = message.integer(tag::INTEGER).ok()?;
    let (found, contents) = message.any().ok()?;
    let what = match found {
        0x60 => What::Bind,
        0x63 => {
            let mut fields = Reader::new(contents);
            let base = fields.text(tag::OCTET_STRING).ok()?.to_owned();
            for _ in 0..5 {
                fields.any().ok()?;
            }
            let filter = fields.any().ok()?.1.to_vec();
            let mut list = fields.nested(tag::SEQUENCE).ok()?;
            let mut attributes = Vec::new();
            while !list.is_empty() {
                attributes.push(list.text(tag::OCTET_STRING).ok()?.to_owned());
            }
            What::Search { base, filter, attributes, cookie: cookie(message) }
        }
        _ => What::Other,
    };
    Some((id, what))
}

fn cookie(mut message: Reader<'_>) -> Option<Vec<u8>> {
    let mut control = message.nested(0xa0).ok()?.nested(tag::SEQUENCE).ok()?;
    control.element(tag::OCTET_STRING).ok()?;
    control.optional(tag::BOOLEAN).ok()?;
    let mut value = Reader::new(control.element(tag::OCTET_STRING).ok()?).nested(tag::SEQUENCE).ok()?;
    value.integer(tag::INTEGER).ok()?;
    value.element(tag::OCTET_STRING).ok().map(<[u8]>::to_vec)
}

fn octets(bytes: &[u8]) -> Vec<u8> {
    wrap(tag::OCTET_STRING, &[bytes])
}

/// One message.
pub(crate) fn message(id: i64, parts: &[&[u8]]) -> Vec<u8> {
    wrap(tag::SEQUENCE, &[&integer(tag::INTEGER, id), &parts.concat()])
}

/// An answer that ends an operation, with a paging cookie if there is one.
pub(crate) fn result(id: i64, operation: u8, code: i64, words: &str, cookie: Option<&[u8]>) -> Vec<u8> {
    let fields = [integer(tag::ENUMERATED, code), octets(b""), octets(words.as_bytes())].concat();
    let control = cookie.map(|it| {
        let value = wrap(tag::SEQUENCE, &[&integer(tag::INTEGER, 0), &octets(it)]);
        let control = wrap(tag::SEQUENCE, &[&octets(b"1.2.840.113556.1.4.319"), &octets(&value)]);
        wrap(0xa0, &[&control])
    });
    message(id, &[&wrap(operation, &[&fields]), &control.unwrap_or_default()])
}

/// The answer that ends a search for changes, with the cookie of the next one.
pub(crate) fn told(id: i64, cookie: &[u8]) -> Vec<u8> {
    let fields = [integer(tag::ENUMERATED, 0), octets(b""), octets(b"")].concat();
    let zero = integer(tag::INTEGER, 0);
    let value = wrap(tag::SEQUENCE, &[&zero, &zero, &octets(cookie)]);
    let control = wrap(tag::SEQUENCE, &[&octets(b"1.2.840.113556.1.4.841"), &octets(&value)]);
    message(id, &[&wrap(0x65, &[&fields]), &wrap(0xa0, &[&control])])
}

/// One entry.
pub(crate) fn entry(id: i64, dn: &str, attributes: &[(&str, Vec<&str>)]) -> Vec<u8> {
    let list: Vec<u8> = attributes
        .iter()
        .flat_map(|(name, values)| {
            let values: Vec<u8> = values.iter().flat_map(|it| octets(it.as_bytes())).collect();
            wrap(tag::SEQUENCE, &[&octets(name.as_bytes()), &wrap(tag::SET, &[&values])])
        })
        .collect();
    message(id, &[&wrap(0x64, &[&octets(dn.as_bytes()), &wrap(tag::SEQUENCE, &[&list])])])
}
