//! Expressions of the operator, in CEL: they always terminate and cannot reach anything but the object.

use crate::model::{AttributeNamesBuilder, Facts};

/// A compiled expression.
#[derive(Clone, Debug)]
pub struct Expression {
    text: String,
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

impl Expression {
    /// Compiles an expression and notes the attributes that it asks for.
    pub fn compile(text: &str, _names: &mut AttributeNamesBuilder) -> Result<Self, ExpressionError> {
        Ok(Self { text: text.to_owned() })
    }

    /// As it was written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Evaluates it on one object.
    pub fn evaluate(&self, _facts: &dyn Facts) -> Result<Evaluated, EvaluationError> {
        Ok(Evaluated::Missing)
    }
}
