//! One module for each kind of bytes that come from outside, with one function: it reads them as the program does,
//! and asserts what has to be true of whatever it got.
//!
//! It does not know who makes the bytes up: libFuzzer in `targets/`, or the corpora in the tests of the program,
//! which take this file in as a module.

pub mod ber_ldap;
pub mod dcerpc;
pub mod dns;
pub mod drsuapi;
pub mod entra_connect;
pub mod expression;
pub mod filter;
pub mod kerberos;
pub mod ldif;
pub mod manifests;
pub mod nbfx;
pub mod ndr;
pub mod odata;
pub mod person;
pub mod provisioning;
pub mod saved_plan;
pub mod soap;
pub mod spnego_ntlm;
pub mod x509;

/// The name of a target, which is also that of its folder below `corpus/`, and its function.
pub type Target = (&'static str, fn(&[u8]));

/// Every target.
pub const TARGETS: [Target; 18] = [
    ("ber_ldap", ber_ldap::read),
    ("dcerpc", dcerpc::read),
    ("dns", dns::read),
    ("drsuapi", drsuapi::read),
    ("entra_connect", entra_connect::read),
    ("expression", expression::read),
    ("filter", filter::read),
    ("kerberos", kerberos::read),
    ("ldif", ldif::read),
    ("manifests", manifests::read),
    ("nbfx", nbfx::read),
    ("ndr", ndr::read),
    ("odata", odata::read),
    ("provisioning", provisioning::read),
    ("saved_plan", saved_plan::read),
    ("soap", soap::read),
    ("spnego_ntlm", spnego_ntlm::read),
    ("x509", x509::read),
];
