//! Signing and encryption of what follows an authentication (MS-NLMP 3.4, Session Security Details).
//!
//! It does not know what a message means. Both directions have their own keys and numbers.

use md5::{Digest, Md5};
use rc4::{KeyInit, Rc4, StreamCipher};
use zeroize::Zeroizing;

use super::{Block, LEN, NtlmError, hmac_md5};
use crate::wire::dcerpc::{Parts, SealError, SecurityContext};
use crate::wire::spnego::Established;

/// The version of signatures (MS-NLMP 2.2.2.9.1).
const VERSION: [u8; 4] = [1, 0, 0, 0];
const CHECKSUM_LEN: usize = 8;

/// A session. It has neither `Debug` nor `Clone`; its keys are wiped when it is dropped.
pub struct Session {
    key: Zeroizing<Block>,
    ours: Direction,
    theirs: Direction,
}

struct Direction {
    signing: Zeroizing<Block>,
    sealing: Zeroizing<Block>,
    cipher: Rc4,
    number: u32,
}

impl Session {
    pub(super) fn new(key: Zeroizing<Block>) -> Self {
        let ours = Direction::new(&key, "client-to-server");
        let theirs = Direction::new(&key, "server-to-client");
        Self { key, ours, theirs }
    }

    /// The exported session key (MS-NLMP 3.1.5.1.2).
    pub fn key(&self) -> Zeroizing<Vec<u8>> {
        Zeroizing::new(self.key.to_vec())
    }
}

impl Direction {
    /// SIGNKEY and SEALKEY with 128 bits (MS-NLMP 3.4.5.2 and 3.4.5.3).
    fn new(key: &Block, way: &str) -> Self {
        let derived = |purpose: &str| {
            let constant = format!("session key to {way} {purpose} key magic constant\0");
            Zeroizing::new(Md5::new().chain_update(key).chain_update(constant).finalize().into())
        };
        let sealing = derived("sealing");
        let cipher = cipher(&sealing);
        Self { signing: derived("signing"), sealing, cipher, number: 0 }
    }

    /// MAC with a key that was exchanged (MS-NLMP 3.4.4.2), for the number that is next.
    fn signature(&mut self, parts: &[&[u8]]) -> Block {
        let number = self.number.to_le_bytes();
        self.number = self.number.wrapping_add(1);
        let digest = hmac_md5(&*self.signing, &[&[&number[..]], parts].concat());
        let mut signature = [0; LEN];
        signature[..4].copy_from_slice(&VERSION);
        signature[4..12].copy_from_slice(&digest[..CHECKSUM_LEN]);
        self.cipher.apply_keystream(&mut signature[4..12]);
        signature[12..].copy_from_slice(&number);
        signature
    }

    fn check(&mut self, parts: &[&[u8]], found: &[u8]) -> Result<(), NtlmError> {
        let is_next = found.last_chunk() == Some(&self.number.to_le_bytes());
        let expected = self.signature(parts);
        let differs = expected.iter().zip(found).fold(0, |differs, (a, b)| differs | (a ^ b));
        if !is_next {
            Err(NtlmError::OutOfOrder)
        } else if found.len() != LEN || differs != 0 {
            Err(NtlmError::Signature)
        } else {
            Ok(())
        }
    }

    /// A signature below a negotiation leaves the key stream where it was ([MS-SPNG] 3.2.5.1 and 3.3.5.1), which
    /// is at its beginning.
    fn rewind(&mut self) {
        self.cipher = cipher(&self.sealing);
    }
}

fn cipher(key: &Block) -> Rc4 {
    Rc4::new_from_slice(key).expect("RC4 takes sixteen bytes")
}

impl SecurityContext for Session {
    fn token_len(&self, _body_len: usize) -> usize {
        LEN
    }

    fn seal(&mut self, parts: Parts<'_>) -> Result<Vec<u8>, SealError> {
        let Parts { header, body, trailer } = parts;
        let plain = Zeroizing::new(body.to_vec());
        // The key stream encrypts the body first and the signature after it.
        self.ours.cipher.apply_keystream(body);
        Ok(self.ours.signature(&[header, &plain, trailer]).to_vec())
    }

