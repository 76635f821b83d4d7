//! What a tenant says about itself, judged.
//!
//! It does not know how it was asked, nor which policy wants what beyond its needs.

use jiff::{SignedDuration, Timestamp};

use super::channel::{self, DirectorySync, Obstacle, Ways};
use super::edition::Edition;
use super::finding::{Check, Examples, Finding};
use super::permissions::{Need, Wants, missing, needed};
use super::{count, deadline};
use crate::model::Domain;
use crate::policy::Channel;
use crate::wire::odata::{DeletionGuard, OrganizationState, SubscriptionRecord, SynchronizationRecord};
use crate::wire::x509::Certificate;

/// Why something could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unread {
    /// Why.
    pub why: String,
    /// What to do about it.
    pub fix: Option<String>,
    /// Whether the app lacks the right, and nothing else is wrong.
    pub denied: bool,
}

/// Everything that is known of a tenant.
#[derive(Debug)]
pub struct TenantFacts {
    /// Name of the manifest.
    pub name: String,
    /// The certificate that the app proves itself with, if it has one.
    pub certificate: Option<Certificate>,
    /// What was read with the token that the app got.
    pub session: Result<Session, Unread>,
}

/// What was read with a token.
#[derive(Debug)]
pub struct Session {
    /// The permissions of the token; `None` if it does not show them.
    pub permissions: Option<Vec<String>>,
    /// How far the service's clock is ahead of ours.
    pub clock_ahead: Result<Option<SignedDuration>, Unread>,
    /// What the organisation says.
    pub organization: Result<OrganizationState, Unread>,
    /// Its domains.
    pub domains: Result<Vec<Domain>, Unread>,
    /// Its subscriptions.
    pub subscriptions: Result<Vec<SubscriptionRecord>, Unread>,
    /// Its switches of directory synchronisation.
    pub synchronization: Result<Option<SynchronizationRecord>, Unread>,
    /// Objects of which it holds a value back.
    pub quarantined: Result<Examples, Unread>,
    /// Users of which a directory is master.
    pub mastered: Result<Examples, Unread>,
    /// What the endpoint of Entra Connect says.
    pub directory_sync: Result<DirectorySync, Obstacle>,
}

impl TenantFacts {
    /// What they mean to policies that want this through that channel, and which channels are possible.
    pub fn judge(&self, channel: Channel, wants: Wants, now: Timestamp) -> (Vec<Finding>, Ways) {
        let Self { name, certificate, session } = self;
        let renew = "make a new certificate, upload it to the app registration, and put it where certificateFrom \
                     points";
        let mut findings: Vec<Finding> =
            certificate.iter().map(|it| deadline::certificate(name, it, now, renew)).collect();
        match session {
            Ok(session) => {
                let (more, ways) = session.judge(name, channel, wants);
                findings.extend(more);
                (findings, ways)
            }
            Err(unread) => {
                let fix = fix_of(unread, "check clientId, tenantId and the credential in the Tenant");
                findings.push(Finding::problem(Check::Token, name, unread.why.clone(), fix));
                (findings, Ways::without_token())
            }
        }
    }
}

impl Ways {
    fn without_token() -> Self {
        let obstacle = Obstacle::new("the app gets no token", "mend what is said about the tenant first");
        Self { graph: vec![obstacle.clone()], directory_sync: vec![obstacle], settings: None }
    }
}

