//! Reads the manifests, both sides and the records: everything that a plan is made from.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;

use crate::manifest::{Diagnostic, Loaded, Severity};
use crate::model::{Features, Guid, Links, ObjectKind, Reading, TenantSnapshot, Touched};
use crate::plan::{Inputs, News, Planned, link_intents, lint, plan};
use crate::policy::{Channel, Policy};
use crate::render::diagnostics;
use crate::source::Request;
use crate::state::{State, StateError};
use crate::target::graph::{Follower, Observed, Reader};
use crate::workspace;

use super::connect::{self, Tenant};
use super::console::{self, Console};
use super::error::Error;
use super::hashes::Hashes;
use super::outside::Outside;
use super::sides::Directory;
use super::{faults, progress};

/// Loads manifests; findings go to standard error.
pub(super) fn load(dir: &Path, console: Console) -> Result<Loaded, Error> {
    let loaded = workspace::load(dir)?;
    show_findings(&loaded, &dir.display().to_string(), console)?;
    Ok(loaded)
}

/// Findings go to standard error; with an error among them there is nothing to go on with.
pub(super) fn show_findings(loaded: &Loaded, name: &str, console: Console) -> Result<(), Error> {
    let shown = gravest(loaded);
    if !shown.is_empty() && !console.is_taken {
        console::say(&diagnostics(&shown, console.error_paint));
    }
    refuse_errors(loaded, name)
}

/// Loads manifests; findings go to the log, one line each.
pub(super) fn load_logged(dir: &Path) -> Result<Loaded, Error> {
    let loaded = workspace::load(dir)?;
    for finding in gravest(&loaded) {
        let Diagnostic { severity, file, title, hint, .. } = &finding;
        let (line, column) = finding.position().unzip();
        let (file, hint) = (file.path.display(), hint.as_deref());
        match severity {
            Severity::Error => tracing::error!(%file, line, column, hint, "{title}"),
            Severity::Warning => tracing::warn!(%file, line, column, hint, "{title}"),
        }
    }
    refuse_errors(&loaded, &dir.display().to_string())?;
    Ok(loaded)
}

/// The errors, or without any the warnings.
fn gravest(loaded: &Loaded) -> Vec<Diagnostic> {
    let (errors, warnings): (Vec<_>, Vec<_>) =
        loaded.findings.iter().cloned().partition(|it| it.severity == Severity::Error);
    if errors.is_empty() { warnings } else { errors }
}

pub(super) fn refuse_errors(loaded: &Loaded, name: &str) -> Result<(), Error> {
    if loaded.has_errors() {
        return Err(Error::failed(format!("the manifests in {name} have errors")));
    }
    Ok(())
}

/// The policies that a command is about.
pub(super) fn policies<'a>(loaded: &'a Loaded, name: Option<&str>) -> Result<Vec<&'a Policy>, Error> {
    let found: Vec<&Policy> =
        loaded.policies.iter().filter(|it| name.is_none_or(|name| it.name == name)).collect();
    if found.is_empty() {
        let names: Vec<&str> = loaded.policies.iter().map(|it| it.name.as_str()).collect();
        let message = name.map_or_else(
            || "there is no SyncPolicy among the manifests".to_owned(),
            |name| format!("there is no SyncPolicy named {name}"),
        );
        let error = Error::failed(message);
        return Err(if names.is_empty() {
            error
        } else {
            error.hint(format!("there are: {}", names.join(", ")))
        });
    }
    Ok(found)
}

/// The folder of the records.
pub(super) fn state_folder(given: Option<&PathBuf>) -> PathBuf {
    #[expect(clippy::disallowed_methods, reason = "the command line reads the environment")]
    let variable = |name: &str| std::env::var_os(name).filter(|it| !it.is_empty()).map(PathBuf::from);
    given
        .cloned()
        // systemd sets it for a service with StateDirectory=samesign.
        .or_else(|| variable("STATE_DIRECTORY"))
        .or_else(|| variable("XDG_STATE_HOME").map(|it| it.join("samesign")))
        .or_else(|| variable("HOME").map(|it| it.join(".local/state/samesign")))
        .unwrap_or_else(|| PathBuf::from("/var/lib/samesign"))
}

/// Opens the records; without any that can be made, planning goes on and removes nobody. While another process writes
/// them, they are only looked at.
pub(super) fn open_state(folder: &Path) -> Result<Option<State>, Error> {
    match State::open(folder) {
        Ok(state) => Ok(Some(state)),
        Err(StateError::InUse { .. }) => Ok(State::look(folder)?),
        Err(error @ StateError::MakeFolder { .. }) => {
            console::say(&format!("warning: {error}; planning without records: nobody is removed"));
            Ok(None)
        }
        Err(error) => Err(error.into()),
    }
}

/// Connections to tenants: policies that share one share its connection.
#[derive(Default)]
pub(super) struct Tenants(Vec<Tenant>);

impl Tenants {
    /// The connection of a policy's tenant, opened if need be.
    pub(super) async fn open(&mut self, loaded: &Loaded, policy: &Policy) -> Result<&Tenant, Error> {
        if let Some(at) = self.0.iter().position(|it| it.name == policy.tenant) {
            return Ok(&self.0[at]);
        }
        let spec = loaded.tenant(&policy.tenant).ok_or_else(|| missing("Tenant", &policy.tenant))?;
        Ok(self.0.push_mut(Tenant::open(spec, &Outside::real()).await?))
    }

    /// Closes all connections.
    pub(super) async fn close(self) -> Result<(), Error> {
        for tenant in self.0 {
            tenant.close().await?;
        }
        Ok(())
    }
}

