//! The two exchanges with a key distribution centre (RFC 4120, 3.1 and 3.3), and what both are made of.
//!
//! It does not know how bytes get there.

use jiff::Timestamp;

use super::{KerberosError, Key, Principal};
use crate::wire::ber::{BerError, Reader, integer, tag, wrap};

/// What must be new for each message.
#[derive(Clone, Copy)]
pub struct Fresh {
    /// The time now.
    pub time: Timestamp,
    /// Random; ties the answer to the question.
    pub nonce: u32,
    /// Random; starts the encrypted text.
    pub confounder: [u8; 16],
}

/// A ticket and the key to use it with.
#[derive(Clone, Debug)]
pub struct Ticket {
    /// Who it is for.
    pub client: Principal,
    /// What it opens.
    pub service: Principal,
    /// Ticket, as the service understands it.
    pub(super) bytes: Vec<u8>,
    /// The session key.
    pub(super) key: Key,
}

/// Key usage numbers (RFC 4120, 7.5.1).
mod usage {
    pub(super) const PA_ENC_TIMESTAMP: u32 = 1;
    pub(super) const AS_REP: u32 = 3;
    pub(super) const TGS_REQ_CHECKSUM: u32 = 6;
    pub(super) const TGS_REQ_AUTHENTICATOR: u32 = 7;
    pub(super) const TGS_REP: u32 = 8;
}

const AS_REQ: u8 = 10;
const AS_REP: u8 = 11;
const TGS_REQ: u8 = 12;
const TGS_REP: u8 = 13;
const KRB_ERROR: u8 = 30;
/// As long as the key distribution centre allows: the latest time that clients usually write.
const TILL: &str = "20370913024805Z";

/// Asks for a ticket-granting ticket, proving the key by an encrypted time (RFC 4120, 5.2.7.2).
pub fn as_request(client: &Principal, keys: &[Key], fresh: Fresh) -> Result<Vec<u8>, KerberosError> {
    let key = keys.first().ok_or_else(|| KerberosError::NoKey(client.to_string()))?;
    let stamp = [field(0, &time(fresh.time)), field(1, &micros(fresh.time))].concat();
    let stamp = wrap(tag::SEQUENCE, &[&stamp]);
    let proof = encrypted(key, &key.encrypt(usage::PA_ENC_TIMESTAMP, fresh.confounder, &stamp));
    let kinds = keys.iter().map(|it| it.kind().number());
    let body = request_body(Some(client), &Principal::ticket_granting(&client.realm), fresh.nonce, kinds);
    Ok(request(AS_REQ, Some((2, &proof)), &body))
}

/// Asks without proving anything, to be told how.
pub(super) fn as_probe(client: &Principal, nonce: u32) -> Vec<u8> {
    let body =
        request_body(Some(client), &Principal::ticket_granting(&client.realm), nonce, [18, 17].into_iter());
    request(AS_REQ, None, &body)
}

/// The ticket-granting ticket of an answer.
pub fn as_reply(reply: &[u8], client: &Principal, keys: &[Key], nonce: u32) -> Result<Ticket, KerberosError> {
    let reply = Reply::parse(reply, AS_REP)?;
    let found = keys.iter().find(|it| it.kind().number() == reply.kind);
    let key = found.ok_or(KerberosError::Encryption(reply.kind))?;
    let plain = key.decrypt(usage::AS_REP, reply.cipher)?;
    reply.ticket(&plain, &Principal::ticket_granting(&client.realm), nonce, client)
}

/// Asks for a ticket of a service with a ticket-granting ticket.
pub fn tgs_request(granting: &Ticket, service: &Principal, fresh: Fresh) -> Vec<u8> {
    let body = request_body(None, service, fresh.nonce, [18, 17].into_iter());
    let kind = granting.key.kind().checksum_number();
    let checksum = granting.key.checksum(usage::TGS_REQ_CHECKSUM, &body);
    let proof = ap_request(granting, usage::TGS_REQ_AUTHENTICATOR, (kind, &checksum), fresh, 0);
    request(TGS_REQ, Some((1, &proof)), &body)
}

/// The service ticket of an answer.
pub fn tgs_reply(
    reply: &[u8],
    granting: &Ticket,
    service: &Principal,
    nonce: u32,
) -> Result<Ticket, KerberosError> {
    let reply = Reply::parse(reply, TGS_REP)?;
    let plain = granting.key.decrypt(usage::TGS_REP, reply.cipher)?;
    reply.ticket(&plain, service, nonce, &granting.client)
}

