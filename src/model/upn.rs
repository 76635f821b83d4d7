//! User principal names.

use std::fmt;
use std::str::FromStr;

/// A user principal name, `prefix@domain`; compared without regard to case.
///
/// Only the shape is checked here. Which characters and domains a tenant takes is the tenant's rule.
#[derive(Clone)]
pub struct Upn {
    text: Box<str>,
    at: usize,
}

/// A text that is no user principal name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a user principal name: `prefix@domain` is expected")]
pub struct UpnError;

impl Upn {
    /// Prefix and domain of a text that is one, without a copy of it.
    pub fn split(text: &str) -> Result<(&str, &str), UpnError> {
        let at = text.rfind('@').ok_or(UpnError)?;
        let (prefix, domain) = (&text[..at], &text[at + 1..]);
        if is_odd(prefix) || is_odd(domain) { Err(UpnError) } else { Ok((prefix, domain)) }
    }

    /// The part before the `@`.
    pub fn prefix(&self) -> &str {
        &self.text[..self.at]
    }

    /// The part after the `@`.
    pub fn domain(&self) -> &str {
        &self.text[self.at + 1..]
    }

    /// As it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The form to compare and to look up by.
    pub fn key(&self) -> String {
        self.text.to_lowercase()
    }
}

impl FromStr for Upn {
    type Err = UpnError;

    fn from_str(text: &str) -> Result<Self, UpnError> {
        let at = Self::split(text)?.0.len();
        Ok(Self { text: text.into(), at })
    }
}

fn is_odd(part: &str) -> bool {
    // Nearly all are of letters, digits and signs of ASCII.
    if !part.is_empty() && part.bytes().all(|it| it.is_ascii_graphic() && it != b'@') {
        return false;
    }
    part.is_empty() || part.contains(|c: char| c.is_whitespace() || c.is_control() || c == '@')
}

impl PartialEq for Upn {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl Eq for Upn {}

impl fmt::Display for Upn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text)
    }
}

impl fmt::Debug for Upn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Upn({})", self.text)
    }
}
