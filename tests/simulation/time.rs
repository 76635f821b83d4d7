//! The time of a simulated world. It goes on while a process runs, by its runtime's clock, and jumps when there is none.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;

pub(crate) struct Time(Mutex<State>);

struct State {
    base: Timestamp,
    began: Option<Instant>,
    /// How far the clock of the machine is off.
    skew: SignedDuration,
}

impl Time {
    pub(crate) fn new() -> Self {
        // Later than any file of this machine: what was written is never younger than the clock says.
        let base = "2061-03-01T08:00:00Z".parse().unwrap();
        Self(Mutex::new(State { base, began: None, skew: SignedDuration::ZERO }))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn now(&self) -> Timestamp {
        let State { base, began, skew: _ } = *self.state();
        let passed = began.map_or(Duration::ZERO, |it| it.elapsed());
        base.checked_add(SignedDuration::try_from(passed).unwrap()).unwrap()
    }

    /// As the machine says it.
    pub(crate) fn told(&self) -> Timestamp {
        self.now().checked_add(self.state().skew).unwrap()
    }

    /// A runtime begins.
    pub(crate) fn begin(&self) {
        self.state().began = Some(Instant::now());
    }

    /// It ends; its last moment was this.
    pub(crate) fn end(&self) {
        let now = self.now();
        let mut state = self.state();
        (state.base, state.began) = (now, None);
    }

    /// Time that passes without a runtime.
    pub(crate) fn pass(&self, time: SignedDuration) {
        let mut state = self.state();
        state.base = state.base.checked_add(time).unwrap();
    }

    pub(crate) fn set_skew(&self, skew: SignedDuration) {
        self.state().skew = skew;
    }
}
