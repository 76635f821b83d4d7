//! What can go wrong while password hashes are replicated, in words that say what to do.
//!
//! It never holds a password, a hash or a key, and never a value of an object.

use std::io;
use std::time::Duration;

use super::rights::MissingRights;
use crate::source::{Disposition, LookupError, ServerFailure};
use crate::wire::dcerpc::DcerpcError;
use crate::wire::drsuapi::{DrsError, Remedy, SecretError};
use crate::wire::kerberos::KerberosError;
use crate::wire::ntlm::NtlmError;
use crate::wire::spnego::{Failure, SpnegoError};

/// Why a reading of password hashes broke off. What was handed over before is right; nothing says that it was all.
#[derive(Debug, thiserror::Error)]
pub enum ReplicationError {
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
    #[error("password hashes can be read from none of the {count} domain controllers of {domain}")]
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
        /// Host and port.
        server: String,
        /// Cause.
        #[source]
        source: io::Error,
    },
    /// The server was silent for too long.
    #[error("{server} did not answer in {} s while {doing}", timeout.as_secs())]
    TimedOut {
        /// Host and port.
        server: String,
        /// What was being done.
        doing: &'static str,
        /// How long it was given.
        timeout: Duration,
    },
    /// The connection broke.
    #[error("the connection to {server} broke while {doing}")]
    Disconnected {
        /// Host and port.
        server: String,
        /// What was being done.
        doing: &'static str,
        /// Cause.
        #[source]
        source: io::Error,
    },
    /// There is no Kerberos ticket to authenticate with.
    #[error("no Kerberos ticket for {server} as {account}")]
    Ticket {
        /// The server.
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
    /// The account or its password was refused.
    #[error("{server} refuses {account}: {reason}")]
    Refused {
        /// Host and port.
        server: String,
        /// The account.
        account: String,
        /// Why.
        reason: String,
    },
    /// There is no protected connection.
    #[error("no encrypted connection with {server} as {account}")]
    Authentication {
        /// Host and port.
        server: String,
        /// The account.
        account: String,
        /// Cause.
        #[source]
        source: AuthenticationError,
    },
    /// A remote procedure call had no result.
    #[error("{server} cannot be used while {doing}")]
    Call {
        /// Host and port.
        server: String,
        /// What was being done.
        doing: &'static str,
        /// Cause.
        #[source]
        source: DcerpcError,
    },
    /// The replication service said no, or something that cannot be understood.
    #[error("{server} does not replicate")]
    Replication {
        /// Host and port.
        server: String,
        /// Cause.
        #[source]
        source: DrsError,
    },
    /// The account may not read what it has to read.
    #[error("{server} lets {account} read no password hashes: the account lacks {missing}")]
    Rights {
        /// Host and port.
        server: String,
        /// The account.
        account: String,
        /// What is missing, and how to grant it.
        missing: Box<MissingRights>,
    },
    /// The domain controller has no password hashes to give.
    #[error(
        "{server} is a read-only domain controller, which gives no password hashes; list one that can be written to"
    )]
    ReadOnly {
        /// Host and port.
        server: String,
    },
    /// The domain controller hands on nothing.
    #[error(
        "{server} gives no password hashes: it is a read-only domain controller, or its outbound replication is off; list one that can be written to"
    )]
    NoSource {
        /// Host and port.
        server: String,
    },
    /// A hash cannot be decrypted.
    #[error("a password hash of {server} cannot be read; nothing of this page was used")]
    Secret {
        /// Host and port.
        server: String,
        /// Cause.
        #[source]
        source: SecretError,
    },
    /// The server answered in a way that makes the reading worthless.
    #[error("the answer of {server} cannot be trusted to be whole: {reason}")]
    NotWhole {
        /// Host and port.
        server: String,
        /// What is wrong with it.
        reason: String,
    },
}

