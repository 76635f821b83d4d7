//! YAML text as a tree whose every key and value knows where it stands.
//!
//! It knows YAML 1.2 and its limits, and nothing of what a manifest means.

mod alignment;
mod build;
mod scalar;
mod text;

pub use self::text::{TextError, decode};

use std::ops::Range;

use serde_json::Value;

/// Most bytes of one file: a policy repository of a thousand tenants stays far below.
pub const BYTES_MAX: usize = 4 << 20;
/// Most values of one file, aliases counted as often as they are used.
pub const NODES_MAX: usize = 100_000;
/// Most bytes of text of one file, aliases counted as often as they are used.
pub const TEXT_MAX: usize = 2 * BYTES_MAX;
/// Deepest nesting; a manifest needs ten.
pub const DEPTH_MAX: usize = 64;
/// Most documents of one file.
pub const DOCUMENTS_MAX: usize = 2_000;
/// Most faults that one file is told about.
pub const FAULTS_MAX: usize = 100;

/// What is wrong at one place of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Bytes at fault.
    pub span: Range<usize>,
    /// One sentence.
    pub title: String,
    /// Words for the place itself.
    pub label: String,
    /// What to write instead.
    pub hint: Option<String>,
    /// Other places that matter.
    pub related: Vec<(Range<usize>, String)>,
}

impl Fault {
    /// A fault without further places.
    pub fn new(span: Range<usize>, title: impl Into<String>) -> Self {
        Self { span, title: title.into(), label: String::new(), hint: None, related: Vec::new() }
    }

    /// With words for the place itself.
    #[must_use]
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = label.into();
        self
    }

    /// With what to write instead.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

/// How a scalar was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// Without quotes.
    Plain,
    /// `'…'`.
    SingleQuoted,
    /// `"…"`.
    DoubleQuoted,
    /// `|` or `>`.
    Block,
}

/// One value and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// Bytes of the value, quotes included.
    pub span: Range<usize>,
    /// The value.
    pub content: Content,
}

/// What a value is.
#[derive(Clone, Debug, PartialEq)]
pub enum Content {
    /// Text, number, switch or nothing.
    Scalar {
        /// Escapes resolved, but not interpreted: `0042` stays `0042`.
        text: String,
        /// How it was written.
        style: Style,
        /// As YAML 1.2 interprets it.
        value: Value,
    },
    /// A list.
    List(Vec<Node>),
    /// A map, in the order of the text, without duplicates.
    Map(Vec<Entry>),
}

/// One key of a map and its value.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// The key; keys are always text.
    pub key: String,
    /// Bytes of the key.
    pub key_span: Range<usize>,
    /// The value.
    pub value: Node,
}

/// The documents of a text, and everything that is wrong with them.
#[derive(Clone, Debug, Default)]
pub struct Parsed {
    /// Documents that are not empty.
    pub documents: Vec<Node>,
    /// What is wrong.
    pub faults: Vec<Fault>,
    /// Whether the text could be read to its end.
    pub whole: bool,
}

/// Reads a text.
pub fn parse(text: &str) -> Parsed {
    build::parse(text)
}

impl Node {
    /// The entry of a key.
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        match &self.content {
            Content::Map(entries) => entries.iter().find(|it| it.key == key),
            Content::Scalar { .. } | Content::List(_) => None,
        }
    }

    /// The value of a key.
    pub fn field(&self, key: &str) -> Option<&Self> {
        self.entry(key).map(|it| &it.value)
    }

    /// An item of a list.
    pub fn item(&self, at: usize) -> Option<&Self> {
        match &self.content {
            Content::List(items) => items.get(at),
            Content::Scalar { .. } | Content::Map(_) => None,
        }
    }

    /// The text, if it is text.
    pub fn text(&self) -> Option<&str> {
        match &self.content {
            Content::Scalar { text, value: Value::String(_), .. } => Some(text),
            Content::Scalar { .. } | Content::List(_) | Content::Map(_) => None,
        }
    }

    /// The scalar as written, whatever it would be interpreted as.
    pub fn literal(&self) -> Option<&str> {
        match &self.content {
            Content::Scalar { text, .. } => Some(text),
            Content::List(_) | Content::Map(_) => None,
        }
    }

    /// The bytes of the file that a part of this scalar's text came from; the whole scalar if that
    /// cannot be said.
    pub fn part(&self, source: &str, part: &Range<usize>) -> Range<usize> {
        match &self.content {
            Content::Scalar { text, style, .. } => {
                alignment::part(source, &self.span, *style, text, part).unwrap_or_else(|| self.span.clone())
            }
            Content::List(_) | Content::Map(_) => self.span.clone(),
        }
    }

    /// The same without places.
    pub fn to_json(&self) -> Value {
        match &self.content {
            Content::Scalar { value, .. } => value.clone(),
            Content::List(items) => Value::Array(items.iter().map(Self::to_json).collect()),
            Content::Map(entries) => {
                Value::Object(entries.iter().map(|it| (it.key.clone(), it.value.to_json())).collect())
            }
        }
    }
}
