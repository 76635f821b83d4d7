//! What a server says while NTLM is negotiated: the challenge, bare and inside of SPNEGO, the last word, and a
//! message under the key that comes of it.
//!
//! The same bytes are taken for each of them. Time and random numbers are fixed.

use jiff::Timestamp;
use samesign::model::Secret;
use samesign::wire::ber::{tag, wrap};
use samesign::wire::dcerpc::{Parts, SecurityContext};
use samesign::wire::ntlm::{Account, Fresh, Negotiation};
use samesign::wire::spnego::{Established, Mechanism, Offer};
use zeroize::Zeroizing;

/// A signature that goes with a message.
const SIGNATURE_LEN: usize = 16;
/// Flags that a client insists on, and a domain.
const CHALLENGE: &[u8] = b"NTLMSSP\0\x02\0\0\0\0\0\0\0\x38\0\0\0\x35\x82\x8a\x62chosen!!\0\0\0\0\0\0\0\0\
    \x10\0\x10\0\x38\0\0\0\x06\x01\0\0\0\0\0\x0f\x02\0\x08\0L\0A\0B\0S\0\0\0\0\0";

/// Takes the bytes for every answer that there is.
pub fn read(bytes: &[u8]) {
    let _answered = begin().0.finish(bytes);
    let (negotiation, token) = begin();
    let _answered = Offer::new(negotiation, &token).0.answered(bytes);
    let (negotiation, token) = begin();
    let (unconfirmed, _) = Offer::new(negotiation, &token)
        .0
        .answered(&answer(CHALLENGE))
        .unwrap_or_else(|_| panic!("the challenge is a good one"));
    let _confirmed = unconfirmed.confirmed(bytes);
    message(bytes);
}

fn message(bytes: &[u8]) {
    let Some((signature, body)) = bytes.split_at_checked(SIGNATURE_LEN) else { return };
    let (mut session, _) = begin().0.finish(CHALLENGE).unwrap_or_else(|_| panic!("a good challenge"));
    let _is_signed = session.is_signed(body, signature);
    let parts = Parts { header: &[], body: &mut body.to_vec(), trailer: &[] };
    let _outcome = session.unseal(parts, signature);
}

fn begin() -> (Negotiation, Vec<u8>) {
    let fresh = Fresh {
        time: Timestamp::UNIX_EPOCH,
        challenge: [1; 8],
        session_key: Zeroizing::new([2; SIGNATURE_LEN]),
    };
    Negotiation::begin(Account::parse("kim"), Secret::new("word".to_owned()), fresh)
}

/// NegTokenResp (RFC 4178, 4.2.2) of a server that goes on.
fn answer(token: &[u8]) -> Vec<u8> {
    let state = wrap(tag::context(0), &[&wrap(tag::ENUMERATED, &[&[1]])]);
    let token = wrap(tag::context(2), &[&wrap(tag::OCTET_STRING, &[token])]);
    wrap(tag::context(1), &[&wrap(tag::SEQUENCE, &[&state, &token])])
}
