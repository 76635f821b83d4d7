//! A security context in the style of DCE: three tokens without framing ([MS-KILE] 3.4.5.1), and then messages of
//! which the parts that are only signed stay where they are ([MS-KILE] 3.4.5.4.1; RFC 4121, 4.2).
//!
//! It does not know what a message means. Messages are taken in their order only: a number that was used, or
//! skipped, ends the context.

use zeroize::Zeroizing;

use super::crypto::same;
use super::exchange::{ap_request, encrypted, field, micros, sequence_number, time};
use super::token::{AP_REQ_AUTHENTICATOR, BINDING_CHECKSUM, KERBEROS};
use super::{Fresh, KerberosError, Key, Ticket};
use crate::wire::ber::{BerError, Reader, integer, tag, wrap};
use crate::wire::dcerpc::{Parts, SealError, SecurityContext};
use crate::wire::spnego::{Established, Mechanism};

/// `mutual-required` (RFC 4120, 5.5.1).
const MUTUAL_REQUIRED: u32 = 0x2000_0000;
/// Mutual, replay, sequence, confidentiality, integrity (RFC 4121, 4.1.1.1), DCE style ([MS-KILE] 3.4.5).
const GSS_FLAGS: u32 = 0x02 | 0x04 | 0x08 | 0x10 | 0x20 | 0x1000;
/// Key usage numbers (RFC 4120, 7.5.1; RFC 4121, 2).
mod usage {
    pub(super) const AP_REP: u32 = 12;
    pub(super) const ACCEPTOR_SEAL: u32 = 22;
    pub(super) const ACCEPTOR_SIGN: u32 = 23;
    pub(super) const INITIATOR_SEAL: u32 = 24;
    pub(super) const INITIATOR_SIGN: u32 = 25;
}
const AP_REP: u8 = 15;

/// Identifiers and flags of tokens (RFC 4121, 4.2.2 and 4.2.6).
const WRAP: [u8; 2] = [5, 4];
const MIC: [u8; 2] = [4, 4];
const SENT_BY_ACCEPTOR: u8 = 1;
const SEALED: u8 = 2;
const ACCEPTOR_SUBKEY: u8 = 4;
const HEADER: usize = 16;
const CONFOUNDER: usize = 16;
const CHECKSUM: usize = 12;
/// Bytes of filler, which must not be none for Windows ([MS-KILE] 3.4.5.4.1).
const EXTRA: u8 = 16;
/// By how much the end is moved to the front: header and checksum. The filler is moved too, and not counted.
const ROTATION: u8 = 28;
/// All that is not body.
const TOKEN: usize = HEADER + CONFOUNDER + EXTRA as usize + ROTATION as usize;

/// Why a message of a context cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ContextError {
    /// The token is not that of an encrypted message to us.
    #[error("a message without the encryption that was agreed on")]
    Token,
    /// The message is not the one that comes next.
    #[error("a message is missing, or came twice")]
    OutOfOrder,
    /// It does not decrypt, or the signature is wrong.
    #[error("the signature of a message is wrong")]
    Signature,
}

/// A context of which the first token was sent.
pub struct Initiation {
    ticket: Ticket,
    fresh: Fresh,
    random: fn() -> [u8; 16],
}

impl Initiation {
    /// Begins; returns the first token. `random` gives what starts each encrypted text.
    pub fn begin(ticket: Ticket, fresh: Fresh, random: fn() -> [u8; 16]) -> (Self, Vec<u8>) {
        // No channel to bind to: sixteen bytes of zeros (RFC 4121, 4.1.1).
        let checksum = [&16_u32.to_le_bytes()[..], &[0; 16], &GSS_FLAGS.to_le_bytes()].concat();
        let checksum = (BINDING_CHECKSUM, &checksum[..]);
        let token = ap_request(&ticket, AP_REQ_AUTHENTICATOR, checksum, fresh, MUTUAL_REQUIRED);
        (Self { ticket, fresh, random }, token)
    }
}

impl Mechanism for Initiation {
    type Context = Context;
    type Error = KerberosError;
    const OID: &'static [u8] = KERBEROS;

