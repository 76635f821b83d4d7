//! LDIF content records (RFC 2849), as `ldapsearch`, `ldbsearch`, `ldifde` and people write them.
//!
//! The parser takes bytes as they come and hands out records. It knows no file and no attribute; changes
//! (`changetype:`) are not its business.

mod error;
mod line;
mod parser;

pub use self::error::{LdifError, Problem};
pub use self::parser::Parser;

/// One entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Line of its `dn:`, counted from 1.
    pub line: usize,
    /// Its name, as written.
    pub dn: String,
    /// Its values, in order.
    pub values: Vec<AttributeValue>,
}

/// One value of an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttributeValue {
    /// Line on which it starts, counted from 1.
    pub line: usize,
    /// Name of the attribute, without options.
    pub name: String,
    /// The bytes, base64 resolved.
    pub value: Vec<u8>,
}
