//! Which channels a tenant allows, and what stands in the way of the others.
//!
//! A channel is how changes reach the tenant: `graph`, where the cloud is master of people, or `directorySync`,
//! where the directory is.

use super::count;
use super::finding::{Check, Examples, Finding};
use super::permissions::Need;
use crate::policy::Channel;
use crate::wire::provisioning::{Capabilities, CompanyConfiguration};

/// Why a channel cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Obstacle {
    /// Why.
    pub why: String,
    /// What to do about it.
    pub fix: String,
    /// Whom it is about.
    pub examples: Vec<String>,
}

impl Obstacle {
    /// Without examples.
    pub fn new(why: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { why: why.into(), fix: fix.into(), examples: Vec::new() }
    }
}

/// What stands in the way of each channel; nothing means that it can be used.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ways {
    /// Of `graph`.
    pub graph: Vec<Obstacle>,
    /// Of `directorySync`.
    pub directory_sync: Vec<Obstacle>,
    /// What is known of the settings of `directorySync`.
    pub settings: Option<String>,
}

/// What the endpoint of Entra Connect says.
#[derive(Clone, Debug)]
pub struct DirectorySync {
    /// The build of Entra Connect that is stated.
    pub build: String,
    /// The permissions of its token; `None` if the token does not show them.
    pub permissions: Option<Vec<String>>,
    /// Which builds are served.
    pub capabilities: Result<Capabilities, Obstacle>,
    /// The tenant's settings.
    pub configuration: Result<CompanyConfiguration, Obstacle>,
}

/// The permission that the endpoint of Entra Connect asks for.
const SYNCHRONIZE: &str = "ADSynchronization.ReadWrite.All";

impl Ways {
    /// What is said about the channels of a policy that uses `chosen`.
    pub fn judge(&self, tenant: &str, chosen: Channel) -> Vec<Finding> {
        Channel::ALL.iter().flat_map(|it| self.judge_one(tenant, *it, *it == chosen)).collect()
    }

    fn judge_one(&self, tenant: &str, channel: Channel, chosen: bool) -> Vec<Finding> {
        let name = channel.word();
        let (obstacles, settings) = match channel {
            Channel::Graph => (&self.graph, None),
            Channel::DirectorySync => (&self.directory_sync, self.settings.as_deref()),
        };
        if obstacles.is_empty() {
            let more = settings.map(|it| format!(" ({it})")).unwrap_or_default();
            let choice = if chosen { "the Tenant's channel, and it is possible" } else { "possible as well" };
            return vec![Finding::ok(Check::Channel, tenant, format!("{name}: {choice}{more}"))];
        }
        let one = |Obstacle { why, fix, examples }: &Obstacle| {
            let says = format!("{name}: {}{why}", if chosen { "" } else { "not possible now: " });
            let finding = if chosen {
                Finding::problem(Check::Channel, tenant, says, fix)
            } else {
                Finding::ok(Check::Channel, tenant, says)
            };
            Finding { examples: if chosen { examples.clone() } else { Vec::new() }, ..finding }
        };
        obstacles.iter().map(one).collect()
    }
}

/// What stands in the way of `graph`.
pub(super) fn graph_obstacles(missing: &[Need], mastered: &Examples) -> Vec<Obstacle> {
    let names: Vec<&str> = missing.iter().filter(|it| it.vital).map(|it| it.least).collect();
    let names = names.join(", ");
    let missing = (!names.is_empty()).then(|| Obstacle::new(format!("the app lacks {names}"), grant(&names)));
    let mastered = (!mastered.is_empty()).then(|| Obstacle {
        why: format!(
            "{} mastered by Entra Connect, Graph refuses to change them",
            count(mastered.count, "user is", "users are")
        ),
        fix:
            "use channel: directorySync, or hand the users over to the cloud: stop Entra Connect and switch \
              directory synchronisation off in the tenant"
                .to_owned(),
        examples: mastered.first.clone(),
    });
    missing.into_iter().chain(mastered).collect()
}

