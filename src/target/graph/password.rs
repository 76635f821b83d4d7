//! The password of a new user, which nobody ever learns.
//!
//! It is sent in the request that creates the user and forgotten with it. On this channel people get in by
//! a reset or by other means; the `directorySync` channel brings their own hash.

use ring::rand::{SecureRandom as _, SystemRandom};

use crate::model::Secret;
use crate::target::TargetError;

/// Below the tenant's limit of 256, and what other clients of the service use.
const LENGTH: usize = 127;
/// 64 characters, so that a byte's low six bits choose without bias. No quote, backslash or angle bracket.
const ALPHABET: &[u8; 64] = b"ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789!#%+-_=";

/// Draws a password that meets the tenant's complexity rule: three of four classes (graph-tenant
/// reference, 2.6). One in many billions of drafts does not, and is drawn again.
pub(super) fn random_password() -> Result<Secret, TargetError> {
    let random = SystemRandom::new();
    loop {
        let mut bytes = [0u8; LENGTH];
        random
            .fill(&mut bytes)
            .map_err(|_| TargetError::Step { what: "the system gives no random bytes".to_owned() })?;
        let password: String = bytes.iter().map(|it| char::from(ALPHABET[usize::from(it & 63)])).collect();
        let password = Secret::new(password);
        let has = |class: fn(&char) -> bool| password.reveal().chars().any(|it| class(&it));
        if has(char::is_ascii_uppercase) && has(char::is_ascii_lowercase) && has(char::is_ascii_digit) {
            return Ok(password);
        }
    }
}