/// AP-REQ (RFC 4120, 5.5.1) with an authenticator that carries a checksum of the given number.
pub(super) fn ap_request(
    ticket: &Ticket,
    usage: u32,
    checksum: (i64, &[u8]),
    fresh: Fresh,
    options: u32,
) -> Vec<u8> {
    let checksum =
        [field(0, &integer(tag::INTEGER, checksum.0)), field(1, &wrap(tag::OCTET_STRING, &[checksum.1]))]
            .concat();
    let authenticator = [
        field(0, &integer(tag::INTEGER, 5)),
        field(1, &wrap(tag::GENERAL_STRING, &[ticket.client.realm.as_bytes()])),
        field(2, &ticket.client.encode()),
        field(3, &wrap(tag::SEQUENCE, &[&checksum])),
        field(4, &micros(fresh.time)),
        field(5, &time(fresh.time)),
        field(7, &integer(tag::INTEGER, sequence_number(fresh).into())),
    ]
    .concat();
    let authenticator = wrap(tag::application(2), &[&wrap(tag::SEQUENCE, &[&authenticator])]);
    let authenticator = ticket.key.encrypt(usage, fresh.confounder, &authenticator);
    let fields = [
        field(0, &integer(tag::INTEGER, 5)),
        field(1, &integer(tag::INTEGER, 14)),
        field(2, &wrap(tag::BIT_STRING, &[&[0], &options.to_be_bytes()])),
        field(3, &ticket.bytes),
        field(4, &encrypted(&ticket.key, &authenticator)),
    ]
    .concat();
    wrap(tag::application(14), &[&wrap(tag::SEQUENCE, &[&fields])])
}

/// The first number of what follows an AP-REQ: small enough for those who read it as signed and let it grow.
pub(super) fn sequence_number(fresh: Fresh) -> u32 {
    fresh.nonce >> 2
}

/// `[number]` around one element.
pub(super) fn field(number: u8, element: &[u8]) -> Vec<u8> {
    wrap(tag::context(number), &[element])
}

/// KerberosTime (RFC 4120, 5.2.3).
pub(super) fn time(time: Timestamp) -> Vec<u8> {
    wrap(tag::GENERALIZED_TIME, &[time.strftime("%Y%m%d%H%M%SZ").to_string().as_bytes()])
}

pub(super) fn micros(time: Timestamp) -> Vec<u8> {
    integer(tag::INTEGER, i64::from(time.subsec_microsecond()))
}

/// EncryptedData (RFC 4120, 5.2.9).
pub(super) fn encrypted(key: &Key, cipher: &[u8]) -> Vec<u8> {
    let kind = field(0, &integer(tag::INTEGER, key.kind().number()));
    wrap(tag::SEQUENCE, &[&kind, &field(2, &wrap(tag::OCTET_STRING, &[cipher]))])
}

/// KDC-REQ-BODY (RFC 4120, 5.4.1).
fn request_body(
    client: Option<&Principal>,
    service: &Principal,
    nonce: u32,
    kinds: impl Iterator<Item = i64>,
) -> Vec<u8> {
    let kinds: Vec<u8> = kinds.flat_map(|it| integer(tag::INTEGER, it)).collect();
    let fields = [
        field(0, &wrap(tag::BIT_STRING, &[&[0; 5]])),
        client.map(|it| field(1, &it.encode())).unwrap_or_default(),
        field(2, &wrap(tag::GENERAL_STRING, &[service.realm.as_bytes()])),
        field(3, &service.encode()),
        field(5, &wrap(tag::GENERALIZED_TIME, &[TILL.as_bytes()])),
        field(7, &integer(tag::INTEGER, nonce.into())),
        field(8, &wrap(tag::SEQUENCE, &[&kinds])),
    ]
    .concat();
    wrap(tag::SEQUENCE, &[&fields])
}

/// KDC-REQ (RFC 4120, 5.4.1) with one piece of pre-authentication, or none.
fn request(kind: u8, padata: Option<(i64, &[u8])>, body: &[u8]) -> Vec<u8> {
    let padata = padata.map(|(kind, value)| {
        let fields = [field(1, &integer(tag::INTEGER, kind)), field(2, &wrap(tag::OCTET_STRING, &[value]))];
        field(3, &wrap(tag::SEQUENCE, &[&wrap(tag::SEQUENCE, &[&fields.concat()])]))
    });
    let fields = [
        field(1, &integer(tag::INTEGER, 5)),
        field(2, &integer(tag::INTEGER, kind.into())),
        padata.unwrap_or_default(),
        field(4, body),
    ]
    .concat();
    wrap(tag::application(kind), &[&wrap(tag::SEQUENCE, &[&fields])])
}

