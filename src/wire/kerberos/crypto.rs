//! Encryption and checksums with AES keys: the simplified profile (RFC 3961, 5.3) with AES in CBC mode with
//! ciphertext stealing and HMAC-SHA1-96 (RFC 3962).
//!
//! It does not know messages; the key usage number says what a text is for.

use std::fmt;
use std::num::NonZeroU32;

use aes::cipher::{Array, BlockCipherDecrypt, BlockCipherEncrypt, KeyInit};
use aes::{Aes128, Aes256};
use ring::{hmac, pbkdf2};
use zeroize::Zeroizing;

use super::KerberosError;

const BLOCK: usize = 16;
/// HMAC-SHA1 cut to 96 bits.
const MAC: usize = 12;

type Block = [u8; BLOCK];

/// The encryption types of RFC 3962.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum KeyKind {
    /// aes128-cts-hmac-sha1-96
    Aes128,
    /// aes256-cts-hmac-sha1-96
    Aes256,
}

impl KeyKind {
    /// The assigned number (RFC 3962, 7).
    pub const fn number(self) -> i64 {
        match self {
            Self::Aes128 => 17,
            Self::Aes256 => 18,
        }
    }

    /// The assigned number of its checksum (RFC 3962, 7).
    pub(super) const fn checksum_number(self) -> i64 {
        match self {
            Self::Aes128 => 15,
            Self::Aes256 => 16,
        }
    }
}

/// A key; masked in `Debug`, wiped on drop.
#[derive(Clone)]
pub struct Key {
    kind: KeyKind,
    bytes: Zeroizing<Vec<u8>>,
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key({:?}, **)", self.kind)
    }
}

impl Key {
    /// A key of the encryption type with this number.
    pub fn new(number: i64, bytes: &[u8]) -> Result<Self, KerberosError> {
        let kind = match (number, bytes.len()) {
            (17, 16) => KeyKind::Aes128,
            (18, 32) => KeyKind::Aes256,
            (number, _) => return Err(KerberosError::Encryption(number)),
        };
        Ok(Self { kind, bytes: Zeroizing::new(bytes.to_vec()) })
    }

    /// The key itself, for whoever derives keys of his own from it.
    pub(super) fn bytes(&self) -> Zeroizing<Vec<u8>> {
        self.bytes.clone()
    }

    /// The key of a password (RFC 3962, 4).
    pub(super) fn of_password(
        number: i64,
        password: &str,
        salt: &[u8],
        iterations: NonZeroU32,
    ) -> Result<Self, KerberosError> {
        let len = match number {
            17 => 16,
            18 => 32,
            number => return Err(KerberosError::Encryption(number)),
        };
        let mut bytes = Zeroizing::new(vec![0; len]);
        pbkdf2::derive(pbkdf2::PBKDF2_HMAC_SHA1, iterations, salt, password.as_bytes(), &mut bytes);
        Ok(Self::new(number, &bytes)?.derive(b"kerberos"))
    }

    /// Its encryption type.
    pub const fn kind(&self) -> KeyKind {
        self.kind
    }

    /// Encrypts (RFC 3961, 5.3). A confounder must be random, and used once.
    pub fn encrypt(&self, usage: u32, confounder: Block, plain: &[u8]) -> Vec<u8> {
        let mut text = Zeroizing::new(Vec::with_capacity(BLOCK + plain.len()));
        text.extend_from_slice(&confounder);
        text.extend_from_slice(plain);
        self.seal(usage, &text, &text)
    }

    /// Decrypts and checks the integrity (RFC 3961, 5.3).
    pub fn decrypt(&self, usage: u32, cipher: &[u8]) -> Result<Zeroizing<Vec<u8>>, KerberosError> {
        let text = self.open(usage, cipher, |text| Zeroizing::new(text.to_vec()))?;
        Ok(Zeroizing::new(text[BLOCK..].to_vec()))
    }

    /// Encrypts a text that begins with a confounder, with a checksum over something that contains it.
    pub(super) fn seal(&self, usage: u32, text: &[u8], signed: &[u8]) -> Vec<u8> {
        let mac = self.derived(usage, 0x55).mac(signed);
        let mut cipher = Cipher::new(&self.derived(usage, 0xaa)).encrypt(text);
        cipher.extend_from_slice(&mac);
        cipher
    }

