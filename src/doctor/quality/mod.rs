//! The data quality of a directory before the first run: what the tenant would refuse, change or confuse.
//!
//! It looks at what a policy has in scope, and at nothing else. It does not know the tenant's objects, only its
//! domains.

mod attributes;
mod names;

use super::count;
use super::finding::{Check, Examples, Finding};
use crate::model::{DirectoryObject, DirectoryObjects, Domain, ObjectIndex, ObjectKind, well_known};
use crate::policy::Policy;

/// Entra Connect's older endpoint takes so many members (graph-tenant reference, 10).
const MEMBERS_MANY: usize = 50_000;
/// And the newer one so many.
const MEMBERS_MAX: usize = 250_000;

/// What a policy has in scope.
#[derive(Clone, Copy, Debug)]
pub struct Population<'a> {
    /// The policy.
    pub policy: &'a Policy,
    /// All that was read.
    pub objects: &'a DirectoryObjects,
    /// What of it is in scope.
    pub in_scope: &'a [ObjectIndex],
    /// Containers and groups that the scope names and the directory does not have.
    pub missing: &'a [String],
    /// Domains of the tenant, if they are known.
    pub domains: Option<&'a [Domain]>,
}

impl<'a> Population<'a> {
    /// Everything that should be mended before the first run.
    pub fn judge(&self) -> Vec<Finding> {
        let mut findings = vec![self.extent()];
        let checks = [
            self.gone(),
            self.readable(),
            names::twins(self),
            names::characters(self),
            names::suffixes(self),
            names::missing(self),
            names::only_an_account_name(self),
            names::shared_addresses(self),
            names::without_mail(self),
        ];
        findings.extend(checks.into_iter().flatten());
        findings.extend(attributes::lengths(self));
        findings.extend(
            [self.crowded(MEMBERS_MANY, MEMBERS_MAX), self.crowded(MEMBERS_MAX, usize::MAX)]
                .into_iter()
                .flatten(),
        );
        findings
    }

    /// Name of the policy's directory, the subject of all findings.
    fn subject(&self) -> &'a str {
        &self.policy.directory
    }

    fn of(&self, kind: ObjectKind) -> impl Iterator<Item = &'a DirectoryObject> {
        let objects = self.objects;
        self.in_scope.iter().map(move |it| objects.get(*it)).filter(move |it| it.kind == kind)
    }

    fn extent(&self) -> Finding {
        let users = count(self.of(ObjectKind::User).count(), "user", "users");
        let groups = count(self.of(ObjectKind::Group).count(), "group", "groups");
        let says = format!("{users} and {groups} are in scope");
        if !self.in_scope.is_empty() {
            return Finding::ok(Check::Scope, self.subject(), says);
        }
        let fix =
            "compare the scope of the policy with the directory: `samesign explain` says why somebody is out";
        Finding::problem(Check::Scope, self.subject(), "nothing is in scope", fix)
    }

    fn gone(&self) -> Option<Finding> {
        let mut examples = Examples::default();
        for it in self.missing {
            examples.push(|| it.clone());
        }
        let says = format!(
            "{} of the policy's scope not in the directory",
            count(examples.count, "name is", "names are")
        );
        let fix = "correct bases and memberOf of the policy, or let the account read them";
        (!examples.is_empty())
            .then(|| Finding::problem(Check::Scope, self.subject(), says, fix).with_examples(examples))
    }

    /// Without `userAccountControl` nobody can tell who is disabled.
    fn readable(&self) -> Option<Finding> {
        let mut examples = Examples::default();
        for user in self.of(ObjectKind::User) {
            if user.attributes.integer(well_known::USER_ACCOUNT_CONTROL).is_none() {
                examples.push(|| label(user));
            }
        }
        let says = format!(
            "userAccountControl of {} cannot be read: whether they are disabled is not known",
            count(examples.count, "user", "users")
        );
        let fix = "let the account that reads the directory read this attribute, or export it";
        (!examples.is_empty())
            .then(|| Finding::problem(Check::Rights, self.subject(), says, fix).with_examples(examples))
    }

    /// Groups with more members than `above`, up to `most`.
    fn crowded(&self, above: usize, most: usize) -> Option<Finding> {
        let mut examples = Examples::default();
        for group in self.of(ObjectKind::Group) {
            let members = group.members.len() + group.members_not_read.len();
            if above < members && members <= most {
                examples.push(|| format!("{} ({members})", label(group)));
            }
        }
        let says = format!("{} more than {above} members", count(examples.count, "group has", "groups have"));
        let finding = if above < MEMBERS_MAX {
            let fix = "with channel: directorySync, make sure that the tenant takes so many; smaller groups are faster";
            Finding::warning(Check::Members, self.subject(), says, fix)
        } else {
            let fix =
                "split the group, or leave it out of scope: directory synchronisation does not take so many";
            Finding::problem(Check::Members, self.subject(), says, fix)
        };
        (!examples.is_empty()).then(|| finding.with_examples(examples))
    }
}

/// The name that people know an object by.
fn label(object: &DirectoryObject) -> String {
    let text = |id| object.attributes.text(id).filter(|it| !it.trim().is_empty());
    let name = text(well_known::USER_PRINCIPAL_NAME).or_else(|| text(well_known::SAM_ACCOUNT_NAME));
    name.map_or_else(|| object.dn.to_string(), str::to_owned)
}

/// A text of an object, trimmed; `None` if it is empty or none.
fn text(object: &DirectoryObject, id: crate::model::AttributeId) -> Option<&str> {
    object.attributes.text(id).map(str::trim).filter(|it| !it.is_empty())
}
