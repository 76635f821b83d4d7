//! What can be wrong with an LDIF file, and what to do about it.

/// A line that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {problem}")]
pub struct LdifError {
    /// Counted from 1.
    pub line: usize,
    /// What is wrong there.
    pub problem: Problem,
}

/// What is wrong with a line.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// Neither an attribute, a comment nor a continuation.
    #[error("neither an attribute, a comment nor the continuation of a line")]
    NoColon,
    /// A character that no attribute name has.
    #[error("not an attribute name before the colon")]
    AttributeName,
    /// A record that does not start with its name.
    #[error("a record starts with `{found}:` instead of `dn:`")]
    NoDn {
        /// The attribute that stands there.
        found: String,
    },
    /// A record with two names.
    #[error("a second `dn:` in one record")]
    SecondDn,
    /// A name in another encoding.
    #[error("the dn is not UTF-8")]
    DnEncoding,
    /// Base64 that is none.
    #[error("the value of `{name}` is not base64")]
    Base64 {
        /// The attribute.
        name: String,
    },
    /// A value in another file.
    #[error("the value of `{name}` is a reference to another file")]
    Url {
        /// The attribute.
        name: String,
    },
    /// A record that changes an entry.
    #[error("a record with `{name}:` changes an entry instead of describing it")]
    Change {
        /// `changetype` or `control`.
        name: String,
    },
    /// Only some of an attribute's values.
    #[error("`{name}` holds only a range of the values")]
    Range {
        /// The attribute with its option.
        name: String,
    },
    /// A version other than 1.
    #[error("version `{found}` of the format is not known")]
    Version {
        /// As written.
        found: String,
    },
    /// A continuation of nothing.
    #[error("a line that starts with a blank, and no line before it")]
    Continuation,
    /// A line beyond the limit.
    #[error("the line is longer than {max} bytes")]
    LineTooLong {
        /// The limit.
        max: usize,
    },
    /// A record beyond the limit.
    #[error("the record is longer than {max} bytes")]
    RecordTooLong {
        /// The limit.
        max: usize,
    },
    /// Two bytes for each character.
    #[error("the file is UTF-16")]
    Utf16,
    /// The search that wrote the file did not succeed.
    #[error("the search that wrote this file ended with `{result}`: entries are missing")]
    Incomplete {
        /// Code and text.
        result: String,
    },
    /// An end without a line break.
    #[error("the file ends in the middle of a record")]
    Truncated,
}

impl LdifError {
    /// What to do about it, if that is not obvious.
    pub const fn hint(&self) -> Option<&'static str> {
        match &self.problem {
            Problem::NoDn { .. } => Some("records are separated by empty lines, and start with dn:"),
            Problem::SecondDn => Some("put an empty line between two records"),
            Problem::DnEncoding => Some("export in UTF-8: `ldifde -u` writes UTF-16, `ldapsearch` UTF-8"),
            Problem::Url { .. } => Some("export with the values in the file: `ldapsearch` without -t"),
            Problem::Change { .. } => Some(
                "this is a change file, as `ldifde` writes; export the directory with `ldapsearch -LLL` or \
                 `ldbsearch`",
            ),
            Problem::Range { .. } => Some(
                "the server cut a long attribute; read the directory over LDAP, or export with ranges joined",
            ),
            Problem::Utf16 => Some("convert it: iconv -f UTF-16 -t UTF-8"),
            Problem::Incomplete { .. } => Some("export with paging: `ldapsearch -E pr=1000/noprompt`"),
            Problem::Truncated => {
                Some("export it again; if it is whole, end its last line with a line break")
            }
            Problem::NoColon
            | Problem::AttributeName
            | Problem::Base64 { .. }
            | Problem::Version { .. }
            | Problem::Continuation
            | Problem::LineTooLong { .. }
            | Problem::RecordTooLong { .. } => None,
        }
    }
}
