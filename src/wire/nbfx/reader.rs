//! Reads a document, one event after the other, in the order of the bytes.
//!
//! It takes hostile bytes: every limit is in [`Limits`], and every error has its offset.
//! It builds no tree and does not know what an element means.

use std::fmt;

use super::cursor::Cursor;
use super::error::{Malformed, ReadError};
use super::namespaces::Namespaces;
use super::record;
use super::text_record;
use super::value::Value;

/// How much a document may ask of its reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Size of the document: 8 MiB hold the largest batch of this protocol several times.
    pub bytes_max: usize,
    /// Elements inside each other; messages have about a dozen.
    pub depth_max: usize,
    /// Attributes and declarations of one element.
    pub attributes_max: usize,
    /// Declarations in scope at once.
    pub namespaces_max: usize,
    /// Length of a name.
    pub name_bytes_max: usize,
    /// Values in a list.
    pub list_items_max: usize,
    /// Text of one element, all records together: a short record can stand for a long text.
    pub text_bytes_max: usize,
    /// Text of all elements together, and attributes that an array repeats.
    pub texts_bytes_max: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            bytes_max: 8 << 20,
            depth_max: 64,
            attributes_max: 64,
            namespaces_max: 100,
            name_bytes_max: 1024,
            list_items_max: 1024,
            text_bytes_max: 4 << 20,
            texts_bytes_max: 16 << 20,
        }
    }
}

/// What comes next in a document.
#[derive(Clone, Debug, PartialEq)]
pub enum Event<'a> {
    /// An element opens.
    Start(Element<'a>),
    /// Text; several may follow each other and belong together.
    Text(Value<'a>),
    /// A comment.
    Comment(&'a str),
    /// The innermost open element closes.
    End,
}

/// The start of an element.
#[derive(Clone, Debug, PartialEq)]
pub struct Element<'a> {
    /// Prefix, or empty.
    pub prefix: &'a str,
    /// Local name.
    pub name: &'a str,
    /// Namespace, or empty.
    pub namespace: &'a str,
    /// Prefixes declared here, with their namespaces.
    pub declared: Vec<(&'a str, &'a str)>,
    /// Attributes, in their order.
    pub attributes: Vec<Attribute<'a>>,
}

impl<'a> Element<'a> {
    /// Whether it is this one.
    pub fn is(&self, namespace: &str, name: &str) -> bool {
        self.name == name && self.namespace == namespace
    }

    /// The value of an attribute.
    pub fn attribute(&self, namespace: &str, name: &str) -> Option<&Value<'a>> {
        let found = self.attributes.iter().find(|it| it.name == name && it.namespace == namespace);
        found.map(|it| &it.value)
    }
}

/// An attribute.
#[derive(Clone, Debug, PartialEq)]
pub struct Attribute<'a> {
    /// Prefix, or empty.
    pub prefix: &'a str,
    /// Local name.
    pub name: &'a str,
    /// Namespace, or empty.
    pub namespace: &'a str,
    /// Value.
    pub value: Value<'a>,
}

/// Reads a document.
#[derive(Clone)]
pub struct Reader<'a> {
    cursor: Cursor<'a>,
    limits: Limits,
    namespaces: Namespaces<'a>,
    depth: usize,
    has_root: bool,
    /// Size of the text so far.
    texts_bytes: usize,
    /// A text record said that its element ends too.
    is_end_due: bool,
    array: Option<Array<'a>>,
}

/// The elements of an array that are still to come ([MC-NBFX] 2.3.3 Array Record).
#[derive(Clone)]
struct Array<'a> {
    element: Element<'a>,
    /// Type of the text record, which ends the element.
    kind: u8,
    left: u32,
    is_open: bool,
    /// About how many bytes repeating the element takes: an item of one byte may stand for many attributes.
    cost: usize,
}

impl<'a> Reader<'a> {
    /// Starts at the first byte.
    pub fn new(bytes: &'a [u8], limits: Limits) -> Result<Self, ReadError> {
        if limits.bytes_max < bytes.len() {
            return Err(ReadError { offset: limits.bytes_max, malformed: Malformed::Limit("bytes_max") });
        }
        Ok(Self {
            cursor: Cursor::new(bytes),
            limits,
            namespaces: Namespaces::default(),
            depth: 0,
            has_root: false,
            texts_bytes: 0,
            is_end_due: false,
            array: None,
        })
    }

    /// How many bytes have been read.
    pub fn offset(&self) -> usize {
        self.cursor.offset()
    }

    /// How many elements are open.
    pub fn depth(&self) -> usize {
        self.depth
    }

    pub(super) fn limits(&self) -> &Limits {
        &self.limits
    }

    pub(super) fn error(&self, malformed: Malformed) -> ReadError {
        self.cursor.error(malformed)
    }

