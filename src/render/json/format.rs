//! The plan format, `samesign.dev/plan/v1alpha1`.

use schemars::{JsonSchema, Schema, schema_for};
use serde::{Deserialize, Serialize};

/// The format of one plan.
pub const FORMAT: &str = "samesign.dev/plan/v1alpha1";
/// The format of several plans.
pub const PLANS_FORMAT: &str = "samesign.dev/plans/v1alpha1";

/// The JSON Schema of one plan.
pub fn plan_schema() -> Schema {
    schema_for!(PlanJson<Vec<ChangeJson>>)
}

/// The JSON Schema of several plans.
pub fn plans_schema() -> Schema {
    schema_for!(PlansJson<Vec<ChangeJson>>)
}

/// A plan: every change that would make the tenant the same as the directory, in the order in which they run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(title = "samesign plan", rename = "Plan")]
pub(super) struct PlanJson<C = Vec<ChangeJson>> {
    /// Always `samesign.dev/plan/v1alpha1`.
    #[schemars(extend("const" = FORMAT))]
    pub(super) format: String,
    /// Eight hexadecimal digits; the same inputs give the same id.
    #[schemars(regex(pattern = "^[0-9a-f]{8}$"))]
    pub(super) id: String,
    /// The run that it undoes; absent from a plan that makes the tenant the same as the directory.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) rollback: Option<RollbackJson>,
    /// The policy that decided.
    pub(super) policy: PolicyJson,
    /// Folder of the manifests that the plan was made from; absent if it was not saved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) manifests: Option<String>,
    /// The directory as it was read.
    pub(super) directory: DirectoryJson,
    /// The tenant as it was read.
    pub(super) tenant: TenantJson,
    /// Digest of all held changes that an approval could release.
    pub(super) held_digest: Option<String>,
    /// The changes.
    pub(super) changes: C,
    /// Objects that are not touched, by reason.
    pub(super) left_alone: LeftAloneJson,
    /// What a person should know.
    pub(super) findings: Vec<FindingJson>,
    /// Changes by operation.
    pub(super) summary: SummaryJson,
    /// The guards and what they counted.
    pub(super) guards: Vec<GuardJson>,
}

/// Several plans, one for each policy.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(title = "samesign plans", rename = "Plans")]
pub(super) struct PlansJson<C = Vec<ChangeJson>> {
    /// Always `samesign.dev/plans/v1alpha1`.
    #[schemars(extend("const" = PLANS_FORMAT))]
    pub(super) format: String,
    /// In order of the policies' names.
    pub(super) plans: Vec<PlanJson<C>>,
}

/// The run that a plan undoes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "PlanRollback")]
pub(super) struct RollbackJson {
    /// Its number in the records.
    pub(super) run: i64,
    /// Id of the plan that it applied.
    pub(super) plan: String,
}

/// The policy that decided.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "PlanPolicy")]
pub(super) struct PolicyJson {
    /// Name of the manifest.
    pub(super) name: String,
    /// Git commit of the manifests.
    pub(super) commit: Option<String>,
    /// Whether files differ from that commit.
    pub(super) dirty: bool,
    /// Digest of what the manifests decide.
    pub(super) digest: String,
}

/// The directory as it was read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "PlanDirectory")]
pub(super) struct DirectoryJson {
    /// Name of the manifest.
    pub(super) name: String,
    /// Objects that were read.
    pub(super) objects: usize,
    /// Whether the reading went to the end; if not, nothing is removed.
    pub(super) whole: bool,
    /// How far the reading saw.
    pub(super) watermark: Option<WatermarkJson>,
}

/// How far a reading of the directory saw.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "PlanWatermark")]
pub(super) struct WatermarkJson {
    /// Server or file that answered.
    pub(super) server: String,
    /// Identity of the domain: objectGUID of its own entry.
    pub(super) domain: Option<String>,
    /// Identity of the domain controller's database.
    pub(super) invocation_id: Option<String>,
    /// Its highest change number before the first page.
    pub(super) highest_usn: Option<u64>,
}

/// The tenant as it was read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "PlanTenant")]
pub(super) struct TenantJson {
    /// Name of the manifest.
    pub(super) name: String,
    /// The tenant's id.
    pub(super) id: String,
    /// Objects that were read, the recycle bin apart.
    pub(super) objects: usize,
    /// Always true: a tenant that was not read to the end is not planned for.
    pub(super) whole: bool,
}

