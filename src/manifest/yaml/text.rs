//! Bytes of a file as text: UTF-8, with or without a byte order mark.
//!
//! It does not guess: another encoding gets an error that names it.

/// Why bytes are no text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TextError {
    /// A byte order mark or zero bytes of UTF-16 or UTF-32.
    #[error("the file is {0}, not UTF-8")]
    Wide(&'static str),
    /// A byte that UTF-8 does not allow.
    #[error("the file is not UTF-8: byte {byte:#04x} on line {line}, column {column}")]
    Byte {
        /// The byte.
        byte: u8,
        /// Counted from 1.
        line: usize,
        /// In characters, counted from 1.
        column: usize,
    },
    /// A character that YAML does not allow.
    #[error("the file has a control character U+{code:04X} on line {line}, column {column}")]
    Control {
        /// The character.
        code: u32,
        /// Counted from 1.
        line: usize,
        /// In characters, counted from 1.
        column: usize,
    },
}

impl TextError {
    /// What to do about it.
    pub const fn hint(&self) -> &'static str {
        match self {
            Self::Wide(_) => "save it as UTF-8 in the editor, or run `iconv -f UTF-16 -t UTF-8`",
            Self::Byte { .. } => {
                "save it as UTF-8 in the editor; for an old Windows file run `iconv -f WINDOWS-1252 -t UTF-8`"
            }
            Self::Control { .. } => "remove it, or write it as an escape such as \"\\u0007\"",
        }
    }
}

/// Reads bytes as text, without the byte order mark.
pub fn decode(bytes: &[u8]) -> Result<&str, TextError> {
    match bytes {
        [0xff, 0xfe, 0, 0, ..] | [0, 0, 0xfe, 0xff, ..] => return Err(TextError::Wide("UTF-32")),
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => return Err(TextError::Wide("UTF-16")),
        [0, first, 0, second, ..] | [first, 0, second, 0, ..] if *first != 0 && *second != 0 => {
            return Err(TextError::Wide("UTF-16"));
        }
        _ => (),
    }
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let at = error.valid_up_to();
        let (line, column) = position(&bytes[..at]);
        TextError::Byte { byte: bytes.get(at).copied().unwrap_or_default(), line, column }
    })?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    // YAML 1.2.2, 5.1: the C0 and C1 blocks are not printable, apart from tab, line breaks and NEL.
    let odd = |it: char| it.is_control() && !matches!(it, '\t' | '\n' | '\r' | '\u{85}');
    if let Some((at, it)) = text.char_indices().find(|(_, it)| odd(*it)) {
        let (line, column) = position(&text.as_bytes()[..at]);
        return Err(TextError::Control { code: it.into(), line, column });
    }
    Ok(text)
}

/// Line and column after some valid text.
fn position(before: &[u8]) -> (usize, usize) {
    let before = String::from_utf8_lossy(before);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    (line, column)
}
