//! One object of a batch as it was sent: its anchors, its values and its links, checked for name and type.
//!
//! It does not know the object of the tenant that it becomes.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use uuid::Uuid;

use super::failure::Failure;
use super::known_attributes::{Form, attribute};
use crate::sandbox::object::Kind;
use crate::sandbox::schema;
use crate::wire::provisioning::{Anchor, LinkChange, PropertyValue, SyncObject, SyncObjectType};

/// Longest value of a directory extension (password-sync reference, 3.8).
const EXTENSION_CHARS_MAX: usize = 250;
const EXTENSIONS_MAX: usize = 100;
const CERTIFICATES_MAX: usize = 15;
const ADDRESSES_MAX: usize = 332;
const PHOTO_BYTES_MAX: usize = 100 * 1024;

/// The two generations of the operation, which write links differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Generation {
    /// All links of an object.
    Whole,
    /// Changes of them.
    Changes,
}

/// What is asked for of an object's links of one name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Links {
    Replace(Vec<Anchor>),
    Change(Vec<LinkChange>),
}

/// An object as it was sent.
#[derive(Clone, Debug)]
pub(super) struct Sent {
    pub(super) kind: Kind,
    pub(super) source_anchor: Option<String>,
    pub(super) cloud_anchor: Option<Uuid>,
    /// By their usual names, null where a value is to go; bytes as base64.
    pub(super) values: BTreeMap<String, Value>,
    pub(super) links: BTreeMap<&'static str, Links>,
}

impl Sent {
    /// Reads an object.
    pub(super) fn read(object: &SyncObject, generation: Generation) -> Result<Self, Failure> {
        let kind = kind(object.kind)?;
        let mut sent = Self {
            kind,
            source_anchor: None,
            cloud_anchor: None,
            values: BTreeMap::new(),
            links: BTreeMap::new(),
        };
        for (name, value) in &object.properties {
            match (name.to_ascii_lowercase().as_str(), value) {
                ("sourceanchor", PropertyValue::Text(text)) => sent.source_anchor = Some(anchor(text)?),
                ("cloudanchor", PropertyValue::Text(text)) => {
                    let id = cloud_anchor(text).filter(|(of, _)| *of == kind).map(|(_, id)| id);
                    sent.cloud_anchor = Some(id.ok_or_else(|| invalid(name))?);
                }
                ("sourceanchor" | "cloudanchor", PropertyValue::Nil) => (),
                ("sourceanchor" | "cloudanchor", _) => return Err(invalid(name)),
                _ => sent.add(name, value, generation)?,
            }
        }
        if sent.source_anchor.is_none() && sent.cloud_anchor.is_none() {
            return Err(Failure::invalid("The object has neither a SourceAnchor nor a CloudAnchor."));
        }
        Ok(sent)
    }

    fn add(&mut self, name: &str, value: &PropertyValue, generation: Generation) -> Result<(), Failure> {
        if schema::is_extension(name) {
            let extensions = self.values.keys().filter(|it| schema::is_extension(it)).count();
            if EXTENSIONS_MAX <= extensions {
                return Err(Failure::too_large("extension"));
            }
            self.values.insert(name.to_owned(), extension(name, value)?);
            return Ok(());
        }
        let unknown = || Failure::invalid(format!("The attribute {name} does not exist."));
        let (name, form) = attribute(self.kind, name).ok_or_else(unknown)?;
        match form {
            Form::Link | Form::Links => {
                self.links.insert(name, links(name, form, value, generation)?);
            }
            Form::Text | Form::Texts | Form::Bool | Form::Long | Form::Bytes | Form::ByteLists => {
                self.values.insert(name.to_owned(), plain(name, form, value)?);
            }
        }
        Ok(())
    }

    /// A text that was sent.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.values.get(name).and_then(Value::as_str)
    }

    /// Texts that were sent.
    pub(super) fn texts(&self, name: &str) -> Vec<&str> {
        self.values
            .get(name)
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect()
    }
}

fn kind(kind: SyncObjectType) -> Result<Kind, Failure> {
    match kind {
        SyncObjectType::User => Ok(Kind::User),
        SyncObjectType::Group => Ok(Kind::Group),
        SyncObjectType::Contact => Ok(Kind::Contact),
        SyncObjectType::Device => Err(Failure::invalid("The sandbox does not synchronise devices.")),
    }
}

