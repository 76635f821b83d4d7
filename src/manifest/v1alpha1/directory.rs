//! `Directory`: where Active Directory is.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{SecretFrom, text_form};

/// Where Active Directory is: exactly one of `ldap` and `ldif`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(extend("minProperties" = 1, "maxProperties" = 1))]
pub struct DirectoryManifest {
    /// A domain with its domain controllers.
    pub ldap: Option<LdapSpec>,
    /// An export of a domain, for a first try or a rehearsal. It has no passwords.
    pub ldif: Option<LdifSpec>,
}

/// A domain with its domain controllers, Windows or Samba.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LdapSpec {
    /// DNS name of the domain.
    pub domain: DomainName,
    /// Domain controllers as `host` or `host:port`, tried in this order. Without any, they are found by DNS.
    #[serde(default)]
    pub servers: Vec<String>,
    /// Name that the servers' certificate and Kerberos know them by, for servers that are given by address.
    pub server_name: Option<DomainName>,
    /// How the connection is protected. Default: `ldaps`.
    #[serde(default)]
    #[schemars(extend("default" = "ldaps"))]
    pub transport: Transport,
    /// PEM file with the certificate authority of the domain controllers, relative to this manifest.
    /// Without it, the authorities of the operating system count.
    pub ca_file: Option<String>,
    /// The account that reads the directory.
    pub bind: BindSpec,
    /// Names below which is read. Without any, the whole domain is.
    #[serde(default)]
    pub search_bases: Vec<String>,
    /// Port of the replication service that passwords are read from, if the endpoint mapper (port 135) cannot be asked:
    /// where a firewall lets only a fixed port through.
    #[schemars(range(min = 1, max = 65535))]
    pub replication_port: Option<u16>,
    /// Objects that are asked for at a time. Default: 1000, the most that a Windows domain controller gives.
    #[schemars(range(min = 1, max = 5000), extend("default" = 1000))]
    pub page_size: Option<u32>,
}

/// How the connection to a domain controller is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Transport {
    /// TLS from the start, port 636.
    #[default]
    Ldaps,
    /// TLS on the plain port, 389.
    StartTls,
}

/// The account that reads the directory: exactly one of `simple` and `kerberos`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(extend("minProperties" = 1, "maxProperties" = 1))]
pub struct BindSpec {
    /// User name and password.
    pub simple: Option<SimpleBind>,
    /// Kerberos, with a keytab or a credential cache.
    pub kerberos: Option<KerberosBind>,
}

/// User name and password.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SimpleBind {
    /// User principal name or distinguished name.
    #[schemars(length(min = 1))]
    pub user: String,
    /// Where the password is.
    pub password_from: SecretFrom,
}

/// Kerberos, with a keytab or a credential cache: exactly one of `keytabFrom` and `cacheFrom`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct KerberosBind {
    /// Principal, such as `svc-samesign@CORP.EXAMPLE.COM`.
    #[schemars(length(min = 1))]
    pub principal: String,
    /// Where the keytab is.
    pub keytab_from: Option<SecretFrom>,
    /// Where the credential cache is that `kinit` or a service keeps fresh.
    pub cache_from: Option<SecretFrom>,
    /// Key distribution centre as `host` or `host:port`. Default: the domain controller itself.
    pub kdc: Option<String>,
}

/// An LDIF export of a domain.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LdifSpec {
    /// Path of the file, relative to this manifest.
    #[schemars(length(min = 1))]
    pub path: String,
}

/// A DNS domain name.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct DomainName(pub String);

text_form!(
    DomainName,
    "DomainName",
    "DNS domain name",
    r"^[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*$",
    ["corp.example.com"]
);
