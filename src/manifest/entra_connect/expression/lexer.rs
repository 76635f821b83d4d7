//! From the text of an expression to its words.
//!
//! It does not know which words may follow each other.

use super::{Operator, Untranslated};

/// A word of the language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Token {
    Text(String),
    Number(i64),
    Attribute(String),
    Parameter(String),
    Name(String),
    Operator(Operator),
    Open,
    Close,
    Comma,
}

/// The words of a text.
pub(super) fn tokens(text: &str) -> Result<Vec<Token>, Untranslated> {
    let mut rest = text.trim_start();
    let mut found = Vec::new();
    while let Some(first) = rest.chars().next() {
        let (token, after) = match first {
            '"' => quoted(rest)?,
            '[' => enclosed(rest, ']').map(|(name, after)| (Token::Attribute(name), after))?,
            '%' => enclosed(rest, '%').map(|(name, after)| (Token::Parameter(name), after))?,
            '(' => (Token::Open, &rest[1..]),
            ')' => (Token::Close, &rest[1..]),
            ',' => (Token::Comma, &rest[1..]),
            '0'..='9' => number(rest, 10)?,
            '&' if is_hexadecimal(rest) => number(&rest[2..], 16)?,
            it if it.is_ascii_alphabetic() => {
                let end =
                    rest.find(|it: char| !it.is_ascii_alphanumeric() && it != '_').unwrap_or(rest.len());
                (Token::Name(rest[..end].to_owned()), &rest[end..])
            }
            _ => operator(rest)?,
        };
        found.push(token);
        rest = after.trim_start();
    }
    Ok(found)
}

/// `&H` and digits, and not a name that begins with H behind an `&`.
fn is_hexadecimal(rest: &str) -> bool {
    let Some(digits) = rest.strip_prefix("&H").or_else(|| rest.strip_prefix("&h")) else { return false };
    let end = digits.find(|it: char| !it.is_ascii_alphanumeric() && it != '_').unwrap_or(digits.len());
    0 < end && digits[..end].bytes().all(|it| it.is_ascii_hexdigit())
}

/// A text in quotes; two quotes stand for one.
fn quoted(rest: &str) -> Result<(Token, &str), Untranslated> {
    let mut text = String::new();
    let mut letters = rest.char_indices().skip(1).peekable();
    while let Some((at, letter)) = letters.next() {
        if letter != '"' {
            text.push(letter);
        } else if letters.peek().is_some_and(|it| it.1 == '"') {
            text.push('"');
            letters.next();
        } else {
            return Ok((Token::Text(text), &rest[at + 1..]));
        }
    }
    Err(Untranslated::because("a text has no closing quote"))
}

/// A name between two marks.
fn enclosed(rest: &str, close: char) -> Result<(String, &str), Untranslated> {
    let inner = &rest[1..];
    let end = inner.find(close).ok_or_else(|| Untranslated::because(format!("a `{close}` is missing")))?;
    Ok((inner[..end].trim().to_owned(), &inner[end + close.len_utf8()..]))
}

fn number(digits: &str, radix: u32) -> Result<(Token, &str), Untranslated> {
    let end = digits.find(|it: char| !it.is_digit(radix)).unwrap_or(digits.len());
    // No count of characters and no flag is larger, and sums of these cannot overflow.
    let value = i32::from_str_radix(&digits[..end], radix).map_err(|_| {
        Untranslated::because(format!("the number {} is too large", digits[..end].escape_debug()))
    })?;
    if digits[end..].starts_with(|it: char| it == '.' || it.is_ascii_alphabetic()) {
        return Err(Untranslated::because("it has a number that is not whole"));
    }
    Ok((Token::Number(i64::from(value)), &digits[end..]))
}

/// The longest come first.
const OPERATORS: &[(&str, Operator)] = &[
    ("&&", Operator::And),
    ("||", Operator::Or),
    ("<>", Operator::Unequal),
    ("<=", Operator::LessOrEqual),
    (">=", Operator::GreaterOrEqual),
    ("&", Operator::Join),
    ("=", Operator::Equal),
    ("<", Operator::Less),
    (">", Operator::Greater),
    ("+", Operator::Plus),
    ("-", Operator::Minus),
    ("*", Operator::Times),
    ("/", Operator::Over),
];

fn operator(rest: &str) -> Result<(Token, &str), Untranslated> {
    let found =
        OPERATORS.iter().find_map(|(text, it)| Some((Token::Operator(*it), rest.strip_prefix(text)?)));
    found.ok_or_else(|| {
        let letter = rest.chars().next().unwrap_or_default();
        Untranslated::because(format!("`{}` is not understood", letter.escape_debug()))
    })
}
