//! What may keep a change from running.
//!
//! It does not know when a guard objects; each has its rule elsewhere.

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
    /// A switch of the tenant: it concerns everybody there.
    Features,
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
    /// More removals of contacts than the limit.
    ContactRemovals,
    /// More contacts that lose a value than the limit.
    ContactClears,
    /// More new contacts than the limit.
    ContactCreates,
    /// More changed contacts than the limit.
    ContactUpdates,
}

impl Guard {
    /// All guards, in the order in which plans list them.
    pub const ALL: [Self; 25] = [
        Self::Conflict,
        Self::Protected,
        Self::Adoption,
        Self::Recreated,
        Self::PolicyChange,
        Self::MissingScope,
        Self::DirectoryHealth,
        Self::RolesUnknown,
        Self::Features,
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
        Self::ContactRemovals,
        Self::ContactClears,
        Self::ContactCreates,
        Self::ContactUpdates,
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
            Self::Features => "features",
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
            Self::ContactRemovals => "contacts.removals",
            Self::ContactClears => "contacts.clears",
            Self::ContactCreates => "contacts.creates",
            Self::ContactUpdates => "contacts.updates",
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
            | Self::RolesUnknown
            | Self::Features => false,
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
            | Self::GroupUpdates
            | Self::ContactRemovals
            | Self::ContactClears
            | Self::ContactCreates
            | Self::ContactUpdates => true,
        }
    }

    /// Why it holds changes, whichever they are.
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::Conflict => "two objects claim one name; no approval helps, one of them has to change",
            Self::Protected => "protected accounts are never removed, blocked or adopted; no approval helps",
            Self::Adoption => "taking over a user of the tenant always waits for a person",
            Self::Recreated => {
                "people who left have a namesake in the directory: perhaps they were made again"
            }
            Self::PolicyChange => "removals because the policy changed always wait for a person",
            Self::MissingScope => {
                "removals wait while a base or group of the scope is missing: if it was renamed, correct the policy"
            }
            Self::DirectoryHealth => {
                "removals, and values taken away, wait for a reading of the directory that can be trusted"
            }
            Self::RolesUnknown => "removals and blocks wait until samesign can read who holds admin roles",
            Self::Features => "switches of the tenant always wait for a person",
            Self::UserRemovals => "more users leave than the policy allows",
            Self::UserBlocks => "more users are blocked than the policy allows",
            Self::UserRewrites => "more user names and primary addresses change than the policy allows",
            Self::UserClears => "more users lose a value than the policy allows",
            Self::UserCreates => "more users are created than the policy allows",
            Self::UserUpdates => "more users change than the policy allows",
            Self::GroupRemovals => "more groups leave than the policy allows",
            Self::AllMemberRemovals => "more members leave their groups than the policy allows",
            Self::GroupClears => "more groups lose a value than the policy allows",
            Self::GroupCreates => "more groups are created than the policy allows",
            Self::GroupUpdates => "more groups change than the policy allows",
            Self::ContactRemovals => "more contacts leave than the policy allows",
            Self::ContactClears => "more contacts lose a value than the policy allows",
            Self::ContactCreates => "more contacts are created than the policy allows",
            Self::ContactUpdates => "more contacts change than the policy allows",
            Self::MemberRemovals => "too many members leave a group, or their own removal is held",
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
