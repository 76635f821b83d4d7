//! Remote procedure calls and replication, on recorded traffic and on hostile input.

mod calls;
mod hostile;
mod recorded;
mod replies;
mod requests;
mod secrets;

use serde_json::Value;

/// A file of vectors.
pub(super) fn vectors(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

/// Hexadecimal digits of a vector.
pub(super) fn bytes(value: &Value) -> Vec<u8> {
    hex(value.as_str().unwrap())
}

fn hex(text: &str) -> Vec<u8> {
    let digits = text.as_bytes().chunks(2);
    digits.map(|it| u8::from_str_radix(std::str::from_utf8(it).unwrap(), 16).unwrap()).collect()
}

/// The opposite of `hex`.
fn digits(bytes: &[u8]) -> String {
    bytes
        .iter()
        .flat_map(|it| [it >> 4, it & 15])
        .map(|it| char::from_digit(it.into(), 16).unwrap())
        .collect()
}

/// Traffic with a domain controller of Samba 4.17.
fn recorded() -> Value {
    vectors(include_str!("../../../vectors/drsr-samba417.json"))
}

/// An object of the recordings, such as `drsbind`, and one of its stubs.
fn stub(call: &str, name: &str) -> Vec<u8> {
    bytes(&recorded()[call][name])
}

/// Compares, but for padding and numbers of pointers: any of these are valid.
fn assert_same_but(mut ours: Vec<u8>, mut theirs: Vec<u8>, free: &[(usize, usize)]) {
    assert_eq!(ours.len(), theirs.len());
    for (start, end) in free {
        ours[*start..*end].fill(0);
        theirs[*start..*end].fill(0);
    }
    assert_eq!(ours, theirs);
}
