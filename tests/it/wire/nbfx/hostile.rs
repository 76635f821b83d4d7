//! Bytes that are no document give an error with a position, and cost little.

use expect_test::{Expect, expect};
use proptest::prelude::*;
use samesign::wire::nbfx::{Limits, Malformed, ReadError, Reader};

use super::tree::{Node, hex};
use super::vectors::VECTORS;

/// Reads the bytes in every way that there is.
fn everything(bytes: &[u8]) {
    drop(Node::decode(bytes));
    let Ok(start) = Reader::new(bytes, Limits::default()) else { return };
    let mut reader = start.clone();
    if reader.root().is_ok() {
        drop(reader.clone().text());
        drop(reader.clone().bytes());
        let _ = reader.clone().skip();
        let _ = reader.leaves(|leaf| assert!(leaf.path.len() < 64));
    }
}

fn check(bytes: &str, expected: &Expect) {
    let error = Node::decode(&hex(bytes)).unwrap_err();
    expected.assert_eq(&error.to_string());
}

#[test]
fn every_fault_is_named_with_its_place() {
    check("", &expect!["byte 0 of the binary XML: not exactly one outermost element"]);
    check("01", &expect!["byte 0 of the binary XML: not exactly one outermost element"]);
    check("40", &expect!["byte 1 of the binary XML: the document breaks off"]);
    check("40 80 80 80 80 80", &expect!["byte 1 of the binary XML: an integer of more than 31 bits"]);
    check("40 ff ff ff ff 07", &expect!["byte 6 of the binary XML: the document breaks off"]);
    check("40 01 61", &expect!["byte 3 of the binary XML: the document breaks off"]);
    check("40 01 61 01 40 01 61 01", &expect!["byte 4 of the binary XML: not exactly one outermost element"]);
    check("40 01 61 f0", &expect!["byte 3 of the binary XML: record 0xf0 has no place here"]);
    check("40 01 61 7f", &expect!["byte 3 of the binary XML: record 0x7f has no place here"]);
    check("40 00 01", &expect!["byte 1 of the binary XML: a name that XML does not allow"]);
    check("40 03 61 20 62 01", &expect!["byte 1 of the binary XML: a name that XML does not allow"]);
    check("40 02 c3 28 01", &expect!["byte 2 of the binary XML: a string in an invalid encoding"]);
    check("42 01 01", &expect!["byte 1 of the binary XML: dictionary string 1 does not exist"]);
    check("42 ce 07 01", &expect!["byte 1 of the binary XML: dictionary string 974 does not exist"]);
    check("42 04 01", &expect!["byte 1 of the binary XML: a name that XML does not allow"]);
    check("5e 01 61 01", &expect!["byte 3 of the binary XML: a prefix that is not declared"]);
    check(
        "40 01 61 04 01 62 80 04 01 62 80 01",
        &expect!["byte 11 of the binary XML: an attribute that stands there twice"],
    );
    check("40 01 61 04 01 62 81 01", &expect!["byte 6 of the binary XML: record 0x81 has no place here"]);
    check("40 01 61 b5 02", &expect!["byte 4 of the binary XML: a value out of range for its record"]);
    check("40 01 61 9d ff ff ff ff", &expect!["byte 4 of the binary XML: an impossible length"]);
    check("40 01 61 9d ff ff ff 7f 61", &expect!["byte 8 of the binary XML: the document breaks off"]);
    check("40 01 61 b7 03 61 00 62", &expect!["byte 5 of the binary XML: an impossible length"]);
    check("40 01 61 b7 02 00 d8", &expect!["byte 5 of the binary XML: a string in an invalid encoding"]);
    check(
        "40 01 61 97 ff ff ff ff ff ff ff ff",
        &expect!["byte 4 of the binary XML: a value out of range for its record"],
    );
    check(
        "40 01 61 95 00 00 1d 00 00 00 00 00 00 00 00 00 00 00 00 00",
        &expect!["byte 4 of the binary XML: a value out of range for its record"],
    );
    check("40 01 61 bd 1a 0a", &expect!["byte 4 of the binary XML: a value out of range for its record"]);
    check("40 01 61 a4 a4 a6 a6 01", &expect!["byte 4 of the binary XML: record 0xa4 has no place here"]);
    check("40 01 61 a7", &expect!["byte 3 of the binary XML: record 0xa6 has no place here"]);
    check(
        "40 01 61 03 40 01 62 01 99 01 61 01",
        &expect!["byte 8 of the binary XML: record 0x99 has no place here"],
    );
    check("40 01 61 03 40 01 62 01 b5 00 01", &expect!["byte 10 of the binary XML: an impossible length"]);
    check(
        "40 01 61 03 40 01 62 01 b5 ff ff ff ff 07 01",
        &expect!["byte 15 of the binary XML: the document breaks off"],
    );
    check("03 40 01 62 01 b5 01 01", &expect!["byte 0 of the binary XML: not exactly one outermost element"]);
}

