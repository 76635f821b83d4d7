//! The windows that keep us below the service's limits.

use std::time::Duration;

use proptest::prelude::*;
use samesign::target::graph::{Connection, Limit, Limits, Window, Writer};
use samesign::target::{Done, Step};
use serde_json::json;

use super::script::{Say, Tenant, id, token};

const WRITES: Limit = Limit { units: 3000, window: Duration::from_secs(150) };

/// Takes one unit as often as allowed for so long; the times at which it got one, in milliseconds.
fn taken(window: &mut Window, until: Duration) -> Vec<u128> {
    let mut now = Duration::ZERO;
    let mut taken = Vec::new();
    while now < until {
        match window.take(1, now) {
            Ok(()) => taken.push(now.as_millis()),
            Err(wait) => now += wait,
        }
    }
    taken
}

#[test]
fn at_least_95_percent_of_the_limit_are_used_and_never_more_than_all() {
    let mut window = Window::new(WRITES, Limits::default().fraction);
    let hour = taken(&mut window, Duration::from_hours(1));
    let allowed = 3000 * 24;
    assert!(allowed * 95 / 100 <= hour.len() && hour.len() <= allowed, "{}", hour.len());
    for (at, first) in hour.iter().enumerate() {
        let in_window = hour[at..].partition_point(|it| *it < first + 150_000);
        assert!(in_window <= 3000, "{in_window} from {first} ms");
    }
}

#[test]
fn a_window_that_is_held_gives_nothing_until_then() {
    let mut window = Window::new(WRITES, 1.0);
    window.hold(Duration::from_secs(7));
    assert_eq!(window.take(1, Duration::from_secs(2)), Err(Duration::from_secs(5)));
    assert_eq!(window.take(0, Duration::from_secs(2)), Ok(()));
    assert_eq!(window.take(1, Duration::from_secs(7)), Ok(()));
}

proptest! {
    #[test]
    fn any_schedule_stays_within_the_limit(
        units in 1u32..40,
        window_ms in 1u64..5_000,
        asks in prop::collection::vec((0u64..2_000, 1u32..30), 1..200),
    ) {
        let limit = Limit { units, window: Duration::from_millis(window_ms.max(200)) };
        let mut window = Window::new(limit, 1.0);
        let mut now = Duration::ZERO;
        let mut taken: Vec<(Duration, u32)> = Vec::new();
        for (pause_ms, ask) in asks {
            now += Duration::from_millis(pause_ms);
            let mut tries = 0;
            while let Err(wait) = window.take(ask, now) {
                prop_assert!(!wait.is_zero());
                now += wait;
                tries += 1;
                prop_assert!(tries < 1_000);
            }
            taken.push((now, ask));
            let recent: Vec<u32> =
                taken.iter().filter(|(at, _)| now.saturating_sub(*at) < limit.window).map(|(_, it)| *it).collect();
            let sum: u32 = recent.iter().sum();
            prop_assert!(sum <= units || recent.len() == 1, "{sum} of {units}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_connection_paces_its_writes() {
    let tenant =
        Tenant::start(
            |asked| if asked.path.ends_with("/token") { token() } else { Say::Json(204, json!(null)) },
        )
        .await;
    let mut settings = tenant.settings();
    settings.limits.writes = Limit { units: 100, window: Duration::from_secs(50) };
    settings.limits.fraction = 1.0;
    let writer = Writer::new(&Connection::open(settings).unwrap());
    let steps: Vec<Step> = (1..=400).map(|at| Step::DeleteUser { id: id(at) }).collect();
    let began = tokio::time::Instant::now();
    let outcomes = writer.carry_out(&steps).await;
    assert!(outcomes.iter().all(|it| matches!(it, Ok(Done::Applied(_)))));
    let seconds = began.elapsed().as_secs();
    assert!((150..155).contains(&seconds), "{seconds}");
}

#[tokio::test(start_paused = true)]
async fn a_service_that_says_it_is_near_its_limit_gets_a_pause() {
    let load = |percentage: &str| vec![("x-ms-throttle-limit-percentage", percentage.to_owned())];
    for (percentage, pause_ms) in
        [("0.9", 0..100), ("1.2", 1_900..2_100), ("NaN", 0..100), ("999", 9_900..10_100)]
    {
        let headers = load(percentage);
        let tenant = Tenant::start(move |asked| {
            if asked.path.ends_with("/token") { token() } else { Say::With(200, headers.clone(), json!({})) }
        })
        .await;
        let writer = tenant.writer();
        let began = tokio::time::Instant::now();
        for at in 1..=2 {
            writer.carry_out(&[Step::DeleteUser { id: id(at) }]).await.remove(0).unwrap();
        }
        let waited = began.elapsed().as_millis();
        assert!(pause_ms.contains(&waited), "{percentage}: {waited} ms");
    }
}
