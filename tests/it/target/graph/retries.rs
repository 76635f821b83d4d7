//! Trying again: when, how often, and what is never repeated. Time is tokio's and stands still.

use std::time::Duration;

use expect_test::{Expect, expect};
use samesign::target::graph::{Connection, Extent, Reader, Writer};
use samesign::target::{Disposition, Done, Step};
use serde_json::json;
use tokio::time::Instant;

use super::script::{Asked, Say, Tenant, id};

fn organization() -> Say {
    Say::Json(200, json!({ "value": [{ "id": "t-1" }] }))
}

/// Answers `/organization` with these one after the other, then well.
fn first(says: Vec<Say>) -> impl FnMut(&Asked) -> Say + Send + 'static {
    let mut says = says.into_iter();
    move |asked| {
        if asked.path.ends_with("/token") {
            return super::script::token();
        }
        says.next().unwrap_or_else(organization)
    }
}

fn throttled(retry_after: &str) -> Say {
    let body = json!({ "error": { "code": "TooManyRequests", "message": "Too many requests" } });
    Say::With(429, vec![("retry-after", retry_after.to_owned())], body)
}

async fn waited_ms(says: Vec<Say>) -> u128 {
    let tenant = Tenant::start(first(says)).await;
    let reader = tenant.reader();
    let began = Instant::now();
    reader.identity().await.unwrap();
    began.elapsed().as_millis()
}

#[tokio::test(start_paused = true)]
async fn retry_after_is_obeyed_in_each_of_its_forms() {
    assert_eq!(waited_ms(vec![throttled("17")]).await / 1000, 17);
    let fraction = waited_ms(vec![throttled("2.128")]).await;
    assert!((2128..2200).contains(&fraction), "{fraction}");
    // A date is one of the service's clock, wherever ours stands: in the tests, in November 2026.
    for year in [2026, 2019, 2040] {
        let at = |time: &str| format!("Sun, 22 Nov {year} {time} GMT");
        let dated = |until: &str| {
            let Say::With(status, mut headers, body) = throttled(&at(until)) else { unreachable!() };
            headers.push(("date", at("09:00:00")));
            Say::With(status, headers, body)
        };
        assert_eq!(waited_ms(vec![dated("09:00:42")]).await / 1000, 42);
        assert_eq!(waited_ms(vec![dated("08:00:42")]).await / 1000, 0);
    }
}

#[tokio::test(start_paused = true)]
async fn without_retry_after_the_wait_is_random_and_bounded() {
    for status in [408, 500, 502, 503, 504] {
        let failed = || Say::error(status, "InternalServerError", "try later");
        let waited = waited_ms(vec![failed(), failed(), failed()]).await;
        assert!(waited <= 7_100, "1 + 2 + 4 seconds at most, was {waited} ms");
    }
    assert!(waited_ms(vec![Say::Nothing, Say::Nothing]).await <= 3_100);
}

async fn check_given_up(say: Say, asks: usize, expected: Expect) {
    let tenant = Tenant::start(first(vec![say; 100])).await;
    let error = tenant.reader().identity().await.unwrap_err();
    let port = tenant.address.port().to_string();
    expected.assert_eq(&format!("{error}\n{:?}", error.disposition()).replace(&port, "PORT"));
    assert_eq!(tenant.asked().len(), asks);
}

