//! Manifests as text: one file for the tenant, one for each domain.
//!
//! They hold decisions only, and none is made here.

use std::fmt;

use crate::model::{Dn, ObjectKind};

use super::flows::{FlowSourceText, FlowText};
use super::note::{Note, one_line};
use super::scope::Containers;
use super::yaml_text::{list, scalar};

/// Most notes that the comment of a policy repeats; the program prints all of them.
const COMMENT_NOTES_MAX: usize = 200;
/// Longer names of manifests are not taken.
const NAME_MAX: usize = 63;
/// What stands for an id that the file does not have.
pub(super) const NO_ID: &str = "00000000-0000-0000-0000-000000000000";

/// A tenant to be written.
pub(super) struct TenantText {
    pub(super) name: String,
    pub(super) id: Option<String>,
    pub(super) cloud: &'static str,
}

/// A domain to be written: its directory, its lists of flows and its policy.
pub(super) struct DomainText {
    pub(super) name: String,
    pub(super) domain: String,
    pub(super) user: String,
    pub(super) password_variable: String,
    pub(super) anchor: &'static str,
    pub(super) group: Option<String>,
    pub(super) containers: Containers,
    pub(super) kinds: Vec<KindText>,
    pub(super) password_hashes: bool,
    pub(super) deletions: Option<i64>,
}

/// One kind of object that a domain synchronises.
pub(super) struct KindText {
    pub(super) kind: ObjectKind,
    pub(super) exclude: Vec<String>,
    pub(super) flows: Vec<FlowText>,
}

/// A name that a manifest may have.
pub(super) fn manifest_name(text: &str) -> String {
    let fold = |it: char| match it.to_ascii_lowercase() {
        it if it.is_ascii_lowercase() || it.is_ascii_digit() || it == '.' => it,
        _ => '-',
    };
    let name: String = text.chars().map(fold).take(NAME_MAX).collect();
    name.trim_matches(['-', '.']).to_owned()
}

const fn section(kind: ObjectKind) -> &'static str {
    match kind {
        ObjectKind::User => "users",
        ObjectKind::Group => "groups",
        ObjectKind::Contact => "contacts",
    }
}

const fn object(kind: ObjectKind) -> &'static str {
    match kind {
        ObjectKind::User => "user",
        ObjectKind::Group => "group",
        ObjectKind::Contact => "contact",
    }
}

fn head(f: &mut fmt::Formatter<'_>, kind: &str, name: &str) -> fmt::Result {
    let name = scalar(name);
    write!(f, "apiVersion: samesign.dev/v1alpha1\nkind: {kind}\nmetadata: {{name: {name}}}\nspec:\n")
}

impl fmt::Display for TenantText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, id, cloud } = self;
        head(f, "Tenant", name)?;
        let unknown = if id.is_none() { "  # the id of your tenant goes here" } else { "" };
        writeln!(f, "  tenantId: {}{unknown}", scalar(id.as_deref().unwrap_or(NO_ID)))?;
        if *cloud != "global" {
            writeln!(f, "  cloud: {cloud}")?;
        }
        writeln!(f, "  channel: directorySync\n  auth:")?;
        writeln!(f, "    clientId: \"{NO_ID}\"  # the app registration of samesign goes here")?;
        writeln!(f, "    certificateFrom: {{file: samesign.pem}}")
    }
}

/// The file of a domain.
pub(super) struct DomainFile<'a> {
    pub(super) domain: &'a DomainText,
    /// Name of the tenant's manifest.
    pub(super) tenant: &'a str,
    /// What all of it was made from.
    pub(super) origin: &'a str,
    pub(super) notes: &'a [Note],
}

impl fmt::Display for DomainFile<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { domain, tenant, origin, notes } = self;
        comment(f, origin, notes)?;
        domain.policy(f, tenant)?;
        f.write_str("---\n")?;
        domain.directory(f)?;
        for kind in domain.kinds.iter().filter(|it| !it.flows.is_empty()) {
            f.write_str("---\n")?;
            head(f, "AttributeFlow", &domain.list_name(kind.kind))?;
            writeln!(f, "  object: {}\n  flows:", object(kind.kind))?;
            kind.flows.iter().try_for_each(|it| flow_line(f, it))?;
        }
        Ok(())
    }
}

