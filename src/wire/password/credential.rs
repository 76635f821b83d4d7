//! The form in which the tenant takes a password: PBKDF2-HMAC-SHA256 (RFC 8018, 5.2) of the NT hash, salted, as
//! Entra Connect sends it.
//!
//! It rolls no dice: the salt is an argument, to be fresh for each user and each time.

use std::fmt::Write as _;
use std::num::NonZeroU32;

use hmac::Hmac;
use pbkdf2::pbkdf2;
use sha2::Sha256;
use zeroize::Zeroizing;

use super::{NtHash, on_wiped_stack};
use crate::model::Secret;

/// The length of a salt.
pub const SALT_LEN: usize = 10;
/// The number of iterations of Entra Connect. With more of them, signing in is said to fail.
pub const ITERATIONS: NonZeroU32 = NonZeroU32::new(1000).expect("a thousand is not zero");

const KEY_LEN: usize = 32;
/// The hash in hexadecimal digits, each of two bytes.
const SECRET_LEN: usize = 4 * NtHash::LEN;

/// `v1;PPH1_MD4,<salt>,<iterations>,<key>;` with lower-case digits. Whoever has it can guess the password at
/// leisure: it is a secret too.
pub fn credential(hash: &NtHash, salt: &[u8; SALT_LEN], iterations: NonZeroU32) -> Secret {
    let mut key = Zeroizing::new([0; KEY_LEN]);
    on_wiped_stack(|| {
        // Not ring's, which copies and checks around each of two thousand blocks: it took half as long again.
        pbkdf2::<Hmac<Sha256>>(&*secret(hash), salt, iterations.get(), &mut *key)
            .expect("HMAC takes a key of any length");
    });
    // Large enough at once: growing would leave pieces behind.
    let mut text = String::with_capacity(128);
    text.push_str("v1;PPH1_MD4,");
    push_hex(&mut text, salt);
    write!(text, ",{iterations},").expect("writing to a string cannot fail");
    push_hex(&mut text, &*key);
    text.push(';');
    Secret::new(text)
}

/// The upper-case hexadecimal digits of the hash in UTF-16, little-endian.
fn secret(hash: &NtHash) -> Zeroizing<[u8; SECRET_LEN]> {
    let mut secret = Zeroizing::new([0; SECRET_LEN]);
    for (place, byte) in secret.chunks_exact_mut(4).zip(hash.reveal()) {
        place[0] = b"0123456789ABCDEF"[usize::from(byte >> 4)];
        place[2] = b"0123456789ABCDEF"[usize::from(byte & 15)];
    }
    secret
}

fn push_hex(text: &mut String, bytes: &[u8]) {
    for byte in bytes {
        for digit in [byte >> 4, byte & 15] {
            text.push(char::from(b"0123456789abcdef"[usize::from(digit)]));
        }
    }
}
