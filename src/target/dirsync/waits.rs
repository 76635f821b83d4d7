//! When to try again: the service publishes no limits, so waits begin long and double
//! (password-sync reference, 3.10).
//!
//! It does not wait, and is given its randomness.

use std::time::Duration;

use crate::target::access::Patience;

/// Shortest wait, whatever the service asks for.
const WAIT_MIN: Duration = Duration::from_millis(100);

/// Counts tries and gives the wait before the next.
#[derive(Debug)]
pub(super) struct Waits {
    patience: Patience,
    tries: u32,
    waited: Duration,
}

impl Waits {
    pub(super) const fn new(patience: Patience) -> Self {
        Self { patience, tries: 1, waited: Duration::ZERO }
    }

    /// Tries so far that were not answered for good, the one under way included.
    pub(super) const fn tries(&self) -> u32 {
        self.tries
    }

    /// The wait before the next try; `None` when patience is at its end. `random` is from 0 to 1: clients that
    /// were refused together do not come back together.
    pub(super) fn next(&mut self, asked: Option<Duration>, random: f64) -> Option<Duration> {
        let Patience { attempts, backoff, backoff_max, retry_after_max } = self.patience;
        if attempts <= self.tries {
            return None;
        }
        let doubled = backoff.saturating_mul(1 << (self.tries - 1).min(16)).min(backoff_max);
        self.tries += 1;
        let Some(asked) = asked else { return Some(doubled + doubled.mul_f64(random.clamp(0.0, 1.0) / 2.0)) };
        let wait = asked.max(WAIT_MIN);
        self.waited = self.waited.saturating_add(wait);
        (self.waited <= retry_after_max).then_some(wait)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_from_thirty_seconds_and_end() {
        let patience = Patience {
            attempts: 5,
            backoff: Duration::from_secs(30),
            backoff_max: Duration::from_secs(100),
            retry_after_max: Duration::from_mins(1),
        };
        let mut waits = Waits::new(patience);
        let seconds: Vec<u64> = std::iter::from_fn(|| waits.next(None, 0.5)).map(|it| it.as_secs()).collect();
        assert_eq!(seconds, [37, 75, 125, 125]);
        assert_eq!(waits.tries(), 5);
        let mut waits = Waits::new(patience);
        assert_eq!(waits.next(Some(Duration::ZERO), 1.0), Some(WAIT_MIN));
        assert_eq!(waits.next(Some(Duration::from_secs(50)), 1.0), Some(Duration::from_secs(50)));
        assert_eq!(waits.next(Some(Duration::from_secs(50)), 1.0), None);
        assert_eq!(Waits::new(patience).next(Some(Duration::MAX), 1.0), None);
    }
}
