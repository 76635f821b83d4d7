//! Where a server is: a host, with a port if it is not the usual one.
//!
//! It does not know what the server does.

use std::fmt;
use std::str::FromStr;

/// A server as it was configured: `host`, `host:port`, `[::1]:port`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerAddress {
    /// Name or IP address.
    pub host: String,
    /// Port, if not the usual one.
    pub port: Option<u16>,
    /// Name that its certificate must have, and that Kerberos knows it by, if not `host`.
    pub tls_name: Option<String>,
}

impl ServerAddress {
    /// The name to check the certificate against, and to ask Kerberos for.
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
    type Err = ServerAddressError;

    fn from_str(text: &str) -> Result<Self, ServerAddressError> {
        let wrong = || ServerAddressError { text: text.to_owned() };
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

/// A text that is neither `host` nor `host:port`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a server; write host, host:port or [address]:port")]
pub struct ServerAddressError {
    text: String,
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