    fn unseal(&mut self, parts: Parts<'_>, token: &[u8]) -> Result<(), SealError> {
        let Parts { header, body, trailer } = parts;
        self.theirs.cipher.apply_keystream(body);
        Ok(self.theirs.check(&[header, body, trailer], token)?)
    }
}

impl Established for Session {
    fn sign(&mut self, text: &[u8]) -> Vec<u8> {
        let signature = self.ours.signature(&[text]).to_vec();
        self.ours.rewind();
        signature
    }

    fn is_signed(&mut self, text: &[u8], signature: &[u8]) -> bool {
        let result = self.theirs.check(&[text], signature);
        self.theirs.rewind();
        result.is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// MS-NLMP 4.2.4.4: the example of a message that is sealed, with the key of 4.2.1.
    #[test]
    fn sealing_follows_the_vectors() {
        let mut session = Session::new(Zeroizing::new([0x55; 16]));
        assert_eq!(
            *session.ours.sealing,
            [0x59, 0xf6, 0x00, 0x97, 0x3c, 0xc4, 0x96, 0x0a, 0x25, 0x48, 0x0a, 0x7c, 0x19, 0x6e, 0x4c, 0x58]
        );
        let mut body: Vec<u8> = "Plaintext".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let token = session.seal(Parts { header: &[], body: &mut body, trailer: &[] }).unwrap();
        let sealed = [
            0x54, 0xe5, 0x01, 0x65, 0xbf, 0x19, 0x36, 0xdc, 0x99, 0x60, 0x20, 0xc1, 0x81, 0x1b, 0x0f, 0x06,
            0xfb, 0x5f,
        ];
        assert_eq!(body, sealed);
        assert_eq!(token, [1, 0, 0, 0, 0x7f, 0xb3, 0x8e, 0xc5, 0xc5, 0x5d, 0x49, 0x76, 0, 0, 0, 0]);
    }

    /// A session of which both directions are the same, so that it understands itself.
    fn mirror() -> Session {
        let mut session = Session::new(Zeroizing::new([7; 16]));
        session.theirs = Direction::new(&session.key, "client-to-server");
        session
    }

    fn sealed(session: &mut Session) -> (Vec<u8>, Vec<u8>) {
        let mut body = b"sixteen bytes ..".to_vec();
        let token = session.seal(Parts { header: b"head", body: &mut body, trailer: b"tail" }).unwrap();
        (body, token)
    }

    #[test]
    fn messages_are_taken_once_in_their_order_and_as_they_were_sent() {
        let mut session = mirror();
        let all = [sealed(&mut session), sealed(&mut session)];
        let mut unseal = |(mut body, token): (Vec<u8>, Vec<u8>), header: &[u8]| {
            let parts = Parts { header, body: &mut body, trailer: b"tail" };
            session.unseal(parts, &token).map(|()| body).map_err(|it| it.to_string())
        };
        assert_eq!(unseal(all[0].clone(), b"head").unwrap(), b"sixteen bytes ..");
        assert_eq!(unseal(all[0].clone(), b"head").unwrap_err(), "a message is missing, or came twice");
        let mut session = mirror();
        let (mut body, token) = sealed(&mut session);
        let parts = Parts { header: b"Head", body: &mut body, trailer: b"tail" };
        assert_eq!(
            session.unseal(parts, &token).unwrap_err().to_string(),
            "the signature of a message is wrong"
        );
        for len in [0, 4, 15] {
            let parts = Parts { header: b"", body: &mut [], trailer: b"" };
            assert!(session.unseal(parts, &token[..len]).is_err());
        }
    }

    #[test]
    fn a_signature_below_a_negotiation_leaves_the_key_stream_alone_and_counts() {
        let mut session = mirror();
        let signature = session.sign(b"offer");
        assert!(session.is_signed(b"offer", &signature));
        assert!(!session.is_signed(b"offer", &signature));
        let (body, _) = sealed(&mut session);
        assert_eq!(body, sealed(&mut mirror()).0);
    }
}
