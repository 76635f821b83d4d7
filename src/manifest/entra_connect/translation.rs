//! What an expression of Entra Connect means, in CEL.
//!
//! An attribute without a value is `NULL` there and an error here that ends the whole expression. So each value
//! carries the condition under which it is absent, and nothing looks at a value without asking that first. The
//! rules for `NULL` are those of the functions' documentation; where it is silent, those of Visual Basic: `&`
//! takes `NULL` for an empty text, and nothing equals `NULL`.

use crate::model::Syntax;

use super::cel::Term;
use super::expression::{Expr, Operator, Untranslated, parse};
use super::functions;

/// What `%…%` stands for in the rules of one domain.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parameters {
    /// DNS name of the domain.
    pub domain: String,
    /// Distinguished name of the domain.
    pub domain_dn: String,
    /// DNS name of the forest.
    pub forest: String,
}

/// What sort of value a term comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Number,
    Switch,
    /// All values of an attribute that has several.
    List,
    /// No value at all.
    Nothing,
}

/// A value.
#[derive(Clone, Debug)]
pub(super) struct Value {
    pub(super) term: Term,
    /// The condition under which it is `NULL`.
    pub(super) absent: Term,
    pub(super) kind: Kind,
}

impl Value {
    pub(super) fn certain(term: Term, kind: Kind) -> Self {
        Self { term, absent: Term::Switch(false), kind }
    }

    pub(super) fn present(&self) -> Term {
        Term::not(self.absent.clone())
    }

    /// The value as the outcome of a whole expression, where an attribute that is missing means `NULL` by itself.
    pub(super) fn outcome(self) -> Term {
        let without = self.term.clone().assume(&self.absent, true);
        if without.is_missing_where(&self.absent) { self.term } else { self.or(Term::Null) }
    }

    /// The value, or another one in place of `NULL`.
    pub(super) fn or(self, instead: Term) -> Term {
        Term::choice(self.absent, instead, self.term)
    }
}

/// An expression in CEL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Translated {
    /// The text.
    pub text: String,
    /// Whether it says `IgnoreThisFlow` somewhere: without a value, what the tenant has stays.
    pub ignores: bool,
    /// Whether it says `Error(…)` somewhere: no value is a fault.
    pub fails: bool,
}

/// Translates one expression.
///
/// A missing value of the outcome stands for `NULL`, `AuthoritativeNull`, `IgnoreThisFlow` and `Error(…)`.
pub fn translate(text: &str, parameters: &Parameters) -> Result<Translated, Untranslated> {
    let mut translation = Translation::new(parameters);
    let value = translation.value(&parse(text)?)?;
    let term = value.outcome();
    let Translation { parameters: _, ignores, fails, compares_absent: _ } = translation;
    Ok(Translated { text: term.to_string(), ignores, fails })
}

/// The translation of one expression.
pub(super) struct Translation<'a> {
    parameters: &'a Parameters,
    pub(super) ignores: bool,
    pub(super) fails: bool,
    /// Whether it asks if something that may be absent is unequal: what Entra Connect says then is not
    /// documented.
    pub(super) compares_absent: bool,
}

/// Most terms of a translation: several functions name their argument more than once, and the texts that CEL
/// takes here are shorter than this many terms.
pub(super) const WEIGHT_MAX: usize = 1_000;

type Outcome = Result<Value, Untranslated>;

impl<'a> Translation<'a> {
    pub(super) const fn new(parameters: &'a Parameters) -> Self {
        Self { parameters, ignores: false, fails: false, compares_absent: false }
    }

    pub(super) fn value(&mut self, expr: &Expr) -> Outcome {
        let value = self.any_value(expr)?;
        if WEIGHT_MAX < value.term.weight() + value.absent.weight() {
            return Err(Untranslated::because("its translation is too long for one expression"));
        }
        Ok(value)
    }

