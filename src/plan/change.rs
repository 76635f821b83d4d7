//! One change of a plan: what is done to which object, why, and what must still hold when it is done.
//!
//! Changes are built only inside `plan`, so one that changes nothing or has no reason cannot exist.

use std::sync::Arc;

use jiff::civil::Date;

use crate::model::{Anchor, Attributes, CloudId, Digest, ObjectKind, Property, Provenance};

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

impl Value {
    /// Whether a value, or none, is what an object has; a reference never is, as it is no attribute.
    pub fn is_in(value: Option<&Self>, property: Property, attributes: &Attributes) -> bool {
        let text = attributes.text(property.id()).filter(|it| !it.is_empty());
        match value {
            None => attributes.values(property.id()).all(<[u8]>::is_empty),
            Some(Self::Text(wanted)) => text.is_some_and(|it| property.same(it, wanted)),
            Some(Self::Switch(on)) => text == Some(if *on { "true" } else { "false" }),
            Some(Self::Set(wanted)) => {
                let mut has: Vec<&[u8]> = attributes.values(property.id()).collect();
                has.sort_unstable();
                has.dedup();
                has.len() == wanted.len()
                    && has.iter().zip(wanted).all(|(has, wanted)| *has == wanted.as_bytes())
            }
            Some(Self::Reference(_)) => false,
        }
    }
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
    /// Take over an object that the tenant has and the directory's object looks like: write the anchor, and
    /// these properties.
    Adopt {
        /// Properties that change.
        differ: Vec<AttributeChange>,
        /// Properties that are the same on both sides: what speaks for its being the same person.
        agree: Vec<NewValue>,
    },
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
            Self::Adopt { .. } => "adopt",
            Self::Members { .. } => "members",
        }
    }
}

impl AttributeChange {
    /// Whether a value is taken away and none takes its place.
    pub fn is_clear(&self) -> bool {
        match (&self.from, &self.to) {
            (Some(_), None) => true,
            (Some(Value::Set(from)), Some(Value::Set(to))) => to.len() < from.len(),
            (Some(_) | None, Some(_)) | (None, None) => false,
        }
    }

    /// Whether the name that people sign in with, or their primary mail address, becomes another.
    pub const fn is_rewrite(&self) -> bool {
        matches!(self.property, Property::UserPrincipalName | Property::Mail)
            && self.from.is_some()
            && self.to.is_some()
    }
}

impl Op {
    /// Whether no property stands in it.
    pub const fn attributes_are_empty(&self) -> bool {
        match self {
            Self::Create(_) | Self::Update(_) | Self::Adopt { .. } => false,
            Self::Block | Self::Unblock | Self::Delete | Self::Restore | Self::Members { .. } => true,
        }
    }
}

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
        moved: Option<Move>,
    },
    /// The policy or the directory's connection is not the one that was last applied.
    PolicyChanged {
        /// The words of the condition that the object fails.
        why: String,
        /// What changed.
        edit: PolicyEdit,
    },
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
    /// The tenant had what the directory still wants: it was changed there.
    DriftedInTenant,
    /// A flow is not the one that was last applied.
    FlowChanged(PolicyEdit),
    /// The account is disabled in the directory.
    DisabledInDirectory,
    /// The account expired in the directory on this day.
    ExpiredInDirectory(Date),
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
}

impl Because {
    /// The word of the plan format.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::MissingInTenant => "missingInTenant",
            Self::InRecycleBin => "inRecycleBin",
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

/// The guard that holds a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Guard {
    /// Two objects claim what only one can have. No approval releases it: one of them has to change.
    Conflict,
    /// The object is protected. No approval releases it.
    Protected,
    /// An object of the tenant that would be taken over.
    Adoption,
    /// The name of a user who left belongs to a new one in the directory: perhaps the same person.
    Recreated,
    /// A removal that a change of policy causes.
    PolicyChange,
    /// A removal while the directory lacks a base or group that the policy names: it may be renamed.
    MissingScope,
    /// A removal, or a value taken away, while the reading of the directory is doubtful.
    DirectoryHealth,
    /// A removal or a block while it is not known who holds admin roles.
    RolesUnknown,
    /// More removals of users than the limit.
    UserRemovals,
    /// More blocks of users than the limit.
    UserBlocks,
    /// More users who get another user name or primary address than the limit.
    UserRewrites,
    /// More users who lose a value than the limit.
    UserClears,
    /// More new users than the limit.
    UserCreates,
    /// More changed users than the limit.
    UserUpdates,
    /// More removals of groups than the limit.
    GroupRemovals,
    /// More members taken out of one group than the limit.
    MemberRemovals,
    /// More members taken out of all groups than the limit.
    AllMemberRemovals,
    /// More groups that lose a value than the limit.
    GroupClears,
    /// More new groups than the limit.
    GroupCreates,
    /// More changed groups than the limit.
    GroupUpdates,
}

