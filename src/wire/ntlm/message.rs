//! The three messages of an authentication (MS-NLMP 2.2.1), and what is computed from a password for the last of
//! them (MS-NLMP 3.3.2, NTLM v2 Authentication).
//!
//! It does not know how messages travel.

use jiff::Timestamp;
use md4::{Digest, Md4};
use rc4::{KeyInit, Rc4, StreamCipher};
use zeroize::Zeroizing;

use super::{Account, Block, LEN, NtlmError, Session, hmac_md5};
use crate::model::Secret;
use crate::wire::spnego::Mechanism;

const SIGNATURE: &[u8; 8] = b"NTLMSSP\0";
/// Windows 10, NTLM revision 15 (MS-NLMP 2.2.2.10): some read the flags by it.
const VERSION: [u8; 8] = [10, 0, 0x61, 0x4a, 0, 0, 0, 15];

/// NEGOTIATE flags (MS-NLMP 2.2.2.5).
mod flag {
    pub(super) const UNICODE: u32 = 0x0000_0001;
    pub(super) const REQUEST_TARGET: u32 = 0x0000_0004;
    pub(super) const SIGN: u32 = 0x0000_0010;
    pub(super) const SEAL: u32 = 0x0000_0020;
    pub(super) const NTLM: u32 = 0x0000_0200;
    pub(super) const ALWAYS_SIGN: u32 = 0x0000_8000;
    pub(super) const EXTENDED_SECURITY: u32 = 0x0008_0000;
    pub(super) const TARGET_INFO: u32 = 0x0080_0000;
    pub(super) const VERSION: u32 = 0x0200_0000;
    pub(super) const BITS_128: u32 = 0x2000_0000;
    pub(super) const KEY_EXCHANGE: u32 = 0x4000_0000;
}
/// All that is offered, and all of it is used.
const FLAGS: u32 = flag::UNICODE
    | flag::REQUEST_TARGET
    | flag::SIGN
    | flag::SEAL
    | flag::NTLM
    | flag::ALWAYS_SIGN
    | flag::EXTENDED_SECURITY
    | flag::TARGET_INFO
    | flag::VERSION
    | flag::BITS_128
    | flag::KEY_EXCHANGE;
/// What a server has to agree to.
const NEEDED: [(u32, &str); 7] = [
    (flag::UNICODE, "Unicode"),
    (flag::SIGN, "signatures"),
    (flag::SEAL, "encryption"),
    (flag::EXTENDED_SECURITY, "extended session security"),
    (flag::TARGET_INFO, "NTLMv2"),
    (flag::BITS_128, "keys of 128 bits"),
    (flag::KEY_EXCHANGE, "the exchange of a key"),
];

/// Attributes of the target (MS-NLMP 2.2.2.1, AV_PAIR).
mod pair {
    pub(super) const END: u16 = 0;
    pub(super) const NETBIOS_DOMAIN: u16 = 2;
    pub(super) const FLAGS: u16 = 6;
    pub(super) const TIMESTAMP: u16 = 7;
}
/// The last message has a signature over all three.
const HAS_SIGNATURE: u32 = 2;
/// Header of the last message, up to where the signature is and with it.
const AT_SIGNATURE: usize = 72;
const HEADER_LEN: usize = AT_SIGNATURE + LEN;
/// Seconds from 1601-01-01 to 1970-01-01.
const FILETIME_EPOCH_OFFSET_S: i64 = 11_644_473_600;

/// What must be new for each authentication.
pub struct Fresh {
    /// The time now, used if the server does not tell its own.
    pub time: Timestamp,
    /// Random.
    pub challenge: [u8; 8],
    /// Random: the key of the session.
    pub session_key: Zeroizing<[u8; LEN]>,
}

/// An authentication of which the first message was sent.
pub struct Negotiation {
    account: Account,
    password: Secret,
    fresh: Fresh,
}

