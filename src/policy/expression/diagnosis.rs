//! Words for what goes wrong: syntax errors of the parser and failures on one object.
//!
//! What is said about an object never holds its values: findings end up in plans and logs.

use cel::{ExecutionError, ParseErrors};

use super::ExpressionError;
use super::functions::{FUNCTIONS, OURS};

/// The first of the parser's errors, with its place in bytes.
pub(super) fn syntax(text: &str, errors: &ParseErrors) -> ExpressionError {
    let Some(first) = errors.errors.first() else {
        return ExpressionError { span: 0..text.len(), reason: "cannot be read".to_owned(), hint: None };
    };
    if errors.errors.iter().any(|it| it.msg.contains("Recursion limit")) {
        return ExpressionError {
            span: 0..text.len(),
            reason: "the expression nests too deep".to_owned(),
            hint: Some("split it into several flows".to_owned()),
        };
    }
    let start = offset(text, first.pos);
    let message = first.msg.trim_start_matches("Syntax error: ");
    let rest = &text[start..];
    if rest.trim().is_empty() || message.contains("'<EOF>'") {
        return ExpressionError {
            span: start..text.len(),
            reason: "the expression ends too early".to_owned(),
            hint: Some("a value, a closing bracket or a closing quote is missing".to_owned()),
        };
    }
    let first_char = rest.chars().next().map_or(0, char::len_utf8);
    let word = rest.bytes().take_while(|it| it.is_ascii_alphanumeric() || *it == b'_').count();
    let end = start + word.max(first_char);
    ExpressionError {
        span: start..end,
        reason: format!("`{}` does not belong here", &text[start..end]),
        hint: hint(&text[start..end]).map(str::to_owned),
    }
}

/// The byte of a line and a column, both counted from 1, the column in characters.
fn offset(text: &str, (line, column): (isize, isize)) -> usize {
    let line = usize::try_from(line).unwrap_or(1).max(1);
    let column = usize::try_from(column).unwrap_or(1).max(1);
    let line_start: usize = text.split_inclusive('\n').take(line - 1).map(str::len).sum();
    let rest = text.get(line_start..).unwrap_or_default();
    rest.char_indices().nth(column - 1).map_or(text.len(), |(at, _)| line_start + at)
}

fn hint(found: &str) -> Option<&'static str> {
    Some(match found {
        "=" => "compare with ==",
        "and" | "AND" | "&" => "write &&",
        "or" | "OR" | "|" => "write ||",
        "not" | "NOT" => "write !",
        "\u{201c}" | "\u{201d}" | "\u{201e}" | "\u{2018}" | "\u{2019}" => "use plain quotes: \" or '",
        "if" | "then" | "else" => "write condition ? value : other",
        "'" | "\"" => "close the quote",
        _ => return None,
    })
}

/// What to say about a failure on one object.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "the crate may add kinds, and their texts may hold values"
)]
pub(super) fn failure(error: &ExecutionError) -> String {
    match error {
        ExecutionError::FunctionError { function, message } if function == OURS => message.clone(),
        ExecutionError::FunctionError { function, .. } => {
            format!("`{}` does not work on these values", written(function))
        }
        ExecutionError::NoSuchOverload(call) => {
            let name = written(call.function());
            format!("`{name}` does not take ({}){}", call.argument_types().join(", "), advice(name))
        }
        ExecutionError::UndeclaredReference(name) => format!("`{}` is not known here", written(name)),
        ExecutionError::UnexpectedType { got, want } => format!("a {want} is needed, not a {got}"),
        ExecutionError::DivisionByZero(_) | ExecutionError::RemainderByZero(_) => {
            "division by zero".to_owned()
        }
        ExecutionError::IndexOutOfBounds(_) => "an index is beyond the end of its list".to_owned(),
        ExecutionError::Overflow(operator, ..) => format!("`{}` overflows", written(operator)),
        ExecutionError::UnsupportedBinaryOperator(operator, left, right) => {
            format!("`{}` does not take ({}, {})", written(operator), left.type_of(), right.type_of())
        }
        ExecutionError::ValuesNotComparable(left, right) => {
            format!("a {} and a {} cannot be compared", left.type_of(), right.type_of())
        }
        _ => "the values do not fit the expression".to_owned(),
    }
}

fn advice(operator: &str) -> &'static str {
    if operator == "+" { ": turn numbers into text with string(…)" } else { "" }
}

/// The name of a function or operator as it is written.
fn written(inner: &str) -> &str {
    match inner {
        "add" => "+",
        "sub" => "-",
        "mul" => "*",
        "div" => "/",
        "rem" => "%",
        "_?_:_" => "? :",
        "_[_]" => "[ ]",
        "_._" => ".",
        "@in" => "in",
        other => match FUNCTIONS.iter().find(|it| it.inner == other) {
            Some(function) => function.name,
            None => other.trim_matches('_'),
        },
    }
}
