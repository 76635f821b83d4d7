//! Pauses of what fails by itself.

use std::time::Duration;

use samesign::controller::Pauses;

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
    pauses.retain(|_| false);
    pauses.failed("ada", now, lengths);
    assert!(!pauses.at(now + s(30)).contains("ada"));
}
