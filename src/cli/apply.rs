//! `samesign apply`: applies a saved plan, or plans, shows, asks and applies.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::manifest::Loaded;
use crate::model::{Digest, Links, Watermark};
use crate::plan::{
    ApprovedPlan, Change, Consent, Header, Inputs, Locked, Planned, Review, Unheld, lint_saved, review,
};
use crate::policy::Policy;
use crate::render::{PlanFile, approved_line, gone_line, moved_lines};
use crate::state::State;
use crate::target::dirsync::Known;

use super::args::{Apply, Common, Format};
use super::carrier::Carrier;
use super::console::{self, Console};
use super::converge::{Job, Records, converge};
use super::error::Error;
use super::progress::Applying;
use super::survey::{self, Survey, Tenants};
use super::{Ending, clock, faults, known, plan, plan_file, renames, rollback};

/// A plan that is about to be applied, with the policy that it belongs to.
struct Candidate<'a> {
    policy: &'a Policy,
    /// The plan, with what was read for it just now.
    planned: Planned,
    /// Lines about changes of a saved plan that are not made any more.
    dropped: Vec<String>,
    /// How many of them would be made differently now.
    moved: usize,
    /// Whether removals that a change of policy causes are held now and not part of a saved plan.
    policy_waits: bool,
    /// The objects of the tenant, as steps name them.
    known: Known,
}

pub(super) async fn run(args: &Apply, common: &Common, console: Console) -> Result<Ending, Error> {
    let files = saved(&args.what)?;
    let dir = folder(args, files.as_deref())?;
    let loaded = survey::load(&dir, console)?;
    let state = State::open(&survey::state_folder(common.state.as_ref()))?;
    let mut tenants = Tenants::default();
    let mut candidates = Vec::new();
    match &files {
        Some(files) => {
            for file in files {
                let policy = match_policy(&loaded, &file.planned.header)?;
                let survey = read(&loaded, policy, &mut tenants, &state, console).await?;
                let candidate = lock(policy, &file.planned, &survey.inputs(policy), &state)?;
                let known = known::of(&survey, &candidate.planned);
                candidates.push(Candidate { known, ..candidate });
            }
        }
        None => {
            for policy in survey::policies(&loaded, None)? {
                let survey = read(&loaded, policy, &mut tenants, &state, console).await?;
                let planned = survey::plan_checked(&survey.inputs(policy))?;
                let known = known::of(&survey, &planned);
                let (dropped, moved, policy_waits) = (Vec::new(), 0, false);
                candidates.push(Candidate { policy, planned, dropped, moved, policy_waits, known });
            }
        }
    }
    let reviews = review_all(&candidates, &state, &args.approve)?;
    show(&candidates, console)?;
    renames::say_how_to_follow(&dir, candidates.iter().map(|it| &it.planned))?;
    let runnable: usize = reviews.iter().map(|it| it.changes().count()).sum();
    if 0 < runnable && !args.auto_approve {
        confirm(runnable, files.is_some(), console)?;
    }
    let several = 1 < candidates.len();
    let (records, stop) = (Records::new(state), listen_for_interrupt());
    let mut ending = Ending::Done;
    for (mut candidate, approved) in candidates.into_iter().zip(&reviews) {
        let known = std::mem::take(&mut candidate.known);
        let tenant = tenants.open(&loaded, candidate.policy).await?;
        let progress = Applying::begin(&candidate.policy.name, approved.changes().count(), console);
        let hashes = survey::hashes(&loaded, candidate.policy)?;
        let is_closed = candidate.planned.report.is_closed;
        let carrier = Carrier { tenant, known, hashes, is_closed };
        let Candidate { policy, ref planned, dropped: _, moved, policy_waits, known: _ } = candidate;
        // Everybody is written once more: what was on record was read before somebody was asked.
        let links = &Links::default();
        let job = Job { policy, planned, approved, links, moved, policy_waits };
        let ended = Box::pin(converge(job, carrier, &records, Arc::clone(&stop), progress)).await?;
        // Two policies may well have done the same to the same name.
        let heading = if several { format!("\n{}\n", candidate.policy.name) } else { String::new() };
        console::print(&(heading + &ended.report))?;
        ending = worse(ending, ended.ending);
    }
    tenants.close().await?;
    Ok(ending)
}