    /// The next event; `None` at the end of a whole document.
    pub fn next_event(&mut self) -> Result<Option<Event<'a>>, ReadError> {
        if self.is_end_due {
            self.is_end_due = false;
            return Ok(Some(self.close()));
        }
        if let Some(array) = self.array.take() {
            return self.next_of_array(array).map(Some);
        }
        if self.cursor.is_empty() {
            return match (self.depth, self.has_root) {
                (0, true) => Ok(None),
                (0, false) => Err(self.error(Malformed::Outermost)),
                _ => Err(self.error(Malformed::Truncated)),
            };
        }
        self.next_record().map(Some)
    }

    fn next_record(&mut self) -> Result<Event<'a>, ReadError> {
        let start = self.cursor.clone();
        let kind = self.cursor.byte()?;
        if kind == record::COMMENT {
            return self.cursor.string().map(Event::Comment);
        }
        if self.depth == 0 && (self.has_root || !is_element(kind)) {
            return Err(start.error(Malformed::Outermost));
        }
        match kind {
            record::END_ELEMENT => Ok(self.close()),
            record::ARRAY => {
                let array = self.array_head()?;
                self.next_of_array(array)
            }
            _ if is_element(kind) => {
                let element = self.element(kind)?;
                self.open(&element)?;
                self.resolve(element).map(Event::Start)
            }
            record::ZERO_TEXT.. => self.text_event(kind),
            _ => Err(start.error(Malformed::Record(kind))),
        }
    }

    fn text_event(&mut self, kind: u8) -> Result<Event<'a>, ReadError> {
        let (value, is_end_due) = text_record::read(&mut self.cursor, kind, self.limits.list_items_max)?;
        self.is_end_due = is_end_due;
        self.count_text(value.size_hint())?;
        Ok(Event::Text(value))
    }

    fn count_text(&mut self, bytes: usize) -> Result<(), ReadError> {
        self.texts_bytes = self.texts_bytes.saturating_add(bytes);
        if self.limits.texts_bytes_max < self.texts_bytes {
            return Err(self.error(Malformed::Limit("texts_bytes_max")));
        }
        Ok(())
    }

    /// Element, its end, the record type and the count; the values follow.
    fn array_head(&mut self) -> Result<Array<'a>, ReadError> {
        let kind = self.one_of(is_element)?;
        let element = self.element(kind)?;
        self.one_of(|it| it == record::END_ELEMENT)?;
        let kind = self.one_of(|it| record::ARRAY_TEXTS.contains(&it))?;
        match self.cursor.int31()? {
            0 => Err(self.error(Malformed::Length)),
            left => Ok(Array { cost: cost(&element), element, kind, left, is_open: false }),
        }
    }

    /// The next record type, which must be such a one.
    fn one_of(&mut self, is_wanted: impl FnOnce(u8) -> bool) -> Result<u8, ReadError> {
        let start = self.cursor.clone();
        let kind = self.cursor.byte()?;
        if is_wanted(kind) { Ok(kind) } else { Err(start.error(Malformed::Record(kind))) }
    }

    fn next_of_array(&mut self, mut array: Array<'a>) -> Result<Event<'a>, ReadError> {
        if !array.is_open {
            self.count_text(array.cost)?;
            let element = array.element.clone();
            self.open(&element)?;
            array.is_open = true;
            self.array = Some(array);
            return self.resolve(element).map(Event::Start);
        }
        let event = self.text_event(array.kind)?;
        array.left -= 1;
        array.is_open = false;
        self.array = (array.left != 0).then_some(array);
        Ok(event)
    }

    fn open(&mut self, element: &Element<'a>) -> Result<(), ReadError> {
        if self.limits.depth_max <= self.depth {
            return Err(self.error(Malformed::Limit("depth_max")));
        }
        self.depth += 1;
        self.has_root = true;
        let opened = self.namespaces.open(self.depth, &element.declared, self.limits.namespaces_max);
        opened.map_err(|it| self.error(it))
    }

    fn close(&mut self) -> Event<'a> {
        self.namespaces.close(self.depth);
        self.depth -= 1;
        Event::End
    }

    /// Fills in the namespaces, which the declarations of the element itself take part in.
    fn resolve(&self, mut element: Element<'a>) -> Result<Element<'a>, ReadError> {
        let error = |it| self.error(it);
        element.namespace = self.namespaces.of_element(element.prefix).map_err(error)?;
        for at in 0..element.attributes.len() {
            let namespace = self.namespaces.of_attribute(element.attributes[at].prefix).map_err(error)?;
            element.attributes[at].namespace = namespace;
            let name = element.attributes[at].name;
            if element.attributes[..at].iter().any(|it| it.name == name && it.namespace == namespace) {
                return Err(error(Malformed::Duplicate));
            }
        }
        Ok(element)
    }

    /// An element record of this type ([MC-NBFX] 2.2.1 Element Records) and the attributes after it.
    fn element(&mut self, kind: u8) -> Result<Element<'a>, ReadError> {
        let max = self.limits.name_bytes_max;
        let cursor = &mut self.cursor;
        let (prefix, name) = match kind {
            record::SHORT_ELEMENT => ("", cursor.name(max)?),
            record::ELEMENT => (cursor.name(max)?, cursor.name(max)?),
            record::SHORT_DICTIONARY_ELEMENT => ("", cursor.dictionary_name()?),
            record::DICTIONARY_ELEMENT => (cursor.name(max)?, cursor.dictionary_name()?),
            record::PREFIX_DICTIONARY_ELEMENT_A..=record::PREFIX_DICTIONARY_ELEMENT_Z => {
                (self.letter(kind, record::PREFIX_DICTIONARY_ELEMENT_A)?, self.cursor.dictionary_name()?)
            }
            _ => (self.letter(kind, record::PREFIX_ELEMENT_A)?, self.cursor.name(max)?),
        };
        let mut element =
            Element { prefix, name, namespace: "", declared: Vec::new(), attributes: Vec::new() };
        while let Some(kind @ record::SHORT_ATTRIBUTE..=record::PREFIX_ATTRIBUTE_Z) = self.cursor.peek() {
            if self.limits.attributes_max <= element.declared.len() + element.attributes.len() {
                return Err(self.error(Malformed::Limit("attributes_max")));
            }
            self.cursor.byte()?;
            match kind {
                record::SHORT_XMLNS..=record::DICTIONARY_XMLNS => self.declaration(kind, &mut element)?,
                _ => element.attributes.push(self.attribute(kind)?),
            }
        }
        Ok(element)
    }

    /// [MC-NBFX] 2.2.2.5 to 2.2.2.8.
    fn declaration(&mut self, kind: u8, element: &mut Element<'a>) -> Result<(), ReadError> {
        let cursor = &mut self.cursor;
        let start = cursor.clone();
        let max = self.limits.name_bytes_max;
        let declared = match kind {
            record::SHORT_XMLNS => ("", cursor.string()?),
            record::XMLNS => (cursor.name(max)?, cursor.string()?),
            record::SHORT_DICTIONARY_XMLNS => ("", cursor.dictionary_string()?),
            _ => (cursor.name(max)?, cursor.dictionary_string()?),
        };
        if element.declared.iter().any(|(prefix, _)| *prefix == declared.0) {
            return Err(start.error(Malformed::Duplicate));
        }
        element.declared.push(declared);
        Ok(())
    }

    /// [MC-NBFX] 2.2.2.1 to 2.2.2.4, 2.2.2.9 and 2.2.2.10.
    fn attribute(&mut self, kind: u8) -> Result<Attribute<'a>, ReadError> {
        let max = self.limits.name_bytes_max;
        let cursor = &mut self.cursor;
        let (prefix, name) = match kind {
            record::SHORT_ATTRIBUTE => ("", cursor.name(max)?),
            record::ATTRIBUTE => (cursor.name(max)?, cursor.name(max)?),
            record::SHORT_DICTIONARY_ATTRIBUTE => ("", cursor.dictionary_name()?),
            record::DICTIONARY_ATTRIBUTE => (cursor.name(max)?, cursor.dictionary_name()?),
            record::PREFIX_DICTIONARY_ATTRIBUTE_A..=record::PREFIX_DICTIONARY_ATTRIBUTE_Z => {
                (self.letter(kind, record::PREFIX_DICTIONARY_ATTRIBUTE_A)?, self.cursor.dictionary_name()?)
            }
            _ => (self.letter(kind, record::PREFIX_ATTRIBUTE_A)?, self.cursor.name(max)?),
        };
        let kind = self.one_of(|it| record::ZERO_TEXT <= it && it & 1 == 0)?;
        let (value, ends_element) = text_record::read(&mut self.cursor, kind, self.limits.list_items_max)?;
        if ends_element {
            return Err(self.error(Malformed::Record(record::END_LIST_TEXT + 1)));
        }
        Ok(Attribute { prefix, name, namespace: "", value })
    }

    fn letter(&self, kind: u8, a: u8) -> Result<&'static str, ReadError> {
        record::letter(kind - a).ok_or_else(|| self.error(Malformed::Record(kind)))
    }
}

/// How far it has come, and never what it reads.
impl fmt::Debug for Reader<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Reader(at byte {}, depth {})", self.offset(), self.depth)
    }
}

fn cost(element: &Element<'_>) -> usize {
    let values = element.attributes.iter().map(|it| it.value.size_hint());
    (element.declared.len() + element.attributes.len()) * size_of::<Attribute<'_>>() + values.sum::<usize>()
}

fn is_element(kind: u8) -> bool {
    (record::SHORT_ELEMENT..=record::PREFIX_ELEMENT_Z).contains(&kind)
}
