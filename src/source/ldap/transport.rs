//! A connection up to the point where TLS protects it.
//!
//! It does not know accounts. Nothing but a StartTLS request is ever sent outside of TLS.

use std::io;
use std::time::Duration;

use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::certificate;
use super::error::LdapError;
use super::settings::{Settings, Transport};
use crate::source::ServerAddress;
use crate::source::server::endpoint;
use crate::wire::ber::{self, BerError, tag};
use crate::wire::ldap::{Answer, start_tls};

/// An answer is never longer. Active Directory sends at most 1,500 values of an attribute at once, so that
/// an entry has some hundred kilobytes; pictures are limited to 100 KB each.
const FRAME_MAX: usize = 32 << 20;

/// What TLS reads from the network at once: by itself it asks for 4 KB each time.
const ENCRYPTED_AHEAD: usize = 64 << 10;
/// The most memory that is set aside for a message before its bytes are there.
const FRAME_RESERVED: usize = 1 << 20;

/// Everything in it goes through TLS.
pub(super) type Encrypted = TlsStream<BufReader<TcpStream>>;

/// A connection inside TLS.
pub(super) struct Channel {
    pub(super) stream: Encrypted,
    /// Server and port, for messages.
    pub(super) server: String,
    /// The very machine: a name can lead to another one the next time.
    pub(super) peer: ServerAddress,
    /// Hash of the certificate (RFC 5929, 4.1).
    pub(super) end_point: Vec<u8>,
    /// What each step may take.
    pub(super) timeout: Duration,
}

/// Connects and starts TLS.
pub(super) async fn connect(address: &ServerAddress, settings: &Settings) -> Result<Channel, LdapError> {
    let port = address.port.unwrap_or(settings.transport.port());
    let server = endpoint(&address.host, port);
    let timeout = settings.timeout;
    let dial = TcpStream::connect((address.host.as_str(), port));
    let mut tcp = within(timeout, &server, "connecting", dial)
        .await?
        .map_err(|source| LdapError::Connecting { server: server.clone(), source })?;
    let connecting = |source| LdapError::Connecting { server: server.clone(), source };
    tcp.set_nodelay(true).map_err(connecting)?;
    let host = tcp.peer_addr().map_err(connecting)?.ip().to_string();
    let peer = ServerAddress { host, port: Some(port), tls_name: Some(address.name().to_owned()) };
    match settings.transport {
        Transport::Ldaps => (),
        Transport::StartTls => {
            within(timeout, &server, "starting TLS", ask_for_tls(&mut tcp, &server)).await??;
        }
    }
    let setting_up = |source| LdapError::TlsSettings { server: server.clone(), source };
    let config = certificate::tls_config(settings).map_err(setting_up)?;
    let name = ServerName::try_from(address.name().to_owned()).map_err(|it| setting_up(Box::new(it)))?;
    let tcp = BufReader::with_capacity(ENCRYPTED_AHEAD, tcp);
    let stream = within(timeout, &server, "starting TLS", TlsConnector::from(config).connect(name, tcp))
        .await?
        .map_err(|source| certificate::handshake_failure(&server, source, settings.ca.is_some()))?;
    let shown = stream.get_ref().1.peer_certificates().and_then(<[_]>::first);
    let end_point =
        certificate::end_point(shown.ok_or_else(|| setting_up("the server showed no certificate".into()))?)
            .map_err(|source| setting_up(Box::new(source)))?;
    Ok(Channel { stream, server, peer, end_point, timeout })
}

/// Waits no longer than `timeout`.
pub(super) async fn within<T>(
    timeout: Duration,
    server: &str,
    doing: &'static str,
    what: impl Future<Output = T>,
) -> Result<T, LdapError> {
    tokio::time::timeout(timeout, what).await.map_err(|_| LdapError::TimedOut {
        server: server.to_owned(),
        doing,
        timeout,
    })
}

/// The StartTLS operation (RFC 4511, 4.14).
async fn ask_for_tls(tcp: &mut TcpStream, server: &str) -> Result<(), LdapError> {
    let doing = "starting TLS";
    let broke = |source| LdapError::Disconnected { server: server.to_owned(), doing, source };
    tcp.write_all(&start_tls(1)).await.map_err(broke)?;
    let frame = read_frame(tcp).await.map_err(broke)?;
    let malformed = |source| LdapError::Malformed { server: server.to_owned(), doing, source };
    let Answer { outcome, .. } = Answer::parse(&frame).map_err(malformed)?;
    if outcome.code == 0 {
        return Ok(());
    }
    Err(LdapError::StartTls { server: server.to_owned(), code: outcome.code, diagnostic: outcome.diagnostic })
}

/// Reads exactly one message and not a byte more: what follows StartTLS belongs to TLS.
pub(super) async fn read_frame(stream: &mut (impl AsyncRead + Unpin)) -> io::Result<Vec<u8>> {
    let malformed = |error: BerError| io::Error::new(io::ErrorKind::InvalidData, error);
    let mut frame = vec![stream.read_u8().await?];
    // Another protocol's greeting would look like the start of something long.
    if frame[0] != tag::SEQUENCE {
        return Err(malformed(BerError::Tag { expected: tag::SEQUENCE, found: frame[0] }));
    }
    let whole = loop {
        frame.push(stream.read_u8().await?);
        if let Some(whole) = ber::whole_len(&frame).map_err(malformed)? {
            break whole;
        }
    };
    if FRAME_MAX < whole {
        return Err(io::Error::new(
            io::ErrorKind::InvalidData,
            format!("an answer of {whole} bytes is too long"),
        ));
    }
    let rest = whole - frame.len();
    frame.reserve_exact(rest.min(FRAME_RESERVED));
    if stream.take(rest as u64).read_to_end(&mut frame).await? < rest {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(frame)
}
