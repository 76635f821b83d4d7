//! `SyncPolicy` to `Policy` and its settings.

use crate::manifest::connection::{DirectoryConnection, DirectorySpec, TenantChannel, TenantSpec};
use crate::manifest::diagnostic::Diagnostic;
use crate::manifest::document::{At, Document};
use crate::manifest::settings::{PasswordSettings, PolicySettings, Schedule};
use crate::manifest::v1alpha1::{
    AnchorWord, DisabledWord, ExpiredWord, GroupsSpec, Kind, LifecycleSpec, ModeWord, PasswordMode,
    PasswordsSpec, ScheduleSpec, SyncPolicySpec, UsersSpec,
};
use crate::manifest::yaml::Fault;
use crate::model::{Digest, ObjectKind, Property, Provenance};
use crate::policy::{
    AnchorSource, Flows, GroupPolicy, Lifecycle, Mode, OnExpired, Policy, Removal, UserPolicy,
};

use super::flow::FlowList;
use super::{Lowering, digest, flow, guards, scope};

/// A policy and what it says beyond the plan.
pub(super) type Lowered = (Policy, PolicySettings);

/// What policies refer to.
pub(super) struct Sides<'a> {
    pub(super) lists: &'a [FlowList],
    pub(super) tenants: &'a [TenantSpec],
    pub(super) directories: &'a [DirectorySpec],
    pub(super) provenance: &'a Provenance,
}

/// Lowers one policy.
pub(super) fn lower<'a>(
    lowering: &mut Lowering<'a>,
    document: &'a Document,
    sides: &Sides<'_>,
) -> Option<Lowered> {
    let spec: SyncPolicySpec = document.read(&mut lowering.findings)?;
    let at = document.spec();
    let Lowering { register, names: _, findings } = &mut *lowering;
    let directory = register.resolve(Kind::Directory, &spec.directory, &at.value("directory"), findings);
    let tenant = register.resolve(Kind::Tenant, &spec.tenant, &at.value("tenant"), findings);
    let users = spec.users.as_ref().map(|it| lower_users(lowering, it, sides.lists, &at.field("users")));
    let groups = spec.groups.as_ref().map(|it| lower_groups(lowering, it, sides.lists, &at.field("groups")));
    if let Some(contacts) = &spec.contacts {
        let at = at.field("contacts");
        // Compiled and thrown away: a channel that writes contacts will find them sound.
        scope::lower(lowering, &contacts.scope, &at.field("scope"));
        flow::combine(lowering, sides.lists, ObjectKind::Contact, contacts.flows.as_deref(), &at);
    }
    let passwords =
        spec.passwords.as_ref().and_then(|it| lower_passwords(lowering, it, &at.field("passwords")));
    report_doubts(&spec, sides, &at, &mut lowering.findings);
    let mut policy = Policy {
        name: document.name.clone(),
        directory: spec.directory.clone(),
        tenant: spec.tenant.clone(),
        mode: match spec.mode {
            ModeWord::Observe => Mode::Observe,
            ModeWord::Review => Mode::Review,
            ModeWord::Auto => Mode::Auto,
        },
        users,
        groups,
        guards: guards::lower(&spec.guards, directory, &at.field("guards"), &mut lowering.findings),
        approvals: Vec::new(),
        digest: Digest::of_fields([]),
        directory_digest: directory.map_or_else(|| Digest::of_fields([]), digest::of_directory),
        provenance: sides.provenance.clone(),
    };
    policy.digest = digest::of_policy(&policy, [Some(document), directory, tenant]);
    let settings = PolicySettings {
        policy: document.name.clone(),
        schedule: lower_schedule(&spec.schedule, &at.field("schedule"), &mut lowering.findings),
        passwords,
        contacts: spec.contacts.is_some(),
        place: document.at().place(),
    };
    Some((policy, settings))
}

fn lower_users(lowering: &mut Lowering<'_>, spec: &UsersSpec, lists: &[FlowList], at: &At<'_>) -> UserPolicy {
    let UsersSpec { scope, anchor, flows, lifecycle } = spec;
    let users = UserPolicy {
        scope: scope::lower(lowering, scope, &at.field("scope")),
        anchor: match anchor {
            AnchorWord::Auto => AnchorSource::Auto,
            AnchorWord::ObjectGuid => AnchorSource::ObjectGuid,
            AnchorWord::ConsistencyGuid => AnchorSource::ConsistencyGuid,
        },
        flows: flow::combine(lowering, lists, ObjectKind::User, flows.as_deref(), at),
        lifecycle: lower_lifecycle(lifecycle, &at.field("lifecycle"), &mut lowering.findings),
    };
    let needed = [Property::UserPrincipalName, Property::DisplayName, Property::MailNickname];
    report_missing_flows(&users.flows, &needed, ObjectKind::User, at, &mut lowering.findings);
    users
}

fn lower_groups(
    lowering: &mut Lowering<'_>,
    spec: &GroupsSpec,
    lists: &[FlowList],
    at: &At<'_>,
) -> GroupPolicy {
    let GroupsSpec { scope, flows, lifecycle } = spec;
    let removed = &lifecycle.removed;
    let groups = GroupPolicy {
        scope: scope::lower(lowering, scope, &at.field("scope")),
        flows: flow::combine(lowering, lists, ObjectKind::Group, flows.as_deref(), at),
        removal: Removal {
            block: false,
            delete_after_days: removed
                .delete_after
                .map_or(Removal::default().delete_after_days, |it| it.days),
        },
    };
    let at_removed = at.field("lifecycle").field("removed");
    report_hasty(groups.removal, &at_removed, &mut lowering.findings);
    let needed = [Property::DisplayName, Property::MailNickname];
    report_missing_flows(&groups.flows, &needed, ObjectKind::Group, at, &mut lowering.findings);
    groups
}

