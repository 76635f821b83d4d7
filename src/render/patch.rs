//! The change of a manifest that follows a rename in the directory, as a patch.
//!
//! It does not know YAML: it finds a name in a text and writes another one in its place, escaped in the same way.

use similar::TextDiff;

use crate::plan::Renamed;

use super::words;

/// Lines around a change, as `diff -u` shows them.
const CONTEXT_LINES: usize = 3;

/// How a name stands in a YAML text.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Quotes {
    None,
    Single,
    Double,
}

impl Quotes {
    const ALL: [Self; 3] = [Self::None, Self::Single, Self::Double];

    fn escape(self, name: &str) -> String {
        match self {
            Self::None => name.to_owned(),
            Self::Single => name.replace('\'', "''"),
            Self::Double => name.replace('\\', "\\\\").replace('"', "\\\""),
        }
    }

    /// The quotes that are open at the end of a part of a line.
    fn open_after(line: &str) -> Self {
        let mut open = Self::None;
        let mut previous = ' ';
        for it in line.chars() {
            open = match (open, it) {
                (Self::None, '"') => Self::Double,
                (Self::None, '\'') => Self::Single,
                (Self::Double, '"') if previous != '\\' => Self::None,
                (Self::Single, '\'') => Self::None,
                (open, _) => open,
            };
            previous = it;
        }
        open
    }
}

/// A manifest with the names that its scopes should have now; `None` if it names none of them.
pub fn renamed_in(text: &str, renamed: &[Renamed]) -> Option<String> {
    let mut new = text.to_owned();
    for it in renamed {
        new = replaced(&new, it);
    }
    (new != text).then_some(new)
}

fn replaced(text: &str, renamed: &Renamed) -> String {
    let mut new = String::with_capacity(text.len());
    let mut at = 0;
    while let Some((found, length, quotes)) = find(text, at, &renamed.from) {
        new += &text[at..found];
        new += &quotes.escape(&renamed.to);
        at = found + length;
    }
    new + &text[at..]
}

/// Where a name stands next, how long it is there, and in which quotes.
fn find(text: &str, from: usize, name: &str) -> Option<(usize, usize, Quotes)> {
    let mut found: Vec<(usize, usize, Quotes)> = Vec::new();
    for quotes in Quotes::ALL {
        let written = quotes.escape(name);
        let places = text[from..].match_indices(&written).map(|it| from + it.0);
        let fits = |at: &usize| {
            let line = text[..*at].rfind('\n').map_or(0, |it| it + 1);
            let rest = &text[*at + written.len()..];
            Quotes::open_after(&text[line..*at]) == quotes && begins(&text[..*at]) && ends(rest)
        };
        found.extend(places.into_iter().find(fits).map(|at| (at, written.len(), quotes)));
    }
    found.into_iter().min_by_key(|it| it.0)
}

/// Whether a name can begin after this text: what is below a renamed container was renamed with it.
fn begins(before: &str) -> bool {
    before.chars().next_back().is_none_or(|it| it.is_whitespace() || "\"',=[{".contains(it))
}

/// Whether a name can end before this text.
fn ends(after: &str) -> bool {
    let mut next = after.chars();
    match next.next() {
        None => true,
        Some(',') => next.next().is_none_or(char::is_whitespace),
        Some(it) => it.is_whitespace() || "\"')]}".contains(it),
    }
}

/// A patch that gives a file another text; `None` if a terminal cannot show it as it is.
pub fn patch(path: &str, before: &str, after: &str) -> Option<String> {
    let shows = |it: &str| words::name(it) == it;
    let lines = before.lines().chain(after.lines());
    if !shows(path) || path.contains('"') || lines.map(|it| it.replace('\t', " ")).any(|it| !shows(&it)) {
        return None;
    }
    // GNU patch takes a name with a blank only if a tab ends it.
    let end = if path.contains(' ') { "\t" } else { "" };
    let diff = TextDiff::from_lines(before, after);
    let (old, new) = (format!("a/{path}{end}"), format!("b/{path}{end}"));
    Some(diff.unified_diff().context_radius(CONTEXT_LINES).header(&old, &new).to_string())
}
