//! Asks DNS which servers a domain has, over UDP and, for long answers, TCP (RFC 1035, 4.2).
//!
//! It knows no LDAP. One question a day does not justify a resolver library.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, UdpSocket};

use crate::wire::dns::{DnsError, Srv, srv_answer, srv_question};

/// What one name server may take; a lost datagram is asked again once.
const PATIENCE: Duration = Duration::from_secs(2);
const TRIES: usize = 2;
/// More servers than this are not tried.
const SERVERS_MAX: usize = 32;

/// The domain controllers of a domain, in the order in which to try them ([MS-ADTS] 6.3.2.3). The port is that of
/// plain LDAP.
pub(super) async fn find_controllers(
    domain: &str,
    name_servers: &[SocketAddr],
) -> Result<Vec<Srv>, LookupError> {
    let controllers = find(name_servers, &format!("_ldap._tcp.dc._msdcs.{domain}")).await;
    let mut found = match controllers {
        Ok(found) => found,
        Err(_) => find(name_servers, &format!("_ldap._tcp.{domain}")).await?,
    };
    found.truncate(SERVERS_MAX);
    Ok(found)
}

/// Asking DNS failed.
#[derive(Debug, thiserror::Error)]
pub enum LookupError {
    /// No name server answered.
    #[error("no name server answers for {name}")]
    Silent {
        /// The question.
        name: String,
        /// The last failure.
        #[source]
        source: io::Error,
    },
    /// The answer is of no use.
    #[error("DNS has no servers under {name}")]
    Answer {
        /// The question.
        name: String,
        /// What it said.
        #[source]
        source: DnsError,
    },
    /// The answer has no records.
    #[error("DNS has no SRV records under {name}")]
    Empty {
        /// The question.
        name: String,
    },
}

/// The SRV records of a name, at least one.
pub(super) async fn find(name_servers: &[SocketAddr], name: &str) -> Result<Vec<Srv>, LookupError> {
    let answered = |source| LookupError::Answer { name: name.to_owned(), source };
    let question = srv_question(rand::random(), name).map_err(answered)?;
    let servers = if name_servers.is_empty() { system() } else { name_servers.to_vec() };
    let mut failure = io::Error::new(io::ErrorKind::NotFound, "no name server is configured");
    for server in servers.iter().cycle().take(servers.len() * TRIES) {
        match ask(*server, &question).await {
            Ok(Ok(found)) if found.is_empty() => return Err(LookupError::Empty { name: name.to_owned() }),
            Ok(Ok(found)) => return Ok(found),
            Ok(Err(error @ DnsError::NoSuchName)) => return Err(answered(error)),
            Ok(Err(error)) => failure = io::Error::new(io::ErrorKind::InvalidData, error),
            Err(error) => failure = error,
        }
    }
    Err(LookupError::Silent { name: name.to_owned(), source: failure })
}

/// The name servers of `/etc/resolv.conf`, or the one of this machine as resolv.conf(5) has it.
fn system() -> Vec<SocketAddr> {
    #[expect(clippy::disallowed_methods, reason = "this module owns the resolver's configuration")]
    let text = std::fs::read_to_string("/etc/resolv.conf").unwrap_or_default();
    let words = text.lines().filter_map(|line| line.trim().strip_prefix("nameserver"));
    let found: Vec<SocketAddr> =
        words.filter_map(|it| it.trim().parse::<IpAddr>().ok()).map(|it| SocketAddr::new(it, 53)).collect();
    if found.is_empty() { vec![SocketAddr::new(Ipv4Addr::LOCALHOST.into(), 53)] } else { found }
}

type Answer = Result<Vec<Srv>, DnsError>;

async fn ask(server: SocketAddr, question: &[u8]) -> io::Result<Answer> {
    match tokio::time::timeout(PATIENCE, ask_udp(server, question)).await?? {
        Err(DnsError::Truncated) => tokio::time::timeout(PATIENCE, ask_tcp(server, question)).await?,
        answer => Ok(answer),
    }
}

async fn ask_udp(server: SocketAddr, question: &[u8]) -> io::Result<Answer> {
    let own: SocketAddr =
        if server.is_ipv4() { "0.0.0.0:0" } else { "[::]:0" }.parse().map_err(io::Error::other)?;
    let socket = UdpSocket::bind(own).await?;
    socket.connect(server).await?;
    socket.send(question).await?;
    let mut buffer = vec![0; 4096];
    loop {
        let len = socket.recv(&mut buffer).await?;
        match srv_answer(question, &buffer[..len]) {
            // Somebody else's datagram: the right one may still come.
            Err(DnsError::OtherQuestion) => (),
            answer => return Ok(answer),
        }
    }
}

async fn ask_tcp(server: SocketAddr, question: &[u8]) -> io::Result<Answer> {
    let mut stream = TcpStream::connect(server).await?;
    let len = u16::try_from(question.len()).map_err(io::Error::other)?;
    stream.write_all(&len.to_be_bytes()).await?;
    stream.write_all(question).await?;
    let mut answer = vec![0; stream.read_u16().await?.into()];
    stream.read_exact(&mut answer).await?;
    Ok(srv_answer(question, &answer))
}
