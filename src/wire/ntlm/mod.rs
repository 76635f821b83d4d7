//! NTLM version 2 (MS-NLMP) as far as a client needs it to prove a password and to encrypt what follows.
//!
//! Time and randomness are arguments. It accepts nothing weaker than NTLMv2 with extended session security, a key
//! that was exchanged and 128 bits, and it knows no LM, no NTLMv1 and no anonymous account.

mod account;
mod error;
mod message;
mod session;

pub use self::account::Account;
pub use self::error::NtlmError;
pub use self::message::{Fresh, Negotiation};
pub use self::session::Session;

use hmac::{Hmac, KeyInit, Mac};
use md5::Md5;

/// Keys, hashes and signatures have this length.
const LEN: usize = 16;

type Block = [u8; LEN];

/// HMAC-MD5 over parts (RFC 2104).
fn hmac_md5(key: &[u8], parts: &[&[u8]]) -> Block {
    let mut mac = Hmac::<Md5>::new_from_slice(key).expect("HMAC takes keys of any length");
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}
