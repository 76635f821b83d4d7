//! `samesign explain`: one object, in scope or not.

use std::path::Path;

use crate::plan::{Match, explain};
use crate::policy::Policy;
use crate::render::{explanation_text, plan_changes_text};

use super::args::{Common, Explain};
use super::console::{self, Console};
use super::error::Error;
use super::survey::{self, Survey, Tenants};
use super::{Ending, who};

pub(super) async fn run(args: &Explain, common: &Common, console: Console) -> Result<Ending, Error> {
    let (dir, wanted) = match &args.who {
        Some(who) => (args.dir.as_str(), who.as_str()),
        None => ("manifests", args.dir.as_str()),
    };
    let loaded = survey::load(Path::new(dir), console)?;
    let state = survey::open_state(&survey::state_folder(common.state.as_ref()))?;
    let mut tenants = Tenants::default();
    let mut text = String::new();
    for policy in survey::policies(&loaded, None)? {
        let tenant = tenants.open(&loaded, policy).await?;
        let survey = Survey::read(&loaded, policy, tenant, state.as_ref(), console).await?;
        text += &describe(&survey, policy, wanted, console);
    }
    tenants.close().await?;
    if text.is_empty() {
        return Err(Error::failed(format!("no directory and no tenant of these policies has {wanted}"))
            .hint("give a user name, mail address, account name, group name, DN or objectGUID"));
    }
    console::print(&text)?;
    Ok(Ending::Done)
}

fn describe(survey: &Survey, policy: &Policy, wanted: &str, console: Console) -> String {
    let planned = survey.plan(policy);
    let objects = survey.directory.objects();
    let mut text = String::new();
    for at in who::find(objects, wanted) {
        let explanation = explain((objects, at), &survey.tenant, &survey.links, policy);
        let anchor = explanation.anchor.clone();
        text += &explanation_text(&policy.name, &explanation, console.paint);
        let changes = planned.plan.narrowed(|it| Some(it.anchor().to_string()) == anchor);
        let in_tenant = match &explanation.found {
            Match::Joined(_, name) | Match::InRecycleBin(_, name) => Some(name.clone()),
            Match::Missing | Match::Contested(_) => None,
        };
        let names = [
            Some(explanation.dn.clone()),
            in_tenant,
            changes.changes().first().map(|it| it.name().to_owned()),
        ];
        let findings: Vec<_> = planned
            .report
            .findings
            .iter()
            .filter(|it| names.iter().flatten().any(|name| name.as_str() == &*it.name))
            .cloned()
            .collect();
        text += &plan_changes_text(&changes, &findings, console.paint);
    }
    if text.is_empty() {
        text = in_tenant_only(survey, policy, wanted, &planned, console);
    }
    text
}

/// An object that only the tenant has.
fn in_tenant_only(
    survey: &Survey,
    policy: &Policy,
    wanted: &str,
    planned: &crate::plan::Planned,
    console: Console,
) -> String {
    use crate::model::CloudObject;
    let users = survey.tenant.users().iter().map(CloudObject::User);
    let groups = survey.tenant.groups().iter().map(CloudObject::Group);
    let found = users.chain(groups).find(|it| {
        it.name().eq_ignore_ascii_case(wanted) || it.id().to_string().eq_ignore_ascii_case(wanted)
    });
    let Some(object) = found else { return String::new() };
    let findings: Vec<_> =
        planned.report.findings.iter().filter(|it| *it.name == *object.name()).cloned().collect();
    let changes = planned.plan.narrowed(|it| it.name() == object.name());
    format!(
        "{} {} ({}) is in the tenant of policy {} and not in its directory\n{}",
        object.kind(),
        object.name(),
        object.id(),
        policy.name,
        plan_changes_text(&changes, &findings, console.paint),
    )
}
