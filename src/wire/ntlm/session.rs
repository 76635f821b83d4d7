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
