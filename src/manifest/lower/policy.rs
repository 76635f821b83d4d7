//! `SyncPolicy` to `Policy` and its settings.

use crate::manifest::connection::{DirectoryConnection, DirectorySpec, TenantSpec};
use crate::manifest::diagnostic::Diagnostic;
use crate::manifest::document::{At, Document};
use crate::manifest::settings::{AlarmThresholds, PolicySettings, Schedule};
use crate::manifest::v1alpha1::{
    AlarmsSpec, AnchorWord, ContactsSpec, DisabledWord, ExpiredWord, GroupRemovedSpec, GroupsSpec, Kind,
    LifecycleSpec, ModeWord, PasswordMode, PasswordsSpec, ScheduleSpec, SyncPolicySpec, UsersSpec,
};
use crate::manifest::yaml::Fault;
use crate::model::{Digest, ObjectKind, Property, Provenance};
use crate::policy::{
    AnchorSource, Channel, ContactPolicy, Flows, GroupPolicy, Lifecycle, Mode, OnExpired, PasswordPolicy,
    Policy, Removal, UserPolicy,
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
    let channel = sides.tenants.iter().find(|it| it.name == spec.tenant).map(|it| it.channel);
    let flows = (channel.unwrap_or_default(), sides.lists);
    let users = spec.users.as_ref().map(|it| lower_users(lowering, it, flows, &at.field("users")));
    let groups = spec.groups.as_ref().map(|it| lower_groups(lowering, it, flows, &at.field("groups")));
    let contacts =
        spec.contacts.as_ref().map(|it| lower_contacts(lowering, it, flows, &at.field("contacts")));
    let passwords =
        spec.passwords.as_ref().and_then(|it| lower_passwords(lowering, it, &at.field("passwords")));
    report_doubts(&spec, sides, &at, &mut lowering.findings);
    let source = sides.directories.iter().find(|it| it.name == spec.directory);
    // A warning has said that an export has no passwords, and Microsoft Graph takes none.
    let is_export = source.is_some_and(|it| matches!(it.connection, DirectoryConnection::Ldif(_)));
    let mut policy = Policy {
        name: document.name.clone(),
        directory: spec.directory.clone(),
        tenant: spec.tenant.clone(),
        channel: channel.unwrap_or_default(),
        mode: match spec.mode {
            ModeWord::Observe => Mode::Observe,
            ModeWord::Review => Mode::Review,
            ModeWord::Auto => Mode::Auto,
        },
        users,
        groups,
        // Microsoft Graph cannot write them, and a warning has said so.
        contacts: contacts.filter(|_| channel == Some(Channel::DirectorySync)),
        features: sides
            .tenants
            .iter()
            .find(|it| it.name == spec.tenant)
            .map(|it| it.directory_sync.features.clone())
            .unwrap_or_default(),
        passwords: passwords.filter(|_| channel == Some(Channel::DirectorySync) && !is_export),
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
        alarms: lower_alarms(&spec.alarms),
        place: document.at().place(),
    };
    Some((policy, settings))
}

/// The channel of a policy, and the lists of flows that there are.
type FlowSources<'a> = (Channel, &'a [FlowList]);

fn lower_users(
    lowering: &mut Lowering<'_>,
    spec: &UsersSpec,
    (channel, lists): FlowSources<'_>,
    at: &At<'_>,
) -> UserPolicy {
    let UsersSpec { scope, anchor, flows, lifecycle } = spec;
    let users = UserPolicy {
        scope: scope::lower(lowering, scope, &at.field("scope")),
        anchor: match anchor {
            AnchorWord::Auto => AnchorSource::Auto,
            AnchorWord::ObjectGuid => AnchorSource::ObjectGuid,
            AnchorWord::ConsistencyGuid => AnchorSource::ConsistencyGuid,
        },
        flows: flow::combine(lowering, lists, (channel, ObjectKind::User), flows.as_deref(), at),
        lifecycle: lower_lifecycle(lifecycle, &at.field("lifecycle"), &mut lowering.findings),
    };
    let needed = [Property::UserPrincipalName, Property::DisplayName, Property::MailNickname];
    report_missing_flows(&users.flows, &needed, ObjectKind::User, at, &mut lowering.findings);
    users
}

fn lower_groups(
    lowering: &mut Lowering<'_>,
    spec: &GroupsSpec,
    (channel, lists): FlowSources<'_>,
    at: &At<'_>,
) -> GroupPolicy {
    let GroupsSpec { scope, flows, lifecycle } = spec;
    let groups = GroupPolicy {
        scope: scope::lower(lowering, scope, &at.field("scope")),
        flows: flow::combine(lowering, lists, (channel, ObjectKind::Group), flows.as_deref(), at),
        removal: lower_removal(&lifecycle.removed, &at.field("lifecycle"), &mut lowering.findings),
    };
    let needed = [Property::DisplayName, Property::MailNickname];
    report_missing_flows(&groups.flows, &needed, ObjectKind::Group, at, &mut lowering.findings);
    groups
}

