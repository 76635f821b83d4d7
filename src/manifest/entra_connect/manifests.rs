//! Manifests as text: one file for the tenant, one for each domain.
//!
//! They hold decisions only, and none is made here.

use std::fmt::Write as _;

use crate::model::ObjectKind;

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

fn head(kind: &str, name: &str) -> String {
    format!("apiVersion: samesign.dev/v1alpha1\nkind: {kind}\nmetadata: {{name: {}}}\nspec:\n", scalar(name))
}

impl TenantText {
    pub(super) fn write(&self) -> String {
        let mut text = head("Tenant", &self.name);
        let unknown = if self.id.is_none() { "  # the id of your tenant goes here" } else { "" };
        let id = self.id.as_deref().unwrap_or(NO_ID);
        text += &format!("  tenantId: {}{unknown}\n", scalar(id));
        if self.cloud != "global" {
            text += &format!("  cloud: {}\n", self.cloud);
        }
        text += "  channel: directorySync\n  auth:\n";
        text += &format!("    clientId: \"{NO_ID}\"  # the app registration of samesign goes here\n");
        text + "    certificateFrom: {file: samesign.pem}\n"
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

    pub(super) fn write(&self, tenant: &str, origin: &str, notes: &[Note]) -> String {
        let mut text = comment(origin, notes);
        text += &self.policy(tenant);
        text += "---\n";
        text += &self.directory();
        for kind in self.kinds.iter().filter(|it| !it.flows.is_empty()) {
            text += "---\n";
            text += &head("AttributeFlow", &self.list_name(kind.kind));
            text += &format!("  object: {}\n  flows:\n", object(kind.kind));
            for flow in &kind.flows {
                text += &flow_text(flow);
            }
        }
        text
    }

    fn directory(&self) -> String {
        let mut text = head("Directory", &self.name);
        let user = scalar(&self.user);
        let _infallible = write!(
            text,
            "  ldap:\n    domain: {}\n    bind:\n      simple: {{user: {user}, passwordFrom: {{env: {}}}}}\n",
            scalar(&self.domain),
            self.password_variable
        );
        text
    }

    fn policy(&self, tenant: &str) -> String {
        let mut text = head("SyncPolicy", &self.name);
        text += &format!("  directory: {}\n  tenant: {}\n", scalar(&self.name), scalar(tenant));
        text += "  mode: observe\n";
        for kind in &self.kinds {
            self.kind(kind, &mut text);
        }
        text +=
            if self.password_hashes { "  passwords: {mode: hash}\n" } else { "  passwords: {mode: off}\n" };
        if let Some(max) = self.deletions {
            text += &format!("  guards:\n    users: {{removals: {{max: {max}}}}}\n");
        }
        text
    }

    fn kind(&self, it: &KindText, text: &mut String) {
        *text += &format!("  {}:\n    scope:\n", section(it.kind));
        items("bases", self.containers.bases.iter().map(ToString::to_string), text);
        items("excludeBases", self.containers.exclude_bases.iter().map(ToString::to_string), text);
        items("exclude", it.exclude.iter().cloned(), text);
        items("memberOf", self.group.iter().cloned(), text);
        if it.kind == ObjectKind::User {
            *text += &format!("    anchor: {}\n", self.anchor);
        }
        let own = (!it.flows.is_empty()).then(|| self.list_name(it.kind));
        let lists = ["entra-connect"].into_iter().chain(own.as_deref());
        *text += &format!("    flows: {}\n", list(lists));
        if it.kind == ObjectKind::User {
            *text += "    lifecycle: {expired: ignore}  # what Entra Connect does\n";
        }
    }
}

/// A list of a scope, one item a line.
fn items(field: &str, texts: impl Iterator<Item = String>, text: &mut String) {
    let mut texts = texts.peekable();
    if texts.peek().is_some() {
        *text += &format!("      {field}:\n");
        texts.for_each(|it| *text += &format!("        - {}\n", scalar(&it)));
    }
}

fn flow_text(flow: &FlowText) -> String {
    let source = match &flow.source {
        FlowSourceText::From(name) => format!("from: {}", scalar(name)),
        FlowSourceText::Value(text) => format!("value: {}", scalar(text)),
    };
    let once = if flow.once { ", authority: initialOnly" } else { "" };
    let missing = flow.missing.map_or_else(String::new, |it| format!(", missing: {it}"));
    format!("    - {{to: {}, {source}{once}{missing}}}\n", flow.to)
}

/// What stands on top of a policy.
fn comment(origin: &str, notes: &[Note]) -> String {
    let mut text = format!("# Made by `samesign import entra-connect` from {}.\n", one_line(origin));
    text += "# `samesign plan` should show no difference before anything is applied.\n";
    if notes.is_empty() {
        return text;
    }
    text += "#\n# What has no equivalent, or has to be looked at (lines are those of the exported file):\n";
    for note in notes.iter().take(COMMENT_NOTES_MAX) {
        text += &format!("# - {note}\n");
    }
    if let Some(more) = notes.len().checked_sub(COMMENT_NOTES_MAX).filter(|it| 0 < *it) {
        text += &format!("# - and {more} more, which the import prints\n");
    }
    text + "\n"
}
