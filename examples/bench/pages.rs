//! Pages of replicated objects as a domain controller sends them: the NDR codec at work.
//!
//! The hashes in them are made up and encrypted by nobody, so reading is measured, and decryption is not.

use std::hint::black_box;

use samesign::model::{Guid, Sid};
use samesign::wire::drsuapi::{Cursor, Scope, changes_response};
use samesign::wire::ndr::{DsName, Writer};

use crate::measure::{Measured, best};
use crate::world::World;

/// Objects of one page, as many as samesign asks for.
const PAGE: u32 = 1_000;
/// The numbers of attributes with 24 bytes that a reading of hashes asks for, unicodePwd and pwdLastSet among them.
const ATTRIBUTES: [u32; 5] = [0x0009_005a, 0x0009_0008, 0x0009_0060, 0x0009_0092, 0x0009_00dd];
const VALUE: [u8; 24] = [7; 24];

/// Pages with as many objects as the world has users.
pub(super) fn read(world: World) -> Measured {
    let pages: Vec<Vec<u8>> = (0..world.users)
        .step_by(PAGE as usize)
        .map(|first| page(first..world.users.min(first + PAGE)))
        .collect();
    let cursor = Cursor::default();
    let (time, objects) = best(|| {
        let of = |page: &Vec<u8>| {
            let scope = Scope::Changes { domain: DsName::default(), cursor: &cursor, objects_max: PAGE };
            black_box(changes_response(&scope, page).expect("a page")).objects.len()
        };
        pages.iter().map(of).sum::<usize>()
    });
    assert_eq!(objects, world.users as usize);
    Measured::bytes((time, pages.iter().map(Vec::len).sum()))
}

/// DRS_MSG_GETCHGREPLY_V6 ([MS-DRSR] 4.1.10.2.11).
fn page(accounts: std::ops::Range<u32>) -> Vec<u8> {
    let prefixes =
        [(2, [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x14, 1, 2]), (9, [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x14, 1, 4])];
    let count = accounts.len();
    let mut w = Writer::new();
    w.u32(6).u32(6).align(8).bytes(&[1; 16]).bytes(&[2; 16]).pointer(false).align(8);
    w.i64(1).i64(2).i64(3).i64(4).i64(5).i64(6);
    w.pointer(false).count(prefixes.len()).pointer(true);
    w.u32(1).count(count).u32(0).pointer(true).u32(1).u32(0).u32(0).u32(0).pointer(true).u32(0);
    w.count(prefixes.len());
    for (index, prefix) in &prefixes {
        w.u32(*index).count(prefix.len()).pointer(true);
    }
    for (_, prefix) in &prefixes {
        w.count(prefix.len()).bytes(prefix);
    }
    for number in accounts.clone() {
        w.pointer(number + 1 < accounts.end).pointer(true).u32(0).count(ATTRIBUTES.len());
        w.pointer(true).u32(0).pointer(false).pointer(true);
    }
    accounts.rev().for_each(|it| account(&mut w, it));
    w.u32(0).u32(0);
    w.into_bytes()
}

fn account(w: &mut Writer, number: u32) {
    let mut guid = [5; 16];
    guid[..4].copy_from_slice(&number.to_le_bytes());
    let sid: Sid = format!("S-1-5-21-1-2-3-{number}").parse().expect("a SID");
    let dn = format!("CN=Account {number},OU=Accounting,OU=London,OU=Staff,DC=corp,DC=example,DC=com");
    w.align(4);
    DsName { guid: Some(Guid::from_bytes(guid)), sid: Some(sid), dn }.write(w);
    w.count(ATTRIBUTES.len());
    for kind in ATTRIBUTES {
        w.u32(kind).count(1).pointer(true);
    }
    for _ in ATTRIBUTES {
        w.count(1).count(VALUE.len()).pointer(true).count(VALUE.len()).bytes(&VALUE);
    }
    w.count(ATTRIBUTES.len()).align(8).count(ATTRIBUTES.len());
    for _ in ATTRIBUTES {
        w.align(8).u32(7).i64(13_000_000_000).bytes(&[8; 16]).i64(11);
    }
}
