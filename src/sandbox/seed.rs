//! What a sandbox tenant holds at first and how it behaves: a YAML file in which everything has a default.
//!
//! It knows no route; a wrong seed is an error that names what is wrong.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::faults::Fault;
use super::object::Mastery;

/// The tenant that a sandbox starts with.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Seed {
    /// Display name of the organisation.
    pub organization: String,
    /// The tenant's GUID.
    #[schemars(with = "String")]
    pub tenant_id: Uuid,
    /// Country of the organisation, ISO 3166-1 alpha-2.
    pub country: String,
    /// `onPremisesSyncEnabled` of the organisation: never, off again, or on.
    pub on_premises_sync_enabled: Option<bool>,
    /// Domains; exactly one is `initial`, exactly one is `default`.
    pub domains: Vec<SeedDomain>,
    /// Applications. None: any client id with any non-empty secret or assertion gets all roles.
    pub apps: Vec<App>,
    /// Users.
    pub users: Vec<SeedUser>,
    /// Groups.
    pub groups: Vec<SeedGroup>,
    /// Contacts of the organisation.
    pub contacts: Vec<SeedContact>,
    /// Users in the recycle bin.
    pub deleted_users: Vec<SeedUser>,
    /// Subscriptions.
    pub skus: Vec<Sku>,
    /// Whether deleted security groups go into the recycle bin, as Microsoft 365 groups do.
    pub security_group_soft_delete: bool,
    /// Faults that are armed from the start.
    pub faults: Vec<Fault>,
    /// Limits of the service.
    pub throttle: ThrottleSettings,
    /// How far replicas lag.
    pub replication: Replication,
    /// The endpoint of Entra Connect.
    pub provisioning: Provisioning,
}

/// A domain of the tenant.
#[expect(clippy::struct_excessive_bools, reason = "four independent facts, as the service reports them")]
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct SeedDomain {
    /// Name.
    pub name: String,
    /// Whether it is verified; true unless said otherwise.
    #[serde(default = "yes")]
    pub verified: bool,
    /// Whether sign-in is federated.
    pub federated: bool,
    /// Whether it is the `….onmicrosoft.com` domain.
    pub initial: bool,
    /// Whether it is the default domain.
    #[serde(rename = "default")]
    pub is_default: bool,
}

const fn yes() -> bool {
    true
}

/// An application that may ask for tokens.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct App {
    /// Client id.
    #[schemars(with = "String")]
    pub client_id: Uuid,
    /// Client secret.
    pub secret: Option<SeedSecret>,
    /// Certificate in PEM, whose key signs client assertions.
    pub certificate: Option<String>,
    /// Base64url SHA-256 thumbprint of a certificate; the signature is then not verified.
    pub thumbprint: Option<String>,
    /// Issuer and subject of a federated assertion.
    pub federated: Option<Federated>,
    /// Application permissions; `["*"]` is all of them.
    pub roles: Vec<String>,
    /// Entra roles of the service principal, such as `User Administrator` or `Global Administrator`.
    pub directory_roles: Vec<String>,
}

impl App {
    /// Whether it has to prove who it is: one that has nothing to do so is a public client.
    pub(crate) const fn is_confidential(&self) -> bool {
        let Self { client_id: _, secret, certificate, thumbprint, federated, roles: _, directory_roles: _ } =
            self;
        secret.is_some() || certificate.is_some() || thumbprint.is_some() || federated.is_some()
    }
}

/// A secret in a seed: masked in `Debug`.
#[derive(Clone, JsonSchema)]
#[schemars(transparent)]
pub struct SeedSecret(String);

impl<'de> Deserialize<'de> for SeedSecret {
    /// With an error of its own, since the usual one quotes what it does not understand.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Value::deserialize(deserializer) {
            Ok(Value::String(text)) => Ok(Self(text)),
            Ok(Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_))
            | Err(_) => Err(D::Error::custom("a secret or password has to be text, in quotes")),
        }
    }
}

impl SeedSecret {
    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }

    pub(crate) fn matches(&self, given: &str) -> bool {
        self.0 == given
    }
}

impl std::fmt::Debug for SeedSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SeedSecret(**)")
    }
}

/// Whom a federated identity credential trusts.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Federated {
    /// Claim `iss`.
    pub issuer: String,
    /// Claim `sub`.
    pub subject: String,
    /// Claim `aud`.
    #[serde(default = "federated_audience")]
    pub audience: String,
}

