//! From a part of a scalar's text back to the bytes of the file: through quotes, escapes and folded lines.
//!
//! It does not interpret YAML again: it walks both texts side by side and gives up where they disagree.

use std::ops::Range;

use super::Style;

/// The bytes of `source` that `part` of the scalar's `text` came from.
pub(super) fn part(
    source: &str,
    span: &Range<usize>,
    style: Style,
    text: &str,
    part: &Range<usize>,
) -> Option<Range<usize>> {
    let raw = source.get(span.clone())?;
    let starts = starts(raw, style, text)?;
    let at = |offset: usize| starts.binary_search_by_key(&offset, |it| it.0).ok().map(|at| starts[at]);
    let (_, start, first_end) = at(part.start)?;
    let end = if part.end <= part.start {
        first_end.min(raw.len())
    } else {
        // The end is where the last character of the part ends.
        let last = text.get(part.clone())?.char_indices().last()?.0 + part.start;
        at(last)?.2
    };
    Some(span.start + start..span.start + end.max(start))
}

/// For every character of the text: its offset, and start and end in the raw scalar.
fn starts(raw: &str, style: Style, text: &str) -> Option<Vec<(usize, usize, usize)>> {
    let mut at = match style {
        // The parser leaves the header of a block scalar out of its span.
        Style::Plain | Style::Block => 0,
        Style::SingleQuoted | Style::DoubleQuoted => 1,
    };
    let mut found = Vec::with_capacity(text.len() + 1);
    for (offset, character) in text.char_indices() {
        let (start, end) = step(raw, at, style, character)?;
        found.push((offset, start, end));
        at = end;
    }
    found.push((text.len(), at, (at + 1).min(raw.len())));
    Some(found)
}

/// Where one character of the text stands in the raw scalar, at or after `at`.
fn step(raw: &str, mut at: usize, style: Style, character: char) -> Option<(usize, usize)> {
    loop {
        let rest = raw.get(at..)?;
        let next = rest.chars().next()?;
        if style == Style::DoubleQuoted && next == '\\' {
            let length = escape_length(rest);
            if rest[1..].starts_with(['\n', '\r']) {
                at += length;
                continue;
            }
            return Some((at, at + length));
        }
        if style == Style::SingleQuoted && rest.starts_with("''") && character == '\'' {
            return Some((at, at + 2));
        }
        if next == character {
            return Some((at, at + next.len_utf8()));
        }
        if !matches!(next, ' ' | '\t' | '\n' | '\r') {
            return None;
        }
        // A folded line break: blanks of the file that are one blank, or none, of the text.
        if matches!(character, ' ' | '\n') && matches!(next, '\n' | '\r') {
            return Some((at, at + 1));
        }
        at += 1;
    }
}

/// Bytes of an escape in double quotes (YAML 1.2.2, 5.7).
fn escape_length(rest: &str) -> usize {
    let length = match rest.as_bytes().get(1) {
        Some(b'x') => 4,
        Some(b'u') => 6,
        Some(b'U') => 10,
        Some(_) => 1 + rest[1..].chars().next().map_or(1, char::len_utf8),
        None => 1,
    };
    length.min(rest.len())
}

#[cfg(test)]
mod tests {
    use crate::manifest::yaml::parse;

    /// The raw text behind `wanted`, a part of the value of `key`.
    fn check(source: &str, wanted: &str, expected: &str) {
        let parsed = parse(source);
        let node = parsed.documents[0].field("key").unwrap();
        let at = node.text().unwrap().find(wanted).unwrap();
        assert_eq!(&source[node.part(source, &(at..at + wanted.len()))], expected);
    }

    #[test]
    fn a_part_is_found_in_every_style() {
        check("key: (mail=*)\n", "mail", "mail");
        check("key: \"(mail=\\u00e4x)\"\n", "äx", "\\u00e4x");
        check("key: 'it''s here'\n", "'s here", "''s here");
        check("key: >-\n  one\n  two\n", "two", "two");
        check("key: |\n  one\n    two\n", "two", "two");
        check("key: \"one\n  two \\\n  three\"\n", "three", "three");
        check("key: one\n  two\n", "one two", "one\n  two");
    }
}
