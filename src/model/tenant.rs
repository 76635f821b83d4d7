//! The tenant side: what one whole reading of it holds.

use std::collections::BTreeMap;
use std::fmt;

use jiff::Timestamp;

use super::anchor::Anchor;
use super::attributes::Attributes;
use super::cloud_id::CloudId;
use super::feature::Features;
use super::guid::Guid;
use super::object_kind::ObjectKind;
use super::property::Property;
use super::sid::Sid;

/// Which tenant this is.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct TenantIdentity {
    /// The tenant's GUID, as `organization` reports it.
    pub tenant_id: String,
    /// The organisation's display name.
    pub display_name: String,
    /// Whether it takes objects that a directory is master of; `None` if it never did.
    pub takes_synchronised: Option<bool>,
}

/// A domain of the tenant.
#[expect(clippy::struct_excessive_bools, reason = "four independent facts, as the service reports them")]
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Domain {
    /// Name, lower case.
    pub name: String,
    /// Whether user names may end in it.
    pub verified: bool,
    /// Whether sign-in is federated: then a new user needs an `onPremisesImmutableId`.
    pub federated: bool,
    /// Whether it is the `….onmicrosoft.com` domain that the tenant began with.
    pub initial: bool,
    /// Whether new users get it by default.
    pub default: bool,
}

/// Who is master of a tenant object (graph-tenant reference, 7.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Origin {
    /// Created in the tenant or through Microsoft Graph.
    #[default]
    Cloud,
    /// `onPremisesSyncEnabled` is true: Entra Connect is master, Graph refuses writes.
    Synced,
    /// `onPremisesSyncEnabled` is false: was synced once.
    FormerlySynced,
}

/// A user of the tenant, active or in the recycle bin.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct CloudUser {
    /// Identity.
    pub id: CloudId,
    /// `onPremisesImmutableId`, if it holds 16 bytes.
    pub anchor: Option<Anchor>,
    /// An `onPremisesImmutableId` that is no anchor of ours, such as a custom text.
    pub foreign_anchor: Option<Box<str>>,
    /// Writable properties, by [`Property::id`].
    pub attributes: Attributes,
    /// Values that somebody else has, so that the tenant keeps them back.
    pub quarantined: Box<[Quarantined]>,
    /// Manager.
    pub manager: Option<CloudId>,
    /// Who is master.
    pub origin: Origin,
    /// Whether `userType` is `Guest`.
    pub guest: bool,
    /// `skuId` of each licence that is assigned, directly or through a group.
    pub licences: Box<[Guid]>,
    /// When it went into the recycle bin; `None` for an active user.
    pub deleted_at: Option<Timestamp>,
}

impl CloudUser {
    /// The user's principal name; in the recycle bin it is preceded by the id without dashes
    /// (graph-tenant reference, 2.4).
    pub fn user_name(&self) -> &str {
        let name = self.attributes.text(Property::UserPrincipalName.id()).unwrap_or_default();
        if self.deleted_at.is_none() {
            return name;
        }
        let id = self.id.to_string().replace('-', "");
        match name.split_at_checked(id.len()) {
            Some((prefix, rest)) if prefix.eq_ignore_ascii_case(&id) => rest,
            Some(_) | None => name,
        }
    }
}

/// A value that was sent and that somebody else has: the tenant wrote the object without it
/// (graph-tenant reference, 8.4).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Quarantined {
    /// The property, as the tenant calls it: `UserPrincipalName` or `ProxyAddress`.
    pub property: Box<str>,
    /// The value.
    pub value: Box<str>,
}

/// What sort of group it is (graph-tenant reference, 4.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum GroupType {
    /// A security group: the only one that samesign writes on the `graph` channel.
    #[default]
    Security,
    /// A Microsoft 365 group.
    Microsoft365,
    /// A mail-enabled security group: read-only in Graph.
    MailEnabledSecurity,
    /// A distribution list: read-only in Graph.
    Distribution,
}

/// A group of the tenant, active or in the recycle bin.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct CloudGroup {
    /// Identity.
    pub id: CloudId,
    /// The `objectGUID` that samesign wrote into `uniqueName`.
    pub anchor: Option<Anchor>,
    /// Sort of group.
    pub group_type: GroupType,
    /// Whether a rule of the tenant computes the members.
    pub dynamic: bool,
    /// Writable properties, by [`Property::id`].
    pub attributes: Attributes,
    /// Direct members of any kind, sorted.
    pub members: Box<[CloudId]>,
    /// `onPremisesSecurityIdentifier`: the `objectSid` of the group in the directory that is its master.
    pub sid: Option<Sid>,
    /// Values that somebody else has, so that the tenant keeps them back.
    pub quarantined: Box<[Quarantined]>,
    /// Who is master.
    pub origin: Origin,
    /// When it went into the recycle bin; `None` for an active group.
    pub deleted_at: Option<Timestamp>,
}

