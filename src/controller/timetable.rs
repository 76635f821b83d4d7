//! What is due next, and when: by the rhythm, sooner when something happened, later when it keeps failing.
//!
//! Times are durations since some beginning: a clock that is set back or forward moves nothing.

use std::time::Duration;

/// How often something is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rhythm {
    /// Both sides.
    pub every: Duration,
    /// Whether a password was changed; `None` if none travel.
    pub passwords_every: Option<Duration>,
}

/// What is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Due {
    /// To read, plan and apply.
    Cycle,
    /// To ask whether a password was changed.
    Passwords,
}

/// What fails is tried again later and later, but never less often: whoever mends it does not want to wait for hours.
const CYCLE_PAUSE_MAX: Duration = Duration::from_mins(15);
const PASSWORDS_PAUSE_MAX: Duration = Duration::from_mins(1);

/// The next times of one policy.
#[derive(Clone, Copy, Debug)]
pub struct Timetable {
    rhythm: Rhythm,
    cycle: Appointment,
    passwords: Appointment,
}

#[derive(Clone, Copy, Debug)]
struct Appointment {
    at: Duration,
    /// How often it failed since it last went well.
    failures: u32,
}

impl Appointment {
    fn ended(&mut self, now: Duration, every: Duration, pause_max: Duration, went_well: bool) {
        self.failures = if went_well { 0 } else { self.failures.saturating_add(1) };
        let doubled = every.saturating_mul(1_u32.checked_shl(self.failures).unwrap_or(u32::MAX));
        self.at = now + if went_well { every } else { doubled.min(pause_max.max(every)) };
    }
}

impl Timetable {
    /// Everything is due at once; passwords first, so that one that is changed while the cycle runs is seen.
    pub const fn new(rhythm: Rhythm, now: Duration) -> Self {
        let at_once = Appointment { at: now, failures: 0 };
        Self { rhythm, cycle: at_once, passwords: at_once }
    }

    /// What is due first, and when.
    pub fn next(&self) -> (Duration, Due) {
        match self.rhythm.passwords_every {
            Some(_) if self.passwords.at <= self.cycle.at => (self.passwords.at, Due::Passwords),
            Some(_) | None => (self.cycle.at, Due::Cycle),
        }
    }

    /// When the next cycle is due, if nothing happens before.
    pub fn next_cycle(&self) -> Duration {
        self.cycle.at
    }

    /// Something happened: a cycle is due now, also one that waits because it failed.
    pub fn trigger(&mut self, now: Duration) {
        self.cycle.at = self.cycle.at.min(now);
    }

    /// Another rhythm, from the next time on.
    pub fn set(&mut self, rhythm: Rhythm) {
        self.rhythm = rhythm;
    }

    /// What was due has ended.
    pub fn ended(&mut self, due: Due, now: Duration, went_well: bool) {
        let Rhythm { every, passwords_every } = self.rhythm;
        match due {
            Due::Cycle => self.cycle.ended(now, every, CYCLE_PAUSE_MAX, went_well),
            Due::Passwords => {
                let every = passwords_every.unwrap_or(every);
                self.passwords.ended(now, every, PASSWORDS_PAUSE_MAX, went_well);
            }
        }
    }
}
