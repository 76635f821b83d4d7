//! Why there is no ticket, in words.
//!
//! It never holds a key.

use crate::wire::ber::BerError;

/// Why there is no ticket.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KerberosError {
    /// A message is not what RFC 4120 has there.
    #[error("a message of the key distribution centre is malformed")]
    Malformed(#[from] BerError),
    /// The key distribution centre said no.
    #[error("the key distribution centre refuses: {}", reason(*code, text))]
    Refused {
        /// `error-code`.
        code: i64,
        /// `e-text`, if it gave one.
        text: String,
    },
    /// The answer belongs to another question, or is for somebody else.
    #[error("the answer of the key distribution centre is not for this request: {0}")]
    Foreign(&'static str),
    /// The bytes do not decrypt.
    #[error("the answer does not decrypt with this key")]
    WrongKey,
    /// Not an encryption type that this client has.
    #[error("encryption type {0} is not supported; the account needs AES keys: set its password anew")]
    Encryption(i64),
    /// The file is neither a keytab nor a credential cache of a known version.
    #[error("the file is not {0}")]
    NotSuchFile(&'static str),
    /// The keytab has no usable key of the principal.
    #[error("the keytab has no AES key of {0}; export it anew")]
    NoKey(String),
    /// The cache has no ticket-granting ticket of the principal.
    #[error("the credential cache has no ticket-granting ticket of {0}")]
    NoTicket(String),
    /// The cached ticket-granting ticket has ended.
    #[error("the ticket-granting ticket in the credential cache ended at {0}")]
    Expired(jiff::Timestamp),
    /// The principal is not written as `name@REALM`.
    #[error(transparent)]
    Principal(#[from] super::PrincipalError),
    /// Neither a keytab nor a password nor a cache is configured.
    #[error("neither a keytab nor a password nor a credential cache is configured")]
    NoCredentials,
}

impl KerberosError {
    /// Whether the key distribution centre does not know the service: KDC_ERR_S_PRINCIPAL_UNKNOWN.
    pub const fn is_unknown_service(&self) -> bool {
        matches!(self, Self::Refused { code: 7, .. })
    }

    /// Whether this may pass without anybody doing something.
    pub fn is_passing(&self) -> bool {
        match self {
            // KDC_ERR_SVC_UNAVAILABLE and KRB_ERR_GENERIC; a cache is kept fresh by somebody else.
            Self::Refused { code, .. } => [29, 60].contains(code),
            Self::Malformed(_) | Self::Foreign(_) | Self::Expired(_) => true,
            Self::WrongKey
            | Self::Encryption(_)
            | Self::NotSuchFile(_)
            | Self::NoKey(_)
            | Self::NoTicket(_)
            | Self::Principal(_)
            | Self::NoCredentials => false,
        }
    }
}

/// An error code (RFC 4120, 7.5.9) in words.
fn reason(code: i64, text: &str) -> String {
    let words = match code {
        6 => "there is no such account",
        7 => "it does not know the server under this name (no service principal name)",
        12 => "the account may not sign in from here or now",
        14 => "the account has no AES key: set its password anew",
        18 => "the account is disabled, expired or locked",
        23 => "the password of the account has expired",
        24 => "the password is wrong, or was changed after the keytab was exported",
        25 => "it wants another kind of pre-authentication",
        29 => "it is not available",
        31 => "a ticket does not decrypt",
        32 => "the ticket has expired",
        37 => "the clocks differ by more than five minutes",
        52 => "its answer is too long",
        60 => "an error of its own",
        68 => "the account belongs to another realm",
        _ => "an error of no known meaning",
    };
    if text.is_empty() { format!("{words} ({code})") } else { format!("{words} ({code}, {text:?})") }
}
