//! Decryption of replicated secrets ([MS-DRSR] 4.1.10.6.12, DecryptValuesIfNecessary, and 5.16, with the layer of
//! [MS-SAMR] 2.2.11.1, Encrypting an NT or LM Hash).
//!
//! It knows the hash of the current password only; history, LM hashes and supplemental credentials are not read.
//! The key is that of the security context: sixteen bytes with NTLM, all thirty-two with AES in Kerberos.

use des::Des;
use des::cipher::{Array, BlockCipherDecrypt};
use md5::{Digest, Md5};
use rc4::{KeyInit, Rc4, StreamCipher};
use zeroize::{Zeroize, Zeroizing};

use crate::wire::password::{NtHash, on_wiped_stack};

const SALT_LEN: usize = 16;
const CHECKSUM_LEN: usize = 4;

/// The session key of the security context. It has neither `Debug` nor `Clone`, and is wiped when dropped.
pub struct SessionKey(Zeroizing<Vec<u8>>);

/// Why a secret cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SecretError {
    /// The key has a length that no security context gives.
    #[error("a session key of {0} bytes; 16 or 32 are expected")]
    KeyLength(usize),
    /// The value has not the length of an encrypted hash.
    #[error("an encrypted password hash of {0} bytes; 36 are expected")]
    Length(usize),
    /// The checksum is wrong. Nothing that was decrypted with this key may be used.
    #[error("an encrypted password hash does not fit the session key; connect anew")]
    Checksum,
}

impl SessionKey {
    /// The key as the security provider gives it.
    pub fn new(bytes: Zeroizing<Vec<u8>>) -> Result<Self, SecretError> {
        if [16, 32].contains(&bytes.len()) {
            Ok(Self(bytes))
        } else {
            Err(SecretError::KeyLength(bytes.len()))
        }
    }

    /// The hash in a value of `unicodePwd`, for the account with this RID.
    pub fn nt_hash(&self, rid: u32, value: &[u8]) -> Result<NtHash, SecretError> {
        on_wiped_stack(|| self.read(rid, value))
    }

    fn read(&self, rid: u32, value: &[u8]) -> Result<NtHash, SecretError> {
        let length = SecretError::Length(value.len());
        let plain = self.decrypt(value).ok_or(length)??;
        let inner: &[u8; NtHash::LEN] = plain.as_slice().try_into().map_err(|_| length)?;
        let mut hash = NtHash::zeroed();
        for (at, half) in halves(rid).into_iter().enumerate() {
            let place = 8 * at..8 * at + 8;
            decrypt_block(half, &inner[place.clone()], &mut hash.bytes_mut()[place]);
        }
        Ok(hash)
    }

    /// The outer layer: a salt, then checksum and data in RC4 with a key of the session key and the salt. `None`
    /// if there is not even that much.
    fn decrypt(&self, value: &[u8]) -> Option<Result<Zeroizing<Vec<u8>>, SecretError>> {
        let (salt, sealed) = value.split_at_checked(SALT_LEN)?;
        let mut digest: [u8; 16] = Md5::new().chain_update(&*self.0).chain_update(salt).finalize().into();
        let mut opened = Zeroizing::new(sealed.to_vec());
        Rc4::new_from_slice(&digest).expect("RC4 takes sixteen bytes").apply_keystream(&mut opened);
        digest.zeroize();
        let (checksum, data) = opened.split_at_checked(CHECKSUM_LEN)?;
        if crc32(data).to_le_bytes() != *checksum {
            return Some(Err(SecretError::Checksum));
        }
        Some(Ok(Zeroizing::new(data.to_vec())))
    }
}

/// [MS-SAMR] 2.2.11.1.3, Deriving Key1 and Key2 from a Little-Endian, Unsigned Integer Key.
fn halves(rid: u32) -> [[u8; 7]; 2] {
    let [a, b, c, d] = rid.to_le_bytes();
    [[a, b, c, d, a, b, c], [d, a, b, c, d, a, b]]
}

/// [MS-SAMR] 2.2.11.1.1 and 2.2.11.1.2: seven bytes make eight of seven bits each; the parity bits are free.
fn decrypt_block(key: [u8; 7], block: &[u8], to: &mut [u8]) {
    let bits = key.iter().fold(0_u64, |bits, byte| bits << 8 | u64::from(*byte));
    let spread = (0..8).fold(0_u64, |all, at| all << 8 | (bits >> (49 - 7 * at) & 0x7f) << 1);
    let mut array = Array::try_from(block).expect("half of a hash is a block");
    Des::new(&spread.to_be_bytes().into()).decrypt_block(&mut array);
    to.copy_from_slice(&array);
    array.zeroize();
}

/// The checksum of zlib (RFC 1952, 8), bit by bit: there are sixteen bytes.
fn crc32(bytes: &[u8]) -> u32 {
    let step = |crc: u32| crc >> 1 ^ if crc & 1 == 0 { 0 } else { 0xedb8_8320 };
    !bytes.iter().fold(u32::MAX, |crc, byte| (0..8).fold(crc ^ u32::from(*byte), |crc, _| step(crc)))
}