/// Why there is no protected connection.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AuthenticationError {
    /// In the negotiation.
    #[error(transparent)]
    Negotiation(#[from] SpnegoError),
    /// With NTLM.
    #[error(transparent)]
    Ntlm(NtlmError),
    /// With Kerberos.
    #[error(transparent)]
    Kerberos(KerberosError),
    /// The server would leave the headers of calls unsigned.
    #[error("the server does not sign the headers of calls; is it older than Windows Server 2003?")]
    Headers,
}

impl From<Failure<NtlmError>> for AuthenticationError {
    fn from(failure: Failure<NtlmError>) -> Self {
        match failure {
            Failure::Negotiation(error) => Self::Negotiation(error),
            Failure::Mechanism(error) => Self::Ntlm(error),
        }
    }
}

impl From<Failure<KerberosError>> for AuthenticationError {
    fn from(failure: Failure<KerberosError>) -> Self {
        match failure {
            Failure::Negotiation(error) => Self::Negotiation(error),
            Failure::Mechanism(error) => Self::Kerberos(error),
        }
    }
}

impl ReplicationError {
    /// Whether trying again later may help.
    pub fn disposition(&self) -> Disposition {
        match self {
            Self::FindingServers { .. }
            | Self::Connecting { .. }
            | Self::TimedOut { .. }
            | Self::Disconnected { .. }
            | Self::Kdc { .. }
            | Self::Authentication { .. }
            | Self::Call { .. }
            | Self::NoSource { .. }
            | Self::Secret { .. }
            | Self::NotWhole { .. } => Disposition::Retry,
            Self::Ticket { source, .. } if source.is_passing() => Disposition::Retry,
            Self::Ticket { .. }
            | Self::CredentialFile { .. }
            | Self::Refused { .. }
            | Self::Rights { .. }
            | Self::ReadOnly { .. } => Disposition::Fatal,
            Self::Replication { source, .. } => match source.remedy() {
                Some(Remedy::Later | Remedy::OtherServer | Remedy::BindAnew) | None => Disposition::Retry,
                Some(
                    Remedy::GrantRights
                    | Remedy::CheckName
                    | Remedy::PrefixTable
                    | Remedy::FullCycle
                    | Remedy::Report,
                ) => Disposition::Fatal,
            },
            Self::AllServers { source, .. } => Disposition::of_all(source.causes().map(Self::disposition)),
        }
    }

    /// What to type, where that is known.
    pub fn hints(&self) -> Vec<String> {
        match self {
            Self::Rights { missing, .. } => missing.hints(),
            Self::ReadOnly { .. } | Self::NoSource { .. } => {
                vec![
                    "name a domain controller that can be written to in `servers` of the Directory"
                        .to_owned(),
                ]
            }
            Self::AllServers { source, .. } => source.causes().flat_map(Self::hints).collect(),
            Self::FindingServers { .. }
            | Self::Connecting { .. }
            | Self::TimedOut { .. }
            | Self::Disconnected { .. }
            | Self::Ticket { .. }
            | Self::Kdc { .. }
            | Self::CredentialFile { .. }
            | Self::Refused { .. }
            | Self::Authentication { .. }
            | Self::Call { .. }
            | Self::Replication { .. }
            | Self::Secret { .. }
            | Self::NotWhole { .. } => Vec::new(),
        }
    }

    /// Whether another server would say the same, so that asking it would be of no use, or would lock the account;
    /// or whether something is so wrong that nothing more is read.
    pub(super) fn is_final(&self) -> bool {
        match self {
            Self::CredentialFile { .. }
            | Self::Refused { .. }
            | Self::Rights { .. }
            | Self::Secret { .. } => true,
            // That its name is not known to be a service is a matter of one server.
            Self::Ticket { source, .. } => !source.is_passing() && !source.is_unknown_service(),
            Self::FindingServers { .. }
            | Self::AllServers { .. }
            | Self::Connecting { .. }
            | Self::TimedOut { .. }
            | Self::Disconnected { .. }
            | Self::Kdc { .. }
            | Self::Authentication { .. }
            | Self::Call { .. }
            | Self::Replication { .. }
            | Self::ReadOnly { .. }
            | Self::NoSource { .. }
            | Self::NotWhole { .. } => false,
        }
    }
}
