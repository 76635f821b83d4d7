//! A fault (SOAP 1.2 Part 1, 5.4): what a service says instead of an answer.
//!
//! It does not know what any code or detail means.

use super::ENVELOPE;
use crate::wire::nbfx::{Leaf, ReadError, Reader, Tag, Value, WriteError, Writer};

/// Details, fields and subcodes that are kept; faults have a handful.
const PARTS_MAX: usize = 32;
/// Characters of a text that are kept: enough for every message that people are meant to read.
const TEXT_CHARS_MAX: usize = 2000;

/// What a service says instead of an answer. Texts are in one line and of bounded length.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fault {
    /// `Sender`, `Receiver` or another of the standard's codes, without prefix.
    pub code: String,
    /// Subcodes, outermost first, without prefixes.
    pub subcodes: Vec<String>,
    /// Reason for people.
    pub reason: String,
    /// What the service adds.
    pub details: Vec<Detail>,
}

/// One entry of the details.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Detail {
    /// Name of the entry, such as `BindingRedirectionFault`.
    pub name: String,
    /// The elements without elements inside it, in their order.
    pub fields: Vec<Field>,
}

/// One element of a detail.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Field {
    /// Name of the element.
    pub name: String,
    /// Its text.
    pub text: String,
}

impl Fault {
    /// The first text with this name in any detail, if it is not empty.
    pub fn field(&self, name: &str) -> Option<&str> {
        self.details.iter().find_map(|it| it.field(name))
    }

    /// Reads up to the end of the open `Fault` element.
    pub fn read(reader: &mut Reader<'_>) -> Result<Self, ReadError> {
        let mut fault = Self::default();
        while let Some(part) = reader.child()? {
            match part.name {
                "Code" => reader.leaves(|leaf| fault.add_code(leaf))?,
                // Of several languages, the first.
                "Reason" => reader.leaves(|leaf| {
                    if fault.reason.is_empty() {
                        fault.reason = one_line(leaf.text);
                    }
                })?,
                "Detail" => fault.read_details(reader)?,
                _ => reader.skip()?,
            }
        }
        Ok(fault)
    }

    fn add_code(&mut self, leaf: &Leaf<'_, '_>) {
        let code = one_line(leaf.text.rsplit(':').next().unwrap_or_default());
        if leaf.path.is_empty() {
            self.code = code;
        } else if self.subcodes.len() < PARTS_MAX {
            self.subcodes.push(code);
        }
    }

    fn read_details(&mut self, reader: &mut Reader<'_>) -> Result<(), ReadError> {
        while let Some(entry) = reader.child()? {
            let detail = Detail::read(entry.name, reader)?;
            if self.details.len() < PARTS_MAX {
                self.details.push(detail);
            }
        }
        Ok(())
    }

    pub(super) fn write(&self, writer: &mut Writer, detail_namespace: &str) -> Result<(), WriteError> {
        let Self { code, subcodes, reason, details } = self;
        writer.element(&Tag::prefixed("s", "Fault"), |it| {
            it.element(&Tag::prefixed("s", "Code"), |it| {
                it.leaf(&Tag::prefixed("s", "Value"), &Value::chars(&format!("s:{code}")))?;
                write_subcodes(it, subcodes)
            })?;
            it.element(&Tag::prefixed("s", "Reason"), |it| {
                let language = Tag::prefixed("s", "Text").attribute("xml", "lang", Value::chars("en-US"));
                it.leaf(&language, &Value::chars(reason))
            })?;
            if details.is_empty() {
                return Ok(());
            }
            it.element(&Tag::prefixed("s", "Detail"), |it| {
                details.iter().try_for_each(|detail| detail.write(it, detail_namespace))
            })
        })
    }
}

impl Field {
    /// A field, its text in one line and of bounded length.
    pub fn new(name: &str, text: &str) -> Self {
        Self { name: one_line(name), text: one_line(text) }
    }
}

impl Detail {
    /// The first text with this name, if it is not empty.
    pub fn field(&self, name: &str) -> Option<&str> {
        let found = self.fields.iter().find(|it| it.name == name && !it.text.is_empty());
        found.map(|it| it.text.as_str())
    }

    /// Reads up to the end of the open element of this name.
    pub fn read(name: &str, reader: &mut Reader<'_>) -> Result<Self, ReadError> {
        let mut detail = Self { name: one_line(name), fields: Vec::new() };
        reader.leaves(|leaf| {
            if detail.fields.len() < PARTS_MAX {
                detail.fields.push(Field::new(leaf.element.name, leaf.text));
            }
        })?;
        Ok(detail)
    }

    fn write(&self, writer: &mut Writer, namespace: &str) -> Result<(), WriteError> {
        writer.element(&Tag::new(&self.name).namespace("", namespace), |it| {
            for Field { name, text } in &self.fields {
                it.leaf(&Tag::new(name), &Value::chars(text))?;
            }
            Ok(())
        })
    }
}

fn write_subcodes(writer: &mut Writer, subcodes: &[String]) -> Result<(), WriteError> {
    let Some((first, rest)) = subcodes.split_first() else { return Ok(()) };
    writer.element(&Tag::prefixed("s", "Subcode"), |it| {
        it.leaf(&Tag::prefixed("s", "Value"), &Value::chars(first))?;
        write_subcodes(it, rest)
    })
}

/// Whether this element is a fault.
pub(super) fn is_fault(element: &crate::wire::nbfx::Element<'_>) -> bool {
    element.is(ENVELOPE, "Fault")
}

/// Printable text in one line, of bounded length.
fn one_line(text: &str) -> String {
    let mut line = String::new();
    let printable = text.chars().map(|it| if it.is_control() { ' ' } else { it });
    for c in printable.take(TEXT_CHARS_MAX) {
        if c != ' ' || !(line.is_empty() || line.ends_with(' ')) {
            line.push(c);
        }
    }
    line.truncate(line.trim_end().len());
    line
}