/// Shows what will be done, and what of a saved plan will not.
fn show(candidates: &[Candidate<'_>], console: Console) -> Result<(), Error> {
    let plans: Vec<Planned> = candidates.iter().map(|it| it.planned.clone()).collect();
    console::print(&plan::show(&plans, Format::Text, console))?;
    for line in candidates.iter().flat_map(|it| &it.dropped) {
        console::print(line)?;
    }
    Ok(())
}

fn confirm(runnable: usize, is_saved: bool, console: Console) -> Result<(), Error> {
    match console.ask(&format!("\nApply {}?", words(runnable))) {
        Some(true) => Ok(()),
        Some(false) => Err(Error::failed("not applied: the answer was not `yes`")),
        // A saved plan was reviewed when it was saved.
        None if is_saved => Ok(()),
        None => Err(Error::failed("there is no terminal to ask on").hint(
            "review and save the plan with `samesign plan --out FILE`, then `samesign apply FILE`; or give \
             --auto-approve, which never approves what a guard holds",
        )),
    }
}

/// Holds a saved plan against the world as it is now.
fn lock<'a>(
    policy: &'a Policy,
    saved: &Planned,
    inputs: &Inputs<'_>,
    state: &State,
) -> Result<Candidate<'a>, Error> {
    let now = match saved.plan.rollback() {
        Some(rollback) => rollback::again(state, rollback, inputs)?,
        None => survey::plan_checked(inputs)?,
    };
    let (then_id, now_id) = (&saved.header.tenant_id, &now.header.tenant_id);
    if then_id != now_id {
        return Err(Error::failed(format!(
            "the plan is of tenant {then_id}, the manifests lead to {now_id}"
        ))
        .hint("apply it with the manifests that it was made from"));
    }
    match (&saved.header.watermark, &now.header.watermark) {
        (Some(Watermark { domain: Some(then), .. }), Some(Watermark { domain: Some(now), .. }))
            if then != now =>
        {
            return Err(Error::failed(format!(
                "the plan is of the domain with objectGUID {then}, {} now leads to the domain {now}",
                saved.header.directory.name
            ))
            .hint("look at `domain` and `servers` of the Directory; nothing was applied"));
        }
        _ => (),
    }
    let Locked { confirmed, gone, moved } = saved.plan.locked_against(&now.plan);
    let is_saved = |it: &Change| confirmed.changes().iter().any(|saved| saved.digest() == it.digest());
    let waits = |it: &&Change| it.held().is_some() && it.because().is_policy_change();
    let policy_waits = now.plan.changes().iter().filter(waits).any(|it| !is_saved(it));
    let mut dropped: Vec<String> = gone.iter().map(gone_line).collect();
    dropped.extend(moved.iter().map(|(then, now)| moved_lines(then, now)));
    let Planned { header, plan: _, report } = now;
    let planned = Planned { header, plan: confirmed, report };
    faults::refuse(&policy.name, &lint_saved(&planned, inputs))?;
    let known = Known::default();
    Ok(Candidate { policy, planned, dropped, moved: moved.len(), policy_waits, known })
}

fn words(changes: usize) -> String {
    if changes == 1 { "1 change".to_owned() } else { format!("{changes} changes") }
}

/// A failure outweighs something held, which outweighs success.
pub(super) fn worse(one: Ending, other: Ending) -> Ending {
    match (one, other) {
        (Ending::Failed, _) | (_, Ending::Failed) => Ending::Failed,
        (Ending::Held, _) | (_, Ending::Held) => Ending::Held,
        (Ending::Done | Ending::Pending, Ending::Done | Ending::Pending) => Ending::Done,
    }
}

/// The plans of a file; `None` for a folder.
fn saved(what: &Path) -> Result<Option<Vec<PlanFile>>, Error> {
    if !what.exists() {
        let what = what.display();
        return Err(Error::failed(format!(
            "there is neither a saved plan nor a folder of manifests at {what}"
        ))
        .hint("save a plan with `samesign plan --out FILE`, or give the folder of the manifests"));
    }
    if what.is_file() { plan_file::read(what, "apply").map(Some) } else { Ok(None) }
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
fn match_policy<'a>(loaded: &'a Loaded, header: &Header) -> Result<&'a Policy, Error> {
    let name = &header.policy;
    let policy = loaded.policies.iter().find(|it| it.name == *name).ok_or_else(|| {
        Error::failed(format!("the plan is of policy {name}, which the manifests do not have"))
    })?;
    if policy.digest == header.policy_digest {
        return Ok(policy);
    }
    let commit = |it: &Option<String>| it.as_ref().map_or_else(String::new, |it| format!(" (commit {it})"));
    Err(Error::failed(format!(
        "policy {name} is not the one that the plan was made with: {}{} then, {}{} now",
        header.policy_digest.short(),
        commit(&header.provenance.commit),
        policy.digest.short(),
        commit(&policy.provenance.commit),
    ))
    .hint("make a new plan"))
}

/// Reads both sides.
async fn read(
    loaded: &Loaded,
    policy: &Policy,
    tenants: &mut Tenants,
    state: &State,
    console: Console,
) -> Result<Survey, Error> {
    let tenant = tenants.open(loaded, policy).await?;
    Box::pin(Survey::read(loaded, policy, tenant, Some(state), console)).await
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
            unheld: Unheld::All,
            paused: BTreeSet::new(),
        };
        let Review { approved: may_run, without_effect } = review(plan, &consent, clock::now());
        for words in without_effect {
            console::say(&format!("warning: {words}"));
        }
        for change in may_run.changes().filter(|it| it.held().is_some()) {
            console::say(&approved_line(change));
        }
        approved.push(may_run);
    }
    Ok(approved)
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
