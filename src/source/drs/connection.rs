//! Bytes between this machine and a domain controller: one message at a time, each within a time limit.
//!
//! It does not know what a message says. What is received may hold secrets, so it is wiped.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

use super::error::ReplicationError;
use crate::model::SecretBytes;
use crate::source::server::endpoint;
use crate::wire::dcerpc::{Association, DcerpcError, pdu_len};

/// All message headers have this length (C706 12.6.1), and the length of the message in it.
const HEADER_LEN: usize = 16;

/// A connection to one port of a server.
pub(super) struct Connection {
    stream: BufReader<TcpStream>,
    /// Host and port, for messages.
    pub(super) server: String,
}

impl Connection {
    pub(super) async fn open(host: &str, port: u16, timeout: Duration) -> Result<Self, ReplicationError> {
        let server = endpoint(host, port);
        let connecting = |source| ReplicationError::Connecting { server: server.clone(), source };
        let dial = TcpStream::connect((host, port));
        let stream = within(timeout, &server, "connecting", dial).await?.map_err(connecting)?;
        stream.set_nodelay(true).map_err(connecting)?;
        Ok(Self { stream: BufReader::new(stream), server })
    }

    /// Sends a message and takes one.
    pub(super) async fn exchange(
        &mut self,
        message: &[u8],
        doing: &'static str,
        timeout: Duration,
    ) -> Result<SecretBytes, ReplicationError> {
        let server = self.server.clone();
        within(timeout, &server, doing, async {
            self.send(message, doing).await?;
            self.receive(doing).await
        })
        .await?
    }

    /// A whole call. The limit is for all of it, so that a trickle does not last for ever.
    pub(super) async fn call(
        &mut self,
        association: &mut Association,
        (operation, stub): (u16, &[u8]),
        doing: &'static str,
        timeout: Duration,
    ) -> Result<SecretBytes, ReplicationError> {
        let server = self.server.clone();
        let failed = |source| ReplicationError::Call { server: server.clone(), doing, source };
        let request = association.request(operation, stub).map_err(failed)?;
        within(timeout, &server, doing, async {
            self.send(&request, doing).await?;
            loop {
                let message = self.receive(doing).await?;
                if let Some(stub) = association.receive(&message).map_err(failed)? {
                    return Ok(stub);
                }
            }
        })
        .await?
    }

    async fn send(&mut self, message: &[u8], doing: &'static str) -> Result<(), ReplicationError> {
        self.stream.get_mut().write_all(message).await.map_err(|source| self.broke(doing, source))
    }

    async fn receive(&mut self, doing: &'static str) -> Result<SecretBytes, ReplicationError> {
        let mut header = [0; HEADER_LEN];
        self.stream.read_exact(&mut header).await.map_err(|source| self.broke(doing, source))?;
        let malformed = |source| ReplicationError::Call { server: self.server.clone(), doing, source };
        let len = pdu_len(&header).map_err(malformed)?.ok_or(DcerpcError::State("a header is whole"));
        let mut message = SecretBytes::zeroed(len.map_err(malformed)?);
        message[..HEADER_LEN].copy_from_slice(&header);
        let rest = &mut message[HEADER_LEN..];
        self.stream.read_exact(rest).await.map_err(|source| self.broke(doing, source))?;
        Ok(message)
    }

    fn broke(&self, doing: &'static str, source: io::Error) -> ReplicationError {
        ReplicationError::Disconnected { server: self.server.clone(), doing, source }
    }
}

/// Waits no longer than `timeout`.
async fn within<T>(
    timeout: Duration,
    server: &str,
    doing: &'static str,
    what: impl Future<Output = T>,
) -> Result<T, ReplicationError> {
    tokio::time::timeout(timeout, what).await.map_err(|_| ReplicationError::TimedOut {
        server: server.to_owned(),
        doing,
        timeout,
    })
}
