//! Joins the LDAP client library to a connection that we made: it speaks plain LDAP into one end of a
//! socket pair, a task of ours carries that into TLS.
//!
//! Why not let the library connect: TLS, channel bindings, Kerberos and the limits on what a server may send
//! are then in one place, no byte reaches the library that has not been checked, and entries need not go through
//! it at all. It does not know what is searched.

use std::io;
use std::os::unix::net::UnixStream as StdUnixStream;
use std::sync::Arc;
use std::time::Duration;

use ldap3::{Ldap, LdapConnAsync, LdapConnSettings, StdStream};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::UnixStream;
use tokio::sync::Mutex;
use tokio::task::JoinHandle;

use super::error::LdapError;
use super::tap::{Message, Outlet, Tap};
use super::transport::{Channel, Encrypted, read_frame};
use crate::source::ServerAddress;
use crate::wire::ber::{self, BerError};

/// Large enough for many entries, so that a page costs few reads.
const READ_AHEAD: usize = 256 << 10;
/// How long entries may gather before they are looked at, in the midst of an answer. A server sends each by itself, and
/// waking us for each costs both sides: with the pause, reading takes a tenth less. What the operating system keeps for
/// us holds as much as comes in that time.
const PAUSE: Duration = Duration::from_millis(1);

/// A bound connection that can search.
pub(super) struct Session {
    /// The client library.
    pub(super) ldap: Ldap,
    /// Where entries come out, which do not go through the library.
    pub(super) outlet: Arc<Mutex<Outlet>>,
    /// Server and port, for messages.
    pub(super) server: String,
    /// Where the very same server is reached again.
    pub(super) peer: ServerAddress,
    /// What each step may take.
    pub(super) timeout: Duration,
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
        let Channel { stream, server, peer, end_point: _, timeout } = channel;
        let starting = |source| LdapError::Disconnected { server: server.clone(), doing: "starting", source };
        let (near, far) = StdUnixStream::pair().map_err(starting)?;
        far.set_nonblocking(true).map_err(starting)?;
        let far = UnixStream::from_std(far).map_err(starting)?;
        let settings = LdapConnSettings::new().set_std_stream(StdStream::Unix(near));
        let (connection, ldap) = LdapConnAsync::with_settings(settings, "ldapi://")
            .await
            .map_err(|error| starting(io::Error::other(error)))?;
        let (tap, outlet) = Tap::new();
        let driver = tokio::spawn(connection.drive());
        let carrier = tokio::spawn(carry(stream, far, tap));
        Ok(Self { ldap, outlet: Arc::new(Mutex::new(outlet)), server, peer, timeout, carrier, driver })
    }

    /// Why the connection broke, once the library has given up.
    pub(super) async fn obituary(&mut self, doing: &'static str) -> LdapError {
        let server = self.server.clone();
        let source = match (&mut self.carrier).await {
            Ok(Err(error)) if error.kind() == io::ErrorKind::UnexpectedEof => {
                io::Error::new(error.kind(), "the server closed the connection")
            }
            Ok(Err(error)) => match error.downcast::<BerError>() {
                Ok(source) => return LdapError::Malformed { server, doing, source },
                Err(error) => error,
            },
            // Only the library's side ends without an error.
            Ok(Ok(())) => io::Error::other("the LDAP library gave up on an answer"),
            Err(_) => io::Error::other("the task that carries the connection ended"),
        };
        LdapError::Disconnected { server, doing, source }
    }
}

/// Carries both directions until one of them ends.
async fn carry(stream: Encrypted, library: UnixStream, mut tap: Tap) -> io::Result<()> {
    let (from_server, mut to_server) = tokio::io::split(stream);
    let (mut from_library, mut to_library) = library.into_split();
    let mut from_server = BufReader::with_capacity(READ_AHEAD, from_server);
    let down = async {
        loop {
            // Mostly there already, as entries come many at once.
            let waiting = whole_frame(from_server.buffer()).map(<[u8]>::len);
            if waiting.is_none() && !tap.is_near_the_end() {
                tokio::time::sleep(PAUSE).await;
            }
            let read = if waiting.is_none() { read_frame(&mut from_server).await? } else { Vec::new() };
            let frame = waiting.map_or(&*read, |len| &from_server.buffer()[..len]);
            match tap.look_at(frame).await? {
                Message::Taken => (),
                Message::Passed => to_library.write_all(frame).await?,
                Message::Last(why) => {
                    to_library.write_all(frame).await?;
                    return Err(why);
                }
            }
            from_server.consume(waiting.unwrap_or_default());
        }
    };
    let up = async { tokio::io::copy(&mut from_library, &mut to_server).await };
    tokio::select! {
        ended = down => ended,
        ended = up => ended.map(|_| ()),
    }
}

/// The message that bytes start with, if all of it is there.
fn whole_frame(bytes: &[u8]) -> Option<&[u8]> {
    bytes.get(..ber::whole_len(bytes).ok()??)
}
