//! `guards` of a policy to `Guards`.

use crate::manifest::diagnostic::Diagnostic;
use crate::manifest::document::{At, Document};
use crate::manifest::v1alpha1::{
    ContactGuards, DirectoryGuards, FewerSpec, GroupGuards, GuardsSpec, LimitSpec, UserGuards,
};
use crate::manifest::yaml::Fault;
use crate::model::Upn;
use crate::policy::{ContactLimits, DirectoryLimits, GroupLimits, Guards, Limit, UserLimits};

use super::directory::dn;

/// Lowers the guards; what is not given keeps its default.
pub(super) fn lower(
    spec: &GuardsSpec,
    directory: Option<&Document>,
    at: &At<'_>,
    findings: &mut Vec<Diagnostic>,
) -> Guards {
    let GuardsSpec { directory: readings, users, groups, contacts, protect } = spec;
    for (index, text) in (0..).zip(protect) {
        if text.parse::<Upn>().is_err() {
            at.field("protect").item(index).warning(findings, |it| {
                Fault::new(it, "this protects nobody: it is no user principal name")
                    .hint("write it as in `breakglass@contoso.com`")
            });
        }
    }
    Guards {
        directory: lower_directory(readings, &at.field("directory"), findings),
        users: lower_users(users),
        groups: lower_groups(groups),
        contacts: lower_contacts(contacts),
        protect: protect.iter().map(|it| it.to_lowercase()).collect(),
        own_accounts: directory.and_then(own_account).into_iter().collect(),
    }
}

/// The account that samesign signs in to the directory with.
fn own_account(directory: &Document) -> Option<String> {
    let bind = directory.node.field("spec")?.field("ldap")?.field("bind")?;
    let simple = bind.field("simple").and_then(|it| it.field("user"));
    let kerberos = bind.field("kerberos").and_then(|it| it.field("principal"));
    simple.or(kerberos)?.text().map(str::to_lowercase)
}

fn lower_directory(spec: &DirectoryGuards, at: &At<'_>, findings: &mut Vec<Diagnostic>) -> DirectoryLimits {
    let DirectoryGuards { fewer, canaries } = spec;
    let default = DirectoryLimits::default();
    let (percent, floor) = match fewer {
        Some(FewerSpec { percent, floor }) => (*percent, *floor),
        None => (None, None),
    };
    let canaries = (0..)
        .zip(canaries)
        .filter_map(|(index, it)| dn(it, &at.field("canaries").item(index), findings))
        .collect();
    DirectoryLimits {
        fewer_percent: percent.unwrap_or(default.fewer_percent),
        fewer_floor: floor.unwrap_or(default.fewer_floor),
        canaries,
    }
}

fn lower_users(spec: &UserGuards) -> UserLimits {
    let UserGuards { removals, blocks, rewrites, clears, creates, updates } = spec;
    let default = UserLimits::default();
    UserLimits {
        removals: limit(removals.as_ref(), default.removals),
        blocks: limit(blocks.as_ref(), default.blocks),
        rewrites: limit(rewrites.as_ref(), default.rewrites),
        clears: limit(clears.as_ref(), default.clears),
        creates: creates.as_ref().map(own_limit),
        updates: updates.as_ref().map(own_limit),
    }
}

fn lower_groups(spec: &GroupGuards) -> GroupLimits {
    let GroupGuards { removals, member_removals, all_member_removals, clears, creates, updates } = spec;
    let default = GroupLimits::default();
    GroupLimits {
        removals: limit(removals.as_ref(), default.removals),
        member_removals: limit(member_removals.as_ref(), default.member_removals),
        all_member_removals: limit(all_member_removals.as_ref(), default.all_member_removals),
        clears: limit(clears.as_ref(), default.clears),
        creates: creates.as_ref().map(own_limit),
        updates: updates.as_ref().map(own_limit),
    }
}

fn lower_contacts(spec: &ContactGuards) -> ContactLimits {
    let ContactGuards { removals, clears, creates, updates } = spec;
    let default = ContactLimits::default();
    ContactLimits {
        removals: limit(removals.as_ref(), default.removals),
        clears: limit(clears.as_ref(), default.clears),
        creates: creates.as_ref().map(own_limit),
        updates: updates.as_ref().map(own_limit),
    }
}

/// What is not given keeps its default.
fn limit(spec: Option<&LimitSpec>, default: Limit) -> Limit {
    let Some(LimitSpec { max, percent, floor }) = spec else { return default };
    Limit {
        max: max.unwrap_or(default.max),
        percent: percent.or(default.percent),
        floor: floor.unwrap_or(default.floor),
    }
}

/// A limit that has no default: a share alone sets no count.
fn own_limit(spec: &LimitSpec) -> Limit {
    limit(Some(spec), Limit { max: u32::MAX, percent: None, floor: 0 })
}
