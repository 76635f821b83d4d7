//! LDAP filters, made from conditions of Entra Connect.
//!
//! They compare without regard to case, as Active Directory does.
#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "what a filter can say is listed, and every other form has no equivalent"
)]

use std::fmt::Write as _;

use super::expression::{Expr, Operator, Untranslated};
use super::translation::attribute_name;
use crate::model::Syntax;

/// A filter, or an answer that needs none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Matching {
    /// Every object.
    All,
    /// No object.
    Nobody,
    /// Those that the filter matches.
    Filter(String),
}

type Outcome = Result<Matching, Untranslated>;

impl Matching {
    pub(super) fn not(self) -> Self {
        match self {
            Self::All => Self::Nobody,
            Self::Nobody => Self::All,
            Self::Filter(text) => match text.strip_prefix("(!").and_then(|it| it.strip_suffix(')')) {
                Some(inner) => Self::Filter(inner.to_owned()),
                None => Self::Filter(format!("(!{text})")),
            },
        }
    }

    /// Those that all of them match.
    pub(super) fn all(list: impl IntoIterator<Item = Self>) -> Self {
        let mut filters = Vec::new();
        for it in list {
            match it {
                Self::All => (),
                Self::Nobody => return Self::Nobody,
                Self::Filter(text) if filters.contains(&text) => (),
                Self::Filter(text) => filters.push(text),
            }
        }
        match filters.as_slice() {
            [] => Self::All,
            [one] => Self::Filter(one.clone()),
            several => Self::Filter(format!("(&{})", several.concat())),
        }
    }

    /// Those that one of them matches.
    pub(super) fn any(list: impl IntoIterator<Item = Self>) -> Self {
        let mut filters = Vec::new();
        for it in list {
            match it {
                Self::Nobody => (),
                Self::All => return Self::All,
                Self::Filter(text) if filters.contains(&text) => (),
                Self::Filter(text) => filters.push(text),
            }
        }
        match filters.as_slice() {
            [] => Self::Nobody,
            [one] => Self::Filter(one.clone()),
            several => Self::Filter(format!("(|{})", several.concat())),
        }
    }
}

/// What comes before and behind a text that is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Whole,
    Beginning,
    End,
    Middle,
}

/// `(attribute=*)`.
pub(super) fn present(attribute: &str) -> Outcome {
    Ok(Matching::Filter(format!("({}=*)", attribute_name(attribute)?)))
}

/// Whether an attribute is a text, or has it as a part.
pub(super) fn holds(attribute: &str, text: &str, part: Part) -> Outcome {
    let name = attribute_name(attribute)?;
    if text.is_empty() {
        return Err(Untranslated::because("it compares with an empty text"));
    }
    let is_text = matches!(Syntax::of(name), Syntax::Text | Syntax::ExactText | Syntax::GeneralizedTime);
    let text = match Syntax::of(name) {
        Syntax::Boolean => text.to_uppercase(),
        Syntax::Text | Syntax::ExactText | Syntax::Integer | Syntax::Dn | Syntax::GeneralizedTime => {
            escaped(text)
        }
        Syntax::Guid | Syntax::Sid | Syntax::Octets => {
            return Err(Untranslated::because(format!("`{name}` holds bytes, not text")));
        }
    };
    if part != Part::Whole && !is_text {
        return Err(Untranslated::because(format!("`{name}` is no text that has parts")));
    }
    Ok(Matching::Filter(match part {
        Part::Whole => format!("({name}={text})"),
        Part::Beginning => format!("({name}={text}*)"),
        Part::End => format!("({name}=*{text})"),
        Part::Middle => format!("({name}=*{text}*)"),
    }))
}

/// Whether all bits of a number are set in an attribute.
pub(super) fn has_bits(attribute: &str, bits: &str) -> Outcome {
    let bits: i64 = bits.trim().parse().map_err(|_| Untranslated::because("its flag is no number"))?;
    Ok(Matching::Filter(format!("({}:1.2.840.113556.1.4.803:={bits})", attribute_name(attribute)?)))
}

/// RFC 4515, 3.
fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for letter in text.chars() {
        match letter {
            '*' | '(' | ')' | '\\' | '\0' => {
                let _infallible = write!(escaped, "\\{:02x}", u32::from(letter));
            }
            it => escaped.push(it),
        }
    }
    escaped
}

/// Those for whom an expression comes to True.
pub(super) fn where_true(expr: &Expr) -> Outcome {
    match expr {
        Expr::Switch(true) => Ok(Matching::All),
        Expr::Switch(false) | Expr::Null | Expr::AuthoritativeNull | Expr::Ignore => Ok(Matching::Nobody),
        Expr::Text(text) if text.eq_ignore_ascii_case("True") => Ok(Matching::All),
        Expr::Text(text) if text.eq_ignore_ascii_case("False") => Ok(Matching::Nobody),
        Expr::Attribute(name) if Syntax::of(name) == Syntax::Boolean => holds(name, "TRUE", Part::Whole),
        Expr::Call(name, arguments) => called(name, arguments),
        Expr::Binary(Operator::And, left, right) => {
            Ok(Matching::all([where_true(left)?, where_true(right)?]))
        }
        Expr::Binary(Operator::Or, left, right) => Ok(Matching::any([where_true(left)?, where_true(right)?])),
        Expr::Binary(operator, left, right) => compared(*operator, left, right),
        Expr::EitherWay(from_left, by_tightness) => {
            Untranslated::either(where_true(from_left), where_true(by_tightness))
        }
        Expr::Text(_) | Expr::Number(_) | Expr::Attribute(_) | Expr::Parameter(_) => Err(no_filter()),
    }
}

