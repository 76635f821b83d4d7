//! Joins the LDAP client library to a connection that we made: it speaks plain LDAP into one end of a
//! socket pair, a task of ours carries that into TLS.
//!
//! Why not let the library connect: TLS, channel bindings, Kerberos and the limits on what a server may send
//! are then in one place, and no byte reaches the library that has not been checked. It does not know what
//! is searched.

use std::io;
use std::os::unix::net::UnixStream as StdUnixStream;

use ldap3::{Ldap, LdapConnAsync, LdapConnSettings, StdStream};
use tokio::io::{AsyncWriteExt, BufReader, BufWriter};
use tokio::net::UnixStream;
use tokio::task::JoinHandle;
use tokio_rustls::client::TlsStream;

use super::error::LdapError;
use super::transport::{Channel, read_frame};
use crate::wire::ldap::check_answer;

/// Large enough for many entries, so that a page costs few reads.
const READ_AHEAD: usize = 256 << 10;

/// A bound connection that can search.
pub(super) struct Session {
    /// The client library.
    pub(super) ldap: Ldap,
    /// Server and port, for messages.
    pub(super) server: String,
    /// What each step may take.
    pub(super) timeout: std::time::Duration,
    carrier: JoinHandle<io::Result<()>>,
    driver: JoinHandle<Result<(), ldap3::LdapError>>,
}

impl Drop for Session {
    fn drop(&mut self) {
        self.carrier.abort();
        self.driver.abort();
    }
}

impl Session {
    /// Hands a bound connection to the library.
    pub(super) async fn start(channel: Channel) -> Result<Self, LdapError> {
        let Channel { stream, server, timeout, .. } = channel;
        let starting = |source| LdapError::Disconnected { server: server.clone(), doing: "starting", source };
        let (near, far) = StdUnixStream::pair().map_err(starting)?;
        far.set_nonblocking(true).map_err(starting)?;
        let far = UnixStream::from_std(far).map_err(starting)?;
        let settings = LdapConnSettings::new().set_std_stream(StdStream::Unix(near));
        let (connection, ldap) = LdapConnAsync::with_settings(settings, "ldapi://")
            .await
            .map_err(|error| starting(io::Error::other(error)))?;
        let driver = tokio::spawn(connection.drive());
        let carrier = tokio::spawn(carry(stream, far));
        Ok(Self { ldap, server, timeout, carrier, driver })
    }

    /// Why the connection broke, once the library has given up.
    pub(super) async fn obituary(&mut self) -> io::Error {
        match (&mut self.carrier).await {
            Ok(Err(error)) if error.kind() == io::ErrorKind::UnexpectedEof => {
                io::Error::new(error.kind(), "the server closed the connection")
            }
            Ok(Err(error)) => error,
            // Only the library's side ends without an error.
            Ok(Ok(())) => io::Error::other("the LDAP library gave up on an answer"),
            Err(_) => io::Error::other("the task that carries the connection ended"),
        }
    }
}

/// Carries both directions until one of them ends.
async fn carry(stream: TlsStream<tokio::net::TcpStream>, library: UnixStream) -> io::Result<()> {
    let (from_server, mut to_server) = tokio::io::split(stream);
    let (mut from_library, to_library) = library.into_split();
    let mut to_library = BufWriter::with_capacity(READ_AHEAD, to_library);
    let mut from_server = BufReader::with_capacity(READ_AHEAD, from_server);
    let down = async {
        loop {
            let frame = read_frame(&mut from_server).await?;
            check_answer(&frame).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
            to_library.write_all(&frame).await?;
            // Entries come many at once: the library is woken when there is nothing more to hand over.
            if from_server.buffer().is_empty() {
                to_library.flush().await?;
            }
        }
    };
    let up = async { tokio::io::copy(&mut from_library, &mut to_server).await };
    tokio::select! {
        ended = down => ended,
        ended = up => ended.map(|_| ()),
    }
}
