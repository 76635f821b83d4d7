//! `samesign doctor`: whether everything that a policy needs is there, and which channel a tenant allows.
//!
//! It only reads: no records are opened, no switch is changed, and a sandbox is not saved. A check that fails is a
//! finding, and the others go on.

mod access;
mod directory;
mod tenant;

use futures_util::future::join_all;

use crate::doctor::{About, Check, Finding, Level, Population, Section, Wants};
use crate::manifest::{DirectorySpec, Loaded, TenantSpec};
use crate::plan::in_scope;
use crate::policy::Policy;
use crate::render::{checkup_json, checkup_text};

use self::directory::DirectoryExamined;
use self::tenant::TenantExamined;
use super::Ending;
use super::args::{Doctor, DoctorFormat};
use super::console::{self, Console};
use super::error::Error;
use super::survey;

pub(super) async fn run(args: &Doctor, console: Console) -> Result<Ending, Error> {
    let loaded = survey::load(&args.dir, console)?;
    let policies = survey::policies(&loaded, args.policy.as_deref())?;
    let sections = examine(args, &loaded, &policies, console).await;
    console::print(&match args.format {
        DoctorFormat::Text => checkup_text(&sections, console.paint),
        DoctorFormat::Json => checkup_json(&sections),
    })?;
    let is_problem = |it: &Finding| it.level == Level::Problem;
    let ill = sections.iter().flat_map(|it| &it.findings).any(is_problem);
    Ok(if ill { Ending::Failed } else { Ending::Done })
}

/// Looks at all directories and tenants at once, each once, and then at what policies would send.
async fn examine(args: &Doctor, loaded: &Loaded, policies: &[&Policy], console: Console) -> Vec<Section> {
    let used = |name: &str, of: fn(&Policy) -> &String| policies.iter().any(|it| of(it) == name);
    let directories = loaded.directories.iter().filter(|it| used(&it.name, |it| &it.directory));
    let tenants = loaded.tenants.iter().filter(|it| used(&it.name, |it| &it.tenant));
    let replicates = |name: &str| policies.iter().any(|it| it.directory == name && it.passwords.is_some());
    let wants = |tenant: &TenantSpec| {
        let of_tenant = policies.iter().filter(|it| it.tenant == tenant.name);
        of_tenant.fold(Wants::default(), |all, it| all.and(Wants::of(it)))
    };
    let (directories, tenants) = tokio::join!(
        join_all(directories.map(|it: &DirectorySpec| Box::pin(directory::examine(
            it,
            &loaded.names,
            replicates(&it.name),
            console
        )))),
        join_all(tenants.map(|it| Box::pin(tenant::examine(it, wants(it))))),
    );
    let of_policies: Vec<Section> =
        policies.iter().map(|it| policy_section(it, loaded, &directories, &tenants)).collect();
    let mut sections = vec![manifests(args, loaded, policies.len())];
    sections.extend(directories.into_iter().map(|it| it.section));
    sections.extend(tenants.into_iter().map(|it| it.section));
    sections.extend(of_policies);
    sections
}

fn manifests(args: &Doctor, loaded: &Loaded, policies: usize) -> Section {
    let name = args.dir.display().to_string();
    let chosen = if policies == loaded.policies.len() { "" } else { "; one of the policies is looked at" };
    let says = format!("they are sound{chosen}");
    let findings = vec![Finding::ok(Check::Manifests, &name, says)];
    Section { about: About::Manifests, name, place: None, findings }
}

/// The channel of a policy's tenant, and the quality of what it would send.
fn policy_section(
    policy: &Policy,
    loaded: &Loaded,
    directories: &[DirectoryExamined],
    tenants: &[TenantExamined],
) -> Section {
    let tenant = tenants.iter().find(|it| it.section.name == policy.tenant);
    let spec = loaded.tenant(&policy.tenant);
    let channels = tenant.zip(spec).map(|(it, spec)| it.ways.judge(&policy.tenant, spec.channel));
    let mut findings = channels.unwrap_or_default();
    let directory = directories.iter().find(|it| it.section.name == policy.directory);
    if let Some(reading) = directory.and_then(|it| it.reading.as_ref()) {
        let (found, missing) = in_scope(policy, reading.objects());
        let population = Population {
            policy,
            objects: reading.objects(),
            in_scope: &found,
            missing: &missing,
            domains: tenant.and_then(|it| it.domains.as_deref()),
        };
        findings.extend(population.judge());
    }
    Section { about: About::Policy, name: policy.name.clone(), place: None, findings }
}
