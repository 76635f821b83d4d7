//! Accepts connections, with TLS if a certificate is given, and can break one before its response is written.
//!
//! It knows no HTTP.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

/// Connections that finished their handshake and wait to be served.
const WAITING_MAX: usize = 64;

/// Whether a connection is to break instead of writing on.
#[derive(Clone, Debug, Default)]
pub(super) struct Cut(Arc<AtomicBool>);

impl Cut {
    pub(super) fn now(&self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

enum Stream {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

/// A connection.
pub(super) struct Connection {
    stream: Stream,
    cut: Cut,
}

/// The listening side, for `axum::serve`.
pub(super) struct Door {
    connections: mpsc::Receiver<(Connection, SocketAddr)>,
    address: SocketAddr,
}

impl Door {
    /// Serves connections of a listener; handshakes run beside each other, so that none holds up the rest.
    pub(super) fn open(listener: TcpListener, tls: Option<TlsAcceptor>) -> io::Result<Self> {
        let address = listener.local_addr()?;
        let (sender, connections) = mpsc::channel(WAITING_MAX);
        tokio::spawn(async move {
            loop {
                let accepted = tokio::select! {
                    accepted = listener.accept() => accepted,
                    () = sender.closed() => return,
                };
                // A connection that died while it was being accepted is no reason to stop.
                let Ok((stream, peer)) = accepted else {
                    tokio::task::yield_now().await;
                    continue;
                };
                let (sender, tls) = (sender.clone(), tls.clone());
                tokio::spawn(async move {
                    let stream = match tls {
                        None => Stream::Plain(stream),
                        Some(tls) => match tls.accept(stream).await {
                            Ok(stream) => Stream::Tls(Box::new(stream)),
                            Err(_) => return,
                        },
                    };
                    // The receiver is gone once the server stops; then the connection closes here.
                    drop(sender.send((Connection { stream, cut: Cut::default() }, peer)).await);
                });
            }
        });
        Ok(Self { connections, address })
    }
}

impl Listener for Door {
    type Io = Connection;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Connection, SocketAddr) {
        match self.connections.recv().await {
            Some(connection) => connection,
            None => std::future::pending().await,
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.address)
    }
}

impl Connected<IncomingStream<'_, Door>> for Cut {
    fn connect_info(stream: IncomingStream<'_, Door>) -> Self {
        stream.io().cut.clone()
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match &mut self.stream {
            Stream::Plain(it) => Pin::new(it).poll_read(context, buffer),
            Stream::Tls(it) => Pin::new(it).poll_read(context, buffer),
        }
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        if self.cut.0.load(Ordering::SeqCst) {
            return Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()));
        }
        match &mut self.stream {
            Stream::Plain(it) => Pin::new(it).poll_write(context, bytes),
            Stream::Tls(it) => Pin::new(it).poll_write(context, bytes),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.stream {
            Stream::Plain(it) => Pin::new(it).poll_flush(context),
            Stream::Tls(it) => Pin::new(it).poll_flush(context),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.stream {
            Stream::Plain(it) => Pin::new(it).poll_shutdown(context),
            Stream::Tls(it) => Pin::new(it).poll_shutdown(context),
        }
    }
}
