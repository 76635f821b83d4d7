//! `samesign rollback`: makes a plan that puts back what a run changed.
//!
//! It is applied as any other saved plan: made anew from the records and from both sides as they are then, and held
//! against what was saved.

use std::path::Path;

use crate::manifest::Loaded;
use crate::model::PastRun;
use crate::plan::{Inputs, PastDeeds, Planned, Rollback, lint, roll_back};
use crate::policy::Policy;
use crate::render::past_deeds;
use crate::state::State;

use super::args::{self, Common};
use super::console::{self, Console};
use super::error::Error;
use super::survey::{self, Survey, Tenants};
use super::{Ending, faults, plan};

pub(super) async fn run(args: &args::Rollback, common: &Common, console: Console) -> Result<Ending, Error> {
    let (dir, number) = place(args)?;
    let dir = Path::new(dir);
    let loaded = survey::load(dir, console)?;
    let folder = survey::state_folder(common.state.as_ref());
    let state = survey::open_state(&folder)?;
    let (run, deeds) = past(state.as_ref(), &folder, number)?;
    let policy = policy_of(&loaded, &run, dir)?;
    let mut tenants = Tenants::default();
    let tenant = tenants.open(&loaded, policy).await?;
    let survey = Box::pin(Survey::read(&loaded, policy, tenant, state.as_ref(), console)).await?;
    let inputs = survey.inputs(policy);
    same_tenant(&run, &inputs)?;
    let plans = [checked(&inputs, &deeds)?];
    tenants.close().await?;
    if let Some(path) = &args.out {
        plan::save(path, &plans, dir)?;
    }
    console::print(&plan::show(&plans, args.format, console))?;
    if let Some(path) = &args.out {
        console::say(&format!("saved; to apply exactly this: samesign apply {}", path.display()));
    }
    Ok(Ending::Done)
}

/// The same plan again, to hold a saved one against it.
pub(super) fn again(state: &State, rollback: &Rollback, inputs: &Inputs<'_>) -> Result<Planned, Error> {
    let Rollback { run: number, plan } = rollback;
    let found = state.run(*number)?.filter(|(run, _)| run.plan == *plan);
    let (run, changes) = found.ok_or_else(|| {
        Error::failed(format!(
            "the plan undoes run {number}, which applied plan {plan}: these records do not have it"
        ))
        .hint("apply it with the records that it was made from (--state DIR)")
    })?;
    same_tenant(&run, inputs)?;
    checked(inputs, &past_deeds(&run, &changes).map_err(|cause| damaged(&cause))?)
}

fn checked(inputs: &Inputs<'_>, deeds: &PastDeeds) -> Result<Planned, Error> {
    let planned = roll_back(inputs, deeds);
    faults::refuse(&inputs.policy.name, &lint(&planned, inputs))?;
    Ok(planned)
}

/// Folder and number; a number alone is a run of the manifests in the usual folder.
fn place(args: &args::Rollback) -> Result<(&str, i64), Error> {
    match (args.run, args.dir.parse::<i64>()) {
        (Some(number), _) => Ok((args.dir.as_str(), number)),
        (None, Ok(number)) if !Path::new(&args.dir).exists() => Ok(("manifests", number)),
        (None, _) => Err(Error::usage("which run is to be undone?")
            .hint("samesign rollback DIR RUN; `samesign history` lists the runs")),
    }
}

/// What a run did, if the records have it and it is over.
fn past(state: Option<&State>, folder: &Path, number: i64) -> Result<(PastRun, PastDeeds), Error> {
    let found = state.map(|it| it.run(number)).transpose()?.flatten();
    let (run, changes) = found.ok_or_else(|| {
        Error::failed(format!("the records in {} have no run {number}", folder.display()))
            .hint("`samesign history` lists them; old ones are dropped after 400 days")
    })?;
    // Whoever may write the records is alone with them: then a run without an end broke off.
    if run.ended.is_none() && !state.is_some_and(State::is_writable) {
        return Err(Error::failed(format!(
            "run {number} did not end yet: another samesign process is at it"
        ))
        .hint("wait for its end, or stop that process"));
    }
    let deeds = past_deeds(&run, &changes).map_err(|cause| damaged(&cause))?;
    Ok((run, deeds))
}

fn damaged(cause: &(dyn std::error::Error + 'static)) -> Error {
    Error::failed("this run cannot be undone").because(cause)
}

fn policy_of<'a>(loaded: &'a Loaded, run: &PastRun, dir: &Path) -> Result<&'a Policy, Error> {
    let PastRun { number, policy, .. } = run;
    loaded.policies.iter().find(|it| it.name == *policy).ok_or_else(|| {
        Error::failed(format!("run {number} is of policy {policy}, which the manifests in {} do not have", dir.display()))
            .hint("give the folder of the manifests that have it; its limits and protected accounts count here, too")
    })
}

fn same_tenant(run: &PastRun, inputs: &Inputs<'_>) -> Result<(), Error> {
    let (then, now) = (&run.tenant_id, &inputs.tenant.identity().tenant_id);
    if then == now {
        return Ok(());
    }
    Err(Error::failed(format!("run {} was in tenant {then}, the manifests lead to {now}", run.number))
        .hint("undo it with the manifests that lead to that tenant"))
}
