//! What the reader of an import has to know: what has no equivalent, and what has to be looked at.

use std::fmt;

/// What a note is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum NoteKind {
    /// A setting that does nothing here.
    NoEquivalent,
    /// It is in the manifests, and somebody has to look at it.
    Check,
    /// A key that nobody here knows.
    NotUnderstood,
}

/// One note.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Note {
    /// What sort of note it is.
    pub kind: NoteKind,
    /// Line of the file.
    pub line: Option<usize>,
    /// The words, on one line.
    pub text: String,
}

/// Longest words of one note: expressions of one rule may be long.
const CHARACTERS_MAX: usize = 2_000;

impl Note {
    pub(super) fn new(kind: NoteKind, line: impl Into<Option<usize>>, text: impl AsRef<str>) -> Self {
        Self { kind, line: line.into(), text: one_line(text.as_ref()) }
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(line) = self.line {
            write!(f, "line {line}: ")?;
        }
        let kind = match self.kind {
            NoteKind::NoEquivalent => "no equivalent",
            NoteKind::Check => "check",
            NoteKind::NotUnderstood => "not understood",
        };
        write!(f, "{kind}: {}", self.text)
    }
}

/// Text of the file may neither end a comment nor steer a terminal.
pub(super) fn one_line(text: &str) -> String {
    let mut line = String::new();
    for (count, letter) in text.chars().enumerate() {
        if count == CHARACTERS_MAX {
            line.push('…');
            break;
        }
        if letter.is_control() || is_unseen(letter) {
            line.extend(letter.escape_unicode());
        } else {
            line.push(letter);
        }
    }
    line
}

/// Line and paragraph separators, and marks that turn the direction of writing.
const fn is_unseen(letter: char) -> bool {
    matches!(letter, '\u{2028}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{200E}' | '\u{200F}' | '\u{FEFF}')
}
