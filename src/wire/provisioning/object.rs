//! An object to write: its kind, what happens to it, and its properties.
//!
//! It does not know which properties a kind has.

use std::sync::LazyLock;

use super::error::{DecodeError, EncodeError};
use super::property::PropertyValue;
use super::schema::{ARRAYS, ITEMS_MAX, check_count};
use crate::wire::nbfx::{Opening, Reader, Tag, Value, WriteError, Writer};

/// Properties of one object that are read: a user has 152 and up to 100 extensions.
const PROPERTIES_MAX: usize = 1000;

/// An object to write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyncObject {
    /// Its properties in the order in which they are sent, anchors among them.
    pub properties: Vec<(String, PropertyValue)>,
    /// Its kind.
    pub kind: SyncObjectType,
    /// What happens to it.
    pub operation: SyncOperation,
}

/// Kind of an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SyncObjectType {
    /// A user.
    User,
    /// A group.
    Group,
    /// A contact.
    Contact,
    /// A device.
    Device,
}

/// What happens to an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SyncOperation {
    /// It is created; clients are known to say `Set` for this as well.
    Add,
    /// It is created or changed.
    Set,
    /// It is deleted; only its anchor is sent.
    Delete,
}

impl SyncObjectType {
    /// As it is written.
    pub const fn name(self) -> &'static str {
        match self {
            Self::User => "User",
            Self::Group => "Group",
            Self::Contact => "Contact",
            Self::Device => "Device",
        }
    }

    /// The kind of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::User, Self::Group, Self::Contact, Self::Device].into_iter().find(|it| it.name() == name)
    }
}

impl SyncOperation {
    /// As it is written.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Add => "Add",
            Self::Set => "Set",
            Self::Delete => "Delete",
        }
    }

    /// The operation of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Add, Self::Set, Self::Delete].into_iter().find(|it| it.name() == name)
    }
}

impl SyncObject {
    /// An object with its anchor and no other property yet.
    pub fn new(kind: SyncObjectType, operation: SyncOperation, source_anchor: &str) -> Self {
        let anchor = PropertyValue::Text(source_anchor.to_owned());
        Self { properties: vec![("SourceAnchor".to_owned(), anchor)], kind, operation }
    }

    /// The value of a property.
    pub fn property(&self, name: &str) -> Option<&PropertyValue> {
        self.properties.iter().find(|(it, _)| it == name).map(|(_, value)| value)
    }

    /// Its source anchor, or else its cloud anchor.
    pub fn anchor(&self) -> Option<&str> {
        ["SourceAnchor", "CloudAnchor"].into_iter().find_map(|name| match self.property(name)? {
            PropertyValue::Text(text) => Some(text.as_str()),
            PropertyValue::Nil
            | PropertyValue::Bool(_)
            | PropertyValue::Long(_)
            | PropertyValue::Bytes(_)
            | PropertyValue::Texts(_)
            | PropertyValue::ByteLists(_)
            | PropertyValue::Links(_) => None,
        })
    }

    pub(super) fn write(&self, writer: &mut Writer) -> Result<(), EncodeError> {
        let Self { properties, kind, operation } = self;
        writer.element(&Tag::prefixed("b", "AzureADSyncObject"), |it| {
            it.element(&Tag::prefixed("b", "PropertyValues").namespace("c", ARRAYS), |it| {
                for (name, value) in properties {
                    write_property(it, name, value).map_err(|source| EncodeError::Property {
                        anchor: self.anchor().unwrap_or_default().to_owned(),
                        property: name.clone(),
                        source,
                    })?;
                }
                Ok::<_, EncodeError>(())
            })?;
            it.leaf(&Tag::prefixed("b", "SyncObjectType"), &Value::chars(kind.name()))?;
            it.leaf(&Tag::prefixed("b", "SyncOperation"), &Value::chars(operation.name()))?;
            Ok(())
        })
    }

    /// Reads up to the end of the open `AzureADSyncObject`.
    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let (mut properties, mut kind, mut operation) = (Vec::new(), None, None);
        while let Some(part) = reader.child()? {
            match part.name {
                "PropertyValues" => {
                    while reader.child()?.is_some() {
                        check_count("properties of an object", properties.len(), PROPERTIES_MAX)?;
                        properties.push(read_property(reader)?);
                    }
                }
                "SyncObjectType" => {
                    let found = SyncObjectType::from_name(reader.text()?.trim());
                    kind = Some(found.ok_or_else(|| DecodeError::value(part.name, "a kind of object"))?);
                }
                "SyncOperation" => {
                    let found = SyncOperation::from_name(reader.text()?.trim());
                    operation =
                        Some(found.ok_or_else(|| DecodeError::value(part.name, "Add, Set or Delete"))?);
                }
                _ => reader.skip()?,
            }
        }
        Ok(Self {
            properties,
            kind: kind.ok_or(DecodeError::Missing("SyncObjectType"))?,
            operation: operation.ok_or(DecodeError::Missing("SyncOperation"))?,
        })
    }
}

/// Reads the objects up to the end of the open `syncRequest`.
pub(super) fn read_objects(reader: &mut Reader<'_>) -> Result<Vec<SyncObject>, DecodeError> {
    let mut objects = Vec::new();
    while let Some(part) = reader.child()? {
        if part.name != "SyncObjects" {
            reader.skip()?;
            continue;
        }
        while reader.child()?.is_some() {
            check_count("objects", objects.len(), ITEMS_MAX)?;
            objects.push(SyncObject::read(reader)?);
        }
    }
    Ok(objects)
}

/// What each property starts with, and then its name.
static PROPERTY: LazyLock<Opening> =
    LazyLock::new(|| Opening::known(&Tag::prefixed("c", "KeyValueOfstringanyType")));
static KEY: LazyLock<Opening> = LazyLock::new(|| Opening::known(&Tag::prefixed("c", "Key")));

fn write_property(writer: &mut Writer, name: &str, value: &PropertyValue) -> Result<(), WriteError> {
    writer.element(&*PROPERTY, |it| {
        it.leaf(&*KEY, &Value::chars(name))?;
        value.write(it)
    })
}

/// Reads up to the end of the open `KeyValueOfstringanyType`.
fn read_property(reader: &mut Reader<'_>) -> Result<(String, PropertyValue), DecodeError> {
    let (mut key, mut value) = (None, None);
    while let Some(part) = reader.child()? {
        match part.name {
            "Key" => key = Some(reader.text()?.into_owned()),
            "Value" => value = Some(PropertyValue::read(key.as_deref().unwrap_or("Value"), &part, reader)?),
            _ => reader.skip()?,
        }
    }
    Ok((key.ok_or(DecodeError::Missing("Key"))?, value.ok_or(DecodeError::Missing("Value"))?))
}
