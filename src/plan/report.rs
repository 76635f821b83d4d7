//! What a plan has to say besides its changes: findings, and what was left alone.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use crate::model::{Anchor, CloudId, Exported, Fingerprint, Guid, ObjectKind, Stock};

use super::change::Change;
use super::health::Symptom;
use super::hold::Guard;

/// Something a person should know about one object.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// Kind of object; `None` for something that is not kept the same, such as a container.
    pub kind: Option<ObjectKind>,
    /// The name that people know it by.
    pub name: Arc<str>,
    /// What it is about.
    pub about: About,
    /// A sentence.
    pub text: String,
}

/// What a finding is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum About {
    /// The reading of the directory is doubtful.
    Health,
    /// The tenant does not take what this channel writes.
    Channel,
    /// A base or group that the policy names is not in the directory.
    Scope,
    /// A value that cannot be used.
    Value,
    /// A mail address that two objects claim.
    Address,
    /// An entry of the directory that cannot be identified.
    Entry,
    /// A value that the tenant keeps back because somebody else has it.
    Quarantine,
    /// Two objects of the directory with one anchor.
    Anchor,
    /// An object that somebody else is master of.
    MasteredElsewhere,
    /// A tenant object whose anchor neither the directory nor our records know.
    UnknownAnchor,
    /// Members that are left in or out.
    Members,
    /// An object that waits for the end of its grace period.
    Grace,
    /// An approval that has no effect.
    Approval,
    /// What a rollback cannot put back, and what becomes of what it can.
    Rollback,
}

impl About {
    /// The word of the plan format.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Health => "health",
            Self::Channel => "channel",
            Self::Scope => "scope",
            Self::Value => "value",
            Self::Address => "address",
            Self::Quarantine => "quarantine",
            Self::Entry => "entry",
            Self::Anchor => "anchor",
            Self::MasteredElsewhere => "masteredElsewhere",
            Self::UnknownAnchor => "unknownAnchor",
            Self::Members => "members",
            Self::Grace => "grace",
            Self::Approval => "approval",
            Self::Rollback => "rollback",
        }
    }

    /// What is true of all findings about it.
    pub(super) const fn meaning(self) -> &'static str {
        match self {
            Self::Health => "the reading of the directory cannot be trusted",
            Self::Channel => "the tenant does not take all that this channel writes",
            Self::Scope => "the scope names it, and the directory does not have it under this name",
            Self::Value => "a value cannot be used, or not as it is",
            Self::Address => "another one claims the same mail address",
            Self::Quarantine => "the tenant keeps a value back, since another one has it",
            Self::Entry => "it cannot be identified",
            Self::Anchor => "another one has the same anchor: neither is planned",
            Self::MasteredElsewhere => "somebody else is its master",
            Self::UnknownAnchor => "neither the directory nor the records know its anchor",
            Self::Members => "members are left in or out",
            Self::Grace => "it waits for the end of its grace period",
            Self::Approval => "it has no effect",
            Self::Rollback => "not all of it can be put back",
        }
    }
}

/// How many objects a plan does not touch, by reason.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct LeftAlone {
    /// In scope, and the tenant is already so.
    pub unchanged: usize,
    /// In the tenant without an anchor of the directory.
    pub cloud_only: usize,
    /// Entra Connect is their master.
    pub mastered_elsewhere: usize,
    /// They carry an anchor that neither the directory nor our records know.
    pub unknown_anchor: usize,
    /// In the directory and out of scope, by the condition that they fail.
    pub out_of_scope: BTreeMap<&'static str, usize>,
    /// Each of them, by kind and name; none if nobody is going to look at them.
    pub objects: Vec<Untouched>,
}

/// An object that a plan does not touch, and why.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Untouched {
    /// Kind of object.
    pub kind: ObjectKind,
    /// The name that people know it by; its name in the directory if the tenant does not have it.
    pub name: Arc<str>,
    /// Why.
    pub why: WhyUntouched,
}

/// Why a plan does not touch an object.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum WhyUntouched {
    /// The tenant is already so.
    Unchanged,
    /// In the tenant without an anchor of the directory.
    CloudOnly,
    /// Entra Connect is its master.
    MasteredElsewhere,
    /// It carries an anchor that neither the directory nor our records know.
    UnknownAnchor,
    /// In the directory and out of scope: the words of the condition that it fails.
    OutOfScope(Cow<'static, str>),
    /// In scope, and it cannot be in the tenant: a finding says why.
    Stuck,
}

impl WhyUntouched {
    /// The word of the plan format.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Unchanged => "unchanged",
            Self::CloudOnly => "cloudOnly",
            Self::MasteredElsewhere => "masteredElsewhere",
            Self::UnknownAnchor => "unknownAnchor",
            Self::OutOfScope(_) => "outOfScope",
            Self::Stuck => "stuck",
        }
    }
}

/// What a plan has to say besides its changes.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
#[must_use = "a report that nobody reads explains nothing"]
pub struct Report {
    /// Findings, by kind and name.
    pub findings: Vec<Finding>,
    /// What was left alone.
    pub left_alone: LeftAlone,
    /// Objects in scope, by kind: what percentages of the guards are of.
    pub managed: BTreeMap<ObjectKind, usize>,
    /// Objects that left and that nothing holds: their grace period begins when a plan is applied.
    pub departed: Vec<Anchor>,
    /// Objects that are joined: recorded when a plan is applied.
    pub joined: Vec<(Anchor, ObjectKind, CloudId)>,
    /// Names of joined objects whose recorded name is another.
    pub named: Vec<(Anchor, Box<str>)>,
    /// What objects should look like, where that is not on record: recorded once they do.
    pub wanted: Vec<(Anchor, Fingerprint)>,
    /// What is sent of objects that the tenant does not show, where that is not on record, by anchor: recorded once it is
    /// sent.
    pub exported: Vec<(Anchor, Exported)>,
    /// Memberships of groups in scope, before the plan.
    pub memberships: usize,
    /// Whether the tenant takes nothing on its channel.
    pub is_closed: bool,
    /// What makes the reading of the directory doubtful.
    pub symptoms: Vec<Symptom>,
    /// Bases and groups of the scope that have another name now.
    pub renamed: Vec<Renamed>,
    /// What the reading came to; `None` if it broke off.
    pub stock: Option<Stock>,
}

impl Report {
    /// Whether nobody can trust what is missing from the directory.
    pub fn is_doubtful(&self) -> bool {
        !self.symptoms.is_empty() || self.findings.iter().any(|it| it.about == About::Scope)
    }

    /// Whether one of these held changes waits for a reading that can be trusted. Such a reading is not what later
    /// ones are compared with: they would look as good as it did.
    pub fn is_doubted<'a>(&self, mut held: impl Iterator<Item = &'a Change>) -> bool {
        // Others are asked first, and then nobody asks whether the reading is doubtful, too.
        let waits = |it: &Change| match it.held().map(|it| it.guard) {
            Some(Guard::MissingScope | Guard::DirectoryHealth) => true,
            Some(guard) => guard.can_be_approved() && it.is_removal(),
            None => false,
        };
        self.is_doubtful() && held.any(waits)
    }
}

/// A base or group of the scope that has another name now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Renamed {
    /// What it is recognised by.
    pub guid: Guid,
    /// Whether it is a container, which a scope can name by its `objectGUID`.
    pub is_container: bool,
    /// The name in the policy.
    pub from: String,
    /// The name in the directory.
    pub to: String,
}