/// The `uniqueName` of a group that samesign created is its `objectGUID` as text; any other is not ours.
impl CloudGroup {
    /// The anchor that a `uniqueName` stands for.
    pub fn anchor_of_unique_name(unique_name: &str) -> Option<Anchor> {
        unique_name.parse::<Guid>().ok().map(Anchor::from_guid)
    }

    /// The `uniqueName` that stands for an anchor.
    pub fn unique_name_of(anchor: Anchor) -> String {
        anchor.guid().to_string()
    }
}

/// A mail contact of the tenant. The recycle bin keeps none.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct CloudContact {
    /// Identity.
    pub id: CloudId,
    /// Properties, by [`Property::id`].
    pub attributes: Attributes,
    /// Manager.
    pub manager: Option<CloudId>,
    /// Values that somebody else has, so that the tenant keeps them back.
    pub quarantined: Box<[Quarantined]>,
    /// Who is master.
    pub origin: Origin,
}

/// An object of the tenant.
#[derive(Clone, Copy, Debug)]
pub enum CloudObject<'a> {
    /// A user.
    User(&'a CloudUser),
    /// A group.
    Group(&'a CloudGroup),
    /// A contact.
    Contact(&'a CloudContact),
}

impl<'a> CloudObject<'a> {
    /// Identity.
    pub const fn id(&self) -> CloudId {
        match self {
            Self::User(user) => user.id,
            Self::Group(group) => group.id,
            Self::Contact(contact) => contact.id,
        }
    }

    /// Kind.
    pub const fn kind(&self) -> ObjectKind {
        match self {
            Self::User(_) => ObjectKind::User,
            Self::Group(_) => ObjectKind::Group,
            Self::Contact(_) => ObjectKind::Contact,
        }
    }

    /// The name that people know it by: a user's principal name, the display name of others.
    pub fn name(&self) -> &'a str {
        let property = match self {
            Self::User(_) => Property::UserPrincipalName,
            Self::Group(_) | Self::Contact(_) => Property::DisplayName,
        };
        self.attributes().text(property.id()).unwrap_or("(no name)")
    }

    /// Its properties.
    pub const fn attributes(&self) -> &'a Attributes {
        match self {
            Self::User(user) => &user.attributes,
            Self::Group(group) => &group.attributes,
            Self::Contact(contact) => &contact.attributes,
        }
    }

    /// Manager; a group has none.
    pub const fn manager(&self) -> Option<CloudId> {
        match self {
            Self::User(user) => user.manager,
            Self::Contact(contact) => contact.manager,
            Self::Group(_) => None,
        }
    }

    /// When it went into the recycle bin; `None` for an active object.
    pub const fn deleted_at(&self) -> Option<Timestamp> {
        match self {
            Self::User(user) => user.deleted_at,
            Self::Group(group) => group.deleted_at,
            Self::Contact(_) => None,
        }
    }

    /// The anchor that it carries, where the tenant shows one.
    pub const fn anchor(&self) -> Option<Anchor> {
        match self {
            Self::User(user) => user.anchor,
            Self::Group(group) => group.anchor,
            Self::Contact(_) => None,
        }
    }

    /// Who is master.
    pub const fn origin(&self) -> Origin {
        match self {
            Self::User(user) => user.origin,
            Self::Group(group) => group.origin,
            Self::Contact(contact) => contact.origin,
        }
    }

    /// Values that somebody else has, so that the tenant keeps them back.
    pub const fn quarantined(&self) -> &'a [Quarantined] {
        match self {
            Self::User(user) => &user.quarantined,
            Self::Group(group) => &group.quarantined,
            Self::Contact(contact) => &contact.quarantined,
        }
    }
}

/// Who holds directory roles, such as Global Administrator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Roles {
    /// Names of the roles of each holder, sorted; roles that a group hands on count for its members.
    Known(BTreeMap<CloudId, Box<[Box<str>]>>),
    /// They could not be read; what to do about it.
    Unknown(String),
}

impl Default for Roles {
    fn default() -> Self {
        Self::Known(BTreeMap::new())
    }
}

/// A reading of the tenant that is under way.
#[derive(Clone, Debug, Default)]
pub struct TenantReading {
    /// Which tenant.
    pub identity: TenantIdentity,
    /// Its domains.
    pub domains: Vec<Domain>,
    /// Users, active and deleted.
    pub users: Vec<CloudUser>,
    /// Groups, active and deleted.
    pub groups: Vec<CloudGroup>,
    /// Contacts, if they were asked for.
    pub contacts: Vec<CloudContact>,
    /// Who holds directory roles.
    pub roles: Roles,
    /// How its switches are, if they were asked for.
    pub features: Features,
}

