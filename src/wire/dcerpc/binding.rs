//! The beginning of an association: bind, and as many legs of authentication as the provider needs
//! (C706 12.6.4.3 `bind`; [MS-RPCE] 2.2.2.10 `rpc_auth_3`, 3.3.1.5.2 on building a security context).
//!
//! It carries tokens; what they say is between the provider and the server.

use super::association::Sealing;
use super::interface::NDR;
use super::pdu::{FIRST, HEADER_LEN, LAST, Pdu, PduKind, SUPPORT_HEADER_SIGN, header};
use super::security::{TRAILER_LEN, check_trailer, trailer};
use super::{Association, AuthKind, DcerpcError, Interface, SecurityContext};
use crate::wire::ndr::{Reader, Writer};

/// What Windows and Samba propose and accept over TCP.
const FRAGMENT_MAX: u16 = 5840;
/// C706 12.6.3.1 demands at least this of everybody.
const FRAGMENT_MIN: u16 = 1432;
/// All legs of a bind carry the number of the first.
const CALL_ID: u32 = 1;

/// An association that is not ready for calls yet.
#[derive(Debug)]
pub struct Binding {
    interface: Interface,
    auth: Option<AuthKind>,
    /// What the server accepts at most, once it has accepted at all.
    max_xmit: Option<u16>,
    signs_headers: bool,
}

impl Binding {
    /// Without authentication: for the endpoint mapper only.
    pub const fn anonymous(interface: Interface) -> Self {
        Self { interface, auth: None, max_xmit: None, signs_headers: false }
    }

    /// With authentication and encryption.
    pub const fn authenticated(interface: Interface, auth: AuthKind) -> Self {
        Self { interface, auth: Some(auth), max_xmit: None, signs_headers: false }
    }

    /// The first message, with the first token; the token is empty without authentication.
    pub fn bind(&self, token: &[u8]) -> Result<Vec<u8>, DcerpcError> {
        self.message(PduKind::Bind, token)
    }

    /// A later message, for providers of which the server answers the token: SPNEGO, Kerberos.
    pub fn alter_context(&self, token: &[u8]) -> Result<Vec<u8>, DcerpcError> {
        self.message(PduKind::AlterContext, token)
    }

    /// The last message for providers of three legs, NTLM. The server does not answer it.
    pub fn auth3(&self, token: &[u8]) -> Result<Vec<u8>, DcerpcError> {
        self.with_token(PduKind::Auth3, &[0; 4], token)
    }

    fn message(&self, kind: PduKind, token: &[u8]) -> Result<Vec<u8>, DcerpcError> {
        let mut body = Writer::new();
        // Fragments we send, fragments we take, a new association group, one context: number 0, one syntax.
        body.u16(FRAGMENT_MAX).u16(FRAGMENT_MAX).u32(0).u32(1).u16(0).u16(1);
        self.interface.write(&mut body);
        NDR.write(&mut body);
        self.with_token(kind, &body.into_bytes(), token)
    }

    /// All bodies that come here end at a multiple of four, as the trailer needs it.
    fn with_token(&self, kind: PduKind, body: &[u8], token: &[u8]) -> Result<Vec<u8>, DcerpcError> {
        let (flags, auth) = match self.auth {
            Some(auth) if !token.is_empty() => (SUPPORT_HEADER_SIGN, trailer(auth, 0).to_vec()),
            Some(_) => return Err(DcerpcError::State("authentication needs a token")),
            None => (0, Vec::new()),
        };
        let flags = if kind == PduKind::Auth3 { FIRST | LAST } else { FIRST | LAST | flags };
        let token = if self.auth.is_some() { token } else { &[] };
        let len = HEADER_LEN + body.len() + auth.len() + token.len();
        let header = header(kind, flags, CALL_ID, (len, token.len()))?;
        Ok([&header, body, &auth, token].concat())
    }