    /// Decrypts, confounder included, and checks the checksum over what `signed` makes of the text.
    pub(super) fn open(
        &self,
        usage: u32,
        cipher: &[u8],
        signed: impl FnOnce(&[u8]) -> Zeroizing<Vec<u8>>,
    ) -> Result<Zeroizing<Vec<u8>>, KerberosError> {
        let len = cipher.len().checked_sub(MAC).filter(|it| BLOCK <= *it).ok_or(KerberosError::WrongKey)?;
        let (cipher, mac) = cipher.split_at(len);
        let text = Cipher::new(&self.derived(usage, 0xaa)).decrypt(cipher);
        if !same(&self.derived(usage, 0x55).mac(&signed(&text)), mac) {
            return Err(KerberosError::WrongKey);
        }
        Ok(text)
    }

    /// A keyed checksum (RFC 3961, 5.4).
    pub fn checksum(&self, usage: u32, text: &[u8]) -> [u8; MAC] {
        self.derived(usage, 0x99).mac(text)
    }

    fn derived(&self, usage: u32, purpose: u8) -> Self {
        let [a, b, c, d] = usage.to_be_bytes();
        self.derive(&[a, b, c, d, purpose])
    }

    /// DK(key, constant) (RFC 3961, 5.1).
    fn derive(&self, constant: &[u8]) -> Self {
        let mut block = n_fold(constant);
        let cipher = Cipher::new(self);
        let mut bytes = Zeroizing::new(Vec::with_capacity(self.bytes.len()));
        while bytes.len() < self.bytes.len() {
            cipher.encrypt_block(&mut block);
            bytes.extend_from_slice(&block);
        }
        Self { kind: self.kind, bytes }
    }

    fn mac(&self, text: &[u8]) -> [u8; MAC] {
        let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &self.bytes);
        *hmac::sign(&key, text).as_ref().first_chunk().expect("HMAC-SHA1 has twenty bytes")
    }
}

/// Compares in a time that does not depend on the contents.
pub(super) fn same(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && a.iter().zip(b).fold(0, |differ, (a, b)| differ | (a ^ b)) == 0
}

/// Stretches or folds a constant to one block (RFC 3961, 5.1): copies of the input, each rotated right by
/// thirteen bits more, added up in ones' complement.
fn n_fold(input: &[u8]) -> Block {
    let bits = input.len() * 8;
    let total = (1..=BLOCK).map(|it| it * bits).find(|it| it % (BLOCK * 8) == 0).unwrap_or(0);
    let bit = |at: usize| {
        let (copy, place) = (at / bits, at % bits);
        let from = (place + bits - 13 * copy % bits) % bits;
        u128::from(input[from / 8] >> (7 - from % 8) & 1)
    };
    let mut sum: u128 = 0;
    for start in (0..total).step_by(BLOCK * 8) {
        let number = (start..start + BLOCK * 8).fold(0, |number: u128, at| number << 1 | bit(at));
        let (added, carry) = sum.overflowing_add(number);
        sum = added + u128::from(carry);
    }
    sum.to_be_bytes()
}

enum Cipher {
    Aes128(Box<Aes128>),
    Aes256(Box<Aes256>),
}

impl Cipher {
    fn new(key: &Key) -> Self {
        let fits = "a key has the length of its kind";
        match key.kind {
            KeyKind::Aes128 => Self::Aes128(Box::new(Aes128::new_from_slice(&key.bytes).expect(fits))),
            KeyKind::Aes256 => Self::Aes256(Box::new(Aes256::new_from_slice(&key.bytes).expect(fits))),
        }
    }

    fn encrypt_block(&self, block: &mut Block) {
        let mut array = Array::from(*block);
        match self {
            Self::Aes128(cipher) => cipher.encrypt_block(&mut array),
            Self::Aes256(cipher) => cipher.encrypt_block(&mut array),
        }
        *block = array.into();
    }

    fn decrypt_block(&self, block: &Block) -> Block {
        let mut array = Array::from(*block);
        match self {
            Self::Aes128(cipher) => cipher.decrypt_block(&mut array),
            Self::Aes256(cipher) => cipher.decrypt_block(&mut array),
        }
        array.into()
    }