impl Session {
    fn judge(&self, name: &str, channel: Channel, wants: Wants) -> (Vec<Finding>, Ways) {
        let Self {
            permissions,
            clock_ahead,
            organization,
            domains,
            subscriptions,
            synchronization,
            quarantined,
            mastered,
            directory_sync,
        } = self;
        let lacking = |of| permissions.as_deref().map_or_else(Vec::new, |it| missing(needed(of, wants), it));
        let mut findings = vec![Finding::ok(Check::Token, name, "the app gets a token")];
        findings.extend(granted(name, permissions.as_deref(), &lacking(channel)));
        findings.extend(told(name, Check::Clock, clock_ahead, |it| match it {
            Some(ahead) => vec![deadline::clock(name, *ahead)],
            None => vec![Finding::ok(Check::Clock, name, "it does not tell the time")],
        }));
        findings.extend(told(name, Check::Organization, organization, |it| state(name, it)));
        findings.extend(told(name, Check::Domains, domains, |it| vec![verified(name, it)]));
        findings.extend(told(name, Check::Edition, subscriptions, |it| vec![edition(name, channel, it)]));
        findings.extend(told(name, Check::Features, synchronization, |it| switches(name, it.as_ref())));
        findings.extend(
            directory_sync.as_ref().ok().filter(|_| wants.passwords).and_then(|it| it.passwords(name)),
        );
        findings.extend(told(name, Check::Quarantine, quarantined, |it| vec![quarantine(name, it)]));
        // Who is mastered decides about a channel: that it is not known must not look like nobody.
        findings.extend(told(name, Check::Channel, mastered, |_| Vec::new()));
        let nobody = Examples::default();
        let graph = channel::graph_obstacles(&lacking(Channel::Graph), mastered.as_ref().unwrap_or(&nobody));
        let ways = Ways {
            graph,
            directory_sync: self.directory_sync_obstacles(),
            settings: directory_sync.as_ref().ok().and_then(DirectorySync::words),
        };
        (findings, ways)
    }

    fn directory_sync_obstacles(&self) -> Vec<Obstacle> {
        if let Ok(Edition::Without(names)) = self.subscriptions.as_ref().map(|it| Edition::of(it)) {
            let why = format!("the tenant's edition ({}) has no directory synchronisation", names.join(", "));
            return vec![Obstacle::new(why, "use channel: graph, or change to another edition")];
        }
        let off = self.organization.as_ref().is_ok_and(|it| it.on_premises_sync_enabled != Some(true));
        if off {
            // The endpoint would say the same, or deny that it knows the tenant.
            return vec![channel::switched_off()];
        }
        match &self.directory_sync {
            Ok(it) => it.obstacles(),
            Err(obstacle) => vec![obstacle.clone()],
        }
    }
}

/// Findings of what was read; or why it could not be read, which is a mere fact where only a right is missing that
/// no plan needs.
fn told<T>(
    name: &str,
    check: Check,
    read: &Result<T, Unread>,
    judge: impl FnOnce(&T) -> Vec<Finding>,
) -> Vec<Finding> {
    match read {
        Ok(it) => judge(it),
        Err(Unread { why, denied: true, fix: _ }) => {
            vec![Finding::ok(check, name, format!("not known: {why}"))]
        }
        Err(unread) => {
            let fix =
                fix_of(unread, "run it again; if it stays, look at the service's health in the admin centre");
            let says = unread.why.clone();
            // No plan needs the others.
            let vital = matches!(check, Check::Organization | Check::Domains);
            let weighed = if vital { Finding::problem } else { Finding::warning };
            vec![weighed(check, name, says, fix)]
        }
    }
}

fn fix_of(unread: &Unread, otherwise: &str) -> String {
    unread.fix.clone().unwrap_or_else(|| otherwise.to_owned())
}

fn granted(name: &str, permissions: Option<&[String]>, lacking: &[Need]) -> Vec<Finding> {
    let Some(permissions) = permissions else {
        return vec![Finding::ok(Check::Permissions, name, "the token does not show the app's permissions")];
    };
    if lacking.is_empty() {
        let list = permissions.join(", ");
        return vec![Finding::ok(
            Check::Permissions,
            name,
            format!("the app has all that is needed: {list}"),
        )];
    }
    let one = |it: &Need| {
        let says = format!("the app lacks {}: it may not {}", it.least, it.to);
        let fix = channel::grant(it.least);
        let weighed = if it.vital { Finding::problem } else { Finding::warning };
        weighed(Check::Permissions, name, says, fix)
    };
    lacking.iter().map(one).collect()
}

