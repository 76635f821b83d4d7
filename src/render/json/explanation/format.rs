//! The explanation format, `samesign.dev/explanation/v1alpha1`.

use std::collections::BTreeMap;

use schemars::{JsonSchema, Schema, schema_for};
use serde::Serialize;

use crate::render::json::format::{BecauseJson, ChangeJson, FindingJson, KindJson};

/// The format of an explanation.
pub const EXPLANATION_FORMAT: &str = "samesign.dev/explanation/v1alpha1";

/// The JSON Schema of an explanation.
pub fn explanation_schema() -> Schema {
    schema_for!(ExplanationsJson)
}

/// What the policies have to say about the objects that a word means.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(title = "samesign explanation", rename = "Explanation")]
pub(super) struct ExplanationsJson {
    /// Always `samesign.dev/explanation/v1alpha1`.
    #[schemars(extend("const" = EXPLANATION_FORMAT))]
    pub(super) format: String,
    /// The word that was asked for.
    pub(super) who: String,
    /// One for each policy and object; several of one policy if the word is ambiguous.
    pub(super) explanations: Vec<ExplanationJson>,
}

/// What a policy has to say about one object.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "ExplainedObject")]
pub(super) struct ExplanationJson {
    /// Name of the policy.
    pub(super) policy: String,
    /// Kind of object; null for a container and for what nobody keeps the same.
    pub(super) kind: Option<KindJson>,
    /// The name that people know it by.
    pub(super) name: String,
    /// Where it was found.
    pub(super) place: PlaceJson,
    /// Its anchor.
    pub(super) anchor: Option<String>,
    /// Whether it is in scope; null for what the directory does not have.
    pub(super) scope: Option<ScopeJson>,
    /// How both sides relate.
    #[serde(rename = "match")]
    pub(super) found: MatchJson,
    /// Its object in the tenant.
    pub(super) tenant: Option<TenantSideJson>,
    /// Others that bear one of its names or addresses.
    pub(super) namesakes: Vec<NamesakeJson>,
    /// Whether a user may sign in.
    pub(super) sign_in: Option<SignInJson>,
    /// The password of a user in scope; null if the policy sends none.
    pub(super) password: Option<PasswordStateJson>,
    /// What the records say of an object that left.
    pub(super) leaving: Option<LeavingJson>,
    /// The members of a group.
    pub(super) members: Option<MembersJson>,
    /// The properties.
    pub(super) properties: Vec<PropertyJson>,
    /// Why the whole object is left alone, if it is.
    pub(super) left_alone: Option<String>,
    /// What the plan does with it now; as in the plan.
    pub(super) changes: Vec<ChangeJson>,
    /// What a person should know about it.
    pub(super) findings: Vec<FindingJson>,
    /// What the latest run that touched it did.
    pub(super) last: Vec<LastJson>,
}

/// A change that the latest run made, or tried to make.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "ExplainedLast")]
pub(super) struct LastJson {
    /// Number of the run, for `samesign history DIR RUN`.
    pub(super) run: i64,
    /// When it was known what became of it.
    pub(super) at: String,
    /// The word of its operation.
    pub(super) op: String,
    /// Why, as a sentence.
    pub(super) because: String,
    /// What became of it, in one word.
    pub(super) outcome: String,
    /// What there was to say about it.
    pub(super) message: Option<String>,
}

/// Where an object was found.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "ExplainedPlace")]
pub(super) struct PlaceJson {
    /// `directory`, `tenant` (there only), `records` (there only), `container` or `leftOut`.
    #[serde(rename = "where")]
    pub(super) sort: WhereJson,
    /// Name of the `Directory` manifest.
    pub(super) directory: String,
    /// Server or file that answered; null if the reading broke off.
    pub(super) server: Option<String>,
    /// Its name in the directory.
    pub(super) dn: Option<String>,
    /// Its `objectGUID`.
    pub(super) guid: Option<String>,
    /// Why an entry is left out.
    pub(super) left_out: Option<String>,
    /// What lies below a container, by kind.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) below: Option<BTreeMap<&'static str, BelowJson>>,
    /// Objects below a container that are out of scope, by the condition that they fail.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) out_of_scope: Option<BTreeMap<&'static str, usize>>,
}