    /// CBC with ciphertext stealing (RFC 3962, 5); the text has at least one block.
    fn encrypt(&self, text: &[u8]) -> Vec<u8> {
        let mut blocks: Vec<Block> = Vec::with_capacity(text.len() / BLOCK + 1);
        for chunk in text.chunks(BLOCK) {
            let mut block = blocks.last().copied().unwrap_or_default();
            for (it, plain) in block.iter_mut().zip(chunk) {
                *it ^= plain;
            }
            self.encrypt_block(&mut block);
            blocks.push(block);
        }
        if let [.., before, last] = blocks.as_mut_slice() {
            std::mem::swap(before, last);
        }
        let mut cipher = blocks.concat();
        cipher.truncate(text.len());
        cipher
    }

    fn decrypt(&self, cipher: &[u8]) -> Zeroizing<Vec<u8>> {
        let mut blocks: Vec<Block> = Vec::with_capacity(cipher.len() / BLOCK + 1);
        for chunk in cipher.chunks(BLOCK) {
            let mut block = Block::default();
            block[..chunk.len()].copy_from_slice(chunk);
            blocks.push(block);
        }
        if let [.., before, last] = blocks.as_mut_slice() {
            // The last block was cut: what it lost is in the decrypted block before it.
            let used = (cipher.len() - 1) % BLOCK + 1;
            let whole = self.decrypt_block(before);
            last[used..].copy_from_slice(&whole[used..]);
            std::mem::swap(before, last);
        }
        let mut previous = Block::default();
        let mut text = Zeroizing::new(Vec::with_capacity(blocks.len() * BLOCK));
        for block in blocks {
            let plain = self.decrypt_block(&block);
            text.extend(plain.iter().zip(previous).map(|it| it.0 ^ it.1));
            previous = block;
        }
        text.truncate(cipher.len());
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(text: &str) -> Vec<u8> {
        let digits: Vec<u8> = text.bytes().filter(u8::is_ascii_hexdigit).collect();
        let byte = |it: &[u8]| u8::from_str_radix(std::str::from_utf8(it).unwrap(), 16).unwrap();
        digits.chunks(2).map(byte).collect()
    }

    /// RFC 3961, A.1.
    #[test]
    fn folding_follows_the_vectors() {
        assert_eq!(n_fold(b"kerberos").to_vec(), hex("6b657262 65726f73 7b9b5b2b 93132b93"));
    }

    /// RFC 3962, B: "chicken teriyaki".
    #[test]
    fn ciphertext_stealing_follows_the_vectors() {
        let key = Key::new(17, b"chicken teriyaki").unwrap();
        let text = b"I would like the General Gau's Chicken, please, and wonton soup.";
        let cases = [
            (17, "c6353568f2bf8cb4d8a580362da7ff7f97"),
            (31, "fc00783e0efdb2c1d445d4c8eff7ed2297687268d6ecccc0c07b25e25ecfe5"),
            (32, "39312523a78662d5be7fcbcc98ebf5a897687268d6ecccc0c07b25e25ecfe584"),
            (
                47,
                "97687268d6ecccc0c07b25e25ecfe584b3fffd940c16a18c1b5549d2f838029e39312523a78662d5be7fcbcc98ebf5",
            ),
        ];
        for (len, expected) in cases {
            let cipher = Cipher::new(&key).encrypt(&text[..len]);
            assert_eq!(cipher, hex(expected));
            assert_eq!(Cipher::new(&key).decrypt(&cipher).as_slice(), &text[..len]);
        }
    }

    #[test]
    fn what_is_encrypted_comes_back_and_tampering_shows() {
        for key in [Key::new(17, &[1; 16]).unwrap(), Key::new(18, &[2; 32]).unwrap()] {
            for len in 0..50 {
                let plain = vec![7; len];
                let mut cipher = key.encrypt(3, [9; 16], &plain);
                assert_eq!(key.decrypt(3, &cipher).unwrap().as_slice(), plain);
                assert_eq!(key.decrypt(4, &cipher), Err(KerberosError::WrongKey), "another usage");
                cipher[len] ^= 1;
                assert_eq!(key.decrypt(3, &cipher), Err(KerberosError::WrongKey));
            }
            assert!(key.decrypt(3, &[0; 27]).is_err());
        }
    }
}
