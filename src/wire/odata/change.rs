//! What a delta query says of one object (graph-tenant reference, 3.3): what of it changed, or that it is gone.
//!
//! It does not know what was known of the object before; that is handed in, and a property that is not mentioned
//! stays as it was. A property that was taken away is mentioned, as null.

use serde::Deserialize;
use serde::de::{Deserializer, Error as _, IgnoredAny};

use super::field::{Field, cloud_id};
use super::record::{Fields, FieldsVisitor};
use crate::model::{
    AttributeId, Attributes, CloudContact, CloudGroup, CloudId, CloudUser, GroupType, Property,
};

/// A page of a delta query. The last one has a delta link instead of a link to the next page.
#[derive(Debug, Deserialize)]
pub struct DeltaPage {
    /// What is said. Required, as in every page.
    pub value: Vec<ObjectChange>,
    /// Where the next page is; to be followed as it stands.
    #[serde(rename = "@odata.nextLink", default)]
    pub next_link: Option<String>,
    /// Where the next round begins; to be followed as it stands.
    #[serde(rename = "@odata.deltaLink", default)]
    pub delta_link: Option<String>,
}

/// One user, group or contact of a delta page.
#[derive(Debug)]
pub struct ObjectChange {
    id: CloudId,
    fields: Fields,
}

/// How an object went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Removal {
    /// It can still be restored, or it left what the query is about.
    Recycled,
    /// For good.
    Purged,
}

/// A reference that came or went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LinkChange {
    /// Of whom.
    pub id: CloudId,
    /// Whether it went.
    pub gone: bool,
}

impl ObjectChange {
    /// What to follow of users. What the service keeps back of a value is not among it: no page says that delta
    /// queries track it.
    pub const USERS: &str = "userPrincipalName,displayName,accountEnabled,givenName,surname,mail,mailNickname,\
        jobTitle,department,companyName,officeLocation,businessPhones,mobilePhone,faxNumber,streetAddress,city,\
        state,postalCode,country,usageLocation,preferredLanguage,employeeId,employeeType,otherMails,\
        onPremisesExtensionAttributes,onPremisesImmutableId,proxyAddresses,userType,onPremisesSyncEnabled,\
        assignedLicenses,manager";
    /// What to follow of groups. With `members` the members of all groups are told, of ours or not.
    pub const GROUPS: &str = "displayName,description,mail,mailNickname,mailEnabled,securityEnabled,groupTypes,\
        uniqueName,proxyAddresses,onPremisesSyncEnabled,onPremisesSecurityIdentifier,members";
    /// What to follow of contacts.
    pub const CONTACTS: &str = "displayName,givenName,surname,mail,mailNickname,jobTitle,department,companyName,\
        addresses,phones,proxyAddresses,onPremisesSyncEnabled,manager";

    /// Of whom it is said.
    pub const fn id(&self) -> CloudId {
        self.id
    }

    /// Whether it says that the object is gone, and how.
    pub const fn removed(&self) -> Option<Removal> {
        self.fields.removed
    }

    /// Whether it says who the manager is, or is not.
    pub const fn tells_of_manager(&self) -> bool {
        self.fields.manager_delta.is_some()
    }

    /// The user as it is now.
    pub fn onto_user(mut self, before: &CloudUser) -> CloudUser {
        self.keep(&before.attributes);
        let manager = self.manager(before.manager);
        let Self { id, mut fields } = self;
        let named = std::mem::take(&mut fields.named);
        let told = |field| named.contains(&field);
        let now = fields.into_user().expect("a change has an id");
        let anchored = told(Field::ImmutableId);
        CloudUser {
            id,
            anchor: if anchored { now.anchor } else { before.anchor },
            foreign_anchor: if anchored { now.foreign_anchor } else { before.foreign_anchor.clone() },
            attributes: now.attributes,
            quarantined: before.quarantined.clone(),
            manager,
            origin: if told(Field::SyncEnabled) { now.origin } else { before.origin },
            guest: if told(Field::UserType) { now.guest } else { before.guest },
            licences: if told(Field::AssignedLicences) { now.licences } else { before.licences.clone() },
            deleted_at: None,
        }
    }

