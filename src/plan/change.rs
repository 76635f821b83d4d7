//! One change of a plan: what is done to which object, why, and what must still hold when it is done.
//!
//! Changes are built only inside `plan`, so one that changes nothing or has no reason cannot exist.

use std::fmt;
use std::sync::Arc;

use super::because::Because;
use super::hold::Hold;
use crate::model::{
    Anchor, Attributes, CloudId, Digest, Feature, Form, Guid, ObjectKind, Property, addresses,
};

/// What a change is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SubjectKind {
    /// An object of both sides.
    Object(ObjectKind),
    /// The tenant itself: its anchor and id are those of the tenant.
    Tenant,
}

impl SubjectKind {
    /// The kind of object, if it is one.
    pub const fn object(self) -> Option<ObjectKind> {
        match self {
            Self::Object(kind) => Some(kind),
            Self::Tenant => None,
        }
    }

    /// The word of the plan format.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Object(kind) => kind.word(),
            Self::Tenant => "tenant",
        }
    }
}

impl From<ObjectKind> for SubjectKind {
    fn from(kind: ObjectKind) -> Self {
        Self::Object(kind)
    }
}

impl PartialEq<ObjectKind> for SubjectKind {
    fn eq(&self, kind: &ObjectKind) -> bool {
        self.object() == Some(*kind)
    }
}

impl fmt::Display for SubjectKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

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
    /// A value that was sent and that the tenant does not show.
    NotShown,
}

impl Value {
    /// Whether a value, or none, is what an object has; a reference never is, as it is no attribute.
    pub fn is_in(value: Option<&Self>, property: Property, attributes: &Attributes) -> bool {
        let text = attributes.text(property.id()).filter(|it| !it.is_empty());
        match value {
            None if property.form() == Form::Addresses => {
                let has: Vec<&str> = attributes.texts(property.id()).collect();
                addresses::are_in(&[], &has, attributes.text(Property::UserPrincipalName.id()))
            }
            None => attributes.values(property.id()).all(<[u8]>::is_empty),
            Some(Self::Text(wanted)) => text.is_some_and(|it| property.same(it, wanted)),
            Some(Self::Switch(on)) => text == Some(if *on { "true" } else { "false" }),
            Some(Self::Set(wanted)) if property.form() == Form::Addresses => {
                let has: Vec<&str> = attributes.texts(property.id()).collect();
                addresses::are_in(wanted, &has, attributes.text(Property::UserPrincipalName.id()))
            }
            Some(Self::Set(wanted)) => {
                let mut has: Vec<&[u8]> = attributes.values(property.id()).collect();
                has.sort_unstable();
                has.dedup();
                has.len() == wanted.len()
                    && has.iter().zip(wanted).all(|(has, wanted)| *has == wanted.as_bytes())
            }
            Some(Self::Reference(_) | Self::NotShown) => false,
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

/// Whose password is sent. The hash is that of the moment in which it is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PasswordSet {
    /// `objectGUID` of the account.
    pub account: Guid,
    /// `pwdLastSet` when the plan was made, as the directory writes it; 0 must be changed at next logon.
    pub last_set: i64,
    /// Whether the tenant shall ask for another password at next logon.
    pub must_change: bool,
}

/// A switch of the tenant that is turned; it is the other way now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FeatureTurn {
    /// Which switch.
    pub feature: Feature,
    /// How it is afterwards.
    pub on: bool,
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
    /// Move to the recycle bin, if it keeps such objects.
    Delete,
    /// Take out of the recycle bin; with other values of these properties, as somebody else has those from before.
    Restore(Vec<AttributeChange>),
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
    /// Send the password hash.
    Password(PasswordSet),
    /// Turn switches of the tenant.
    Features(Vec<FeatureTurn>),
}

impl Op {
    /// The word of the plan format.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Create(_) => "create",
            Self::Update(_) | Self::Features(_) => "update",
            Self::Block => "block",
            Self::Unblock => "unblock",
            Self::Delete => "delete",
            Self::Restore(_) => "restore",
            Self::Adopt { .. } => "adopt",
            Self::Members { .. } => "members",
            Self::Password(_) => "password",
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
    pub fn is_rewrite(&self) -> bool {
        let primary = |it: &Option<Value>| match it {
            Some(Value::Set(values)) => values.iter().find(|it| addresses::is_primary(it)).cloned(),
            Some(Value::Text(_) | Value::Switch(_) | Value::Reference(_) | Value::NotShown) | None => None,
        };
        let is_name = matches!(self.property, Property::UserPrincipalName | Property::Mail);
        if is_name {
            return self.from.is_some() && self.to.is_some();
        }
        self.property.form() == Form::Addresses
            && matches!((primary(&self.from), primary(&self.to)), (Some(from), Some(to)) if !from.eq_ignore_ascii_case(&to))
    }
}

impl Op {
    /// The properties that stand in it, in their order.
    pub fn properties(&self) -> Vec<Property> {
        let of_values = |it: &[NewValue]| it.iter().map(|it| it.property).collect::<Vec<_>>();
        let of_changes = |it: &[AttributeChange]| it.iter().map(|it| it.property).collect::<Vec<_>>();
        match self {
            Self::Create(values) => of_values(values),
            Self::Update(changes) | Self::Restore(changes) => of_changes(changes),
            Self::Adopt { differ, agree } => [of_values(agree), of_changes(differ)].concat(),
            Self::Block
            | Self::Unblock
            | Self::Delete
            | Self::Members { .. }
            | Self::Password(_)
            | Self::Features(_) => Vec::new(),
        }
    }

