//! `samesign apply`: applies a saved plan, or plans, shows, asks and applies.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use jiff::Timestamp;

use crate::apply::{Applied, Observer, apply};
use crate::manifest::Loaded;
use crate::model::Digest;
use crate::plan::{ApprovedPlan, Change, Consent, Planned, Review, review};
use crate::policy::Policy;
use crate::render::{PlanFile, outcome_line, outcomes_summary, read_plans};
use crate::state::{Record, State, StateError};
use crate::target::graph::{Reader, Tenant as GraphTenant};

use super::args::{Apply, Common, Format};
use super::console::{self, Console};
use super::error::Error;
use super::survey::{self, Survey, Tenants};
use super::{Ending, clock, plan};

/// A plan that is about to be applied, with the policy that it belongs to.
struct Candidate<'a> {
    policy: &'a Policy,
    planned: Planned,
    /// Whether the plan was made just now, so that its report is whole.
    fresh: bool,
}

pub(super) async fn run(args: &Apply, common: &Common, console: Console) -> Result<Ending, Error> {
    let files = if args.what.is_file() { Some(read_file(&args.what)?) } else { None };
    let dir = folder(args, files.as_deref())?;
    let loaded = survey::load(&dir, console)?;
    let mut state = State::open(&survey::state_folder(common.state.as_ref()))?;
    let mut tenants = Tenants::default();
    let is_saved = files.is_some();
    let candidates = match files {
        Some(files) => {
            files.into_iter().map(|it| match_policy(&loaded, it)).collect::<Result<Vec<_>, Error>>()?
        }
        None => Box::pin(plan_all(&loaded, &mut tenants, &state, console)).await?,
    };
    let reviews = review_all(&candidates, &state, &args.approve)?;
    let plans: Vec<Planned> = candidates.iter().map(|it| it.planned.clone()).collect();
    console::print(&plan::show(&plans, Format::Text, console))?;
    let runnable: usize = reviews.iter().map(|it| it.changes().count()).sum();
    if 0 < runnable && !args.auto_approve {
        match console.ask(&format!("\nApply {}?", words(runnable))) {
            Some(true) => (),
            Some(false) => return Err(Error::failed("not applied: the answer was not `yes`")),
            None if is_saved => (),
            None => {
                return Err(Error::failed("there is no terminal to ask on").hint(
                    "review and save the plan with `samesign plan --out FILE`, then `samesign apply FILE`; or give \
                     --auto-approve, which never approves what a guard holds",
                ));
            }
        }
    }
    let mut ending = Ending::Done;
    for (candidate, approved) in candidates.iter().zip(&reviews) {
        let ended = Box::pin(apply_one(&loaded, candidate, approved, &mut tenants, &mut state)).await?;
        console::print(&ended.report)?;
        ending = worse(ending, ended.ending);
    }
    tenants.close().await?;
    Ok(ending)
}

fn words(changes: usize) -> String {
    if changes == 1 { "1 change".to_owned() } else { format!("{changes} changes") }
}

/// A failure outweighs something held, which outweighs success.
fn worse(one: Ending, other: Ending) -> Ending {
    match (one, other) {
        (Ending::Failed, _) | (_, Ending::Failed) => Ending::Failed,
        (Ending::Held, _) | (_, Ending::Held) => Ending::Held,
        (Ending::Done | Ending::Pending, Ending::Done | Ending::Pending) => Ending::Done,
    }
}

fn read_file(path: &Path) -> Result<Vec<PlanFile>, Error> {
    #[expect(clippy::disallowed_methods, reason = "the command line reads what it is given")]
    let text = std::fs::read_to_string(path)
        .map_err(|cause| Error::failed(format!("cannot read {}", path.display())).because(&cause))?;
    read_plans(&text)
        .map_err(|cause| Error::failed(format!("cannot apply {}", path.display())).because(&cause))
}

/// The folder of manifests: given, named by the saved plan, or what is applied itself.
fn folder(args: &Apply, files: Option<&[PlanFile]>) -> Result<PathBuf, Error> {
    match (files, &args.dir) {
        (_, Some(dir)) => Ok(dir.clone()),
        (Some(files), None) => {
            files.first().and_then(|it| it.manifests.as_ref()).map(PathBuf::from).ok_or_else(|| {
                Error::usage(format!("{} does not say which manifests it was made from", args.what.display()))
                    .hint(format!("samesign apply {} DIR", args.what.display()))
            })
        }
        (None, None) => Ok(args.what.clone()),
    }
}

/// The policy of a saved plan, if it is still the one that the plan was made with.
fn match_policy(loaded: &Loaded, file: PlanFile) -> Result<Candidate<'_>, Error> {
    let planned = file.planned;
    let name = &planned.header.policy;
    let policy = loaded.policies.iter().find(|it| it.name == *name).ok_or_else(|| {
        Error::failed(format!("the plan is of policy {name}, which the manifests do not have"))
    })?;
    if policy.digest != planned.header.policy_digest {
        let commit =
            |it: &Option<String>| it.as_ref().map_or_else(String::new, |it| format!(" (commit {it})"));
        return Err(Error::failed(format!(
            "policy {name} is not the one that the plan was made with: {}{} then, {}{} now",
            planned.header.policy_digest.short(),
            commit(&planned.header.provenance.commit),
            policy.digest.short(),
            commit(&policy.provenance.commit),
        ))
        .hint("make a new plan"));
    }
    Ok(Candidate { policy, planned, fresh: false })
}

