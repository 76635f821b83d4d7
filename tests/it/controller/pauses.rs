//! Pauses of what fails by itself.

use std::time::Duration;

use samesign::controller::{Pause, Pauses};

const fn s(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

#[test]
fn pauses_double_up_to_the_longest_and_end_with_what_is_paused() {
    let mut pauses = Pauses::default();
    let lengths = (s(30), s(100));
    let mut until = Vec::new();
    let mut now = s(0);
    for _ in 0..4 {
        pauses.failed("ada", now, lengths);
        while pauses.at(now).contains("ada") {
            now += s(10);
        }
        until.push(now.as_secs());
    }
    assert_eq!(until, [30, 90, 190, 290]);
    pauses.failed("bob", now, lengths);
    assert_eq!(pauses.at(now).len(), 1);
    pauses.retain(|it| *it == "ada");
    assert!(pauses.at(now).is_empty());
    // Whoever went well and fails again begins anew.
    pauses.succeeded(&"ada");
    assert!(pauses.is_empty());
    pauses.failed("ada", now, lengths);
    assert!(!pauses.at(now + s(30)).contains("ada"));
}

#[test]
fn a_pause_of_another_process_goes_on() {
    let mut before = Pauses::default();
    for _ in 0..2 {
        before.failed("ada", s(0), (s(30), s(100)));
    }
    let pause = *before.iter().next().unwrap().1;
    assert_eq!(pause, Pause { failures: 2, length: s(60), until: s(60) });
    let mut pauses = Pauses::default();
    pauses.resume("ada", Pause { until: s(10), ..pause });
    assert!(pauses.at(s(9)).contains("ada") && pauses.at(s(10)).is_empty());
    pauses.failed("ada", s(10), (s(30), s(100)));
    assert!(pauses.at(s(109)).contains("ada"), "it was already long");
    assert_eq!(pauses.iter().next().unwrap().1.failures, 3);
}
