//! A service that is far away: passes bytes on after half a round trip, in either direction.
//!
//! It knows nothing of what passes. Connections are made at once, as those that are kept open are.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::time::Instant;

const PIECE_BYTES: usize = 64 << 10;

/// Stands before a server until the runtime ends; gives where.
pub(super) async fn stand_before(server: SocketAddr, round_trip: Duration) -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a port");
    let address = listener.local_addr().expect("it listens");
    tokio::spawn(async move {
        while let Ok((near, _)) = listener.accept().await {
            let Ok(far) = TcpStream::connect(server).await else { return };
            for side in [&near, &far] {
                side.set_nodelay(true).expect("a connection");
            }
            let ((from_near, to_near), (from_far, to_far)) = (near.into_split(), far.into_split());
            pass(from_near, to_far, round_trip / 2);
            pass(from_far, to_near, round_trip / 2);
        }
    });
    address
}

/// Each piece arrives so much later than it came; the next may come meanwhile.
fn pass(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, delay: Duration) {
    let (sender, mut on_the_way) = mpsc::unbounded_channel::<(Instant, Vec<u8>)>();
    tokio::spawn(async move {
        let mut piece = vec![0; PIECE_BYTES];
        while let Ok(length @ 1..) = from.read(&mut piece).await {
            if sender.send((Instant::now() + delay, piece[..length].to_vec())).is_err() {
                return;
            }
        }
    });
    tokio::spawn(async move {
        while let Some((arrives, piece)) = on_the_way.recv().await {
            tokio::time::sleep_until(arrives).await;
            if to.write_all(&piece).await.is_err() {
                return;
            }
        }
    });
}
