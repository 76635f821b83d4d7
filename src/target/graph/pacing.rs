//! Staying below the service's limits: writes and resource units (graph-tenant reference, 6.2).
//!
//! It does not know what a request does, only what it costs.
//!
//! The service documents token buckets but not how they are filled. A window that never holds more than
//! the limit is right for a bucket, a fixed window and a sliding window alike, and lets a small run go at once.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::settings::{Limit, Limits};

/// What a request costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Cost {
    /// Resource units.
    pub resource_units: u32,
    /// Writes.
    pub writes: u32,
}

impl Cost {
    /// Any write: one unit of each.
    pub const WRITE: Self = Self { resource_units: 1, writes: 1 };

    /// A read of so many resource units.
    pub const fn read(resource_units: u32) -> Self {
        Self { resource_units, writes: 0 }
    }
}

/// At most so many units in any window of a given length. Time is counted from any fixed point.
#[derive(Debug)]
pub struct Window {
    units_max: u64,
    length: Duration,
    /// Units by the slot in which they were taken, oldest first.
    slots: VecDeque<(u64, u64)>,
    held_until: Duration,
}

/// Slots to a window: finer slots waste less of the limit and remember more.
const SLOTS: u32 = 200;

impl Window {
    /// Uses `fraction` of the limit.
    pub fn new(limit: Limit, fraction: f64) -> Self {
        let mut window = Self {
            units_max: 1,
            length: limit.window.max(Duration::from_millis(u64::from(SLOTS))),
            slots: VecDeque::new(),
            held_until: Duration::ZERO,
        };
        window.resize(limit, fraction);
        window
    }

    /// Another limit from now on; what was taken stays counted.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the product of a u32 and a number from 0 to 1"
    )]
    pub fn resize(&mut self, limit: Limit, fraction: f64) {
        self.units_max = ((f64::from(limit.units) * fraction.clamp(0.01, 1.0)) as u64).max(1);
        self.length = limit.window.max(Duration::from_millis(u64::from(SLOTS)));
    }

    /// Takes the units, or says how long to wait before asking again.
    pub fn take(&mut self, units: u32, now: Duration) -> Result<(), Duration> {
        let wait = self.wait(units, now);
        if wait.is_zero() {
            self.spend(units, now);
            return Ok(());
        }
        Err(wait)
    }

    /// How long until the units may be spent; zero means now.
    ///
    /// A request that costs more than the whole window goes when the window is empty.
    fn wait(&mut self, units: u32, now: Duration) -> Duration {
        if units == 0 {
            return Duration::ZERO;
        }
        if now < self.held_until {
            return self.held_until.saturating_sub(now);
        }
        let slot = self.slot_of(now);
        while self.slots.front().is_some_and(|(it, _)| it + u64::from(SLOTS) < slot) {
            self.slots.pop_front();
        }
        let taken: u64 = self.slots.iter().map(|(_, units)| units).sum();
        if taken == 0 || taken + u64::from(units) <= self.units_max {
            return Duration::ZERO;
        }
        self.wait_for(taken + u64::from(units) - self.units_max, now)
    }

    fn spend(&mut self, units: u32, now: Duration) {
        if units == 0 {
            return;
        }
        let slot = self.slot_of(now);
        match self.slots.back_mut() {
            Some((last, sum)) if *last == slot => *sum += u64::from(units),
            Some(_) | None => self.slots.push_back((slot, u64::from(units))),
        }
    }

    /// Nothing more until then: the service said so.
    pub fn hold(&mut self, until: Duration) {
        self.held_until = self.held_until.max(until);
    }

    fn slot_length(&self) -> Duration {
        self.length / SLOTS
    }

    fn slot_of(&self, now: Duration) -> u64 {
        u64::try_from(now.as_nanos() / self.slot_length().as_nanos().max(1)).unwrap_or(u64::MAX)
    }

    /// Until enough of the oldest units have left the window.
    fn wait_for(&self, mut units: u64, now: Duration) -> Duration {
        for (slot, sum) in &self.slots {
            units = units.saturating_sub(*sum);
            if units == 0 {
                let slot_ns = u64::try_from(self.slot_length().as_nanos()).unwrap_or(u64::MAX);
                let leaves = Duration::from_nanos(slot_ns.saturating_mul(slot + u64::from(SLOTS) + 1));
                return leaves.saturating_sub(now).max(Duration::from_millis(1));
            }
        }
        self.length
    }
}

/// The two windows of a connection, shared by all its requests.
#[derive(Debug)]
pub(super) struct Pacing {
    began: Instant,
    limits: Limits,
    windows: Mutex<(Window, Window)>,
}

impl Pacing {
    pub(super) fn new(limits: Limits) -> Self {
        let units = limits.resource_units.unwrap_or_else(|| by_tenant_size(0));
        let windows = (Window::new(units, limits.fraction), Window::new(limits.writes, limits.fraction));
        Self { began: Instant::now(), limits, windows: Mutex::new(windows) }
    }

    /// Waits until the cost may be spent, and spends it.
    pub(super) async fn take(&self, cost: Cost) {
        loop {
            let now = self.began.elapsed();
            let wait = {
                let mut windows = self.windows();
                let (units, writes) = &mut *windows;
                let wait = units.wait(cost.resource_units, now).max(writes.wait(cost.writes, now));
                if wait.is_zero() {
                    units.spend(cost.resource_units, now);
                    writes.spend(cost.writes, now);
                    return;
                }
                wait
            };
            tokio::time::sleep(wait).await;
        }
    }

    /// The service throttled a request of this cost: nothing alike for so long.
    pub(super) fn throttled(&self, cost: Cost, retry_after: Duration) {
        let until = self.began.elapsed() + retry_after;
        let mut windows = self.windows();
        if 0 < cost.writes {
            windows.1.hold(until);
        } else {
            windows.0.hold(until);
        }
    }

    /// The service says how near to its limit we are: 1.0 is where it begins to refuse, 1.2 refuses 20 %.
    pub(super) fn load_reported(&self, cost: Cost, load: f64) {
        if load.is_finite() && 1.0 <= load {
            self.throttled(cost, Duration::from_secs_f64((load - 1.0).clamp(0.05, 1.0) * 10.0));
        }
    }

    /// The tenant's size decides its resource units.
    pub(super) fn users_counted(&self, users: usize) {
        if self.limits.resource_units.is_none() {
            self.windows().0.resize(by_tenant_size(users), self.limits.fraction);
        }
    }

    fn windows(&self) -> MutexGuard<'_, (Window, Window)> {
        self.windows.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// S, M and L of the documented table.
fn by_tenant_size(users: usize) -> Limit {
    let units = match users {
        0..50 => 3500,
        50..=500 => 5000,
        501.. => 8000,
    };
    Limit { units, window: Duration::from_secs(10) }
}
