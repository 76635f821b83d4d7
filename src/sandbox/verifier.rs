//! What the tenant keeps of a password: enough to tell the right one from all others, and no more.
//!
//! The service hashes once more what Entra Connect sends it, so that what is stored lets nobody in; neither the
//! password nor its NT hash nor what was sent can be read from a verifier. How a password becomes what is sent
//! (password-sync reference, 2) is written here a second time, apart from the client's code. It does not know
//! whose password it is.

use std::fmt::{self, Write as _};
use std::num::NonZeroU32;

use md4::{Digest as _, Md4};
use ring::{hmac, pbkdf2};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use zeroize::Zeroizing;

const SALT_LEN: usize = 10;
const KEY_LEN: usize = 32;
const OWN_SALT_LEN: usize = 16;
/// For passwords that the tenant gets as they are. A tenth of what Entra Connect does: a first apply to a sandbox
/// makes 100,000 users, most of them with a random password, and would spend a minute on a thousand.
const ITERATIONS: NonZeroU32 = NonZeroU32::new(100).expect("a hundred is not zero");

/// Tells the right password from all others.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Verifier {
    /// Whether nobody gets in before the password is another one.
    pub(crate) must_change: bool,
    iterations: NonZeroU32,
    salt: Digits<SALT_LEN>,
    /// Of the second hash, which is the tenant's own.
    own_salt: Digits<OWN_SALT_LEN>,
    tag: Digits<KEY_LEN>,
}

impl Verifier {
    /// Of what Entra Connect sends: `v1;PPH1_MD4,<salt>,<iterations>,<key>;`.
    ///
    /// The reference is silent about upper-case digits. Only lower-case ones are known to work, so only these
    /// are taken; the same goes for salts of another length than ten bytes.
    pub(crate) fn of_credential(credential: &str, must_change: bool) -> Option<Self> {
        let parts = credential.strip_prefix("v1;PPH1_MD4,")?.strip_suffix(';')?;
        let [salt, iterations, key] = <[&str; 3]>::try_from(parts.split(',').collect::<Vec<_>>()).ok()?;
        let plain = iterations.bytes().all(|it| it.is_ascii_digit()) && !iterations.starts_with('0');
        let iterations = iterations.parse().ok().filter(|_| plain)?;
        let key = Zeroizing::new(Digits::<KEY_LEN>::parse(key)?.0);
        Some(Self::of_key(&key, Digits::parse(salt)?, iterations, must_change))
    }

    /// Of a password as people type it.
    pub(crate) fn of_password(password: &str, must_change: bool) -> Self {
        let salt = Digits(rand::random());
        Self::of_key(&key(password, &salt.0, ITERATIONS), salt, ITERATIONS, must_change)
    }

    fn of_key(
        key: &[u8; KEY_LEN],
        salt: Digits<SALT_LEN>,
        iterations: NonZeroU32,
        must_change: bool,
    ) -> Self {
        let own_salt: [u8; OWN_SALT_LEN] = rand::random();
        let signed = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &own_salt), key);
        let mut tag = Digits([0; KEY_LEN]);
        tag.0.copy_from_slice(signed.as_ref());
        Self { must_change, iterations, salt, own_salt: Digits(own_salt), tag }
    }

    /// How often the key was hashed before it was sent.
    pub(crate) const fn iterations(&self) -> u32 {
        self.iterations.get()
    }

    /// Whether this is the password, to the last bit: case counts, and nothing is normalised.
    pub(crate) fn matches(&self, password: &str) -> bool {
        let key = key(password, &self.salt.0, self.iterations);
        let own = hmac::Key::new(hmac::HMAC_SHA256, &self.own_salt.0);
        hmac::verify(&own, &*key, &self.tag.0).is_ok()
    }
}

impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Verifier(**)")
    }
}

/// What Entra Connect sends of a password besides the salt: PBKDF2-HMAC-SHA256 of the NT hash, which is taken as
/// the UTF-16 text of its upper-case hexadecimal digits.
fn key(password: &str, salt: &[u8; SALT_LEN], iterations: NonZeroU32) -> Zeroizing<[u8; KEY_LEN]> {
    let mut nt_hash = Md4::new();
    for unit in password.encode_utf16() {
        nt_hash.update(unit.to_le_bytes());
    }
    let mut digits = Zeroizing::new(String::with_capacity(32));
    for byte in nt_hash.finalize() {
        write!(digits, "{byte:02X}").expect("writing to a string cannot fail");
    }
    let mut text = Zeroizing::new(Vec::with_capacity(64));
    text.extend(digits.encode_utf16().flat_map(u16::to_le_bytes));
    let mut key = Zeroizing::new([0; KEY_LEN]);
    pbkdf2::derive(pbkdf2::PBKDF2_HMAC_SHA256, iterations, salt, &text, &mut *key);
    key
}

/// Bytes that are written as lower-case hexadecimal digits.
#[derive(Clone, Copy)]
struct Digits<const N: usize>([u8; N]);

impl<const N: usize> Digits<N> {
    fn parse(text: &str) -> Option<Self> {
        let digit = |it: u8| match it {
            b'0'..=b'9' => Some(it - b'0'),
            b'a'..=b'f' => Some(it - b'a' + 10),
            _ => None,
        };
        if text.len() != 2 * N {
            return None;
        }
        let mut bytes = [0; N];
        for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
            *byte = digit(pair[0])? << 4 | digit(pair[1])?;
        }
        Some(Self(bytes))
    }
}

impl<const N: usize> fmt::Display for Digits<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl<const N: usize> Serialize for Digits<N> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de, const N: usize> Deserialize<'de> for Digits<N> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| D::Error::custom(format_args!("not {N} bytes in lower-case digits")))
    }
}
