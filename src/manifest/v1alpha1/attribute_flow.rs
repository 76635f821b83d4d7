//! `AttributeFlow`: a named, reusable list of flows.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::model::Property;

/// A named list of attribute flows. A policy lists several; a later flow to the same property wins.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AttributeFlowSpec {
    /// The kind of object that the flows are for.
    pub object: ObjectWord,
    /// The flows.
    pub flows: Vec<FlowSpec>,
}

/// A kind of object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum ObjectWord {
    /// People's accounts.
    User,
    /// Groups.
    Group,
    /// Mail contacts.
    Contact,
}

/// Editors offer these; what is no property is reported with the name that was meant.
fn property_names() -> Vec<&'static str> {
    let decided_elsewhere = [Property::AccountEnabled, Property::SecurityEnabled];
    Property::ALL.iter().filter(|it| !decided_elsewhere.contains(it)).map(|it| it.name()).collect()
}

/// One attribute mapping: `to` and one of `from` and `value`; neither with `authority: tenant`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FlowSpec {
    /// Property of the tenant, under its Microsoft Graph name.
    #[schemars(extend("examples" = property_names()))]
    pub to: String,
    /// Attribute of the directory that is copied.
    #[schemars(length(min = 1))]
    pub from: Option<String>,
    /// CEL expression; `ad.title` is an attribute, `has(ad.title)` asks whether it has a value.
    #[schemars(length(min = 1))]
    pub value: Option<String>,
    /// Which side the property belongs to. Default: `directory`.
    #[serde(default)]
    #[schemars(extend("default" = "directory"))]
    pub authority: AuthorityWord,
    /// What to do when the source has no value. Default: `empty` with `from`, `skip` with `value`.
    pub missing: Option<MissingSpec>,
}

/// Which side a property belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum AuthorityWord {
    /// The tenant is made to follow, always.
    #[default]
    Directory,
    /// Set when the object is created, then left alone.
    InitialOnly,
    /// Never written; a difference is only shown.
    Tenant,
}

/// What to do when the source has no value: a word, or `{default: TEXT}`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum MissingSpec {
    /// A word.
    Word(MissingWord),
    /// Use a text instead.
    Default(MissingDefault),
}

/// Use a text instead.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MissingDefault {
    /// The text.
    pub default: String,
}

/// What to do when the source has no value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum MissingWord {
    /// Leave the property alone.
    Skip,
    /// Take the value away.
    Empty,
    /// Report a finding and leave the property alone.
    Error,
}
