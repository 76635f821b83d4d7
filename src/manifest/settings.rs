//! What a policy says beyond the plan: how often, and whether passwords travel.

use std::time::Duration;

use super::connection::Place;

/// What a policy says beyond the plan.
#[derive(Clone, Debug)]
pub struct PolicySettings {
    /// Name of the policy.
    pub policy: String,
    /// How often the controller looks.
    pub schedule: Schedule,
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
