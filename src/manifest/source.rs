//! The text of a manifest file, for findings to quote: secrets that should not be in it are blotted out.

use std::ops::Range;
use std::path::{Component, Path, PathBuf};

/// Names of fields whose text is never quoted; the manifests know them only with `From` at the end.
const SECRET_FIELDS: &[&str] = &[
    "password",
    "passwd",
    "pass",
    "pwd",
    "bindpassword",
    "secret",
    "clientsecret",
    "client_secret",
    "keytab",
    "certificate",
    "federatedtoken",
    "token",
    "privatekey",
    "apikey",
];

/// A file as it was handed over.
#[derive(Clone, Debug)]
pub struct InputFile {
    /// Path as the operator knows it.
    pub path: PathBuf,
    /// What is in it.
    pub content: InputContent,
}

/// What is in a file.
#[derive(Clone, Debug)]
pub enum InputContent {
    /// Its bytes.
    Bytes(Vec<u8>),
    /// It was not read: it has this many bytes.
    TooLarge(u64),
    /// It could not be read, and why.
    Unreadable(String),
}

/// A file that findings quote.
#[derive(Clone, PartialEq, Eq)]
pub struct Source {
    /// Path as the operator knows it.
    pub path: PathBuf,
    /// Its text; secrets are blotted out byte by byte, so that places stay true.
    text: String,
}

impl std::fmt::Debug for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Source").field(&self.path).finish()
    }
}

impl Source {
    /// A file whose `secrets` must not be quoted.
    pub fn new(path: PathBuf, text: &str, secrets: &[Range<usize>]) -> Self {
        let mut text = text.to_owned();
        for span in secrets.iter().chain(&secret_lines(&text)) {
            blot(&mut text, span);
        }
        Self { path, text }
    }

    /// A file without a text to quote.
    pub fn unread(path: PathBuf) -> Self {
        Self { path, text: String::new() }
    }

    /// The same file under another path, such as one that names the version.
    #[must_use]
    pub fn moved(&self, path: PathBuf) -> Self {
        Self { path, text: self.text.clone() }
    }

    /// The text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Line and column of a byte, both counted from 1, columns in characters.
    pub fn position(&self, byte: usize) -> (usize, usize) {
        let mut byte = byte.min(self.text.len());
        while !self.text.is_char_boundary(byte) {
            byte -= 1;
        }
        let before = &self.text[..byte];
        let line = before.matches('\n').count() + 1;
        let start = before.rfind('\n').map_or(0, |it| it + 1);
        (line, before[start..].chars().count() + 1)
    }

    /// A path that the file names, relative to the folder of the file.
    pub fn resolve(&self, named: &str) -> PathBuf {
        let folder = self.path.parent().unwrap_or(Path::new(""));
        normalise(&folder.join(named))
    }
}

/// Whether text under this key may be a secret.
pub(super) fn is_secret_field(key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    SECRET_FIELDS.iter().any(|it| key == *it) || SECRET_FIELDS.iter().any(|it| key == format!("{it}from"))
}

/// Removes `.` and resolves `..` by the text alone.
pub(super) fn normalise(path: &Path) -> PathBuf {
    let mut parts = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => (),
            Component::ParentDir if parts.file_name().is_some() => {
                parts.pop();
            }
            Component::ParentDir | Component::Normal(_) | Component::RootDir | Component::Prefix(_) => {
                parts.push(part);
            }
        }
    }
    parts
}

/// Overwrites a span with as many asterisks; line breaks stay.
fn blot(text: &mut String, span: &Range<usize>) {
    let Some(old) = text.get(span.clone()) else { return };
    let masked: String = old
        .chars()
        .flat_map(|it| std::iter::repeat_n(if it == '\n' { '\n' } else { '*' }, it.len_utf8()))
        .collect();
    text.replace_range(span.clone(), &masked);
}

/// Rests of lines after something like `password:`, for texts that are not even YAML, and the lines of a
/// block that starts there.
fn secret_lines(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut start = 0;
    // Indentation of the field whose block is being blotted out.
    let mut block: Option<usize> = None;
    for line in text.split_inclusive('\n') {
        let indent = line.len() - line.trim_start().len();
        if block.is_some_and(|it| it < indent || line.trim().is_empty()) {
            found.push(start + indent.min(line.trim_end().len())..start + line.trim_end().len());
        } else {
            block = None;
            if let Some(value) = secret_value(line) {
                let first = line[value.clone()].chars().next();
                block = matches!(first, Some('|' | '>')).then_some(indent);
                found.push(start + value.start..start + value.end);
            }
        }
        start += line.len();
    }
    found
}

/// The rest of a line after the first field that may be a secret.
fn secret_value(line: &str) -> Option<Range<usize>> {
    let lower = line.to_ascii_lowercase();
    let after = SECRET_FIELDS.iter().filter_map(|field| {
        lower.match_indices(field).find_map(|(at, _)| {
            let rest = lower[at + field.len()..].trim_start_matches(['"', '\'', ' ']);
            rest.starts_with(':').then(|| line.len() - rest.len() + 1)
        })
    });
    let after = after.min()?;
    let end = line.trim_end().len().max(after);
    let value = &line[after..end];
    Some(after + value.len() - value.trim_start().len()..end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_never_quoted_and_places_stay_true() {
        let text = "auth:\n  clientSecret: hünter2\n  x: {password: a, y: b}\n  passwordFrom: {env: X}\n";
        let source = Source::new("a.yaml".into(), text, &[]);
        assert_eq!(
            source.text(),
            "auth:\n  clientSecret: ********\n  x: {password: ********\n  passwordFrom: {env: X}\n"
        );
        assert_eq!(source.position(text.find("passwordFrom").unwrap()), (4, 3));
    }

    #[test]
    fn a_block_of_lines_is_blotted_out_whole() {
        let text = "a:\n  certificate: |\n    MIIB\n\n    abc\n  b: c\n";
        let source = Source::new("a.yaml".into(), text, &[]);
        assert_eq!(source.text(), "a:\n  certificate: *\n    ****\n\n    ***\n  b: c\n");
    }

    #[test]
    fn paths_are_relative_to_the_file() {
        let source = Source::unread("manifests/eu/a.yaml".into());
        assert_eq!(source.resolve("../ca.pem"), Path::new("manifests/ca.pem"));
        assert_eq!(source.resolve("/etc/ca.pem"), Path::new("/etc/ca.pem"));
    }
}
