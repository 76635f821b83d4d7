//! Domain controllers that take connections and say nothing, or too little, at each step of a reading: how long it takes
//! until that is an error. Time is tokio's and stands still.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use samesign::source::ldap::Settings;
use samesign::source::{BrokenReading, Disposition};
use tokio::time::Instant;

use super::ldap::{chain, read};
use super::scripted::{Asked, What, entry, serve};
use crate::stalling::{STALLS, host, slow_line};

/// Whether a server has come to where it stalls.
type Stalled = Arc<AtomicBool>;

/// While the clock stands still it jumps whenever nothing is to be done but to wait, also for bytes that are under way:
/// it goes slowly until the server stalls.
async fn go_slowly(stalled: Stalled) {
    while !stalled.load(Ordering::Relaxed) {
        tokio::time::advance(Duration::from_micros(1)).await;
    }
}

/// How many objects were read before the reading broke off, after one time limit.
async fn check(settings: Settings, stalled: &Stalled, doing: &str) -> usize {
    tokio::spawn(go_slowly(Arc::clone(stalled)));
    let began = Instant::now();
    let BrokenReading { so_far, cause } = read(settings).await.expect_err("it never ends");
    let took = began.elapsed().as_secs();
    assert!((30..32).contains(&took), "{took} seconds");
    let words = chain(&cause);
    assert!(words.contains(&format!(" did not answer in 30 s while {doing}")), "{words}");
    assert_eq!(cause.disposition(), Disposition::Retry);
    so_far.len()
}

/// A server that is ordinary up to the request that `stall` answers.
async fn stalling(stall: fn(&Asked) -> Option<Vec<u8>>) -> (Settings, Stalled) {
    let stalled = Stalled::default();
    let stalls = Arc::clone(&stalled);
    let script = move |asked: &Asked| {
        let answer = stall(asked);
        stalls.fetch_or(answer.is_some(), Ordering::Relaxed);
        answer
    };
    (serve(false, Arc::new(script)).await, stalled)
}

fn at(settings: Settings, address: SocketAddr) -> Settings {
    let mut settings = settings;
    settings.servers[0].port = Some(address.port());
    settings
}

/// Somebody, and not the end of the page.
fn part_of_page(asked: &Asked) -> Option<Vec<u8>> {
    let values = [("objectClass", vec!["user"]), ("objectGUID", vec!["0123456789abcdef"])];
    matches!(asked.what, What::Search { cookie: Some(_), .. })
        .then(|| entry(asked.id, "CN=somebody,DC=x", &values))
}

#[tokio::test(start_paused = true)]
async fn a_server_that_falls_silent_at_any_step_is_given_up_after_one_time_limit() {
    let silence = host(STALLS[0], false).await;
    for start_tls in [true, false] {
        let settings = at(serve(start_tls, Arc::new(|_: &Asked| None)).await, silence);
        assert_eq!(check(settings, &Arc::new(true.into()), "starting TLS").await, 0);
    }
    let bind = |asked: &Asked| matches!(asked.what, What::Bind).then(Vec::new);
    let search = |asked: &Asked| matches!(asked.what, What::Search { .. }).then(Vec::new);
    let steps = [
        (bind as fn(&Asked) -> Option<Vec<u8>>, "binding"),
        (search, "searching"),
        (part_of_page, "searching"),
    ];
    for (stall, doing) in steps {
        let (settings, stalled) = stalling(stall).await;
        // Of a page that has not come whole nothing is used.
        assert_eq!(check(settings, &stalled, doing).await, 0);
    }
}

#[tokio::test(start_paused = true)]
async fn a_server_that_sends_a_byte_each_second_is_given_up_like_a_silent_one() {
    for (doing, slow_at) in [
        ("starting TLS", (|_| true) as fn(&Asked) -> bool),
        ("binding", |it| matches!(it.what, What::Bind)),
        ("searching", |it| matches!(it.what, What::Search { cookie: Some(_), .. })),
    ] {
        let is_slow = Arc::new(AtomicBool::new(doing == "starting TLS"));
        let slows = Arc::clone(&is_slow);
        let script = move |asked: &Asked| {
            slows.fetch_or(slow_at(asked), Ordering::Relaxed);
            None
        };
        let settings = serve(false, Arc::new(script)).await;
        let server = SocketAddr::from(([127, 0, 0, 1], settings.servers[0].port.unwrap()));
        let line = slow_line(server, Arc::clone(&is_slow)).await;
        assert_eq!(check(at(settings, line), &is_slow, doing).await, 0);
    }
}
