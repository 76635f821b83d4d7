//! How a policy stands: what the records say of it, and, if both sides could be read, what waits now and whose
//! password the tenant has.
//!
//! Nothing is decided by it, and nothing is read here: the records and both sides come from the caller.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use jiff::Timestamp;
use jiff::civil::Date;

use crate::model::{Anchor, Link, Links, ObjectKind, PastChange, PastRun, PausedChange, Reading};
use crate::policy::{Channel, Policy};

use super::because::Because;
use super::explain::{Explainer, Passwords, UserPassword};
use super::hold::Guard;
use super::passwords::{NoPassword, PasswordStanding};
use super::report::About;
use super::{Inputs, Planned, departures};

/// How a policy stands.
#[derive(Clone, Debug)]
pub struct PolicyStatus {
    /// Name of the policy.
    pub policy: String,
    /// Name of the `Directory` manifest.
    pub directory: String,
    /// Name of the `Tenant` manifest.
    pub tenant: String,
    /// The time that it is about.
    pub as_of: Timestamp,
    /// The latest run; `None` if nothing was applied yet, as far as the records go.
    pub last: Option<PastRun>,
    /// What failed last, and not since.
    pub failing: Vec<Failing>,
    /// Who left, and waits for the end of a grace period; the longest first.
    pub leaving: Vec<Underway>,
    /// Users of whom the tenant confirmed a password once, and when it did so last.
    pub confirmed: (usize, Option<Timestamp>),
    /// Why no password travels, if none does.
    pub no_travel: Option<NoTravel>,
    /// What both sides show, or why they could not be read.
    pub sides: Result<Sides, String>,
}

/// A change that came to nothing in the latest run that touched its object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failing {
    /// Number of the run.
    pub run: i64,
    /// The change, and what became of it.
    pub change: PastChange,
    /// Whether the plan of now still changes the object; `None` if there is none.
    pub planned: Option<bool>,
    /// How often it failed in a row, and when a service tries it again; `None` if no service knows of it.
    pub paused: Option<PausedChange>,
}

/// Somebody who left, as far as the records know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Underway {
    /// Kind.
    pub kind: ObjectKind,
    /// The name in the directory when it was last in scope; else the one in the tenant, or its id there.
    pub name: String,
    /// Since when.
    pub since: Timestamp,
    /// The day from which on it is deleted, unless it comes back or a guard holds it; `None` for never.
    pub delete_from: Option<Date>,
    /// Whether it is back in scope, so that the next apply ends this; `None` if the directory was not read that far.
    pub is_back: Option<bool>,
}

/// What both sides show now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sides {
    /// Why the reading of the directory broke off, if it did.
    pub broken: Option<String>,
    /// Changes that a plan has.
    pub changes: usize,
    /// Those of them that undo a change of the tenant itself.
    pub drifted: usize,
    /// Those of them that a guard holds.
    pub held: Vec<(Guard, usize)>,
    /// What there is to know of the channel.
    pub notes: Vec<String>,
    /// Whose password the tenant has; `None` if none travels.
    pub passwords: Option<Passwords>,
}

/// Why no password of a policy travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoTravel {
    /// The policy wants it so.
    Unwanted,
    /// The channel takes none.
    Graph,
    /// An export has none.
    Export,
}

impl NoTravel {
    /// Why no password of a policy travels; `None` if they do.
    pub fn of(policy: &Policy, from_export: bool) -> Option<Self> {
        match (&policy.passwords, policy.channel) {
            (Some(_), _) => None,
            (None, Channel::Graph) => Some(Self::Graph),
            (None, Channel::DirectorySync) if from_export => Some(Self::Export),
            (None, Channel::DirectorySync) => Some(Self::Unwanted),
        }
    }
}

impl fmt::Display for NoTravel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unwanted => "the policy sends none (passwords: {mode: none})",
            Self::Graph => "Microsoft Graph takes no password hashes (channel: graph)",
            Self::Export => "an LDIF export has none",
        })
    }
}

/// What the records say of a policy.
#[derive(Clone, Debug, Default)]
pub struct OnRecord {
    /// The latest run.
    pub last: Option<PastRun>,
    /// What failed last and not since, with the number of the run.
    pub failing: Vec<(i64, PastChange)>,
    /// What is tried again later.
    pub paused: Vec<PausedChange>,
    /// The links.
    pub links: Links,
}