impl Negotiation {
    /// Begins; returns the first message.
    pub fn begin(account: Account, password: Secret, fresh: Fresh) -> (Self, Vec<u8>) {
        (Self { account, password, fresh }, negotiate())
    }
}

impl Mechanism for Negotiation {
    type Context = Session;
    type Error = NtlmError;
    /// 1.3.6.1.4.1.311.2.2.10 ([MS-SPNG] 1.9).
    const OID: &'static [u8] = &[0x2b, 6, 1, 4, 1, 0x82, 0x37, 2, 2, 10];

    fn finish(self, token: &[u8]) -> Result<(Session, Vec<u8>), NtlmError> {
        let Self { account, password, fresh } = self;
        let challenge = Challenge::parse(token)?;
        let domain = account.domain.as_deref().unwrap_or(&challenge.domain);
        let key = response_key(&account.user, domain, password.reveal());
        let Proof { response, base_key } = challenge.prove(&key, &fresh);
        let exchanged = encrypted(&base_key, *fresh.session_key);
        let fields = [&[0; 24][..], &response, &utf16(domain), &utf16(&account.user), &[], &exchanged];
        let mut message = authenticate(&fields);
        let signature = hmac_md5(&*fresh.session_key, &[&negotiate(), token, &message]);
        message[AT_SIGNATURE..HEADER_LEN].copy_from_slice(&signature);
        Ok((Session::new(fresh.session_key), message))
    }
}

/// NEGOTIATE_MESSAGE (MS-NLMP 2.2.1.1): no domain and no workstation are named.
fn negotiate() -> Vec<u8> {
    [&SIGNATURE[..], &1_u32.to_le_bytes(), &FLAGS.to_le_bytes(), &[0; 16], &VERSION].concat()
}

/// AUTHENTICATE_MESSAGE (MS-NLMP 2.2.1.3) with room for its signature: answers to the challenge, domain, user,
/// workstation, key.
fn authenticate(fields: &[&[u8]; 6]) -> Vec<u8> {
    let mut message = [&SIGNATURE[..], &3_u32.to_le_bytes()].concat();
    let mut at = HEADER_LEN;
    for field in fields {
        let len = u16::try_from(field.len()).unwrap_or(u16::MAX).to_le_bytes();
        message.extend_from_slice(&[len, len].concat());
        message.extend_from_slice(&u32::try_from(at).unwrap_or(u32::MAX).to_le_bytes());
        at += field.len();
    }
    message.extend_from_slice(&FLAGS.to_le_bytes());
    message.extend_from_slice(&VERSION);
    message.extend_from_slice(&[0; LEN]);
    message.extend(fields.concat());
    message
}

/// EncryptedRandomSessionKey (MS-NLMP 3.1.5.1.2).
fn encrypted(key: &Block, mut session_key: Block) -> Block {
    Rc4::new_from_slice(key).expect("RC4 takes sixteen bytes").apply_keystream(&mut session_key);
    session_key
}

/// NTOWFv2 (MS-NLMP 3.3.2).
fn response_key(user: &str, domain: &str, password: &str) -> Zeroizing<Block> {
    let password = Zeroizing::new(utf16(password));
    let hash: Zeroizing<Block> = Zeroizing::new(Md4::digest(&*password).into());
    // Letters that become two in upper case stay as they are, as Windows has it.
    let upper = |it: char| {
        let mut upper = it.to_uppercase();
        upper.next().filter(|_| upper.next().is_none()).unwrap_or(it)
    };
    let user: String = user.chars().map(upper).collect();
    Zeroizing::new(hmac_md5(&*hash, &[&utf16(&user), &utf16(domain)]))
}

fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

/// CHALLENGE_MESSAGE (MS-NLMP 2.2.1.2).
struct Challenge {
    nonce: [u8; 8],
    /// The NetBIOS name of the server's domain.
    domain: String,
    /// By its clock, as FILETIME.
    time: Option<[u8; 8]>,
    /// What is given back, without flags and end.
    target: Vec<u8>,
    flags: u32,
}

