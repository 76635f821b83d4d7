//! `scope` of a policy: which objects it handles.

use schemars::JsonSchema;
use serde::Deserialize;

use super::tenant::UuidText;

/// Which objects are handled; all conditions must hold.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ScopeSpec {
    /// Containers below which objects are in scope, each a distinguished name or `guid: OBJECTGUID`; by its
    /// objectGUID a container is found even after it was renamed. Without any, all objects are.
    #[serde(default)]
    pub bases: Vec<BaseSpec>,
    /// Containers below which objects are out of scope, although they lie below one of `bases`. The deepest
    /// container decides: a base below one of these brings back what lies below it.
    #[serde(default)]
    pub exclude_bases: Vec<BaseSpec>,
    /// LDAP filter that an object must match.
    #[schemars(extend("examples" = ["(mail=*)", "(!(employeeType=robot))"]))]
    pub filter: Option<String>,
    /// LDAP filters that an object must not match.
    #[serde(default)]
    pub exclude: Vec<String>,
    /// Distinguished names of groups; an object must belong to one of them, directly or through others.
    #[serde(default)]
    pub member_of: Vec<String>,
    /// Whether Entra Connect's own exclusions apply: built-in accounts, mailboxes of the system, conflicts of
    /// replication. Default: `true`.
    #[schemars(extend("default" = true))]
    pub default_exclusions: Option<bool>,
}

/// A container: a distinguished name, or `guid: OBJECTGUID`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum BaseSpec {
    /// By its distinguished name.
    Dn(String),
    /// By its objectGUID.
    Guid(GuidBase),
}

/// A container by its objectGUID.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GuidBase {
    /// Its objectGUID.
    pub guid: UuidText,
}
