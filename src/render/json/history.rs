//! The history format, `samesign.dev/history/v1alpha1`, and the values that the records keep in it.

use schemars::{JsonSchema, Schema, schema_for};
use serde::{Deserialize, Serialize};

use std::sync::Arc;

use crate::model::{Anchor, CloudId, ObjectKind, PastChange, PastRelease, PastRun};
use crate::plan::{Change, Deed, Did, Op, PastDeeds, Rollback, SubjectKind, Value};

use super::format::{AttributeJson, MembersJson, ValueJson};
use super::{decode, encode};

/// The format of a history.
pub const HISTORY_FORMAT: &str = "samesign.dev/history/v1alpha1";

/// The JSON Schema of a history.
pub fn history_schema() -> Schema {
    schema_for!(HistoryJson)
}

/// Runs, newest first; with the changes of one if they were asked for.
pub fn history_json(runs: &[PastRun], changes: Option<&[PastChange]>) -> String {
    let changes = changes.map(|all| all.iter().map(change).collect::<Vec<_>>());
    let history = HistoryJson {
        format: HISTORY_FORMAT.to_owned(),
        runs: runs.iter().map(|it| run(it, changes.clone())).collect(),
    };
    let text = serde_json::to_string_pretty(&history);
    text.expect("the history format has only string keys and serialises without failing") + "\n"
}

/// The values that a change writes, before and after, as the records keep them.
pub fn recorded_values(change: &Change) -> String {
    let switch = |from: bool, to: bool| {
        let value = |it| Some(ValueJson::Switch(it));
        vec![AttributeJson { name: "accountEnabled".to_owned(), from: value(from), to: value(to) }]
    };
    let op = change.op();
    let attributes = match op {
        Op::Block => switch(true, false),
        Op::Unblock => switch(false, true),
        Op::Create(_)
        | Op::Update(_)
        | Op::Adopt { .. }
        | Op::Delete
        | Op::Restore(_)
        | Op::Members { .. }
        | Op::Password(_)
        | Op::Features(_) => encode::attributes(op),
    };
    let values = ValuesJson { attributes, members: encode::members(op) };
    serde_json::to_string(&values).expect("values have only string keys and serialise without failing")
}

/// Values as people read them.
pub(in crate::render) struct Details {
    /// Property, value before, value after.
    pub(in crate::render) attributes: Vec<(String, Option<Value>, Option<Value>)>,
    /// Members that were added, by name.
    pub(in crate::render) added: Vec<String>,
    /// Members that were taken out, by name.
    pub(in crate::render) removed: Vec<String>,
}

/// Reads recorded values; what cannot be read is left out, since nothing is decided by it.
pub(in crate::render) fn read_details(values: &str) -> Details {
    let ValuesJson { attributes, members } = serde_json::from_str(values).unwrap_or_default();
    let side = |it: Option<&ValueJson>| it.and_then(|it| decode::value(it).ok());
    let attributes =
        attributes.into_iter().map(|it| (it.name, side(it.from.as_ref()), side(it.to.as_ref()))).collect();
    let members = members.map(|it| (it.add, it.remove)).unwrap_or_default();
    let names = |all: Vec<super::format::ReferenceJson>| all.into_iter().map(|it| it.name).collect();
    Details { attributes, added: names(members.0), removed: names(members.1) }
}

/// A change of the records that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the records of run {run} are damaged: {what} of {op} {kind} {name} is not valid")]
pub struct UnreadableDeed {
    run: i64,
    op: String,
    kind: String,
    name: String,
    what: &'static str,
}

/// What a run did, for whoever wants to undo it; what came to nothing is not among it.
pub fn past_deeds(run: &PastRun, changes: &[PastChange]) -> Result<PastDeeds, UnreadableDeed> {
    let mut deeds = Vec::new();
    for change in changes {
        let unreadable = |what| {
            let (op, kind, name) = (change.op.clone(), change.kind.clone(), change.name.clone());
            UnreadableDeed { run: run.number, op, kind, name, what }
        };
        let did = match change.outcome.as_str() {
            "done" => did(change).unwrap_or(Did::Unclear("this samesign cannot read its records of it")),
            "partly" => Did::Unclear("only some of the steps were done, and nobody knows which: look at it"),
            "unknown" => Did::Unclear("the tenant did not say whether it was done: look at it"),
            // Words of the records, not variants: whatever else there is, nothing was done.
            _ => continue,
        };
        let anchor: Anchor = change.anchor.parse().map_err(|_| unreadable("the anchor"))?;
        let id: Option<CloudId> =
            change.id.as_deref().map(str::parse).transpose().map_err(|_| unreadable("the id"))?;
        let kind = subject_kind(&change.kind).ok_or_else(|| unreadable("the kind"))?;
        deeds.push(Deed { kind, anchor, id, name: Arc::from(change.name.as_str()), did });
    }
    let rollback = Rollback { run: run.number, plan: run.plan.clone() };
    Ok(PastDeeds { rollback, commit: run.commit.clone(), has_ended: run.ended.is_some(), deeds })
}

fn subject_kind(word: &str) -> Option<SubjectKind> {
    let kinds = [ObjectKind::User, ObjectKind::Group, ObjectKind::Contact].map(SubjectKind::Object);
    kinds.into_iter().chain([SubjectKind::Tenant]).find(|it| it.word() == word)
}

