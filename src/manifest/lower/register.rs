//! All manifests by kind and name: duplicates, references, and what nobody refers to.

use std::collections::{BTreeMap, BTreeSet};

use crate::manifest::diagnostic::{Diagnostic, Related, Severity};
use crate::manifest::document::{At, Document};
use crate::manifest::suggestion::nearest;
use crate::manifest::v1alpha1::Kind;
use crate::manifest::yaml::Fault;

/// All manifests by kind and name.
pub(super) struct Register<'a> {
    documents: BTreeMap<(Kind, &'a str), &'a Document>,
    used: BTreeSet<(Kind, String)>,
    /// Whether every manifest is known, so that a name that is not found does not exist.
    whole: bool,
}

impl<'a> Register<'a> {
    /// Enters all documents; the first of a name counts.
    pub(super) fn new(documents: &'a [Document], whole: bool, findings: &mut Vec<Diagnostic>) -> Self {
        let mut register = Self { documents: BTreeMap::new(), used: BTreeSet::new(), whole };
        for document in documents.iter().filter(|it| !it.name.is_empty()) {
            let key = (document.kind, document.name.as_str());
            match register.documents.get(&key) {
                Some(first) => findings.push(duplicate(first, document)),
                None => {
                    register.documents.insert(key, document);
                }
            }
        }
        register
    }

    /// The manifests of a kind, by name.
    pub(super) fn of_kind(&self, kind: Kind) -> Vec<&'a Document> {
        self.documents.iter().filter(|((it, _), _)| *it == kind).map(|(_, document)| *document).collect()
    }

    /// Resolves a reference; if there is no such manifest, says so at its place.
    pub(super) fn resolve(
        &mut self,
        kind: Kind,
        name: &str,
        at: &At<'_>,
        findings: &mut Vec<Diagnostic>,
    ) -> Option<&'a Document> {
        self.used.insert((kind, name.to_owned()));
        if let Some(document) = self.documents.get(&(kind, name)) {
            return Some(document);
        }
        if self.whole {
            let names = || self.documents.keys().filter(|(it, _)| *it == kind).map(|(_, name)| *name);
            let hint = match nearest(name, names()) {
                Some(meant) => format!("did you mean `{meant}`?"),
                None if names().next().is_none() => format!("add a manifest with `kind: {}`", kind.name()),
                None => format!("there are: {}", names().collect::<Vec<_>>().join(", ")),
            };
            at.error(findings, |it| {
                Fault::new(it, format!("there is no {} `{name}`", kind.name())).hint(hint)
            });
        }
        None
    }

    /// Warns of manifests that only count when something refers to them.
    pub(super) fn report_unused(&self, findings: &mut Vec<Diagnostic>) {
        // A policy that was not understood may use anything.
        let understood = self.of_kind(Kind::SyncPolicy).iter().all(|it| it.is_sound);
        if !self.whole || !understood {
            return;
        }
        for ((kind, name), document) in &self.documents {
            let by_policies = match kind {
                Kind::Directory | Kind::Tenant | Kind::AttributeFlow => true,
                Kind::SyncPolicy | Kind::Approval | Kind::Notifier | Kind::PolicyTest => false,
            };
            if by_policies && !self.used.contains(&(*kind, (*name).to_owned())) {
                document.at().warning(findings, |it| {
                    Fault::new(it, format!("no policy uses the {} `{name}`", kind.name()))
                        .hint("name it in a SyncPolicy, or remove it")
                });
            }
        }
    }
}

fn duplicate(first: &Document, second: &Document) -> Diagnostic {
    let (here, there) = (second.at().place(), first.at().place());
    let title =
        format!("there are two manifests of kind {} with the name `{}`", first.kind.name(), first.name);
    let fault = Fault::new(here.span, title).label("second").hint("rename or remove one of them");
    let mut finding = Diagnostic::at(Severity::Error, &here.file, fault);
    finding.related.push(Related { file: there.file, span: there.span, label: "first".to_owned() });
    finding
}
