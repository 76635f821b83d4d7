//! The format of plans in which nobody can be recognised, `samesign.dev/pseudonymous-plan/v1alpha1`.
//!
//! It is written and never read: it has another name than saved plans, and no digest that could release anything.

use schemars::{JsonSchema, Schema, schema_for};
use serde::{Serialize, Serializer};

use crate::plan::{Change, Planned, Pseudonymous, Summary};

use super::encode;
use super::format::{
    AttributeJson, BecauseJson, ChangeJson, FindingJson, GuardJson, HoldJson, LeftAloneJson, MembersJson,
    OpJson, PolicyJson, StageJson, SubjectKindJson, SummaryJson, TenantJson,
};

/// The format of one plan.
pub const PSEUDONYMOUS_PLAN_FORMAT: &str = "samesign.dev/pseudonymous-plan/v1alpha1";
/// The format of several plans.
pub const PSEUDONYMOUS_PLANS_FORMAT: &str = "samesign.dev/pseudonymous-plans/v1alpha1";

/// The JSON Schema of one plan.
pub fn pseudonymous_plan_schema() -> Schema {
    schema_for!(PseudonymousPlanJson<Vec<PseudonymousChangeJson>>)
}

/// The JSON Schema of several plans.
pub fn pseudonymous_plans_schema() -> Schema {
    schema_for!(PseudonymousPlansJson<Vec<PseudonymousChangeJson>>)
}

/// One plan as itself, several in an envelope; two-space indentation and a line break at the end.
pub(in crate::render) fn plans_json(plans: &Pseudonymous<Planned>) -> String {
    let plans: Vec<PseudonymousPlanJson<Changes<'_>>> = plans.as_slice().iter().map(plan).collect();
    let text = match <[PseudonymousPlanJson<Changes<'_>>; 1]>::try_from(plans) {
        Ok([one]) => serde_json::to_string_pretty(&one),
        Err(plans) => {
            serde_json::to_string_pretty(&PseudonymousPlansJson { format: PSEUDONYMOUS_PLANS_FORMAT, plans })
        }
    };
    text.expect("the plan format has only string keys and serialises without failing") + "\n"
}

/// A plan for reading: names and values in it are pseudonyms. The same one stands for the same text within one output,
/// and for another text in the next.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(title = "samesign plan under pseudonyms", rename = "PseudonymousPlan")]
struct PseudonymousPlanJson<C> {
    /// Always `samesign.dev/pseudonymous-plan/v1alpha1`.
    #[schemars(extend("const" = PSEUDONYMOUS_PLAN_FORMAT))]
    format: &'static str,
    /// Eight hexadecimal digits: those of the plan that it tells of.
    #[schemars(regex(pattern = "^[0-9a-f]{8}$"))]
    id: String,
    /// The policy that decided.
    policy: PolicyJson,
    /// The directory as it was read.
    directory: SideJson,
    /// The tenant as it was read.
    tenant: TenantJson,
    /// The changes.
    changes: C,
    /// How many objects are not touched, by reason; none of them is listed.
    left_alone: LeftAloneJson,
    /// What a person should know.
    findings: Vec<FindingJson>,
    /// Changes by operation.
    summary: SummaryJson,
    /// The guards and what they counted.
    guards: Vec<GuardJson>,
}

/// Several plans, one for each policy, with the same pseudonyms.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(title = "samesign plans under pseudonyms", rename = "PseudonymousPlans")]
struct PseudonymousPlansJson<C> {
    /// Always `samesign.dev/pseudonymous-plans/v1alpha1`.
    #[schemars(extend("const" = PSEUDONYMOUS_PLANS_FORMAT))]
    format: &'static str,
    /// In order of the policies' names.
    plans: Vec<PseudonymousPlanJson<C>>,
}

/// The directory as it was read.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "PseudonymousDirectory")]
struct SideJson {
    /// Name of the manifest.
    name: String,
    /// Objects that were read.
    objects: usize,
    /// Whether the reading went to the end; if not, nothing is removed.
    whole: bool,
}

/// One change.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "PseudonymousChange")]
struct PseudonymousChangeJson {
    /// `create`, `update`, `block`, `unblock`, `delete`, `restore`, `adopt`, `members` or `password`.
    op: OpJson,
    /// A kind of object, or `tenant` for switches of the tenant itself.
    kind: SubjectKindJson,
    /// Stands for the identity on the directory's side: a number in base64 of 16 bytes.
    anchor: String,
    /// Stands for the identity on the tenant's side, by the same number; null if it is known after apply.
    id: Option<String>,
    /// Stands for the name that people know it by.
    name: String,
    /// Why.
    because: BecauseJson,
    /// What holds it; null if it may run.
    held: Option<HoldJson>,
    /// When it runs: all of one stage are done before the next begins.
    stage: StageJson,
    /// Properties that are written.
    attributes: Vec<AttributeJson>,
    /// Members that are added and taken out.
    members: Option<MembersJson>,
    /// Whether the tenant shall ask for another password at next logon; only with `password`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(default)]
    must_change: Option<bool>,
    /// Whether the recycle bin does not keep what is deleted; only with `delete`.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    #[schemars(default)]
    for_good: bool,
}

/// Changes that are converted one by one as they are written.
#[derive(Debug)]
struct Changes<'a>(&'a [Change]);

impl Serialize for Changes<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(change))
    }
}

fn plan(planned: &Planned) -> PseudonymousPlanJson<Changes<'_>> {
    let Planned { header, plan, report } = planned;
    PseudonymousPlanJson {
        format: PSEUDONYMOUS_PLAN_FORMAT,
        id: plan.id().to_owned(),
        policy: encode::policy(header),
        directory: SideJson {
            name: header.directory.name.clone(),
            objects: header.directory.objects,
            whole: header.directory.whole,
        },
        tenant: encode::tenant(header),
        changes: Changes(plan.changes()),
        left_alone: encode::left_alone(&report.left_alone),
        findings: report.findings.iter().map(encode::finding).collect(),
        summary: encode::summary(&Summary::of(plan)),
        guards: plan.guards().iter().map(encode::guard).collect(),
    }
}

fn change(change: &Change) -> PseudonymousChangeJson {
    let ChangeJson {
        // There is none of what is not told.
        digest: _,
        op,
        kind,
        anchor,
        id,
        name,
        because,
        held,
        stage,
        // Says once more what the values are.
        expects: _,
        attributes,
        members,
        password,
        for_good,
    } = encode::change(change);
    let must_change = password.map(|it| it.must_change);
    PseudonymousChangeJson {
        op,
        kind,
        anchor,
        id,
        name,
        because,
        held,
        stage,
        attributes,
        members,
        must_change,
        for_good,
    }
}