fn federated_audience() -> String {
    "api://AzureADTokenExchange".to_owned()
}

/// A user. Any other member is a Graph property, `displayName` for one.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct SeedUser {
    /// Object id; made up when absent.
    #[schemars(with = "Option<String>")]
    pub id: Option<Uuid>,
    /// Sign-in name.
    pub user_principal_name: String,
    /// Password with which the user signs in, as it is typed. For rehearsals only: a seed is no place for a
    /// password that opens anything else. It may break the tenant's rules for passwords.
    pub password: Option<SeedSecret>,
    /// `userPrincipalName` of the manager.
    pub manager: Option<String>,
    /// Whether the user holds a privileged role: short for `directoryRoles: [Global Administrator]`.
    pub admin: bool,
    /// Names of the directory roles that the user holds.
    pub directory_roles: Vec<String>,
    /// Names of the directory roles that the user may activate.
    pub eligible_directory_roles: Vec<String>,
    /// Licences: the `skuPartNumber` or `skuId` of a subscription of this seed.
    pub licences: Vec<String>,
    /// Whether the user is a guest; `userType` says the same.
    pub guest: bool,
    /// Who is master.
    pub origin: Mastery,
    /// When a deleted user was deleted; now when absent.
    #[schemars(with = "Option<String>")]
    pub deleted_at: Option<Timestamp>,
    /// Other properties.
    #[serde(flatten)]
    pub properties: Map<String, Value>,
}

/// A group. Any other member is a Graph property.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct SeedGroup {
    /// Object id; made up when absent.
    #[schemars(with = "Option<String>")]
    pub id: Option<Uuid>,
    /// Display name.
    pub display_name: String,
    /// Members: a `userPrincipalName`, the `displayName` of a group, or an object id.
    pub members: Vec<String>,
    /// Owners: `userPrincipalName`s.
    pub owners: Vec<String>,
    /// Names of the directory roles that the group hands on; it is then a role-assignable one.
    pub directory_roles: Vec<String>,
    /// Names of the directory roles that members of the group may activate.
    pub eligible_directory_roles: Vec<String>,
    /// Who is master.
    pub origin: Mastery,
    /// Anchor by which Entra Connect knows the group.
    pub source_anchor: Option<String>,
    /// Other properties.
    #[serde(flatten)]
    pub properties: Map<String, Value>,
}

/// A contact of the organisation. Any other member is a Graph property.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct SeedContact {
    /// Object id; made up when absent.
    #[schemars(with = "Option<String>")]
    pub id: Option<Uuid>,
    /// Display name.
    pub display_name: String,
    /// Who is master.
    pub origin: Mastery,
    /// Anchor by which Entra Connect knows the contact.
    pub source_anchor: Option<String>,
    /// Other properties.
    #[serde(flatten)]
    pub properties: Map<String, Value>,
}

/// How the endpoint of Entra Connect behaves (password-sync reference, 3).
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Provisioning {
    /// Oldest `DirSyncBuildNumber` that is served.
    pub minimum_build: String,
    /// Newest one, as `Capabilities` tells.
    pub latest_build: String,
    /// Builds in between that are refused.
    pub refused_builds: Vec<String>,
    /// How often a request is sent to another address before it is answered.
    pub redirects: u8,
    /// Most objects in one batch.
    pub objects_per_batch_max: usize,
    /// Most links in one batch.
    pub links_per_batch_max: usize,
    /// Most iterations of a password hash with which people can still sign in. More are taken and do not work:
    /// so it is said of the service, and not proved.
    pub password_iterations_max: u32,
    /// Features that are not as in a new tenant, by their names in Graph.
    pub features: std::collections::BTreeMap<String, bool>,
}

impl Default for Provisioning {
    fn default() -> Self {
        Self {
            minimum_build: "2.5.79.0".to_owned(),
            latest_build: "2.6.84.0".to_owned(),
            refused_builds: vec!["2.6.79.0".to_owned()],
            redirects: 0,
            objects_per_batch_max: 500,
            links_per_batch_max: 15_000,
            password_iterations_max: 1_000,
            features: std::collections::BTreeMap::new(),
        }
    }
}

