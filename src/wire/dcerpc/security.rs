//! What a security provider does for an association, and the trailer that carries its tokens
//! ([MS-RPCE] 2.2.2.11, sec_trailer Structure).
//!
//! It knows neither NTLM nor Kerberos.

/// Whatever the security provider has to say about a failure. It must not hold keys or contents.
pub type SealError = Box<dyn std::error::Error + Send + Sync>;

/// An established security context of one connection. Messages are numbered inside of it, so it seals and
/// unseals them in the order of the connection.
pub trait SecurityContext {
    /// The length of the token for so many bytes of body: 16 with NTLM, more with Kerberos.
    fn token_len(&self, body_len: usize) -> usize;

    /// Encrypts the body in place, signs all parts, and returns the token.
    fn seal(&mut self, parts: Parts<'_>) -> Result<Vec<u8>, SealError>;

    /// Decrypts the body in place and checks the signature of all parts.
    fn unseal(&mut self, parts: Parts<'_>, token: &[u8]) -> Result<(), SealError>;
}

/// The parts of a message that a token protects ([MS-RPCE] 3.3.1.5.2, Building and Using a Security Context).
pub struct Parts<'a> {
    /// Header of the message: signed, not encrypted. Empty if signing headers was not agreed on.
    pub header: &'a [u8],
    /// Stub and padding: signed and encrypted.
    pub body: &'a mut [u8],
    /// The trailer without its token: signed, not encrypted. Empty if signing headers was not agreed on.
    pub trailer: &'a [u8],
}

/// The kind of authentication ([MS-RPCE] 2.2.1.1.7, Security Providers).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuthKind {
    /// SPNEGO, which [MS-DRSR] 2.2.3 prescribes.
    Negotiate,
    /// NTLM alone.
    Ntlm,
    /// Kerberos alone.
    Kerberos,
}

impl AuthKind {
    pub(super) const fn number(self) -> u8 {
        match self {
            Self::Negotiate => 9,
            Self::Ntlm => 10,
            Self::Kerberos => 16,
        }
    }
}

/// RPC_C_AUTHN_LEVEL_PKT_PRIVACY ([MS-RPCE] 2.2.1.1.8, Authentication Levels).
const PRIVACY: u8 = 6;
/// There is one security context for a connection, so any number does.
const CONTEXT_ID: u32 = 1;
/// The length of the trailer without its token.
pub(super) const TRAILER_LEN: usize = 8;

/// The trailer of a message of ours.
pub(super) fn trailer(kind: AuthKind, padding: u8) -> [u8; TRAILER_LEN] {
    let [a, b, c, d] = CONTEXT_ID.to_le_bytes();
    [kind.number(), PRIVACY, padding, 0, a, b, c, d]
}

/// Whether a trailer of the server is for our context at our level; returns the length of the padding.
pub(super) fn check_trailer(kind: AuthKind, found: [u8; TRAILER_LEN]) -> Option<usize> {
    let padding = found[2];
    let mut expected = trailer(kind, padding);
    // The reserved byte is ignored.
    expected[3] = found[3];
    (found == expected).then_some(padding.into())
}
