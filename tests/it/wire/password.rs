//! What the tenant gets instead of a password.

use std::num::NonZeroU32;

use samesign::wire::password::{ITERATIONS, NtHash, credential};

use super::drs::{bytes, vectors};

#[test]
fn credentials_are_those_of_the_vectors() {
    let vectors = vectors(include_str!("../../vectors/phs.json"));
    for vector in vectors.as_array().unwrap() {
        let hash = NtHash::from_bytes(bytes(&vector["nt"]).as_slice().try_into().unwrap());
        let salt: [u8; 10] = bytes(&vector["salt"]).try_into().unwrap();
        let iterations = u32::try_from(vector["iter"].as_u64().unwrap()).unwrap();
        let text = credential(&hash, &salt, NonZeroU32::new(iterations).unwrap());
        assert_eq!(text.reveal(), vector["credential_data"].as_str().unwrap());
        assert!(text.reveal().contains(vector["out"].as_str().unwrap()));
    }
    assert_eq!(vectors.as_array().unwrap().len(), 7);
}

#[test]
fn a_salt_changes_everything() {
    let hash = NtHash::from_bytes(&[7; 16]);
    let [one, other] = [[1; 10], [2; 10]].map(|salt| credential(&hash, &salt, ITERATIONS));
    assert!(one.reveal().starts_with("v1;PPH1_MD4,01010101010101010101,1000,"));
    let key = |text: &str| text.rsplit(',').next().unwrap().to_owned();
    assert_ne!(key(one.reveal()), key(other.reveal()));
    assert_eq!(format!("{one:?}"), "Secret(**)");
}