/// Where.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "ExplainedWhere")]
pub(super) enum WhereJson {
    Directory,
    Tenant,
    Records,
    Container,
    LeftOut,
}

/// Objects of a kind below a container.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "ExplainedBelow")]
pub(super) struct BelowJson {
    /// All.
    pub(super) objects: usize,
    /// Those in scope.
    pub(super) in_scope: usize,
}

/// Whether an object is in scope.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "ExplainedScope")]
pub(super) struct ScopeJson {
    /// Whether it is.
    #[serde(rename = "in")]
    pub(super) is_in: bool,
    /// The word of the condition that decides: the first that fails.
    pub(super) decides: Option<&'static str>,
    /// All conditions, in their order.
    pub(super) conditions: Vec<ConditionJson>,
}

/// A condition of the scope.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "ExplainedCondition")]
pub(super) struct ConditionJson {
    /// Its word, as the policy names it.
    pub(super) condition: &'static str,
    /// What the policy says.
    pub(super) text: Vec<String>,
    /// Whether it holds.
    pub(super) holds: bool,
    /// Why it does not hold, in words.
    pub(super) reason: Option<String>,
    /// What made it hold or fail.
    pub(super) because: Option<String>,
    /// What was looked at.
    pub(super) inputs: Vec<InputJson>,
}

/// An attribute of the directory.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "ExplainedInput")]
pub(super) struct InputJson {
    /// Its name.
    pub(super) attribute: String,
    /// Its values, at most a hundred.
    pub(super) values: Vec<String>,
    /// How many there are.
    pub(super) count: usize,
}

/// How both sides relate.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "ExplainedMatch")]
pub(super) struct MatchJson {
    /// `recordAndAnchor`, `record`, `anchor`, `recycleBin`, `none`, `contested` or `notInDirectory`.
    pub(super) by: MatchWordJson,
    /// The name of another object of the directory with the same anchor.
    pub(super) contested_with: Option<String>,
}

/// By what both sides are the same object.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "ExplainedMatchWord")]
pub(super) enum MatchWordJson {
    RecordAndAnchor,
    Record,
    Anchor,
    RecycleBin,
    None,
    Contested,
    NotInDirectory,
}

/// An object of the tenant.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "ExplainedTenantObject")]
pub(super) struct TenantSideJson {
    /// Its id.
    pub(super) id: String,
    /// The name that people know it by.
    pub(super) name: String,
    /// Who is master: `cloud`, `synced` by Entra Connect, or `formerlySynced`.
    pub(super) origin: OriginJson,
    /// Whether a user is a guest.
    pub(super) guest: bool,
    /// The anchor that it bears.
    pub(super) anchor: Option<String>,
    /// Names of its directory roles; null if they are not known.
    pub(super) roles: Option<Vec<String>>,
    /// How many licences a user has.
    pub(super) licences: usize,
    /// Why it is never removed, blocked or adopted.
    pub(super) protected: Option<String>,
    /// When it went into the recycle bin.
    pub(super) deleted_at: Option<String>,
}

/// Who is master.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "ExplainedOrigin")]
pub(super) enum OriginJson {
    Cloud,
    Synced,
    FormerlySynced,
}

/// Another object with the same name or address.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "ExplainedNamesake")]
pub(super) struct NamesakeJson {
    /// Whether it is in the tenant; else it is in the directory.
    pub(super) in_tenant: bool,
    /// Whether it is in the tenant's recycle bin.
    pub(super) deleted: bool,
    /// Kind of object.
    pub(super) kind: KindJson,
    /// Its DN, or the name that people know it by in the tenant.
    pub(super) name: String,
    /// Its `objectGUID`, or its id in the tenant.
    pub(super) id: String,
    /// What both bear.
    pub(super) shared: String,
}

