//! Protocol data units: the header that all have, and where the authentication trailer is (C706 12.6).
//!
//! It does not know what a body means.

use super::DcerpcError;
use super::security::TRAILER_LEN;
use crate::wire::ndr::{Reader, Writer};

/// The header that all have.
pub(super) const HEADER_LEN: usize = 16;
/// `PFC_FIRST_FRAG`.
pub(super) const FIRST: u8 = 1;
/// `PFC_LAST_FRAG`.
pub(super) const LAST: u8 = 2;
/// `PFC_SUPPORT_HEADER_SIGN`, in messages that bind ([MS-RPCE] 2.2.2.3).
pub(super) const SUPPORT_HEADER_SIGN: u8 = 4;
/// Little-endian, ASCII, IEEE (C706 14.1).
const DATA_REPRESENTATION: [u8; 4] = [0x10, 0, 0, 0];

/// The types that a client meets (C706 12.6.4; [MS-RPCE] 2.2.2.10 for the last).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PduKind {
    Request,
    Response,
    Fault,
    Bind,
    BindAck,
    BindNak,
    AlterContext,
    AlterContextResponse,
    Auth3,
}

impl PduKind {
    const ALL: [Self; 9] = [
        Self::Request,
        Self::Response,
        Self::Fault,
        Self::Bind,
        Self::BindAck,
        Self::BindNak,
        Self::AlterContext,
        Self::AlterContextResponse,
        Self::Auth3,
    ];

    pub(super) const fn number(self) -> u8 {
        match self {
            Self::Request => 0,
            Self::Response => 2,
            Self::Fault => 3,
            Self::Bind => 11,
            Self::BindAck => 12,
            Self::BindNak => 13,
            Self::AlterContext => 14,
            Self::AlterContextResponse => 15,
            Self::Auth3 => 16,
        }
    }
}

/// A whole message, borrowed.
#[derive(Debug)]
pub(super) struct Pdu<'a> {
    pub(super) kind: PduKind,
    pub(super) flags: u8,
    pub(super) call_id: u32,
    /// What is between the header and the trailer, padding included.
    pub(super) body: &'a [u8],
    pub(super) auth: Option<Auth<'a>>,
}

/// The authentication at the end of a message.
#[derive(Clone, Copy, Debug)]
pub(super) struct Auth<'a> {
    pub(super) trailer: &'a [u8; TRAILER_LEN],
    pub(super) token: &'a [u8],
}

/// The length of the message that begins here, once enough of it is there to know.
pub fn pdu_len(bytes: &[u8]) -> Result<Option<usize>, DcerpcError> {
    let Some(header) = bytes.first_chunk::<HEADER_LEN>() else {
        return Ok(None);
    };
    // Minor version 1 differs in nothing that matters here.
    if header[0] != 5 || 1 < header[1] {
        return Err(DcerpcError::Malformed("not version 5 of the protocol"));
    }
    if header[4..6] != DATA_REPRESENTATION[..2] {
        return Err(DcerpcError::Malformed("not little-endian"));
    }
    let len = usize::from(u16::from_le_bytes([header[8], header[9]]));
    if len < HEADER_LEN {
        Err(DcerpcError::Malformed("a length below that of a header"))
    } else {
        Ok(Some(len))
    }
}

impl<'a> Pdu<'a> {
    /// Reads exactly one message.
    pub(super) fn read(bytes: &'a [u8]) -> Result<Self, DcerpcError> {
        if pdu_len(bytes)? != Some(bytes.len()) {
            return Err(DcerpcError::Malformed("not as long as its header says"));
        }
        let mut header = Reader::new(bytes);
        header.bytes(2, "version")?;
        let number = header.u8("type")?;
        let flags = header.u8("flags")?;
        header.bytes(6, "representation and length")?;
        let token_len = usize::from(header.u16("length of the token")?);
        let call_id = header.u32("call")?;
        let unknown = DcerpcError::Unexpected { kind: number, call_id };
        let kind = PduKind::ALL.into_iter().find(|it| it.number() == number).ok_or(unknown)?;
        let (body, auth) = split(&bytes[HEADER_LEN..], token_len)?;
        Ok(Self { kind, flags, call_id, body, auth })
    }

    /// It does not belong here.
    pub(super) const fn unexpected(&self) -> DcerpcError {
        DcerpcError::Unexpected { kind: self.kind.number(), call_id: self.call_id }
    }
}

/// Splits what follows the header into body and authentication.
fn split(bytes: &[u8], token_len: usize) -> Result<(&[u8], Option<Auth<'_>>), DcerpcError> {
    if token_len == 0 {
        return Ok((bytes, None));
    }
    let too_long = || DcerpcError::Malformed("a token longer than the message");
    let at = bytes.len().checked_sub(token_len + TRAILER_LEN).ok_or_else(too_long)?;
    let (body, auth) = bytes.split_at(at);
    let (trailer, token) = auth.split_first_chunk().ok_or_else(too_long)?;
    Ok((body, Some(Auth { trailer, token })))
}

/// The header of a message of ours. The lengths have to fit.
pub(super) fn header(
    kind: PduKind,
    flags: u8,
    call_id: u32,
    (len, token_len): (usize, usize),
) -> Result<Vec<u8>, DcerpcError> {
    let max = usize::from(u16::MAX);
    let too_long = |_| DcerpcError::TooLong { what: "a message", len, max };
    let len_short = u16::try_from(len).map_err(too_long)?;
    let token_len = u16::try_from(token_len).map_err(too_long)?;
    let mut writer = Writer::new();
    writer.bytes(&[5, 0, kind.number(), flags]).bytes(&DATA_REPRESENTATION);
    writer.u16(len_short).u16(token_len).u32(call_id);
    Ok(writer.into_bytes())
}