    fn finish(self, token: &[u8]) -> Result<(Context, Vec<u8>), KerberosError> {
        let Self { ticket, fresh, random } = self;
        let proof = Proof::open(&ticket.key, token)?;
        // That the server repeats the time proves that it could read the authenticator (RFC 4120, 3.2.5).
        let stamp = [field(0, &time(fresh.time)), field(1, &micros(fresh.time))].concat();
        if proof.stamp != stamp {
            return Err(KerberosError::Foreign("another time"));
        }
        // The third token gives the server its number back ([MS-KILE] 3.4.5.1).
        let number = field(3, &integer(tag::INTEGER, proof.number.into()));
        let reply = wrap(tag::application(27), &[&wrap(tag::SEQUENCE, &[&stamp, &number])]);
        let reply = encrypted(&ticket.key, &ticket.key.encrypt(usage::AP_REP, random(), &reply));
        let fields = [
            field(0, &integer(tag::INTEGER, 5)),
            field(1, &integer(tag::INTEGER, AP_REP.into())),
            field(2, &reply),
        ];
        let last = wrap(tag::application(AP_REP), &[&wrap(tag::SEQUENCE, &[&fields.concat()])]);
        let has_subkey = proof.subkey.is_some();
        let key = proof.subkey.unwrap_or(ticket.key);
        let (ours, theirs) = (sequence_number(fresh).into(), proof.number.into());
        Ok((Context { key, has_subkey, ours, theirs, random }, last))
    }
}

/// AP-REP (RFC 4120, 5.5.2).
struct Proof {
    stamp: Vec<u8>,
    subkey: Option<Key>,
    number: u32,
}

impl Proof {
    fn open(key: &Key, token: &[u8]) -> Result<Self, KerberosError> {
        let mut fields = Reader::new(token).nested(tag::application(AP_REP))?.nested(tag::SEQUENCE)?;
        fields.element(tag::context(0))?;
        fields.element(tag::context(1))?;
        let mut sealed = fields.nested(tag::context(2))?.nested(tag::SEQUENCE)?;
        sealed.element(tag::context(0))?;
        sealed.optional(tag::context(1))?;
        let cipher = sealed.nested(tag::context(2))?.element(tag::OCTET_STRING)?;
        let plain = key.decrypt(usage::AP_REP, cipher)?;
        let mut fields = Reader::new(&plain).nested(tag::application(27))?.nested(tag::SEQUENCE)?;
        let stamp =
            [field(0, fields.element(tag::context(0))?), field(1, fields.element(tag::context(1))?)].concat();
        let subkey = fields.optional(tag::context(2))?.map(read_key).transpose()?;
        let number = fields.nested(tag::context(3))?.integer(tag::INTEGER)?;
        // Some write the number as signed.
        let number = u32::try_from(number & i64::from(u32::MAX)).map_err(|_| BerError::Value)?;
        Ok(Self { stamp, subkey, number })
    }
}

/// EncryptionKey (RFC 4120, 5.2.9).
fn read_key(element: &[u8]) -> Result<Key, KerberosError> {
    let mut fields = Reader::new(element).nested(tag::SEQUENCE)?;
    let kind = fields.nested(tag::context(0))?.integer(tag::INTEGER)?;
    Key::new(kind, fields.nested(tag::context(1))?.element(tag::OCTET_STRING)?)
}

/// A context that both sides have.
pub struct Context {
    key: Key,
    has_subkey: bool,
    ours: u64,
    theirs: u64,
    random: fn() -> [u8; 16],
}

impl Context {
    /// The key of the session: the server's, or that of the ticket if it chose none.
    pub fn key(&self) -> Zeroizing<Vec<u8>> {
        self.key.bytes()
    }

    fn flags(&self, more: u8) -> u8 {
        more | if self.has_subkey { ACCEPTOR_SUBKEY } else { 0 }
    }

    /// The number of our next message.
    fn next(&mut self) -> u64 {
        let number = self.ours;
        self.ours = number.wrapping_add(1);
        number
    }

    /// Whether a message of the server is the one that comes next.
    fn is_next(&mut self, number: &[u8]) -> bool {
        let expected = self.theirs.to_be_bytes();
        self.theirs = self.theirs.wrapping_add(1);
        number == expected
    }
}

/// The header of an encrypted message (RFC 4121, 4.2.6.2).
fn wrap_header(flags: u8, rotation: u8, number: u64) -> [u8; HEADER] {
    let mut header = [0; HEADER];
    header[..8].copy_from_slice(&[WRAP[0], WRAP[1], flags, 0xff, 0, EXTRA, 0, rotation]);
    header[8..].copy_from_slice(&number.to_be_bytes());
    header
}

/// The header of a signature (RFC 4121, 4.2.6.1).
fn mic_header(flags: u8, number: u64) -> [u8; HEADER] {
    let mut header = [0xff; HEADER];
    header[..3].copy_from_slice(&[MIC[0], MIC[1], flags]);
    header[8..].copy_from_slice(&number.to_be_bytes());
    header
}

/// What is signed besides the encrypted text: the parts that stay readable stand around the body, and filler and
/// header behind all of it.
fn signed(text: &[u8], header: &[u8], trailer: &[u8]) -> Zeroizing<Vec<u8>> {
    let (confounder, rest) = text.split_at(CONFOUNDER.min(text.len()));
    let (body, end) = rest.split_at(rest.len().saturating_sub(usize::from(EXTRA) + HEADER));
    Zeroizing::new([confounder, header, body, trailer, end].concat())
}

