//! How to reach the replication service of a domain: servers, port, account, time limits.
//!
//! It does not know where settings come from. There is no protection below privacy, so none can be configured.

use std::net::SocketAddr;
use std::time::Duration;

use jiff::Timestamp;

use crate::model::Secret;
use crate::source::{Kerberos, ServerAddress};

/// How to reach the replication service of a domain.
#[derive(Clone, Debug)]
pub struct Settings {
    /// DNS name of the domain, of which the root is replicated.
    pub domain: String,
    /// Domain controllers in the order in which to try them; empty: ask DNS. A port is that of the endpoint mapper.
    pub servers: Vec<ServerAddress>,
    /// Where the replication service listens, if the endpoint mapper need not be asked: Windows has the registry
    /// value `TCP/IP Port` below `NTDS\Parameters` for it, Samba `rpc server port:drsuapi`.
    pub replication_port: Option<u16>,
    /// The account.
    pub account: Account,
    /// Objects for each page.
    pub page_size: u32,
    /// For connecting, and for each step until calls can be made.
    pub timeout: Duration,
    /// For each call. A domain controller looks through all that happened since the last time.
    pub call_timeout: Duration,
    /// Name servers to ask for servers; empty: those of `/etc/resolv.conf`.
    pub name_servers: Vec<SocketAddr>,
}

impl Settings {
    /// The servers that DNS names, and the limits that suit most.
    pub const fn new(domain: String, account: Account) -> Self {
        Self {
            domain,
            servers: Vec::new(),
            replication_port: None,
            account,
            page_size: 1000,
            timeout: Duration::from_secs(30),
            call_timeout: Duration::from_mins(2),
            name_servers: Vec::new(),
        }
    }

    /// The root of the domain as a distinguished name, which its DNS name tells ([MS-ADTS] 3.1.1.1.5).
    pub(super) fn root(&self) -> String {
        let labels = self.domain.split('.').filter(|it| !it.is_empty());
        labels.map(|it| format!("DC={it}")).collect::<Vec<_>>().join(",")
    }
}

/// The account to replicate with.
#[derive(Clone, Debug)]
pub enum Account {
    /// A name and a password, proved by NTLM, which does not send it.
    Password {
        /// `user@domain`, `DOMAIN\user` or `user`.
        user: String,
        /// Its password.
        password: Secret,
        /// Reads the clock, for servers that do not tell their own time.
        clock: fn() -> Timestamp,
    },
    /// A Kerberos ticket.
    Kerberos(Kerberos),
}

impl Account {
    /// The account as it was configured.
    pub fn name(&self) -> &str {
        match self {
            Self::Password { user, .. } => user,
            Self::Kerberos(kerberos) => &kerberos.principal,
        }
    }
}
