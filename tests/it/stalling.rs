//! Hosts that take connections and never bring an answer to its end.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::sleep;

/// How an answer fails to end.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stall {
    /// What comes at once.
    pub(crate) begins: &'static [u8],
    /// Whether a byte each second follows.
    pub(crate) trickles: bool,
}

/// All of the ways over HTTP.
pub(crate) const STALLS: [Stall; 4] = [
    Stall { begins: b"", trickles: false },
    Stall { begins: b"HTTP/1.1 200 OK\r\nx-", trickles: true },
    Stall { begins: BEGUN, trickles: false },
    Stall { begins: BEGUN, trickles: true },
];

const BEGUN: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\n";
const TOKEN: &str = r#"{"token_type":"Bearer","expires_in":3599,"access_token":"token-1"}"#;

/// A host that stalls; with tokens, if it gives some.
pub(crate) async fn host(stall: Stall, gives_tokens: bool) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            tokio::spawn(answer(stream, stall, gives_tokens));
        }
    });
    address
}

async fn answer(mut stream: TcpStream, Stall { begins, trickles }: Stall, gives_tokens: bool) {
    let mut asked = vec![0; 16 << 10];
    let len = stream.read(&mut asked).await.unwrap();
    if gives_tokens && String::from_utf8_lossy(&asked[..len]).contains("/oauth2/v2.0/token ") {
        let len = TOKEN.len();
        let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\n";
        let whole = format!("{head}content-length: {len}\r\n\r\n{TOKEN}");
        return stream.write_all(whole.as_bytes()).await.unwrap();
    }
    stream.write_all(begins).await.unwrap();
    while trickles && stream.write_all(b"x").await.is_ok() {
        sleep(Duration::from_secs(1)).await;
    }
    std::future::pending::<()>().await;
}

/// Stands before a server and passes all on; of what it answers only a byte each second, once it is slow.
pub(crate) async fn slow_line(server: SocketAddr, is_slow: Arc<AtomicBool>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (near, _) = listener.accept().await.unwrap();
            let far = TcpStream::connect(server).await.unwrap();
            let (mut from_client, mut to_client) = near.into_split();
            let (mut from_server, mut to_server) = far.into_split();
            tokio::spawn(async move { tokio::io::copy(&mut from_client, &mut to_server).await });
            let is_slow = Arc::clone(&is_slow);
            tokio::spawn(async move {
                let mut bytes = [0; 4096];
                while let Ok(len @ 1..) = from_server.read(&mut bytes).await {
                    let at_once = if is_slow.load(Ordering::Relaxed) { 1 } else { len };
                    for part in bytes[..len].chunks(at_once) {
                        if to_client.write_all(part).await.is_err() {
                            return;
                        }
                        if at_once == 1 {
                            sleep(Duration::from_secs(1)).await;
                        }
                    }
                }
            });
        }
    });
    address
}
