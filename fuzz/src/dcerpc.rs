//! Messages of a remote procedure call: a bind and its answers in fragments, readable and sealed.
//!
//! The bytes are the messages of a server, one behind the other. The security context lets every token pass, so
//! that what lies behind it is reached; those of NTLM and Kerberos have targets of their own.

use samesign::wire::dcerpc::{
    Association, AuthKind, Binding, DcerpcError, ENDPOINT_MAPPER, EPT_MAP, Parts, SealError, SecurityContext,
    map_response, pdu_len,
};
use samesign::wire::drsuapi::DRSUAPI;

/// A stub that takes several fragments.
const STUB: [u8; 9000] = [7; 9000];
const TOKEN_LEN: usize = 16;

struct LetsPass;

impl SecurityContext for LetsPass {
    fn token_len(&self, _body_len: usize) -> usize {
        TOKEN_LEN
    }

    fn seal(&mut self, _parts: Parts<'_>) -> Result<Vec<u8>, SealError> {
        Ok(vec![0; TOKEN_LEN])
    }

    fn unseal(&mut self, parts: Parts<'_>, _token: &[u8]) -> Result<(), SealError> {
        parts.body.reverse();
        Ok(())
    }
}

/// Talks with a server that says this.
pub fn read(bytes: &[u8]) {
    let _ports = map_response(&DRSUAPI, bytes);
    let _open = talk(bytes, Binding::anonymous(ENDPOINT_MAPPER), Binding::open);
    let _sealed =
        talk(bytes, Binding::authenticated(DRSUAPI, AuthKind::Negotiate), |it| it.seal(Box::new(LetsPass)));
}

fn talk(
    mut bytes: &[u8],
    mut binding: Binding,
    establish: impl FnOnce(Binding) -> Result<Association, DcerpcError>,
) -> Result<(), DcerpcError> {
    let Some(first) = message(&mut bytes)? else { return Ok(()) };
    binding.accept(first)?;
    let mut association = establish(binding)?;
    association.request(EPT_MAP, &STUB)?;
    let mut fragments = 0;
    while let Some(next) = message(&mut bytes)? {
        fragments += next.len();
        if let Some(stub) = association.receive(next)? {
            assert!(stub.len() <= fragments);
            let _ports = map_response(&DRSUAPI, &stub);
            association.request(EPT_MAP, &[])?;
        }
    }
    Ok(())
}

/// Takes the next message off, as whoever reads from the connection does.
fn message<'a>(bytes: &mut &'a [u8]) -> Result<Option<&'a [u8]>, DcerpcError> {
    let len = pdu_len(bytes)?.unwrap_or(usize::MAX);
    let Some((message, rest)) = bytes.split_at_checked(len) else { return Ok(None) };
    *bytes = rest;
    Ok(Some(message))
}
