//! A document as a tree, to compare binary and text forms: read from either, written as either.
//!
//! The parser knows as much XML as the vectors need.

use std::fmt::Write;

use samesign::wire::nbfx::{Event, Limits, ReadError, Reader, Tag, Value, WriteError, Writer};

#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Node {
    pub(crate) prefix: String,
    pub(crate) name: String,
    pub(crate) namespaces: Vec<(String, String)>,
    pub(crate) attributes: Vec<(String, String, String)>,
    pub(crate) children: Vec<Child>,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Child {
    Text(String),
    Element(Node),
}

impl Node {
    /// Reads the binary form.
    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, ReadError> {
        let mut reader = Reader::new(bytes, Limits::default())?;
        let mut open = vec![Self::default()];
        while let Some(event) = reader.next_event()? {
            match event {
                Event::Start(element) => open.push(Self {
                    prefix: element.prefix.to_owned(),
                    name: element.name.to_owned(),
                    namespaces: element
                        .declared
                        .iter()
                        .map(|(prefix, it)| ((*prefix).to_owned(), (*it).to_owned()))
                        .collect(),
                    attributes: element
                        .attributes
                        .iter()
                        .map(|it| (it.prefix.to_owned(), it.name.to_owned(), it.value.to_string()))
                        .collect(),
                    children: Vec::new(),
                }),
                Event::Text(value) => open.last_mut().unwrap().push_text(&value.to_string()),
                Event::Comment(_) => (),
                Event::End => {
                    let node = open.pop().unwrap();
                    open.last_mut().unwrap().children.push(Child::Element(node));
                }
            }
        }
        let Some(Child::Element(root)) = open.pop().unwrap().children.pop() else { unreachable!() };
        Ok(root)
    }

    /// Writes the binary form: all text as characters, but `0` and `1` in attributes as numbers.
    pub(crate) fn encode(&self) -> Result<Vec<u8>, WriteError> {
        let mut writer = Writer::new();
        self.write(&mut writer)?;
        Ok(writer.into_bytes().to_vec())
    }

    fn write(&self, writer: &mut Writer) -> Result<(), WriteError> {
        let mut tag = Tag::prefixed(&self.prefix, &self.name);
        for (prefix, namespace) in &self.namespaces {
            tag = tag.namespace(prefix, namespace);
        }
        for (prefix, name, text) in &self.attributes {
            let value = match text.as_str() {
                "0" => Value::Int(0),
                "1" => Value::Int(1),
                text => Value::chars(text),
            };
            tag = tag.attribute(prefix, name, value);
        }
        writer.element(&tag, |it| {
            for child in &self.children {
                match child {
                    Child::Text(text) => it.text(&Value::chars(text))?,
                    Child::Element(node) => node.write(it)?,
                }
            }
            Ok(())
        })
    }

    fn push_text(&mut self, more: &str) {
        match self.children.last_mut() {
            Some(Child::Text(text)) => text.push_str(more),
            Some(Child::Element(_)) | None if more.is_empty() => (),
            Some(Child::Element(_)) | None => self.children.push(Child::Text(more.to_owned())),
        }
    }

    /// The text form, namespaces before attributes.
    pub(crate) fn xml(&self) -> String {
        let name = qualified(&self.prefix, &self.name);
        let mut xml = format!("<{name}");
        for (prefix, namespace) in &self.namespaces {
            let colon = if prefix.is_empty() { "" } else { ":" };
            write!(xml, " xmlns{colon}{prefix}=\"{namespace}\"").unwrap();
        }
        for (prefix, attribute, text) in &self.attributes {
            write!(xml, " {}=\"{text}\"", qualified(prefix, attribute)).unwrap();
        }
        xml.push('>');
        for child in &self.children {
            match child {
                Child::Text(text) => xml.push_str(text),
                Child::Element(node) => xml.push_str(&node.xml()),
            }
        }
        write!(xml, "</{name}>").unwrap();
        xml
    }

    /// Reads the text form: no comments, no entities.
    pub(crate) fn parse(xml: &str) -> Self {
        let mut open = vec![Self::default()];
        for piece in xml.trim().split_inclusive(['<', '>']) {
            let Some(tag) = piece.strip_suffix('>') else {
                open.last_mut().unwrap().push_text(piece.trim_end_matches('<'));
                continue;
            };
            if !tag.starts_with('/') {
                open.push(Self::start(tag.trim_end_matches('/')));
            }
            if tag.starts_with('/') || tag.ends_with('/') {
                let node = open.pop().unwrap();
                open.last_mut().unwrap().children.push(Child::Element(node));
            }
        }
        let Some(Child::Element(root)) = open.pop().unwrap().children.pop() else { unreachable!() };
        root
    }

    fn start(tag: &str) -> Self {
        let (name, mut rest) = tag.split_once(' ').unwrap_or((tag, ""));
        let (prefix, name) = split(name);
        let mut node = Self { prefix, name, ..Self::default() };
        while let Some((attribute, after)) = rest.trim_start().split_once("=\"") {
            let (value, after) = after.split_once('"').unwrap();
            rest = after;
            match (attribute, attribute.strip_prefix("xmlns:")) {
                ("xmlns", _) => node.namespaces.push((String::new(), value.to_owned())),
                (_, Some(prefix)) => node.namespaces.push((prefix.to_owned(), value.to_owned())),
                (_, None) => {
                    let (prefix, name) = split(attribute);
                    node.attributes.push((prefix, name, value.to_owned()));
                }
            }
        }
        node
    }
}

fn split(name: &str) -> (String, String) {
    let (prefix, name) = name.split_once(':').unwrap_or(("", name));
    (prefix.to_owned(), name.to_owned())
}

fn qualified(prefix: &str, name: &str) -> String {
    if prefix.is_empty() { name.to_owned() } else { format!("{prefix}:{name}") }
}

/// Bytes from hexadecimal digits with spaces between.
pub(crate) fn hex(digits: &str) -> Vec<u8> {
    let digits: Vec<u32> = digits.chars().filter_map(|it| it.to_digit(16)).collect();
    digits.chunks(2).map(|it| u8::try_from(it[0] << 4 | it[1]).unwrap()).collect()
}