impl SecurityContext for Context {
    fn token_len(&self, _body_len: usize) -> usize {
        TOKEN
    }

    fn seal(&mut self, parts: Parts<'_>) -> Result<Vec<u8>, SealError> {
        let Parts { header, body, trailer } = parts;
        let (flags, number) = (self.flags(SEALED), self.next());
        let inner = wrap_header(flags, 0, number);
        let text = [&(self.random)()[..], body, &[0; EXTRA as usize], &inner].concat();
        let text = Zeroizing::new(text);
        let sealed = self.key.seal(usage::INITIATOR_SEAL, &text, &signed(&text, header, trailer));
        let (front, end) = sealed.split_at(CONFOUNDER + body.len());
        let (confounder, middle) = front.split_at(CONFOUNDER);
        body.copy_from_slice(middle);
        Ok([&wrap_header(flags, ROTATION, number), end, confounder].concat())
    }

    fn unseal(&mut self, parts: Parts<'_>, token: &[u8]) -> Result<(), SealError> {
        let Parts { header, body, trailer } = parts;
        let (outer, token) = token.split_first_chunk::<HEADER>().ok_or(ContextError::Token)?;
        let flags = self.flags(SEALED | SENT_BY_ACCEPTOR);
        let number = u64::from_be_bytes(*outer.last_chunk().expect("a header has sixteen bytes"));
        if *outer != wrap_header(flags, ROTATION, number) || token.len() != TOKEN - HEADER {
            return Err(ContextError::Token.into());
        }
        let (end, confounder) = token.split_at(TOKEN - HEADER - CONFOUNDER);
        let sealed = [confounder, body, end].concat();
        let opened = self.key.open(usage::ACCEPTOR_SEAL, &sealed, |text| signed(text, header, trailer));
        let text = opened.map_err(|_| ContextError::Signature)?;
        // The header that was encrypted is the one that counts.
        if !text.ends_with(&wrap_header(flags, 0, number)) {
            return Err(ContextError::Signature.into());
        }
        if !self.is_next(&number.to_be_bytes()) {
            return Err(ContextError::OutOfOrder.into());
        }
        body.copy_from_slice(&text[CONFOUNDER..CONFOUNDER + body.len()]);
        Ok(())
    }
}

impl Established for Context {
    fn sign(&mut self, text: &[u8]) -> Vec<u8> {
        let header = mic_header(self.flags(0), self.next());
        let checksum = self.key.checksum(usage::INITIATOR_SIGN, &[text, &header].concat());
        [&header[..], &checksum].concat()
    }

