//! A value of the directory that was looked at, as people read it.

use crate::model::{AttributeId, Facts as _, Guid, ObjectIndex, ObjectView, Sid, Syntax, well_known};

/// An attribute of the directory and its values, in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    /// Name of the attribute.
    pub attribute: String,
    /// Its values, as text.
    pub values: Vec<String>,
    /// How many there are: only the first of many are listed.
    pub count: usize,
}

/// A group can have a hundred thousand members, and nobody reads them here.
const VALUES_MAX: usize = 100;

impl Input {
    /// An attribute of one object.
    pub(super) fn of(view: ObjectView<'_>, attribute: AttributeId) -> Self {
        let object = view.object();
        let name = view.names().name(attribute);
        let dns = |places: &[ObjectIndex]| -> Vec<String> {
            places.iter().take(VALUES_MAX).map(|it| view.objects().get(*it).dn.to_string()).collect()
        };
        let (values, count) = match attribute {
            well_known::MEMBER => {
                (dns(&object.members), object.members.len() + object.members_not_read.len())
            }
            well_known::MEMBER_OF => (dns(&object.member_of), object.member_of.len()),
            // Sources need not keep it: it is the name of the entry.
            well_known::DISTINGUISHED_NAME => (vec![object.dn.to_string()], 1),
            other => {
                let values = object.attributes.values(other);
                (values.clone().take(VALUES_MAX).map(|it| shown(name, it)).collect(), values.count())
            }
        };
        Self { attribute: name.to_owned(), values, count }
    }
}

/// A value as text; octets that are none by their length.
fn shown(name: &str, value: &[u8]) -> String {
    let octets = || format!("({} bytes)", value.len());
    match Syntax::of(name) {
        Syntax::Guid => Guid::from_value(value).map_or_else(|_| octets(), |it| it.to_string()),
        Syntax::Sid => Sid::from_bytes(value).map_or_else(|_| octets(), |it| it.to_string()),
        Syntax::Octets => octets(),
        Syntax::Text
        | Syntax::ExactText
        | Syntax::Integer
        | Syntax::Boolean
        | Syntax::Dn
        | Syntax::GeneralizedTime => std::str::from_utf8(value).map_or_else(|_| octets(), ToOwned::to_owned),
    }
}
