//! Expressions of the operator, in CEL: they always terminate and cannot reach anything but the object.
//!
//! The text is checked against what exists when it is compiled, so that a mistake is found before any object is
//! looked at. The language itself is the `cel` crate's; nothing here knows a manifest.

mod check;
mod diagnosis;
mod functions;
mod object;

use std::fmt;
use std::sync::Arc;

use cel::objects::OptionalValue;
use cel::{Context, ExecutionError, IdedExpr, Value};

use self::object::{References, Scope};
use crate::model::{AttributeId, AttributeNamesBuilder, Facts, well_known};

/// A compiled expression.
#[derive(Clone)]
pub struct Expression {
    text: String,
    compiled: Arc<Compiled>,
}

struct Compiled {
    root: IdedExpr,
    references: References,
}

/// Why a text is no expression.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct ExpressionError {
    /// Bytes of the text that are at fault.
    pub span: std::ops::Range<usize>,
    /// What is wrong with them.
    pub reason: String,
    /// What to write instead.
    pub hint: Option<String>,
}

/// What an expression came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Evaluated {
    /// An attribute that it needs has no value, or it came to null.
    Missing,
    /// A text; numbers are written out.
    Text(String),
    /// True or false.
    Switch(bool),
    /// A list of texts.
    TextList(Vec<String>),
}

/// Why an expression came to nothing on one object.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct EvaluationError {
    /// What went wrong, without values of the object.
    pub reason: String,
}

/// Longest text that an expression may read or make: no property of the tenant takes more.
const TEXT_BYTES_MAX: usize = 64 * 1024;
/// Longest list that an expression may read or make: Active Directory stores about 1,300 unlinked values.
const LIST_LENGTH_MAX: usize = 2_000;

impl Expression {
    /// Compiles an expression and notes the attributes that it asks for.
    pub fn compile(text: &str, names: &mut AttributeNamesBuilder) -> Result<Self, ExpressionError> {
        let (root, references) = check::compile(text, names)?;
        Ok(Self { text: text.to_owned(), compiled: Arc::new(Compiled { root, references }) })
    }

    /// As it was written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The attributes that it asks for; `memberOf` if it asks for a group.
    pub fn reads(&self) -> Vec<AttributeId> {
        let References { attributes, groups } = &self.compiled.references;
        let groups = (!groups.is_empty()).then_some(well_known::MEMBER_OF);
        attributes.iter().map(|it| it.id).chain(groups).collect()
    }

    /// Evaluates it on one object.
    pub fn evaluate(&self, facts: &dyn Facts) -> Result<Evaluated, EvaluationError> {
        let scope = Scope::new(facts, &self.compiled.references);
        let mut context = Context::with_env(functions::language());
        context.set_variable_resolver(&scope);
        // `resolve`, not `resolve_val`: the latter would be compiled into this crate, and without optimisation
        // it takes so much stack for each level that a deep expression overflows it.
        match Value::resolve(&self.compiled.root, &context) {
            Ok(value) => evaluated(value),
            Err(ExecutionError::NoSuchKey(_)) => Ok(Evaluated::Missing),
            Err(error) => Err(EvaluationError { reason: diagnosis::failure(&error) }),
        }
    }
}

impl fmt::Debug for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Expression({})", self.text)
    }
}

#[expect(clippy::wildcard_enum_match_arm, reason = "the crate decides which kinds of values there are")]
fn evaluated(value: Value) -> Result<Evaluated, EvaluationError> {
    match value {
        Value::Bool(switch) => Ok(Evaluated::Switch(switch)),
        Value::Null => Ok(Evaluated::Missing),
        Value::List(list) if LIST_LENGTH_MAX < list.len() => {
            Err(refuse(format!("the list is longer than {LIST_LENGTH_MAX} values")))
        }
        Value::List(list) => list.iter().map(text).collect::<Result<_, _>>().map(Evaluated::TextList),
        Value::Opaque(_) => match <&OptionalValue>::try_from(&value) {
            Ok(optional) => optional.value().cloned().map_or(Ok(Evaluated::Missing), evaluated),
            Err(_) => Err(unfit(&value)),
        },
        other => text(&other).map(Evaluated::Text),
    }
}

#[expect(clippy::wildcard_enum_match_arm, reason = "the crate decides which kinds of values there are")]
fn text(value: &Value) -> Result<String, EvaluationError> {
    match value {
        Value::String(text) if TEXT_BYTES_MAX < text.len() => {
            Err(refuse(format!("the text is longer than {TEXT_BYTES_MAX} bytes")))
        }
        Value::String(text) => Ok(text.as_str().to_owned()),
        Value::Int(number) => Ok(number.to_string()),
        Value::UInt(number) => Ok(number.to_string()),
        other => Err(unfit(other)),
    }
}

fn unfit(value: &Value) -> EvaluationError {
    refuse(format!("it came to a value of type {}, which no property takes", value.type_of()))
}

fn refuse(reason: String) -> EvaluationError {
    EvaluationError { reason }
}
