//! An entry as it came, and how it becomes one of the model.
//!
//! It does not ask the server for anything: values that did not come whole are reported as open.

use std::ops::Range;
use std::sync::Arc;

use crate::model::{AttributeNames, AttributesBuilder, DirectoryEntry, DnError, well_known};
use crate::wire::ldap::EntryView;

/// An entry before its attributes mean anything.
#[derive(Clone, Debug)]
pub(super) struct RawEntry {
    bytes: Arc<Vec<u8>>,
    span: Range<usize>,
    has_options: bool,
    /// Attributes whose values came in ranges, with all of them.
    joined: Vec<(String, Vec<Vec<u8>>)>,
}

impl RawEntry {
    /// From a message that was checked.
    pub(super) const fn new(bytes: Arc<Vec<u8>>, span: Range<usize>, has_options: bool) -> Self {
        Self { bytes, span, has_options, joined: Vec::new() }
    }

    /// Whether an attribute came with options, of which a range is one.
    pub(super) const fn has_options(&self) -> bool {
        self.has_options
    }

    /// The entry as the server sent it.
    pub(super) fn view(&self) -> EntryView<'_> {
        EntryView::opened(&self.bytes[self.span.clone()])
            .expect("no entry is made of anything that was not checked")
    }

    /// Attributes whose values came in ranges, with all of them.
    pub(super) fn joined(&self) -> &[(String, Vec<Vec<u8>>)] {
        &self.joined
    }

    /// Adds all values of an attribute that came in ranges.
    pub(super) fn join(&mut self, name: String, values: Vec<Vec<u8>>) {
        self.joined.push((name, values));
    }

    /// Its name.
    pub(super) fn dn(&self) -> &str {
        self.view().dn()
    }

    /// The first value of an attribute.
    pub(super) fn first(&self, name: &str) -> Option<&[u8]> {
        self.view().attributes().find(|it| it.0.eq_ignore_ascii_case(name))?.1.next()
    }

    /// The values of an attribute that are UTF-8, also those that came in ranges.
    pub(super) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let whole = self.view().attributes().filter(move |it| it.0.eq_ignore_ascii_case(name));
        let joined = self.joined.iter().filter(move |it| it.0.eq_ignore_ascii_case(name));
        let joined = joined.flat_map(|it| it.1.iter().map(Vec::as_slice));
        whole.flat_map(|it| it.1).chain(joined).filter_map(|it| std::str::from_utf8(it).ok())
    }

    /// The first value of an attribute, if it is UTF-8.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.first(name).and_then(|it| std::str::from_utf8(it).ok())
    }
}

/// The attribute description of a range of values ([MS-ADTS] 3.1.1.3.1.3.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ValueRange<'a> {
    /// The attribute.
    pub(super) name: &'a str,
    /// First value, counted from 0.
    pub(super) first: usize,
    /// Last value; `None` when these are the last ones.
    pub(super) last: Option<usize>,
}

impl<'a> ValueRange<'a> {
    /// Takes `member;range=0-1499` apart.
    pub(super) fn parse(description: &'a str) -> Option<Self> {
        let (name, options) = description.split_once(';')?;
        let range = options.split(';').find_map(|it| {
            it.get(..6).filter(|head| head.eq_ignore_ascii_case("range=")).map(|_| &it[6..])
        })?;
        let (first, last) = range.split_once('-')?;
        let last = if last == "*" { None } else { Some(last.parse().ok()?) };
        Some(Self { name, first: first.parse().ok()?, last })
    }
}

/// Makes entries of the model: one after the other, with the same memory for what is under way.
pub(super) struct Builder {
    names: Arc<AttributeNames>,
    attributes: AttributesBuilder,
}

impl Builder {
    /// With the attributes that are kept.
    pub(super) fn new(names: Arc<AttributeNames>) -> Self {
        Self { names, attributes: AttributesBuilder::default() }
    }

    /// The entry without its members, and these as they were written.
    pub(super) fn build<'v>(&mut self, raw: &'v RawEntry) -> Result<(DirectoryEntry, Vec<&'v str>), DnError> {
        let view = raw.view();
        let mut members = Vec::new();
        for (description, values) in view.attributes() {
            let options = if raw.has_options() { description.find(';') } else { None };
            let name = options.map_or(description, |it| &description[..it]);
            // A part of the values; all of them follow.
            if !raw.joined().iter().any(|it| it.0.eq_ignore_ascii_case(name)) {
                self.push(name, values, &mut members)?;
            }
        }
        for (name, values) in raw.joined() {
            self.push(name, values.iter().map(Vec::as_slice), &mut members)?;
        }
        let attributes = self.attributes.finish_one();
        Ok((DirectoryEntry { dn: view.dn().parse()?, attributes, members: Vec::new() }, members))
    }

    fn push<'v>(
        &mut self,
        name: &str,
        values: impl Iterator<Item = &'v [u8]>,
        members: &mut Vec<&'v str>,
    ) -> Result<(), DnError> {
        let Some(id) = self.names.id(name) else { return Ok(()) };
        if id == well_known::MEMBER {
            for value in values {
                let text = std::str::from_utf8(value);
                members.push(text.map_err(|_| DnError { at: 1, reason: "it is not UTF-8" })?);
            }
        } else if id != well_known::MEMBER_OF {
            values.for_each(|value| self.attributes.push(id, value));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_told_from_other_options() {
        let range = ValueRange { name: "member", first: 0, last: Some(1499) };
        assert_eq!(ValueRange::parse("member;range=0-1499"), Some(range));
        assert_eq!(
            ValueRange::parse("member;Range=1500-*"),
            Some(ValueRange { first: 1500, last: None, ..range })
        );
        for other in
            ["member", "userCertificate;binary", "member;range=", "member;range=0", "member;range=a-b"]
        {
            assert_eq!(ValueRange::parse(other), None, "{other}");
        }
    }
}
