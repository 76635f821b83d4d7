//! Walking over elements: the next child, the text, the leaves, and skipping the rest.
//!
//! It does not know which elements there should be.

use std::borrow::Cow;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use super::error::{Malformed, ReadError};
use super::reader::{Element, Event, Reader};
use super::value::Value;

/// An element without elements in it.
///
/// It has no `Debug`, which would show its text.
#[derive(Clone)]
pub struct Leaf<'a, 'p> {
    /// The elements around it, outermost first, below the one that was walked.
    pub path: &'p [&'a str],
    /// Start of the element.
    pub element: &'p Element<'a>,
    /// Its characters.
    pub text: &'p str,
}

impl<'a> Reader<'a> {
    /// Opens the outermost element.
    pub fn root(&mut self) -> Result<Element<'a>, ReadError> {
        loop {
            match self.next_event()? {
                Some(Event::Start(element)) => return Ok(element),
                Some(Event::Comment(_)) => (),
                Some(Event::Text(_) | Event::End) | None => return Err(self.error(Malformed::Outermost)),
            }
        }
    }

    /// Opens the next element inside the open one; `None` when that one closes. Text between is passed over.
    pub fn child(&mut self) -> Result<Option<Element<'a>>, ReadError> {
        loop {
            match self.next_event()? {
                Some(Event::Start(element)) => return Ok(Some(element)),
                Some(Event::End) => return Ok(None),
                Some(Event::Text(_) | Event::Comment(_)) => (),
                None => return Err(self.error(Malformed::Truncated)),
            }
        }
    }

    /// The characters up to the end of the open element, which may hold no elements.
    pub fn text(&mut self) -> Result<Cow<'a, str>, ReadError> {
        let mut text = Cow::Borrowed("");
        while let Some(value) = self.next_value()? {
            join(&mut text, value);
            self.check_length(text.len())?;
        }
        Ok(text)
    }

    /// The bytes up to the end of the open element: as they are, or from base64.
    pub fn bytes(&mut self) -> Result<Zeroizing<Vec<u8>>, ReadError> {
        let mut bytes = Zeroizing::new(Vec::new());
        let mut text = Zeroizing::new(String::new());
        while let Some(value) = self.next_value()? {
            if let Value::Bytes(piece) = value {
                decode(&mut text, &mut bytes).map_err(|it| self.error(it))?;
                bytes.extend_from_slice(&piece);
            } else {
                text.extend(value.into_text().chars().filter(|it| !it.is_ascii_whitespace()));
            }
            self.check_length(bytes.len() + text.len())?;
        }
        decode(&mut text, &mut bytes).map_err(|it| self.error(it))?;
        Ok(bytes)
    }

    /// Passes over everything up to the end of the open element.
    pub fn skip(&mut self) -> Result<(), ReadError> {
        let depth = self.depth();
        while depth <= self.depth() {
            if self.next_event()?.is_none() {
                return Err(self.error(Malformed::Truncated));
            }
        }
        Ok(())
    }

    /// Calls `each` for every element without elements inside the open one, up to its end.
    pub fn leaves(&mut self, mut each: impl FnMut(&Leaf<'a, '_>)) -> Result<(), ReadError> {
        let mut open: Vec<(Element<'a>, Cow<'a, str>, bool)> = Vec::new();
        let mut path: Vec<&'a str> = Vec::new();
        loop {
            match self.next_event()? {
                Some(Event::Start(element)) => {
                    if let Some((parent, text, is_leaf)) = open.last_mut() {
                        path.extend(is_leaf.then_some(parent.name));
                        *is_leaf = false;
                        *text = Cow::Borrowed("");
                    }
                    open.push((element, Cow::Borrowed(""), true));
                }
                Some(Event::Text(value)) => {
                    if let Some((_, text, true)) = open.last_mut() {
                        join(text, value);
                        let len = text.len();
                        self.check_length(len)?;
                    }
                }
                Some(Event::Comment(_)) => (),
                Some(Event::End) => match open.pop() {
                    Some((element, text, true)) => {
                        each(&Leaf { path: &path, element: &element, text: &text });
                    }
                    Some((_, _, false)) => {
                        path.pop();
                    }
                    None => return Ok(()),
                },
                None => return Err(self.error(Malformed::Truncated)),
            }
        }
    }

    /// The document must end here, all elements closed.
    pub fn finish(&mut self) -> Result<(), ReadError> {
        while let Some(event) = self.next_event()? {
            match event {
                Event::Comment(_) | Event::End => (),
                Event::Text(_) | Event::Start(_) => return Err(self.error(Malformed::Outermost)),
            }
        }
        Ok(())
    }

    fn next_value(&mut self) -> Result<Option<Value<'a>>, ReadError> {
        loop {
            match self.next_event()? {
                Some(Event::Text(value)) => return Ok(Some(value)),
                Some(Event::Comment(_)) => (),
                Some(Event::End) => return Ok(None),
                Some(Event::Start(_)) => return Err(self.error(Malformed::ElementInText)),
                None => return Err(self.error(Malformed::Truncated)),
            }
        }
    }

    fn check_length(&self, len: usize) -> Result<(), ReadError> {
        if len <= self.limits().text_bytes_max {
            Ok(())
        } else {
            Err(self.error(Malformed::Limit("text_bytes_max")))
        }
    }
}

/// Records that follow each other in one element are one text.
fn join<'a>(text: &mut Cow<'a, str>, value: Value<'a>) {
    let more = value.into_text();
    if text.is_empty() {
        *text = more;
    } else {
        text.to_mut().push_str(&more);
    }
}

/// Moves what the base64 stands for to the bytes.
fn decode(text: &mut String, bytes: &mut Vec<u8>) -> Result<(), Malformed> {
    if text.is_empty() {
        return Ok(());
    }
    STANDARD.decode_vec(text.as_bytes(), bytes).map_err(|_| Malformed::Base64)?;
    text.clear();
    Ok(())
}
