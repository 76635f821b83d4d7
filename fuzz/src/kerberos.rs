//! Answers of a key distribution centre, key tables, credential caches, and what a service says of a context.
//!
//! Most of it is encrypted, and no made-up bytes would pass the check: so the bytes are also taken for what is
//! inside, and encrypted here. Keys, time and random numbers are fixed.

use jiff::Timestamp;
use samesign::wire::ber::{integer, tag, wrap};
use samesign::wire::dcerpc::{Parts, SecurityContext};
use samesign::wire::kerberos::{
    Fresh, Initiation, Key, Principal, Ticket, as_reply, keys_of, keys_of_password, tgs_reply,
    ticket_granting_ticket,
};
use samesign::wire::spnego::Mechanism;

const NONCE: u32 = 1;
/// Key usage numbers (RFC 4120, 7.5.1).
const AS_REP: u32 = 3;
const TGS_REP: u32 = 8;
const AP_REP: u32 = 12;
const CONTEXT_TOKEN_LEN: usize = 76;

/// Takes the bytes for everything that Kerberos has.
pub fn read(bytes: &[u8]) {
    let (client, service) = (kim(), Principal::service("ldap", "dc1.x", "X"));
    let (key, granting) = (key(), ticket());
    let keys = [key.clone()];
    let _keys = keys_of(&client, bytes);
    let _ticket = ticket_granting_ticket(&client, bytes, Timestamp::UNIX_EPOCH);
    if !is_laborious(bytes) {
        let _keys = keys_of_password(bytes, &client, "word");
    }
    for reply in [bytes, &reply(11, AS_REP, bytes)] {
        let _granting = as_reply(reply, &client, &keys, NONCE);
    }
    for reply in [bytes, &reply(13, TGS_REP, bytes)] {
        let _ticket = tgs_reply(reply, &granting, &service, NONCE);
    }
    let proof = proof(&key.encrypt(AP_REP, [0; 16], bytes));
    for token in [bytes, &proof] {
        let (initiation, _) = Initiation::begin(granting.clone(), fresh(), || [3; 16]);
        if let Ok((mut context, _)) = initiation.finish(token)
            && let Some((token, body)) = bytes.split_at_checked(CONTEXT_TOKEN_LEN)
        {
            let parts = Parts { header: &[], body: &mut body.to_vec(), trailer: &[] };
            let _outcome = context.unseal(parts, token);
        }
    }
}

/// Whether there may be a number of iterations that takes long, as it is meant to.
fn is_laborious(bytes: &[u8]) -> bool {
    let is_large = |it: &[u8]| it.starts_with(&[tag::OCTET_STRING, 4]) && it[2..5] != [0; 3];
    bytes.windows(6).any(is_large)
}

fn kim() -> Principal {
    "kim@X".parse().expect("a principal")
}

fn key() -> Key {
    Key::new(18, &[7; 32]).expect("a key of 256 bits")
}

fn fresh() -> Fresh {
    Fresh { time: Timestamp::UNIX_EPOCH, nonce: NONCE, confounder: [0; 16] }
}

/// KDC-REP (RFC 4120, 5.4.2) around an encrypted half.
fn reply(number: u8, usage: u32, plain: &[u8]) -> Vec<u8> {
    let name = wrap(tag::SEQUENCE, &[&wrap(tag::GENERAL_STRING, &[b"kim"])]);
    let name = [field(0, &integer(tag::INTEGER, 1)), field(1, &name)].concat();
    let fields = [
        field(0, &integer(tag::INTEGER, 5)),
        field(1, &integer(tag::INTEGER, number.into())),
        field(3, &wrap(tag::GENERAL_STRING, &[b"X"])),
        field(4, &wrap(tag::SEQUENCE, &[&name])),
        field(5, b"ticket"),
        field(6, &encrypted(&key().encrypt(usage, [0; 16], plain))),
    ];
    wrap(tag::application(number), &[&wrap(tag::SEQUENCE, &[&fields.concat()])])
}

/// AP-REP (RFC 4120, 5.5.2).
fn proof(cipher: &[u8]) -> Vec<u8> {
    let fields = [
        field(0, &integer(tag::INTEGER, 5)),
        field(1, &integer(tag::INTEGER, 15)),
        field(2, &encrypted(cipher)),
    ];
    wrap(tag::application(15), &[&wrap(tag::SEQUENCE, &[&fields.concat()])])
}

/// EncryptedData (RFC 4120, 5.2.9).
fn encrypted(cipher: &[u8]) -> Vec<u8> {
    let kind = field(0, &integer(tag::INTEGER, 18));
    wrap(tag::SEQUENCE, &[&kind, &field(2, &wrap(tag::OCTET_STRING, &[cipher]))])
}

fn field(number: u8, content: &[u8]) -> Vec<u8> {
    wrap(tag::context(number), &[content])
}

/// A ticket-granting ticket comes out of a credential cache only (MIT Kerberos, version 3 of the format).
fn ticket() -> Ticket {
    let principal = |parts: &[&[u8]]| {
        let count = parts.len() - 1;
        [&[0, 0, 0, 1][..], &long(count), &parts.iter().flat_map(|it| counted(it)).collect::<Vec<_>>()]
            .concat()
    };
    let cache = [
        &[5, 3][..],
        &principal(&[b"X", b"kim"]),
        &principal(&[b"X", b"kim"]),
        &principal(&[b"X", b"krbtgt", b"X"]),
        &[0, 18, 0, 18],
        &counted(&[7; 32]),
        // Times, of which the end counts; flags; no addresses, no authorization data.
        &[&[0; 8][..], &[0x7f; 4], &[0; 4 + 5 + 8]].concat(),
        &counted(b"ticket"),
        &counted(b""),
    ];
    ticket_granting_ticket(&kim(), &cache.concat(), Timestamp::UNIX_EPOCH).expect("a cache with its ticket")
}

fn counted(bytes: &[u8]) -> Vec<u8> {
    [&long(bytes.len())[..], bytes].concat()
}

fn long(number: usize) -> [u8; 4] {
    u32::try_from(number).expect("a small number").to_be_bytes()
}
