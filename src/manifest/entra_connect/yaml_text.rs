//! Text as a scalar of YAML.
//!
//! A text of the file may hold anything; what comes out is one scalar on one line, and says the same.

use std::borrow::Cow;
use std::fmt::Write as _;

/// Words that YAML or older readers of it take for something else than text.
const WORDS: &[&str] = &["null", "true", "false", "yes", "no", "on", "off", "y", "n"];

/// The text as one scalar.
pub(super) fn scalar(text: &str) -> Cow<'_, str> {
    let is_word = WORDS.iter().any(|it| it.eq_ignore_ascii_case(text));
    let plain = |it: char| it.is_ascii_alphanumeric() || matches!(it, '.' | '-' | '_' | '@');
    if !is_word && text.starts_with(|it: char| it.is_ascii_alphabetic()) && text.chars().all(plain) {
        return Cow::Borrowed(text);
    }
    let printable = |it: char| !it.is_control() && !matches!(it, '\u{2028}'..='\u{202E}' | '\u{FEFF}');
    if text.contains(['"', '\\']) && text.chars().all(printable) {
        // Nothing is escaped between single quotes but these themselves.
        return Cow::Owned(format!("'{}'", text.replace('\'', "''")));
    }
    Cow::Owned(double_quoted(text))
}

fn double_quoted(text: &str) -> String {
    let mut quoted = "\"".to_owned();
    for letter in text.chars() {
        match letter {
            '"' => quoted += "\\\"",
            '\\' => quoted += "\\\\",
            '\n' => quoted += "\\n",
            '\r' => quoted += "\\r",
            '\t' => quoted += "\\t",
            it if it.is_control() || matches!(it, '\u{2028}'..='\u{202E}' | '\u{FEFF}') => {
                let _infallible = write!(quoted, "\\u{:04x}", u32::from(it));
            }
            it => quoted.push(it),
        }
    }
    quoted + "\""
}

/// A list of texts on one line.
pub(super) fn list<'a>(texts: impl IntoIterator<Item = &'a str>) -> String {
    let items: Vec<Cow<'_, str>> = texts.into_iter().map(scalar).collect();
    format!("[{}]", items.join(", "))
}