/// KDC-REP (RFC 4120, 5.4.2).
struct Reply<'a> {
    client: Principal,
    ticket: &'a [u8],
    kind: i64,
    cipher: &'a [u8],
}

impl<'a> Reply<'a> {
    fn parse(reply: &'a [u8], expected: u8) -> Result<Self, KerberosError> {
        let mut outer = Reader::new(reply);
        if outer.peek() == Some(tag::application(KRB_ERROR)) {
            return Err(Refusal::parse(reply)?.error);
        }
        let mut fields = outer.nested(tag::application(expected))?.nested(tag::SEQUENCE)?;
        fields.element(tag::context(0))?;
        fields.element(tag::context(1))?;
        fields.optional(tag::context(2))?;
        let realm = fields.nested(tag::context(3))?.text(tag::GENERAL_STRING)?.to_owned();
        let client = Principal::decode(realm, fields.element(tag::context(4))?)?;
        let ticket = fields.element(tag::context(5))?;
        let mut sealed = fields.nested(tag::context(6))?.nested(tag::SEQUENCE)?;
        let kind = sealed.nested(tag::context(0))?.integer(tag::INTEGER)?;
        sealed.optional(tag::context(1))?;
        let cipher = sealed.nested(tag::context(2))?.element(tag::OCTET_STRING)?;
        Ok(Self { client, ticket, kind, cipher })
    }

    /// Joins the ticket with its decrypted half, EncKDCRepPart.
    fn ticket(
        &self,
        plain: &[u8],
        service: &Principal,
        nonce: u32,
        client: &Principal,
    ) -> Result<Ticket, KerberosError> {
        // Some answer an AS-REQ with the tag of the other exchange, which RFC 4120, 5.4.2 tells to accept.
        let (_, contents) = Reader::new(plain).any()?;
        let mut fields = Reader::new(contents).nested(tag::SEQUENCE)?;
        let mut key = fields.nested(tag::context(0))?.nested(tag::SEQUENCE)?;
        let kind = key.nested(tag::context(0))?.integer(tag::INTEGER)?;
        let key = Key::new(kind, key.nested(tag::context(1))?.element(tag::OCTET_STRING)?)?;
        fields.element(tag::context(1))?;
        if fields.nested(tag::context(2))?.integer(tag::INTEGER)? != i64::from(nonce) {
            return Err(KerberosError::Foreign("another nonce"));
        }
        let (realm, name) = service_of(fields)?;
        if Principal::decode(realm, name)? != *service {
            return Err(KerberosError::Foreign("another service"));
        }
        if self.client != *client {
            return Err(KerberosError::Foreign("another client"));
        }
        let bytes = self.ticket.to_vec();
        Ok(Ticket { client: self.client.clone(), service: service.clone(), bytes, key })
    }
}

/// `srealm` and `sname`, behind the times.
fn service_of(mut fields: Reader<'_>) -> Result<(String, &[u8]), BerError> {
    let mut realm = None;
    while !fields.is_empty() {
        let (found, contents) = fields.any()?;
        if found == tag::context(9) {
            realm = Some(Reader::new(contents).text(tag::GENERAL_STRING)?.to_owned());
        } else if found == tag::context(10) {
            return Ok((realm.ok_or(BerError::Value)?, contents));
        }
    }
    Err(BerError::Truncated)
}

/// KRB-ERROR (RFC 4120, 5.9.1).
pub(super) struct Refusal<'a> {
    pub(super) code: i64,
    /// `e-data`: what comes with the code.
    pub(super) data: &'a [u8],
    pub(super) error: KerberosError,
}

impl<'a> Refusal<'a> {
    pub(super) fn parse(reply: &'a [u8]) -> Result<Self, BerError> {
        let mut fields = Reader::new(reply).nested(tag::application(KRB_ERROR))?.nested(tag::SEQUENCE)?;
        let (mut code, mut text, mut data) = (None, String::new(), &[][..]);
        while !fields.is_empty() {
            let (found, contents) = fields.any()?;
            let mut contents = Reader::new(contents);
            if found == tag::context(6) {
                code = Some(contents.integer(tag::INTEGER)?);
            } else if found == tag::context(11) {
                text = String::from_utf8_lossy(contents.element(tag::GENERAL_STRING)?).into_owned();
            } else if found == tag::context(12) {
                data = contents.element(tag::OCTET_STRING)?;
            }
        }
        let code = code.ok_or(BerError::Value)?;
        Ok(Self { code, data, error: KerberosError::Refused { code, text } })
    }
}
