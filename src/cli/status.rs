//! `samesign status`: how each policy stands.
//!
//! It only reads: no records are made, nothing is noted in them, and a sandbox is not saved. What the records know is
//! shown even if a side cannot be read.

use std::collections::BTreeMap;

use futures_util::future::join_all;

use crate::manifest::{DirectoryConnection, Loaded};
use crate::plan::{OnRecord, PolicyStatus};
use crate::policy::Policy;
use crate::render::{status_json, status_text};
use crate::state::State;

use super::args::{Common, Status, StatusFormat};
use super::console::{self, Console};
use super::error::Error;
use super::sides::{Directory, OpenTenant};
use super::survey::{self, Readings, Survey};
use super::{Ending, clock, watch};

pub(super) async fn run(args: &Status, common: &Common, console: Console) -> Result<Ending, Error> {
    if args.watch {
        return Box::pin(watch::run(args, common, console)).await;
    }
    let found = look_at_all(args, common, console, None).await?;
    console::print(&match args.format {
        StatusFormat::Text => status_text(&found, console.paint),
        StatusFormat::Json => status_json(&found),
    })?;
    Ok(if found.iter().all(PolicyStatus::is_whole) { Ending::Done } else { Ending::Failed })
}

/// Both sides of policies that are looked at again, by policy.
pub(super) type Kept = BTreeMap<String, Opened>;

/// Both sides of one policy, until a look comes to nothing: perhaps the secret is another one now.
pub(super) struct Opened {
    directory: Directory,
    /// `None` for a sandbox: other processes change one through its file.
    tenant: Option<OpenTenant>,
}

/// How the policies stand; both sides are followed only by who looks again.
pub(super) async fn look_at_all(
    args: &Status,
    common: &Common,
    console: Console,
    mut kept: Option<&mut Kept>,
) -> Result<Vec<PolicyStatus>, Error> {
    let loaded = survey::load(&args.dir, console)?;
    let policies = survey::policies(&loaded, args.policy.as_deref())?;
    let state = State::look(&survey::state_folder(common.state.as_ref()))?;
    let looks_again = kept.is_some();
    let before: Vec<Option<Opened>> =
        policies.iter().map(|it| kept.as_mut().and_then(|kept| kept.remove(&it.name))).collect();
    let asked = policies.iter().zip(before).map(|(policy, opened)| {
        Box::pin(stand(&loaded, policy, state.as_ref(), (looks_again, opened), console))
    });
    let mut found = Vec::new();
    for (policy, it) in policies.iter().zip(join_all(asked).await) {
        let (status, opened) = it?;
        found.push(status);
        if let (Some(kept), Some(opened)) = (&mut kept, opened) {
            kept.insert(policy.name.clone(), opened);
        }
    }
    Ok(found)
}

/// How one policy stands; an error only if the records cannot be read.
async fn stand(
    loaded: &Loaded,
    policy: &Policy,
    state: Option<&State>,
    (looks_again, opened): (bool, Option<Opened>),
    console: Console,
) -> Result<(PolicyStatus, Option<Opened>), Error> {
    let directory = loaded.directory(&policy.directory);
    let from_export = directory.is_some_and(|it| matches!(it.connection, DirectoryConnection::Ldif(_)));
    match look(loaded, policy, state, (looks_again, opened), console).await {
        Ok((survey, opened)) => {
            let (inputs, planned) = (survey.inputs(policy), survey.plan(policy));
            let tenant_id = &survey.tenant.identity().tenant_id;
            let records = records(state, policy, Some(tenant_id))?;
            let status =
                PolicyStatus::of(policy, from_export, records, Ok((&inputs, &planned)), inputs.as_of);
            Ok((status, opened))
        }
        Err(error) => {
            let (says, fix) = error.sentences();
            let why = [Some(says), fix].into_iter().flatten().collect::<Vec<_>>().join("; ");
            let records = records(state, policy, None)?;
            Ok((PolicyStatus::of(policy, from_export, records, Err(why), clock::now()), None))
        }
    }
}

/// Reads both sides. The connection is dropped and not closed: closing saves a sandbox.
async fn look(
    loaded: &Loaded,
    policy: &Policy,
    state: Option<&State>,
    (looks_again, opened): (bool, Option<Opened>),
    console: Console,
) -> Result<(Survey, Option<Opened>), Error> {
    let spec = loaded.tenant(&policy.tenant).ok_or_else(|| survey::missing("Tenant", &policy.tenant))?;
    let directory =
        loaded.directory(&policy.directory).ok_or_else(|| survey::missing("Directory", &policy.directory))?;
    let follows = looks_again && !spec.cloud.is_sandbox();
    let (known, tenant) = opened.map_or((None, None), |it| (Some(it.directory), it.tenant));
    let mut directory = Directory::of(directory, known);
    let mut tenant = OpenTenant::to_look(spec, tenant).await?;
    let sides = (&mut directory, &tenant.tenant, follows.then_some(&mut tenant.follower));
    let readings = Readings::follow(loaded, policy, sides, console).await?;
    let opened = looks_again.then(|| Opened { directory, tenant: follows.then_some(tenant) });
    Ok((Survey::with_records(readings, policy, state)?, opened))
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
