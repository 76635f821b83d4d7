//! A user, a group or a contact as a page holds it.
//!
//! It does not know members, which are pages of their own.

use std::fmt;

use jiff::Timestamp;
use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, MapAccess, Visitor};

use super::change::{LinkChange, Removal};
use super::field::{ExtensionsSeed, Field, IdSeed, PushSeed};
use super::page::Reference;
use super::postal::{Phone, PostalAddress};
use crate::model::{
    AttributesBuilder, CloudContact, CloudGroup, CloudId, CloudUser, GroupType, Guid, Origin, Property,
    Quarantined,
};

/// A user; `SELECT` names the properties to ask for.
#[derive(Debug)]
pub struct UserRecord(CloudUser);

/// A group without its members; `SELECT` names the properties to ask for.
#[derive(Debug)]
pub struct GroupRecord(CloudGroup);

/// A mail contact; `SELECT` names the properties to ask for.
#[derive(Debug)]
pub struct ContactRecord(CloudContact);

impl UserRecord {
    /// Everything that is not nested, and the extension attributes.
    pub const SELECT: &str = "id,userPrincipalName,displayName,accountEnabled,givenName,surname,mail,\
        mailNickname,jobTitle,department,companyName,officeLocation,businessPhones,mobilePhone,faxNumber,\
        streetAddress,city,state,postalCode,country,usageLocation,preferredLanguage,employeeId,employeeType,\
        otherMails,onPremisesExtensionAttributes,onPremisesImmutableId,proxyAddresses,userType,\
        onPremisesSyncEnabled,onPremisesProvisioningErrors,assignedLicenses";

    /// The user.
    pub fn into_user(self) -> CloudUser {
        self.0
    }
}

impl GroupRecord {
    /// Everything but members and owners.
    pub const SELECT: &str = "id,displayName,description,mail,mailNickname,mailEnabled,securityEnabled,\
        groupTypes,uniqueName,proxyAddresses,onPremisesSyncEnabled,onPremisesSecurityIdentifier,\
        onPremisesProvisioningErrors";

    /// The group, with no members yet.
    pub fn into_group(self) -> CloudGroup {
        self.0
    }
}

impl ContactRecord {
    /// Everything but the manager.
    pub const SELECT: &str = "id,displayName,givenName,surname,mail,mailNickname,jobTitle,department,companyName,\
        addresses,phones,proxyAddresses,onPremisesSyncEnabled,onPremisesProvisioningErrors";

    /// The contact.
    pub fn into_contact(self) -> CloudContact {
        self.0
    }
}

impl<'de> Deserialize<'de> for ContactRecord {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Fields::deserialize(deserializer)?.into_contact().map(Self).map_err(D::Error::missing_field)
    }
}

impl<'de> Deserialize<'de> for UserRecord {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Fields::deserialize(deserializer)?.into_user().map(Self).map_err(D::Error::missing_field)
    }
}

impl<'de> Deserialize<'de> for GroupRecord {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Fields::deserialize(deserializer)?.into_group().map(Self).map_err(D::Error::missing_field)
    }
}

/// A licence; which of its plans are disabled does not matter.
#[derive(Debug, serde::Deserialize)]
struct LicenceRecord {
    #[serde(rename = "skuId", deserialize_with = "super::field::guid")]
    sku_id: Guid,
}

/// One of `onPremisesProvisioningErrors`.
#[derive(Debug, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
struct ProvisioningErrorRecord {
    #[serde(default)]
    property_causing_error: Option<Box<str>>,
    #[serde(default)]
    value: Option<Box<str>>,
}

/// The fields of any, as they came.
#[derive(Debug, Default)]
pub(super) struct Fields {
    pub(super) id: Option<CloudId>,
    immutable_id: Option<Box<str>>,
    unique_name: Option<Box<str>>,
    synced: Option<bool>,
    sid: Option<Box<str>>,
    quarantined: Option<Vec<ProvisioningErrorRecord>>,
    user_type: Option<Box<str>>,
    licences: Option<Vec<LicenceRecord>>,
    pub(super) group_types: Option<Vec<Box<str>>>,
    pub(super) mail_enabled: Option<bool>,
    deleted_at: Option<Timestamp>,
    manager: Option<Reference>,
    pub(super) attributes: AttributesBuilder,
    /// Which of them were there, null or not; noted for delta queries only.
    pub(super) named: Vec<Field>,
    pub(super) removed: Option<Removal>,
    pub(super) manager_delta: Option<Vec<LinkChange>>,
    pub(super) members_delta: Option<Vec<LinkChange>>,
}