fn state(name: &str, state: &OrganizationState) -> Vec<Finding> {
    let OrganizationState { id, display_name, on_premises_sync_enabled, on_premises_last_sync_date_time } =
        state;
    let switch = match on_premises_sync_enabled {
        Some(true) => "directory synchronisation is on",
        Some(false) => "directory synchronisation is off again",
        None => "directory synchronisation was never on",
    };
    let last = match on_premises_last_sync_date_time {
        Some(at) => format!("{switch}; last seen {at}"),
        None => switch.to_owned(),
    };
    let title = display_name.as_deref().unwrap_or("(no name)");
    vec![
        Finding::ok(Check::Organization, name, format!("it is {title} ({id})")),
        Finding::ok(Check::Synchronization, name, last),
    ]
}

fn verified(name: &str, domains: &[Domain]) -> Finding {
    let names: Vec<&str> = domains.iter().filter(|it| it.verified).map(|it| it.name.as_str()).collect();
    let pending = domains.iter().filter(|it| !it.verified).map(|it| it.name.as_str()).collect::<Vec<_>>();
    let says = format!("verified: {}", names.join(", "));
    if pending.is_empty() {
        return Finding::ok(Check::Domains, name, says);
    }
    let says = format!("{says}; not verified yet: {}", pending.join(", "));
    let fix = "finish the verification in the admin centre, or remove the domain";
    Finding::warning(Check::Domains, name, says, fix)
}

fn edition(name: &str, channel: Channel, subscriptions: &[SubscriptionRecord]) -> Finding {
    let edition = Edition::of(subscriptions);
    let says = edition.words();
    match (edition, channel) {
        (Edition::Without(_), Channel::DirectorySync) => {
            let fix = "use channel: graph, or change to another edition";
            Finding::problem(Check::Edition, name, says, fix)
        }
        (Edition::Without(_), Channel::Graph) | (Edition::Free | Edition::Synchronises(_), _) => {
            Finding::ok(Check::Edition, name, says)
        }
    }
}

fn switches(name: &str, record: Option<&SynchronizationRecord>) -> Vec<Finding> {
    let Some(SynchronizationRecord { features, configuration }) = record else {
        return vec![Finding::ok(
            Check::Features,
            name,
            "the tenant has no switches of directory synchronisation",
        )];
    };
    let on: Vec<&str> = features.iter().filter(|it| *it.1 == Some(true)).map(|it| it.0.as_str()).collect();
    let says = if on.is_empty() { "no switch is on".to_owned() } else { format!("on: {}", on.join(", ")) };
    let DeletionGuard { synchronization_prevention_type, alert_threshold } =
        &configuration.accidental_deletion_prevention;
    let threshold = alert_threshold.unwrap_or_default();
    let guard = match synchronization_prevention_type.as_deref() {
        Some("enabledForCount") => format!("stops at more than {threshold} deletions"),
        Some("enabledForPercentage") => format!("stops at more than {threshold} % deletions"),
        Some("disabled") => "is switched off; samesign's own guards hold all the same".to_owned(),
        Some(other) => format!("is {other}"),
        None => "is not said".to_owned(),
    };
    vec![
        Finding::ok(Check::Features, name, says),
        Finding::ok(Check::DeletionPrevention, name, format!("the tenant's guard against deletions {guard}")),
    ]
}

fn quarantine(name: &str, quarantined: &Examples) -> Finding {
    if quarantined.is_empty() {
        return Finding::ok(Check::Quarantine, name, "no object is in quarantine");
    }
    let says = format!(
        "{} in quarantine: the tenant holds a name or an address back, because another object has it",
        count(quarantined.count, "object is", "objects are")
    );
    let fix = "change the name or the address of one of the two in the directory";
    Finding::warning(Check::Quarantine, name, says, fix).with_examples(quarantined.clone())
}