    /// Whether it is something else than values of properties or switches.
    pub const fn is_deed(&self) -> bool {
        match self {
            Self::Create(_) | Self::Update(_) | Self::Adopt { .. } | Self::Features(_) => false,
            Self::Block
            | Self::Unblock
            | Self::Delete
            | Self::Restore(_)
            | Self::Members { .. }
            | Self::Password(_) => true,
        }
    }
}

/// When a change runs: all of one stage are done before the next begins.
///
/// Nobody who left keeps signing in while the rest runs; what others refer to is made before they do;
/// what goes, goes last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// Switches of the tenant, on which depends what it does with all that follows.
    Features,
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
    /// Contacts.
    CreateContacts,
    /// Property changes of contacts.
    UpdateContacts,
    /// Sign-in again.
    Unblock,
    /// Passwords of users who exist by now.
    Passwords,
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
    /// Contacts go; the recycle bin keeps none.
    DeleteContacts,
    /// Groups to the recycle bin.
    DeleteGroups,
    /// Users to the recycle bin.
    DeleteUsers,
}

impl Stage {
    /// A number for digests, which approvals of other versions hold: not the order, which is that of the variants.
    pub(super) const fn number(self) -> (u8, u32) {
        match self {
            Self::Block => (0, 0),
            Self::Restore => (1, 0),
            Self::UpdateUsers(after) => (2, after),
            Self::Adopt => (3, 0),
            Self::CreateUsers => (4, 0),
            Self::Unblock => (5, 0),
            Self::Managers => (6, 0),
            Self::CreateGroups => (7, 0),
            Self::UpdateGroups => (8, 0),
            Self::AddMembers => (9, 0),
            Self::RemoveMembers => (10, 0),
            Self::DeleteGroups => (11, 0),
            Self::DeleteUsers => (12, 0),
            Self::CreateContacts => (13, 0),
            Self::UpdateContacts => (14, 0),
            Self::DeleteContacts => (15, 0),
            Self::Passwords => (16, 0),
            Self::Features => (17, 0),
        }
    }
}

/// One change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    pub(super) kind: SubjectKind,
    pub(super) anchor: Anchor,
    pub(super) subject: Subject,
    pub(super) name: Arc<str>,
    pub(super) op: Op,
    pub(super) because: Because,
    pub(super) stage: Stage,
    pub(super) held: Option<Hold>,
    /// Whether the recycle bin does not keep what is deleted.
    pub(super) for_good: bool,
    pub(super) digest: Digest,
}

impl Change {
    /// Kind of object, or the tenant.
    pub const fn kind(&self) -> SubjectKind {
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

    /// Whether what is deleted cannot be restored: of what a directory is master of, the recycle bin keeps users only.
    pub const fn is_for_good(&self) -> bool {
        self.for_good
    }

    /// Digest of policy, tenant, object, operation, values and reason: what an approval binds to.
    pub const fn digest(&self) -> Digest {
        self.digest
    }

    /// The properties that get another value, if any.
    pub fn attribute_changes(&self) -> &[AttributeChange] {
        match &self.op {
            Op::Update(changes) | Op::Restore(changes) | Op::Adopt { differ: changes, agree: _ } => changes,
            Op::Create(_)
            | Op::Block
            | Op::Unblock
            | Op::Delete
            | Op::Members { .. }
            | Op::Password(_)
            | Op::Features(_) => &[],
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
            | Op::Restore(_)
            | Op::Password(_)
            | Op::Features(_)
            | Op::Adopt { .. } => &[],
        }
    }

    /// Whether the object leaves, or starts to.
    pub const fn is_removal(&self) -> bool {
        match self.because {
            Because::Departed { .. } => matches!(self.op, Op::Block | Op::Delete),
            Because::RolledBack { .. } => matches!(self.op, Op::Delete),
            Because::MissingInTenant
            | Because::InRecycleBin
            | Because::MasteredByCloud
            | Because::FeatureDiffers
            | Because::PasswordChanged
            | Because::AttributeDiffers
            | Because::MembersDiffer
            | Because::DriftedInTenant
            | Because::FlowChanged(_)
            | Because::DisabledInDirectory
            | Because::ExpiredInDirectory(_)
            | Because::EnabledInDirectory
            | Because::Returned
            | Because::LooksTheSame { .. }
            | Because::MembersDeparted => false,
        }
    }
}
