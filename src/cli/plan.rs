//! `samesign plan`: shows what would change in the tenant, and why.

use std::path::Path;

use crate::model::Links;
use crate::plan::{Explainer, Planned};
use crate::policy::Policy;
use crate::render::{Encoded, plan_markdown, plan_text, plans_html, plans_json};
use crate::state::State;

use super::args::{Common, Format, Plan};
use super::console::{self, Console};
use super::disclosure::{self, Disclosure};
use super::error::Error;
use super::survey::{self, Survey, Tenants};
use super::{Ending, against, clock, explain, renames};

pub(super) async fn run(args: &Plan, common: &Common, console: Console) -> Result<Ending, Error> {
    if let Some(revision) = &args.against {
        return Box::pin(against::run((args, revision), common, console)).await;
    }
    let told = Disclosure::of(args, common)?;
    let loaded = told.load(&args.dir, console)?;
    let state = survey::open_state(&survey::state_folder(common.state.as_ref()));
    let mut state = told.step(state, || "cannot open the records".to_owned())?;
    let mut tenants = Tenants::default();
    let (mut plans, mut suggestions) = (Vec::new(), Vec::new());
    for policy in survey::policies(&loaded, args.policy.as_deref())? {
        let unreached = || format!("policy {}: cannot open the tenant {}", policy.name, policy.tenant);
        let tenant = told.step(tenants.open(&loaded, policy).await, unreached)?;
        let survey = Survey::read(&loaded, policy, tenant, state.as_ref(), told.console(console)).await;
        let sides = (&policy.directory, &policy.tenant);
        let unread = || format!("policy {}: cannot read {} and {}", policy.name, sides.0, sides.1);
        let survey = told.step(survey, unread)?;
        let planned = survey::plan_checked(&survey.inputs(policy));
        let planned = told.step(planned, || format!("policy {}: its plan is refused", policy.name))?;
        let noted = remember(state.as_mut(), &planned, &survey.links);
        told.step(noted, || "cannot write the records".to_owned())?;
        match &args.object {
            Some(who) => match narrow(planned, &survey, policy, who) {
                Ok(narrowed) => plans.push(narrowed),
                Err(names) => suggestions.extend(names),
            },
            None => plans.push(planned),
        }
    }
    told.step(tenants.close().await, || "cannot close the tenants".to_owned())?;
    if let (Some(who), true) = (&args.object, plans.is_empty()) {
        return Err(explain::nobody(who, suggestions));
    }
    if let Some(path) = &args.out {
        save(path, &plans, &args.dir)?;
    }
    match told {
        Disclosure::Everything => {
            console::print(&show(&plans, args.format, console))?;
            renames::say_how_to_follow(&args.dir, plans.iter())?;
        }
        Disclosure::Pseudonyms => console::print(&disclosure::plans(&plans, args.format, console))?,
    }
    if let Some(path) = &args.out {
        console::say(&format!("saved; to apply exactly this: samesign apply {}", path.display()));
    }
    Ok(if args.detailed_exitcode { ending(&plans) } else { Ending::Done })
}

/// Notes who was seen joined and is not on record: only who is can ever be removed. It says nothing to the tenant.
pub(super) fn remember(state: Option<&mut State>, planned: &Planned, links: &Links) -> Result<(), Error> {
    match state.filter(|it| it.is_writable()) {
        Some(state) => {
            state.note_seen(planned, links)?;
            match &planned.report.stock {
                Some(stock) if !planned.report.is_doubted(planned.plan.changes().iter()) => {
                    let scope = (planned.header.policy.as_str(), planned.header.tenant_id.as_str());
                    Ok(state.note_stock(scope, stock, clock::now())?)
                }
                Some(_) | None => Ok(()),
            }
        }
        None => Ok(()),
    }
}

/// Whether changes are pending or held, over all plans.
pub(super) fn ending(plans: &[Planned]) -> Ending {
    if plans.iter().any(|it| 0 < it.plan.held() || !it.header.directory.whole) {
        Ending::Held
    } else if plans.iter().all(|it| it.plan.is_empty()) {
        Ending::Done
    } else {
        Ending::Pending
    }
}

/// All plans in one form, with a closing table if there are several.
pub(super) fn show(plans: &[Planned], format: Format, console: Console) -> String {
    match format {
        Format::Html => plans_html(plans),
        Format::Json => plans_json(&Encoded { plans, manifests: None }),
        Format::Text => {
            let texts: Vec<String> = plans.iter().map(|it| plan_text(it, console.paint)).collect();
            texts.join("\n") + &crate::render::closing_table(plans)
        }
        Format::Markdown => {
            let texts: Vec<String> = plans.iter().map(plan_markdown).collect();
            texts.join("\n") + &crate::render::closing_table_markdown(plans)
        }
    }
}

pub(super) fn save(path: &Path, plans: &[Planned], dir: &Path) -> Result<(), Error> {
    let manifests = dir.canonicalize().unwrap_or_else(|_| dir.to_owned()).display().to_string();
    let text = plans_json(&Encoded { plans, manifests: Some(&manifests) });
    #[expect(clippy::disallowed_methods, reason = "the command line writes what it was asked to write")]
    let written = std::fs::write(path, text);
    written
        .map_err(|cause| Error::failed(format!("cannot save the plan to {}", path.display())).because(&cause))
}

/// Only what concerns one object, wherever it is; `Err` has names that look like it if it is nowhere.
fn narrow(planned: Planned, survey: &Survey, policy: &Policy, who: &str) -> Result<Planned, Vec<String>> {
    let inputs = survey.inputs(policy);
    let explainer = Explainer::new(&inputs, &planned);
    let found = explainer.find(who);
    if found.is_empty() {
        return Err(explainer.suggestions(who));
    }
    let (plan, findings) = explainer.narrowed(&found);
    let Planned { header, plan: _, mut report } = planned;
    report.findings = findings;
    Ok(Planned { header, plan, report })
}
