//! The fields of a directory object, and how each is read.
//!
//! It does not know which of them make a user or a group.

use std::fmt;
use std::sync::LazyLock;

use serde::de::{
    Deserialize, DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor,
};

use crate::model::{AttributeId, AttributesBuilder, CloudId, Guid, Property};

/// The name of a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Field {
    Id,
    ImmutableId,
    UniqueName,
    SyncEnabled,
    SecurityIdentifier,
    Quarantined,
    UserType,
    AssignedLicences,
    GroupTypes,
    MailEnabled,
    DeletedDateTime,
    Manager,
    ExtensionAttributes,
    Addresses,
    Phones,
    Removed,
    ManagerDelta,
    MembersDelta,
    Property(Property),
    Other,
}

/// By name, so that each of the three million names of a large tenant costs a few comparisons.
static FIELDS: LazyLock<Vec<(&'static str, Field)>> = LazyLock::new(|| {
    let own = [
        ("id", Field::Id),
        ("onPremisesImmutableId", Field::ImmutableId),
        ("uniqueName", Field::UniqueName),
        ("onPremisesSyncEnabled", Field::SyncEnabled),
        ("onPremisesSecurityIdentifier", Field::SecurityIdentifier),
        ("onPremisesProvisioningErrors", Field::Quarantined),
        ("addresses", Field::Addresses),
        ("phones", Field::Phones),
        ("@removed", Field::Removed),
        ("manager@delta", Field::ManagerDelta),
        ("members@delta", Field::MembersDelta),
        ("userType", Field::UserType),
        ("assignedLicenses", Field::AssignedLicences),
        ("groupTypes", Field::GroupTypes),
        ("mailEnabled", Field::MailEnabled),
        ("deletedDateTime", Field::DeletedDateTime),
        ("onPremisesExtensionAttributes", Field::ExtensionAttributes),
    ];
    let properties = Property::ALL.iter().map(|it| {
        let field = if *it == Property::Manager { Field::Manager } else { Field::Property(*it) };
        (it.name(), field)
    });
    let mut fields: Vec<(&'static str, Field)> = own.into_iter().chain(properties).collect();
    fields.sort_by_key(|(name, _)| *name);
    fields
});

impl Field {
    fn named(name: &str) -> Self {
        FIELDS.binary_search_by_key(&name, |(it, _)| it).map_or(Self::Other, |at| FIELDS[at].1)
    }
}

impl<'de> Deserialize<'de> for Field {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Name;
        impl Visitor<'_> for Name {
            type Value = Field;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a name")
            }
            fn visit_str<E: Error>(self, name: &str) -> Result<Field, E> {
                Ok(Field::named(name))
            }
        }
        deserializer.deserialize_str(Name)
    }
}

/// Reads an object id.
pub(super) fn cloud_id<'de, D: Deserializer<'de>>(deserializer: D) -> Result<CloudId, D::Error> {
    struct Id;
    impl Visitor<'_> for Id {
        type Value = CloudId;
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object id")
        }
        fn visit_str<E: Error>(self, text: &str) -> Result<CloudId, E> {
            text.parse().map_err(E::custom)
        }
    }
    deserializer.deserialize_str(Id)
}

/// Reads a GUID in its usual form.
pub(super) fn guid<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Guid, D::Error> {
    struct Text;
    impl Visitor<'_> for Text {
        type Value = Guid;
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a GUID")
        }
        fn visit_str<E: Error>(self, text: &str) -> Result<Guid, E> {
            text.parse().map_err(E::custom)
        }
    }
    deserializer.deserialize_str(Text)
}

/// Reads an object id from within a map.
pub(super) struct IdSeed;

impl<'de> DeserializeSeed<'de> for IdSeed {
    type Value = CloudId;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<CloudId, D::Error> {
        cloud_id(deserializer)
    }
}

/// Reads a value straight into an object's attributes: a text, a switch, a set of texts, or nothing.
///
/// Absent, null and empty are the same to samesign, so an empty text leaves no value.
pub(super) struct PushSeed<'a> {
    pub(super) attributes: &'a mut AttributesBuilder,
    pub(super) id: AttributeId,
}

impl<'de> DeserializeSeed<'de> for PushSeed<'_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for PushSeed<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text, a switch, a list of texts or null")
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<(), E> {
        self.attributes.push(self.id, if value { b"true" } else { b"false" });
        Ok(())
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<(), E> {
        if !value.is_empty() {
            self.attributes.push(self.id, value.as_bytes());
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        while seq.next_element_seed(PushSeed { attributes: self.attributes, id: self.id })?.is_some() {}
        Ok(())
    }
}

/// Reads the nested `onPremisesExtensionAttributes`, which may be null.
pub(super) struct ExtensionsSeed<'a>(pub(super) &'a mut AttributesBuilder);

impl<'de> DeserializeSeed<'de> for ExtensionsSeed<'_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for ExtensionsSeed<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the extension attributes or null")
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(field) = map.next_key::<Field>()? {
            if let Field::Property(property) = field
                && property.extension_number().is_some()
            {
                map.next_value_seed(PushSeed { attributes: self.0, id: property.id() })?;
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(())
    }
}
