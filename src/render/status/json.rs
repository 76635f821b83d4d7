//! The format of how policies stand, `samesign.dev/status/v1alpha1`.

use jiff::Timestamp;
use schemars::{JsonSchema, Schema, schema_for};
use serde::Serialize;

use crate::plan::{
    Failing, PasswordStanding, PasswordState, Passwords, PolicyStatus, Sides, Underway, UserPassword,
};
use crate::render::json::{RunJson, past_run};

/// The format of how policies stand.
pub const STATUS_FORMAT: &str = "samesign.dev/status/v1alpha1";

/// The JSON Schema of it.
pub fn status_schema() -> Schema {
    schema_for!(StatusJson)
}

/// Two-space indentation and a line break at the end.
pub fn status_json(policies: &[PolicyStatus]) -> String {
    let text = serde_json::to_string_pretty(&status(policies));
    text.expect("the format has only string keys and serialises without failing") + "\n"
}

/// The same on one line, for whoever reads one after the other.
pub fn status_json_line(policies: &[PolicyStatus]) -> String {
    serde_json::to_string(&status(policies))
        .expect("the format has only string keys and serialises without failing")
        + "\n"
}

fn status(policies: &[PolicyStatus]) -> StatusJson {
    StatusJson { format: STATUS_FORMAT.to_owned(), policies: policies.iter().map(policy).collect() }
}

/// How policies stand.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(title = "samesign status", rename = "Status")]
struct StatusJson {
    /// Always `samesign.dev/status/v1alpha1`.
    #[schemars(extend("const" = STATUS_FORMAT))]
    format: String,
    /// One for each policy.
    policies: Vec<PolicyJson>,
}

/// How a policy stands.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "StatusPolicy")]
struct PolicyJson {
    /// Its name.
    policy: String,
    /// Name of its Directory.
    directory: String,
    /// Name of its Tenant.
    tenant: String,
    /// The time that it is about.
    as_of: String,
    /// The latest run; null if nothing was applied yet, as far as the records go.
    last_apply: Option<RunJson>,
    /// What failed last, and not since.
    failing: Vec<FailingJson>,
    /// Who left and waits for the end of a grace period, the longest first.
    leaving: Vec<LeavingJson>,
    /// What both sides show; null if they could not be read.
    now: Option<NowJson>,
    /// Why both sides could not be read, or not to the end; null if they were.
    unread: Option<String>,
    /// How passwords stand.
    passwords: PasswordsJson,
}

/// A change that came to nothing in the latest run that touched its object.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "StatusFailing")]
struct FailingJson {
    /// Number of the run.
    run: i64,
    /// Kind of the object.
    kind: String,
    /// The name that people knew it by.
    name: String,
    /// Identity on the directory's side: base64 of 16 bytes.
    anchor: String,
    /// Identity on the tenant's side; null if it never got one.
    id: Option<String>,
    /// Operation, as in plans.
    op: String,
    /// Why it was planned, as a sentence.
    because: String,
    /// `refused`, `failed`, `unknown`, `partly`, `skipped` or `stopped`.
    outcome: String,
    /// What there was to say about it.
    message: Option<String>,
    /// When it was known what became of it.
    settled: String,
    /// Whether something is planned for the object now; null if both sides could not be read.
    planned: Option<bool>,
    /// How often it failed in a row under `samesign run`; null if that does not try it.
    failures: Option<u32>,
    /// When a service tries it again, unless its values change before; null if none does.
    next_try: Option<String>,
}

/// Somebody who left.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "StatusLeaving")]
struct LeavingJson {
    /// Kind of the object.
    kind: String,
    /// Its name in the directory when it was last in scope; else the one in the tenant, or its id there.
    name: String,
    /// Since when.
    since: String,
    /// The day from which on it is deleted unless it comes back or a guard holds it; null for never.
    delete_from: Option<String>,
    /// Whether it is back in scope, so that the next apply ends this; null if the directory was not read that far.
    back: Option<bool>,
}

/// What both sides show.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "StatusNow")]
struct NowJson {
    /// Changes that a plan has.
    changes: usize,
    /// Those of them that undo a change of the tenant itself.
    drifted: usize,
    /// Those of them that are held, by guard.
    held: Vec<HeldJson>,
    /// What there is to know of the channel.
    notes: Vec<String>,
}

/// How many changes a guard holds.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "StatusHeld")]
struct HeldJson {
    /// The guard, as in plans.
    guard: String,
    /// How many.
    changes: usize,
}

/// How passwords stand.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "StatusPasswords")]
struct PasswordsJson {
    /// Why none travels; null if they do.
    none_travel: Option<String>,
    /// Users of whom the tenant confirmed a password once, as far as the records go.
    on_record: usize,
    /// When it did so last.
    last_confirmed: Option<String>,
    /// Users by where their password stands; null if both sides could not be read, or none travels.
    users: Option<UsersJson>,
}