/// The answer to a challenge, and the key that comes of it.
struct Proof {
    response: Vec<u8>,
    base_key: Zeroizing<Block>,
}

impl Challenge {
    fn parse(message: &[u8]) -> Result<Self, NtlmError> {
        let truncated = NtlmError::Malformed("too short");
        let number = |at: usize| -> Option<u32> {
            message.get(at..).and_then(|it| it.first_chunk()).map(|it| u32::from_le_bytes(*it))
        };
        if !message.starts_with(SIGNATURE) || number(8) != Some(2) {
            return Err(NtlmError::Malformed("not a challenge"));
        }
        let flags = number(20).ok_or(truncated)?;
        if let Some((_, what)) = NEEDED.iter().find(|(flag, _)| flags & flag == 0) {
            return Err(NtlmError::Weak(what));
        }
        let nonce = *message.get(24..).and_then(|it| it.first_chunk()).ok_or(truncated)?;
        let target = field(message, 40).ok_or(truncated)?;
        let mut found = Self { nonce, domain: String::new(), time: None, target: Vec::new(), flags: 0 };
        found.read_target(target).ok_or(NtlmError::Malformed("broken attributes of the target"))?;
        Ok(found)
    }

    fn read_target(&mut self, mut rest: &[u8]) -> Option<()> {
        loop {
            let (kind, tail) = rest.split_first_chunk()?;
            let (len, tail) = tail.split_first_chunk()?;
            let len = usize::from(u16::from_le_bytes(*len));
            let (value, tail) = tail.split_at_checked(len)?;
            match u16::from_le_bytes(*kind) {
                pair::END => return Some(()),
                pair::FLAGS => self.flags = u32::from_le_bytes(value.try_into().ok()?),
                kind => {
                    if kind == pair::TIMESTAMP {
                        self.time = Some(value.try_into().ok()?);
                    } else if kind == pair::NETBIOS_DOMAIN {
                        let chars = value.chunks_exact(2).map(|it| u16::from_le_bytes([it[0], it[1]]));
                        self.domain = char::decode_utf16(chars).collect::<Result<_, _>>().ok()?;
                    }
                    self.target.extend_from_slice(&rest[..4 + len]);
                }
            }
            rest = tail;
        }
    }

    /// NTLMv2_RESPONSE (MS-NLMP 2.2.2.8), and SessionBaseKey (MS-NLMP 3.3.2).
    fn prove(&self, key: &Block, fresh: &Fresh) -> Proof {
        let time = self.time.unwrap_or_else(|| filetime(fresh.time));
        let flags = (self.flags | HAS_SIGNATURE).to_le_bytes();
        let client = [
            &[1, 1, 0, 0, 0, 0, 0, 0][..],
            &time,
            &fresh.challenge,
            &[0; 4],
            &self.target,
            &[6, 0, 4, 0],
            &flags,
            &[0; 8],
        ]
        .concat();
        let proof = hmac_md5(key, &[&self.nonce, &client]);
        let base_key = Zeroizing::new(hmac_md5(key, &[&proof]));
        Proof { response: [&proof[..], &client].concat(), base_key }
    }
}

/// What the length and the place at `at` point to.
fn field(message: &[u8], at: usize) -> Option<&[u8]> {
    let [a, b, _, _, rest @ ..] = message.get(at..)?.first_chunk::<8>()?;
    let start = usize::try_from(u32::from_le_bytes(*rest)).ok()?;
    message.get(start..)?.get(..usize::from(u16::from_le_bytes([*a, *b])))
}

