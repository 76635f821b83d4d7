//! Hashes salted on several cores: each comes back in its place, with a salt of its own.

use std::collections::BTreeSet;

use jiff::Timestamp;
use samesign::target::dirsync::{CurrentPassword, salted};
use samesign::wire::password::{ITERATIONS, NtHash, SALT_LEN, credential};

fn hash(number: u8) -> NtHash {
    NtHash::from_bytes(&[number; NtHash::LEN])
}

fn changed(number: u8) -> Timestamp {
    Timestamp::from_second(i64::from(number)).unwrap()
}

fn password(number: u8) -> CurrentPassword {
    CurrentPassword { hash: hash(number), changed: changed(number), must_change: false, set_at: None }
}

/// The salt of `v1;PPH1_MD4,<salt>,…`.
fn salt(text: &str) -> [u8; SALT_LEN] {
    let digits = text.split(',').nth(1).unwrap();
    let byte = |at: usize| u8::from_str_radix(&digits[2 * at..2 * at + 2], 16).unwrap();
    std::array::from_fn(byte)
}

#[tokio::test]
async fn each_hash_comes_back_in_its_place_however_many_there_are() {
    for count in [0, 1, 2, 7, 50] {
        let salted = salted((0..count).map(password).collect()).await.unwrap();
        assert_eq!(salted.len(), usize::from(count));
        let mut salts = BTreeSet::new();
        for (number, (at, text)) in (0..).zip(&salted) {
            let salt = salt(text.reveal());
            assert_eq!(*at, changed(number));
            assert_eq!(credential(&hash(number), &salt, ITERATIONS).reveal(), text.reveal());
            salts.insert(salt);
        }
        assert_eq!(salts.len(), salted.len());
    }
}
