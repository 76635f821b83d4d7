//! Where a secret is: a manifest names the place, never the secret.

use schemars::JsonSchema;
use serde::Deserialize;

/// Where a secret is read from when it is needed: exactly one of the three.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(extend("minProperties" = 1, "maxProperties" = 1))]
pub struct SecretFrom {
    /// Name of an environment variable.
    #[schemars(length(min = 1))]
    pub env: Option<String>,
    /// Path of a file, relative to this manifest. A line break at its end is ignored.
    #[schemars(length(min = 1))]
    pub file: Option<String>,
    /// Name of a credential that systemd hands over (`LoadCredential=`).
    #[schemars(length(min = 1))]
    pub credential: Option<String>,
}
