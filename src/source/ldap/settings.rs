//! How to reach a directory: servers, transport, trust, account.
//!
//! There is no plain-text transport, so none can be configured. It does not know where settings come from.

use std::net::SocketAddr;
use std::time::Duration;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use crate::model::{Dn, Secret};
use crate::source::{Kerberos, ServerAddress};

/// How to reach a directory.
#[derive(Clone, Debug)]
pub struct Settings {
    /// DNS name of the domain.
    pub domain: String,
    /// Servers in the order in which to try them; empty: ask DNS.
    pub servers: Vec<ServerAddress>,
    /// How the connection is encrypted.
    pub transport: Transport,
    /// Authorities to trust instead of the system's, or the very certificates of servers.
    pub ca: Option<Vec<CertificateDer<'static>>>,
    /// The account.
    pub bind: Bind,
    /// Where to search; empty: the whole domain of the server.
    pub search_bases: Vec<Dn>,
    /// Entries for each page. Active Directory allows 1,000 unless told otherwise.
    pub page_size: u32,
    /// For connecting, for binding and for each page.
    pub timeout: Duration,
    /// Name servers to ask for servers; empty: those of `/etc/resolv.conf`.
    pub name_servers: Vec<SocketAddr>,
}

impl Settings {
    /// LDAPS to the servers that DNS names, trusting what the system trusts.
    pub const fn new(domain: String, bind: Bind) -> Self {
        Self {
            domain,
            servers: Vec::new(),
            transport: Transport::Ldaps,
            ca: None,
            bind,
            search_bases: Vec::new(),
            page_size: 500,
            timeout: Duration::from_secs(30),
            name_servers: Vec::new(),
        }
    }
}

/// How the connection is encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// TLS from the first byte, port 636.
    Ldaps,
    /// TLS by the StartTLS operation, before anything else, port 389.
    StartTls,
}

impl Transport {
    /// The usual port.
    pub const fn port(self) -> u16 {
        match self {
            Self::Ldaps => 636,
            Self::StartTls => 389,
        }
    }
}

/// The account to read with.
#[derive(Clone, Debug)]
pub enum Bind {
    /// A name and a password, protected by TLS alone.
    Simple {
        /// `user@domain`, `DOMAIN\user` or a distinguished name.
        user: String,
        /// Its password.
        password: Secret,
    },
    /// A Kerberos ticket, bound to the TLS channel.
    Kerberos(Kerberos),
}

impl Bind {
    /// The account as it was configured.
    pub fn account(&self) -> &str {
        match self {
            Self::Simple { user, .. } => user,
            Self::Kerberos(kerberos) => &kerberos.principal,
        }
    }
}

/// Settings that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// A file that is not PEM.
    #[error("the file of certificate authorities cannot be read as PEM")]
    Pem(#[source] rustls::pki_types::pem::Error),
    /// A PEM file without a certificate.
    #[error("the file of certificate authorities has no `-----BEGIN CERTIFICATE-----`")]
    NoCertificate,
}

/// The certificates of a PEM file.
pub fn certificates_from_pem(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, SettingsError> {
    let all: Vec<_> =
        CertificateDer::pem_slice_iter(pem).collect::<Result<_, _>>().map_err(SettingsError::Pem)?;
    if all.is_empty() { Err(SettingsError::NoCertificate) } else { Ok(all) }
}