    fn any_value(&mut self, expr: &Expr) -> Outcome {
        match expr {
            Expr::Text(text) => Ok(Value::certain(Term::text(text), Kind::Text)),
            Expr::Number(number) => Ok(Value::certain(Term::Number(*number), Kind::Number)),
            Expr::Switch(switch) => Ok(Value::certain(Term::Switch(*switch), Kind::Switch)),
            Expr::Null => Ok(nothing(true)),
            // Another rule must not give a value instead, as it may for `NULL`.
            Expr::AuthoritativeNull => Ok(nothing(false)),
            Expr::Ignore => {
                self.ignores = true;
                Ok(nothing(false))
            }
            Expr::Attribute(name) => attribute(name),
            Expr::Parameter(name) => {
                Ok(Value::certain(Term::text(parameter(name, self.parameters)?), Kind::Text))
            }
            Expr::Call(name, arguments) => functions::call(self, name, arguments),
            Expr::Binary(operator, left, right) => self.binary(*operator, left, right),
            Expr::EitherWay(from_left, by_tightness) => {
                Untranslated::either(self.value(from_left), self.value(by_tightness))
            }
        }
    }

    /// A condition. It is asked of every object, so it never looks at what is absent.
    pub(super) fn condition(&mut self, expr: &Expr) -> Result<Term, Untranslated> {
        let value = self.value(expr)?;
        match value.kind {
            Kind::Switch => Ok(Term::and(value.present(), value.term)),
            Kind::Nothing => Ok(Term::Switch(false)),
            Kind::Text | Kind::Number | Kind::List => {
                Err(Untranslated::because("it takes a value for a condition"))
            }
        }
    }

    /// A text; numbers are written out.
    pub(super) fn text(&mut self, expr: &Expr) -> Outcome {
        let value = self.value(expr)?;
        match value.kind {
            Kind::Text => Ok(value),
            Kind::Nothing => Ok(Value { term: Term::text(""), kind: Kind::Text, ..value }),
            Kind::Number => {
                let term = Term::Function("string", Box::new(value.term));
                Ok(Value { term, kind: Kind::Text, ..value })
            }
            Kind::Switch => Err(Untranslated::because("it takes True or False for a text")),
            Kind::List => {
                Err(Untranslated::because("it changes each value of an attribute that has several"))
            }
        }
    }

    /// A number that is always there.
    pub(super) fn number(&mut self, expr: &Expr) -> Result<Term, Untranslated> {
        let value = self.value(expr)?;
        if value.kind == Kind::Number && value.absent == Term::Switch(false) {
            return Ok(value.term);
        }
        Err(Untranslated::because("it counts with something that is no number, or may be absent"))
    }

    fn binary(&mut self, operator: Operator, left: &Expr, right: &Expr) -> Outcome {
        let switch = |term| Ok(Value::certain(term, Kind::Switch));
        match operator {
            Operator::And => switch(Term::and(self.condition(left)?, self.condition(right)?)),
            Operator::Or => switch(Term::or(self.condition(left)?, self.condition(right)?)),
            Operator::Equal => switch(self.equal(left, right)?),
            Operator::Unequal => {
                let equal = self.equal(left, right)?;
                self.compares_absent |= !is_certain(left) || !is_certain(right);
                switch(Term::not(equal))
            }
            Operator::Less => switch(self.ordered("<", left, right)?),
            Operator::LessOrEqual => switch(self.ordered("<=", left, right)?),
            Operator::Greater => switch(self.ordered(">", left, right)?),
            Operator::GreaterOrEqual => switch(self.ordered(">=", left, right)?),
            Operator::Join => self.join(left, right),
            Operator::Plus => self.sum("+", left, right),
            Operator::Minus => self.sum("-", left, right),
            Operator::Times => self.sum("*", left, right),
            Operator::Over => Err(Untranslated::because("it divides")),
        }
    }

    /// Nothing equals `NULL`, but asking for `NULL` itself asks whether there is a value.
    fn equal(&mut self, left: &Expr, right: &Expr) -> Result<Term, Untranslated> {
        let (left, right) = (self.value(left)?, self.value(right)?);
        let both = Term::and(left.present(), right.present());
        match (left.kind, right.kind) {
            (Kind::Nothing, _) => Ok(right.absent),
            (_, Kind::Nothing) => Ok(left.absent),
            (Kind::List, _) | (_, Kind::List) => {
                Err(Untranslated::because("it compares each value of an attribute that has several"))
            }
            (one, other) if one != other => Err(Untranslated::because("it compares values of two sorts")),
            (Kind::Switch, _) => {
                let same = match (left.term, right.term) {
                    (it, Term::Switch(true)) | (Term::Switch(true), it) => it,
                    (it, Term::Switch(false)) | (Term::Switch(false), it) => Term::not(it),
                    (left, right) => Term::binary("==", left, right),
                };
                Ok(Term::and(both, same))
            }
            (Kind::Text | Kind::Number, _) => Ok(Term::and(both, Term::binary("==", left.term, right.term))),
        }
    }

