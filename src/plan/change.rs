//! One change of a plan: what is done to which object, why, and what must still hold when it is done.
//!
//! Changes are built only inside `plan`, so one that changes nothing or has no reason cannot exist.

use std::sync::Arc;

use jiff::civil::Date;

use crate::model::{Anchor, CloudId, Digest, ObjectKind, Property};

/// The tenant object that a change is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Subject {
    /// It exists.
    Known(CloudId),
    /// This plan creates it: its id is known after apply.
    Created(Anchor),
}

/// Another object that a change refers to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectRef {
    /// Which.
    pub subject: Subject,
    /// The name that people know it by; shared, since groups name the same people over and over.
    pub name: Arc<str>,
}

/// A value of a property. Plans hold millions of these: boxes keep them small.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// A text.
    Text(Box<str>),
    /// A switch.
    Switch(bool),
    /// All values of a set, sorted.
    Set(Box<[Box<str>]>),
    /// Another object.
    Reference(Box<ObjectRef>),
}

/// A property of an object that is created.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewValue {
    /// Which property.
    pub property: Property,
    /// The value that it gets.
    pub value: Value,
}

/// A property that gets another value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttributeChange {
    /// Which property.
    pub property: Property,
    /// The value that the tenant must still have; `None` is no value.
    pub from: Option<Value>,
    /// The value that it gets; `None` takes it away.
    pub to: Option<Value>,
}

/// What is done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Op {
    /// Create the object with these properties.
    Create(Vec<NewValue>),
    /// Change properties.
    Update(Vec<AttributeChange>),
    /// Block sign-in.
    Block,
    /// Allow sign-in again.
    Unblock,
    /// Move to the recycle bin.
    Delete,
    /// Take out of the recycle bin.
    Restore,
    /// Add and take out members.
    Members {
        /// Added, by name.
        add: Vec<ObjectRef>,
        /// Taken out, by name.
        remove: Vec<ObjectRef>,
        /// How many members the group then has.
        after: usize,
    },
}

impl Op {
    /// The word of the plan format.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Create(_) => "create",
            Self::Update(_) => "update",
            Self::Block => "block",
            Self::Unblock => "unblock",
            Self::Delete => "delete",
            Self::Restore => "restore",
            Self::Members { .. } => "members",
        }
    }
}

impl Op {
    /// Whether no property stands in it.
    pub const fn attributes_are_empty(&self) -> bool {
        match self {
            Self::Create(_) | Self::Update(_) => false,
            Self::Block | Self::Unblock | Self::Delete | Self::Restore | Self::Members { .. } => true,
        }
    }
}

/// Why an object is no longer wanted in the tenant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Departure {
    /// It is not in a whole reading of the directory.
    DeletedInDirectory,
    /// It is in the directory, but no longer in scope; the words of the condition that it fails.
    MovedOutOfScope(String),
    /// The policy or the directory's connection is not the one that was last applied.
    PolicyChanged(String),
}

/// Why a change is in the plan. There is no variant for "no reason".
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Because {
    /// In scope, and not in the tenant.
    MissingInTenant,
    /// In scope, and in the tenant's recycle bin.
    InRecycleBin,
    /// The directory's value differs.
    AttributeDiffers,
    /// The directory's members differ.
    MembersDiffer,
    /// The account is disabled in the directory.
    DisabledInDirectory,
    /// The account expired in the directory on this day.
    ExpiredInDirectory(Date),
    /// The account is enabled in the directory and blocked in the tenant.
    EnabledInDirectory,
    /// It had left, and is back.
    Returned,
    /// It left.
    Departed {
        /// How.
        how: Departure,
        /// When it will be deleted, or is due since; `None` if never.
        delete_on: Option<Date>,
    },
    /// Members left.
    MembersDeparted,
}

impl Because {
    /// The word of the plan format.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::MissingInTenant => "missingInTenant",
            Self::InRecycleBin => "inRecycleBin",
            Self::AttributeDiffers => "attributeDiffers",
            Self::MembersDiffer => "membersDiffer",
            Self::DisabledInDirectory => "disabledInDirectory",
            Self::ExpiredInDirectory(_) => "expiredInDirectory",
            Self::EnabledInDirectory => "enabledInDirectory",
            Self::Returned => "returned",
            Self::Departed { how, delete_on: _ } => match how {
                Departure::DeletedInDirectory => "deletedInDirectory",
                Departure::MovedOutOfScope(_) => "movedOutOfScope",
                Departure::PolicyChanged(_) => "policyChanged",
            },
            Self::MembersDeparted => "membersDeparted",
        }
    }
}

impl Because {
    /// Whether a change of policy is the reason.
    pub const fn is_policy_change(&self) -> bool {
        matches!(self, Self::Departed { how: Departure::PolicyChanged(_), delete_on: _ })
    }

    /// Whether values or members simply differ.
    pub const fn is_difference(&self) -> bool {
        matches!(self, Self::AttributeDiffers | Self::MembersDiffer)
    }
}

