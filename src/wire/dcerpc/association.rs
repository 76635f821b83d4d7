//! Calls: requests in fragments, responses put together (C706 12.6.4.9 `request`, 12.6.4.10 `response`,
//! 12.6.4.7 `fault`; [MS-RPCE] 2.2.2.11 and 3.3.1.5.2 on protection).
//!
//! One call at a time. It does not know what a stub means. Verification trailers ([MS-RPCE] 2.2.2.13) are not
//! sent: with signed headers they prove nothing more.

use super::binding::OVERHEAD;
use super::pdu::{FIRST, HEADER_LEN, LAST, Pdu, PduKind, header};
use super::security::{check_trailer, trailer};
use super::{AuthKind, DcerpcError, FaultStatus, Parts, SecurityContext};
use crate::model::SecretBytes;
use crate::wire::ndr::{Reader, Writer};

/// Header, allocation hint, context and operation.
const REQUEST_HEADER_LEN: usize = HEADER_LEN + 8;
/// Stubs are padded to this before they are encrypted ([MS-RPCE] 2.2.2.11 asks for 4 at least; Kerberos and
/// Windows like 16).
const PADDING: usize = 16;
/// A page of replication is asked for with 8 MiB; a server may exceed that by one large object.
const RESPONSE_MAX: usize = 64 << 20;
/// What a server announces is believed up to a page.
const ROOM_MAX: usize = 8 << 20;

/// How messages are protected.
pub(super) struct Sealing {
    pub(super) kind: AuthKind,
    pub(super) signs_headers: bool,
    pub(super) context: Box<dyn SecurityContext + Send>,
}

/// A bound connection, ready for calls.
pub struct Association {
    max_xmit: usize,
    sealing: Option<Sealing>,
    call_id: u32,
    /// The response so far; `None` if no call is open. It may hold secrets.
    stub: Option<SecretBytes>,
    /// After an error the numbers of messages no longer agree.
    is_broken: bool,
}

impl Association {
    pub(super) fn new(max_xmit: u16, sealing: Option<Sealing>) -> Self {
        Self { max_xmit: max_xmit.into(), sealing, call_id: 1, stub: None, is_broken: false }
    }

    /// The messages of a request, one after the other, for the connection.
    pub fn request(&mut self, operation: u16, stub: &[u8]) -> Result<Vec<u8>, DcerpcError> {
        if self.is_broken || self.stub.is_some() {
            return Err(DcerpcError::State("a call is open or has failed"));
        }
        self.call_id = self.call_id.wrapping_add(1);
        let chunk = self.chunk_len()?;
        // Until all is written; the numbers of messages are spent also if sealing fails half-way.
        self.is_broken = true;
        let mut messages = Vec::with_capacity(stub.len() + OVERHEAD);
        let mut rest = stub;
        let mut flags = FIRST;
        loop {
            let (now, later) = rest.split_at(chunk.min(rest.len()));
            flags |= if later.is_empty() { LAST } else { 0 };
            let mut head = Writer::new();
            head.count(rest.len()).u16(0).u16(operation);
            messages.extend(self.fragment(flags, &head.into_bytes(), now)?);
            if later.is_empty() {
                break;
            }
            (rest, flags) = (later, 0);
        }
        self.is_broken = false;
        self.stub = Some(SecretBytes::default());
        Ok(messages)
    }

    /// How much of a stub fits into a fragment.
    fn chunk_len(&self) -> Result<usize, DcerpcError> {
        let Some(Sealing { context, .. }) = &self.sealing else {
            return Ok((self.max_xmit - REQUEST_HEADER_LEN) / PADDING * PADDING);
        };
        let overhead = OVERHEAD + context.token_len(self.max_xmit / PADDING * PADDING);
        let chunk = self.max_xmit.saturating_sub(overhead) / PADDING * PADDING;
        if chunk == 0 { Err(DcerpcError::State("the tokens leave no room for calls")) } else { Ok(chunk) }
    }

    fn fragment(&mut self, flags: u8, head: &[u8], stub: &[u8]) -> Result<Vec<u8>, DcerpcError> {
        let Some(Sealing { kind, signs_headers, context }) = &mut self.sealing else {
            let len = REQUEST_HEADER_LEN + stub.len();
            let header = header(PduKind::Request, flags, self.call_id, (len, 0))?;
            return Ok([&header, head, stub].concat());
        };
        let mut body = stub.to_vec();
        body.resize(stub.len().next_multiple_of(PADDING), 0);
        // Below sixteen, so the lowest byte is all of it.
        let [padding, ..] = (body.len() - stub.len()).to_le_bytes();
        let trailer = trailer(*kind, padding);
        let token_len = context.token_len(body.len());
        let len = OVERHEAD + body.len() + token_len;
        let mut header = header(PduKind::Request, flags, self.call_id, (len, token_len))?;
        header.extend_from_slice(head);
        let (signed_header, signed_trailer) =
            if *signs_headers { (&header[..], &trailer[..]) } else { (&[][..], &[][..]) };
        let parts = Parts { header: signed_header, body: &mut body, trailer: signed_trailer };
        let token = context.seal(parts).map_err(DcerpcError::Seal)?;
        if token.len() != token_len {
            return Err(DcerpcError::State("the security context announced a token of another length"));
        }
        Ok([&header, &body, &trailer[..], &token].concat())
    }

