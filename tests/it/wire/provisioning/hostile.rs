//! Messages that are broken or hostile give an error.

use proptest::prelude::*;
use samesign::wire::provisioning::{Operation, decode_answer, decode_request};

use crate::wire::nbfx::tree::hex;
use crate::wire::nbfx::vectors::VECTORS;

fn everything(bytes: &[u8]) {
    drop(decode_request(bytes));
    for operation in Operation::ALL {
        drop(decode_answer(bytes, operation));
    }
}

#[test]
fn messages_that_break_off_anywhere_are_errors() {
    for (name, _, binary) in VECTORS {
        let bytes = hex(binary);
        for end in 0..bytes.len() {
            assert!(decode_request(&bytes[..end]).is_err(), "{name} {end}");
            assert!(decode_answer(&bytes[..end], Operation::Capabilities).is_err(), "{name} {end}");
        }
    }
}

#[test]
fn an_answer_is_no_request_and_the_other_way_round() {
    assert!(decode_request(&hex(VECTORS[3].2)).is_err());
    for (_, _, binary) in &VECTORS[..3] {
        for operation in Operation::ALL {
            assert!(decode_answer(&hex(binary), operation).is_err());
        }
    }
}

proptest! {
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

    #[test]
    fn pieces_of_messages_in_any_order_are_survived(
        pieces in prop::collection::vec((0..VECTORS.len(), any::<prop::sample::Index>(), 0usize..60), 0..12),
    ) {
        let start = hex("56020b0173040b0161065608");
        let bytes = pieces.into_iter().fold(start, |mut bytes, (which, at, len)| {
            let vector = hex(VECTORS[which].2);
            let at = at.index(vector.len());
            bytes.extend_from_slice(&vector[at..vector.len().min(at + len)]);
            bytes
        });
        everything(&bytes);
    }
}
