//! Kerberos version 5 (RFC 4120) as far as a client needs it to prove itself to one service: a ticket-granting
//! ticket by key, a service ticket, and either the token for it (RFC 4121, RFC 4178) or a context that encrypts what
//! follows ([MS-KILE] 3.4.5), with AES keys only (RFC 3962).
//!
//! Time and randomness are arguments, sockets and files are elsewhere. It follows no referral to another
//! realm and knows no public-key extension.

mod cache;
mod context;
mod crypto;
mod error;
mod exchange;
mod keytab;
mod password;
mod principal;
mod token;

pub use self::cache::ticket_granting_ticket;
pub use self::context::{Context, ContextError, Initiation};
pub use self::crypto::{Key, KeyKind};
pub use self::error::KerberosError;
pub use self::exchange::{Fresh, Ticket, as_reply, as_request, tgs_reply, tgs_request};
pub use self::keytab::keys_of;
pub use self::password::{keys_of_password, salt_request};
pub use self::principal::{Principal, PrincipalError};
pub use self::token::initial_token;