/// `None` if an older or a newer samesign wrote it otherwise.
fn did(change: &PastChange) -> Option<Did> {
    let ValuesJson { attributes, members } = serde_json::from_str(&change.values).ok()?;
    let changes = || attributes.iter().map(decode::attribute).collect::<Result<_, _>>().ok();
    Some(match (change.op.as_str(), change.kind.as_str()) {
        ("update", "tenant") => {
            Did::Turned(attributes.iter().map(decode::turn).collect::<Result<_, _>>().ok()?)
        }
        ("update", _) => Did::Updated(changes()?),
        ("adopt", _) => Did::Adopted(changes()?),
        ("create", _) => Did::Created,
        ("block", _) => Did::Blocked,
        ("unblock", _) => Did::Unblocked,
        ("delete", _) => Did::Deleted,
        ("restore", _) => Did::Restored,
        ("password", _) => Did::Password,
        ("members", _) => {
            let MembersJson { add, remove, after: _ } = members?;
            let all = |it: &[super::format::ReferenceJson]| {
                it.iter().map(decode::reference).collect::<Result<_, _>>().ok()
            };
            Did::Members { added: all(&add)?, removed: all(&remove)? }
        }
        _ => return None,
    })
}

/// A run as the history has it, without its changes.
pub(in crate::render) fn past_run(it: &PastRun) -> RunJson {
    run(it, None)
}

fn run(run: &PastRun, changes: Option<Vec<PastChangeJson>>) -> RunJson {
    let PastRun { number, policy, tenant_id, plan, commit, dirty, policy_digest, by, .. } = run.clone();
    RunJson {
        run: number,
        policy,
        tenant: tenant_id,
        plan,
        commit,
        dirty,
        policy_digest,
        by,
        started: run.started.to_string(),
        ended: run.ended.map(|it| it.to_string()),
        done: run.done,
        failed: run.failed,
        held: run.held,
        changes,
    }
}

fn change(change: &PastChange) -> PastChangeJson {
    let PastChange { digest, op, kind, anchor, id, name, because, .. } = change.clone();
    let ValuesJson { attributes, members } = serde_json::from_str(&change.values).unwrap_or_default();
    PastChangeJson {
        digest,
        op,
        kind,
        anchor,
        id,
        name,
        because,
        attributes,
        members,
        outcome: change.outcome.clone(),
        message: change.message.clone(),
        approved: change.release.as_ref().map(release),
        settled: change.settled.to_string(),
    }
}

fn release(release: &PastRelease) -> ReleaseJson {
    let PastRelease { approval, by, reason, expires } = release.clone();
    ReleaseJson { approval, by, reason, expires: expires.map(|it| it.to_string()) }
}

/// What was done to tenants, newest first.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(title = "samesign history", rename = "History")]
struct HistoryJson {
    /// Always `samesign.dev/history/v1alpha1`.
    #[schemars(extend("const" = HISTORY_FORMAT))]
    format: String,
    /// Applications of plans.
    runs: Vec<RunJson>,
}

/// One application of a plan.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "HistoryRun")]
pub(in crate::render) struct RunJson {
    /// Its number; a later run has a higher one.
    run: i64,
    /// Name of the policy.
    policy: String,
    /// Id of the tenant.
    tenant: String,
    /// Id of the plan.
    plan: String,
    /// Git commit of the manifests.
    commit: Option<String>,
    /// Whether files differed from that commit.
    dirty: bool,
    /// Digest of what the manifests decided.
    policy_digest: String,
    /// Login name of whoever applied it.
    by: String,
    /// When it began.
    started: String,
    /// When it ended; null if it runs, or broke off.
    ended: Option<String>,
    /// Changes after which the tenant was as wanted.
    done: u32,
    /// Changes that came to nothing, for whatever reason.
    failed: u32,
    /// Changes that stayed held.
    held: u32,
    /// Its changes, in the order in which they were settled; absent from a list of runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    changes: Option<Vec<PastChangeJson>>,
}

/// One change of a run, and what became of it.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "HistoryChange")]
struct PastChangeJson {
    /// Its digest.
    digest: String,
    /// Operation, as in plans.
    op: String,
    /// `user` or `group`.
    kind: String,
    /// Identity on the directory's side: base64 of 16 bytes.
    anchor: String,
    /// Identity on the tenant's side; null if it never got one.
    id: Option<String>,
    /// The name that people knew it by.
    name: String,
    /// Why, as a sentence.
    because: String,
    /// Properties with the value before and after.
    attributes: Vec<AttributeJson>,
    /// Members that were added and taken out.
    members: Option<MembersJson>,
    /// `done`, `same`, `refused`, `failed`, `unknown`, `partly`, `skipped` or `stopped`.
    outcome: String,
    /// What there was to say about it.
    message: Option<String>,
    /// By whose word it ran; null if no guard had held it.
    approved: Option<ReleaseJson>,
    /// When it was known what became of it.
    settled: String,
}

/// By whose word a held change ran.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "HistoryApproval")]
struct ReleaseJson {
    /// Name of the Approval; null for `--approve`.
    approval: Option<String>,
    /// Who approved.
    by: String,
    /// Why; null for `--approve`.
    reason: Option<String>,
    /// Until when the approval counted.
    expires: Option<String>,
}

/// What the records keep of a change's values.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct ValuesJson {
    attributes: Vec<AttributeJson>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    members: Option<MembersJson>,
}
