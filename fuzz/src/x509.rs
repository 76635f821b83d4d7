//! Certificates, as far as their dates and their subject are shown.
//!
//! It does not know whether anybody trusts them.

use samesign::wire::x509::Certificate;

/// Reads a certificate in DER.
pub fn read(bytes: &[u8]) {
    if let Ok(certificate) = Certificate::parse(bytes) {
        assert!(certificate.subject.is_none_or(|it| it.len() <= bytes.len()));
    }
}
