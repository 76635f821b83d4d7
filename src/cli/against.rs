//! `samesign plan --against`: what a change of the manifests does to live data; plans and writes nothing.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::manifest::{Loaded, Severity};
use crate::plan::{Effect, Versions, compare};
use crate::policy::Policy;
use crate::render::{Compared, effect_html, effect_json, effect_markdown, effect_text};
use crate::state::State;
use crate::workspace::{self, Version};

use super::Ending;
use super::args::{Common, Format, Plan};
use super::console::{self, Console};
use super::disclosure::{self, Disclosure};
use super::error::Error;
use super::survey::{self, Survey, Tenants};

pub(super) async fn run(
    (args, revision): (&Plan, &str),
    common: &Common,
    console: Console,
) -> Result<Ending, Error> {
    let told = Disclosure::of(args, common)?;
    let now = told.load(&args.dir, console)?;
    let version = load_version(args, revision, &now, told.console(console))?;
    // One reading serves both versions: the names of the older one begin with those of the newer.
    let now = Loaded { names: Arc::clone(&version.loaded.names), ..now };
    let state = State::look(&survey::state_folder(common.state.as_ref())).map_err(Error::from);
    let state = told.step(state, || "cannot open the records".to_owned())?;
    let mut tenants = Tenants::default();
    let mut effects = Vec::new();
    for versions in pairs(&version.loaded, &now, args.policy.as_deref())? {
        let found = effect(versions, &now, &mut tenants, (state.as_ref(), told.console(console))).await;
        let unread = || format!("policy {}: cannot read both sides", name_of(versions));
        effects.push(told.step(found, unread)?);
    }
    told.step(tenants.close().await, || "cannot close the tenants".to_owned())?;
    if told == Disclosure::Pseudonyms {
        let against = (revision, version.commit.as_str());
        console::print(&disclosure::effects(&effects, against, args.format, console))?;
        return Ok(if args.detailed_exitcode { ending(&effects) } else { Ending::Done });
    }
    let compared = Compared { revision, commit: &version.commit, effects: &effects };
    console::print(&match args.format {
        Format::Text => effect_text(&compared, console.paint),
        Format::Markdown => effect_markdown(&compared),
        Format::Html => effect_html(&compared),
        Format::Json => effect_json(&compared),
    })?;
    Ok(if args.detailed_exitcode { ending(&effects) } else { Ending::Done })
}

fn ending(effects: &[Effect]) -> Ending {
    if effects.iter().any(Effect::is_grave) {
        Ending::Held
    } else if effects.iter().all(Effect::is_empty) {
        Ending::Done
    } else {
        Ending::Pending
    }
}

/// Most links and sub-modules that are named.
const NOT_FOLLOWED_MAX: usize = 5;

fn load_version(args: &Plan, revision: &str, now: &Loaded, console: Console) -> Result<Version, Error> {
    let mut version = workspace::load_version(&args.dir, revision, now)?;
    // Warnings of what is about to be replaced help nobody.
    version.loaded.findings.retain(|it| it.severity == Severity::Error);
    if !version.not_followed.is_empty() {
        let names =
            version.not_followed.iter().take(NOT_FOLLOWED_MAX).map(|it| it.escape_debug().to_string());
        let more = if NOT_FOLLOWED_MAX < version.not_followed.len() { ", …" } else { "" };
        console::say(&format!(
            "warning: links and sub-modules of {revision} are not followed: {}{more}",
            names.collect::<Vec<_>>().join(", ")
        ));
    }
    let name = format!("{} at revision {revision}", args.dir.display());
    survey::show_findings(&version.loaded, &name, console)?;
    Ok(version)
}

/// Each policy of either version, by name.
fn pairs<'a>(before: &'a Loaded, after: &'a Loaded, name: Option<&str>) -> Result<Vec<Versions<'a>>, Error> {
    let mut pairs: BTreeMap<&str, (Option<&Policy>, Option<&Policy>)> = BTreeMap::new();
    for policy in &before.policies {
        pairs.entry(&policy.name).or_default().0 = Some(policy);
    }
    for policy in &after.policies {
        pairs.entry(&policy.name).or_default().1 = Some(policy);
    }
    if pairs.is_empty() {
        return Err(Error::failed("there is no SyncPolicy among the manifests, neither now nor then"));
    }
    let names: Vec<&str> = pairs.keys().copied().collect();
    pairs.retain(|it, _| name.is_none_or(|name| *it == name));
    if let (true, Some(name)) = (pairs.is_empty(), name) {
        return Err(Error::failed(format!("there is no SyncPolicy named {name}, neither now nor then"))
            .hint(format!("there are: {}", names.join(", "))));
    }
    let versions = pairs.into_values().filter_map(|it| match it {
        (Some(before), Some(after)) => Some(Versions::Both { before, after }),
        (None, Some(after)) => Some(Versions::New(after)),
        (Some(before), None) => Some(Versions::Gone(before)),
        (None, None) => None,
    });
    Ok(versions.collect())
}

fn name_of(versions: Versions<'_>) -> &str {
    match versions {
        Versions::Both { before: _, after: policy } | Versions::New(policy) | Versions::Gone(policy) => {
            &policy.name
        }
    }
}

/// Reads both sides with the connections of today. What was seen joined is not recorded: nothing was decided.
async fn effect(
    versions: Versions<'_>,
    now: &Loaded,
    tenants: &mut Tenants,
    (state, console): (Option<&State>, Console),
) -> Result<Effect, Error> {
    let policy = match versions {
        Versions::Both { before: _, after } | Versions::New(after) => after,
        Versions::Gone(before) => {
            if now.directory(&before.directory).is_none() || now.tenant(&before.tenant).is_none() {
                return Ok(Effect::gone_unseen(before));
            }
            before
        }
    };
    let tenant = tenants.open(now, policy).await?;
    let survey = Survey::read(now, policy, tenant, state, console).await?;
    Ok(compare(versions, &survey.directory, &survey.tenant, &survey.links))
}