async fn plan_all<'a>(
    loaded: &'a Loaded,
    tenants: &mut Tenants,
    state: &State,
    console: Console,
) -> Result<Vec<Candidate<'a>>, Error> {
    let mut candidates = Vec::new();
    for policy in survey::policies(loaded, None)? {
        let tenant = tenants.open(loaded, policy).await?;
        let survey = Survey::read(loaded, policy, tenant, Some(state), console).await?;
        candidates.push(Candidate { policy, planned: survey.plan(policy), fresh: true });
    }
    Ok(candidates)
}

/// Decides what may run; approvals without effect are said.
fn review_all(
    candidates: &[Candidate<'_>],
    state: &State,
    approve: &[String],
) -> Result<Vec<ApprovedPlan>, Error> {
    let digest = |it: &String| {
        it.parse::<Digest>().map_err(|cause| Error::usage(format!("--approve {it}")).because(&cause))
    };
    let given: Vec<Digest> = approve.iter().map(digest).collect::<Result<_, _>>()?;
    let is_known = |it: &Digest| candidates.iter().any(|one| one.planned.plan.held_digest() == Some(*it));
    if let Some(unknown) = given.iter().find(|it| !is_known(it)) {
        return Err(Error::failed(format!("{unknown} is not the digest of what a plan holds now"))
            .hint("what is held has changed since: look at the new plan, then approve its digest"));
    }
    let mut approved = Vec::new();
    for candidate in candidates {
        let plan = candidate.planned.plan.clone();
        let consent = Consent {
            approvals: &candidate.policy.approvals,
            used: state.used_approvals(&candidate.policy.name)?,
            held_set: plan.held_digest().filter(|it| given.contains(it)),
        };
        let Review { approved: may_run, without_effect } = review(plan, &consent, clock::now());
        for words in without_effect {
            console::say(&format!("warning: {words}"));
        }
        approved.push(may_run);
    }
    Ok(approved)
}

struct Ended {
    report: String,
    ending: Ending,
}

async fn apply_one(
    loaded: &Loaded,
    candidate: &Candidate<'_>,
    approved: &ApprovedPlan,
    tenants: &mut Tenants,
    state: &mut State,
) -> Result<Ended, Error> {
    let header = &candidate.planned.header;
    let tenant = tenants.open(loaded, candidate.policy).await?;
    if !candidate.fresh {
        let identity = Reader::new(&tenant.connection).identity().await?;
        if identity.tenant_id != header.tenant_id {
            return Err(Error::failed(format!(
                "the plan is of tenant {}, the manifests lead to {identity}",
                header.tenant_id
            )));
        }
    }
    let record = Record {
        reviewed: candidate.policy.reviewed(),
        header,
        report: candidate.fresh.then_some(&candidate.planned.report),
        approved,
        as_of: clock::now(),
    };
    state.begin(&record)?;
    let stop = listen_for_interrupt();
    let mut journal = Journal { state, record: &record, stop, failed: None, lines: String::new() };
    let outcomes = Box::pin(apply(approved, &GraphTenant::new(&tenant.connection), &mut journal)).await;
    let Journal { failed, mut lines, .. } = journal;
    if let Some(error) = failed {
        return Err(error.into());
    }
    if outcomes.iter().all(|it| it.outcome.is_done()) {
        state.finish(&record)?;
    }
    let held = approved.held().count();
    if !outcomes.is_empty() || 0 < held {
        lines += &outcomes_summary(&outcomes, held);
    }
    let ending = match (outcomes.iter().all(|it| it.outcome.is_done()), held) {
        (false, _) => Ending::Failed,
        (true, 0) => Ending::Done,
        (true, _) => Ending::Held,
    };
    Ok(Ended { report: lines, ending })
}

/// Set by Ctrl-C: what runs is finished, nothing new is begun.
fn listen_for_interrupt() -> Arc<AtomicBool> {
    let stop = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&stop);
    tokio::spawn(async move {
        if tokio::signal::ctrl_c().await.is_ok() {
            flag.store(true, Ordering::Relaxed);
        }
    });
    stop
}

/// Records outcomes as they become known.
struct Journal<'a> {
    state: &'a mut State,
    record: &'a Record<'a>,
    stop: Arc<AtomicBool>,
    failed: Option<StateError>,
    lines: String,
}

impl Observer for Journal<'_> {
    fn settled(&mut self, change: &Change, applied: &Applied) {
        let header = self.record.header;
        let now: Timestamp = clock::now();
        let scope = (header.policy.as_str(), header.tenant_id.as_str());
        let recorded = self.state.settle(scope, change, (&applied.outcome, applied.id), now);
        if let Err(error) = recorded {
            self.failed.get_or_insert(error);
        }
        self.lines += &outcome_line(change, applied);
    }

    fn wants_to_stop(&self) -> bool {
        self.stop.load(Ordering::Relaxed) || self.failed.is_some()
    }
}
