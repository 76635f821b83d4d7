//! What is the matter according to one look at a policy.
//!
//! The plan says what differs; an alarm is only what somebody has to know who does not read plans.

use std::time::Duration;

use jiff::SignedDuration;

use super::alarm::{Alarm, Severity, Topic};
use crate::plan::{Guard, Planned};
use crate::render::guard_words;

/// What a look came to.
#[derive(Clone, Copy, Debug)]
pub struct Look<'a> {
    /// The policy's name.
    pub policy: &'a str,
    /// The plan, and what was found on the way.
    pub planned: &'a Planned,
    /// Why the reading of the directory broke off, if it did.
    pub broken: Option<&'a str>,
    /// Changes that wait for a person.
    pub waiting: usize,
    /// Changes that fail, and pause.
    pub failing: usize,
    /// How long the password waits that waits longest.
    pub oldest_password: Option<SignedDuration>,
    /// A password that waits for so long is told.
    pub password_lag_after: Duration,
}

impl Look<'_> {
    /// All that is the matter.
    pub fn alarms(&self) -> Vec<Alarm> {
        let mut alarms = self.findings();
        alarms.extend(self.guards());
        alarms.extend(self.held());
        alarms.extend(self.failing());
        alarms.extend(self.passwords());
        alarms
    }

    fn findings(&self) -> Vec<Alarm> {
        let finding =
            |about: String, severity, text| Alarm { topic: Topic::Finding, about, severity, text, size: 1 };
        let of_all = self.planned.report.findings.iter().filter(|it| it.kind.is_none());
        let mut found: Vec<Alarm> = of_all
            .map(|it| {
                finding(
                    format!("{} {}", it.name, it.text),
                    Severity::Warning,
                    format!("{}: {}", it.name, it.text),
                )
            })
            .collect();
        found.extend(self.broken.map(|cause| {
            let text = format!("the directory was not read to its end, so nobody is removed: {cause}");
            finding("directory".to_owned(), Severity::Error, text)
        }));
        found
    }

    /// Limits and doubts, not what always waits for a person.
    fn guards(&self) -> impl Iterator<Item = Alarm> {
        let tripped = self.planned.plan.guards().iter().filter(|it| it.tripped);
        let told = tripped.filter(|it| {
            it.guard.has_limit()
                || matches!(it.guard, Guard::DirectoryHealth | Guard::MissingScope | Guard::RolesUnknown)
        });
        told.map(|it| Alarm {
            topic: Topic::Guard,
            about: it.guard.word().to_owned(),
            severity: Severity::Error,
            text: format!("{}. See `samesign plan --policy {}`", guard_words(it), self.policy),
            size: 1,
        })
    }

    fn held(&self) -> Option<Alarm> {
        let waiting = self.waiting;
        let (changes, verb) = if waiting == 1 { ("change", "waits") } else { ("changes", "wait") };
        (0 < waiting).then(|| Alarm {
            topic: Topic::HeldPlan,
            about: String::new(),
            severity: Severity::Warning,
            text: format!(
                "{waiting} {changes} {verb} for a person: look at `samesign plan --policy {}`, then approve or mend",
                self.policy
            ),
            size: doublings(waiting),
        })
    }

    fn failing(&self) -> Option<Alarm> {
        let failing = self.failing;
        let (changes, verb, are) =
            if failing == 1 { ("change", "fails", "is") } else { ("changes", "fail", "are") };
        (0 < failing).then(|| Alarm {
            topic: Topic::Failing,
            about: String::new(),
            severity: Severity::Warning,
            text: format!(
                "{failing} {changes} {verb} and {are} tried again later: `samesign status` says why"
            ),
            size: doublings(failing),
        })
    }

    fn passwords(&self) -> Option<Alarm> {
        let after = SignedDuration::try_from(self.password_lag_after).unwrap_or(SignedDuration::MAX);
        let lag = self.oldest_password.filter(|it| after <= *it)?;
        Some(Alarm {
            topic: Topic::PasswordLag,
            about: String::new(),
            severity: Severity::Error,
            text: format!(
                "a password that was changed at the office waits for {} min: `samesign status` says whose and why",
                lag.as_mins()
            ),
            size: 1,
        })
    }
}

/// How often a number has doubled since 1: what grows one by one is not told each time.
fn doublings(number: usize) -> u64 {
    u64::from(number.checked_ilog2().map_or(0, |it| it + 1))
}