fn no_filter() -> Untranslated {
    Untranslated::because("an LDAP filter cannot say it")
}

fn called(name: &str, arguments: &[Expr]) -> Outcome {
    let is = |word: &str| name.eq_ignore_ascii_case(word);
    match arguments {
        [condition, yes, no] if is("IIF") => {
            let (condition, yes, no) = (where_true(condition)?, where_true(yes)?, where_true(no)?);
            let yes = Matching::all([condition.clone(), yes]);
            Ok(Matching::any([yes, Matching::all([condition.not(), no])]))
        }
        [Expr::Attribute(name)] if is("IsPresent") => present(name),
        [Expr::Attribute(name)] if is("IsNullOrEmpty") || is("IsNull") => Ok(present(name)?.not()),
        [of] if is("CBool") => where_true(of),
        _ => Err(no_filter()),
    }
}

fn compared(operator: Operator, left: &Expr, right: &Expr) -> Outcome {
    let negated = match operator {
        Operator::Equal => false,
        Operator::Unequal => true,
        Operator::Greater | Operator::GreaterOrEqual => return found(operator, left, right),
        Operator::Less
        | Operator::LessOrEqual
        | Operator::And
        | Operator::Or
        | Operator::Join
        | Operator::Plus
        | Operator::Minus
        | Operator::Times
        | Operator::Over => return Err(no_filter()),
    };
    let matching = match (caseless(left), caseless(right)) {
        (Expr::Attribute(name), Expr::Text(text)) | (Expr::Text(text), Expr::Attribute(name)) => {
            holds(name, text, Part::Whole)?
        }
        (Expr::Attribute(name), Expr::Number(number)) | (Expr::Number(number), Expr::Attribute(name)) => {
            holds(name, &number.to_string(), Part::Whole)?
        }
        (Expr::Attribute(name), Expr::Switch(switch)) | (Expr::Switch(switch), Expr::Attribute(name)) => {
            holds(name, if *switch { "TRUE" } else { "FALSE" }, Part::Whole)?
        }
        (Expr::Attribute(name), Expr::Null) | (Expr::Null, Expr::Attribute(name)) => present(name)?.not(),
        (it, Expr::Switch(true)) | (Expr::Switch(true), it) => where_true(it)?,
        (Expr::Call(function, arguments), value) => cut(function, arguments, value)?,
        _ => return Err(no_filter()),
    };
    Ok(if negated { matching.not() } else { matching })
}

/// Filters compare without regard to case anyway.
fn caseless(expr: &Expr) -> &Expr {
    match expr {
        Expr::Call(name, arguments) if ["UCase", "LCase"].iter().any(|it| it.eq_ignore_ascii_case(name)) => {
            arguments.first().unwrap_or(expr)
        }
        other => other,
    }
}

/// `Left([a],3)="abc"`, `Right([a],3)="abc"`, `InStr([a],"abc")=1` and `=0`.
fn cut(function: &str, arguments: &[Expr], value: &Expr) -> Outcome {
    let is = |word: &str| function.eq_ignore_ascii_case(word);
    let ([of, rest @ ..], value) = (arguments, value) else { return Err(no_filter()) };
    let Expr::Attribute(name) = caseless(of) else { return Err(no_filter()) };
    match (rest, value) {
        ([Expr::Number(count)], Expr::Text(text)) if is_length(*count, text) && is("Left") => {
            holds(name, text, Part::Beginning)
        }
        ([Expr::Number(count)], Expr::Text(text)) if is_length(*count, text) && is("Right") => {
            holds(name, text, Part::End)
        }
        ([Expr::Text(text)], Expr::Number(1)) if is("InStr") => holds(name, text, Part::Beginning),
        ([Expr::Text(text)], Expr::Number(0)) if is("InStr") => Ok(holds(name, text, Part::Middle)?.not()),
        _ => Err(no_filter()),
    }
}

fn is_length(count: i64, text: &str) -> bool {
    usize::try_from(count).is_ok_and(|it| it == text.chars().count())
}

/// `InStr([a],"abc")>0` and `>=1`.
fn found(operator: Operator, left: &Expr, right: &Expr) -> Outcome {
    let least = i64::from(operator != Operator::Greater);
    match (left, right) {
        (Expr::Call(name, arguments), Expr::Number(number))
            if name.eq_ignore_ascii_case("InStr") && *number == least =>
        {
            match arguments.as_slice() {
                [of, Expr::Text(text)] => match caseless(of) {
                    Expr::Attribute(name) => holds(name, text, Part::Middle),
                    _ => Err(no_filter()),
                },
                _ => Err(no_filter()),
            }
        }
        _ => Err(no_filter()),
    }
}
