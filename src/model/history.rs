//! What was done to tenants, as it was recorded: texts and numbers that no decision is made from, unless somebody asks
//! for a run to be undone.

use jiff::Timestamp;

/// One application of a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PastRun {
    /// Its number; a later run has a higher one.
    pub number: i64,
    /// Name of the policy.
    pub policy: String,
    /// Id of the tenant.
    pub tenant_id: String,
    /// Id of the plan.
    pub plan: String,
    /// Git commit of the manifests.
    pub commit: Option<String>,
    /// Whether files differed from that commit.
    pub dirty: bool,
    /// Digest of what the manifests decided.
    pub policy_digest: String,
    /// Login name of whoever applied it.
    pub by: String,
    /// When it began.
    pub started: Timestamp,
    /// When it ended; `None` if it runs, or broke off.
    pub ended: Option<Timestamp>,
    /// Changes after which the tenant was as wanted.
    pub done: u32,
    /// Changes that came to nothing, for whatever reason.
    pub failed: u32,
    /// Changes that stayed held.
    pub held: u32,
}

/// One change of a run, and what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PastChange {
    /// Its digest.
    pub digest: String,
    /// The word of its operation.
    pub op: String,
    /// Kind of object.
    pub kind: String,
    /// Identity on the directory's side.
    pub anchor: String,
    /// Identity on the tenant's side; `None` if it never got one.
    pub id: Option<String>,
    /// The name that people knew it by.
    pub name: String,
    /// Why, as a sentence.
    pub because: String,
    /// Values before and after, as the JSON of the plan has them.
    pub values: String,
    /// What became of it, in one word.
    pub outcome: String,
    /// What there was to say about it.
    pub message: Option<String>,
    /// By whose word it ran, if a guard had held it.
    pub release: Option<PastRelease>,
    /// When it was known what became of it.
    pub settled: Timestamp,
}

/// By whose word a held change ran.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PastRelease {
    /// Name of the approval; `None` for the command line.
    pub approval: Option<String>,
    /// Who.
    pub by: String,
    /// Why; the command line does not ask.
    pub reason: Option<String>,
    /// Until when it counted.
    pub expires: Option<Timestamp>,
}
