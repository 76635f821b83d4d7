//! How directory and tenant are reached, as far as manifests say it.
//!
//! Secrets are only named here: nothing in this module reads one.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use uuid::Uuid;

use super::source::Source;
use crate::model::Feature;
use crate::policy::Channel;

/// A place in a manifest, for errors that show up later.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// File.
    pub file: Arc<Source>,
    /// Bytes.
    pub span: Range<usize>,
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (line, column) = self.file.position(self.span.start);
        write!(f, "{}:{line}:{column}", self.file.path.display())
    }
}

/// Where a secret is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecretSource {
    /// In an environment variable.
    Env(String),
    /// In a file.
    File(PathBuf),
    /// In the credentials directory that systemd hands over.
    Credential(String),
}

/// Where a secret is, and which line says so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretRef {
    /// Where it is.
    pub source: SecretSource,
    /// The line.
    pub place: Place,
}

/// A file that a manifest names, and which line does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileRef {
    /// Path: relative ones are relative to the folder of the manifest, already joined.
    pub path: PathBuf,
    /// The line.
    pub place: Place,
}

/// A directory and how to reach it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DirectorySpec {
    /// Name of the manifest.
    pub name: String,
    /// How to reach it.
    pub connection: DirectoryConnection,
    /// The manifest.
    pub place: Place,
}

/// How to reach a directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DirectoryConnection {
    /// By LDAP.
    Ldap(Box<LdapConnection>),
    /// An export.
    Ldif(FileRef),
}

/// How to reach domain controllers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LdapConnection {
    /// DNS name of the domain.
    pub domain: String,
    /// In the order in which they are tried; empty asks DNS.
    pub servers: Vec<Server>,
    /// Name that certificates and Kerberos know the servers by; `None` is the host of each.
    pub server_name: Option<String>,
    /// How the connection is protected.
    pub transport: LdapTransport,
    /// Certificate authority; `None` takes those of the operating system.
    pub ca_file: Option<FileRef>,
    /// The account that reads.
    pub bind: Bind,
    /// Names below which is read; empty reads the whole domain.
    pub search_bases: Vec<crate::model::Dn>,
    /// Objects that are asked for at a time.
    pub page_size: u32,
    /// Port of the replication service; `None` asks the endpoint mapper.
    pub replication_port: Option<u16>,
}

/// A domain controller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    /// Name or address, IPv6 without brackets.
    pub host: String,
    /// `None` is the port of the transport.
    pub port: Option<u16>,
}

/// How an LDAP connection is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LdapTransport {
    /// TLS from the start.
    Ldaps,
    /// TLS on the plain port.
    StartTls,
}

/// The account that reads a directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Bind {
    /// User name and password.
    Simple {
        /// User principal name or distinguished name.
        user: String,
        /// Where the password is.
        password: SecretRef,
    },
    /// Kerberos with a keytab or a credential cache.
    Kerberos {
        /// Principal.
        principal: String,
        /// Where its key is.
        key: KerberosKey,
        /// Key distribution centre; `None` is the domain controller itself.
        kdc: Option<Server>,
    },
}

/// Where the key of a Kerberos principal is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KerberosKey {
    /// In a keytab.
    Keytab(SecretRef),
    /// In a credential cache.
    Cache(SecretRef),
}

/// A tenant and how to reach it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TenantSpec {
    /// Name of the manifest.
    pub name: String,
    /// Its id; `None` only for a sandbox.
    pub tenant_id: Option<Uuid>,
    /// Where it is.
    pub cloud: TenantCloud,
    /// How changes reach it.
    pub channel: Channel,
    /// What the channel `directorySync` needs to know.
    pub directory_sync: DirectorySyncSettings,
    /// Who samesign is there; `None` only for a sandbox.
    pub auth: Option<TenantAuth>,
    /// The manifest.
    pub place: Place,
}

/// Where a tenant is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TenantCloud {
    /// The worldwide service.
    Global,
    /// US Government L4.
    UsGov,
    /// US Government L5.
    UsGovDod,
    /// 21Vianet.
    China,
    /// Inside of samesign.
    Sandbox {
        /// File that keeps it; `None` forgets it.
        state: Option<FileRef>,
        /// File with the objects that a new one starts with.
        seed: Option<FileRef>,
    },
    /// At these addresses.
    Custom {
        /// Where tokens are issued, without a slash at the end.
        login: String,
        /// Microsoft Graph, without a slash at the end.
        graph: String,
        /// The endpoint of Entra Connect.
        provisioning: Option<String>,
        /// Certificate authority; `None` takes those of the operating system.
        ca_file: Option<FileRef>,
    },
}

impl TenantCloud {
    /// Whether it is inside of samesign.
    pub const fn is_sandbox(&self) -> bool {
        matches!(self, Self::Sandbox { .. })
    }
}

/// What the protocol of Entra Connect needs to know; what is `None` has a default.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct DirectorySyncSettings {
    /// The address of the service.
    pub endpoint: Option<String>,
    /// The build of Entra Connect that is stated.
    pub build_number: Option<String>,
    /// The domain below which redirects are followed.
    pub redirect_suffix: Option<String>,
    /// Most objects of one request.
    pub objects_per_request: Option<usize>,
    /// Most objects of one request of which only the manager is told.
    pub managers_per_request: Option<usize>,
    /// Switches of the tenant, and how they are to be.
    pub features: BTreeMap<Feature, bool>,
}

/// An app registration and its credential.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TenantAuth {
    /// Application id.
    pub client_id: Uuid,
    /// What proves it.
    pub credential: Credential,
}

/// What proves an application.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Credential {
    /// A client secret.
    ClientSecret(SecretRef),
    /// A PEM file with key and certificate.
    Certificate(SecretRef),
    /// A JWT of a federated credential, read again for each token.
    FederatedToken(SecretRef),
}

/// Where alarms go, and which.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotifierConnection {
    /// Name of the manifest.
    pub name: String,
    /// Least severity.
    pub least: AlarmLevel,
    /// How they are sent.
    pub way: AlarmWay,
    /// The manifest.
    pub place: Place,
}

/// How bad an alarm is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AlarmLevel {
    /// Everything.
    Info,
    /// What wants attention.
    Warning,
    /// What does not work.
    Error,
}

/// How alarms are sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AlarmWay {
    /// By mail.
    Mail(Box<MailConnection>),
    /// By an HTTPS request.
    Webhook {
        /// Where the address is.
        url: SecretRef,
        /// How the request looks.
        form: AlarmForm,
    },
    /// Not at all: an address is asked for as long as all goes well.
    Heartbeat {
        /// Where the address is.
        url: SecretRef,
        /// How often.
        every: Duration,
    },
}

/// How a request with an alarm looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AlarmForm {
    /// Plain JSON.
    Json,
    /// Microsoft Teams.
    Teams,
    /// Slack.
    Slack,
}

/// A mail server, and who gets mail through it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailConnection {
    /// The server.
    pub server: Server,
    /// Sender.
    pub from: String,
    /// Recipients.
    pub to: Vec<String>,
    /// User name there, and where the password is.
    pub login: Option<(String, SecretRef)>,
    /// Certificate authority; `None` takes those of the operating system.
    pub ca_file: Option<FileRef>,
}