impl TenantReading {
    /// Every list was read to its last page: absence now means something.
    pub fn finish(mut self) -> TenantSnapshot {
        self.domains.sort();
        self.users.sort_by_key(|it| it.id);
        self.users.dedup_by_key(|it| it.id);
        self.groups.sort_by_key(|it| it.id);
        self.groups.dedup_by_key(|it| it.id);
        self.contacts.sort_by_key(|it| it.id);
        self.contacts.dedup_by_key(|it| it.id);
        TenantSnapshot { reading: self }
    }
}

/// A whole reading of the tenant, in order of ids.
#[derive(Debug, Default)]
pub struct TenantSnapshot {
    reading: TenantReading,
}

impl TenantSnapshot {
    /// Everything that was read, to imagine something of it otherwise.
    pub fn to_reading(&self) -> TenantReading {
        self.reading.clone()
    }

    /// Which tenant.
    pub fn identity(&self) -> &TenantIdentity {
        &self.reading.identity
    }

    /// Its domains, by name.
    pub fn domains(&self) -> &[Domain] {
        &self.reading.domains
    }

    /// Whether these, in any order, are its domains.
    pub fn has_domains(&self, domains: &[Domain]) -> bool {
        let mut sorted = domains.to_vec();
        sorted.sort();
        sorted == self.reading.domains
    }

    /// Users, active and deleted, by id.
    pub fn users(&self) -> &[CloudUser] {
        &self.reading.users
    }

    /// Groups, active and deleted, by id.
    pub fn groups(&self) -> &[CloudGroup] {
        &self.reading.groups
    }

    /// Contacts, by id.
    pub fn contacts(&self) -> &[CloudContact] {
        &self.reading.contacts
    }

    /// One user.
    pub fn user(&self, id: CloudId) -> Option<&CloudUser> {
        self.users().binary_search_by_key(&id, |it| it.id).ok().map(|at| &self.users()[at])
    }

    /// One group.
    pub fn group(&self, id: CloudId) -> Option<&CloudGroup> {
        self.groups().binary_search_by_key(&id, |it| it.id).ok().map(|at| &self.groups()[at])
    }

    /// One contact.
    pub fn contact(&self, id: CloudId) -> Option<&CloudContact> {
        self.contacts().binary_search_by_key(&id, |it| it.id).ok().map(|at| &self.contacts()[at])
    }

    /// One object of any kind.
    pub fn object(&self, id: CloudId) -> Option<CloudObject<'_>> {
        self.user(id)
            .map(CloudObject::User)
            .or_else(|| self.group(id).map(CloudObject::Group))
            .or_else(|| self.contact(id).map(CloudObject::Contact))
    }

    /// All objects, also those in the recycle bin.
    pub fn objects(&self) -> impl Iterator<Item = CloudObject<'_>> {
        let users = self.users().iter().map(CloudObject::User);
        let groups = self.groups().iter().map(CloudObject::Group);
        users.chain(groups).chain(self.contacts().iter().map(CloudObject::Contact))
    }

    /// All objects that are not in the recycle bin.
    pub fn active(&self) -> impl Iterator<Item = CloudObject<'_>> {
        let users = self.users().iter().filter(|it| it.deleted_at.is_none()).map(CloudObject::User);
        let groups = self.groups().iter().filter(|it| it.deleted_at.is_none()).map(CloudObject::Group);
        users.chain(groups).chain(self.contacts().iter().map(CloudObject::Contact))
    }

    /// How its switches are.
    pub const fn features(&self) -> &Features {
        &self.reading.features
    }

    /// The same reading, with what another service of the tenant said about its switches.
    #[must_use]
    pub fn with_features(mut self, features: Features) -> Self {
        self.reading.features = features;
        self
    }

    /// Who holds directory roles.
    pub fn roles(&self) -> &Roles {
        &self.reading.roles
    }

    /// The directory roles of one object; none if they are unknown.
    pub fn roles_of(&self, id: CloudId) -> &[Box<str>] {
        match &self.reading.roles {
            Roles::Known(roles) => roles.get(&id).map_or(&[], |it| it),
            Roles::Unknown(_) => &[],
        }
    }

    /// Objects that are not in the recycle bin.
    pub fn active_objects(&self) -> usize {
        self.active().count()
    }
}

impl fmt::Display for TenantIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.display_name, self.tenant_id)
    }
}