fn lower_contacts(
    lowering: &mut Lowering<'_>,
    spec: &ContactsSpec,
    (channel, lists): FlowSources<'_>,
    at: &At<'_>,
) -> ContactPolicy {
    let ContactsSpec { scope, flows, lifecycle } = spec;
    ContactPolicy {
        scope: scope::lower(lowering, scope, &at.field("scope")),
        flows: flow::combine(lowering, lists, (channel, ObjectKind::Contact), flows.as_deref(), at),
        removal: lower_removal(&lifecycle.removed, &at.field("lifecycle"), &mut lowering.findings),
    }
}

/// What happens to objects that cannot sign in.
fn lower_removal(spec: &GroupRemovedSpec, at: &At<'_>, findings: &mut Vec<Diagnostic>) -> Removal {
    let default = Removal::default().delete_after_days;
    let delete_after_days = spec.delete_after.map_or(default, |it| it.days);
    let removal = Removal { block: false, delete_after_days };
    report_hasty(removal, &at.field("removed"), findings);
    removal
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

fn lower_passwords(lowering: &mut Lowering<'_>, spec: &PasswordsSpec, at: &At<'_>) -> Option<PasswordPolicy> {
    let PasswordsSpec { mode, select, exclude, include_disabled, include_privileged, force_change_at_logon } =
        spec;
    let Lowering { register: _, names, findings } = lowering;
    let select = select.as_ref().and_then(|it| scope::parse_filter(it, &at.value("select"), names, findings));
    let excludes = at.field("exclude");
    let exclude = (0..)
        .zip(exclude)
        .filter_map(|(index, it)| scope::parse_filter(it, &excludes.item(index), names, findings))
        .collect();
    match mode {
        PasswordMode::None => None,
        PasswordMode::Hash => Some(PasswordPolicy {
            select,
            exclude,
            of_disabled: *include_disabled,
            of_privileged: *include_privileged,
            must_change: *force_change_at_logon,
            last_set: flow::attribute("pwdLastSet", names).ok()?,
            admin_count: flow::attribute("adminCount", names).ok()?,
        }),
    }
}

fn lower_schedule(spec: &ScheduleSpec, at: &At<'_>, findings: &mut Vec<Diagnostic>) -> Schedule {
    let ScheduleSpec { every, full_every, changes_every, passwords_every } = spec;
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
        changes_every: interval("changesEvery", changes_every, default.changes_every),
        passwords_every: interval("passwordsEvery", passwords_every, default.passwords_every),
    }
}

fn lower_alarms(spec: &AlarmsSpec) -> AlarmThresholds {
    let AlarmsSpec { no_success_after, password_lag_after } = spec;
    let default = AlarmThresholds::default();
    let seconds = |it: crate::manifest::v1alpha1::Duration| std::time::Duration::from_secs(it.seconds);
    AlarmThresholds {
        no_success_after: no_success_after.map_or(default.no_success_after, seconds),
        password_lag_after: password_lag_after.map_or(default.password_lag_after, seconds),
    }
}

/// What works, but hardly as meant.
fn report_doubts(spec: &SyncPolicySpec, sides: &Sides<'_>, at: &At<'_>, findings: &mut Vec<Diagnostic>) {
    let channel = sides.tenants.iter().find(|it| it.name == spec.tenant).map(|it| it.channel);
    let no_contacts = spec.contacts.is_none() || channel == Some(Channel::Graph);
    if spec.users.is_none() && spec.groups.is_none() && no_contacts {
        at.warning(findings, |it| {
            Fault::new(it, "this policy handles neither users nor groups, so it does nothing")
                .hint("add `users: {scope: {}}` to handle all users")
        });
    }
    let hashes = spec.passwords.as_ref().is_some_and(|it| it.mode == PasswordMode::Hash);
    if channel == Some(Channel::Graph) {
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
                    .hint("set `channel: directorySync` in the Tenant, or write `mode: none`")
            });
        }
    }
    let directory = sides.directories.iter().find(|it| it.name == spec.directory);
    let is_export = directory.is_some_and(|it| matches!(it.connection, DirectoryConnection::Ldif(_)));
    if hashes && is_export && channel != Some(Channel::Graph) {
        at.field("passwords").warning(findings, |it| {
            Fault::new(it, "passwords do not travel: an LDIF export has none")
                .hint("use a Directory with `ldap`, or write `mode: none`")
        });
    }
}
