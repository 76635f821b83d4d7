//! Calls in fragments, sealed by a stand-in for a security provider that notices every change.

use proptest::prelude::*;
use samesign::wire::dcerpc::{
    Association, AuthKind, Binding, DcerpcError, FaultStatus, Parts, SealError, SecurityContext, pdu_len,
};
use samesign::wire::drsuapi::DRSUAPI;

const TOKEN_LEN: usize = 20;

/// Each direction has its own number, as real providers have.
#[derive(Default)]
struct Mask {
    sealed: u8,
    unsealed: u8,
}

impl Mask {
    fn token(number: u8, parts: &Parts<'_>) -> Vec<u8> {
        let mut token = vec![number; TOKEN_LEN];
        for (at, byte) in [parts.header, parts.body, parts.trailer].concat().iter().enumerate() {
            let place = &mut token[1 + at % (TOKEN_LEN - 1)];
            *place = place.wrapping_mul(31).wrapping_add(*byte);
        }
        token
    }
}

impl SecurityContext for Mask {
    fn token_len(&self, _body_len: usize) -> usize {
        TOKEN_LEN
    }

    fn seal(&mut self, parts: Parts<'_>) -> Result<Vec<u8>, SealError> {
        self.sealed = self.sealed.wrapping_add(1);
        let token = Self::token(self.sealed, &parts);
        parts.body.iter_mut().for_each(|it| *it ^= 0x5a);
        Ok(token)
    }

    fn unseal(&mut self, parts: Parts<'_>, token: &[u8]) -> Result<(), SealError> {
        self.unsealed = self.unsealed.wrapping_add(1);
        parts.body.iter_mut().for_each(|it| *it ^= 0x5a);
        if token == Self::token(self.unsealed, &parts) {
            Ok(())
        } else {
            Err("the signature is wrong".into())
        }
    }
}

/// An answer to a bind: fragments of so many bytes, flags, token.
fn ack(kind: u8, fragment: u16, flags: u8, token: &[u8]) -> Vec<u8> {
    let mut body = vec![];
    body.extend(fragment.to_le_bytes().repeat(2));
    body.extend([1, 0, 0, 0, 6, 0]);
    body.extend(*b"49153\0");
    body.extend([1, 0, 0, 0, 0, 0, 0, 0]);
    body.extend([0x04, 0x5d, 0x88, 0x8a, 0xeb, 0x1c, 0xc9, 0x11, 0x9f, 0xe8, 8, 0, 0x2b, 0x10, 0x48, 0x60]);
    body.extend([2, 0, 0, 0]);
    pdu(kind, flags | 3, 1, &body, token)
}

fn pdu(kind: u8, flags: u8, call: u32, body: &[u8], token: &[u8]) -> Vec<u8> {
    let trailer = if token.is_empty() { &[][..] } else { &[9, 6, 0, 0, 1, 0, 0, 0] };
    let len = u16::try_from(16 + body.len() + trailer.len() + token.len()).unwrap();
    let token_len = u16::try_from(token.len()).unwrap();
    let mut pdu = vec![5, 0, kind, flags, 0x10, 0, 0, 0];
    pdu.extend(len.to_le_bytes());
    pdu.extend(token_len.to_le_bytes());
    pdu.extend(call.to_le_bytes());
    [&pdu, body, trailer, token].concat()
}

fn sealed(fragment: u16) -> Association {
    let mut binding = Binding::authenticated(DRSUAPI, AuthKind::Negotiate);
    binding.bind(b"one").unwrap();
    assert_eq!(binding.accept(&ack(12, fragment, 4, b"two")).unwrap().unwrap(), b"two");
    assert!(binding.signs_headers());
    binding.alter_context(b"three").unwrap();
    assert_eq!(binding.accept(&ack(15, fragment, 0, b"")).unwrap(), None);
    binding.seal(Box::new(Mask::default())).unwrap()
}

fn plain() -> Association {
    let mut binding = Binding::anonymous(DRSUAPI);
    binding.accept(&ack(12, 4280, 0, b"")).unwrap();
    binding.open().unwrap()
}

/// Splits what goes over the connection into messages.
fn messages(mut bytes: &[u8]) -> Vec<&[u8]> {
    let mut messages = Vec::new();
    while let Some(len) = pdu_len(bytes).unwrap() {
        let (message, rest) = bytes.split_at(len);
        messages.push(message);
        bytes = rest;
    }
    assert!(bytes.is_empty());
    messages
}

/// A server that sends back what it gets: each request message as a response message.
fn echoed(requests: &[u8]) -> Vec<Vec<u8>> {
    let mut server = Mask::default();
    messages(requests)
        .into_iter()
        .map(|request| {
            let at = request.len() - TOKEN_LEN - 8;
            let mut body = request[24..at].to_vec();
            let trailer = request[at..at + 8].to_vec();
            let token = &request[at + 8..];
            server
                .unseal(Parts { header: &request[..24], body: &mut body, trailer: &trailer }, token)
                .unwrap();
            let mut response = request.to_vec();
            response[2] = 2;
            response[20..24].fill(0);
            let header = response[..24].to_vec();
            let token = server.seal(Parts { header: &header, body: &mut body, trailer: &trailer }).unwrap();
            response[24..at].copy_from_slice(&body);
            response[at + 8..].copy_from_slice(&token);
            response
        })
        .collect()
}