/// Users by where their password stands.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "StatusUsers")]
struct UsersJson {
    /// How many have the same password on both sides.
    confirmed: usize,
    /// The one whose password the tenant confirmed last.
    latest: Option<UserJson>,
    /// The largest lag of those who wait, in seconds; null if nobody waits, or no time is known.
    oldest_lag_seconds: Option<i64>,
    /// Whose password the next apply sends, the longest behind first.
    waiting: Vec<UserJson>,
    /// Whose password does not travel.
    left: Vec<UserJson>,
}

/// The password of one user.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "StatusUser")]
struct UserJson {
    /// The name that people know the user by.
    name: String,
    /// Whether the tenant has the user.
    in_tenant: bool,
    /// When it was set in the directory; null if it must be changed first, or nobody knows.
    changed: Option<String>,
    /// When the tenant confirmed one, this or an older one.
    confirmed: Option<String>,
    /// How long the tenant is behind, or was until it confirmed, in seconds.
    lag_seconds: Option<i64>,
    /// Why it does not travel; null if it does.
    why: Option<String>,
}

fn policy(it: &PolicyStatus) -> PolicyJson {
    let PolicyStatus {
        policy,
        directory,
        tenant,
        as_of,
        last,
        failing: failed,
        leaving: left,
        confirmed: _,
        no_travel: _,
        sides,
    } = it;
    PolicyJson {
        policy: policy.clone(),
        directory: directory.clone(),
        tenant: tenant.clone(),
        as_of: as_of.to_string(),
        last_apply: last.as_ref().map(past_run),
        failing: failed.iter().map(failing).collect(),
        leaving: left.iter().map(leaving).collect(),
        now: sides.as_ref().ok().map(now),
        unread: match sides {
            Ok(sides) => sides.broken.clone(),
            Err(why) => Some(why.clone()),
        },
        passwords: passwords(it),
    }
}

fn failing(it: &Failing) -> FailingJson {
    let Failing { run, change, planned, paused } = it;
    FailingJson {
        run: *run,
        kind: change.kind.clone(),
        name: change.name.clone(),
        anchor: change.anchor.clone(),
        id: change.id.clone(),
        op: change.op.clone(),
        because: change.because.clone(),
        outcome: change.outcome.clone(),
        message: change.message.clone(),
        settled: change.settled.to_string(),
        planned: *planned,
        failures: paused.as_ref().map(|it| it.failures),
        next_try: paused.as_ref().map(|it| it.next.to_string()),
    }
}

fn leaving(it: &Underway) -> LeavingJson {
    let Underway { kind, name, since, delete_from, is_back } = it;
    LeavingJson {
        kind: kind.word().to_owned(),
        name: name.clone(),
        since: since.to_string(),
        delete_from: delete_from.map(|it| it.to_string()),
        back: *is_back,
    }
}

fn now(it: &Sides) -> NowJson {
    let Sides { broken: _, changes, drifted, held, notes, passwords: _ } = it;
    let held =
        held.iter().map(|(guard, changes)| HeldJson { guard: guard.word().to_owned(), changes: *changes });
    NowJson { changes: *changes, drifted: *drifted, held: held.collect(), notes: notes.clone() }
}

fn passwords(it: &PolicyStatus) -> PasswordsJson {
    let (on_record, last_confirmed) = it.confirmed;
    let current = it.sides.as_ref().ok().and_then(|it| it.passwords.as_ref());
    PasswordsJson {
        none_travel: it.no_travel.map(|it| it.to_string()),
        on_record,
        last_confirmed: last_confirmed.map(|it| it.to_string()),
        users: current.map(|passwords| users(passwords, it.as_of)),
    }
}

fn users(it: &Passwords, as_of: Timestamp) -> UsersJson {
    let Passwords { confirmed, waiting, left } = it;
    let all = |users: &[UserPassword]| users.iter().map(|it| user(it, as_of)).collect::<Vec<_>>();
    let waiting = all(waiting);
    UsersJson {
        confirmed: confirmed.len(),
        latest: confirmed.last().map(|it| user(it, as_of)),
        oldest_lag_seconds: waiting.iter().filter_map(|it| it.lag_seconds).max(),
        waiting,
        left: all(left),
    }
}

fn user(it: &UserPassword, as_of: Timestamp) -> UserJson {
    let UserPassword { name, in_tenant, state } = it;
    let PasswordState { changed, confirmed, standing } = state;
    UserJson {
        name: name.clone(),
        in_tenant: *in_tenant,
        changed: changed.map(|it| it.to_string()),
        confirmed: confirmed.map(|it| it.to_string()),
        lag_seconds: state.lag(as_of).map(|it| it.as_secs()),
        why: match standing {
            PasswordStanding::Left(why) => Some(why.to_string()),
            PasswordStanding::Confirmed | PasswordStanding::Waiting => None,
        },
    }
}
