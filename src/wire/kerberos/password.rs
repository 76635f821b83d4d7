//! Keys from a password (RFC 3962, 4), with the salt that the key distribution centre tells (RFC 4120, 5.2.7.5,
//! PA-ETYPE-INFO2).
//!
//! It keeps no password.

use std::num::NonZeroU32;

use super::exchange::{Refusal, as_probe};
use super::{KerberosError, Key, Principal};
use crate::wire::ber::{BerError, Reader, tag};

/// KDC_ERR_PREAUTH_REQUIRED (RFC 4120, 7.5.9).
const PREAUTH_REQUIRED: i64 = 25;
const PA_ETYPE_INFO2: i64 = 19;
/// What counts if nothing is said (RFC 3962, 4).
const ITERATIONS: u32 = 4096;
/// Above what anybody asks for; below what would take minutes.
const ITERATIONS_MAX: u32 = 1 << 20;

/// A question about the salt of an account, which proves nothing yet.
pub fn salt_request(client: &Principal, nonce: u32) -> Vec<u8> {
    as_probe(client, nonce)
}

/// The AES keys that the answer and a password give, the strongest first.
pub fn keys_of_password(reply: &[u8], client: &Principal, password: &str) -> Result<Vec<Key>, KerberosError> {
    let Refusal { code, data, error } = Refusal::parse(reply)?;
    if code != PREAUTH_REQUIRED {
        return Err(error);
    }
    let mut keys = Vec::new();
    for hint in hints(data)? {
        let iterations = NonZeroU32::new(hint.iterations.min(ITERATIONS_MAX)).ok_or(BerError::Value)?;
        // Other encryption types than AES are passed over.
        keys.extend(Key::of_password(hint.kind, password, hint.salt, iterations).ok());
    }
    keys.sort_by_key(|it: &Key| std::cmp::Reverse(it.kind()));
    if keys.is_empty() { Err(KerberosError::NoKey(client.to_string())) } else { Ok(keys) }
}

struct Hint<'a> {
    kind: i64,
    salt: &'a [u8],
    iterations: u32,
}

/// METHOD-DATA (RFC 4120, 7.5.9 and 5.2.7.5).
fn hints(data: &[u8]) -> Result<Vec<Hint<'_>>, BerError> {
    let mut found = Vec::new();
    let mut methods = Reader::new(data).nested(tag::SEQUENCE)?;
    while !methods.is_empty() {
        let mut method = methods.nested(tag::SEQUENCE)?;
        let kind = method.nested(tag::context(1))?.integer(tag::INTEGER)?;
        let value = method.nested(tag::context(2))?.element(tag::OCTET_STRING)?;
        if kind != PA_ETYPE_INFO2 {
            continue;
        }
        let mut entries = Reader::new(value).nested(tag::SEQUENCE)?;
        while !entries.is_empty() {
            let hint = hint(entries.nested(tag::SEQUENCE)?)?;
            // The first of a kind is the preferred one. Each costs up to a second, and an answer has room for
            // thousands.
            if !found.iter().any(|it: &Hint<'_>| it.kind == hint.kind) {
                found.push(hint);
            }
        }
    }
    Ok(found)
}

fn hint(mut entry: Reader<'_>) -> Result<Hint<'_>, BerError> {
    let kind = entry.nested(tag::context(0))?.integer(tag::INTEGER)?;
    let salt = entry.optional(tag::context(1))?;
    let salt = salt.map(|it| Reader::new(it).element(tag::GENERAL_STRING)).transpose()?.unwrap_or_default();
    let parameters = entry.optional(tag::context(2))?;
    let parameters = parameters.map(|it| Reader::new(it).element(tag::OCTET_STRING)).transpose()?;
    let iterations = match parameters.map(<[u8; 4]>::try_from) {
        None => ITERATIONS,
        Some(number) => number.map(u32::from_be_bytes).map_err(|_| BerError::Value)?,
    };
    Ok(Hint { kind, salt, iterations })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::ber::{integer, wrap};

    /// KRB-ERROR with hints for AES and for RC4.
    fn reply(code: i64, salt: &[u8], parameters: &[u8]) -> Vec<u8> {
        reply_of(&[23, 17, 18], code, salt, parameters)
    }

    fn reply_of(kinds: &[i64], code: i64, salt: &[u8], parameters: &[u8]) -> Vec<u8> {
        let field = |number, element: &[u8]| wrap(tag::context(number), &[element]);
        let entry = |kind| {
            let fields = [
                field(0, &integer(tag::INTEGER, kind)),
                field(1, &wrap(tag::GENERAL_STRING, &[salt])),
                field(2, &wrap(tag::OCTET_STRING, &[parameters])),
            ];
            wrap(tag::SEQUENCE, &[&fields.concat()])
        };
        let hints: Vec<u8> = kinds.iter().flat_map(|it| entry(*it)).collect();
        let hints = wrap(tag::SEQUENCE, &[&hints]);
        let method =
            [field(1, &integer(tag::INTEGER, PA_ETYPE_INFO2)), field(2, &wrap(tag::OCTET_STRING, &[&hints]))];
        let methods = wrap(tag::SEQUENCE, &[&wrap(tag::SEQUENCE, &[&method.concat()])]);
        let fields =
            [field(6, &integer(tag::INTEGER, code)), field(12, &wrap(tag::OCTET_STRING, &[&methods]))];
        wrap(tag::application(30), &[&wrap(tag::SEQUENCE, &[&fields.concat()])])
    }

    fn keys(reply: &[u8]) -> Result<Vec<Key>, KerberosError> {
        keys_of_password(reply, &Principal::service("host", "x", "X"), "password")
    }

    /// RFC 3962, B: one iteration.
    #[test]
    fn keys_follow_the_vectors() {
        let keys = keys(&reply(25, b"ATHENA.MIT.EDUraeburn", &[0, 0, 0, 1])).unwrap();
        let shown: Vec<[u8; 4]> = keys.iter().map(|it| *it.bytes().first_chunk().unwrap()).collect();
        assert_eq!(shown, [[0xfe, 0x69, 0x7b, 0x52], [0x42, 0x26, 0x3c, 0x6e]]);
    }

    /// Each key may cost a second, so a server that repeats itself must not be able to ask for thousands.
    #[test]
    fn only_the_first_hint_of_a_kind_costs_anything() {
        let keys = keys(&reply_of(&[17; 1000], 25, b"salt", &[0, 1, 0, 0])).unwrap();
        assert_eq!(keys.len(), 1);
    }

    #[test]
    fn other_answers_give_no_key() {
        assert!(matches!(keys(&reply(6, b"", &[0, 0, 0, 1])), Err(KerberosError::Refused { code: 6, .. })));
        assert!(keys(&reply(25, b"", &[0; 4])).is_err());
        assert!(keys(&reply(25, b"", &[1])).is_err());
        let whole = reply(25, b"salt", &[0, 0, 0, 1]);
        for len in 0..whole.len() {
            assert!(keys(&whole[..len]).is_err());
        }
    }
}