    fn ordered(&mut self, operator: &'static str, left: &Expr, right: &Expr) -> Result<Term, Untranslated> {
        let (left, right) = (self.value(left)?, self.value(right)?);
        if (left.kind, right.kind) != (Kind::Number, Kind::Number) {
            return Err(Untranslated::because("it orders texts, and in which order is not known"));
        }
        let both = Term::and(left.present(), right.present());
        Ok(Term::and(both, Term::binary(operator, left.term, right.term)))
    }

    fn join(&mut self, left: &Expr, right: &Expr) -> Outcome {
        let (left, right) = (self.text(left)?, self.text(right)?);
        let absent = Term::and(left.absent.clone(), right.absent.clone());
        let empty = || Term::text("");
        let term = Term::joined(left.or(empty()), right.or(empty()));
        Ok(Value { term, absent, kind: Kind::Text })
    }

    fn sum(&mut self, operator: &'static str, left: &Expr, right: &Expr) -> Outcome {
        let (left, right) = (self.number(left)?, self.number(right)?);
        Ok(Value::certain(Term::sum(operator, left, right), Kind::Number))
    }
}

const fn nothing(absent: bool) -> Value {
    Value { term: Term::Null, absent: Term::Switch(absent), kind: Kind::Nothing }
}

/// Whether an expression has a value on every object, without looking into it.
const fn is_certain(expr: &Expr) -> bool {
    matches!(expr, Expr::Text(_) | Expr::Number(_) | Expr::Switch(_) | Expr::Parameter(_) | Expr::Null)
}

/// The attribute of the directory that a name means; `dn` is what Entra Connect calls the name of an object.
pub(super) fn attribute_name(name: &str) -> Result<&str, Untranslated> {
    let name = if name.eq_ignore_ascii_case("dn") { "distinguishedName" } else { name };
    let starts = name.starts_with(|it: char| it.is_ascii_alphabetic());
    if starts && name.bytes().all(|it| it.is_ascii_alphanumeric() || it == b'-') {
        return Ok(name);
    }
    Err(Untranslated::because(format!("`{}` is not the name of an attribute", name.escape_debug())))
}

/// The value of an attribute.
pub(super) fn attribute(name: &str) -> Outcome {
    let name = attribute_name(name)?;
    if ["member", "memberOf"].iter().any(|it| it.eq_ignore_ascii_case(name)) {
        return Err(Untranslated::because(format!("`{name}` cannot be read in an expression")));
    }
    let kind = match Syntax::of(name) {
        Syntax::Octets | Syntax::Guid | Syntax::Sid => {
            return Err(Untranslated::because(format!("`{name}` holds bytes, not text")));
        }
        _ if Syntax::is_list(name) => Kind::List,
        Syntax::Integer => Kind::Number,
        Syntax::Boolean => Kind::Switch,
        Syntax::Text | Syntax::ExactText | Syntax::Dn | Syntax::GeneralizedTime => Kind::Text,
    };
    let absent = Term::not(Term::Has(name.to_owned()));
    Ok(Value { term: Term::Attribute(name.to_owned()), absent, kind })
}

fn parameter(name: &str, parameters: &Parameters) -> Result<String, Untranslated> {
    let Parameters { domain, domain_dn, forest } = parameters;
    let is = |word: &str| name.eq_ignore_ascii_case(word);
    let text = match () {
        () if is("Domain.FQDN") => domain.clone(),
        () if is("Domain.LDAP") => domain_dn.clone(),
        () if is("Forest.FQDN") => forest.clone(),
        () if is("Forest.LDAP") && !forest.is_empty() => {
            let parts: Vec<String> = forest.split('.').map(|it| format!("DC={it}")).collect();
            parts.join(",")
        }
        () => String::new(),
    };
    if text.is_empty() {
        return Err(Untranslated::because(format!("what %{}% stands for is not known", name.escape_debug())));
    }
    Ok(text)
}