/// The guard that holds a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Guard {
    /// Two objects claim what only one can have. No approval releases it: one of them has to change.
    Conflict,
    /// The policy protects the object. No approval releases it.
    Protected,
    /// A removal that a change of policy causes.
    PolicyChange,
    /// A removal while the directory lacks a base or group that the policy names: it may be renamed.
    MissingScope,
    /// More removals of users than the limit.
    UserRemovals,
    /// More blocks of users than the limit.
    UserBlocks,
    /// More removals of groups than the limit.
    GroupRemovals,
    /// More members taken out of one group than the limit.
    MemberRemovals,
}

impl Guard {
    /// All guards, in the order in which plans list them.
    pub const ALL: [Self; 8] = [
        Self::Conflict,
        Self::Protected,
        Self::PolicyChange,
        Self::MissingScope,
        Self::UserRemovals,
        Self::UserBlocks,
        Self::GroupRemovals,
        Self::MemberRemovals,
    ];

    /// The word of the plan format.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Conflict => "conflict",
            Self::Protected => "protected",
            Self::PolicyChange => "policyChange",
            Self::MissingScope => "missingScope",
            Self::UserRemovals => "users.removals",
            Self::UserBlocks => "users.blocks",
            Self::GroupRemovals => "groups.removals",
            Self::MemberRemovals => "groups.memberRemovals",
        }
    }

    /// Whether a person's approval lets the change run.
    pub const fn can_be_approved(self) -> bool {
        match self {
            Self::Conflict | Self::Protected => false,
            Self::PolicyChange
            | Self::MissingScope
            | Self::UserRemovals
            | Self::UserBlocks
            | Self::GroupRemovals
            | Self::MemberRemovals => true,
        }
    }
}

/// Why a change may not run yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hold {
    /// Which guard.
    pub guard: Guard,
    /// A sentence for people.
    pub reason: String,
}

/// When a change runs: all of one stage are done before the next begins.
///
/// Nobody who left keeps signing in while the rest runs; what others refer to is made before they do;
/// what goes, goes last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// Sign-in blocks.
    Block,
    /// Out of the recycle bin.
    Restore,
    /// Property changes of users; the number orders those that wait for a name another one gives up.
    UpdateUsers(u32),
    /// Users.
    CreateUsers,
    /// Sign-in again.
    Unblock,
    /// Managers.
    Managers,
    /// Groups.
    CreateGroups,
    /// Property changes of groups.
    UpdateGroups,
    /// Members.
    AddMembers,
    /// Members.
    RemoveMembers,
    /// Groups to the recycle bin.
    DeleteGroups,
    /// Users to the recycle bin.
    DeleteUsers,
}

impl Stage {
    /// Its place in the order, and how many others have to give up a name first.
    pub(super) const fn ordinal(self) -> (u8, u32) {
        match self {
            Self::Block => (0, 0),
            Self::Restore => (1, 0),
            Self::UpdateUsers(after) => (2, after),
            Self::CreateUsers => (3, 0),
            Self::Unblock => (4, 0),
            Self::Managers => (5, 0),
            Self::CreateGroups => (6, 0),
            Self::UpdateGroups => (7, 0),
            Self::AddMembers => (8, 0),
            Self::RemoveMembers => (9, 0),
            Self::DeleteGroups => (10, 0),
            Self::DeleteUsers => (11, 0),
        }
    }
}

/// One change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    pub(super) kind: ObjectKind,
    pub(super) anchor: Anchor,
    pub(super) subject: Subject,
    pub(super) name: Arc<str>,
    pub(super) op: Op,
    pub(super) because: Because,
    pub(super) stage: Stage,
    pub(super) held: Option<Hold>,
    pub(super) digest: Digest,
}

impl Change {
    /// Kind of object.
    pub const fn kind(&self) -> ObjectKind {
        self.kind
    }

    /// Identity of the object on the directory's side.
    pub const fn anchor(&self) -> Anchor {
        self.anchor
    }

    /// Identity of the object on the tenant's side.
    pub const fn subject(&self) -> Subject {
        self.subject
    }

    /// The name that people know it by.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What is done.
    pub const fn op(&self) -> &Op {
        &self.op
    }

    /// Why.
    pub const fn because(&self) -> &Because {
        &self.because
    }

    /// When.
    pub const fn stage(&self) -> Stage {
        self.stage
    }

    /// What holds it, if anything.
    pub const fn held(&self) -> Option<&Hold> {
        self.held.as_ref()
    }

    /// Digest of policy, tenant, object, operation, values and reason: what an approval binds to.
    pub const fn digest(&self) -> Digest {
        self.digest
    }

    /// Whether the object leaves, or starts to.
    pub const fn is_removal(&self) -> bool {
        matches!(self.because, Because::Departed { .. }) && matches!(self.op, Op::Block | Op::Delete)
    }
}
