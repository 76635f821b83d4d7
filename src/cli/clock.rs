//! The one place that reads the wall clock.

use std::sync::Arc;

use jiff::Timestamp;

/// The time now.
#[expect(clippy::disallowed_methods, reason = "this is the adapter that owns the clock")]
pub(super) fn now() -> Timestamp {
    Timestamp::now()
}

/// The clock as adapters take it.
pub(super) fn clock() -> Arc<dyn Fn() -> Timestamp + Send + Sync> {
    Arc::new(now)
}
