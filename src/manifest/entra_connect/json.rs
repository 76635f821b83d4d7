//! JSON as a tree in which every value knows its place, and whether somebody has understood it.
//!
//! `serde_json` splits each level; that it knows no places of values is made up for by where its pieces lie in
//! the text. Which keys there are is not known here.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::ImportError;

/// Deepest nesting: each level is split anew, and a real configuration has about ten.
pub(super) const DEPTH_MAX: usize = 32;
/// Most values: a real configuration has some ten thousand.
pub(super) const VALUES_MAX: usize = 500_000;

/// A value.
#[derive(Debug)]
pub(super) struct Node {
    /// Byte of the text where it begins.
    pub(super) start: usize,
    pub(super) content: Content,
    /// Whether somebody has understood it, with all that is in it.
    seen: Cell<bool>,
}

/// What a value is.
#[derive(Debug)]
pub(super) enum Content {
    Null,
    Switch(bool),
    /// As it is written.
    Number(String),
    Text(String),
    List(Vec<Node>),
    Object(Vec<(String, Node)>),
}

impl Node {
    /// Marks it as understood, with all that is in it.
    pub(super) fn see(&self) -> &Self {
        self.seen.set(true);
        self
    }

    pub(super) const fn is_seen(&self) -> bool {
        self.seen.get()
    }

    /// The value of a key, whatever its case and its hyphens: versions of Entra Connect differ there.
    pub(super) fn field(&self, names: &[&str]) -> Option<&Self> {
        let Content::Object(entries) = &self.content else { return None };
        names.iter().find_map(|name| entries.iter().find(|it| is_named(&it.0, name)).map(|it| &it.1))
    }

    pub(super) fn items(&self) -> &[Self] {
        match &self.content {
            Content::List(items) => items,
            Content::Null
            | Content::Switch(_)
            | Content::Number(_)
            | Content::Text(_)
            | Content::Object(_) => &[],
        }
    }

    pub(super) fn text(&self) -> Option<&str> {
        match &self.content {
            Content::Text(text) => Some(text),
            Content::Null
            | Content::Switch(_)
            | Content::Number(_)
            | Content::List(_)
            | Content::Object(_) => None,
        }
    }

    /// What sort of value it is, for people.
    pub(super) const fn sort(&self) -> &'static str {
        match self.content {
            Content::Null => "null",
            Content::Switch(_) => "true or false",
            Content::Number(_) => "a number",
            Content::Text(_) => "a text",
            Content::List(_) => "a list",
            Content::Object(_) => "an object",
        }
    }
}

/// Whether a key is the one that is meant.
pub(super) fn is_named(key: &str, name: &str) -> bool {
    fn letters(text: &str) -> impl Iterator<Item = u8> {
        text.bytes().filter(u8::is_ascii_alphanumeric).map(|it| it.to_ascii_lowercase())
    }
    letters(key).eq(letters(name))
}

/// The tree of a text.
pub(super) fn parse(text: &str) -> Result<Node, ImportError> {
    let whole: &RawValue = serde_json::from_str(text)
        .map_err(|cause| not_json((cause.line(), cause.column().max(1)), &cause))?;
    let mut parser = Parser { text, values: 0 };
    parser.node(whole, 0)
}

fn not_json(at: (usize, usize), cause: &serde_json::Error) -> ImportError {
    let words = cause.to_string();
    let place = format!(" at line {} column {}", cause.line(), cause.column());
    ImportError::NotJson { at, reason: words.strip_suffix(&place).unwrap_or(&words).to_owned() }
}

/// Line and column of a byte, counted from one; columns are characters.
pub(super) fn position(text: &str, at: usize) -> (usize, usize) {
    let before = text.get(..at).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |it| it + 1);
    (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
}

struct Parser<'a> {
    text: &'a str,
    values: usize,
}

impl<'a> Parser<'a> {
    fn node(&mut self, raw: &'a RawValue, depth: usize) -> Result<Node, ImportError> {
        let start = raw.get().as_ptr().addr() - self.text.as_ptr().addr();
        self.values += 1;
        if VALUES_MAX < self.values {
            return Err(ImportError::TooMany);
        }
        if DEPTH_MAX < depth {
            return Err(ImportError::TooDeep { at: position(self.text, start) });
        }
        let failed = |cause| not_json(position(self.text, start), &cause);
        let content = match raw.get().as_bytes().first() {
            Some(b'{') => {
                let Entries(entries) = serde_json::from_str(raw.get()).map_err(failed)?;
                Content::Object(self.entries(entries, depth)?)
            }
            Some(b'[') => {
                let items: Vec<&RawValue> = serde_json::from_str(raw.get()).map_err(failed)?;
                let items = items.into_iter().map(|it| self.node(it, depth + 1));
                Content::List(items.collect::<Result<_, _>>()?)
            }
            Some(b'"') => Content::Text(serde_json::from_str(raw.get()).map_err(failed)?),
            Some(b't') => Content::Switch(true),
            Some(b'f') => Content::Switch(false),
            Some(b'n') => Content::Null,
            _ => Content::Number(raw.get().to_owned()),
        };
        Ok(Node { start, content, seen: Cell::new(false) })
    }

    fn entries(
        &mut self,
        parts: Vec<(String, &'a RawValue)>,
        depth: usize,
    ) -> Result<Vec<(String, Node)>, ImportError> {
        let mut keys = BTreeSet::new();
        let mut entries = Vec::with_capacity(parts.len());
        for (key, raw) in parts {
            let node = self.node(raw, depth + 1)?;
            if !keys.insert(key.clone()) {
                return Err(ImportError::DuplicateKey { at: position(self.text, node.start), key });
            }
            entries.push((key, node));
        }
        Ok(entries)
    }
}

/// The keys of an object in the order of the text, those that stand twice included.
struct Entries<'a>(Vec<(String, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Entries<'a> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_map(EntriesVisitor).map(Entries)
    }
}

struct EntriesVisitor;

impl<'de> Visitor<'de> for EntriesVisitor {
    type Value = Vec<(String, &'de RawValue)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = map.next_entry()? {
            entries.push(entry);
        }
        Ok(entries)
    }
}