/// Whether a user may sign in.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "ExplainedSignIn")]
pub(super) struct SignInJson {
    /// `allowed`, `disabled`, `expired`, `leftAlone`, `notReadable` or `notAsked`.
    pub(super) directory: SignInWordJson,
    /// The day of `accountExpires`.
    pub(super) expires: Option<String>,
    /// Whether the tenant lets the user sign in; null without such a user.
    pub(super) tenant: Option<bool>,
}

/// The password of a user, as far as times tell.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "ExplainedPassword")]
pub(super) struct PasswordStateJson {
    /// `confirmed`, `waiting` or `left`.
    pub(super) standing: PasswordStandingJson,
    /// Why it does not travel, if so.
    pub(super) why: Option<String>,
    /// When it was changed in the directory.
    pub(super) changed: Option<String>,
    /// When the tenant confirmed one.
    pub(super) confirmed: Option<String>,
}

/// Whether the tenant has a password.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "ExplainedPasswordStanding")]
pub(super) enum PasswordStandingJson {
    Confirmed,
    Waiting,
    Left,
}

/// Whether a user may sign in, going by the directory.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "ExplainedSignInWord")]
pub(super) enum SignInWordJson {
    Allowed,
    Disabled,
    Expired,
    LeftAlone,
    NotReadable,
    NotAsked,
}

/// What the records say of an object that left.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "ExplainedLeaving")]
pub(super) struct LeavingJson {
    /// How it left, as in the plan; null if that cannot be said.
    pub(super) because: Option<BecauseJson>,
    /// Its name in the directory when it was last in scope.
    pub(super) last_dn: Option<String>,
    /// Since when it is leaving; a user is blocked since then.
    pub(super) blocked_since: Option<String>,
    /// The day on which it is deleted.
    pub(super) delete_on: Option<String>,
}

/// The members of a group.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "ExplainedMembers")]
pub(super) struct MembersJson {
    /// Direct members in the directory.
    pub(super) listed: usize,
    /// How many of them are members in the tenant.
    pub(super) present: usize,
    /// Members of the tenant's group.
    pub(super) in_tenant: usize,
    /// Whether a rule of the tenant computes them.
    pub(super) dynamic: bool,
    /// Whether those of the tenant's group were not read: then nothing is known of who is absent.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) not_read: bool,
    /// Members in the directory that are no members in the tenant.
    pub(super) absent: Vec<AbsentJson>,
}

/// A member that is missing in the tenant.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "ExplainedAbsent")]
pub(super) struct AbsentJson {
    /// Its name in the directory.
    pub(super) dn: String,
    /// `outOfScope`, `otherDomain`, `notRead`, `stuck`, `planned`, `held` or `leftOut`.
    pub(super) why: AbsenceJson,
    /// The same in words.
    pub(super) detail: Option<String>,
}

/// Why a member is missing.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "ExplainedAbsence")]
pub(super) enum AbsenceJson {
    OutOfScope,
    OtherDomain,
    NotRead,
    Stuck,
    Planned,
    Held,
    LeftOut,
}

/// A property.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "ExplainedProperty")]
pub(super) struct PropertyJson {
    /// Its Microsoft Graph name.
    pub(super) name: String,
    /// Name of the list of flows that it comes from.
    pub(super) list: String,
    /// The source, as it is written there.
    pub(super) source: String,
    /// Which side decides: `directory`, `initialOnly` or `tenant`.
    pub(super) authority: AuthorityJson,
    /// What the flow looked at.
    pub(super) inputs: Vec<InputJson>,
    /// What the directory wants; null if the property is left alone.
    pub(super) wanted: Option<Vec<String>>,
    /// What the tenant has; null without an object.
    pub(super) current: Option<Vec<String>>,
    /// `same`, `written`, `held` or `leftAlone`.
    pub(super) fate: FateJson,
    /// Why it is left alone.
    pub(super) why: Option<String>,
}

/// Which side decides.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "ExplainedAuthority")]
pub(super) enum AuthorityJson {
    Directory,
    InitialOnly,
    Tenant,
}

/// What comes of a property.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "ExplainedFate")]
pub(super) enum FateJson {
    Same,
    Written,
    Held,
    LeftAlone,
}
