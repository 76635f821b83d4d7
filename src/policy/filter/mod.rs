//! LDAP search filters, parsed once and evaluated in memory.
//!
//! The text form is RFC 4515; matching follows Active Directory ([MS-ADTS] 3.1.1.3.1.3.1, Search Filters).
//! A filter knows nothing of a server: it sees one object at a time.

mod assertion;
mod folding;
mod parser;

use std::fmt;

use self::assertion::Test;
use crate::model::{AttributeId, AttributeNamesBuilder, Facts};

/// A parsed filter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filter {
    text: String,
    root: Node,
}

/// Why a text is no filter.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct FilterError {
    /// Bytes of the text that are at fault.
    pub span: std::ops::Range<usize>,
    /// What is wrong with them.
    pub reason: String,
    /// What to write instead.
    pub hint: Option<String>,
}

/// LDAP's three-valued logic (RFC 4511, 4.5.1.7).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Truth {
    /// Matches.
    True,
    /// Does not match.
    False,
    /// Cannot be said; its negation cannot either. An undefined filter does not match.
    Undefined,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Node {
    /// Empty means true (RFC 4526, 2).
    All(Box<[Self]>),
    /// Empty means false.
    Any(Box<[Self]>),
    Not(Box<Self>),
    Item(Item),
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Item {
    attribute: AttributeId,
    test: Test,
    /// Attribute, operator and value as one writes them, for printing.
    written: Box<str>,
}

impl Filter {
    /// Parses a filter and notes the attributes that it asks for.
    pub fn parse(text: &str, names: &mut AttributeNamesBuilder) -> Result<Self, FilterError> {
        let root = parser::parse(text, names)?;
        Ok(Self { text: text.to_owned(), root })
    }

    /// As it was written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Evaluates it on one object.
    pub fn evaluate(&self, facts: &dyn Facts) -> Truth {
        self.root.evaluate(facts)
    }

    /// The attributes that it asks for, each once.
    pub fn reads(&self) -> Vec<AttributeId> {
        let mut found = Vec::new();
        self.root.reads(&mut found);
        found
    }

    /// The part that keeps it from matching an object, as one writes it; `None` if it matches, or is one part.
    pub fn failing(&self, facts: &dyn Facts) -> Option<String> {
        let mut part = &self.root;
        while let Node::All(nodes) = part {
            part = nodes.iter().find(|it| it.evaluate(facts) != Truth::True)?;
        }
        (!std::ptr::eq(part, &raw const self.root)).then(|| part.to_string())
    }

    /// Whether one object matches: what cannot be decided does not match.
    pub fn matches(&self, facts: &dyn Facts) -> bool {
        self.evaluate(facts) == Truth::True
    }
}

/// One way of writing it: no blanks between brackets, escapes only where needed.
impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.root.fmt(f)
    }
}

impl fmt::Display for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (operator, nodes) = match self {
            Self::Item(item) => return write!(f, "({})", item.written),
            Self::Not(node) => return write!(f, "(!{node})"),
            Self::All(nodes) => ('&', nodes),
            Self::Any(nodes) => ('|', nodes),
        };
        write!(f, "({operator}")?;
        nodes.iter().try_for_each(|it| it.fmt(f))?;
        f.write_str(")")
    }
}

impl Node {
    /// Recursion is bounded by the depth that the parser allows.
    fn reads(&self, found: &mut Vec<AttributeId>) {
        match self {
            Self::Item(item) if found.contains(&item.attribute) => (),
            Self::Item(item) => found.push(item.attribute),
            Self::Not(node) => node.reads(found),
            Self::All(nodes) | Self::Any(nodes) => nodes.iter().for_each(|it| it.reads(found)),
        }
    }

    /// Recursion is bounded by the depth that the parser allows.
    fn evaluate(&self, facts: &dyn Facts) -> Truth {
        match self {
            Self::Item(item) => item.test.evaluate(item.attribute, facts),
            Self::Not(node) => !node.evaluate(facts),
            Self::All(nodes) => first_or(nodes, Truth::False, Truth::True, facts),
            Self::Any(nodes) => first_or(nodes, Truth::True, Truth::False, facts),
        }
    }
}

/// The deciding truth if any node has it; else undefined if any node is; else the other one.
fn first_or(nodes: &[Node], decides: Truth, otherwise: Truth, facts: &dyn Facts) -> Truth {
    let mut truth = otherwise;
    for node in nodes {
        match node.evaluate(facts) {
            it if it == decides => return it,
            Truth::Undefined => truth = Truth::Undefined,
            Truth::True | Truth::False => (),
        }
    }
    truth
}

impl From<bool> for Truth {
    fn from(is: bool) -> Self {
        if is { Self::True } else { Self::False }
    }
}

impl std::ops::Not for Truth {
    type Output = Self;

    fn not(self) -> Self {
        match self {
            Self::True => Self::False,
            Self::False => Self::True,
            Self::Undefined => Self::Undefined,
        }
    }
}