    fn is_signed(&mut self, text: &[u8], signature: &[u8]) -> bool {
        let header = mic_header(self.flags(SENT_BY_ACCEPTOR), self.theirs);
        let Some((found, checksum)) = signature.split_first_chunk::<HEADER>() else { return false };
        let expected: [u8; CHECKSUM] = self.key.checksum(usage::ACCEPTOR_SIGN, &[text, &header].concat());
        self.is_next(&found[8..]) && *found == header && same(&expected, checksum)
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::wire::kerberos::Principal;

    const RANDOM: fn() -> [u8; 16] = || [9; 16];
    const NUMBER: u32 = 0x7fff_fff0;

    fn key(byte: u8) -> Key {
        Key::new(18, &[byte; 32]).unwrap()
    }

    fn ticket() -> Ticket {
        let name = |text: &str| text.parse::<Principal>().unwrap();
        Ticket {
            client: name("kim@X"),
            service: name("ldap@X"),
            bytes: wrap(tag::application(1), &[]),
            key: key(1),
        }
    }

    fn fresh() -> Fresh {
        Fresh { time: Timestamp::from_second(1_700_000_000).unwrap(), nonce: 400, confounder: [3; 16] }
    }

    /// The token of a server that repeats a time, and chooses a key if there is one.
    fn answer(at: Timestamp, subkey: bool) -> Vec<u8> {
        let kind = field(0, &integer(tag::INTEGER, 18));
        let chosen = [kind, field(1, &wrap(tag::OCTET_STRING, &[&[2; 32]]))].concat();
        let fields = [
            field(0, &time(at)),
            field(1, &micros(at)),
            if subkey { field(2, &wrap(tag::SEQUENCE, &[&chosen])) } else { Vec::new() },
            field(3, &integer(tag::INTEGER, NUMBER.into())),
        ];
        let part = wrap(tag::application(27), &[&wrap(tag::SEQUENCE, &[&fields.concat()])]);
        let part = encrypted(&key(1), &key(1).encrypt(usage::AP_REP, [5; 16], &part));
        let fields =
            [field(0, &integer(tag::INTEGER, 5)), field(1, &integer(tag::INTEGER, 15)), field(2, &part)];
        wrap(tag::application(AP_REP), &[&wrap(tag::SEQUENCE, &[&fields.concat()])])
    }

    fn established() -> Context {
        let (initiation, _) = Initiation::begin(ticket(), fresh(), RANDOM);
        initiation.finish(&answer(fresh().time, true)).unwrap().0
    }

    /// A message of the server.
    fn message(number: u64, flags: u8) -> (Vec<u8>, Vec<u8>) {
        let inner = wrap_header(flags, 0, number);
        let text = [&[4; 16][..], b"sixteen bytes ..", &[0; EXTRA as usize], &inner].concat();
        let sealed = key(2).seal(usage::ACCEPTOR_SEAL, &text, &signed(&text, b"head", b"tail"));
        let (front, end) = sealed.split_at(32);
        let token = [&wrap_header(flags, ROTATION, number), end, &front[..16]].concat();
        (front[16..].to_vec(), token)
    }

    fn unsealed(context: &mut Context, (mut body, token): (Vec<u8>, Vec<u8>)) -> Result<Vec<u8>, String> {
        let parts = Parts { header: b"head", body: &mut body, trailer: b"tail" };
        context.unseal(parts, &token).map(|()| body).map_err(|it| it.to_string())
    }

    #[test]
    fn the_key_is_the_servers_or_that_of_the_ticket() {
        assert_eq!(established().key().as_slice(), [2; 32]);
        let (initiation, _) = Initiation::begin(ticket(), fresh(), RANDOM);
        let (context, _) = initiation.finish(&answer(fresh().time, false)).unwrap();
        assert_eq!(context.key().as_slice(), [1; 32]);
    }

    #[test]
    fn a_server_that_repeats_another_time_could_not_read_ours() {
        let (initiation, _) = Initiation::begin(ticket(), fresh(), RANDOM);
        let result = initiation.finish(&answer(Timestamp::UNIX_EPOCH, true));
        assert_eq!(result.err(), Some(KerberosError::Foreign("another time")));
        let whole = answer(fresh().time, true);
        for len in 0..whole.len() {
            let (initiation, _) = Initiation::begin(ticket(), fresh(), RANDOM);
            assert!(initiation.finish(&whole[..len]).is_err());
        }
    }

    #[test]
    fn messages_are_taken_once_and_in_their_order() {
        let flags = SEALED | SENT_BY_ACCEPTOR | ACCEPTOR_SUBKEY;
        let first = message(NUMBER.into(), flags);
        let mut context = established();
        assert_eq!(unsealed(&mut context, first.clone()).unwrap(), b"sixteen bytes ..");
        assert_eq!(unsealed(&mut context, first).unwrap_err(), "a message is missing, or came twice");
        let skipped = message(u64::from(NUMBER) + 1, flags);
        assert_eq!(unsealed(&mut established(), skipped).unwrap_err(), "a message is missing, or came twice");
    }

    #[test]
    fn what_is_not_encrypted_or_changed_is_refused() {
        let flags = SEALED | SENT_BY_ACCEPTOR | ACCEPTOR_SUBKEY;
        for other in [flags & !SEALED, flags & !SENT_BY_ACCEPTOR, flags & !ACCEPTOR_SUBKEY, 0xff] {
            let result = unsealed(&mut established(), message(NUMBER.into(), other));
            assert_eq!(result.unwrap_err(), "a message without the encryption that was agreed on");
        }
        let (body, token) = message(NUMBER.into(), flags);
        for at in 0..token.len() {
            let mut changed = token.clone();
            changed[at] ^= 0x80;
            assert!(unsealed(&mut established(), (body.clone(), changed)).is_err(), "{at}");
            assert!(unsealed(&mut established(), (body.clone(), token[..at].to_vec())).is_err());
        }
        assert!(unsealed(&mut established(), (Vec::new(), token)).is_err());
    }

    #[test]
    fn what_is_sealed_has_the_form_that_the_server_expects() {
        let mut context = established();
        let mut body = b"sixteen bytes ..".to_vec();
        let token = context.seal(Parts { header: b"head", body: &mut body, trailer: b"tail" }).unwrap();
        assert_eq!(token.len(), context.token_len(body.len()));
        assert_eq!(token[..16], [5, 4, 6, 0xff, 0, 16, 0, 28, 0, 0, 0, 0, 0, 0, 0, 100]);
        let sealed = [&token[60..], &body, &token[16..60]].concat();
        let text =
            key(2).open(usage::INITIATOR_SEAL, &sealed, |text| signed(text, b"head", b"tail")).unwrap();
        assert_eq!(text[16..32], *b"sixteen bytes ..");
        assert_eq!(text[48..], [5, 4, 6, 0xff, 0, 16, 0, 0, 0, 0, 0, 0, 0, 0, 0, 100]);
    }
}