    /// Takes the answer to [`Self::bind`] or [`Self::alter_context`]; returns the server's token, if it sent one.
    pub fn accept(&mut self, pdu: &[u8]) -> Result<Option<Vec<u8>>, DcerpcError> {
        let pdu = Pdu::read(pdu)?;
        if pdu.call_id != CALL_ID {
            return Err(pdu.unexpected());
        }
        let mut body = Reader::new(pdu.body);
        match pdu.kind {
            PduKind::BindAck | PduKind::AlterContextResponse => {
                let max_xmit = read_ack(&mut body)?;
                // The first answer decides.
                self.max_xmit.get_or_insert(max_xmit);
                self.signs_headers |= pdu.kind == PduKind::BindAck && pdu.flags & SUPPORT_HEADER_SIGN != 0;
            }
            PduKind::BindNak => return Err(DcerpcError::BindRefused(body.u16("reason")?)),
            PduKind::Fault => return Err(super::association::fault(&pdu)),
            PduKind::Request | PduKind::Response | PduKind::Bind | PduKind::AlterContext | PduKind::Auth3 => {
                return Err(pdu.unexpected());
            }
        }
        match (self.auth, pdu.auth) {
            (Some(kind), Some(auth)) => {
                check_trailer(kind, *auth.trailer).ok_or(DcerpcError::Unprotected)?;
                Ok(Some(auth.token.to_vec()))
            }
            (None, Some(_)) => Err(pdu.unexpected()),
            (_, None) => Ok(None),
        }
    }

    /// Calls may be made in plain text: only without authentication.
    pub fn open(self) -> Result<Association, DcerpcError> {
        match (self.max_xmit, self.auth) {
            (Some(max_xmit), None) => Ok(Association::new(max_xmit, None)),
            (_, Some(_)) => {
                Err(DcerpcError::State("an authenticated association needs its security context"))
            }
            (None, _) => Err(DcerpcError::State("the server has not accepted the bind yet")),
        }
    }

    /// Calls may be made; all of them are encrypted.
    pub fn seal(self, context: Box<dyn SecurityContext + Send>) -> Result<Association, DcerpcError> {
        match (self.max_xmit, self.auth) {
            (Some(max_xmit), Some(kind)) => {
                let sealing = Sealing { kind, signs_headers: self.signs_headers, context };
                Ok(Association::new(max_xmit, Some(sealing)))
            }
            (_, None) => Err(DcerpcError::State("an anonymous association cannot be sealed")),
            (None, _) => Err(DcerpcError::State("the server has not accepted the bind yet")),
        }
    }

    /// Whether the server agreed to sign headers. Providers that need to know it ask after the first answer.
    pub const fn signs_headers(&self) -> bool {
        self.signs_headers
    }
}

/// The body of `bind_ack` and `alter_context_resp` (C706 12.6.4.4); returns the longest fragment to send.
fn read_ack(body: &mut Reader<'_>) -> Result<u16, DcerpcError> {
    let _max_xmit = body.u16("longest fragment to receive")?;
    let max_recv = body.u16("longest fragment to send")?;
    let _group = body.u32("association group")?;
    let address_len = body.u16("secondary address")?;
    body.bytes(address_len.into(), "secondary address")?;
    body.align(4);
    let results = body.u8("number of results")?;
    body.bytes(3, "number of results")?;
    if results != 1 {
        return Err(DcerpcError::Malformed("not one result for one context"));
    }
    let (result, reason) = (body.u16("result")?, body.u16("reason")?);
    let syntax = Interface::read(body)?;
    if result != 0 {
        return Err(DcerpcError::InterfaceRefused { result, reason });
    }
    if syntax != NDR {
        return Err(DcerpcError::Malformed("a transfer syntax that was not offered"));
    }
    if max_recv < FRAGMENT_MIN {
        return Err(DcerpcError::Malformed("fragments shorter than the protocol allows"));
    }
    Ok(max_recv.min(FRAGMENT_MAX))
}

/// A trailer and its token need this much of a fragment, besides the token.
pub(super) const OVERHEAD: usize = HEADER_LEN + 8 + TRAILER_LEN;
