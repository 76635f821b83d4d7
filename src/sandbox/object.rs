//! A user, group or contact as the sandbox keeps it, and how it looks in JSON.
//!
//! It never holds a password, and it does not know which requests may change it.

use std::borrow::Cow;
use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::schema::{self, Shape};

/// Kind of a directory object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Kind {
    User,
    Group,
    /// A contact of the organisation: only Entra Connect and Exchange write it.
    Contact,
}

/// Who is master of an object (graph-tenant reference, 7.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Mastery {
    /// The tenant.
    #[default]
    Cloud,
    /// Entra Connect: Graph refuses writes.
    OnPremSynced,
    /// The tenant, after the source of authority was moved there.
    SoaConverted,
    /// Was in scope of Entra Connect once.
    FormerlySynced,
}

/// One value, kept small: a tenant of 100,000 users is held in memory.
#[derive(Clone, Debug, PartialEq)]
enum Held {
    Text(Box<str>),
    Switch(bool),
    Json(Box<Value>),
}

/// The stored properties of an object, in the order in which they were first set.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Properties(Vec<(Cow<'static, str>, Held)>);

/// A user, a group or a contact.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Object {
    pub(crate) id: Uuid,
    pub(crate) kind: Kind,
    pub(crate) properties: Properties,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) manager: Option<Uuid>,
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub(crate) members: BTreeSet<Uuid>,
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub(crate) owners: BTreeSet<Uuid>,
    #[serde(default)]
    pub(crate) mastery: Mastery,
    /// Source anchor of a group or contact; that of a user is a property.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) anchor: Option<Box<str>>,
    /// What Entra Connect sent of the attributes whose properties are calculated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) shadow: Option<Box<Map<String, Value>>>,
    /// Directory roles that it holds for the whole tenant, by the role's id.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub(crate) roles: BTreeSet<Uuid>,
    /// Directory roles that it may activate when it needs them.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub(crate) eligible_roles: BTreeSet<Uuid>,
    pub(crate) created: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) deleted: Option<Timestamp>,
}

impl Kind {
    /// As it is called in messages.
    pub(crate) const fn resource(self) -> &'static str {
        match self {
            Self::User => "User",
            Self::Group => "Group",
            Self::Contact => "OrgContact",
        }
    }

    pub(crate) const fn type_name(self) -> &'static str {
        match self {
            Self::User => "microsoft.graph.user",
            Self::Group => "microsoft.graph.group",
            Self::Contact => "microsoft.graph.orgContact",
        }
    }

    /// The collection it lives in.
    pub(crate) const fn collection(self) -> &'static str {
        match self {
            Self::User => "users",
            Self::Group => "groups",
            Self::Contact => "contacts",
        }
    }
}

impl Properties {
    pub(crate) fn get(&self, name: &str) -> Option<Value> {
        self.0.iter().find(|(it, _)| it == name).map(|(_, held)| held.json())
    }

    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(it, _)| it == name).and_then(|(_, held)| match held {
            Held::Text(text) => Some(&**text),
            Held::Switch(_) | Held::Json(_) => None,
        })
    }

    pub(crate) fn switch(&self, name: &str) -> bool {
        self.0.iter().any(|(it, held)| it == name && *held == Held::Switch(true))
    }

    pub(crate) fn texts(&self, name: &str) -> Vec<String> {
        match self.get(name) {
            Some(Value::Array(items)) => {
                items.iter().filter_map(|it| it.as_str().map(str::to_owned)).collect()
            }
            Some(Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_))
            | None => Vec::new(),
        }
    }

    /// Sets a value; null takes it away. Tells whether anything changed.
    pub(crate) fn set(&mut self, name: &str, value: Value) -> bool {
        let at = self.0.iter().position(|(it, _)| it == name);
        // An empty collection is the absence of values.
        if value.is_null() || value.as_array().is_some_and(Vec::is_empty) {
            return at.map(|it| self.0.remove(it)).is_some();
        }
        let held = Held::from_json(value);
        match at {
            Some(it) if self.0[it].1 == held => return false,
            Some(it) => self.0[it].1 = held,
            None => self.0.push((interned(name), held)),
        }
        true
    }
}

impl Properties {
    /// The names of what differs between two sets of properties.
    pub(crate) fn differences(&self, other: &Self) -> Vec<String> {
        let changed = self.0.iter().filter(|it| !other.0.contains(it));
        let gone = other.0.iter().filter(|(name, _)| !self.0.iter().any(|(it, _)| it == name));
        changed.chain(gone).map(|(name, _)| name.to_string()).collect()
    }
}

/// Names of the schema cost no allocation; only directory extensions do.
fn interned(name: &str) -> Cow<'static, str> {
    [Kind::User, Kind::Group, Kind::Contact]
        .into_iter()
        .find_map(|kind| schema::property(kind, name))
        .map_or_else(|| Cow::Owned(name.to_owned()), |it| Cow::Borrowed(it.name))
}