    /// Takes one message; returns the stub of the response when it is whole.
    pub fn receive(&mut self, pdu: &[u8]) -> Result<Option<SecretBytes>, DcerpcError> {
        if self.is_broken {
            return Err(DcerpcError::State("the call has failed"));
        }
        let result = self.take(pdu);
        self.is_broken = result.is_err();
        result
    }

    fn take(&mut self, bytes: &[u8]) -> Result<Option<SecretBytes>, DcerpcError> {
        let pdu = Pdu::read(bytes)?;
        if pdu.call_id != self.call_id {
            return Err(pdu.unexpected());
        }
        match pdu.kind {
            PduKind::Response => (),
            PduKind::Fault => return Err(fault(&pdu)),
            PduKind::Request
            | PduKind::Bind
            | PduKind::BindAck
            | PduKind::BindNak
            | PduKind::AlterContext
            | PduKind::AlterContextResponse
            | PduKind::Auth3 => return Err(pdu.unexpected()),
        }
        let mut stub = self.stub.take().ok_or_else(|| pdu.unexpected())?;
        if (pdu.flags & FIRST != 0) != stub.is_empty() {
            return Err(DcerpcError::Malformed("fragments out of order"));
        }
        let part = self.unsealed(bytes, &pdu)?;
        let len = stub.len() + part.len();
        if RESPONSE_MAX < len {
            return Err(DcerpcError::TooLong { what: "a response", len, max: RESPONSE_MAX });
        }
        if stub.is_empty() && pdu.flags & LAST == 0 {
            stub = SecretBytes::with_capacity(announced(&pdu).min(ROOM_MAX).max(len));
        }
        stub.append(&part);
        if pdu.flags & LAST != 0 {
            return Ok(Some(stub));
        }
        // Also what keeps `is_empty` true to its use above, and an endless response from being endless.
        if part.is_empty() {
            return Err(DcerpcError::Malformed("a fragment of nothing"));
        }
        self.stub = Some(stub);
        Ok(None)
    }

    /// The part of the stub in a fragment.
    fn unsealed(&mut self, bytes: &[u8], pdu: &Pdu<'_>) -> Result<SecretBytes, DcerpcError> {
        // Allocation hint, context, cancellations.
        let body = pdu.body.get(8..).ok_or(DcerpcError::Malformed("a response without its header"))?;
        let mut body = SecretBytes::from(body);
        let Some(Sealing { kind, signs_headers, context }) = &mut self.sealing else {
            return if pdu.auth.is_none() { Ok(body) } else { Err(pdu.unexpected()) };
        };
        let auth = pdu.auth.ok_or(DcerpcError::Unprotected)?;
        let padding = check_trailer(*kind, *auth.trailer).ok_or(DcerpcError::Unprotected)?;
        let (header, trailer) = if *signs_headers {
            (&bytes[..REQUEST_HEADER_LEN], &auth.trailer[..])
        } else {
            (&[][..], &[][..])
        };
        let parts = Parts { header, body: &mut body, trailer };
        context.unseal(parts, auth.token).map_err(DcerpcError::Unseal)?;
        let len = body.len().checked_sub(padding).ok_or(DcerpcError::Malformed("more padding than body"))?;
        body.truncate(len);
        Ok(body)
    }
}

/// How long the whole stub is, as the first fragment says (C706, 12.6.4.10: `alloc_hint`): room for it at once, so that it
/// is not copied and wiped over and over. It may be zero, or wrong.
fn announced(pdu: &Pdu<'_>) -> usize {
    let hint = pdu.body.first_chunk().map_or(0, |it| u32::from_le_bytes(*it));
    usize::try_from(hint).unwrap_or(usize::MAX)
}

/// The status in a fault. Servers send faults without protection, so it ends the association and decides
/// nothing else.
pub(super) fn fault(pdu: &Pdu<'_>) -> DcerpcError {
    let mut body = Reader::new(pdu.body);
    let status = body.bytes(8, "fault").and_then(|_| body.u32("status of a fault"));
    status.map_or_else(DcerpcError::from, |it| DcerpcError::Fault(FaultStatus::of(it)))
}