/// One change.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "PlanChange")]
pub(super) struct ChangeJson {
    /// Digest of policy, tenant, object, operation, values and reason: what an approval binds to.
    #[schemars(regex(pattern = "^sha256:[0-9a-f]{64}$"))]
    pub(super) digest: String,
    /// `create`, `update`, `block`, `unblock`, `delete`, `restore`, `adopt`, `members`, `password` or `licence`.
    pub(super) op: OpJson,
    /// A kind of object, or `tenant` for switches of the tenant itself.
    pub(super) kind: SubjectKindJson,
    /// Identity on the directory's side: base64 of 16 bytes.
    pub(super) anchor: String,
    /// Identity on the tenant's side; null if it is known after apply.
    pub(super) id: Option<String>,
    /// The name that people know it by.
    pub(super) name: String,
    /// Why.
    pub(super) because: BecauseJson,
    /// What holds it; null if it may run.
    pub(super) held: Option<HoldJson>,
    /// When it runs: all of one stage are done before the next begins.
    pub(super) stage: StageJson,
    /// What must still be so when it runs.
    pub(super) expects: ExpectsJson,
    /// Properties that are written.
    pub(super) attributes: Vec<AttributeJson>,
    /// Members that are added and taken out.
    pub(super) members: Option<MembersJson>,
    /// Whose password is sent; only with `password`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) password: Option<PasswordJson>,
    /// Whether the recycle bin does not keep what is deleted; only with `delete`.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) for_good: bool,
}

/// An operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "PlanOp")]
pub(super) enum OpJson {
    Create,
    Update,
    Block,
    Unblock,
    Delete,
    Restore,
    Adopt,
    Members,
    Password,
}

/// A kind of object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "PlanKind")]
pub(super) enum KindJson {
    User,
    Group,
    Contact,
}

/// What a change is about: a kind of object, or the tenant itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "PlanSubjectKind")]
pub(super) enum SubjectKindJson {
    User,
    Group,
    Contact,
    Tenant,
}

/// A reason.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "PlanBecause")]
pub(super) struct BecauseJson {
    /// One word.
    pub(super) reason: ReasonJson,
    /// The condition of the scope that is not met; of an adoption, the name of the directory's object.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) detail: Option<String>,
    /// The container that the object was in when it was last in scope.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) from: Option<String>,
    /// The container that it is in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) to: Option<String>,
    /// What changed in the policy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) edit: Option<EditJson>,
    /// The property by which two objects look the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) property: Option<String>,
    /// The day on which the account expired.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) expired_on: Option<String>,
    /// The day on which it is deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) delete_on: Option<String>,
    /// Number of the run that is undone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) run: Option<i64>,
}

impl BecauseJson {
    /// A reason that says nothing more.
    pub(super) const fn of(reason: ReasonJson) -> Self {
        Self {
            reason,
            detail: None,
            from: None,
            to: None,
            edit: None,
            property: None,
            expired_on: None,
            delete_on: None,
            run: None,
        }
    }
}

/// What changed in a policy since a plan of it was last applied.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "PlanEdit")]
pub(super) struct EditJson {
    /// Settings by their place in the manifest, such as `users.scope.filter`; `directory` if that is another one;
    /// empty if nothing was applied yet.
    pub(super) settings: Vec<String>,
    /// Git commit that was last applied.
    pub(super) before: Option<String>,
    /// Git commit of the manifests.
    pub(super) commit: Option<String>,
    /// Whether files differ from that commit.
    pub(super) dirty: bool,
}

/// Why a change is in the plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "PlanReason")]
pub(super) enum ReasonJson {
    MissingInTenant,
    InRecycleBin,
    MasteredByCloud,
    PasswordChanged,
    FeatureDiffers,
    AttributeDiffers,
    MembersDiffer,
    DriftedInTenant,
    FlowChanged,
    LooksTheSame,
    DisabledInDirectory,
    ExpiredInDirectory,
    EnabledInDirectory,
    Returned,
    DeletedInDirectory,
    MovedOutOfScope,
    PolicyChanged,
    MembersDeparted,
    RolledBack,
}

/// What holds a change.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "PlanHold")]
pub(super) struct HoldJson {
    /// Which guard.
    pub(super) guard: String,
    /// A sentence for people.
    pub(super) reason: String,
}

