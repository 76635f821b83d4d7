//! `PolicyTest`: what a policy should make of made-up objects.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::ObjectWord;

/// Tests of a policy, run offline by `samesign test`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PolicyTestSpec {
    /// Name of the SyncPolicy.
    pub policy: String,
    /// The cases.
    pub cases: Vec<TestCase>,
}

/// One object and what the policy should make of it.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TestCase {
    /// What the case shows.
    #[schemars(length(min = 1))]
    pub name: String,
    /// Kind of the object. Without it, `objectClass` decides.
    pub object: Option<ObjectWord>,
    /// Attributes of the object in the directory; a value or a list of values each.
    pub directory: BTreeMap<String, AttributeValue>,
    /// What the policy should make of it.
    pub expect: ExpectSpec,
}

/// What the policy should make of an object: at least one of these.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(extend("minProperties" = 1))]
pub struct ExpectSpec {
    /// Properties of the tenant and their values; others may have any.
    #[serde(default)]
    pub attributes: BTreeMap<String, AttributeValue>,
    /// Properties of the tenant that have no value, or whose value is taken away.
    #[serde(default)]
    pub removed: Vec<String>,
    /// The object is out of scope, for this reason.
    pub out_of_scope: Option<OutOfScopeWord>,
}

/// Why an object is out of scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum OutOfScopeWord {
    /// For any reason.
    Any,
    /// The policy does not handle objects of this kind.
    Kind,
    /// It is below none of the `bases`.
    Bases,
    /// It is below one of `excludeBases`.
    ExcludeBases,
    /// It does not match `filter`.
    Filter,
    /// It matches one of `exclude`.
    Exclude,
    /// It belongs to none of the groups in `memberOf`.
    MemberOf,
    /// It is one of Entra Connect's own exclusions.
    DefaultExclusions,
    /// It has no anchor.
    Anchor,
    /// The tenant's channel cannot write such an object.
    Channel,
}

impl OutOfScopeWord {
    /// The word that manifests use.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Any => "any",
            Self::Kind => "kind",
            Self::Bases => "bases",
            Self::ExcludeBases => "excludeBases",
            Self::Filter => "filter",
            Self::Exclude => "exclude",
            Self::MemberOf => "memberOf",
            Self::DefaultExclusions => "defaultExclusions",
            Self::Anchor => "anchor",
            Self::Channel => "channel",
        }
    }
}

/// A value or a list of values; numbers and switches count as they are written.
#[derive(Clone, Debug, Deserialize)]
#[serde(transparent)]
pub struct AttributeValue(pub serde_json::Value);

impl JsonSchema for AttributeValue {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "AttributeValue".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "description": "A value or a list of values; numbers and switches count as they are written.",
            "type": ["string", "number", "boolean", "array"],
            "items": {"type": ["string", "number", "boolean"]},
        })
    }
}
