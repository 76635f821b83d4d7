//! Looks for secrets in everything that the program leaves: as text, as digits, and as it stands in a file of bytes.

use std::fs;
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use sha2::block_api::compress256;

/// A secret in one of the forms in which it could be somewhere.
struct Needle {
    what: String,
    bytes: Vec<u8>,
}

/// What must not be found, by its first two bytes.
pub(super) struct Needles(Vec<Vec<Needle>>);

impl Default for Needles {
    fn default() -> Self {
        Self(std::iter::repeat_with(Vec::new).take(1 << 16).collect())
    }
}

impl Needles {
    /// A password, as text and as the directory takes it.
    pub(super) fn password(&mut self, password: &str) {
        self.add(password, password.as_bytes());
        self.add(password, &wide(password));
        self.base64(password, password.as_bytes());
        self.base64(password, &wide(password));
    }

    /// An NT hash by its digits: as bytes, as digits of both bases, and as PBKDF2 takes it.
    pub(super) fn hash(&mut self, digits: &str) {
        self.digits(digits);
        // The two pads of HMAC (RFC 2104, 2), and what SHA-256 makes of them, are as good as the hash for guessing.
        for pad in [0x36, 0x5c] {
            let mut block = [pad; 64];
            block.iter_mut().zip(wide(&digits.to_uppercase())).for_each(|(it, byte)| *it ^= byte);
            self.halves(&format!("{digits} with the pad {pad:#x}"), &block);
            let mut state = SHA256_START;
            compress256(&mut state, &[block]);
            self.add(
                &format!("the state after {digits} with {pad:#x}"),
                &state.map(u32::to_ne_bytes).concat(),
            );
        }
    }

    /// The key that is sent instead of a hash, by its digits.
    pub(super) fn key(&mut self, digits: &str) {
        self.digits(digits);
        let words =
            bytes(digits).chunks_exact(4).flat_map(|it| [it[3], it[2], it[1], it[0]]).collect::<Vec<_>>();
        self.halves(&format!("{digits} in words"), &words);
    }

    fn digits(&mut self, digits: &str) {
        self.halves(&format!("{digits} as bytes"), &bytes(digits));
        for digits in [digits.to_lowercase(), digits.to_uppercase()] {
            self.halves(&digits, digits.as_bytes());
            self.halves(&format!("{digits} in UTF-16"), &wide(&digits));
        }
        self.base64(digits, &bytes(digits));
    }

    /// Half of a secret is half as bad.
    fn halves(&mut self, what: &str, bytes: &[u8]) {
        let (first, second) = bytes.split_at(bytes.len() / 2);
        self.add(what, first);
        self.add(what, second);
    }

    fn add(&mut self, what: &str, bytes: &[u8]) {
        self.0[place(bytes[0], bytes[1])].push(Needle { what: what.to_owned(), bytes: bytes.to_vec() });
    }

    /// Wherever the bytes begin in what is encoded, those digits that depend on nothing else.
    fn base64(&mut self, what: &str, bytes: &[u8]) {
        for before in 0..3 {
            let digits = STANDARD_NO_PAD.encode([&vec![0; before], bytes].concat());
            let whole = (before + bytes.len()) / 3 * 4;
            self.add(&format!("{what} in base64"), &digits.as_bytes()[(before * 4).div_ceil(3)..whole]);
        }
    }

    /// Fails if one of them is in a file below a folder.
    pub(super) fn assert_in_no_file(&self, folder: &Path) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                self.assert_in_no_file(&path);
            } else {
                self.assert_not_in(&path.display().to_string(), &fs::read(&path).unwrap());
            }
        }
    }

    /// Fails if one of them is in some bytes.
    pub(super) fn assert_not_in(&self, name: &str, bytes: &[u8]) {
        if let Some((_, what)) = self.found_in(bytes).first() {
            panic!("{name} holds {what}");
        }
    }

    /// Which of them are in some bytes, and where.
    pub(super) fn found_in(&self, bytes: &[u8]) -> Vec<(usize, &str)> {
        let mut found = Vec::new();
        let mut at = 0;
        // A plain loop: there is much to look at, and tests are not optimised.
        while at + 1 < bytes.len() {
            // Memory is empty for the most part, and no needle begins with that many zeros.
            if bytes[at] == 0 && bytes[at..].starts_with(&EMPTY) {
                at += EMPTY.len() - 1;
                continue;
            }
            for needle in &self.0[place(bytes[at], bytes[at + 1])] {
                if bytes[at..].starts_with(&needle.bytes) {
                    found.push((at, needle.what.as_str()));
                }
            }
            at += 1;
        }
        found
    }
}

const EMPTY: [u8; 1024] = [0; 1024];
/// FIPS 180-4, 5.3.3.
const SHA256_START: [u32; 8] =
    [0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19];

/// Where needles that begin like this are.
const fn place(first: u8, second: u8) -> usize {
    (first as usize) << 8 | second as usize
}

fn bytes(digits: &str) -> Vec<u8> {
    let pairs = (0..digits.len()).step_by(2);
    pairs.map(|it| u8::from_str_radix(&digits[it..it + 2], 16).unwrap()).collect()
}

fn wide(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

#[test]
fn a_secret_is_found_in_every_form() {
    let mut needles = Needles::default();
    needles.hash("8846F7EAEE8FB117AD06BDD830B7586C");
    let bytes = 0x8846_f7ea_ee8f_b117_ad06_bdd8_30b7_586c_u128.to_be_bytes();
    for before in 0..4 {
        let text = STANDARD_NO_PAD.encode([&vec![7; before], &bytes[..], b"more"].concat());
        assert!(!needles.found_in(text.as_bytes()).is_empty(), "{before} bytes before it");
    }
}