impl DomainText {
    /// Name of the list of a kind's custom flows.
    fn list_name(&self, kind: ObjectKind) -> String {
        let suffix = format!("-{}-rules", object(kind));
        let mut name = self.name.clone();
        name.truncate(NAME_MAX - suffix.len());
        name + &suffix
    }

    fn directory(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        head(f, "Directory", &self.name)?;
        writeln!(f, "  ldap:\n    domain: {}\n    bind:", scalar(&self.domain))?;
        let (user, variable) = (scalar(&self.user), &self.password_variable);
        writeln!(f, "      simple: {{user: {user}, passwordFrom: {{env: {variable}}}}}")
    }

    fn policy(&self, f: &mut fmt::Formatter<'_>, tenant: &str) -> fmt::Result {
        head(f, "SyncPolicy", &self.name)?;
        writeln!(f, "  directory: {}\n  tenant: {}", scalar(&self.name), scalar(tenant))?;
        writeln!(f, "  mode: observe")?;
        self.kinds.iter().try_for_each(|it| self.kind(f, it))?;
        writeln!(f, "  passwords: {{mode: {}}}", if self.password_hashes { "hash" } else { "none" })?;
        if let Some(max) = self.deletions {
            writeln!(f, "  guards:\n    users: {{removals: {{max: {max}}}}}")?;
        }
        Ok(())
    }

    fn kind(&self, f: &mut fmt::Formatter<'_>, it: &KindText) -> fmt::Result {
        writeln!(f, "  {}:\n    scope:", section(it.kind))?;
        items(f, "bases", self.containers.bases.iter().map(Dn::as_str))?;
        items(f, "excludeBases", self.containers.exclude_bases.iter().map(Dn::as_str))?;
        items(f, "exclude", it.exclude.iter().map(String::as_str))?;
        items(f, "memberOf", self.group.iter().map(String::as_str))?;
        if it.kind == ObjectKind::User {
            writeln!(f, "    anchor: {}", self.anchor)?;
        }
        let own = (!it.flows.is_empty()).then(|| self.list_name(it.kind));
        writeln!(f, "    flows: {}", list(["entra-connect"].into_iter().chain(own.as_deref())))?;
        if it.kind == ObjectKind::User {
            writeln!(f, "    lifecycle: {{expired: ignore}}  # what Entra Connect does")?;
        }
        Ok(())
    }
}

/// A list of a scope, one item a line.
fn items<'a>(f: &mut fmt::Formatter<'_>, field: &str, texts: impl Iterator<Item = &'a str>) -> fmt::Result {
    for (index, text) in texts.enumerate() {
        if index == 0 {
            writeln!(f, "      {field}:")?;
        }
        writeln!(f, "        - {}", scalar(text))?;
    }
    Ok(())
}

fn flow_line(f: &mut fmt::Formatter<'_>, flow: &FlowText) -> fmt::Result {
    let FlowText { to, source, once, missing } = flow;
    match source {
        FlowSourceText::From(name) => write!(f, "    - {{to: {to}, from: {}", scalar(name))?,
        FlowSourceText::Value(text) => write!(f, "    - {{to: {to}, value: {}", scalar(text))?,
    }
    if *once {
        f.write_str(", authority: initialOnly")?;
    }
    if let Some(word) = missing {
        write!(f, ", missing: {word}")?;
    }
    f.write_str("}\n")
}

/// What stands on top of a policy.
fn comment(f: &mut fmt::Formatter<'_>, origin: &str, notes: &[Note]) -> fmt::Result {
    writeln!(f, "# Made by `samesign import entra-connect` from {}.", one_line(origin))?;
    writeln!(f, "# `samesign plan` should show no difference before anything is applied.")?;
    if notes.is_empty() {
        return Ok(());
    }
    writeln!(
        f,
        "#\n# What has no equivalent, or has to be looked at (lines are those of the exported file):"
    )?;
    notes.iter().take(COMMENT_NOTES_MAX).try_for_each(|it| writeln!(f, "# - {it}"))?;
    if let Some(more) = notes.len().checked_sub(COMMENT_NOTES_MAX).filter(|it| 0 < *it) {
        writeln!(f, "# - and {more} more, which the import prints")?;
    }
    f.write_str("\n")
}