impl Fields {
    pub(super) fn into_user(self) -> Result<CloudUser, &'static str> {
        let anchor = self.immutable_id.as_deref().and_then(|it| it.parse().ok());
        let foreign = self.immutable_id.filter(|it| anchor.is_none() && !it.is_empty());
        Ok(CloudUser {
            id: self.id.ok_or("id")?,
            anchor,
            foreign_anchor: foreign,
            attributes: self.attributes.finish(),
            quarantined: quarantined(self.quarantined),
            manager: self.manager.map(|it| it.id),
            origin: origin(self.synced),
            licences: licences(self.licences),
            guest: self.user_type.is_some_and(|it| it.eq_ignore_ascii_case("Guest")),
            deleted_at: self.deleted_at,
        })
    }

    pub(super) fn into_group(self) -> Result<CloudGroup, &'static str> {
        let attributes = self.attributes.finish();
        let security = attributes.boolean(Property::SecurityEnabled.id()).unwrap_or(false);
        let types = self.group_types.unwrap_or_default();
        let has = |name: &str| types.iter().any(|it| it.eq_ignore_ascii_case(name));
        let mail = self.mail_enabled.unwrap_or(false);
        Ok(CloudGroup {
            id: self.id.ok_or("id")?,
            anchor: self.unique_name.as_deref().and_then(CloudGroup::anchor_of_unique_name),
            group_type: match (has("Unified"), mail, security) {
                (true, _, _) => GroupType::Microsoft365,
                (false, true, true) => GroupType::MailEnabledSecurity,
                (false, true, false) => GroupType::Distribution,
                (false, false, _) => GroupType::Security,
            },
            dynamic: has("DynamicMembership"),
            attributes,
            members: Box::default(),
            sid: self.sid.as_deref().and_then(|it| it.parse().ok()),
            quarantined: quarantined(self.quarantined),
            origin: origin(self.synced),
            deleted_at: self.deleted_at,
        })
    }

    pub(super) fn into_contact(self) -> Result<CloudContact, &'static str> {
        Ok(CloudContact {
            id: self.id.ok_or("id")?,
            attributes: self.attributes.finish(),
            manager: self.manager.map(|it| it.id),
            quarantined: quarantined(self.quarantined),
            origin: origin(self.synced),
        })
    }
}

/// Sorted: the service gives no order.
fn licences(records: Option<Vec<LicenceRecord>>) -> Box<[Guid]> {
    let mut licences: Box<[Guid]> = records.into_iter().flatten().map(|it| it.sku_id).collect();
    licences.sort_unstable();
    licences
}

fn quarantined(records: Option<Vec<ProvisioningErrorRecord>>) -> Box<[Quarantined]> {
    let one = |it: ProvisioningErrorRecord| {
        Some(Quarantined { property: it.property_causing_error?, value: it.value? })
    };
    let mut quarantined: Box<[Quarantined]> = records.into_iter().flatten().filter_map(one).collect();
    quarantined.sort_unstable();
    quarantined
}

/// graph-tenant reference, 7.3: null is cloud-native, false was synced once.
const fn origin(synced: Option<bool>) -> Origin {
    match synced {
        None => Origin::Cloud,
        Some(true) => Origin::Synced,
        Some(false) => Origin::FormerlySynced,
    }
}

impl<'de> Deserialize<'de> for Fields {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(FieldsVisitor { noting: false })
    }
}

/// Reads the fields and, when `noting`, which of them were there.
pub(super) struct FieldsVisitor {
    pub(super) noting: bool,
}

impl<'de> Visitor<'de> for FieldsVisitor {
    type Value = Fields;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a directory object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields, A::Error> {
        let mut fields = Fields::default();
        while let Some(field) = map.next_key::<Field>()? {
            if self.noting {
                fields.named.push(field);
            }
            match field {
                Field::Id => fields.id = Some(map.next_value_seed(IdSeed)?),
                Field::ImmutableId => fields.immutable_id = map.next_value()?,
                Field::UniqueName => fields.unique_name = map.next_value()?,
                Field::SyncEnabled => fields.synced = map.next_value()?,
                Field::SecurityIdentifier => fields.sid = map.next_value()?,
                Field::Quarantined => fields.quarantined = map.next_value()?,
                Field::UserType => fields.user_type = map.next_value()?,
                Field::AssignedLicences => fields.licences = map.next_value()?,
                Field::GroupTypes => fields.group_types = map.next_value()?,
                Field::MailEnabled => fields.mail_enabled = map.next_value()?,
                Field::DeletedDateTime => {
                    let text: Option<Box<str>> = map.next_value()?;
                    fields.deleted_at = text.map(|it| it.parse().map_err(A::Error::custom)).transpose()?;
                }
                Field::Manager => fields.manager = map.next_value()?,
                Field::Removed => fields.removed = Some(map.next_value()?),
                Field::ManagerDelta => fields.manager_delta = map.next_value()?,
                Field::MembersDelta => fields.members_delta = map.next_value()?,
                Field::ExtensionAttributes => {
                    map.next_value_seed(ExtensionsSeed(&mut fields.attributes))?;
                }
                Field::Addresses => {
                    let addresses: Option<Vec<PostalAddress>> = map.next_value()?;
                    addresses.into_iter().flatten().take(1).for_each(|it| it.push(&mut fields.attributes));
                }
                Field::Phones => {
                    let phones: Option<Vec<Phone>> = map.next_value()?;
                    phones.into_iter().flatten().for_each(|it| it.push(&mut fields.attributes));
                }
                Field::Property(property) => {
                    map.next_value_seed(PushSeed { attributes: &mut fields.attributes, id: property.id() })?;
                }
                Field::Other => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(fields)
    }
}
