//! Hosts that take connections and say nothing, or too little: how long it takes until that is an error, and whom it
//! concerns. Time is tokio's and stands still.

use std::net::SocketAddr;
use std::time::Duration;

use futures_util::future::join_all;
use samesign::target::graph::{Connection, Patience, Reader, Timeouts, Writer};
use samesign::target::{Step, TargetError};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::time::{Instant, sleep};

use super::script::id;
use crate::stalling::{STALLS, host};

/// With the time limits of real life.
fn connection(address: SocketAddr) -> Connection {
    let mut settings = super::script::settings(&format!("http://{address}"));
    settings.patience = Patience::default();
    settings.timeouts = Timeouts::default();
    Connection::open(settings).unwrap()
}

/// Three time limits and what is waited between them; those that wait for a place among the requests under way, up to
/// five.
fn check_given_up(took: Duration, limits: u64, error: &TargetError, address: SocketAddr) {
    let took = took.as_secs();
    assert!((300..=limits * 100 + 4).contains(&took), "{took} seconds");
    assert!(error.to_string().contains(&address.to_string()), "{error}");
    let hint = error.hint().unwrap();
    assert!(hint.starts_with(&format!("{address} takes connections and does not answer")), "{hint}");
    assert!(error.concerns_everything());
}

#[tokio::test(start_paused = true)]
async fn a_host_that_never_ends_its_answer_is_given_up_after_three_time_limits() {
    for stall in STALLS {
        let address = host(stall, true).await;
        let began = Instant::now();
        let error = Reader::new(&connection(address)).identity().await.unwrap_err();
        assert!(matches!(error, TargetError::NoAnswer { .. }), "{error:?}");
        check_given_up(began.elapsed(), 3, &error, address);
    }
}

#[tokio::test(start_paused = true)]
async fn whoever_waits_for_a_token_of_a_silent_host_waits_once_and_not_one_after_the_other() {
    for stall in STALLS {
        let address = host(stall, false).await;
        let connection = connection(address);
        let began = Instant::now();
        let readers: Vec<Reader> = (0..8).map(|_| Reader::new(&connection)).collect();
        for read in join_all(readers.iter().map(Reader::identity)).await {
            let error = read.unwrap_err();
            assert!(matches!(error, TargetError::NoToken(_)) && !error.is_outcome_unknown(), "{error:?}");
            check_given_up(began.elapsed(), 3, &error, address);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_was_not_sent_to_a_silent_host_is_not_said_to_be_unknown_and_waits_for_nothing() {
    let address = host(STALLS[0], true).await;
    let steps: Vec<Step> = (1..=500).map(|at| Step::DeleteUser { id: id(at) }).collect();
    let began = Instant::now();
    let outcomes = Writer::new(&connection(address)).carry_out(&steps).await;
    let took = began.elapsed();
    let (sent, unsent): (Vec<TargetError>, Vec<TargetError>) =
        outcomes.into_iter().map(Result::unwrap_err).partition(TargetError::is_outcome_unknown);
    // Eight batches of twenty were under way.
    assert_eq!((sent.len(), unsent.len()), (160, 340));
    for error in [sent, unsent].iter().flatten() {
        check_given_up(took, 5, error, address);
    }
}

#[tokio::test(start_paused = true)]
async fn calls_that_overlap_share_the_places_and_are_given_up_as_soon() {
    let address = host(STALLS[0], true).await;
    let writer = Writer::new(&connection(address));
    let steps: Vec<Step> = (1..=240).map(|at| Step::DeleteUser { id: id(at) }).collect();
    let began = Instant::now();
    let outcomes = join_all(steps.chunks(60).map(|it| writer.carry_out(it))).await;
    for error in outcomes.into_iter().flatten().map(Result::unwrap_err) {
        check_given_up(began.elapsed(), 6, &error, address);
    }
}

#[tokio::test(start_paused = true)]
async fn a_large_page_over_a_slow_line_is_read() {
    const SECONDS: usize = 90;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            tokio::spawn(async move {
                let len = stream.read(&mut [0; 16 << 10]).await.unwrap();
                assert!(0 < len);
                let body = format!(
                    r#"{{"token_type":"Bearer","expires_in":3599,"access_token":"token-1","value":[{{"id":"t-1"}}]{}}}"#,
                    " ".repeat(1 << 20)
                );
                let head =
                    format!("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {}\r\n\r\n", body.len());
                stream.write_all(head.as_bytes()).await.unwrap();
                for part in body.as_bytes().chunks(body.len().div_ceil(SECONDS)) {
                    stream.write_all(part).await.unwrap();
                    sleep(Duration::from_secs(1)).await;
                }
            });
        }
    });
    let began = Instant::now();
    assert_eq!(Reader::new(&connection(address)).identity().await.unwrap().tenant_id, "t-1");
    assert!((170..=185).contains(&began.elapsed().as_secs()), "the token and the page came slowly");
}