#[tokio::test(start_paused = true)]
async fn patience_ends() {
    check_given_up(
        throttled("5"),
        24,
        expect![[r#"
        GET /organization was answered with 429 TooManyRequests: Too many requests (request-id req-1)
        Retry { after_ms: 5000 }"#]],
    )
    .await;
    check_given_up(
        throttled("100000"),
        1,
        expect![[r#"
        GET /organization was answered with 429 TooManyRequests: Too many requests (request-id req-1)
        Retry { after_ms: 100000000 }"#]],
    )
    .await;
    check_given_up(
        throttled("-5"),
        4,
        expect![[r#"
        GET /organization was answered with 429 TooManyRequests: Too many requests (request-id req-1)
        Retry { after_ms: 60000 }"#]],
    )
    .await;
    check_given_up(
        Say::Nothing,
        4,
        expect![[r#"
        no answer to GET /organization from 127.0.0.1:PORT; whether it was carried out is not known
        Retry { after_ms: 30000 }"#]],
    )
    .await;
    check_given_up(
        Say::error(501, "NotImplemented", "never"),
        1,
        expect![[r#"
        GET /organization was answered with 501 NotImplemented: never (request-id req-1)
        Fatal"#]],
    )
    .await;
    check_given_up(
        Say::error(410, "Gone", "resync"),
        1,
        expect![[r#"
        GET /organization was answered with 410 Gone: resync (request-id req-1)
        Stale"#]],
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_host_that_is_not_there_is_an_error_that_names_it() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let connection = Connection::open(super::script::settings(&format!("http://{address}"))).unwrap();
    let error = Reader::new(&connection).observe(Extent::OwnGroups, &()).await.unwrap_err();
    assert_eq!(error.to_string(), format!("cannot connect to {address}"));
    assert!(error.hint().unwrap().contains("HTTPS_PROXY"));
    assert!(matches!(error.disposition(), Disposition::Retry { .. }));
    let steps: Vec<Step> = (1..=500).map(|at| Step::DeleteUser { id: id(at) }).collect();
    let outcomes = Writer::new(&connection).carry_out(&steps).await;
    assert!(outcomes.iter().all(Result::is_err) && outcomes.len() == 500);
}

#[tokio::test(start_paused = true)]
async fn items_of_a_batch_wait_each_for_itself() {
    let mut times = 0;
    let tenant = Tenant::start(move |asked| match asked.path.as_str() {
        path if path.ends_with(&id(1).to_string()) => {
            times += 1;
            if times <= 2 { throttled("9") } else { Say::Json(204, json!(null)) }
        }
        path if path.ends_with(&id(2).to_string()) => Say::error(400, "Request_BadRequest", "bad value"),
        path if path.ends_with("/token") => super::script::token(),
        _ => Say::Json(204, json!(null)),
    })
    .await;
    let began = Instant::now();
    let steps: Vec<Step> = (1..=45).map(|at| Step::DeleteUser { id: id(at) }).collect();
    let outcomes = tenant.writer().carry_out(&steps).await;
    assert_eq!(outcomes[0].as_ref().unwrap(), &Done::Applied(id(1)));
    assert!(outcomes[1].as_ref().unwrap_err().to_string().contains("bad value"));
    for (at, outcome) in (3..).zip(&outcomes[2..]) {
        assert_eq!(outcome.as_ref().unwrap(), &Done::Applied(id(at)));
    }
    assert_eq!(began.elapsed().as_secs(), 18);
    assert_eq!(tenant.asked().len(), 47);
}

#[tokio::test(start_paused = true)]
async fn a_batch_that_fails_as_a_whole_is_repeated_as_a_whole() {
    let mut breaks = 1;
    let tenant = Tenant::start(move |asked| {
        if asked.path.ends_with("/token") {
            return super::script::token();
        }
        if asked.path.ends_with(&id(7).to_string()) && 0 < breaks {
            breaks -= 1;
            return Say::Nothing;
        }
        Say::error(404, "Request_ResourceNotFound", "gone")
    })
    .await;
    let steps: Vec<Step> = (1..=10).map(|at| Step::DeleteUser { id: id(at) }).collect();
    let outcomes = tenant.writer().carry_out(&steps).await;
    for (at, outcome) in (1..).zip(outcomes) {
        assert_eq!(outcome.unwrap(), Done::AlreadySo(id(at)));
    }
}

#[tokio::test(start_paused = true)]
async fn a_throttled_write_holds_the_other_writes_back() {
    let mut times = 0;
    let tenant = Tenant::start(move |asked| {
        if asked.path.ends_with("/token") {
            return super::script::token();
        }
        times += 1;
        if times == 1 { throttled("50") } else { Say::Json(204, json!(null)) }
    })
    .await;
    let writer = tenant.writer();
    let (one, two) = ([Step::DeleteUser { id: id(1) }], [Step::DeleteUser { id: id(2) }]);
    let began = Instant::now();
    let second = async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        let outcome = writer.carry_out(&two).await;
        assert!(50 <= began.elapsed().as_secs());
        outcome
    };
    let (one, two) = tokio::join!(writer.carry_out(&one), second);
    assert!(one[0].is_ok() && two[0].is_ok());
}
