//! What a policy says beyond the plan: how often it is looked at, and when what goes wrong is told.

use std::time::Duration;

use super::connection::Place;

/// What a policy says beyond the plan.
#[derive(Clone, Debug)]
pub struct PolicySettings {
    /// Name of the policy.
    pub policy: String,
    /// How often the controller looks.
    pub schedule: Schedule,
    /// After how long people are told.
    pub alarms: AlarmThresholds,
    /// The manifest.
    pub place: Place,
}

/// How often the controller looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Schedule {
    /// For changes on both sides.
    pub every: Duration,
    /// For a whole reading of both sides.
    pub full_every: Duration,
    /// For changes of a directory that tells them.
    pub changes_every: Duration,
    /// For changed passwords.
    pub passwords_every: Duration,
}

impl Default for Schedule {
    /// Half a minute for both sides, a second for what the directory tells, two for passwords: somebody waits for these.
    fn default() -> Self {
        Self {
            every: Duration::from_secs(30),
            full_every: Duration::from_hours(24),
            changes_every: Duration::from_secs(1),
            passwords_every: Duration::from_secs(2),
        }
    }
}

/// How long something goes wrong before people are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AlarmThresholds {
    /// Both sides, or changed passwords, cannot be looked at.
    pub no_success_after: Duration,
    /// A password waits.
    pub password_lag_after: Duration,
}

impl Default for AlarmThresholds {
    /// A domain controller that restarts is no alarm.
    fn default() -> Self {
        Self { no_success_after: Duration::from_mins(5), password_lag_after: Duration::from_mins(15) }
    }
}
