//! Codecs and protocol state machines: bytes in, values out, and back.
//!
//! Nothing here opens a socket or a file, reads a clock or rolls dice: those come as arguments.

pub mod ber;
pub mod dcerpc;
pub mod dns;
pub mod drsuapi;
pub mod kerberos;
pub mod ldap;
pub mod ldif;
pub mod nbfx;
pub mod ndr;
pub mod ntlm;
pub mod odata;
pub mod password;
pub mod provisioning;
pub mod soap;
pub mod spnego;
pub mod x509;
