//! Which application permissions a policy needs, and which of them are missing (graph-tenant reference, 1.5).
//!
//! It does not know how a token shows them.

use crate::policy::{Channel, Mode, Policy};

/// Something that the app has to be allowed to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Need {
    /// What it is for.
    pub to: &'static str,
    /// The least permission that allows it.
    pub least: &'static str,
    /// Other permissions that allow it too.
    pub also: &'static [&'static str],
    /// Whether nothing at all works without it. What is left is less safe or less complete.
    pub vital: bool,
}

/// What policies want of one tenant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "wishes that have nothing to do with each other, each under its name"
)]
pub struct Wants {
    /// Users.
    pub users: bool,
    /// Users who left, in the end deleted.
    pub deletions: bool,
    /// Groups.
    pub groups: bool,
    /// Contacts.
    pub contacts: bool,
    /// Passwords, which no permission of Microsoft Graph is about.
    pub passwords: bool,
}

impl Wants {
    /// What one policy wants; one that only observes writes nothing.
    pub fn of(policy: &Policy) -> Self {
        match policy.mode {
            Mode::Observe => return Self::default(),
            Mode::Review | Mode::Auto => (),
        }
        let removal = policy.users.as_ref().map(|it| it.lifecycle.removal);
        Self {
            users: policy.users.is_some(),
            deletions: removal.is_some_and(|it| it.delete_after_days.is_some()),
            groups: policy.groups.is_some(),
            contacts: policy.contacts.is_some(),
            passwords: policy.passwords.is_some(),
        }
    }

    /// What both want.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self {
            users: self.users || other.users,
            deletions: self.deletions || other.deletions,
            groups: self.groups || other.groups,
            contacts: self.contacts || other.contacts,
            passwords: self.passwords || other.passwords,
        }
    }
}

const fn vital(to: &'static str, least: &'static str, also: &'static [&'static str]) -> Need {
    Need { to, least, also, vital: true }
}

/// What every plan reads, whatever the channel.
const READS: &[Need] = &[
    vital(
        "read users",
        "User.Read.All",
        &["User.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"],
    ),
    vital(
        "read groups",
        "Group.Read.All",
        &["Group.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"],
    ),
    vital(
        "read members of groups",
        "GroupMember.Read.All",
        &[
            "GroupMember.ReadWrite.All",
            "Group.Read.All",
            "Group.ReadWrite.All",
            "Directory.Read.All",
            "Directory.ReadWrite.All",
        ],
    ),
    vital(
        "read the organisation",
        "Organization.Read.All",
        &[
            "Organization.ReadWrite.All",
            "User.Read.All",
            "User.ReadWrite.All",
            "Directory.Read.All",
            "Directory.ReadWrite.All",
        ],
    ),
    vital(
        "read domains",
        "Domain.Read.All",
        &["Domain.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"],
    ),
    Need {
        to: "see who holds an admin role",
        least: "RoleManagement.Read.Directory",
        also: &["RoleManagement.Read.All", "RoleManagement.ReadWrite.Directory"],
        vital: false,
    },
];
const READ_CONTACTS: &[Need] =
    &[vital("read contacts", "OrgContact.Read.All", &["Directory.Read.All", "Directory.ReadWrite.All"])];
const WRITE_USERS: &[Need] = &[
    vital("write users", "User.ReadWrite.All", &["Directory.ReadWrite.All"]),
    vital(
        "end sessions of blocked users",
        "User.RevokeSessions.All",
        &["User.ReadWrite.All", "Directory.ReadWrite.All"],
    ),
];
/// `Directory.ReadWrite.All` is not enough for this.
const DELETE_USERS: &[Need] =
    &[vital("delete and restore users", "User.DeleteRestore.All", &["User.ReadWrite.All"])];
const WRITE_GROUPS: &[Need] = &[vital("write groups and their members", "Group.ReadWrite.All", &[])];

/// What is needed of Microsoft Graph.
pub fn needed(channel: Channel, wants: Wants) -> Vec<Need> {
    let Wants { users, deletions, groups, contacts, passwords: _ } = wants;
    let writes = match channel {
        Channel::Graph => vec![(users, WRITE_USERS), (deletions, DELETE_USERS), (groups, WRITE_GROUPS)],
        // The rest goes another way, with a permission of its own.
        Channel::DirectorySync => vec![(contacts, READ_CONTACTS)],
    };
    let writes = writes.into_iter().filter(|it| it.0).flat_map(|it| it.1);
    READS.iter().chain(writes).copied().collect()
}

/// What of it is not granted. `*` is every permission: only the sandbox grants it.
pub fn missing(needs: Vec<Need>, granted: &[String]) -> Vec<Need> {
    let has = |name: &str| granted.iter().any(|it| it == name || it == "*");
    needs.into_iter().filter(|it| !has(it.least) && !it.also.iter().any(|it| has(it))).collect()
}
