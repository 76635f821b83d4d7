//! One condition on one attribute: what it expects, and whether the values of an object meet it.
//!
//! It does not know how a filter is written; the parser has already turned the text into typed values.

use std::cmp::Ordering;

use jiff::Timestamp;

use super::{Truth, folding};
use crate::model::{AttributeId, Dn, Facts, Guid, Sid, Syntax, from_generalized_time};

/// A value to compare with, in the syntax of the attribute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Expected {
    /// Folded.
    Text(Box<str>),
    /// Compared byte by byte: octets, and text where case counts.
    Bytes(Box<[u8]>),
    Integer(i64),
    Boolean(bool),
    Guid(Guid),
    Sid(Sid),
    Time(Timestamp),
}

/// The pieces around the `*`s, folded unless case counts; an empty piece stands for nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pieces {
    pub(super) first: Box<str>,
    pub(super) middle: Box<[Box<str>]>,
    pub(super) last: Box<str>,
    pub(super) exact: bool,
}

/// What a condition asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Test {
    Present,
    Equal(Expected),
    AtLeast(Expected),
    AtMost(Expected),
    Like(Pieces),
    /// 1.2.840.113556.1.4.803: all of these bits.
    AllBits(i64),
    /// 1.2.840.113556.1.4.804: any of these bits.
    AnyBit(i64),
    /// A link to an object; `chain` is 1.2.840.113556.1.4.1941.
    Links {
        target: Dn,
        chain: bool,
    },
    /// `objectCategory` by the name of a class: the leaf of the category's name, folded, without hyphens.
    Category(Box<str>),
}

impl Test {
    /// Whether an object meets it.
    pub(super) fn evaluate(&self, attribute: AttributeId, facts: &dyn Facts) -> Truth {
        match self {
            Self::Present => Truth::from(facts.has(attribute)),
            Self::Links { target, chain } => Truth::from(facts.links_to(attribute, target, *chain)),
            Self::Equal(expected) => {
                any_value(attribute, facts, |it| Some(expected.compare(it)? == Ordering::Equal))
            }
            Self::AtLeast(expected) => {
                any_value(attribute, facts, |it| Some(expected.compare(it)? != Ordering::Less))
            }
            Self::AtMost(expected) => {
                any_value(attribute, facts, |it| Some(expected.compare(it)? != Ordering::Greater))
            }
            Self::Like(pieces) => any_value(attribute, facts, |it| Some(pieces.fit(text(it)?))),
            Self::AllBits(mask) => any_value(attribute, facts, |it| Some(integer(it)? & mask == *mask)),
            Self::AnyBit(mask) => any_value(attribute, facts, |it| Some(integer(it)? & mask != 0)),
            Self::Category(class) => any_value(attribute, facts, |it| Some(is_category(text(it)?, class))),
        }
    }
}

/// True if any value fits; undefined if none does and one cannot be read in the attribute's syntax.
///
/// Without values it is false, not undefined: [MS-ADTS] 3.1.1.3.1.3.1 follows RFC 4511, 4.5.1.7, where a
/// condition is undefined when it *cannot be decided*, such as for an attribute that the schema does not have.
/// That an attribute is empty decides it, so `(!(title=x))` finds objects without a title, as in Active
/// Directory.
fn any_value(attribute: AttributeId, facts: &dyn Facts, fits: impl Fn(&[u8]) -> Option<bool>) -> Truth {
    let mut truth = Truth::False;
    for value in facts.values(attribute) {
        match fits(value) {
            Some(true) => return Truth::True,
            Some(false) => (),
            None => truth = Truth::Undefined,
        }
    }
    truth
}

fn text(value: &[u8]) -> Option<&str> {
    std::str::from_utf8(value).ok()
}

fn integer(value: &[u8]) -> Option<i64> {
    text(value)?.trim().parse().ok()
}

impl Expected {
    /// Reads a value as a filter writes it, escapes resolved.
    pub(super) fn read(syntax: Syntax, value: &[u8]) -> Option<Self> {
        match syntax {
            Syntax::Text => text(value).map(|it| Self::Text(folding::folded(it))),
            Syntax::ExactText | Syntax::Octets => Some(Self::Bytes(value.into())),
            Syntax::Integer => integer(value).map(Self::Integer),
            Syntax::Boolean => boolean(value).map(Self::Boolean),
            Syntax::Guid => Guid::from_value(value).ok().map(Self::Guid),
            Syntax::Sid => sid(value).map(Self::Sid),
            Syntax::GeneralizedTime => from_generalized_time(text(value)?.trim()).map(Self::Time),
            // Names are links and never get here.
            Syntax::Dn => None,
        }
    }

    /// How a value of an object compares with this; `None` if it is not of the syntax.
    fn compare(&self, value: &[u8]) -> Option<Ordering> {
        Some(match self {
            Self::Text(expected) => folding::compare(text(value)?, expected),
            Self::Bytes(expected) => value.cmp(expected),
            Self::Integer(expected) => integer(value)?.cmp(expected),
            Self::Boolean(expected) => boolean(value)?.cmp(expected),
            Self::Guid(expected) => Guid::from_value(value).ok()?.cmp(expected),
            Self::Sid(expected) if value == expected.as_bytes() => Ordering::Equal,
            Self::Sid(expected) => sid(value)?.cmp(expected),
            Self::Time(expected) => from_generalized_time(text(value)?)?.cmp(expected),
        })
    }
}

fn boolean(value: &[u8]) -> Option<bool> {
    match () {
        () if value.eq_ignore_ascii_case(b"true") => Some(true),
        () if value.eq_ignore_ascii_case(b"false") => Some(false),
        () => None,
    }
}

fn sid(value: &[u8]) -> Option<Sid> {
    Sid::from_bytes(value).ok().or_else(|| text(value)?.trim().parse().ok())
}

impl Pieces {
    fn fit(&self, value: &str) -> bool {
        let Some(mut rest) = self.strip_first(value) else { return false };
        for piece in &self.middle {
            let found = if self.exact {
                rest.split_once(&**piece).map(|(_, tail)| tail)
            } else {
                folding::strip_through(rest, piece)
            };
            match found {
                Some(tail) => rest = tail,
                None => return false,
            }
        }
        match &*self.last {
            "" => true,
            last if self.exact => rest.ends_with(last),
            last => folding::ends_with(rest, last),
        }
    }

    fn strip_first<'a>(&self, value: &'a str) -> Option<&'a str> {
        if self.exact { value.strip_prefix(&*self.first) } else { folding::strip_prefix(value, &self.first) }
    }
}

/// Classes whose `defaultObjectCategory` has another name than the class.
const CATEGORIES: &[(&str, &str)] = &[
    ("contact", "person"),
    ("inetorgperson", "person"),
    ("organizationalperson", "person"),
    ("user", "person"),
];

/// The category of a class ([MS-ADTS] 3.1.1.3.1.3.5, Search Request: `objectCategory` by class name).
pub(super) fn category(class: &str) -> Box<str> {
    let class: String = class.trim().chars().filter(|it| *it != '-').flat_map(char::to_lowercase).collect();
    CATEGORIES.iter().find(|(name, _)| *name == class).map_or(&*class, |(_, category)| category).into()
}

/// Whether the leaf of a category's name, such as `CN=Person,CN=Schema,…`, is this one.
fn is_category(value: &str, category: &str) -> bool {
    let first = value.split(',').next().unwrap_or(value);
    let leaf = first.split_once('=').map_or(first, |(_, leaf)| leaf).trim();
    leaf.chars().filter(|it| *it != '-').flat_map(char::to_lowercase).eq(category.chars())
}