impl PolicyStatus {
    /// Brings together what the records say and what both sides show.
    pub fn of(
        policy: &Policy,
        from_export: bool,
        records: OnRecord,
        sides: Result<(&Inputs<'_>, &Planned), String>,
        as_of: Timestamp,
    ) -> Self {
        let OnRecord { last, failing, paused, links } = records;
        let seen = sides.as_ref().ok().map(|(inputs, planned)| Explainer::new(inputs, planned));
        let planned = sides.as_ref().ok().map(|(_, planned)| *planned);
        let confirmed = links.by_anchor.values().filter_map(|it| it.password);
        Self {
            policy: policy.name.clone(),
            directory: policy.directory.clone(),
            tenant: policy.tenant.clone(),
            as_of,
            last,
            failing: judge(failing, &paused, planned),
            leaving: leaving(policy, &links, seen.as_ref()),
            confirmed: (confirmed.clone().count(), confirmed.map(|it| it.confirmed_at).max()),
            no_travel: NoTravel::of(policy, from_export),
            sides: sides
                .map(|(inputs, planned)| Sides::of(inputs, planned, seen.and_then(|it| it.passwords(as_of)))),
        }
    }

    /// Whether all that there is to say could be said.
    pub fn is_whole(&self) -> bool {
        let is_unsure =
            |it: &UserPassword| matches!(it.state.standing, PasswordStanding::Left(NoPassword::NotKnown(_)));
        self.sides.as_ref().is_ok_and(|sides| {
            let mut left = sides.passwords.iter().flat_map(|it| &it.left);
            sides.broken.is_none() && !left.any(is_unsure)
        })
    }
}

/// Says of each failed change whether its object still needs one.
fn judge(
    failing: Vec<(i64, PastChange)>,
    paused: &[PausedChange],
    planned: Option<&Planned>,
) -> Vec<Failing> {
    let object = |it: &super::Change| (it.kind().word().to_owned(), it.anchor().to_string());
    let touched: Option<BTreeSet<_>> = match planned {
        Some(planned) if !failing.is_empty() => Some(planned.plan.changes().iter().map(object).collect()),
        Some(_) | None => None,
    };
    let judge = |(run, change): (i64, PastChange)| {
        let object = (change.kind.clone(), change.anchor.clone());
        let paused = paused.iter().find(|it| it.digest.to_string() == change.digest).cloned();
        Failing { run, planned: touched.as_ref().map(|it| it.contains(&object)), paused, change }
    };
    failing.into_iter().map(judge).collect()
}

fn leaving(policy: &Policy, links: &Links, seen: Option<&Explainer<'_>>) -> Vec<Underway> {
    let underway = |(anchor, link): (&Anchor, &Link)| {
        let since = link.blocked_since?;
        let known_as = || seen.and_then(|it| it.name_in_tenant(link.cloud));
        let name = link.dn.as_ref().map(ToString::to_string).or_else(known_as);
        let removal = departures::removal(policy, link.kind);
        Some(Underway {
            kind: link.kind,
            name: name.unwrap_or_else(|| link.cloud.to_string()),
            since,
            delete_from: removal.and_then(|it| departures::delete_on(since, it)),
            is_back: seen.and_then(|it| it.is_in_scope(*anchor)),
        })
    };
    let mut leaving: Vec<Underway> = links.by_anchor.iter().filter_map(underway).collect();
    leaving.sort_by(|a, b| (a.since, &a.name).cmp(&(b.since, &b.name)));
    leaving
}

impl Sides {
    fn of(inputs: &Inputs<'_>, planned: &Planned, passwords: Option<Passwords>) -> Self {
        let changes = planned.plan.changes();
        let mut held: BTreeMap<Guard, usize> = BTreeMap::new();
        for hold in changes.iter().filter_map(super::Change::held) {
            *held.entry(hold.guard).or_default() += 1;
        }
        let is_of_channel = |it: &&super::Finding| it.about == About::Channel && it.kind.is_none();
        Self {
            broken: match inputs.directory {
                Reading::Whole(_) => None,
                Reading::Broken { objects: _, cause } => Some(cause.clone()),
            },
            changes: changes.len(),
            drifted: changes.iter().filter(|it| *it.because() == Because::DriftedInTenant).count(),
            held: held.into_iter().collect(),
            notes: planned.report.findings.iter().filter(is_of_channel).map(|it| it.text.clone()).collect(),
            passwords,
        }
    }
}
