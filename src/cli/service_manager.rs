//! What the service manager is told: that the service is ready, that it lives, that it ends (sd_notify(3)).
//!
//! Without a service manager nobody is told anything.

use std::time::Duration;

use sd_notify::NotifyState;
use tokio::time::{Interval, MissedTickBehavior, interval};

/// Without a watchdog, the timer is only looked at this often.
const NEVER: Duration = Duration::from_hours(24);

/// The service manager that started this process, if one did.
#[derive(Debug)]
pub(super) struct ServiceManager {
    beat: Interval,
    has_watchdog: bool,
}

impl ServiceManager {
    /// Finds out what it wants.
    pub(super) fn find() -> Self {
        let limit = sd_notify::watchdog_enabled();
        // Twice within the limit: one sign of life may be late.
        let mut beat = interval(limit.map_or(NEVER, |it| it / 2).max(Duration::from_millis(1)));
        beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self { beat, has_watchdog: limit.is_some() }
    }

    /// The service works from now on.
    pub(super) fn ready(policies: usize) {
        tell(&[NotifyState::Ready, NotifyState::Status(&format!("{policies} policies"))]);
    }

    /// The service is about to end.
    pub(super) fn stopping() {
        tell(&[NotifyState::Stopping]);
    }

    /// Waits until a sign of life is due.
    pub(super) async fn tick(&mut self) {
        self.beat.tick().await;
    }

    /// Gives a sign of life.
    pub(super) fn alive(&self) {
        if self.has_watchdog {
            tell(&[NotifyState::Watchdog]);
        }
    }
}

fn tell(states: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        tracing::warn!(error = &error as &dyn std::error::Error, "the service manager cannot be told");
    }
}
