//! Why a change is in a plan.
//!
//! It does not know what is done, nor to whom.

use jiff::civil::Date;

use crate::model::{Property, Provenance};

/// Settings of a policy that are not what they were when a plan of it was last applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyEdit {
    /// Their places in the manifest, such as `users.scope.filter`; `directory` if that is another one; empty if
    /// nothing was applied yet.
    pub settings: Vec<String>,
    /// Short git commit that was last applied, if it is known.
    pub before: Option<String>,
    /// Version of the manifests now.
    pub after: Provenance,
}

/// Where an object was and is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Move {
    /// The container that it was in when it was last in scope.
    pub from: String,
    /// The container that it is in.
    pub to: String,
}

/// Why an object is no longer wanted in the tenant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Departure {
    /// It is not in a whole reading of the directory.
    DeletedInDirectory,
    /// It is in the directory, but no longer in scope.
    MovedOutOfScope {
        /// The words of the condition that it fails.
        why: String,
        /// If it lies in another container than when it was last in scope.
        moved: Option<Box<Move>>,
    },
    /// The policy or the directory's connection is not the one that was last applied.
    PolicyChanged {
        /// The words of the condition that the object fails.
        why: String,
        /// What changed.
        edit: Box<PolicyEdit>,
    },
}

/// What is said of whoever is not in the directory that a policy now has.
pub(super) const ELSEWHERE: &str = "not in the directory that the manifests now name";
/// What is said of whoever left under another rule.
pub(super) const LEFT_BEFORE: &str = "left before, and the rule for deleting is another one now";

impl Departure {
    /// Whether these are words of a departure itself, and not those of a condition.
    pub(super) fn names_nobody(why: &str) -> bool {
        [ELSEWHERE, LEFT_BEFORE].contains(&why)
    }
}

/// Why a change is in the plan. There is no variant for "no reason".
///
/// What is rare is boxed: a first plan has hundreds of thousands of the others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Because {
    /// In scope, and not in the tenant.
    MissingInTenant,
    /// In scope, and in the tenant's recycle bin.
    InRecycleBin,
    /// In scope, with the anchor of the directory's object, and the cloud is its master.
    MasteredByCloud,
    /// A switch of the tenant is not as the manifest wants it.
    FeatureDiffers,
    /// The password was set in the directory, and the tenant has not confirmed it.
    PasswordChanged,
    /// The directory's value differs.
    AttributeDiffers,
    /// The directory's members differ.
    MembersDiffer,
    /// The tenant had what the directory still wants: it was changed there.
    DriftedInTenant,
    /// A flow is not the one that was last applied.
    FlowChanged(Box<PolicyEdit>),
    /// The account is disabled in the directory.
    DisabledInDirectory,
    /// The account expired in the directory on this day; `None` where that is not told.
    ExpiredInDirectory(Option<Date>),
    /// The account is enabled in the directory and blocked in the tenant.
    EnabledInDirectory,
    /// It had left, and is back.
    Returned,
    /// The tenant has one that nobody looks after, with the name or the address of the directory's.
    LooksTheSame {
        /// The property that both have.
        property: Property,
        /// Name of the directory's object.
        dn: Box<str>,
    },
    /// It left.
    Departed {
        /// How.
        how: Departure,
        /// When it will be deleted, or is due since; `None` if never.
        delete_on: Option<Date>,
    },
    /// Members left.
    MembersDeparted,
    /// An earlier run is undone: what it changed is put back.
    RolledBack {
        /// Its number in the records.
        run: i64,
    },
}

impl Because {
    /// The word of the plan format.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::MissingInTenant => "missingInTenant",
            Self::InRecycleBin => "inRecycleBin",
            Self::MasteredByCloud => "masteredByCloud",
            Self::PasswordChanged => "passwordChanged",
            Self::FeatureDiffers => "featureDiffers",
            Self::AttributeDiffers => "attributeDiffers",
            Self::MembersDiffer => "membersDiffer",
            Self::DriftedInTenant => "driftedInTenant",
            Self::FlowChanged(_) => "flowChanged",
            Self::DisabledInDirectory => "disabledInDirectory",
            Self::ExpiredInDirectory(_) => "expiredInDirectory",
            Self::EnabledInDirectory => "enabledInDirectory",
            Self::Returned => "returned",
            Self::LooksTheSame { .. } => "looksTheSame",
            Self::Departed { how, delete_on: _ } => match how {
                Departure::DeletedInDirectory => "deletedInDirectory",
                Departure::MovedOutOfScope { .. } => "movedOutOfScope",
                Departure::PolicyChanged { .. } => "policyChanged",
            },
            Self::MembersDeparted => "membersDeparted",
            Self::RolledBack { .. } => "rolledBack",
        }
    }

    /// Whether a change of policy is the reason for leaving.
    pub const fn is_policy_change(&self) -> bool {
        matches!(self, Self::Departed { how: Departure::PolicyChanged { .. }, delete_on: _ })
    }

    /// Whether values or members simply differ.
    pub const fn is_difference(&self) -> bool {
        matches!(
            self,
            Self::AttributeDiffers | Self::MembersDiffer | Self::DriftedInTenant | Self::FlowChanged(_)
        )
    }
}
