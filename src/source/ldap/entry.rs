//! Turns an entry of LDAP into one of the model.
//!
//! It does not ask the server for anything: values that did not come whole are reported as open.

use super::search::RawEntry;
use crate::model::{AttributeNames, AttributesBuilder, DirectoryEntry, Dn, DnError, well_known};

/// The attribute description of a range of values ([MS-ADTS] 3.1.1.3.1.3.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Range<'a> {
    /// The attribute.
    pub(super) name: &'a str,
    /// First value, counted from 0.
    pub(super) first: usize,
    /// Last value; `None` when these are the last ones.
    pub(super) last: Option<usize>,
}

impl<'a> Range<'a> {
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

/// An entry of the model.
pub(super) fn convert(raw: &RawEntry, names: &AttributeNames) -> Result<DirectoryEntry, DnError> {
    let mut entry = Builder { names, attributes: AttributesBuilder::default(), members: Vec::new() };
    for (description, values) in raw.view().attributes() {
        let name = description.split_once(';').map_or(description, |(name, _)| name);
        // A part of the values; all of them follow.
        if !raw.joined().iter().any(|it| it.0.eq_ignore_ascii_case(name)) {
            entry.push(name, values)?;
        }
    }
    for (name, values) in raw.joined() {
        entry.push(name, values.iter().map(Vec::as_slice))?;
    }
    Ok(DirectoryEntry {
        dn: raw.dn().parse()?,
        attributes: entry.attributes.finish(),
        members: entry.members,
    })
}

struct Builder<'a> {
    names: &'a AttributeNames,
    attributes: AttributesBuilder,
    members: Vec<Dn>,
}

impl Builder<'_> {
    fn push<'v>(&mut self, name: &str, values: impl Iterator<Item = &'v [u8]>) -> Result<(), DnError> {
        let Some(id) = self.names.id(name) else { return Ok(()) };
        if id == well_known::MEMBER {
            for value in values {
                self.members.push(dn(value)?);
            }
        } else if id != well_known::MEMBER_OF {
            values.for_each(|value| self.attributes.push(id, value));
        }
        Ok(())
    }
}

fn dn(value: &[u8]) -> Result<Dn, DnError> {
    std::str::from_utf8(value).map_err(|_| DnError { at: 1, reason: "it is not UTF-8" })?.parse()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_told_from_other_options() {
        let range = Range { name: "member", first: 0, last: Some(1499) };
        assert_eq!(Range::parse("member;range=0-1499"), Some(range));
        assert_eq!(Range::parse("member;Range=1500-*"), Some(Range { first: 1500, last: None, ..range }));
        for other in
            ["member", "userCertificate;binary", "member;range=", "member;range=0", "member;range=a-b"]
        {
            assert_eq!(Range::parse(other), None, "{other}");
        }
    }
}