/// Where the passwords of a policy are read, if it sends any. Nothing is connected yet.
pub(super) fn hashes(loaded: &Loaded, policy: &Policy) -> Result<Option<Hashes>, Error> {
    let spec = policy.passwords.as_ref().and_then(|_| loaded.directory(&policy.directory));
    Ok(spec.map(connect::replica).transpose()?.flatten().map(Hashes::new))
}

/// The loader resolves references, so this is said only if it did not.
pub(super) fn missing(kind: &str, name: &str) -> Error {
    Error::failed(format!("there is no {kind} named {name}"))
}

/// Both sides as they were read for one policy.
pub(super) struct Readings {
    pub(super) directory: Arc<Reading>,
    pub(super) tenant: Arc<TenantSnapshot>,
    /// Whether anything is otherwise than when they were read last.
    pub(super) has_news: bool,
    /// Which objects may be otherwise.
    pub(super) news: News,
    /// When that was done.
    pub(super) as_of: Timestamp,
}

impl Readings {
    /// Reads both sides in whole.
    pub(super) async fn read(
        loaded: &Loaded,
        policy: &Policy,
        tenant: &Tenant,
        console: Console,
    ) -> Result<Self, Error> {
        let spec =
            loaded.directory(&policy.directory).ok_or_else(|| missing("Directory", &policy.directory))?;
        let mut directory = Directory::of(spec, None);
        Self::follow(loaded, policy, (&mut directory, tenant, None), console).await
    }

    /// Reads the directory, then the tenant, as far as they are not known from the look before. Only a reader is held:
    /// nothing here could write to the tenant.
    pub(super) async fn follow(
        loaded: &Loaded,
        policy: &Policy,
        (directory, tenant, follower): (&mut Directory, &Tenant, Option<&mut Follower>),
        console: Console,
    ) -> Result<Self, Error> {
        let request = Request { names: Arc::clone(&loaded.names) };
        let whole_every = loaded.schedule(&policy.name).unwrap_or_default().full_every;
        let directory = directory.observe(&request, (whole_every, tenant.now()), console).await?;
        let reader = Reader::new(&tenant.connection);
        let bar = progress::Reading::begin(&tenant.name, console);
        let features = features(policy, tenant).await;
        let observed = if let Some(follower) = follower {
            follower.set_features(features);
            Box::pin(follower.observe(&reader, tenant.now(), &bar)).await?
        } else {
            let read = Box::pin(reader.observe(tenant.extent(), &bar)).await?;
            let tenant = Arc::new(read.with_features(features));
            Observed { tenant, has_news: true, touched: Touched::Everything }
        };
        tenant.agrees_on_the_time()?;
        let has_news = directory.has_news || observed.has_news;
        let news = News { directory: directory.touched, tenant: observed.touched };
        let (directory, as_of) = (directory.reading, tenant.now());
        Ok(Self { directory, tenant: observed.tenant, has_news, news, as_of })
    }
}

/// How the tenant's switches are, if the policy has to do with them.
async fn features(policy: &Policy, tenant: &Tenant) -> Features {
    let matter = policy.passwords.is_some() || !policy.features.is_empty();
    if matter { tenant.features().await } else { Features::default() }
}

/// Both sides and the records, as they were read for one policy.
pub(super) struct Survey {
    pub(super) directory: Arc<Reading>,
    pub(super) tenant: Arc<TenantSnapshot>,
    pub(super) links: Links,
    /// When that was done.
    pub(super) as_of: Timestamp,
}

impl Survey {
    /// Reads the directory, then the tenant, then the records.
    pub(super) async fn read(
        loaded: &Loaded,
        policy: &Policy,
        tenant: &Tenant,
        state: Option<&State>,
        console: Console,
    ) -> Result<Self, Error> {
        let readings = Readings::read(loaded, policy, tenant, console).await?;
        Self::with_records(readings, policy, state)
    }

    /// What was read, with what is on record, if there are records.
    pub(super) fn with_records(
        readings: Readings,
        policy: &Policy,
        state: Option<&State>,
    ) -> Result<Self, Error> {
        let tenant_id = &readings.tenant.identity().tenant_id;
        let links = state.map(|it| it.links(&policy.name, tenant_id)).transpose()?;
        Ok(Self::of(readings, links.unwrap_or_default(), policy.channel))
    }

    /// What was read, with what is on record and what came of what was begun.
    pub(super) fn of(readings: Readings, mut links: Links, channel: Channel) -> Self {
        let Readings { directory, tenant, has_news: _, news: _, as_of } = readings;
        link_intents(&mut links, &tenant, channel);
        Self { directory, tenant, links, as_of }
    }

    /// The accounts of the directory.
    pub(super) fn accounts(&self) -> BTreeSet<Guid> {
        let users = self.directory.objects().iter().filter(|(_, it)| it.kind == ObjectKind::User);
        users.map(|(_, it)| it.guid).collect()
    }

    /// Plans what was read, to be looked at.
    pub(super) fn plan(&self, policy: &Policy) -> Planned {
        plan(&self.inputs(policy))
    }

    /// Everything that a plan of what was read is made from.
    pub(super) fn inputs<'a>(&'a self, policy: &'a Policy) -> Inputs<'a> {
        Inputs {
            directory: &self.directory,
            tenant: &self.tenant,
            links: &self.links,
            policy,
            as_of: self.as_of,
        }
    }
}

/// Plans; a plan that breaks the rules of every plan is refused.
pub(super) fn plan_checked(inputs: &Inputs<'_>) -> Result<Planned, Error> {
    checked(plan(inputs), inputs)
}

/// A plan that breaks the rules of every plan is refused.
pub(super) fn checked(planned: Planned, inputs: &Inputs<'_>) -> Result<Planned, Error> {
    faults::refuse(&inputs.policy.name, &lint(&planned, inputs))?;
    Ok(planned)
}
