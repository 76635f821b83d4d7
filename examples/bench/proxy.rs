//! A service that is far away: passes bytes on after half a round trip, in either direction.
//!
//! It knows nothing of what passes. Connections are made at once, as those that are kept open are. It has threads of its
//! own: timers of the runtime count milliseconds, and end one late, which made a round trip of 50 ms one of 52.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

const PIECE_BYTES: usize = 64 << 10;

/// Stands before a server until the program ends; gives where.
pub(super) fn stand_before(server: SocketAddr, round_trip: Duration) -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    let address = listener.local_addr().expect("it listens");
    thread::spawn(move || {
        while let Ok((near, _)) = listener.accept() {
            let Ok(far) = TcpStream::connect(server) else { return };
            for side in [&near, &far] {
                side.set_nodelay(true).expect("a connection");
            }
            let again = |it: &TcpStream| it.try_clone().expect("a connection");
            pass(again(&near), again(&far), round_trip / 2);
            pass(far, near, round_trip / 2);
        }
    });
    address
}

/// Each piece arrives so much later than it came; the next may come meanwhile.
#[expect(clippy::disallowed_methods, reason = "the thread does nothing else, and its clock is the point")]
fn pass(mut from: TcpStream, mut to: TcpStream, delay: Duration) {
    let (sender, on_the_way) = mpsc::channel::<(Instant, Vec<u8>)>();
    thread::spawn(move || {
        let mut piece = vec![0; PIECE_BYTES];
        while let Ok(length @ 1..) = from.read(&mut piece) {
            if sender.send((Instant::now() + delay, piece[..length].to_vec())).is_err() {
                return;
            }
        }
    });
    thread::spawn(move || {
        for (arrives, piece) in on_the_way {
            thread::sleep(arrives.saturating_duration_since(Instant::now()));
            if to.write_all(&piece).is_err() {
                return;
            }
        }
        to.shutdown(Shutdown::Write).ok();
    });
}
