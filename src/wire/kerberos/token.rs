//! The token that opens a security context (RFC 4121, 4.1), offered by SPNEGO (RFC 4178, 4.2).
//!
//! The context protects nothing by itself: it lives inside TLS, to which a channel binding ties it.

use md5::{Digest, Md5};

use super::exchange::ap_request;
use super::{Fresh, Ticket};
use crate::wire::ber::{tag, wrap};

/// 1.2.840.113554.1.2.2 (RFC 4121, 1).
pub(super) const KERBEROS: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x12, 1, 2, 2];
/// 1.3.6.1.5.5.2 (RFC 4178, 3.1).
const SPNEGO: &[u8] = &[0x2b, 6, 1, 5, 5, 2];
/// Key usage of the authenticator of an AP-REQ (RFC 4120, 7.5.1).
pub(super) const AP_REQ_AUTHENTICATOR: u32 = 11;
/// Checksum type of the channel binding (RFC 4121, 4.1.1).
pub(super) const BINDING_CHECKSUM: i64 = 0x8003;

/// The first and only token of a client, tied to the TLS channel by a `tls-server-end-point` hash.
///
/// It asks for neither signing nor sealing, which Active Directory refuses inside TLS ([MS-ADTS] 5.1.1.1.2).
pub fn initial_token(ticket: &Ticket, end_point: &[u8], fresh: Fresh) -> Vec<u8> {
    let mut checksum = 16u32.to_le_bytes().to_vec();
    checksum.extend_from_slice(&channel_binding(end_point));
    checksum.extend_from_slice(&0u32.to_le_bytes());
    let request = ap_request(ticket, AP_REQ_AUTHENTICATOR, (BINDING_CHECKSUM, &checksum), fresh, 0);
    let kerberos = wrap(tag::OID, &[KERBEROS]);
    // The token identifier of an AP-REQ is 01 00 (RFC 4121, 4.1).
    let token = wrap(tag::application(0), &[&kerberos, &[1, 0], &request]);
    let mechanisms = wrap(tag::context(0), &[&wrap(tag::SEQUENCE, &[&kerberos])]);
    let token = wrap(tag::context(2), &[&wrap(tag::OCTET_STRING, &[&token])]);
    let offer = wrap(tag::context(0), &[&wrap(tag::SEQUENCE, &[&mechanisms, &token])]);
    wrap(tag::application(0), &[&wrap(tag::OID, &[SPNEGO]), &offer])
}

/// The MD5 of the channel bindings: no addresses, then the application's (RFC 4121, 4.1.1.2; RFC 5929, 4).
fn channel_binding(end_point: &[u8]) -> [u8; 16] {
    let application = [b"tls-server-end-point:", end_point].concat();
    let len = u32::try_from(application.len()).expect("a hash is short");
    let mut hash = Md5::new();
    hash.update([0; 16]);
    hash.update(len.to_le_bytes());
    hash.update(application);
    hash.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of "The Magic of Unified Channel Bindings", Microsoft's Internet Information Services blog.
    #[test]
    fn the_channel_binding_is_the_one_of_the_published_example() {
        let certificate = [
            0xea, 0x05, 0xfe, 0xfe, 0xcc, 0x6b, 0x0b, 0xd5, 0x71, 0xdb, 0xbc, 0x5b, 0xaa, 0x3e, 0xd4, 0x53,
            0x86, 0xd0, 0x44, 0x68, 0x35, 0xf7, 0xb7, 0x4c, 0x85, 0x62, 0x1b, 0x99, 0x83, 0x47, 0x5f, 0x95,
        ];
        let expected =
            [0x65, 0x86, 0xe9, 0x9d, 0x81, 0xc2, 0xfc, 0x98, 0x4e, 0x47, 0x17, 0x2f, 0xd4, 0xdd, 0x03, 0x10];
        assert_eq!(channel_binding(&certificate), expected);
    }
}