/// A stage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "PlanStage")]
pub(super) struct StageJson {
    /// Its name.
    pub(super) name: StageNameJson,
    /// How many others have to give up a name first.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub(super) after: u32,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes fields by reference")]
const fn is_zero(number: &u32) -> bool {
    *number == 0
}

/// The name of a stage, in the order in which they run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "PlanStageName")]
pub(super) enum StageNameJson {
    Features,
    Block,
    Restore,
    UpdateUsers,
    Adopt,
    CreateUsers,
    CreateContacts,
    UpdateContacts,
    Unblock,
    Passwords,
    Managers,
    CreateGroups,
    UpdateGroups,
    AddMembers,
    RemoveMembers,
    DeleteContacts,
    DeleteGroups,
    DeleteUsers,
}

/// What must still be so when a change runs.
#[derive(Clone, Debug, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "PlanExpects")]
pub(super) struct ExpectsJson {
    /// Where the object is: `nowhere`, `active` or `recycleBin`.
    pub(super) object: WhereJson,
    /// Values that properties still have.
    #[serde(default, skip_serializing_if = "serde_json::Map::is_empty")]
    pub(super) values: serde_json::Map<String, serde_json::Value>,
}

/// Where an object is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "PlanWhere")]
pub(super) enum WhereJson {
    Nowhere,
    #[default]
    Active,
    RecycleBin,
}

/// A property that is written.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "PlanAttribute")]
pub(super) struct AttributeJson {
    /// Its Microsoft Graph name.
    pub(super) name: String,
    /// The value before; null for none.
    pub(super) from: Option<ValueJson>,
    /// The value after; null takes it away.
    pub(super) to: Option<ValueJson>,
}

/// A value.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
#[schemars(rename = "PlanValue")]
pub(super) enum ValueJson {
    /// A switch.
    Switch(bool),
    /// A text.
    Text(String),
    /// A set.
    Set(Vec<String>),
    /// A value that was sent and that the tenant does not show.
    NotShown(NotShownJson),
    /// Another object.
    Reference(ReferenceJson),
}

/// A value that was sent and that the tenant does not show.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "PlanNotShown")]
pub(super) struct NotShownJson {
    /// Always true.
    pub(super) not_shown: bool,
}

/// Another object.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "PlanReference")]
pub(super) struct ReferenceJson {
    /// Its id in the tenant; absent if it is known after apply.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) id: Option<String>,
    /// The anchor of an object that this plan creates.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) anchor: Option<String>,
    /// The name that people know it by.
    pub(super) name: String,
}

/// Whose password is sent, and when it was set: never the password or anything made from it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "PlanPassword")]
pub(super) struct PasswordJson {
    /// `objectGUID` of the account.
    pub(super) account: String,
    /// `pwdLastSet` as the directory writes it: steps of 100 ns since 1601.
    pub(super) last_set: String,
    /// The same as a time; absent if the password must be changed first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) changed: Option<String>,
    /// Whether the tenant shall ask for another password at next logon.
    pub(super) must_change: bool,
}

/// Members that are added and taken out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "PlanMembers")]
pub(super) struct MembersJson {
    /// Added.
    pub(super) add: Vec<ReferenceJson>,
    /// Taken out.
    pub(super) remove: Vec<ReferenceJson>,
    /// How many members the group then has.
    pub(super) after: usize,
}

/// Objects that are not touched, by reason.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "PlanLeftAlone")]
pub(super) struct LeftAloneJson {
    /// In scope, and the tenant is already so.
    pub(super) unchanged: usize,
    /// In the tenant without an anchor of the directory.
    pub(super) cloud_only: usize,
    /// Entra Connect is their master.
    pub(super) mastered_elsewhere: usize,
    /// They carry an anchor that neither the directory nor the records know.
    pub(super) unknown_anchor: usize,
    /// In the directory and out of scope, by the condition that they fail.
    pub(super) out_of_scope: std::collections::BTreeMap<String, usize>,
    /// Each of them.
    pub(super) objects: Vec<UntouchedJson>,
}

/// An object that is not touched, and why.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "PlanUntouched")]
pub(super) struct UntouchedJson {
    /// Kind of object.
    pub(super) kind: KindJson,
    /// The name that people know it by; its name in the directory if the tenant does not have it.
    pub(super) name: String,
    /// `unchanged`, `cloudOnly`, `masteredElsewhere`, `unknownAnchor`, `outOfScope` or `stuck`.
    pub(super) reason: String,
    /// The condition of the scope that it fails.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) detail: Option<String>,
}

/// What a person should know.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "PlanFinding")]
pub(super) struct FindingJson {
    /// Kind of object; null for something else, such as a container.
    pub(super) kind: Option<KindJson>,
    /// The name that people know it by.
    pub(super) name: String,
    /// What it is about, in one word.
    pub(super) about: String,
    /// A sentence.
    pub(super) text: String,
}

/// Changes by operation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "PlanSummary")]
pub(super) struct SummaryJson {
    pub(super) create: usize,
    pub(super) update: usize,
    pub(super) block: usize,
    pub(super) unblock: usize,
    pub(super) delete: usize,
    pub(super) restore: usize,
    pub(super) adopt: usize,
    pub(super) members: usize,
    pub(super) passwords: usize,
    pub(super) licences: usize,
    pub(super) held: usize,
}

/// A guard and what it counted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "PlanGuard")]
pub(super) struct GuardJson {
    /// Its name.
    pub(super) guard: String,
    /// Changes that it counts.
    pub(super) counted: usize,
    /// Its limit; null for a guard that holds every such change.
    pub(super) limit: Option<LimitJson>,
    /// Whether it holds them.
    pub(super) tripped: bool,
}

/// A limit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "PlanLimit")]
pub(super) struct LimitJson {
    /// Most changes.
    pub(super) max: u32,
    /// Most changes, in percent of the managed objects.
    pub(super) percent: Option<u32>,
    /// Changes that the percentage never trips on.
    pub(super) floor: u32,
}
