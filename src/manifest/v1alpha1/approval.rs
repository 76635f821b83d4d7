//! `Approval`: consent to held changes, each by its digest.

use schemars::JsonSchema;
use serde::Deserialize;

use super::text_form;

/// Lets exactly the held changes that it lists run, once, until it expires.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ApprovalSpec {
    /// Name of the SyncPolicy.
    pub policy: String,
    /// Id of the plan in which the changes were seen; not binding.
    pub plan: Option<String>,
    /// Why.
    #[schemars(length(min = 1))]
    pub reason: String,
    /// Who approves.
    #[schemars(length(min = 1))]
    pub by: String,
    /// From then on it counts for nothing.
    pub expires: TimestampText,
    /// The changes, each by its own digest.
    pub changes: Vec<ApprovedChangeSpec>,
}

/// One approved change.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ApprovedChangeSpec {
    /// Its digest, as the plan shows it.
    pub digest: DigestText,
    /// What it is, for people.
    #[serde(default)]
    pub what: String,
}

/// A digest as text.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct DigestText(pub String);

text_form!(DigestText, "Digest", "digest", "^sha256:", ["sha256:5c0b…"]);

/// A point in time as text.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct TimestampText(pub String);

text_form!(
    TimestampText,
    "Timestamp",
    "point in time",
    r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]+)?)?(Z|[+-][0-9]{2}:[0-9]{2})$",
    ["2026-12-01T00:00:00Z"]
);
