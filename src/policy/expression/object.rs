//! The object as an expression sees it: attributes are read when they are asked for, and text is not copied.
//!
//! Expressions reach attributes and groups by number; the check of the text has resolved their names.

use std::fmt;

use cel::ExecutionError;
use cel::common::traits::Indexer;
use cel::common::types::{CelBool, CelInt, CelList, CelString, Type};
use cel::common::value::{CowVal, Val};
use cel::context::VariableResolver;

use super::{LIST_LENGTH_MAX, TEXT_BYTES_MAX};
use crate::model::{AttributeId, Dn, Facts, Guid, Sid, Syntax};

/// What an expression asks about an object.
#[derive(Debug, Default)]
pub(super) struct References {
    pub(super) attributes: Vec<Reference>,
    pub(super) groups: Vec<Dn>,
}

/// An attribute that an expression reads.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Reference {
    pub(super) id: AttributeId,
    pub(super) name: Box<str>,
    pub(super) syntax: Syntax,
    pub(super) is_list: bool,
}

/// Names that the check puts in place of what the operator wrote; nobody can write an `@`.
pub(super) const VALUE: &str = "@ad";
pub(super) const PRESENCE: &str = "@has";
pub(super) const MEMBERSHIP: &str = "@memberOf";

/// The variables of one evaluation.
pub(super) struct Scope<'a>([View<'a>; 3]);

#[derive(Clone, Copy)]
enum Aspect {
    Value,
    Presence,
    Membership,
}

/// One of the three things that can be asked by number.
#[derive(Clone, Copy)]
struct View<'a> {
    facts: &'a dyn Facts,
    references: &'a References,
    aspect: Aspect,
}

impl<'a> Scope<'a> {
    pub(super) fn new(facts: &'a dyn Facts, references: &'a References) -> Self {
        let view = |aspect| View { facts, references, aspect };
        Self([view(Aspect::Value), view(Aspect::Presence), view(Aspect::Membership)])
    }
}

impl VariableResolver for Scope<'_> {
    fn resolve<'b>(&'b self, variable: &str) -> Option<CowVal<'b, 'b>> {
        let at = match variable {
            VALUE => 0,
            PRESENCE => 1,
            MEMBERSHIP => 2,
            _ => return None,
        };
        Some(CowVal::Borrowed(&self.0[at]))
    }
}

static VIEW: Type = Type::new_unspecified_type("object");

impl fmt::Debug for View<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("View(..)")
    }
}

impl Val for View<'_> {
    fn get_type(&self) -> &Type {
        &VIEW
    }

    fn cel_type() -> &'static Type {
        &VIEW
    }

    fn as_indexer<'b, 'v>(&'b self) -> Option<&'b (dyn Indexer + 'v)>
    where
        Self: 'v,
    {
        Some(self)
    }

    fn clone_as_boxed<'v>(&self) -> Box<dyn Val + 'v>
    where
        Self: 'v,
    {
        Box::new(*self)
    }
}

impl Indexer for View<'_> {
    fn get<'b, 'v>(&'b self, index: &dyn Val) -> Result<CowVal<'b, 'v>, ExecutionError>
    where
        Self: 'v,
    {
        let at = index.downcast_ref::<CelInt>().and_then(|it| usize::try_from(*it.inner()).ok());
        let at = at.ok_or_else(|| ExecutionError::no_such_key("?"))?;
        if let Aspect::Membership = self.aspect {
            let group = self.references.groups.get(at).ok_or_else(|| ExecutionError::no_such_key("?"))?;
            let is_member = self.facts.links_to(crate::model::well_known::MEMBER_OF, group, true);
            return Ok(CowVal::owned(CelBool::from(is_member)));
        }
        let reference = self.references.attributes.get(at).ok_or_else(|| ExecutionError::no_such_key("?"))?;
        match self.aspect {
            Aspect::Presence => Ok(CowVal::owned(CelBool::from(self.facts.has(reference.id)))),
            Aspect::Value | Aspect::Membership => value(self.facts, reference),
        }
    }

    fn steal<'v>(self: Box<Self>, index: &dyn Val) -> Result<Box<dyn Val + 'v>, ExecutionError>
    where
        Self: 'v,
    {
        self.get(index).map(CowVal::into_owned)
    }
}

fn value<'b, 'v, 'f: 'v>(
    facts: &'f dyn Facts,
    reference: &Reference,
) -> Result<CowVal<'b, 'v>, ExecutionError> {
    let mut values = facts.values(reference.id);
    if reference.is_list {
        let mut list: Vec<Box<dyn Val + 'v>> = Vec::new();
        for value in values {
            if list.len() == LIST_LENGTH_MAX {
                return Err(unreadable(reference, "has too many values for an expression"));
            }
            list.push(one(value, reference)?.into_owned());
        }
        if list.is_empty() {
            return Err(ExecutionError::no_such_key(&reference.name));
        }
        return Ok(CowVal::owned(CelList::from(list)));
    }
    let first = values.next().ok_or_else(|| ExecutionError::no_such_key(&reference.name))?;
    one(first, reference)
}

fn one<'b, 'v, 'f: 'v>(value: &'f [u8], reference: &Reference) -> Result<CowVal<'b, 'v>, ExecutionError> {
    if TEXT_BYTES_MAX < value.len() {
        return Err(unreadable(reference, "is too long for an expression"));
    }
    let text = || std::str::from_utf8(value).map_err(|_| unreadable(reference, "is not UTF-8"));
    let owned = |it: String| CowVal::owned(CelString::from(it));
    match reference.syntax {
        Syntax::Integer => {
            let number = text()?.trim().parse().map_err(|_| unreadable(reference, "is not a number"))?;
            let number: i64 = number;
            Ok(CowVal::owned(CelInt::from(number)))
        }
        Syntax::Boolean if value.eq_ignore_ascii_case(b"true") => Ok(CowVal::owned(CelBool::from(true))),
        Syntax::Boolean if value.eq_ignore_ascii_case(b"false") => Ok(CowVal::owned(CelBool::from(false))),
        Syntax::Boolean => Err(unreadable(reference, "is neither TRUE nor FALSE")),
        Syntax::Guid => match Guid::from_value(value) {
            Ok(guid) => Ok(owned(guid.to_string())),
            Err(_) => Err(unreadable(reference, "is not a GUID")),
        },
        Syntax::Sid => match Sid::from_bytes(value) {
            Ok(sid) => Ok(owned(sid.to_string())),
            Err(_) => Ok(CowVal::owned(CelString::from(text()?))),
        },
        Syntax::Text | Syntax::ExactText | Syntax::Dn | Syntax::Octets | Syntax::GeneralizedTime => {
            Ok(CowVal::owned(CelString::from(text()?)))
        }
    }
}

/// The name of the function `ad` marks a message of ours.
fn unreadable(reference: &Reference, why: &str) -> ExecutionError {
    ExecutionError::function_error("ad", format!("`{}` {why}", reference.name))
}
