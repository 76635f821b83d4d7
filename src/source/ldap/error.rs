//! What can go wrong while a directory is read over LDAP, in words that say what to do.
//!
//! It never holds a password, and never a value of an entry.

use std::error::Error;
use std::io;
use std::time::Duration;

use crate::source::{Disposition, LookupError, ServerFailure};
use crate::wire::ber::BerError;
use crate::wire::kerberos::KerberosError;
use crate::wire::ldap::result_code_name;

/// Why a reading over LDAP broke off.
#[derive(Debug, thiserror::Error)]
pub enum LdapError {
    /// No server is configured and DNS knew none.
    #[error(
        "no domain controller of {domain} is known; list `servers`, or let this machine ask the domain's DNS"
    )]
    FindingServers {
        /// The domain.
        domain: String,
        /// What DNS said.
        #[source]
        source: LookupError,
    },
    /// Each server failed.
    #[error("none of the {count} servers of {domain} can be read")]
    AllServers {
        /// The domain.
        domain: String,
        /// How many were tried.
        count: usize,
        /// One after the other.
        #[source]
        source: ServerFailure<Self>,
    },
    /// TCP did not get through.
    #[error("cannot connect to {server}")]
    Connecting {
        /// Server and port.
        server: String,
        /// Cause.
        #[source]
        source: io::Error,
    },
    /// The server was silent for too long.
    #[error("{server} did not answer in {} s while {doing}", timeout.as_secs())]
    TimedOut {
        /// Server and port.
        server: String,
        /// What was being done.
        doing: &'static str,
        /// How long it was given.
        timeout: Duration,
    },
    /// The certificate is not to be trusted.
    #[error("the certificate of {server} is refused: {reason}; {advice}")]
    Certificate {
        /// Server and port.
        server: String,
        /// What is wrong with it.
        reason: String,
        /// What to do.
        advice: &'static str,
    },
    /// TLS failed for another reason.
    #[error("no TLS connection with {server}; does this port speak it?")]
    Tls {
        /// Server and port.
        server: String,
        /// Cause.
        #[source]
        source: io::Error,
    },
    /// The server or the settings cannot be used with TLS.
    #[error("TLS cannot be set up for {server}")]
    TlsSettings {
        /// Server and port.
        server: String,
        /// Cause.
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
    /// The server does not start TLS.
    #[error("{server} refuses StartTLS: {}; does it have a certificate?", answer(*code, diagnostic))]
    StartTls {
        /// Server and port.
        server: String,
        /// Result code.
        code: u32,
        /// The server's words.
        diagnostic: String,
    },
    /// The account or its password was refused.
    #[error("{server} refuses to bind {account}: {reason}")]
    Bind {
        /// Server and port.
        server: String,
        /// The account.
        account: String,
        /// Result code.
        code: u32,
        /// Why.
        reason: String,
    },
    /// There is no Kerberos ticket to bind with.
    #[error("no Kerberos ticket for {server} as {account}")]
    Ticket {
        /// Server and port.
        server: String,
        /// The principal.
        account: String,
        /// Cause.
        #[source]
        source: KerberosError,
    },
    /// The key distribution centre cannot be reached.
    #[error("no answer from the Kerberos key distribution centre {server}")]
    Kdc {
        /// Host and port.
        server: String,
        /// Cause.
        #[source]
        source: io::Error,
    },
    /// A keytab or a credential cache cannot be read.
    #[error("cannot read {path}")]
    CredentialFile {
        /// The file.
        path: String,
        /// Cause.
        #[source]
        source: io::Error,
    },
    /// A search ended with something else than success.
    #[error("{server} ended the search below `{base}` for {account}: {}", answer(*code, diagnostic))]
    Search {
        /// Server and port.
        server: String,
        /// The account.
        account: String,
        /// Base of the search.
        base: String,
        /// Result code.
        code: u32,
        /// The server's words.
        diagnostic: String,
    },
    /// The server sent bytes that are not LDAP, or not what was asked for.
    #[error("{server} sent a malformed answer while {doing}")]
    Malformed {
        /// Server and port.
        server: String,
        /// What was being done.
        doing: &'static str,
        /// Cause.
        #[source]
        source: BerError,
    },
    /// The server answered in a way that makes the reading worthless.
    #[error("the answer of {server} cannot be trusted to be whole: {reason}")]
    NotWhole {
        /// Server and port.
        server: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The connection broke.
    #[error("the connection to {server} broke while {doing}")]
    Disconnected {
        /// Server and port.
        server: String,
        /// What was being done.
        doing: &'static str,
        /// Cause.
        #[source]
        source: io::Error,
    },
}

/// A result code in words, with those of the server.
fn answer(code: u32, diagnostic: &str) -> String {
    let name = result_code_name(code);
    if diagnostic.is_empty() {
        format!("{name} ({code})")
    } else {
        format!("{name} ({code}, {diagnostic:?})")
    }
}

impl LdapError {
    /// Whether trying again later may help.
    pub fn disposition(&self) -> Disposition {
        match self {
            Self::FindingServers { .. }
            | Self::Connecting { .. }
            | Self::TimedOut { .. }
            | Self::Tls { .. }
            | Self::Malformed { .. }
            | Self::NotWhole { .. }
            | Self::Kdc { .. }
            | Self::Disconnected { .. } => Disposition::Retry,
            Self::Certificate { .. } | Self::TlsSettings { .. } | Self::CredentialFile { .. } => {
                Disposition::Fatal
            }
            Self::Ticket { source, .. } if source.is_passing() => Disposition::Retry,
            Self::Ticket { .. } => Disposition::Fatal,
            Self::StartTls { code, .. } | Self::Bind { code, .. } | Self::Search { code, .. } => {
                // timeLimitExceeded, busy, unavailable and other pass by themselves.
                if [3, 51, 52, 80].contains(code) { Disposition::Retry } else { Disposition::Fatal }
            }
            Self::AllServers { source, .. } => Disposition::of_all(source.causes().map(Self::disposition)),
        }
    }

    /// Whether another server would say the same, so that asking it would only lock the account.
    pub(super) fn is_final(&self) -> bool {
        match self {
            Self::Bind { code, .. } => *code == 49,
            Self::CredentialFile { .. } => true,
            Self::Ticket { source, .. } => !source.is_passing(),
            Self::FindingServers { .. }
            | Self::AllServers { .. }
            | Self::Connecting { .. }
            | Self::TimedOut { .. }
            | Self::Certificate { .. }
            | Self::Tls { .. }
            | Self::TlsSettings { .. }
            | Self::StartTls { .. }
            | Self::Search { .. }
            | Self::Malformed { .. }
            | Self::NotWhole { .. }
            | Self::Kdc { .. }
            | Self::Disconnected { .. } => false,
        }
    }
}
