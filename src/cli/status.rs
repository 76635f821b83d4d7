//! `samesign status`: how each policy stands.
//!
//! It only reads: no records are made, nothing is noted in them, and a sandbox is not saved. What the records know is
//! shown even if a side cannot be read.

use futures_util::future::join_all;

use crate::manifest::{DirectoryConnection, Loaded};
use crate::plan::{OnRecord, PolicyStatus};
use crate::policy::Policy;
use crate::render::{status_json, status_text};
use crate::state::State;

use super::args::{Common, Status, StatusFormat};
use super::connect::Tenant;
use super::console::{self, Console};
use super::error::Error;
use super::survey::{self, Survey};
use super::{Ending, clock};

pub(super) async fn run(args: &Status, common: &Common, console: Console) -> Result<Ending, Error> {
    let loaded = survey::load(&args.dir, console)?;
    let policies = survey::policies(&loaded, args.policy.as_deref())?;
    let state = State::look(&survey::state_folder(common.state.as_ref()))?;
    let asked = policies.iter().map(|it| Box::pin(stand(&loaded, it, state.as_ref(), console)));
    let found: Vec<PolicyStatus> = join_all(asked).await.into_iter().collect::<Result<_, _>>()?;
    console::print(&match args.format {
        StatusFormat::Text => status_text(&found, console.paint),
        StatusFormat::Json => status_json(&found),
    })?;
    Ok(if found.iter().all(PolicyStatus::is_whole) { Ending::Done } else { Ending::Failed })
}

/// How one policy stands; an error only if the records cannot be read.
async fn stand(
    loaded: &Loaded,
    policy: &Policy,
    state: Option<&State>,
    console: Console,
) -> Result<PolicyStatus, Error> {
    let directory = loaded.directory(&policy.directory);
    let from_export = directory.is_some_and(|it| matches!(it.connection, DirectoryConnection::Ldif(_)));
    match look(loaded, policy, state, console).await {
        Ok(survey) => {
            let (inputs, planned) = (survey.inputs(policy), survey.plan(policy));
            let tenant_id = &survey.tenant.identity().tenant_id;
            let records = records(state, policy, Some(tenant_id))?;
            Ok(PolicyStatus::of(policy, from_export, records, Ok((&inputs, &planned)), inputs.as_of))
        }
        Err(error) => {
            let (says, fix) = error.sentences();
            let why = [Some(says), fix].into_iter().flatten().collect::<Vec<_>>().join("; ");
            let records = records(state, policy, None)?;
            Ok(PolicyStatus::of(policy, from_export, records, Err(why), clock::now()))
        }
    }
}

/// Reads both sides. The connection is dropped and not closed: closing saves a sandbox.
async fn look(
    loaded: &Loaded,
    policy: &Policy,
    state: Option<&State>,
    console: Console,
) -> Result<Survey, Error> {
    let spec = loaded.tenant(&policy.tenant).ok_or_else(|| survey::missing("Tenant", &policy.tenant))?;
    let tenant = Tenant::open_to_look(spec).await?;
    Survey::read(loaded, policy, &tenant, state, console).await
}

/// What is on record of a policy in a tenant; in the one of its latest run if the tenant cannot say which it is.
fn records(state: Option<&State>, policy: &Policy, tenant_id: Option<&String>) -> Result<OnRecord, Error> {
    let Some(state) = state else { return Ok(OnRecord::default()) };
    let last = state.runs(&[&policy.name], 1)?.pop();
    let Some(tenant_id) = tenant_id.or(last.as_ref().map(|it| &it.tenant_id)) else {
        return Ok(OnRecord::default());
    };
    let failing = state.failing(&policy.name, tenant_id)?;
    let paused = state.paused(&policy.name, tenant_id)?;
    let links = state.links(&policy.name, tenant_id)?;
    Ok(OnRecord { last, failing, paused, links })
}
