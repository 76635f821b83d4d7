//! No bytes make a decoder panic, hang, or reserve more than the bytes are worth.

use proptest::prelude::*;
use samesign::wire::dcerpc::map_response;
use samesign::wire::drsuapi::{
    Cursor, DRSUAPI, InfoLevel, bind_response, controllers_response, crack_names_response, unbind_response,
};

use super::replies::{objects, read, reply};
use super::{bytes, recorded, stub};

fn everything(bytes: &[u8]) {
    drop(read(bytes));
    drop(bind_response(bytes));
    drop(unbind_response(bytes));
    drop(crack_names_response(bytes));
    drop(controllers_response(InfoLevel::Two, bytes));
    drop(controllers_response(InfoLevel::Three, bytes));
    drop(map_response(&DRSUAPI, bytes));
    drop(Cursor::from_bytes(bytes));
}

fn answers() -> [Vec<u8>; 7] {
    let stub = |call| stub(call, "response_stub");
    [
        stub("drsbind"),
        stub("getncchanges_incremental_v8"),
        stub("getncchanges_repl_obj_v8"),
        stub("error_bad_dn_8439"),
        stub("cracknames_nt4_to_guid"),
        stub("dcinfo2"),
        bytes(&recorded()["epm_pdus"][3][1])[24..].to_vec(),
    ]
}

/// A truncated answer is an error, wherever it ends.
#[test]
fn answers_are_refused_truncated_at_every_byte() {
    let [bind, changes, object, _refusal, names, controllers, mapped] = answers();
    let check = |stub: &[u8], is_refused: &dyn Fn(&[u8]) -> bool| {
        for len in 0..stub.len() {
            assert!(is_refused(&stub[..len]), "{len} bytes");
        }
    };
    check(&bind, &|it| bind_response(it).is_err());
    check(&changes, &|it| read(it).is_err());
    check(&object, &|it| read(it).is_err());
    check(&names, &|it| crack_names_response(it).is_err());
    check(&controllers, &|it| controllers_response(InfoLevel::Two, it).is_err());
    check(&mapped, &|it| map_response(&DRSUAPI, it).is_err());
}

/// Whatever a field counts, it cannot count to four thousand million.
#[test]
fn huge_numbers_are_survived_everywhere() {
    for answer in answers() {
        for at in (0..answer.len().saturating_sub(4)).step_by(4) {
            for value in [u32::MAX, 0x7fff_ffff, 0x4000_0000, 0x0010_0000, 0x0100, 1, 0] {
                let mut changed = answer.clone();
                changed[at..at + 4].copy_from_slice(&value.to_le_bytes());
                everything(&changed);
            }
        }
    }
}

proptest! {
    #[test]
    fn arbitrary_bytes_are_survived(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        everything(&bytes);
    }

    #[test]
    fn small_numbers_are_survived(
        version in prop::sample::select(vec![1_u8, 6, 9]),
        numbers in prop::collection::vec(prop_oneof![Just(0_u32), 1_u32..5, Just(0x0002_0000), any::<u32>()], 40..120),
    ) {
        let tail = numbers.into_iter().flat_map(u32::to_le_bytes);
        let head = [version, 0, 0, 0, version, 0, 0, 0];
        everything(&head.into_iter().chain(tail).chain([0; 4]).collect::<Vec<_>>());
    }

    #[test]
    fn mutations_are_survived(
        answer in prop::sample::select(answers().to_vec()),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
    ) {
        let mut changed = answer;
        for (at, byte) in changes {
            let at = at.index(changed.len());
            changed[at] = byte;
        }
        everything(&changed);
    }

    #[test]
    fn mutated_replies_are_survived(
        made in objects(4),
        version in prop::sample::select(vec![1_u32, 6, 9]),
        at: prop::sample::Index,
        byte: u8,
        cut: prop::sample::Index,
    ) {
        let mut stub = reply(version, &made, &[], 2);
        let at = at.index(stub.len());
        stub[at] = byte;
        everything(&stub);
        everything(&stub[..cut.index(stub.len())]);
    }
}
