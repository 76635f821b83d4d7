//! What the running controller takes from outside: the time, chance, and the way to its tenants.

use std::sync::Arc;

use jiff::Timestamp;

use crate::target::{Chance, Clock, Courier};

use super::clock;

/// The world in which a controller runs.
#[derive(Clone)]
pub struct Outside {
    /// Tells the time.
    pub clock: Clock,
    /// What waits and ids of requests are drawn from.
    pub chance: Chance,
    /// Takes requests to the tenants; without one, they go over the network.
    pub courier: Option<Arc<dyn Courier>>,
}

impl Outside {
    /// The world as it is.
    pub(super) fn real() -> Self {
        Self { clock: clock::clock(), chance: Arc::new(rand::random), courier: None }
    }

    /// The time now.
    pub(super) fn now(&self) -> Timestamp {
        (self.clock)()
    }
}
