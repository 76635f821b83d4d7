//! LDIF: the same records and the same error, in whatever pieces the bytes come.
//!
//! It does not know what attributes mean.

use samesign::wire::ldif::{LdifError, Parser, Record};

/// Reads a file at once, and in pieces of several sizes.
pub fn read(bytes: &[u8]) {
    let whole = records(bytes, bytes.len().max(1));
    for size in [1, 2, 7, 64] {
        assert_eq!(records(bytes, size), whole, "in pieces of {size}");
    }
    let (records, _) = whole;
    assert!(records.iter().flat_map(|it| &it.values).map(|it| it.value.len()).sum::<usize>() <= bytes.len());
}

fn records(bytes: &[u8], size: usize) -> (Vec<Record>, Result<(), LdifError>) {
    let mut records = Vec::new();
    let mut parser = Parser::default();
    for piece in bytes.chunks(size) {
        if let Err(error) = parser.push(piece, &mut records) {
            return (records, Err(error));
        }
    }
    let end = parser.finish(&mut records);
    (records, end)
}
