//! The effect format, `samesign.dev/effect/v1alpha1`.

use schemars::{JsonSchema, Schema, schema_for};
use serde::Serialize;

use crate::model::ObjectKind;
use crate::plan::{
    Class, Effect, ObjectEffect, OutOfScope, Passage, Presence, PropertyEffect, SettingChange, Wanted,
};

use super::{Compared, verdict};

/// The format of the effects of one change of manifests.
pub const EFFECT_FORMAT: &str = "samesign.dev/effect/v1alpha1";

/// The JSON Schema of it.
pub fn effect_schema() -> Schema {
    schema_for!(EffectsJson)
}

/// Two-space indentation and a line break at the end.
pub fn effect_json(compared: &Compared<'_>) -> String {
    effects_json(compared, false)
}

/// The same; `pseudonyms`, if names and values are some.
pub(in crate::render) fn effects_json(compared: &Compared<'_>, pseudonyms: bool) -> String {
    let Compared { revision, commit, effects } = compared;
    let effects = EffectsJson {
        format: EFFECT_FORMAT.to_owned(),
        pseudonyms,
        against: AgainstJson { revision: (*revision).to_owned(), commit: (*commit).to_owned() },
        verdict: verdict(effects),
        policies: effects.iter().map(policy).collect(),
    };
    let text = serde_json::to_string_pretty(&effects);
    text.expect("the effect format has only string keys and serialises without failing") + "\n"
}

/// What a change of the manifests does to live data, compared with a revision of them.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(title = "samesign effect", rename = "Effect")]
struct EffectsJson {
    /// Always `samesign.dev/effect/v1alpha1`.
    #[schemars(extend("const" = EFFECT_FORMAT))]
    format: String,
    /// Whether names and values are pseudonyms; absent if not.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    #[schemars(default)]
    pseudonyms: bool,
    /// What the manifests were compared with.
    against: AgainstJson,
    /// The worst of it, in one sentence.
    verdict: String,
    /// In order of the policies' names.
    policies: Vec<PolicyJson>,
}

/// What the manifests were compared with.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "EffectAgainst")]
struct AgainstJson {
    /// The revision as it was asked for.
    revision: String,
    /// Its git commit.
    commit: String,
}

/// The effect on one policy.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "EffectPolicy")]
struct PolicyJson {
    /// Name of the manifest.
    name: String,
    /// Name of its directory.
    directory: String,
    /// Name of its tenant.
    tenant: String,
    /// In which versions it is.
    presence: PresenceJson,
    /// Objects of a policy that is gone which the tenant has; null if it is there, or if they are unknown.
    looked_after: Option<usize>,
    /// Why nobody knows who is an admin; null if it is known.
    roles_unknown: Option<String>,
    /// Why the directory was not read to its end; null if it was.
    broken_off: Option<String>,
    /// How many objects of each class, and settings.
    summary: SummaryJson,
    /// Settings that differ, loosened ones first.
    settings: Vec<SettingJson>,
    /// Objects that something happens to.
    objects: Vec<ObjectJson>,
}

/// In which versions a policy is.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "EffectPresence")]
enum PresenceJson {
    Both,
    New,
    Gone,
}

/// Objects by class, worst first; one object may be in several.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "EffectSummary")]
struct SummaryJson {
    /// Holders of directory roles that anything happens to.
    admins: usize,
    /// Out of scope.
    leaving: usize,
    /// Out of scope, with licences.
    licences: usize,
    /// User principal names that change.
    user_names: usize,
    /// Primary addresses that change.
    addresses: usize,
    /// Objects that lose a value.
    clears: usize,
    /// Settings that allow more than before.
    loosened: usize,
    /// Objects of which other attributes change.
    attributes: usize,
    /// Objects of which attributes are not written any more.
    released: usize,
    /// Into scope.
    entering: usize,
    /// Settings that differ, loosened or not.
    settings: usize,
}

/// A class of effects.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "EffectClass")]
enum ClassJson {
    Admins,
    Leaving,
    Licences,
    UserNames,
    Addresses,
    Clears,
    Attributes,
    Released,
    Entering,
}

/// A setting that differs.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "EffectSetting")]
struct SettingJson {
    /// Which, in words.
    setting: String,
    /// As it was.
    before: String,
    /// As it is.
    after: String,
    /// Whether more may happen unseen than before.
    loosened: bool,
}

/// An object that something happens to.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "EffectObject")]
struct ObjectJson {
    /// Kind.
    kind: KindJson,
    /// The name that people know it by.
    name: String,
    /// Its name in the directory.
    dn: String,
    /// Its id in the tenant; null if the tenant does not have it.
    id: Option<String>,
    /// Directory roles that it holds.
    roles: Vec<String>,
    /// Licences that it holds.
    licences: usize,
    /// What happens to it, worst first.
    classes: Vec<ClassJson>,
    /// Whether it is in scope.
    scope: ScopesJson,
    /// Properties of which the versions do not want the same.
    attributes: Vec<AttributeJson>,
}