/// A subscription.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Sku {
    /// Product id.
    #[schemars(with = "String")]
    pub sku_id: Uuid,
    /// Product name, such as `ENTERPRISEPACK`.
    pub sku_part_number: String,
    /// Seats bought.
    pub enabled: u32,
    /// Seats that are past their date and still usable.
    pub warning: u32,
    /// Seats in use by others than the users of this seed.
    pub consumed: u32,
    /// Plans: name to id.
    #[schemars(with = "std::collections::BTreeMap<String, String>")]
    pub plans: std::collections::BTreeMap<String, Uuid>,
}

/// Throttling (graph-tenant reference, 6.2).
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct ThrottleSettings {
    /// Whether limits apply. Off by default, so that a rehearsal takes no longer than it must.
    pub on: bool,
    /// Factor on every limit: 0.01 leaves 30 writes in 150 seconds.
    pub scale: f64,
}

impl Default for ThrottleSettings {
    fn default() -> Self {
        Self { on: false, scale: 1.0 }
    }
}

/// How far each kind of reading lags behind the writes (graph-tenant reference, 6.5).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Replication {
    /// Reading one object by id, in milliseconds.
    pub get_ms: u32,
    /// Lists, filters and counts.
    pub list_ms: u32,
    /// Delta queries.
    pub delta_ms: u32,
    /// A new object as the target of a reference, or as the group that gets one.
    pub reference_ms: u32,
}

impl Default for Seed {
    fn default() -> Self {
        let domain = |name: &str, initial| SeedDomain {
            name: name.to_owned(),
            verified: true,
            federated: false,
            initial,
            is_default: !initial,
        };
        Self {
            organization: "Contoso".to_owned(),
            tenant_id: Uuid::from_u128(0x5a4d_b0c5_0000_4000_8000_0000_0c07_0500),
            country: "DE".to_owned(),
            on_premises_sync_enabled: None,
            domains: vec![domain("contoso.onmicrosoft.com", true), domain("contoso.com", false)],
            apps: Vec::new(),
            users: Vec::new(),
            groups: Vec::new(),
            contacts: Vec::new(),
            deleted_users: Vec::new(),
            skus: Vec::new(),
            security_group_soft_delete: true,
            faults: Vec::new(),
            throttle: ThrottleSettings::default(),
            replication: Replication::default(),
            provisioning: Provisioning::default(),
        }
    }
}

/// A seed that describes no tenant.
#[derive(Debug, thiserror::Error)]
pub enum SeedError {
    /// The text is no seed.
    #[error("cannot read the seed of the sandbox tenant")]
    Parse(#[source] serde_yaml::Error),
    /// No domain, or not exactly one, is marked.
    #[error("the seed needs exactly one domain with `{mark}: true`, found {found}")]
    Domains {
        /// `initial` or `default`.
        mark: &'static str,
        /// How many there are.
        found: usize,
    },
    /// An object of the seed breaks a rule of the service.
    #[error("the seed's {kind} `{name}` is not one that the service could hold: {reason}")]
    Object {
        /// `user` or `group`.
        kind: &'static str,
        /// Its name.
        name: String,
        /// The rule, in the service's words.
        reason: String,
    },
    /// A feature that is none.
    #[error("the seed switches `{0}`, which is no feature of directory synchronisation")]
    Feature(String),
    /// A directory role that is none.
    #[error(
        "the seed's `{holder}` holds `{role}`, which is no built-in directory role that the sandbox knows"
    )]
    Role {
        /// Who holds it.
        holder: String,
        /// The name.
        role: String,
    },
    /// A licence of nothing.
    #[error("the seed's `{user}` has a licence of `{sku}`, which is none of the seed's `skus`")]
    Licence {
        /// Who has it.
        user: String,
        /// The product.
        sku: String,
    },
    /// A reference to nothing.
    #[error("the seed's `{from}` refers to `{to}`, which is no user or group of the seed")]
    Reference {
        /// Who refers.
        from: String,
        /// To what.
        to: String,
    },
}

impl Seed {
    /// Reads a YAML seed; an empty text is the default seed.
    pub fn parse(text: &str) -> Result<Self, SeedError> {
        if text.trim().is_empty() {
            return Ok(Self::default());
        }
        let seed: Self = serde_yaml::from_str(text).map_err(SeedError::Parse)?;
        for (mark, found) in [
            ("initial", seed.domains.iter().filter(|it| it.initial).count()),
            ("default", seed.domains.iter().filter(|it| it.is_default).count()),
        ] {
            if found != 1 {
                return Err(SeedError::Domains { mark, found });
            }
        }
        Ok(seed)
    }
}
