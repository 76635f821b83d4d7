//! When to try again (graph-tenant reference, 6.2 and 13).
//!
//! It does not know requests, only how often and how long was waited.

use std::sync::Arc;
use std::time::Duration;

use uuid::Uuid;

use super::access::{Chance, Clock, Patience};
use super::http::AnswerHeaders;

/// A wait that the service asks for costs a sixth of a try: it has done nothing yet and says when it will,
/// and many of our requests may stand in the same line.
const OBEDIENCE: u32 = 6;
/// Who lets the time limit pass so often in a row is waited for no longer: the whole policy waits meanwhile.
pub(super) const SILENT_TRIES_MAX: u32 = 3;
/// A host that cannot be reached is given up sooner than one that is busy.
pub(super) const CONNECT_TRIES_MAX: u32 = 4;
/// Shortest wait before the next try, whatever the service asks for.
const WAIT_MIN: Duration = Duration::from_millis(100);

/// Counts tries and gives the wait before the next.
pub(super) struct Backoff {
    patience: Patience,
    chance: Chance,
    tries: u32,
    failures: u32,
    obeyed: Duration,
}

impl Backoff {
    pub(super) fn new(patience: Patience, chance: &Chance) -> Self {
        Self { patience, chance: Arc::clone(chance), tries: 1, failures: 1, obeyed: Duration::ZERO }
    }

    /// Tries so far, the one under way included.
    pub(super) const fn tries(&self) -> u32 {
        self.tries
    }

    /// The wait before the next try; `None` when patience is at its end.
    ///
    /// What the service asks for is obeyed; else the wait is random between nothing and a bound that
    /// doubles, so that many clients do not come back at once ("full jitter").
    pub(super) fn next(&mut self, asked: Option<Duration>) -> Option<Duration> {
        let Patience { attempts, backoff, backoff_max, retry_after_max } = self.patience;
        if attempts <= self.failures || attempts.saturating_mul(OBEDIENCE) <= self.tries {
            return None;
        }
        self.tries += 1;
        if let Some(asked) = asked {
            self.obeyed += asked.max(WAIT_MIN).min(retry_after_max);
            return (asked <= retry_after_max && self.obeyed <= retry_after_max)
                .then_some(asked.max(WAIT_MIN));
        }
        let doubled = backoff.saturating_mul(1 << (self.failures - 1).min(16));
        self.failures += 1;
        Some(doubled.min(backoff_max).mul_f64(fraction(&self.chance)))
    }
}

/// A number from 0 to 1.
#[expect(clippy::cast_possible_truncation, reason = "half of the bits are enough")]
pub(super) fn fraction(chance: &Chance) -> f64 {
    f64::from(chance() as u32) / f64::from(u32::MAX)
}

/// An id by which a request is found in the service's logs.
pub(super) fn request_id(chance: &Chance) -> Uuid {
    let bytes = (u128::from(chance()) << 64 | u128::from(chance())).to_be_bytes();
    uuid::Builder::from_random_bytes(bytes).into_uuid()
}

/// `Retry-After`: seconds, whole or not, or a date (RFC 9110, 10.2.3), which means the service's own clock: ours may have
/// been moved.
pub(super) fn retry_after(headers: &AnswerHeaders, clock: &Clock) -> Option<Duration> {
    let text = headers.retry_after.as_deref()?.trim();
    if let Ok(seconds) = text.parse::<f64>() {
        return Duration::try_from_secs_f64(seconds).ok();
    }
    let date = http_date(text)?;
    let now = headers.date.as_deref().and_then(http_date).unwrap_or_else(|| clock());
    let wait = date.as_second().saturating_sub(now.as_second());
    Some(Duration::from_secs(u64::try_from(wait).unwrap_or(0)))
}

/// `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110, 5.6.7; the two obsolete forms are not read).
pub(super) fn http_date(text: &str) -> Option<jiff::Timestamp> {
    let rest = text.split_once(", ")?.1.strip_suffix(" GMT")?;
    let civil = jiff::civil::DateTime::strptime("%d %b %Y %H:%M:%S", rest).ok()?;
    civil.to_zoned(jiff::tz::TimeZone::UTC).ok().map(|it| it.timestamp())
}