#[test]
fn a_document_that_breaks_off_anywhere_is_an_error() {
    for (name, _, binary) in VECTORS {
        let bytes = hex(binary);
        for end in 0..bytes.len() {
            let error = Node::decode(&bytes[..end]).expect_err(name);
            assert!(error.offset <= end, "{name} {end}");
            everything(&bytes[..end]);
        }
    }
}

#[test]
fn the_limits_hold() {
    let limit = |bytes: &[u8], name| {
        let error = Node::decode(bytes).unwrap_err();
        assert_eq!(error.malformed, Malformed::Limit(name));
    };
    let deep = [0x40, 1, b'a'].repeat(1000);
    limit(&deep, "depth_max");
    let wide = [&[0x40, 1, b'a'][..], &[0x04, 1, b'b', 0x80].repeat(1000)].concat();
    limit(&wide, "attributes_max");
    let declaring: Vec<u8> = (0..60)
        .flat_map(|_| hex("40 01 61 09 01 62 00 09 01 63 00 09 01 64 00 09 01 65 00 09 01 66 00"))
        .collect();
    limit(&declaring, "namespaces_max");
    let name = [&[0x40, 0x88, 0x27][..], &[b'n'; 5000]].concat();
    limit(&name, "name_bytes_max");
    let attributes = [0x04, 1, b'b', 0xa4, 0x80, 0x80, 0xa6, 0x04, 1, b'c', 0x80];
    let array = [
        &[0x40, 1, b'x', 3, 0x40, 1, b'a'][..],
        &attributes,
        &[1, 0xb5, 0x80, 0x80, 0x40],
        &vec![0; 1 << 20],
        &[1],
    ];
    limit(&array.concat(), "texts_bytes_max");
    let list = [&[0x40, 1, b'a', 0xa4][..], &[0x80; 5000]].concat();
    limit(&list, "list_items_max");
    let huge = vec![0x40; (8 << 20) + 1];
    limit(&huge, "bytes_max");
}

fn all_events(bytes: &[u8]) -> Result<(), ReadError> {
    let mut reader = Reader::new(bytes, Limits::default())?;
    while reader.next_event()?.is_some() {}
    Ok(())
}

#[test]
fn short_records_do_not_become_endless_text() {
    // Two bytes each that stand for an address of the dictionary.
    let bytes = [&[0x40, 1, b'x', 0x40, 1, b'a'][..], &[0xaa, 0x14].repeat(1 << 20), &[1, 1]].concat();
    let mut reader = Reader::new(&bytes, Limits::default()).unwrap();
    reader.root().unwrap();
    assert!(reader.clone().leaves(|_| ()).is_err());
    let many = [&[0x40, 1, b'x'][..], &[0x40, 1, b'a', 0xab, 0x14].repeat(1 << 20), &[1]].concat();
    let error = all_events(&many).unwrap_err();
    assert_eq!(error.malformed, Malformed::Limit("texts_bytes_max"));
    reader.child().unwrap();
    let ReadError { malformed, .. } = reader.text().unwrap_err();
    assert_eq!(malformed, Malformed::Limit("text_bytes_max"));
}

proptest! {
    #[test]
    fn arbitrary_bytes_are_survived(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        everything(&bytes);
    }

    #[test]
    fn bytes_made_of_records_are_survived(
        pieces in prop::collection::vec(
            prop_oneof![
                Just(vec![0x40, 1, b'a']), Just(vec![0x44, 2]), Just(vec![1]), Just(vec![0x0b, 1, b'a', 6]),
                Just(vec![3]), Just(vec![0xb5, 3]), Just(vec![0xa4]), Just(vec![0xa6]),
                (0x80u8..0xbf).prop_map(|it| vec![it]), any::<u8>().prop_map(|it| vec![it]),
            ],
            0..60,
        ),
    ) {
        everything(&[&[0x40, 1, b'x'][..], &pieces.concat()].concat());
    }

    #[test]
    fn messages_with_changed_bytes_are_survived(
        which in 0..VECTORS.len(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0..3), 1..6),
    ) {
        let mut bytes = hex(VECTORS[which].2);
        for (at, byte, kind) in changes {
            let at = at.index(bytes.len());
            match kind {
                0 => bytes[at] = byte,
                1 => bytes.insert(at, byte),
                _ => drop(bytes.remove(at)),
            }
        }
        everything(&bytes);
    }
}