fn filetime(time: Timestamp) -> [u8; 8] {
    let seconds = time.as_second().saturating_add(FILETIME_EPOCH_OFFSET_S);
    seconds.saturating_mul(10_000_000).to_le_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn challenge(flags: u32, target: &[u8]) -> Vec<u8> {
        let len = u16::try_from(target.len()).unwrap().to_le_bytes();
        let head = [&SIGNATURE[..], &2_u32.to_le_bytes(), &[0; 8], &flags.to_le_bytes()].concat();
        let nonce = [0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef];
        let place = [&len[..], &len, &56_u32.to_le_bytes()].concat();
        [&head[..], &nonce, &[0; 8], &place, &VERSION, target].concat()
    }

    fn finish(challenge: &[u8]) -> Result<Vec<u8>, NtlmError> {
        let session_key = Zeroizing::new([0x55; 16]);
        let fresh = Fresh { time: Timestamp::UNIX_EPOCH, challenge: [0xaa; 8], session_key };
        let password = Secret::new("Password".to_owned());
        Negotiation::begin(Account::parse("User"), password, fresh).0.finish(challenge).map(|it| it.1)
    }

    /// MS-NLMP 4.2.4.1.1.
    #[test]
    fn the_key_of_responses_follows_the_vector() {
        assert_eq!(
            *response_key("User", "Domain", "Password"),
            [0x0c, 0x86, 0x8a, 0x40, 0x3b, 0xfd, 0x7a, 0x93, 0xa3, 0x00, 0x1e, 0xf2, 0x2e, 0xf0, 0x2e, 0x3f]
        );
    }

    /// MS-NLMP 4.2.4.1.2 and 4.2.4.2.2, of which the response has no flags of the client.
    #[test]
    fn the_proof_follows_the_vector() {
        let key = response_key("User", "Domain", "Password");
        let target = [&[2, 0, 12, 0][..], &utf16("Domain"), &[1, 0, 12, 0], &utf16("Server")].concat();
        let client = [&[1, 1, 0, 0, 0, 0, 0, 0][..], &[0; 8], &[0xaa; 8], &[0; 4], &target, &[0; 8]].concat();
        let proof = hmac_md5(&*key, &[&[0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef], &client]);
        assert_eq!(proof[..4], [0x68, 0xcd, 0x0a, 0xb8]);
        assert_eq!(hmac_md5(&*key, &[&proof])[..4], [0x8d, 0xe4, 0x0c, 0xca]);
    }

    #[test]
    fn an_account_without_a_domain_is_one_of_the_servers_domain() {
        let target = [&[2, 0, 8, 0][..], &utf16("CORP"), &[0; 4]].concat();
        let message = finish(&challenge(FLAGS, &target)).unwrap();
        assert_eq!(field(&message, 28), Some(&utf16("CORP")[..]));
        assert_eq!(field(&message, 36), Some(&utf16("User")[..]));
        assert_eq!(
            Account::parse("a@b.c"),
            Account { user: "a@b.c".to_owned(), domain: Some(String::new()) }
        );
        assert_eq!(Account::parse("B\\a"), Account { user: "a".to_owned(), domain: Some("B".to_owned()) });
    }

    #[test]
    fn less_than_what_is_needed_is_refused() {
        for (flag, what) in NEEDED {
            assert_eq!(finish(&challenge(FLAGS & !flag, &[0; 4])), Err(NtlmError::Weak(what)));
        }
    }

    #[test]
    fn broken_challenges_are_errors() {
        let target = [&[2, 0, 8, 0][..], &utf16("CORP"), &[7, 0, 8, 0], &[1; 8], &[0; 4]].concat();
        let whole = challenge(FLAGS, &target);
        assert!(finish(&whole).is_ok());
        for len in 0..whole.len() {
            assert!(finish(&whole[..len]).is_err(), "{len}");
        }
        for at in 40..48 {
            let mut lying = whole.clone();
            lying[at] = 0xff;
            // Only the copy of the length is not looked at.
            assert_eq!(finish(&lying).is_err(), !(42..44).contains(&at), "{at}");
        }
    }
}