fn lower_lifecycle(spec: &LifecycleSpec, at: &At<'_>, findings: &mut Vec<Diagnostic>) -> Lifecycle {
    let LifecycleSpec { disabled, expired, removed } = spec;
    let default = Removal::default();
    let removal = Removal {
        block: removed.block.unwrap_or(default.block),
        delete_after_days: removed.delete_after.map_or(default.delete_after_days, |it| it.days),
    };
    report_hasty(removal, &at.field("removed"), findings);
    Lifecycle {
        block_disabled: match disabled {
            DisabledWord::Block => true,
            DisabledWord::Ignore => false,
        },
        expired: match expired {
            ExpiredWord::Block => OnExpired::Block,
            ExpiredWord::Ignore => OnExpired::Ignore,
        },
        removal,
    }
}

fn report_hasty(removal: Removal, at: &At<'_>, findings: &mut Vec<Diagnostic>) {
    if removal.delete_after_days == Some(0) {
        at.value("deleteAfter").warning(findings, |it| {
            Fault::new(it, "without a grace period a mistake deletes at once")
                .label("no days")
                .hint("write a few days, such as `14d`; an object that returns in time is not deleted")
        });
    }
}

/// A new object cannot be created without some properties.
fn report_missing_flows(
    flows: &Flows,
    needed: &[Property],
    object: ObjectKind,
    at: &At<'_>,
    findings: &mut Vec<Diagnostic>,
) {
    let missing: Vec<String> =
        needed.iter().filter(|it| flows.to(**it).is_none()).map(|it| format!("`{it}`")).collect();
    // Without any flow at all, a list has failed to resolve and that is reported.
    if !missing.is_empty() && flows.iter().next().is_some() {
        at.field("flows").warning(findings, |it| {
            Fault::new(it, format!("no flow to {}, so that no {object} can be created", missing.join(", ")))
                .hint("put `default` first in the list")
        });
    }
}

fn lower_passwords(
    lowering: &mut Lowering<'_>,
    spec: &PasswordsSpec,
    at: &At<'_>,
) -> Option<PasswordSettings> {
    let PasswordsSpec { mode, select } = spec;
    let Lowering { register: _, names, findings } = lowering;
    let select = select.as_ref().and_then(|it| scope::parse_filter(it, &at.value("select"), names, findings));
    match mode {
        PasswordMode::Off => None,
        PasswordMode::Hash => Some(PasswordSettings { select }),
    }
}

fn lower_schedule(spec: &ScheduleSpec, at: &At<'_>, findings: &mut Vec<Diagnostic>) -> Schedule {
    let ScheduleSpec { every, full_every, passwords_every } = spec;
    let default = Schedule::default();
    let mut interval = |field: &str, given: &Option<crate::manifest::v1alpha1::Duration>, default| match given
    {
        Some(it) if it.seconds == 0 => {
            at.value(field)
                .error(findings, |it| Fault::new(it, format!("`{field}` must be at least one second")));
            default
        }
        Some(it) => std::time::Duration::from_secs(it.seconds),
        None => default,
    };
    Schedule {
        every: interval("every", every, default.every),
        full_every: interval("fullEvery", full_every, default.full_every),
        passwords_every: interval("passwordsEvery", passwords_every, default.passwords_every),
    }
}

/// What works, but hardly as meant.
fn report_doubts(spec: &SyncPolicySpec, sides: &Sides<'_>, at: &At<'_>, findings: &mut Vec<Diagnostic>) {
    if spec.users.is_none() && spec.groups.is_none() {
        at.warning(findings, |it| {
            Fault::new(it, "this policy handles neither users nor groups, so it does nothing")
                .hint("add `users: {scope: {}}` to handle all users")
        });
    }
    let channel = sides.tenants.iter().find(|it| it.name == spec.tenant).map(|it| it.channel);
    let hashes = spec.passwords.as_ref().is_some_and(|it| it.mode == PasswordMode::Hash);
    if channel == Some(TenantChannel::Graph) {
        if spec.contacts.is_some() {
            at.field("contacts").warning(findings, |it| {
                Fault::new(it, "contacts are not written: Microsoft Graph cannot create mail contacts")
                    .label("ignored with `channel: graph`")
                    .hint("set `channel: directorySync` in the Tenant, or remove `contacts`")
            });
        }
        if hashes {
            at.field("passwords").warning(findings, |it| {
                Fault::new(it, "passwords do not travel: Microsoft Graph takes no password hashes")
                    .label("ignored with `channel: graph`")
                    .hint("set `channel: directorySync` in the Tenant, or write `mode: off`")
            });
        }
    }
    let directory = sides.directories.iter().find(|it| it.name == spec.directory);
    let is_export = directory.is_some_and(|it| matches!(it.connection, DirectoryConnection::Ldif(_)));
    if hashes && is_export && channel != Some(TenantChannel::Graph) {
        at.field("passwords").warning(findings, |it| {
            Fault::new(it, "passwords do not travel: an LDIF export has none")
                .hint("use a Directory with `ldap`, or write `mode: off`")
        });
    }
}