/// A kind of object.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "EffectKind")]
enum KindJson {
    User,
    Group,
    Contact,
}

/// Whether an object is in scope, in both versions.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "EffectScopes")]
struct ScopesJson {
    /// As it was.
    before: ScopeJson,
    /// As it is.
    after: ScopeJson,
}

/// Whether an object is in scope.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "EffectScope")]
struct ScopeJson {
    /// Whether it is.
    in_scope: bool,
    /// The condition that decided, in one word; null if it is in scope or if there is no policy.
    reason: Option<String>,
    /// The same in a sentence.
    detail: Option<String>,
}

/// A property of which the versions do not want the same.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "EffectAttribute")]
struct AttributeJson {
    /// Its Microsoft Graph name.
    name: String,
    /// What the version before wants.
    before: WantedJson,
    /// What the version after wants.
    after: WantedJson,
    /// What the tenant has; null if it does not have the object.
    tenant: Option<Vec<String>>,
}

/// What a version wants a property to be.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "EffectWanted")]
enum WantedJson {
    /// These values; none takes them away.
    Values(Vec<String>),
    /// Whatever it is, and why.
    LeftAlone(String),
}

fn policy(effect: &Effect) -> PolicyJson {
    let Effect { policy, directory, tenant, presence, settings, objects, roles_unknown, broken_off } = effect;
    let (presence, looked_after) = match presence {
        Presence::Both => (PresenceJson::Both, None),
        Presence::New => (PresenceJson::New, None),
        Presence::Gone { looked_after } => (PresenceJson::Gone, *looked_after),
    };
    PolicyJson {
        name: policy.clone(),
        directory: directory.clone(),
        tenant: tenant.clone(),
        presence,
        looked_after,
        roles_unknown: roles_unknown.clone(),
        broken_off: broken_off.clone(),
        summary: summary(effect),
        settings: settings.iter().map(setting).collect(),
        objects: objects.iter().map(object).collect(),
    }
}

fn summary(effect: &Effect) -> SummaryJson {
    let count = |class: Class| effect.of_class(class).count();
    SummaryJson {
        admins: count(Class::Admins),
        leaving: count(Class::Leaving),
        licences: count(Class::Licences),
        user_names: count(Class::UserNames),
        addresses: count(Class::Addresses),
        clears: count(Class::Clears),
        loosened: effect.loosened().count(),
        attributes: count(Class::Attributes),
        released: count(Class::Released),
        entering: count(Class::Entering),
        settings: effect.settings.len(),
    }
}

fn setting(change: &SettingChange) -> SettingJson {
    let SettingChange { setting, before, after, loosened } = change.clone();
    SettingJson { setting, before, after, loosened }
}

fn object(object: &ObjectEffect) -> ObjectJson {
    let ObjectEffect { kind, name, dn, id, roles, licences, passage, changes } = object;
    ObjectJson {
        kind: match kind {
            ObjectKind::User => KindJson::User,
            ObjectKind::Group => KindJson::Group,
            ObjectKind::Contact => KindJson::Contact,
        },
        name: name.clone(),
        dn: dn.clone(),
        id: id.map(|it| it.to_string()),
        roles: roles.clone(),
        licences: *licences,
        classes: Class::ALL.iter().filter(|it| object.is_of(**it)).map(|it| class(*it)).collect(),
        scope: scopes(passage),
        attributes: changes.iter().map(attribute).collect(),
    }
}

const fn class(class: Class) -> ClassJson {
    match class {
        Class::Admins => ClassJson::Admins,
        Class::Leaving => ClassJson::Leaving,
        Class::Licences => ClassJson::Licences,
        Class::UserNames => ClassJson::UserNames,
        Class::Addresses => ClassJson::Addresses,
        Class::Clears => ClassJson::Clears,
        Class::Attributes => ClassJson::Attributes,
        Class::Released => ClassJson::Released,
        Class::Entering => ClassJson::Entering,
    }
}

fn scopes(passage: &Passage) -> ScopesJson {
    let inside = || ScopeJson { in_scope: true, reason: None, detail: None };
    let outside = |why: &Option<OutOfScope>| ScopeJson {
        in_scope: false,
        reason: why.as_ref().map(|it| it.word().to_owned()),
        detail: why.as_ref().map(ToString::to_string),
    };
    match passage {
        Passage::Stays => ScopesJson { before: inside(), after: inside() },
        Passage::Enters(why) => ScopesJson { before: outside(why), after: inside() },
        Passage::Leaves(why) => ScopesJson { before: inside(), after: outside(why) },
    }
}

fn attribute(change: &PropertyEffect) -> AttributeJson {
    let PropertyEffect { property, before, after, tenant } = change;
    let wanted = |it: &Wanted| match it {
        Wanted::Values(values) => WantedJson::Values(values.clone()),
        Wanted::LeftAlone(why) => WantedJson::LeftAlone(why.clone()),
    };
    AttributeJson {
        name: property.name().to_owned(),
        before: wanted(before),
        after: wanted(after),
        tenant: tenant.clone(),
    }
}
