//! The value of a property of a synchronised object, with its type.
//!
//! It does not know which property has which type.

use std::sync::LazyLock;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::error::DecodeError;
use super::schema::{XSD, XSI, boolean, check_count, integer, is_nil};
use crate::wire::nbfx::{Element, Opening, Reader, Tag, Value, WriteError, Writer};

/// Values of one property that are read: a group may have 250,000 members.
const VALUES_MAX: usize = 300_000;

/// A value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PropertyValue {
    /// The property is to have no value.
    Nil,
    /// Text.
    Text(String),
    /// `true` or `false`.
    Bool(bool),
    /// A whole number.
    Long(i64),
    /// Bytes.
    Bytes(Vec<u8>),
    /// Several texts, the whole set.
    Texts(Vec<String>),
    /// Several byte strings, the whole set.
    ByteLists(Vec<Vec<u8>>),
    /// Changes to a set of references, as `ProvisionAzureADSyncObjects2` has for members.
    Links(Vec<LinkChange>),
}

/// One reference that comes or goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkChange {
    /// To which object.
    pub to: Anchor,
    /// Whether it comes or goes.
    pub operation: LinkOperation,
}

/// How an object is named in a reference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Anchor {
    /// By its kind and id in the tenant, such as `User_…`.
    Cloud(String),
    /// By its anchor in the directory.
    Source(String),
}

/// What happens to a reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkOperation {
    /// It comes.
    Add,
    /// It goes.
    Remove,
}

impl PropertyValue {
    /// Writes `c:Value`.
    pub(super) fn write(&self, writer: &mut Writer) -> Result<(), WriteError> {
        let Openings { nil, string, boolean, long, base64_binary } = &*OPENINGS;
        match self {
            Self::Nil => writer.leaf(nil, &Value::Empty),
            Self::Text(text) => writer.leaf(string, &Value::chars(text)),
            // Characters for every type: that is what is known to be accepted.
            Self::Bool(true) => writer.leaf(boolean, &Value::chars("true")),
            Self::Bool(false) => writer.leaf(boolean, &Value::chars("false")),
            Self::Long(number) => writer.leaf(long, &Value::chars(&number.to_string())),
            Self::Bytes(bytes) => writer.leaf(base64_binary, &Value::chars(&STANDARD.encode(bytes))),
            Self::Texts(texts) => writer.element(&typed("c:ArrayOfstring"), |it| {
                texts.iter().try_for_each(|text| it.leaf(&Tag::prefixed("c", "string"), &Value::chars(text)))
            }),
            Self::ByteLists(lists) => writer.element(&typed("c:ArrayOfbase64Binary"), |it| {
                lists.iter().try_for_each(|bytes| {
                    let text = STANDARD.encode(bytes);
                    it.leaf(&Tag::prefixed("c", "base64Binary"), &Value::chars(&text))
                })
            }),
            // Without prefixes: these are of the service's namespace, the default here.
            Self::Links(changes) => writer.element(&typed("SyncReferenceChangeCollection"), |it| {
                it.element(&Tag::new("referenceChanges"), |it| {
                    changes.iter().try_for_each(|change| change.write(it))
                })
            }),
        }
    }

    /// Reads up to the end of the open `Value`, whose property is `name`.
    pub(super) fn read(
        name: &str,
        element: &Element<'_>,
        reader: &mut Reader<'_>,
    ) -> Result<Self, DecodeError> {
        if is_nil(element) {
            reader.skip()?;
            return Ok(Self::Nil);
        }
        let kind = element.attribute(XSI, "type").map(ToString::to_string).unwrap_or_default();
        Ok(match kind.rsplit(':').next().unwrap_or_default() {
            "boolean" => Self::Bool(boolean(name, &reader.text()?)?),
            "long" | "int" | "short" | "integer" => Self::Long(integer(name, &reader.text()?)?),
            "base64Binary" => Self::Bytes(reader.bytes()?.to_vec()),
            "ArrayOfstring" => Self::Texts(list(reader, |it| Ok(it.text()?.into_owned()))?),
            "ArrayOfbase64Binary" => Self::ByteLists(list(reader, |it| Ok(it.bytes()?.to_vec()))?),
            "SyncReferenceChangeCollection" => Self::Links(read_links(reader)?),
            // Dates are written as text, too; and a value without a type can be nothing else.
            "string" | "dateTime" | "" => Self::Text(reader.text()?.into_owned()),
            _ => return Err(DecodeError::value(name, "of a known type")),
        })
    }
}

