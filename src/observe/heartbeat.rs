//! Signs of life for a monitor elsewhere, which tells somebody when they stay away: also if this machine is off.
//!
//! Whether all goes well is asked before each. One that does not arrive is not sent again: the next one follows.

use std::error::Error;
use std::time::Duration;

use tokio::task::JoinHandle;
use tokio::time::{MissedTickBehavior, interval};

use super::webhook::Webhook;

/// An address that gets signs of life.
pub struct Heartbeat {
    /// Name of the manifest.
    pub name: String,
    /// Where.
    pub address: Webhook,
    /// How often.
    pub every: Duration,
}

/// A heart that beats until this is dropped.
#[derive(Debug)]
pub struct Pulse(JoinHandle<()>);

impl Heartbeat {
    /// Beats for as long as all is well.
    pub fn begin(self, is_well: impl Fn() -> bool + Send + 'static) -> Pulse {
        Pulse(tokio::spawn(async move {
            let mut ticks = interval(self.every);
            ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
            let mut arrived = true;
            loop {
                ticks.tick().await;
                if is_well() {
                    arrived = self.beat(arrived).await;
                }
            }
        }))
    }

    /// One sign of life. What goes wrong is logged once, until one arrives again; whether this one did.
    pub async fn beat(&self, arrived_before: bool) -> bool {
        let notifier = &self.name;
        match self.address.knock().await {
            Ok(()) => {
                if !arrived_before {
                    tracing::info!(notifier, "signs of life arrive again");
                }
                true
            }
            Err(error) => {
                let error = &error as &dyn Error;
                if arrived_before {
                    tracing::warn!(notifier, error, "a sign of life did not arrive");
                } else {
                    tracing::debug!(notifier, error, "a sign of life still does not arrive");
                }
                false
            }
        }
    }
}

impl Drop for Pulse {
    fn drop(&mut self) {
        self.0.abort();
    }
}