/// How an app gets a permission.
pub(super) fn grant(permission: &str) -> String {
    format!("grant the app the application permission {permission} and consent to it as an administrator")
}

impl DirectorySync {
    /// What stands in the way of `directorySync`, as far as its endpoint says.
    pub(super) fn obstacles(&self) -> Vec<Obstacle> {
        let lacks = |granted: &[String]| !granted.iter().any(|it| it == SYNCHRONIZE || it == "*");
        if self.permissions.as_deref().is_some_and(lacks) {
            let why = format!("the app lacks {SYNCHRONIZE}");
            return vec![Obstacle::new(why, grant(SYNCHRONIZE))];
        }
        let gate = match &self.capabilities {
            Ok(capabilities) => self.gate(capabilities),
            Err(obstacle) => Some(obstacle.clone()),
        };
        if gate.is_some() {
            // What else it says of a build that it does not serve is only that.
            return gate.into_iter().collect();
        }
        match &self.configuration {
            Ok(it) if it.is_dir_syncing == Some(false) => vec![switched_off()],
            Ok(_) => Vec::new(),
            Err(obstacle) => vec![obstacle.clone()],
        }
    }

    /// Whether the service serves the build that is stated (password-sync reference, 3.4).
    fn gate(&self, capabilities: &Capabilities) -> Option<Obstacle> {
        let fix = "state a build that it serves as directorySync.buildNumber of the Tenant, or use a newer samesign";
        let refused = |why: String| Some(Obstacle::new(why, fix));
        let build = &self.build;
        let listed = capabilities.refused_versions().unwrap_or_default();
        if listed.split([',', ';', ' ', '|']).any(|it| it.trim() == build) {
            return refused(format!("the service refuses build {build} of Entra Connect"));
        }
        let minimum = capabilities.minimum_version()?;
        (version(build)? < version(minimum)?).then(|| {
            refused(format!("the service serves build {minimum} of Entra Connect at least, not {build}"))
        })?
    }

    /// Whether the tenant takes what policies want to send; `None` if it does not tell.
    pub(super) fn passwords(&self, tenant: &str) -> Option<Finding> {
        let configuration = self.configuration.as_ref().ok()?;
        let is_on = configuration.takes_password_hashes();
        Some(if is_on {
            Finding::ok(Check::Passwords, tenant, "the tenant takes password hashes")
        } else {
            let fix = "switch it on with `directorySync: {features: {passwordSyncEnabled: true}}` in the Tenant, or as a \
                       Global Administrator: PATCH /directory/onPremisesSynchronization/{tenant id} \
                       {\"features\": {\"passwordSyncEnabled\": true}}";
            Finding::problem(
                Check::Passwords,
                tenant,
                "password hash synchronisation is off in the tenant",
                fix,
            )
        })
    }

    /// What is known of its settings.
    pub(super) fn words(&self) -> Option<String> {
        let configuration = self.configuration.as_ref().ok()?;
        let passwords = match configuration.is_password_syncing {
            Some(true) => "password hashes are taken",
            Some(false) => "password hashes are not taken",
            None => "whether password hashes are taken is not said",
        };
        let links = configuration.links_per_batch_max.map(|it| format!(", {it} links a batch"));
        let newest = self.capabilities.as_ref().ok().and_then(|it| it.latest_version());
        let newest = newest.map(|it| format!(", newest {it}")).unwrap_or_default();
        Some(format!("build {}{newest}; {passwords}{}", self.build, links.unwrap_or_default()))
    }
}

/// The tenant's switch is off.
pub(super) fn switched_off() -> Obstacle {
    Obstacle::new(
        "directory synchronisation is off in the tenant",
        "an administrator switches it on: onPremisesSyncEnabled of the organisation; it may take hours until the \
         service knows",
    )
}

/// Four numbers.
fn version(text: &str) -> Option<Vec<u32>> {
    text.trim().split('.').map(|it| it.parse().ok()).collect()
}
