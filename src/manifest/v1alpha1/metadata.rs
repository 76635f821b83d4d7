//! What every manifest has: a name, and notes that decide nothing.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::Name;

/// Name and notes of a manifest.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Metadata {
    /// Name, by which other manifests refer to this one: lower-case letters, digits, `-` and `.`.
    pub name: Name,
    /// Labels for people and tools; they decide nothing.
    #[serde(default)]
    pub labels: BTreeMap<String, String>,
    /// Notes for people and tools; they decide nothing.
    #[serde(default)]
    pub annotations: BTreeMap<String, String>,
}
