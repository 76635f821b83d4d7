//! Looks for secrets in everything that the program leaves: as text, as digits, and as it stands in a file of bytes.

use std::collections::HashMap;
use std::fs;
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;

/// A secret in one of the forms in which it could be somewhere.
struct Needle {
    what: String,
    bytes: Vec<u8>,
}

/// What must not be found, by its first two bytes.
#[derive(Default)]
pub(super) struct Needles(HashMap<[u8; 2], Vec<Needle>>);

impl Needles {
    /// A password, as text and as the directory takes it.
    pub(super) fn password(&mut self, password: &str) {
        self.add(password, password.as_bytes());
        let wide: Vec<u8> = password.encode_utf16().flat_map(u16::to_le_bytes).collect();
        self.add(password, &wide);
        self.base64(password, password.as_bytes());
        self.base64(password, &wide);
    }

    /// An NT hash by its digits, as bytes, and as digits of both bases.
    pub(super) fn hash(&mut self, digits: &str) {
        let bytes = u128::from_str_radix(digits, 16).unwrap().to_be_bytes();
        self.add(digits, &bytes);
        self.add(digits, digits.to_lowercase().as_bytes());
        self.add(digits, digits.to_uppercase().as_bytes());
        self.base64(digits, &bytes);
    }

    fn add(&mut self, what: &str, bytes: &[u8]) {
        let some = self.0.entry(*bytes.first_chunk().unwrap()).or_default();
        some.push(Needle { what: what.to_owned(), bytes: bytes.to_vec() });
    }

    /// Wherever the bytes begin in what is encoded, those digits that depend on nothing else.
    fn base64(&mut self, what: &str, bytes: &[u8]) {
        for before in 0..3 {
            let digits = STANDARD_NO_PAD.encode([&vec![0; before], bytes].concat());
            let whole = (before + bytes.len()) / 3 * 4;
            self.add(what, &digits.as_bytes()[(before * 4).div_ceil(3)..whole]);
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
        if let Some(what) = self.found_in(bytes) {
            panic!("{name} holds {what}");
        }
    }

    fn found_in(&self, bytes: &[u8]) -> Option<&str> {
        let starts = (0..bytes.len()).filter_map(|at| Some((at, self.0.get(bytes[at..].first_chunk()?)?)));
        let mut found =
            starts.flat_map(|(at, some)| some.iter().filter(move |it| bytes[at..].starts_with(&it.bytes)));
        found.next().map(|it| it.what.as_str())
    }
}

#[test]
fn a_secret_is_found_in_every_form() {
    let mut needles = Needles::default();
    needles.hash("8846F7EAEE8FB117AD06BDD830B7586C");
    let bytes = 0x8846_f7ea_ee8f_b117_ad06_bdd8_30b7_586c_u128.to_be_bytes();
    for before in 0..4 {
        let text = STANDARD_NO_PAD.encode([&vec![7; before], &bytes[..], b"more"].concat());
        assert!(needles.found_in(text.as_bytes()).is_some(), "{before} bytes before it");
    }
}
