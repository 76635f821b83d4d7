//! CEL as a tree that prints itself: brackets where they are needed, texts quoted.
//!
//! The constructors leave out what cannot matter (`x && true`), so that what comes out is what a person would
//! have written. What the terms stand for in Entra Connect is not known here.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "rewriting names the forms that it knows, and keeps every other as it is"
)]

use std::fmt;

/// A term of CEL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Term {
    /// `null`: no value.
    Null,
    /// A text.
    Text(String),
    /// A whole number.
    Number(i64),
    /// `true` or `false`.
    Switch(bool),
    /// `ad.name`.
    Attribute(String),
    /// `has(ad.name)`.
    Has(String),
    /// `memberOf("DN")`.
    MemberOf(String),
    /// `!it`.
    Not(Box<Self>),
    /// `left operator right`.
    Binary(&'static str, Box<Self>, Box<Self>),
    /// `condition ? yes : no`.
    Choice(Box<Self>, Box<Self>, Box<Self>),
    /// `it.method(arguments)`.
    Method(Box<Self>, &'static str, Vec<Self>),
    /// `function(it)`.
    Function(&'static str, Box<Self>),
    /// `list.exists(x, test)`.
    Exists(Box<Self>, Box<Self>),
    /// `list[index]`.
    Item(Box<Self>, i64),
    /// The `x` of a test.
    It,
}

/// How tightly a term holds together; a looser one gets brackets inside of a tighter one.
const CHOICE: u8 = 0;
const OR: u8 = 1;
const AND: u8 = 2;
const COMPARISON: u8 = 3;
const SUM: u8 = 4;
const PRODUCT: u8 = 5;
const UNARY: u8 = 6;
const ATOM: u8 = 7;

fn binary_tightness(operator: &str) -> u8 {
    match operator {
        "||" => OR,
        "&&" => AND,
        "+" | "-" => SUM,
        "*" | "/" | "%" => PRODUCT,
        _ => COMPARISON,
    }
}

impl Term {
    pub(super) fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    pub(super) fn not(it: Self) -> Self {
        match it {
            Self::Switch(it) => Self::Switch(!it),
            Self::Not(it) => *it,
            other => Self::Not(Box::new(other)),
        }
    }

    pub(super) fn and(left: Self, right: Self) -> Self {
        let right = right.assume(&left, true);
        Self::folded_and(left, right)
    }

    fn folded_and(left: Self, right: Self) -> Self {
        match (left, right) {
            (Self::Switch(true), it) | (it, Self::Switch(true)) => it,
            (Self::Switch(false), _) | (_, Self::Switch(false)) => Self::Switch(false),
            (left, right) => Self::binary("&&", left, right),
        }
    }

    pub(super) fn or(left: Self, right: Self) -> Self {
        let right = right.assume(&left, false);
        Self::folded_or(left, right)
    }

    fn folded_or(left: Self, right: Self) -> Self {
        match (left, right) {
            (Self::Switch(false), it) | (it, Self::Switch(false)) => it,
            (Self::Switch(true), _) | (_, Self::Switch(true)) => Self::Switch(true),
            (left, right) => Self::binary("||", left, right),
        }
    }

    pub(super) fn binary(operator: &'static str, left: Self, right: Self) -> Self {
        Self::Binary(operator, Box::new(left), Box::new(right))
    }

    /// `condition ? yes : no`, without asking again inside what the condition has answered.
    pub(super) fn choice(condition: Self, yes: Self, no: Self) -> Self {
        let (yes, no) = (yes.assume(&condition, true), no.assume(&condition, false));
        Self::folded_choice(condition, yes, no)
    }

    fn folded_choice(condition: Self, yes: Self, no: Self) -> Self {
        match (condition, yes, no) {
            (Self::Switch(true), yes, _) => yes,
            (Self::Switch(false), _, no) => no,
            (Self::Not(condition), yes, no) => Self::folded_choice(*condition, no, yes),
            (condition, yes, no) if yes == no && condition.is_harmless() => yes,
            (condition, Self::Switch(true), no) if no.is_condition() => Self::folded_or(condition, no),
            (condition, Self::Switch(false), no) if no.is_condition() => {
                Self::folded_and(Self::not(condition), no)
            }
            (condition, yes, Self::Switch(false)) if yes.is_condition() => Self::folded_and(condition, yes),
            (condition, yes, Self::Switch(true)) if yes.is_condition() => {
                Self::folded_or(Self::not(condition), yes)
            }
            (condition, yes, no) => Self::Choice(Box::new(condition), Box::new(yes), Box::new(no)),
        }
    }

    /// The term where a condition is known to hold, or not to. What is put together again is folded only: to
    /// assume anew at each level would double the work with every level.
    pub(super) fn assume(self, known: &Self, holds: bool) -> Self {
        if self == *known {
            return Self::Switch(holds);
        }
        // Both sides of `a && b` hold if it does, and neither of `a || b` does if it does not.
        match known {
            Self::Not(inner) => return self.assume(inner, !holds),
            Self::Binary("&&", left, right) if holds => return self.assume(left, true).assume(right, true),
            Self::Binary("||", left, right) if !holds => {
                return self.assume(left, false).assume(right, false);
            }
            _ => (),
        }
        match self {
            Self::Not(it) => Self::not(it.assume(known, holds)),
            Self::Binary("&&", left, right) => {
                Self::folded_and(left.assume(known, holds), right.assume(known, holds))
            }
            Self::Binary("||", left, right) => {
                Self::folded_or(left.assume(known, holds), right.assume(known, holds))
            }
            Self::Binary(operator, left, right) => {
                Self::sum(operator, left.assume(known, holds), right.assume(known, holds))
            }
            Self::Choice(condition, yes, no) => Self::folded_choice(
                condition.assume(known, holds),
                yes.assume(known, holds),
                no.assume(known, holds),
            ),
            Self::Method(it, name, arguments) => {
                let arguments = arguments.into_iter().map(|it| it.assume(known, holds)).collect();
                Self::method(it.assume(known, holds), name, arguments)
            }
            Self::Function(name, it) => Self::Function(name, Box::new(it.assume(known, holds))),
            Self::Item(it, index) => Self::Item(Box::new(it.assume(known, holds)), index),
            other => other,
        }
    }

    /// How many terms it consists of.
    pub(super) fn weight(&self) -> usize {
        match self {
            Self::Not(it) | Self::Function(_, it) | Self::Item(it, _) => 1 + it.weight(),
            Self::Binary(_, left, right) | Self::Exists(left, right) => 1 + left.weight() + right.weight(),
            Self::Choice(condition, yes, no) => 1 + condition.weight() + yes.weight() + no.weight(),
            Self::Method(it, _, arguments) => {
                1 + it.weight() + arguments.iter().map(Self::weight).sum::<usize>()
            }
            Self::Null
            | Self::Text(_)
            | Self::Number(_)
            | Self::Switch(_)
            | Self::Attribute(_)
            | Self::Has(_)
            | Self::MemberOf(_)
            | Self::It => 1,
        }
    }

    /// Whether it is true or false by its form.
    fn is_condition(&self) -> bool {
        match self {
            Self::Switch(_) | Self::Has(_) | Self::MemberOf(_) | Self::Not(_) | Self::Exists(..) => true,
            Self::Binary(operator, ..) => binary_tightness(operator) <= COMPARISON,
            _ => false,
        }
    }

    /// Whether asking it cannot fail, so that it need not be asked.
    fn is_harmless(&self) -> bool {
        matches!(self, Self::Has(_) | Self::MemberOf(_))
    }

    /// One text behind another.
    pub(super) fn joined(left: Self, right: Self) -> Self {
        match (left, right) {
            (Self::Text(left), Self::Text(right)) => Self::Text(left + &right),
            (Self::Binary("+", first, left), Self::Text(right)) if matches!(*left, Self::Text(_)) => {
                Self::binary("+", *first, Self::joined(*left, Self::Text(right)))
            }
            (left, right) => Self::binary("+", left, right),
        }
    }

    pub(super) fn method(it: Self, name: &'static str, arguments: Vec<Self>) -> Self {
        Self::Method(Box::new(it), name, arguments)
    }

    pub(super) fn size(it: Self) -> Self {
        Self::Function("size", Box::new(it))
    }

    /// Whether it has no value where a condition holds that says which attributes are missing.
    pub(super) fn is_missing_where(&self, absent: &Self) -> bool {
        match self {
            Self::Null => true,
            Self::Attribute(name) => Self::Has(name.clone()).assume(absent, true) == Self::Switch(false),
            Self::Method(it, ..) | Self::Function(_, it) | Self::Item(it, _) => it.is_missing_where(absent),
            _ => false,
        }
    }

    /// A sum or difference; numbers that are known are worked out.
    pub(super) fn sum(operator: &'static str, left: Self, right: Self) -> Self {
        match (operator, right) {
            ("+", Self::Number(by)) => left.plus(by),
            ("-", Self::Number(by)) => left.plus(-by),
            (operator, right) => Self::binary(operator, left, right),
        }
    }

    /// A number and a known one.
    pub(super) fn plus(self, by: i64) -> Self {
        match self {
            Self::Number(number) => Self::Number(number + by),
            Self::Binary(operator @ ("+" | "-"), it, known) => match (operator, *known) {
                ("+", Self::Number(known)) => it.plus(by + known),
                ("-", Self::Number(known)) => it.plus(by - known),
                (operator, known) => Self::Binary(operator, it, Box::new(known)).plus_written(by),
            },
            other => other.plus_written(by),
        }
    }

    fn plus_written(self, by: i64) -> Self {
        match self {
            other if by == 0 => other,
            other if by < 0 => Self::binary("-", other, Self::Number(-by)),
            other => Self::binary("+", other, Self::Number(by)),
        }
    }

    /// The attribute that it is, white space at the ends apart.
    pub(super) fn attribute(&self) -> Option<&String> {
        match self {
            Self::Attribute(name) => Some(name),
            Self::Method(it, "trim", _) => it.attribute(),
            _ => None,
        }
    }

    fn tightness(&self) -> u8 {
        match self {
            Self::Choice(..) => CHOICE,
            Self::Binary(operator, ..) => binary_tightness(operator),
            Self::Not(_) => UNARY,
            Self::Number(it) if *it < 0 => UNARY,
            _ => ATOM,
        }
    }

    fn write(&self, f: &mut fmt::Formatter<'_>, least: u8) -> fmt::Result {
        if self.tightness() < least {
            return write!(f, "({self})");
        }
        write!(f, "{self}")
    }
}

impl fmt::Display for Term {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Text(text) => write_text(f, text),
            Self::Number(it) => write!(f, "{it}"),
            Self::Switch(it) => write!(f, "{it}"),
            Self::Attribute(name) if is_identifier(name) => write!(f, "ad.{name}"),
            Self::Attribute(name) => write!(f, "ad[\"{name}\"]"),
            Self::Has(name) if is_identifier(name) => write!(f, "has(ad.{name})"),
            Self::Has(name) => write!(f, "ad[?\"{name}\"].hasValue()"),
            Self::MemberOf(dn) => {
                f.write_str("memberOf(")?;
                write_text(f, dn)?;
                f.write_str(")")
            }
            Self::Not(it) => {
                f.write_str("!")?;
                it.write(f, UNARY)
            }
            Self::Binary(operator, left, right) => {
                let tightness = binary_tightness(operator);
                // What may be regrouped needs no brackets; comparisons do not chain.
                let regroups = matches!(*operator, "&&" | "||" | "+");
                left.write(f, if tightness == COMPARISON { SUM } else { tightness })?;
                write!(f, " {operator} ")?;
                right.write(
                    f,
                    if regroups && same_operator(right, operator) { tightness } else { tightness + 1 },
                )
            }
            Self::Choice(condition, yes, no) => {
                condition.write(f, OR)?;
                f.write_str(" ? ")?;
                yes.write(f, OR)?;
                f.write_str(" : ")?;
                no.write(f, CHOICE)
            }
            Self::Method(it, name, arguments) => {
                it.write(f, ATOM)?;
                write!(f, ".{name}(")?;
                for (index, argument) in arguments.iter().enumerate() {
                    f.write_str(if index == 0 { "" } else { ", " })?;
                    argument.write(f, CHOICE)?;
                }
                f.write_str(")")
            }
            Self::Function(name, it) => write!(f, "{name}({it})"),
            Self::Exists(list, test) => {
                list.write(f, ATOM)?;
                write!(f, ".exists(x, {test})")
            }
            Self::Item(list, index) => {
                list.write(f, ATOM)?;
                write!(f, "[{index}]")
            }
            Self::It => f.write_str("x"),
        }
    }
}

fn same_operator(term: &Term, operator: &str) -> bool {
    matches!(term, Term::Binary(it, ..) if *it == operator)
}

/// Whether a name can stand behind a dot. None of AD's attributes is a word that CEL keeps for itself.
fn is_identifier(name: &str) -> bool {
    name.bytes().all(|it| it.is_ascii_alphanumeric())
}

fn write_text(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    f.write_str("\"")?;
    for letter in text.chars() {
        match letter {
            '"' => f.write_str("\\\"")?,
            '\\' => f.write_str("\\\\")?,
            '\n' => f.write_str("\\n")?,
            '\r' => f.write_str("\\r")?,
            '\t' => f.write_str("\\t")?,
            it if it.is_control() || matches!(it, '\u{2028}' | '\u{2029}') => {
                write!(f, "\\u{:04x}", u32::from(it))?;
            }
            it => write!(f, "{it}")?,
        }
    }
    f.write_str("\"")
}