impl Guard {
    /// All guards, in the order in which plans list them.
    pub const ALL: [Self; 20] = [
        Self::Conflict,
        Self::Protected,
        Self::Adoption,
        Self::Recreated,
        Self::PolicyChange,
        Self::MissingScope,
        Self::DirectoryHealth,
        Self::RolesUnknown,
        Self::UserRemovals,
        Self::UserBlocks,
        Self::UserRewrites,
        Self::UserClears,
        Self::UserCreates,
        Self::UserUpdates,
        Self::GroupRemovals,
        Self::MemberRemovals,
        Self::AllMemberRemovals,
        Self::GroupClears,
        Self::GroupCreates,
        Self::GroupUpdates,
    ];

    /// The word of the plan format.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Conflict => "conflict",
            Self::Protected => "protected",
            Self::Adoption => "adoption",
            Self::Recreated => "recreated",
            Self::PolicyChange => "policyChange",
            Self::MissingScope => "missingScope",
            Self::DirectoryHealth => "directoryHealth",
            Self::RolesUnknown => "rolesUnknown",
            Self::UserRemovals => "users.removals",
            Self::UserBlocks => "users.blocks",
            Self::UserRewrites => "users.rewrites",
            Self::UserClears => "users.clears",
            Self::UserCreates => "users.creates",
            Self::UserUpdates => "users.updates",
            Self::GroupRemovals => "groups.removals",
            Self::MemberRemovals => "groups.memberRemovals",
            Self::AllMemberRemovals => "groups.allMemberRemovals",
            Self::GroupClears => "groups.clears",
            Self::GroupCreates => "groups.creates",
            Self::GroupUpdates => "groups.updates",
        }
    }

    /// Whether it counts, and a policy says how far.
    pub const fn has_limit(self) -> bool {
        match self {
            Self::Conflict
            | Self::Protected
            | Self::Adoption
            | Self::Recreated
            | Self::PolicyChange
            | Self::MissingScope
            | Self::DirectoryHealth
            | Self::RolesUnknown => false,
            Self::UserRemovals
            | Self::UserBlocks
            | Self::UserRewrites
            | Self::UserClears
            | Self::UserCreates
            | Self::UserUpdates
            | Self::GroupRemovals
            | Self::MemberRemovals
            | Self::AllMemberRemovals
            | Self::GroupClears
            | Self::GroupCreates
            | Self::GroupUpdates => true,
        }
    }

    /// Whether a person's approval lets the change run.
    pub const fn can_be_approved(self) -> bool {
        !matches!(self, Self::Conflict | Self::Protected)
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
    /// Users that are taken over.
    Adopt,
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
            Self::Adopt => (3, 0),
            Self::UpdateUsers(after) => (2, after),
            Self::CreateUsers => (4, 0),
            Self::Unblock => (5, 0),
            Self::Managers => (6, 0),
            Self::CreateGroups => (7, 0),
            Self::UpdateGroups => (8, 0),
            Self::AddMembers => (9, 0),
            Self::RemoveMembers => (10, 0),
            Self::DeleteGroups => (11, 0),
            Self::DeleteUsers => (12, 0),
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

    /// The properties that get another value, if any.
    pub fn attribute_changes(&self) -> &[AttributeChange] {
        match &self.op {
            Op::Update(changes) | Op::Adopt { differ: changes, agree: _ } => changes,
            Op::Create(_) | Op::Block | Op::Unblock | Op::Delete | Op::Restore | Op::Members { .. } => &[],
        }
    }

    /// The members that are taken out, if any.
    pub fn members_taken_out(&self) -> &[ObjectRef] {
        match &self.op {
            Op::Members { add: _, remove, after: _ } => remove,
            Op::Create(_)
            | Op::Update(_)
            | Op::Block
            | Op::Unblock
            | Op::Delete
            | Op::Restore
            | Op::Adopt { .. } => &[],
        }
    }

    /// Whether the object leaves, or starts to.
    pub const fn is_removal(&self) -> bool {
        matches!(self.because, Because::Departed { .. }) && matches!(self.op, Op::Block | Op::Delete)
    }
}
