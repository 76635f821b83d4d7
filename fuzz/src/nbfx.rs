//! Binary XML: what is read within the limits and can be written again says the same afterwards.
//!
//! It does not know what a document is about.

use samesign::wire::nbfx::{Element, Event, Limits, ReadError, Reader, Tag, WriteError, Writer};

/// What is written again may be longer than it was: a date of eight bytes is a text of thirty.
const GENEROUS: Limits = Limits {
    bytes_max: usize::MAX,
    depth_max: 64,
    attributes_max: 64,
    namespaces_max: 100,
    name_bytes_max: 1024,
    list_items_max: 1024,
    text_bytes_max: usize::MAX,
    texts_bytes_max: usize::MAX,
};

/// Reads a document as events, and in the ways that messages are read.
pub fn read(bytes: &[u8]) {
    walk(bytes);
    let Ok(events) = events(bytes, Limits::default()) else { return };
    let mut writer = Writer::new();
    match content(&mut events.iter(), &mut writer) {
        Ok(()) => (),
        // The binary form carries characters that XML does not have: they are read, and never written.
        Err(WriteError::Character { .. }) => return,
        Err(error) => panic!("what was read cannot be written: {error}"),
    }
    let bytes = writer.into_bytes();
    let again = self::events(&bytes, GENEROUS).expect("what was written can be read");
    assert_eq!(told(&again), told(&events));
}

fn walk(bytes: &[u8]) {
    let Ok(start) = Reader::new(bytes, Limits::default()) else { return };
    let mut reader = start;
    if reader.root().is_err() {
        return;
    }
    let _text = reader.clone().text();
    let _bytes = reader.clone().bytes();
    let _end = reader.clone().skip().and_then(|()| reader.clone().finish());
    let _leaves = reader.leaves(|leaf| assert!(leaf.path.len() < 64));
}

fn events(bytes: &[u8], limits: Limits) -> Result<Vec<Event<'_>>, ReadError> {
    let mut reader = Reader::new(bytes, limits)?;
    let mut events = Vec::new();
    while let Some(event) = reader.next_event()? {
        events.push(event);
    }
    Ok(events)
}

/// Writes events up to the end of the element that is open, or to their end.
fn content<'a>(
    events: &mut impl Iterator<Item = &'a Event<'a>>,
    writer: &mut Writer,
) -> Result<(), WriteError> {
    while let Some(event) = events.next() {
        match event {
            Event::Start(element) => writer.element(&tag(element), |it| content(&mut *events, it))?,
            Event::Text(value) => writer.text(value)?,
            Event::Comment(_) => (),
            Event::End => return Ok(()),
        }
    }
    Ok(())
}

fn tag<'a>(element: &'a Element<'_>) -> Tag<'a> {
    let Element { prefix, name, namespace: _, declared, attributes } = element;
    let mut tag = Tag::prefixed(prefix, name);
    for (prefix, namespace) in declared {
        tag = tag.namespace(prefix, namespace);
    }
    for it in attributes {
        tag = tag.attribute(it.prefix, it.name, it.value.clone());
    }
    tag
}

/// What a document says: records of text that follow each other are one text, and comments say nothing.
fn told(events: &[Event<'_>]) -> Vec<String> {
    let mut told = Vec::new();
    let mut text = String::new();
    for event in events {
        let mark = match event {
            Event::Text(value) => {
                text.push_str(&value.to_string());
                continue;
            }
            Event::Comment(_) => continue,
            Event::Start(element) => start(element),
            Event::End => "end".to_owned(),
        };
        told.push(std::mem::take(&mut text));
        told.push(mark);
    }
    told
}

fn start(element: &Element<'_>) -> String {
    let Element { prefix, name, namespace, declared, attributes } = element;
    let attributes: Vec<_> =
        attributes.iter().map(|it| (it.prefix, it.name, it.namespace, it.value.to_string())).collect();
    format!("{prefix:?} {name:?} {namespace:?} {declared:?} {attributes:?}")
}
