//! Requests as bytes: bind, StartTLS, and the value of the paged results control.
//!
//! It does not know what was answered before.

use super::START_TLS_OID;
use crate::wire::ber::{integer, tag, wrap};

/// LDAPMessage (RFC 4511, 4.1.1).
fn message(id: i32, operation: &[u8]) -> Vec<u8> {
    wrap(tag::SEQUENCE, &[&integer(tag::INTEGER, id.into()), operation])
}

fn bind(id: i32, name: &str, authentication: &[u8]) -> Vec<u8> {
    let version = integer(tag::INTEGER, 3);
    let name = wrap(tag::OCTET_STRING, &[name.as_bytes()]);
    message(id, &wrap(tag::application(0), &[&version, &name, authentication]))
}

/// BindRequest with a name and a password (RFC 4511, 4.2).
pub fn simple_bind(id: i32, name: &str, password: &str) -> Vec<u8> {
    bind(id, name, &wrap(tag::context_primitive(0), &[password.as_bytes()]))
}

/// BindRequest with a SASL mechanism and its token (RFC 4511, 4.2).
pub fn sasl_bind(id: i32, mechanism: &str, token: &[u8]) -> Vec<u8> {
    let mechanism = wrap(tag::OCTET_STRING, &[mechanism.as_bytes()]);
    let token = wrap(tag::OCTET_STRING, &[token]);
    bind(id, "", &wrap(tag::context(3), &[&mechanism, &token]))
}

/// ExtendedRequest that starts TLS (RFC 4511, 4.14.1).
pub fn start_tls(id: i32) -> Vec<u8> {
    let name = wrap(tag::context_primitive(0), &[START_TLS_OID.as_bytes()]);
    message(id, &wrap(tag::application(23), &[&name]))
}

/// realSearchControlValue (RFC 2696, 2).
pub fn paged_control_value(page_size: u32, cookie: &[u8]) -> Vec<u8> {
    let size = integer(tag::INTEGER, page_size.into());
    wrap(tag::SEQUENCE, &[&size, &wrap(tag::OCTET_STRING, &[cookie])])
}
