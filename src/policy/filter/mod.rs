//! LDAP search filters, parsed once and evaluated in memory.
//!
//! The text form is RFC 4515; matching follows Active Directory ([MS-ADTS] 3.1.1.3.1.3).

use crate::model::{AttributeNamesBuilder, Facts};

/// A parsed filter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filter {
    text: String,
}

/// Why a text is no filter.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct FilterError {
    /// Bytes of the text that are at fault.
    pub span: std::ops::Range<usize>,
    /// What is wrong with them.
    pub reason: String,
    /// What to write instead.
    pub hint: Option<String>,
}

/// LDAP's three-valued logic (RFC 4511, 4.5.1.7).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Truth {
    /// Matches.
    True,
    /// Does not match.
    False,
    /// Cannot be said; its negation cannot either. An undefined filter does not match.
    Undefined,
}

impl Filter {
    /// Parses a filter and notes the attributes that it asks for.
    pub fn parse(text: &str, _names: &mut AttributeNamesBuilder) -> Result<Self, FilterError> {
        Ok(Self { text: text.to_owned() })
    }

    /// As it was written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Evaluates it on one object.
    pub fn evaluate(&self, _facts: &dyn Facts) -> Truth {
        Truth::Undefined
    }
}
