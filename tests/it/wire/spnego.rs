//! Negotiation of one mechanism, with a mechanism that proves nothing.

use samesign::wire::ber::{tag, wrap};
use samesign::wire::dcerpc::{Parts, SealError, SecurityContext};
use samesign::wire::spnego::{Established, Failure, Mechanism, Offer, SpnegoError};

struct Toy;

impl SecurityContext for Toy {
    fn token_len(&self, _body_len: usize) -> usize {
        0
    }

    fn seal(&mut self, _parts: Parts<'_>) -> Result<Vec<u8>, SealError> {
        Ok(Vec::new())
    }

    fn unseal(&mut self, _parts: Parts<'_>, _token: &[u8]) -> Result<(), SealError> {
        Ok(())
    }
}

impl Established for Toy {
    fn sign(&mut self, text: &[u8]) -> Vec<u8> {
        text.to_vec()
    }

    fn is_signed(&mut self, text: &[u8], signature: &[u8]) -> bool {
        text == signature
    }
}

impl Mechanism for Toy {
    type Context = Self;
    type Error = String;
    const OID: &'static [u8] = &[0x2a, 3];

    fn finish(self, token: &[u8]) -> Result<(Self, Vec<u8>), String> {
        if token == b"two" { Ok((self, b"three".to_vec())) } else { Err("another token".to_owned()) }
    }
}

/// NegTokenResp of fields that are there.
fn answer(state: Option<u8>, oid: Option<&[u8]>, token: Option<&[u8]>, signature: Option<&[u8]>) -> Vec<u8> {
    let field = |number, tag, value: Option<&[u8]>| {
        value.map(|it| wrap(tag::context(number), &[&wrap(tag, &[it])])).unwrap_or_default()
    };
    let fields = [
        field(0, tag::ENUMERATED, state.as_ref().map(std::slice::from_ref)),
        field(1, tag::OID, oid),
        field(2, tag::OCTET_STRING, token),
        field(3, tag::OCTET_STRING, signature),
    ];
    wrap(tag::context(1), &[&wrap(tag::SEQUENCE, &[&fields.concat()])])
}

const OFFERED: &[u8] = &[0x30, 4, 6, 2, 0x2a, 3];

fn first(token: &[u8]) -> Result<(), Result<SpnegoError, String>> {
    let (offer, _) = Offer::new(Toy, b"one");
    offer.answered(token).map(|_| ()).map_err(|it| match it {
        Failure::Negotiation(error) => Ok(error),
        Failure::Mechanism(error) => Err(error),
    })
}

fn last(token: &[u8]) -> Result<(), SpnegoError> {
    let (offer, _) = Offer::new(Toy, b"one");
    let Ok((unconfirmed, _)) = offer.answered(&answer(Some(1), Some(Toy::OID), Some(b"two"), None)) else {
        panic!("the first answer is right");
    };
    unconfirmed.confirmed(token).map(|_| ())
}

#[test]
fn the_first_token_travels_with_the_offer_and_the_last_with_a_signature_of_it() {
    let (offer, token) = Offer::new(Toy, b"one");
    assert_eq!(token[..10], [0x60, 27, 6, 6, 0x2b, 6, 1, 5, 5, 2]);
    assert!(token.ends_with(b"one") && token.windows(6).any(|it| it == OFFERED));
    let Ok((_, token)) = offer.answered(&answer(Some(1), None, Some(b"two"), None)) else {
        panic!("refused")
    };
    assert_eq!(token, answer(None, None, Some(b"three"), Some(OFFERED)));
}

#[test]
fn only_what_was_offered_is_gone_on_with() {
    assert_eq!(first(&answer(Some(1), Some(Toy::OID), Some(b"two"), None)), Ok(()));
    assert_eq!(first(&answer(Some(1), Some(&[1]), Some(b"two"), None)), Err(Ok(SpnegoError::OtherMechanism)));
    assert_eq!(first(&answer(Some(2), None, None, None)), Err(Ok(SpnegoError::Rejected)));
    assert_eq!(first(&answer(Some(0), None, Some(b"two"), None)), Err(Ok(SpnegoError::Incomplete)));
    assert_eq!(first(&answer(Some(1), None, None, None)), Err(Ok(SpnegoError::Incomplete)));
    assert_eq!(first(&answer(Some(1), None, Some(b"2"), None)), Err(Err("another token".to_owned())));
}

#[test]
fn nothing_is_established_without_a_signature_of_the_offer() {
    assert_eq!(last(&answer(Some(0), None, None, Some(OFFERED))), Ok(()));
    assert_eq!(last(&answer(Some(0), None, None, None)), Err(SpnegoError::Signature));
    assert_eq!(last(&answer(Some(0), None, None, Some(b"else"))), Err(SpnegoError::Signature));
    assert_eq!(last(&answer(Some(1), None, None, Some(OFFERED))), Err(SpnegoError::Incomplete));
    assert_eq!(last(&answer(None, None, None, Some(OFFERED))), Err(SpnegoError::Incomplete));
}

#[test]
fn truncated_answers_are_errors() {
    let whole = answer(Some(0), Some(Toy::OID), Some(b"two"), Some(OFFERED));
    for len in 0..whole.len() {
        assert!(first(&whole[..len]).is_err());
        assert!(last(&whole[..len]).is_err());
    }
}
