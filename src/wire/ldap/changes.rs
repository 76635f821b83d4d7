//! What changed since a cookie was given: the control of [MS-ADTS] 3.1.1.3.4.1.3 (LDAP_SERVER_DIRSYNC_OID).
//!
//! It does not know what the entries say, nor what is in a cookie: each server has its own form.

use crate::wire::ber::{BerError, Reader, integer, tag, wrap};

/// Members that came and went instead of all of them: LDAP_DIRSYNC_INCREMENTAL_VALUES. As a number with a sign, as the
/// directory reads it.
const INCREMENTAL_VALUES: i64 = -0x8000_0000;

/// The value of the control that asks for all changes since a cookie; an empty one is the beginning of all.
pub fn changes_control_value(bytes_max: u32, cookie: &[u8]) -> Vec<u8> {
    let flags = integer(tag::INTEGER, INCREMENTAL_VALUES);
    let size = integer(tag::INTEGER, bytes_max.into());
    wrap(tag::SEQUENCE, &[&flags, &size, &wrap(tag::OCTET_STRING, &[cookie])])
}

/// How an answer with changes ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangesAnswer {
    /// Whether there are more, which the next request gives.
    pub more: bool,
    /// Where the next request begins.
    pub cookie: Vec<u8>,
}

impl ChangesAnswer {
    /// Takes the value of the control apart.
    ///
    /// # Errors
    /// It is not one.
    pub fn parse(value: &[u8]) -> Result<Self, BerError> {
        let mut outer = Reader::new(value);
        let mut fields = outer.nested(tag::SEQUENCE)?;
        outer.finish()?;
        let more = fields.integer(tag::INTEGER)? != 0;
        fields.integer(tag::INTEGER)?;
        let cookie = fields.element(tag::OCTET_STRING)?.to_vec();
        fields.finish()?;
        Ok(Self { more, cookie })
    }
}
