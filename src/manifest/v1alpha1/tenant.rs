//! `Tenant`: which Office 365 tenant, and how to reach it.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{SecretFrom, text_form};

/// Which Office 365 tenant, and how to reach it.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TenantManifest {
    /// Directory (tenant) id, as the Entra admin centre shows it. Not needed with `cloud: sandbox`.
    pub tenant_id: Option<UuidText>,
    /// Which of Microsoft's clouds. Default: `global`.
    #[serde(default)]
    #[schemars(extend("default" = "global"))]
    pub cloud: Cloud,
    /// Addresses, with `cloud: custom` only.
    pub endpoints: Option<EndpointsSpec>,
    /// Files of the sandbox, with `cloud: sandbox` only.
    pub sandbox: Option<SandboxSpec>,
    /// How changes reach the tenant. Default: `graph`.
    #[serde(default)]
    #[schemars(extend("default" = "graph"))]
    pub channel: Channel,
    /// Settings of `channel: directorySync`; each has a default.
    #[serde(default)]
    pub directory_sync: DirectorySyncSpec,
    /// The app registration that samesign signs in as. Not needed with `cloud: sandbox`.
    pub auth: Option<AuthSpec>,
}

/// Which cloud a tenant is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Cloud {
    /// The worldwide service.
    #[default]
    Global,
    /// US Government L4 (GCC High).
    UsGov,
    /// US Government L5 (DoD).
    UsGovDod,
    /// China, operated by 21Vianet.
    China,
    /// A tenant inside of samesign: for a first try, for tests and for rehearsals.
    Sandbox,
    /// The addresses in `endpoints`.
    Custom,
}

/// How changes reach the tenant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Channel {
    /// Microsoft Graph: users and groups that the cloud masters.
    #[default]
    Graph,
    /// The protocol of Entra Connect: objects that the directory masters, contacts, password hashes.
    DirectorySync,
}

/// Settings of `channel: directorySync`.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DirectorySyncSpec {
    /// The provisioning service. Default: that of the worldwide cloud; Microsoft publishes no other.
    pub endpoint: Option<UrlText>,
    /// The build of Entra Connect that is stated: the service refuses old ones. Default: the newest that this version of
    /// samesign knows.
    #[schemars(regex(pattern = r"^[0-9]+\.[0-9]+\.[0-9]+\.[0-9]+$"))]
    pub build_number: Option<String>,
    /// The domain below which redirects of the service are followed. Default: Microsoft's own, and with another endpoint
    /// only its host.
    #[schemars(length(min = 3))]
    pub redirect_suffix: Option<String>,
    /// Most objects of one request. Default: 30, as Entra Connect sends.
    #[schemars(range(min = 1, max = 1000))]
    pub objects_per_request: Option<u16>,
    /// Most objects of one request of which only the manager is told. Microsoft says no limit; as many as
    /// `objectsPerRequest` is the careful choice. Default: 150.
    #[schemars(range(min = 1, max = 1000))]
    pub managers_per_request: Option<u16>,
    /// Switches of the tenant's directory synchronisation; what is not listed stays as it is. Plans show what is to be turned, and hold it until it is approved.
    #[serde(default)]
    pub features: FeaturesSpec,
}

/// Switches of directory synchronisation, under their names in Microsoft Graph.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "Features")]
pub struct FeaturesSpec {
    /// Password hashes are taken.
    pub password_sync_enabled: Option<bool>,
    /// "Must change the password at next logon" is taken with the hash.
    pub user_force_password_change_on_logon_enabled: Option<bool>,
    /// Passwords of synchronised users expire as cloud passwords do.
    pub cloud_password_policy_for_password_synced_users_enabled: Option<bool>,
    /// An object may be joined to a cloud user by its user principal name. Once on, it stays on.
    pub soft_match_on_upn_enabled: Option<bool>,
    /// No object is joined to a cloud object by mail address or name.
    pub block_soft_match_enabled: Option<bool>,
    /// No cloud user is taken over by an anchor.
    pub block_cloud_object_takeover_through_hard_match_enabled: Option<bool>,
    /// The user principal name of licensed users follows the directory. Once on, it stays on.
    pub synchronize_upn_for_managed_users_enabled: Option<bool>,
    /// Directory extensions are taken.
    pub directory_extensions_enabled: Option<bool>,
}

/// Addresses of a tenant's services: `https`, or `http` on loopback.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EndpointsSpec {
    /// Where tokens are issued, such as `https://login.microsoftonline.com`.
    pub login: UrlText,
    /// Microsoft Graph, such as `https://graph.microsoft.com`.
    pub graph: UrlText,
    /// The endpoint of `channel: directorySync`.
    pub provisioning: Option<UrlText>,
    /// PEM file with the certificate authority of these servers, relative to this manifest.
    pub ca_file: Option<String>,
}

/// Files of the sandbox.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SandboxSpec {
    /// File that keeps the tenant between runs, relative to this manifest; created if it does not exist.
    #[schemars(length(min = 1))]
    pub state: Option<String>,
    /// File with the objects that a new tenant starts with, relative to this manifest. It is not a manifest
    /// and is not read as one, even if it lies among them.
    #[schemars(length(min = 1))]
    pub seed: Option<String>,
}

/// The app registration that samesign signs in as: `clientId` and exactly one credential.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AuthSpec {
    /// Application (client) id.
    pub client_id: UuidText,
    /// Where the client secret is.
    pub client_secret_from: Option<SecretFrom>,
    /// Where the certificate is: a PEM file with key and certificate.
    pub certificate_from: Option<SecretFrom>,
    /// Where the token of a federated credential is, a JWT.
    pub federated_token_from: Option<SecretFrom>,
}

/// A UUID as text.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct UuidText(pub String);

text_form!(
    UuidText,
    "Uuid",
    "id of the form 8-4-4-4-12",
    "^[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}$",
    ["8d1f0a52-6f0f-4a55-9a3c-0c7d6a1d2e11"]
);

/// An address as text.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct UrlText(pub String);

text_form!(UrlText, "Url", "address", "^https?://[^\\s/?#@]+(/[^\\s?#]*)?$", ["https://graph.example.com"]);