proptest! {
    #[test]
    fn a_stub_of_any_length_goes_there_and_back(
        stub in prop::collection::vec(any::<u8>(), 0..9000),
        fragment in 1432_u16..6000,
    ) {
        let mut association = sealed(fragment);
        let requests = association.request(3, &stub).unwrap();
        for message in messages(&requests) {
            prop_assert!(message.len() <= usize::from(fragment.min(5840)));
        }
        if let Some(start) = stub.get(..32) {
            prop_assert!(!requests.windows(32).any(|it| it == start), "it is not readable");
        }
        let mut responses = echoed(&requests);
        let last = responses.pop().unwrap();
        for response in responses {
            prop_assert!(association.receive(&response).unwrap().is_none());
        }
        prop_assert_eq!(association.receive(&last).unwrap().unwrap().to_vec(), stub);
    }

    #[test]
    fn no_answer_makes_the_client_panic(
        bytes in prop::collection::vec(any::<u8>(), 0..200),
        kind in 0_u8..20, flags: u8, call in 0_u32..4, auth: bool,
    ) {
        let message = pdu(kind, flags, call, &bytes, if auth { b"token" } else { b"" });
        for message in [&message, &bytes] {
            let mut association = sealed(4280);
            association.request(0, b"stub").unwrap();
            drop(association.receive(message));
            drop(Binding::anonymous(DRSUAPI).accept(message));
            drop(Binding::authenticated(DRSUAPI, AuthKind::Ntlm).accept(message));
            drop(pdu_len(message));
        }
    }
}

#[test]
fn every_changed_byte_of_a_sealed_answer_is_noticed() {
    let requests = sealed(4280).request(3, b"a stub of some length").unwrap();
    let response = echoed(&requests).remove(0);
    for at in 0..response.len() {
        let mut association = sealed(4280);
        association.request(3, b"").unwrap();
        let mut changed = response.clone();
        changed[at] ^= 0x10;
        assert!(association.receive(&changed).is_err(), "byte {at}");
        assert!(association.receive(&response).is_err(), "it stays broken");
        assert!(association.request(3, b"").is_err());
    }
    for len in 0..response.len() {
        let mut association = sealed(4280);
        association.request(3, b"").unwrap();
        assert!(association.receive(&response[..len]).is_err(), "{len} bytes");
    }
}

#[test]
fn an_answer_without_protection_is_refused() {
    let mut association = sealed(4280);
    association.request(3, b"stub").unwrap();
    let open = pdu(2, 3, 2, &[0; 24], b"");
    assert!(matches!(association.receive(&open), Err(DcerpcError::Unprotected)));
    let mut binding = Binding::authenticated(DRSUAPI, AuthKind::Negotiate);
    binding.accept(&ack(12, 4280, 4, b"two")).unwrap();
    assert!(binding.open().is_err(), "no plain calls after authentication");
    // Another kind, level or context of authentication than ours.
    for (at, byte) in [(0, 10), (1, 5), (4, 7)] {
        let mut ack = ack(12, 4280, 4, b"two");
        let trailer = ack.len() - 3 - 8;
        ack[trailer + at] = byte;
        let mut binding = Binding::authenticated(DRSUAPI, AuthKind::Negotiate);
        assert!(matches!(binding.accept(&ack), Err(DcerpcError::Unprotected)));
    }
}

#[test]
fn refusals_have_words() {
    let said = |pdu: &[u8]| {
        Binding::authenticated(DRSUAPI, AuthKind::Negotiate).accept(pdu).unwrap_err().to_string()
    };
    assert!(said(&pdu(13, 3, 1, &[8, 0], b"")).contains("kind of authentication (8)"));
    assert!(said(&pdu(3, 3, 1, &[0, 0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0], b"")).contains("access denied (5)"));
    let mut refused = ack(12, 4280, 4, b"two");
    refused[36] = 2;
    assert!(said(&refused).contains("does not offer the interface (result 2"), "{}", said(&refused));
    assert!(said(&ack(12, 100, 4, b"two")).contains("fragments shorter"));
    assert_eq!(FaultStatus::of(0x6f7), FaultStatus::BadStub);
}

#[test]
fn an_endless_response_ends() {
    let mut association = plain();
    association.request(3, b"").unwrap();
    let body = vec![0; 60_000];
    let error = (0..)
        .find_map(|at| association.receive(&pdu(2, u8::from(at == 0), 2, &body, b"")).err())
        .unwrap()
        .to_string();
    assert!(error.contains("at most 67108864"), "{error}");
    let mut association = plain();
    association.request(3, b"").unwrap();
    assert!(association.receive(&pdu(2, 1, 2, &[0; 8], b"")).is_err(), "a fragment of nothing");
}

/// Three legs: the server does not answer the last.
#[test]
fn ntlm_ends_with_a_message_without_answer() {
    let binding = Binding::authenticated(DRSUAPI, AuthKind::Ntlm);
    let message = binding.auth3(b"authenticate").unwrap();
    assert_eq!(message[..4], [5, 0, 16, 3]);
    assert_eq!(message[16..28], [0, 0, 0, 0, 10, 6, 0, 0, 1, 0, 0, 0]);
    assert_eq!(&message[28..], b"authenticate");
    assert!(binding.auth3(b"").is_err());
    assert!(
        Binding::anonymous(DRSUAPI).bind(&vec![0; 70_000]).is_ok(),
        "no token is sent without authentication"
    );
    let error = binding.bind(&vec![0; 70_000]).unwrap_err().to_string();
    assert!(error.contains("at most 65535"), "{error}");
}
