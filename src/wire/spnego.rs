//! Negotiation of an authentication mechanism (RFC 4178; [MS-SPNG]), as far as a client needs it that offers one
//! mechanism: its first token travels with the offer, and both sides sign the offer at the end.
//!
//! It knows neither NTLM nor Kerberos, and nothing of how tokens travel.

use crate::wire::ber::{BerError, Reader, tag, wrap};
use crate::wire::dcerpc::SecurityContext;

/// 1.3.6.1.5.5.2 (RFC 4178, 3.1).
const SPNEGO: &[u8] = &[0x2b, 6, 1, 5, 5, 2];
/// `negState` (RFC 4178, 4.2.2).
const ACCEPT_COMPLETED: u8 = 0;
const REJECT: u8 = 2;

/// A mechanism of three tokens: ours, the server's, ours.
pub trait Mechanism {
    /// What is established by them.
    type Context: Established;
    /// Why they do not establish anything.
    type Error;
    /// Its object identifier, without tag and length.
    const OID: &'static [u8];

    /// Takes the token of the server; returns the last token.
    fn finish(self, token: &[u8]) -> Result<(Self::Context, Vec<u8>), Self::Error>;
}

/// An established context, which can also sign what it does not encrypt.
pub trait Established: SecurityContext {
    /// A signature (RFC 2743, 2.3.1, `GSS_GetMIC`).
    fn sign(&mut self, text: &[u8]) -> Vec<u8>;

    /// Whether a signature of the server is right (RFC 2743, 2.3.2, `GSS_VerifyMIC`).
    fn is_signed(&mut self, text: &[u8], signature: &[u8]) -> bool;
}

/// Why nothing was agreed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SpnegoError {
    /// An answer is not what RFC 4178 has there.
    #[error("the server negotiates in a way that makes no sense")]
    Malformed(#[from] BerError),
    /// The server does not want the mechanism, or nobody.
    #[error("the server rejects the mechanism of authentication that is offered")]
    Rejected,
    /// The server chose something else.
    #[error("the server chose a mechanism of authentication that was not offered")]
    OtherMechanism,
    /// The server says nothing, or ends too early.
    #[error("the server ended the negotiation too early")]
    Incomplete,
    /// The signature of the offer is wrong or missing.
    #[error("the signature under the negotiation is wrong or missing; somebody may be in between")]
    Signature,
}

/// Why a mechanism that was offered established nothing.
#[derive(Debug)]
pub enum Failure<E> {
    /// Already the negotiation went wrong.
    Negotiation(SpnegoError),
    /// The mechanism said no.
    Mechanism(E),
}

impl<E> From<SpnegoError> for Failure<E> {
    fn from(error: SpnegoError) -> Self {
        Self::Negotiation(error)
    }
}

/// What is established unless the server objects, and the last token for it.
pub type Answered<M> =
    Result<(Unconfirmed<<M as Mechanism>::Context>, Vec<u8>), Failure<<M as Mechanism>::Error>>;

/// An offer that the server has not answered yet.
pub struct Offer<M> {
    mechanism: M,
}

/// A context that holds once the server has confirmed it.
pub struct Unconfirmed<C> {
    context: C,
    offered: Vec<u8>,
}

impl<M: Mechanism> Offer<M> {
    /// Offers a mechanism with its first token; returns the token to send.
    pub fn new(mechanism: M, token: &[u8]) -> (Self, Vec<u8>) {
        let mechanisms = wrap(tag::context(0), &[&mechanisms::<M>()]);
        let token = wrap(tag::context(2), &[&wrap(tag::OCTET_STRING, &[token])]);
        let offer = wrap(tag::context(0), &[&wrap(tag::SEQUENCE, &[&mechanisms, &token])]);
        let initial = wrap(tag::application(0), &[&wrap(tag::OID, &[SPNEGO]), &offer]);
        (Self { mechanism }, initial)
    }

    /// Takes the answer of the server; returns the last token to send.
    pub fn answered(self, token: &[u8]) -> Answered<M> {
        let Answer { state, mechanism, token, signature: _ } = Answer::parse(token)?;
        if mechanism.is_some_and(|it| it != M::OID) {
            return Err(SpnegoError::OtherMechanism.into());
        }
        // Nothing can be complete before the server has seen a proof.
        if state == Some(ACCEPT_COMPLETED) {
            return Err(SpnegoError::Incomplete.into());
        }
        let token = token.ok_or(SpnegoError::Incomplete)?;
        let (mut context, token) = self.mechanism.finish(token).map_err(Failure::Mechanism)?;
        let offered = mechanisms::<M>();
        let token = wrap(tag::context(2), &[&wrap(tag::OCTET_STRING, &[&token])]);
        let signature = context.sign(&offered);
        let signature = wrap(tag::context(3), &[&wrap(tag::OCTET_STRING, &[&signature])]);
        let last = wrap(tag::context(1), &[&wrap(tag::SEQUENCE, &[&token, &signature])]);
        Ok((Unconfirmed { context, offered }, last))
    }
}

impl<C: Established> Unconfirmed<C> {
    /// Takes the last answer of the server.
    pub fn confirmed(mut self, token: &[u8]) -> Result<C, SpnegoError> {
        let Answer { state, mechanism: _, token: _, signature } = Answer::parse(token)?;
        if state != Some(ACCEPT_COMPLETED) {
            return Err(SpnegoError::Incomplete);
        }
        let signature = signature.ok_or(SpnegoError::Signature)?;
        if self.context.is_signed(&self.offered, signature) {
            Ok(self.context)
        } else {
            Err(SpnegoError::Signature)
        }
    }
}

/// MechTypeList, which is also what is signed (RFC 4178, 4.1 and 5).
fn mechanisms<M: Mechanism>() -> Vec<u8> {
    wrap(tag::SEQUENCE, &[&wrap(tag::OID, &[M::OID])])
}

/// NegTokenResp (RFC 4178, 4.2.2).
struct Answer<'a> {
    state: Option<u8>,
    mechanism: Option<&'a [u8]>,
    token: Option<&'a [u8]>,
    signature: Option<&'a [u8]>,
}

impl<'a> Answer<'a> {
    fn parse(token: &'a [u8]) -> Result<Self, SpnegoError> {
        let mut fields = Reader::new(token).nested(tag::context(1))?.nested(tag::SEQUENCE)?;
        let mut field = |number, inner| -> Result<Option<&'a [u8]>, BerError> {
            let found = fields.optional(tag::context(number))?;
            found.map(|it| Reader::new(it).element(inner)).transpose()
        };
        let state = field(0, tag::ENUMERATED)?.and_then(|it| it.first().copied());
        let mechanism = field(1, tag::OID)?;
        let token = field(2, tag::OCTET_STRING)?;
        let signature = field(3, tag::OCTET_STRING)?;
        if state == Some(REJECT) {
            Err(SpnegoError::Rejected)
        } else {
            Ok(Self { state, mechanism, token, signature })
        }
    }
}
