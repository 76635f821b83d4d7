//! How to reach a directory: servers, transport, trust, account.
//!
//! There is no plain-text transport, so none can be configured. It does not know where settings come from.

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use crate::model::{Dn, Secret};

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

/// A server as it was configured: `host`, `host:port`, `[::1]:port`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerAddress {
    /// Name or IP address.
    pub host: String,
    /// Port, if not the usual one of the transport.
    pub port: Option<u16>,
    /// Name that its certificate must have, and that Kerberos knows it by, if not `host`.
    pub tls_name: Option<String>,
}

impl ServerAddress {
    /// The name to check the certificate against.
    pub fn name(&self) -> &str {
        self.tls_name.as_deref().unwrap_or(&self.host)
    }
}

impl fmt::Display for ServerAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.port {
            Some(port) => f.write_str(&endpoint(&self.host, port)),
            None => f.write_str(&self.host),
        }
    }
}

/// Host and port in one text.
pub(super) fn endpoint(host: &str, port: u16) -> String {
    if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
}

impl FromStr for ServerAddress {
    type Err = SettingsError;

    fn from_str(text: &str) -> Result<Self, SettingsError> {
        let wrong = || SettingsError::Server { text: text.to_owned() };
        let (host, port) = match text.strip_prefix('[') {
            Some(rest) => {
                let (host, rest) = rest.split_once(']').ok_or_else(wrong)?;
                (host, if rest.is_empty() { None } else { Some(rest.strip_prefix(':').ok_or_else(wrong)?) })
            }
            None if text.matches(':').count() == 1 => {
                text.split_once(':').map_or((text, None), |(host, port)| (host, Some(port)))
            }
            None => (text, None),
        };
        let port = port.map(str::parse).transpose().map_err(|_| wrong())?;
        let plain = |it: char| it.is_alphanumeric() || "-._:%".contains(it);
        if host.is_empty() || !host.chars().all(plain) || port == Some(0) {
            return Err(wrong());
        }
        Ok(Self { host: host.to_owned(), port, tls_name: None })
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

/// How to get a Kerberos ticket: by a key, or by a ticket that somebody else keeps fresh.
#[derive(Clone, Debug)]
pub struct Kerberos {
    /// `user@REALM`.
    pub principal: String,
    /// File with the keys of the principal.
    pub keytab: Option<PathBuf>,
    /// File with a ticket-granting ticket, used when there is no keytab.
    pub cache: Option<PathBuf>,
    /// The key distribution centre; else the domain controller itself, else what DNS says.
    pub kdc: Option<ServerAddress>,
    /// Reads the clock, which a ticket depends on.
    pub clock: fn() -> jiff::Timestamp,
}

/// Settings that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// A server that is neither `host` nor `host:port`.
    #[error("`{text}` is not a server; write host, host:port or [address]:port")]
    Server {
        /// As written.
        text: String,
    },
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers_are_hosts_with_or_without_port() {
        let parse = |text: &str| text.parse::<ServerAddress>().map(|it| (it.host, it.port)).ok();
        assert_eq!(parse("dc1"), Some(("dc1".to_owned(), None)));
        assert_eq!(parse("127.0.0.2:636"), Some(("127.0.0.2".to_owned(), Some(636))));
        assert_eq!(parse("[::1]:636"), Some(("::1".to_owned(), Some(636))));
        assert_eq!(parse("::1"), Some(("::1".to_owned(), None)));
        assert_eq!("[::1]:636".parse::<ServerAddress>().unwrap().to_string(), "[::1]:636");
        for wrong in ["", ":636", "dc1:", "dc1:0", "dc1:99999", "ldap://dc1", "[::1", "[::1]636", "a b"] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }
}
