//! The steps that a channel can perform, with every id known.

use jiff::Timestamp;

use crate::model::{Anchor, CloudId, Feature, Guid, Property};

/// A value to write; `None` in a step takes the value away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StepValue {
    /// A text.
    Text(String),
    /// A switch.
    Switch(bool),
    /// All values of a set; an empty set takes them away.
    Set(Vec<String>),
}

/// One write. Steps on different objects do not depend on each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Creates a user with a random password that nobody knows.
    CreateUser {
        /// Becomes `onPremisesImmutableId`.
        anchor: Anchor,
        /// Properties; `accountEnabled`, `displayName`, `mailNickname` and `userPrincipalName` are among them.
        values: Vec<(Property, StepValue)>,
    },
    /// Changes properties of a user.
    UpdateUser {
        /// Which.
        id: CloudId,
        /// Properties.
        values: Vec<(Property, Option<StepValue>)>,
    },
    /// Writes a recognised user's anchor where the tenant has none.
    SetAnchor {
        /// Which.
        id: CloudId,
        /// Becomes `onPremisesImmutableId`.
        anchor: Anchor,
    },
    /// Blocks sign-in and ends the sessions that are open.
    BlockUser {
        /// Which.
        id: CloudId,
    },
    /// Allows sign-in again.
    UnblockUser {
        /// Which.
        id: CloudId,
    },
    /// Sets or removes the manager.
    SetManager {
        /// Whose.
        id: CloudId,
        /// Who; `None` removes.
        manager: Option<CloudId>,
    },
    /// Moves a user to the recycle bin.
    DeleteUser {
        /// Which.
        id: CloudId,
    },
    /// Takes a user or a group out of the recycle bin.
    Restore {
        /// Which.
        id: CloudId,
        /// The user name that they get, if it is another one than before.
        name: Option<String>,
        /// Whether they do without addresses that somebody else has by now.
        leaves_addresses: bool,
    },
    /// Creates a security group, or finds the one that already carries the anchor.
    CreateGroup {
        /// Its GUID becomes `uniqueName`.
        anchor: Anchor,
        /// Properties; `displayName` and `mailNickname` are among them.
        values: Vec<(Property, StepValue)>,
    },
    /// Changes properties of a group.
    UpdateGroup {
        /// Which.
        id: CloudId,
        /// Properties.
        values: Vec<(Property, Option<StepValue>)>,
    },
    /// Moves a group to the recycle bin.
    DeleteGroup {
        /// Which.
        id: CloudId,
    },
    /// Says who looks after a group, or that nobody does.
    SetManagedBy {
        /// Which group.
        group: CloudId,
        /// Who; `None` removes.
        owner: Option<CloudId>,
    },
    /// Creates a mail contact.
    CreateContact {
        /// Identity in the directory.
        anchor: Anchor,
        /// Properties; `displayName` and an address are among them.
        values: Vec<(Property, StepValue)>,
    },
    /// Changes properties of a contact.
    UpdateContact {
        /// Which.
        id: CloudId,
        /// Properties.
        values: Vec<(Property, Option<StepValue>)>,
    },
    /// Deletes a contact: the recycle bin keeps none.
    DeleteContact {
        /// Which.
        id: CloudId,
    },
    /// Sends the hash of the password that a user has at the office in this moment.
    SetPassword {
        /// Of which user.
        id: CloudId,
        /// `objectGUID` of the account.
        account: Guid,
        /// Whether the tenant shall ask for another one at next logon.
        must_change: bool,
        /// When it was set as far as the plan knows: an older one is not sent.
        set_at: Option<Timestamp>,
    },
    /// Turns switches of the tenant; all others stay as they are.
    TurnFeatures {
        /// Its id.
        tenant: CloudId,
        /// Each and its position.
        turns: Vec<(Feature, bool)>,
    },
    /// Adds members; all or none. At most [`Step::MEMBERS_MAX`].
    AddMembers {
        /// To which group.
        group: CloudId,
        /// Whom.
        members: Vec<CloudId>,
    },
    /// Takes one member out.
    RemoveMember {
        /// Of which group.
        group: CloudId,
        /// Whom.
        member: CloudId,
    },
}

impl Step {
    /// Microsoft Graph takes at most 20 references in one request (graph-tenant reference, 4.4).
    pub const MEMBERS_MAX: usize = 20;
}

/// What a step came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Done {
    /// It was carried out; the id of the object, which a creation made known.
    Applied(CloudId),
    /// Nothing had to be done: the tenant was already so.
    AlreadySo(CloudId),
}