    /// The group as it is now, with the members of before; those that came and went are told apart.
    pub fn onto_group(mut self, before: &CloudGroup) -> (CloudGroup, Vec<LinkChange>) {
        self.keep(&before.attributes);
        let Self { id, mut fields } = self;
        let named = std::mem::take(&mut fields.named);
        let told = |field| named.contains(&field);
        let links = fields.members_delta.take().unwrap_or_default();
        // The sort of a group is made of three properties, of which any may be told alone.
        if !told(Field::GroupTypes) {
            fields.group_types = Some(types_of(before));
        }
        if !told(Field::MailEnabled) {
            fields.mail_enabled = Some(before.group_type != GroupType::Security);
        }
        let now = fields.into_group().expect("a change has an id");
        let group = CloudGroup {
            id,
            anchor: if told(Field::UniqueName) { now.anchor } else { before.anchor },
            group_type: now.group_type,
            dynamic: now.dynamic,
            attributes: now.attributes,
            members: before.members.clone(),
            sid: if told(Field::SecurityIdentifier) { now.sid } else { before.sid.clone() },
            quarantined: before.quarantined.clone(),
            origin: if told(Field::SyncEnabled) { now.origin } else { before.origin },
            deleted_at: None,
        };
        (group, links)
    }

    /// The contact as it is now.
    pub fn onto_contact(mut self, before: &CloudContact) -> CloudContact {
        self.keep(&before.attributes);
        let manager = self.manager(before.manager);
        let Self { id, mut fields } = self;
        let named = std::mem::take(&mut fields.named);
        let now = fields.into_contact().expect("a change has an id");
        CloudContact {
            id,
            attributes: now.attributes,
            manager,
            quarantined: before.quarantined.clone(),
            origin: if named.contains(&Field::SyncEnabled) { now.origin } else { before.origin },
        }
    }

    /// Adds the values of before whose properties are not mentioned.
    fn keep(&mut self, before: &Attributes) {
        let fields = &mut self.fields;
        for (id, value) in before.iter() {
            if !fields.named.iter().any(|it| covers(*it, id)) {
                fields.attributes.push(id, value);
            }
        }
    }

    /// The manager as it is now. There is one at most, so a list without any takes it away.
    fn manager(&self, before: Option<CloudId>) -> Option<CloudId> {
        let Some(links) = &self.fields.manager_delta else { return before };
        match links.iter().find(|it| !it.gone) {
            Some(set) => Some(set.id),
            None if links.is_empty() => None,
            // That somebody else is no longer the manager, as a replay tells it, takes nobody away.
            None => before.filter(|it| links.iter().all(|gone| gone.id != *it)),
        }
    }
}

/// Whether a field holds the values of a property.
fn covers(field: Field, id: AttributeId) -> bool {
    let among = |properties: &[Property]| properties.iter().any(|it| it.id() == id);
    match field {
        Field::Property(property) => property.id() == id,
        // A complex value comes whole.
        Field::ExtensionAttributes => {
            Property::ALL.iter().any(|it| it.id() == id && it.extension_number().is_some())
        }
        Field::Addresses => among(&[
            Property::City,
            Property::Country,
            Property::OfficeLocation,
            Property::PostalCode,
            Property::State,
            Property::StreetAddress,
        ]),
        Field::Phones => among(&[Property::MobilePhone, Property::BusinessPhones, Property::FaxNumber]),
        Field::Id
        | Field::ImmutableId
        | Field::UniqueName
        | Field::SyncEnabled
        | Field::SecurityIdentifier
        | Field::Quarantined
        | Field::UserType
        | Field::AssignedLicences
        | Field::GroupTypes
        | Field::MailEnabled
        | Field::DeletedDateTime
        | Field::Manager
        | Field::Removed
        | Field::ManagerDelta
        | Field::MembersDelta
        | Field::Other => false,
    }
}

/// `groupTypes`, as far as they are known of a group.
fn types_of(group: &CloudGroup) -> Vec<Box<str>> {
    let unified = (group.group_type == GroupType::Microsoft365).then_some("Unified");
    let dynamic = group.dynamic.then_some("DynamicMembership");
    unified.into_iter().chain(dynamic).map(Into::into).collect()
}

impl<'de> Deserialize<'de> for ObjectChange {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let fields = deserializer.deserialize_map(FieldsVisitor { noting: true })?;
        let id = fields.id.ok_or_else(|| D::Error::missing_field("id"))?;
        Ok(Self { id, fields })
    }
}

impl<'de> Deserialize<'de> for Removal {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Reason {
            #[serde(default)]
            reason: Option<Box<str>>,
        }
        let Reason { reason } = Reason::deserialize(deserializer)?;
        // Only this one word means that there is nothing left to look for.
        let purged = reason.is_some_and(|it| it.eq_ignore_ascii_case("deleted"));
        Ok(if purged { Self::Purged } else { Self::Recycled })
    }
}

impl<'de> Deserialize<'de> for LinkChange {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Link {
            #[serde(deserialize_with = "cloud_id")]
            id: CloudId,
            #[serde(rename = "@removed", default)]
            removed: Option<IgnoredAny>,
        }
        let Link { id, removed } = Link::deserialize(deserializer)?;
        Ok(Self { id, gone: removed.is_some() })
    }
}