/// What the values of most properties start with.
struct Openings {
    nil: Opening,
    string: Opening,
    boolean: Opening,
    long: Opening,
    base64_binary: Opening,
}

static OPENINGS: LazyLock<Openings> = LazyLock::new(|| {
    let of_type =
        |name| Opening::known(&value().namespace("d", XSD).attribute("i", "type", Value::chars(name)));
    Openings {
        nil: Opening::known(&value().attribute("i", "nil", Value::chars("true"))),
        string: of_type("d:string"),
        boolean: of_type("d:boolean"),
        long: of_type("d:long"),
        base64_binary: of_type("d:base64Binary"),
    }
});

fn value() -> Tag<'static> {
    Tag::prefixed("c", "Value")
}

fn typed(name: &str) -> Tag<'_> {
    value().attribute("i", "type", Value::chars(name))
}

fn list<'a, T>(
    reader: &mut Reader<'a>,
    each: impl Fn(&mut Reader<'a>) -> Result<T, DecodeError>,
) -> Result<Vec<T>, DecodeError> {
    let mut values = Vec::new();
    while let Some(item) = reader.child()? {
        check_count("values", values.len(), VALUES_MAX)?;
        if is_nil(&item) {
            reader.skip()?;
        } else {
            values.push(each(reader)?);
        }
    }
    Ok(values)
}

fn read_links(reader: &mut Reader<'_>) -> Result<Vec<LinkChange>, DecodeError> {
    let mut changes = Vec::new();
    while let Some(collection) = reader.child()? {
        if collection.name != "referenceChanges" {
            reader.skip()?;
            continue;
        }
        while reader.child()?.is_some() {
            check_count("links", changes.len(), VALUES_MAX)?;
            changes.push(LinkChange::read(reader)?);
        }
    }
    Ok(changes)
}

impl LinkChange {
    fn write(&self, writer: &mut Writer) -> Result<(), WriteError> {
        let Self { to, operation } = self;
        let (anchor, kind) = match to {
            Anchor::Cloud(anchor) => (anchor, "1"),
            Anchor::Source(anchor) => (anchor, "2"),
        };
        let operation = match operation {
            LinkOperation::Add => "1",
            LinkOperation::Remove => "2",
        };
        writer.element(&Tag::new("SyncReferenceChange"), |it| {
            it.element(&Tag::new("Reference"), |it| {
                it.leaf(&Tag::new("Anchor"), &Value::chars(anchor))?;
                it.leaf(&Tag::new("referenceTypeInt"), &Value::chars(kind))
            })?;
            it.leaf(&Tag::new("operationInt"), &Value::chars(operation))
        })
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let (mut anchor, mut kind, mut operation) = (String::new(), String::new(), String::new());
        reader.leaves(|leaf| match leaf.element.name {
            "Anchor" => leaf.text.clone_into(&mut anchor),
            "referenceTypeInt" => leaf.text.clone_into(&mut kind),
            "operationInt" => leaf.text.clone_into(&mut operation),
            _ => (),
        })?;
        let to = match kind.trim() {
            "1" => Anchor::Cloud(anchor),
            "2" => Anchor::Source(anchor),
            _ => return Err(DecodeError::value("referenceTypeInt", "1 or 2")),
        };
        let operation = match operation.trim() {
            "1" => LinkOperation::Add,
            "2" => LinkOperation::Remove,
            _ => return Err(DecodeError::value("operationInt", "1 or 2")),
        };
        Ok(Self { to, operation })
    }
}