impl Held {
    fn from_json(value: Value) -> Self {
        match value {
            Value::String(text) => Self::Text(text.into_boxed_str()),
            Value::Bool(on) => Self::Switch(on),
            Value::Null | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
                Self::Json(Box::new(value))
            }
        }
    }

    fn json(&self) -> Value {
        match self {
            Self::Text(text) => Value::String(text.to_string()),
            Self::Switch(on) => Value::Bool(*on),
            Self::Json(value) => (**value).clone(),
        }
    }
}

impl Object {
    /// The value of one property, computed ones included; null when it has none.
    pub(crate) fn value(&self, name: &str) -> Value {
        match name {
            "id" => return self.id.to_string().into(),
            "createdDateTime" => return whole_second(self.created).into(),
            "deletedDateTime" => return self.deleted.map_or(Value::Null, |it| whole_second(it).into()),
            "onPremisesSyncEnabled" => {
                return match self.mastery {
                    Mastery::Cloud | Mastery::SoaConverted => Value::Null,
                    Mastery::OnPremSynced => Value::Bool(true),
                    Mastery::FormerlySynced => Value::Bool(false),
                };
            }
            "securityIdentifier" => return self.security_identifier().into(),
            "onPremisesExtensionAttributes" => return self.extension_attributes(),
            _ => (),
        }
        self.properties.get(name).unwrap_or_else(|| empty(self.kind, name))
    }

    /// The service derives it from the id: four 32-bit numbers below authority 12.
    fn security_identifier(&self) -> String {
        let bytes = self.id.to_bytes_le();
        let parts: Vec<String> = bytes
            .chunks_exact(4)
            .map(|it| it.iter().rev().fold(0_u32, |sum, byte| sum << 8 | u32::from(*byte)).to_string())
            .collect();
        format!("S-1-12-1-{}", parts.join("-"))
    }

    /// All fifteen are there once the property is selected.
    fn extension_attributes(&self) -> Value {
        let stored = self.properties.get("onPremisesExtensionAttributes").unwrap_or_default();
        (1..=15)
            .map(|number| format!("extensionAttribute{number}"))
            .map(|name| {
                let value = stored.get(&name).cloned().unwrap_or_default();
                (name, value)
            })
            .collect::<Map<String, Value>>()
            .into()
    }

    /// The default properties, in the order of the schema, `id` first.
    pub(crate) fn default_view(&self) -> Map<String, Value> {
        let shown = schema::properties(self.kind).iter().filter(|it| it.default && it.name != "id");
        let mut view = Map::new();
        view.insert("id".to_owned(), self.value("id"));
        view.extend(shown.map(|it| (it.name.to_owned(), self.value(it.name))));
        view
    }

    /// What `$select` names, or the default properties.
    pub(crate) fn view(&self, select: Option<&[String]>) -> Map<String, Value> {
        let Some(select) = select else { return self.default_view() };
        let mut view = Map::new();
        for name in select {
            view.insert(name.clone(), self.value(name));
        }
        // The service adds the key whether it was asked for or not.
        if !view.contains_key("id") {
            view.insert("id".to_owned(), self.value("id"));
        }
        view
    }

    /// The anchor by which Entra Connect knows it.
    pub(crate) fn source_anchor(&self) -> Option<&str> {
        match self.kind {
            Kind::User => self.properties.text("onPremisesImmutableId"),
            Kind::Group | Kind::Contact => self.anchor.as_deref(),
        }
    }

    pub(crate) fn unified(&self) -> bool {
        self.properties.texts("groupTypes").iter().any(|it| it == "Unified")
    }

    pub(crate) fn dynamic(&self) -> bool {
        self.properties.texts("groupTypes").iter().any(|it| it == "DynamicMembership")
    }

    /// Whether Graph refuses every write (reference, 4.1): a distribution list or mail-enabled security group.
    pub(crate) fn exchange_mastered(&self) -> bool {
        self.kind == Kind::Group && self.properties.switch("mailEnabled") && !self.unified()
    }
}

/// A collection that was never set is empty, not null.
fn empty(kind: Kind, name: &str) -> Value {
    let collection = schema::property(kind, name).is_some_and(|it| match it.shape {
        Shape::Texts { items: _, length: _ } => true,
        Shape::Complex => !matches!(name, "employeeOrgData" | "passwordProfile" | "licenseProcessingState"),
        Shape::Text(_) | Shape::Switch | Shape::Time | Shape::Choice(_) => false,
    });
    if collection { Value::Array(Vec::new()) } else { Value::Null }
}

/// The service reports directory times in whole seconds.
pub(crate) fn whole_second(at: Timestamp) -> String {
    Timestamp::from_second(at.as_second()).unwrap_or(at).to_string()
}

impl Serialize for Properties {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, held)| (name, held.json())))
    }
}

impl<'de> Deserialize<'de> for Properties {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut properties = Self::default();
        for (name, value) in Map::<String, Value>::deserialize(deserializer)? {
            if name == "passwordProfile" {
                return Err(D::Error::custom("a stored object may not hold a password"));
            }
            properties.set(&name, value);
        }
        Ok(properties)
    }
}