/// Under 60 characters, of which those that are no letter and no digit count three times (graph-tenant
/// reference, 8.1).
fn anchor(text: &str) -> Result<String, Failure> {
    let padded = text.trim_end_matches('=');
    let weight: usize = padded.chars().map(|it| if it.is_ascii_alphanumeric() { 1 } else { 3 }).sum();
    // Which characters an anchor may not have is known for custom ones only; base64 has `+`, `/` and `=`.
    if padded.is_empty() || 60 <= weight || !padded.chars().all(|it| it.is_ascii_graphic()) {
        return Err(invalid("SourceAnchor"));
    }
    Ok(text.to_owned())
}

/// `User_…`, `Group_…` or `Contact_…` with an object id.
pub(super) fn cloud_anchor(text: &str) -> Option<(Kind, Uuid)> {
    let (kind, id) = text.split_once('_')?;
    let kind = match kind {
        "User" => Kind::User,
        "Group" => Kind::Group,
        "Contact" => Kind::Contact,
        _ => return None,
    };
    Some((kind, crate::sandbox::routes::object_id(id)?))
}

fn invalid(name: &str) -> Failure {
    Failure::invalid(format!("The value of the attribute {name} is not valid."))
}

fn plain(name: &str, form: Form, value: &PropertyValue) -> Result<Value, Failure> {
    Ok(match (form, value) {
        (_, PropertyValue::Nil) => Value::Null,
        (Form::Text, PropertyValue::Text(text)) if text.is_empty() => Value::Null,
        (Form::Text, PropertyValue::Text(text)) => text.as_str().into(),
        (Form::Bool, PropertyValue::Bool(on)) => (*on).into(),
        (Form::Long, PropertyValue::Long(number)) => (*number).into(),
        (Form::Bytes, PropertyValue::Bytes(bytes))
            if name == "thumbnailPhoto" && PHOTO_BYTES_MAX < bytes.len() =>
        {
            return Err(Failure::too_long(name));
        }
        (Form::Bytes, PropertyValue::Bytes(bytes)) => STANDARD.encode(bytes).into(),
        (Form::Texts, PropertyValue::Texts(texts)) => {
            if name == "proxyAddresses" && ADDRESSES_MAX < texts.len() {
                return Err(Failure::too_large(name));
            }
            texts.as_slice().into()
        }
        (Form::ByteLists, PropertyValue::ByteLists(lists)) => {
            if name == "userCertificate" && CERTIFICATES_MAX < lists.len() {
                return Err(Failure::too_large(name));
            }
            lists.iter().map(|it| Value::from(STANDARD.encode(it))).collect()
        }
        (_, _) => return Err(invalid(name)),
    })
}

fn extension(name: &str, value: &PropertyValue) -> Result<Value, Failure> {
    let fits = |text: &str| text.chars().count() <= EXTENSION_CHARS_MAX;
    match value {
        PropertyValue::Nil => Ok(Value::Null),
        PropertyValue::Text(text) if fits(text) => Ok(text.as_str().into()),
        PropertyValue::Texts(texts) if texts.iter().all(|it| fits(it)) => Ok(texts.as_slice().into()),
        PropertyValue::Text(_) | PropertyValue::Texts(_) => Err(Failure::too_long(name)),
        PropertyValue::Bool(on) => Ok((*on).into()),
        PropertyValue::Long(number) => Ok((*number).into()),
        PropertyValue::Bytes(bytes) => Ok(STANDARD.encode(bytes).into()),
        PropertyValue::ByteLists(_) | PropertyValue::Links(_) => Err(invalid(name)),
    }
}

/// Single references are a text in either generation; lists are whole in the first and changes in the second.
fn links(name: &str, form: Form, value: &PropertyValue, generation: Generation) -> Result<Links, Failure> {
    match (value, generation) {
        (PropertyValue::Nil, _) => Ok(Links::Replace(Vec::new())),
        (PropertyValue::Text(text), _) if form == Form::Link => Ok(Links::Replace(vec![reference(text)])),
        (PropertyValue::Texts(texts), Generation::Whole) => {
            Ok(Links::Replace(texts.iter().map(|it| reference(it)).collect()))
        }
        (PropertyValue::Links(changes), Generation::Changes) => Ok(Links::Change(changes.clone())),
        (_, _) => Err(invalid(name)),
    }
}

fn reference(text: &str) -> Anchor {
    match cloud_anchor(text) {
        Some(_) => Anchor::Cloud(text.to_owned()),
        None => Anchor::Source(text.to_owned()),
    }
}
