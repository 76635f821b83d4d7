//! The rules of dynamic groups (graph-tenant reference, §12 behaviour 11): parsed, and tried on one user.
//!
//! A small part of the service's language: comparisons of a user's properties with literals, `-in`, `-and`,
//! `-or`, `-not` and parentheses. It knows no group and holds no object.

mod parsing;

use std::borrow::Cow;

use serde_json::Value;

use super::object::{Kind, Object};
use super::schema::{self, Shape};

pub(crate) use self::parsing::parse;

/// Most characters of a rule.
pub(crate) const LENGTH_MAX: usize = 3_072;
/// How deep parentheses and `-not` may nest.
const DEPTH_MAX: usize = 20;

/// A parsed rule.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Rule {
    /// Every one of them holds; never empty.
    All(Vec<Self>),
    /// At least one of them holds; never empty.
    Any(Vec<Self>),
    Not(Box<Self>),
    Is {
        property: Property,
        test: Test,
    },
}

/// What is asked of a value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Test {
    Absent,
    Switch(bool),
    /// Folded text, as all texts here.
    Equals(String),
    StartsWith(String),
    Contains(String),
    OneOf(Vec<String>),
    /// A collection has this element.
    Holds(String),
}

/// A property of users that rules may name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Property {
    /// As the object stores it.
    stored: String,
    /// Member of `stored`, for extension attributes.
    member: Option<String>,
    form: Form,
}

/// Which tests a property takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    Text,
    Switch,
    Texts,
}

impl Property {
    /// A property by its name in rules, `user.` taken off. Some names there are older than those of Graph.
    pub(crate) fn named(name: &str) -> Option<Self> {
        if schema::is_extension_attribute(name) {
            let stored = "onPremisesExtensionAttributes".to_owned();
            return Some(Self { stored, member: Some(name.to_owned()), form: Form::Text });
        }
        if schema::is_extension(name) {
            return Some(Self { stored: name.to_owned(), member: None, form: Form::Text });
        }
        let stored = match name {
            "objectId" => "id",
            "dirSyncEnabled" => "onPremisesSyncEnabled",
            "facsimileTelephoneNumber" => "faxNumber",
            "mobile" => "mobilePhone",
            "physicalDeliveryOfficeName" => "officeLocation",
            other => other,
        };
        let form = match schema::property(Kind::User, stored)?.shape {
            Shape::Text(_) | Shape::Choice(_) => Form::Text,
            Shape::Switch => Form::Switch,
            Shape::Texts { items: _, length: _ } => Form::Texts,
            Shape::Time | Shape::Complex => return None,
        };
        Some(Self { stored: stored.to_owned(), member: None, form })
    }

    /// The single text, if there is one.
    fn text<'a>(&self, user: &'a Object) -> Option<Cow<'a, str>> {
        if let Some(member) = &self.member {
            let outer = user.properties.get(&self.stored)?;
            return outer.get(member).and_then(Value::as_str).map(|it| Cow::Owned(it.to_owned()));
        }
        if let Some(text) = user.properties.text(&self.stored) {
            return Some(Cow::Borrowed(text));
        }
        match user.value(&self.stored) {
            Value::String(text) => Some(Cow::Owned(text)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => None,
        }
    }
}

impl Rule {
    /// Whether a user belongs to the group.
    pub(crate) fn takes(&self, user: &Object) -> bool {
        match self {
            Self::All(rules) => rules.iter().all(|it| it.takes(user)),
            Self::Any(rules) => rules.iter().any(|it| it.takes(user)),
            Self::Not(rule) => !rule.takes(user),
            Self::Is { property, test } => test.holds(property, user),
        }
    }

    /// Whether the rule reads a property, by the name under which objects store it.
    pub(crate) fn reads(&self, name: &str) -> bool {
        match self {
            Self::All(rules) | Self::Any(rules) => rules.iter().any(|it| it.reads(name)),
            Self::Not(rule) => rule.reads(name),
            Self::Is { property, test: _ } => property.stored == name,
        }
    }
}

impl Test {
    fn holds(&self, property: &Property, user: &Object) -> bool {
        let text = || property.text(user).map(|it| it.to_lowercase());
        match self {
            Self::Absent if property.form == Form::Text => text().is_none(),
            Self::Absent => match user.value(&property.stored) {
                Value::Null => true,
                Value::Array(items) => items.is_empty(),
                Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_) => false,
            },
            Self::Switch(on) => user.value(&property.stored) == Value::Bool(*on),
            Self::Equals(wanted) => text().is_some_and(|it| it == *wanted),
            Self::StartsWith(wanted) => text().is_some_and(|it| it.starts_with(wanted)),
            Self::Contains(wanted) => text().is_some_and(|it| it.contains(wanted)),
            Self::OneOf(wanted) => text().is_some_and(|it| wanted.contains(&it)),
            Self::Holds(wanted) => {
                user.properties.texts(&property.stored).iter().any(|it| it.to_lowercase() == *wanted)
            }
        }
    }
}
