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
    Call(String, Vec<Self>),
    /// `left operator right`.
    Binary(Operator, Box<Self>, Box<Self>),
    /// Operators without brackets, read from left to right, and as Visual Basic binds them. If only one of the two
    /// makes sense, that one is meant.
    EitherWay(Box<Self>, Box<Self>),
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
    /// How tightly Visual Basic binds it. Entra Connect's documentation says that all bind alike, and its users
    /// write what others have written.
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
    /// The one of two readings that makes sense.
    pub(super) fn either<T>(from_left: Result<T, Self>, by_tightness: Result<T, Self>) -> Result<T, Self> {
        match (from_left, by_tightness) {
            (Ok(_), Ok(_)) => {
                Err(Self::because("it mixes operators without brackets, so that it can be read in two ways"))
            }
            (Ok(it), Err(_)) | (Err(_), Ok(it)) => Ok(it),
            (Err(_), Err(reason)) => Err(reason),
        }
    }

    pub(super) fn because(reason: impl Into<String>) -> Self {
        Self(reason.into())
    }
}
