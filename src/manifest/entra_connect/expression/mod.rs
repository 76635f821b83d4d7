//! The language of Entra Connect's attribute flows, as a tree.
//!
//! It is a subset of Visual Basic for Applications: functions that are nested, attributes in square brackets,
//! parameters between percent signs. What the tree means is said in `translation`, not here.

mod lexer;
mod parser;

pub(super) use self::parser::parse;

/// An expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Expr {
    /// `"text"`.
    Text(String),
    /// `98052`, `&HFF`.
    Number(i64),
    /// `True`, `False`.
    Switch(bool),
    /// `NULL`: there is no value, and another rule may give one.
    Null,
    /// `AuthoritativeNull`: there is no value, and no other rule may give one.
    AuthoritativeNull,
    /// `IgnoreThisFlow`: as if the flow were not there; what the tenant has stays.
    Ignore,
    /// `[attribute]`.
    Attribute(String),
    /// `%Domain.FQDN%`.
    Parameter(String),
    /// `Function(…)`.
    Call(String, Vec<Expr>),
    /// `left operator right`.
    Binary(Operator, Box<Expr>, Box<Expr>),
}

/// What stands between two operands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operator {
    /// `*`
    Times,
    /// `/`
    Over,
    /// `+`
    Plus,
    /// `-`
    Minus,
    /// `&`: texts one after the other.
    Join,
    /// `=`
    Equal,
    /// `<>`
    Unequal,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
    /// `&&`
    And,
    /// `||`
    Or,
}

impl Operator {
    /// How tightly Visual Basic binds it. Entra Connect's documentation says that all bind alike, so that an
    /// expression for which the two differ is not translated.
    const fn tightness(self) -> u8 {
        match self {
            Self::Times | Self::Over => 5,
            Self::Plus | Self::Minus => 4,
            Self::Join => 3,
            Self::Equal
            | Self::Unequal
            | Self::Less
            | Self::LessOrEqual
            | Self::Greater
            | Self::GreaterOrEqual => 2,
            Self::And => 1,
            Self::Or => 0,
        }
    }
}

/// Why an expression has no equivalent: words that follow its text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Untranslated(pub String);

impl Untranslated {
    pub(super) fn because(reason: impl Into<String>) -> Self {
        Self(reason.into())
    }
}
