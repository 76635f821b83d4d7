//! What of a policy is not as it was when a plan of it was last applied.
//!
//! It does not know what follows from an edit.

use std::collections::BTreeSet;

use crate::model::{Links, ObjectKind};
use crate::policy::Policy;

use super::because::PolicyEdit;
use super::change::AttributeChange;
use super::scoping::OutOfScope;

/// The edits of a policy since it was last applied.
pub(super) struct Edits<'a> {
    policy: &'a Policy,
    /// `None` if nothing was applied yet: then any setting may be the reason for anything.
    changed: Option<BTreeSet<String>>,
    directory: bool,
    before: Option<String>,
}

/// The name of a kind's section in a policy.
const fn section(kind: ObjectKind) -> &'static str {
    match kind {
        ObjectKind::User => "users",
        ObjectKind::Group => "groups",
        ObjectKind::Contact => "contacts",
    }
}

impl<'a> Edits<'a> {
    pub(super) fn of(policy: &'a Policy, links: &Links) -> Self {
        let Some(reviewed) = &links.reviewed else {
            return Self { policy, changed: None, directory: true, before: None };
        };
        let now = policy.settings();
        let names = now.keys().chain(reviewed.settings.keys());
        let changed = names.filter(|it| now.get(*it) != reviewed.settings.get(*it)).cloned().collect();
        Self {
            policy,
            changed: Some(changed),
            directory: reviewed.directory != policy.directory_digest,
            before: reviewed.commit.clone(),
        }
    }

    /// The edit of the directory's connection, if there is one.
    pub(super) fn of_directory(&self) -> Option<Box<PolicyEdit>> {
        let settings = if self.changed.is_some() { vec!["directory".to_owned()] } else { Vec::new() };
        self.directory.then(|| Box::new(self.edit(settings)))
    }

    /// The edit of the setting that puts an object out of scope, if there is one.
    pub(super) fn of_scope(&self, kind: ObjectKind, why: &OutOfScope) -> Option<Box<PolicyEdit>> {
        let setting = match why {
            OutOfScope::Excluded(_) => "scope.defaultExclusions",
            OutOfScope::Bases => "scope.bases",
            OutOfScope::ExcludeBases(_) => "scope.excludeBases",
            OutOfScope::Filter => "scope.filter",
            OutOfScope::Exclude(_) => "scope.exclude",
            OutOfScope::MemberOf => "scope.memberOf",
            OutOfScope::NoAnchor => "anchor",
            OutOfScope::NotWritable(_) => return self.of_name("channel".to_owned()),
            OutOfScope::Kind => "scope",
        };
        self.of_setting(kind, setting)
    }

    /// The edit of one setting, if there is one.
    pub(super) fn of_setting(&self, kind: ObjectKind, setting: &str) -> Option<Box<PolicyEdit>> {
        self.of_name(format!("{}.{setting}", section(kind)))
    }

    fn of_name(&self, name: String) -> Option<Box<PolicyEdit>> {
        let Some(changed) = &self.changed else { return Some(Box::new(self.edit(Vec::new()))) };
        changed.contains(&name).then(|| Box::new(self.edit(vec![name])))
    }

    /// The edits of the flows to these properties, if there are any. Before the first apply there is none: what
    /// differs then, differs.
    pub(super) fn of_flows(&self, kind: ObjectKind, changes: &[AttributeChange]) -> Option<Box<PolicyEdit>> {
        let edited = self.changed.as_ref().filter(|it| !it.is_empty())?;
        let name = |it: &AttributeChange| format!("{}.flows.{}", section(kind), it.property);
        let names: Vec<String> = changes.iter().map(name).filter(|it| edited.contains(it)).collect();
        (!names.is_empty()).then(|| Box::new(self.edit(names)))
    }

    fn edit(&self, settings: Vec<String>) -> PolicyEdit {
        PolicyEdit { settings, before: self.before.clone(), after: self.policy.provenance.clone() }
    }
}
