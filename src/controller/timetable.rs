//! What is due next, and when: by the rhythm, sooner when something happened, later when it keeps failing.
//!
//! Times are durations since some beginning: a clock that is set back or forward moves nothing.

use std::time::Duration;

/// How often something is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rhythm {
    /// Both sides.
    pub every: Duration,
    /// Whether the directory tells a change; `None` if that is not asked.
    pub changes_every: Option<Duration>,
    /// Whether a password was changed; `None` if none travel.
    pub passwords_every: Option<Duration>,
}

/// What is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Due {
    /// To read, plan and apply.
    Cycle,
    /// To ask whether the directory tells a change.
    Changes,
    /// To ask whether a password was changed.
    Passwords,
}

/// What fails is tried again later and later, but never less often: whoever mends it does not want to wait for hours.
const CYCLE_PAUSE_MAX: Duration = Duration::from_mins(15);
const CHANGES_PAUSE_MAX: Duration = Duration::from_mins(1);
const PASSWORDS_PAUSE_MAX: Duration = Duration::from_mins(1);

/// The next times of one policy.
#[derive(Clone, Copy, Debug)]
pub struct Timetable {
    rhythm: Rhythm,
    cycle: Appointment,
    changes: Appointment,
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
        Self { rhythm, cycle: at_once, changes: at_once, passwords: at_once }
    }

    /// What is due first, and when.
    pub fn next(&self) -> (Duration, Due) {
        let Rhythm { every: _, changes_every, passwords_every } = self.rhythm;
        let passwords = passwords_every.map(|_| (self.passwords.at, Due::Passwords));
        let changes = changes_every.map(|_| (self.changes.at, Due::Changes));
        let all = [passwords, changes, Some((self.cycle.at, Due::Cycle))];
        // Of those due at once, the first.
        all.into_iter().flatten().min_by_key(|it| it.0).expect("a cycle is always due some time")
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
        let Rhythm { every, changes_every, passwords_every } = self.rhythm;
        match due {
            Due::Cycle => self.cycle.ended(now, every, CYCLE_PAUSE_MAX, went_well),
            Due::Changes => {
                let every = changes_every.unwrap_or(every);
                self.changes.ended(now, every, CHANGES_PAUSE_MAX, went_well);
            }
            Due::Passwords => {
                let every = passwords_every.unwrap_or(every);
                self.passwords.ended(now, every, PASSWORDS_PAUSE_MAX, went_well);
            }
        }
    }
}
