//! One manifest: its kind, its name, and a cursor that walks its fields together with their places.

use std::ops::Range;
use std::sync::Arc;

use serde::de::DeserializeOwned;

use super::connection::{FileRef, Place};
use super::diagnostic::{Diagnostic, Severity};
use super::not_a_manifest;
use super::source::Source;
use super::suggestion::nearest;
use super::v1alpha1::{API_VERSION, Kind};
use super::yaml::{Fault, Node};

/// One manifest.
pub(super) struct Document {
    pub(super) kind: Kind,
    /// Empty if it has none, which is a fault of its own.
    pub(super) name: String,
    pub(super) file: Arc<Source>,
    pub(super) node: Node,
    /// Whether its structure is that of its kind.
    pub(super) is_sound: bool,
}

impl Document {
    /// Finds out what a document is.
    pub(super) fn identify(file: &Arc<Source>, node: Node) -> Result<Self, Box<Fault>> {
        let kind = identify_kind(&node)?;
        let name = node.field("metadata").and_then(|it| it.field("name")).and_then(Node::text);
        let name = name.unwrap_or_default().to_owned();
        Ok(Self { kind, name, file: Arc::clone(file), node, is_sound: true })
    }

    /// The manifest as a whole, at its name.
    pub(super) fn at(&self) -> At<'_> {
        let name = self.node.field("metadata").and_then(|it| it.field("name"));
        At {
            document: self,
            node: &self.node,
            span: name.map_or(self.node.span.clone(), |it| it.span.clone()),
        }
    }

    /// Its `spec`.
    pub(super) fn spec(&self) -> At<'_> {
        self.at().field("spec")
    }

    /// Its `spec` as a struct; the check of structure has made sure that it fits.
    pub(super) fn read<T: DeserializeOwned>(&self, findings: &mut Vec<Diagnostic>) -> Option<T> {
        if !self.is_sound {
            return None;
        }
        let spec = self.node.field("spec")?.to_json();
        match serde_json::from_value(spec) {
            Ok(spec) => Some(spec),
            Err(error) => {
                self.spec()
                    .error(findings, |it| Fault::new(it, format!("not a {}: {error}", self.kind.name())));
                None
            }
        }
    }
}

fn identify_kind(node: &Node) -> Result<Kind, Box<Fault>> {
    let elsewhere = "every YAML file below the directory is read; move what is no manifest elsewhere";
    let version = node.field("apiVersion");
    let Some(kind) = node.field("kind") else {
        let fault = not_a_manifest(node, "this is no manifest: it has no `kind`");
        let hint = format!("start with `apiVersion: {API_VERSION}` and `kind: …`; {elsewhere}");
        return Err(Box::new(fault.hint(hint)));
    };
    let Some(version) = version else {
        let fault = not_a_manifest(node, "this is no manifest: it has no `apiVersion`");
        return Err(Box::new(fault.hint(format!("write `apiVersion: {API_VERSION}`"))));
    };
    if version.literal() != Some(API_VERSION) {
        let fault = Fault::new(version.span.clone(), "this version of manifests is not known");
        return Err(Box::new(fault.hint(format!("write `apiVersion: {API_VERSION}`; {elsewhere}"))));
    }
    let written = kind.literal().unwrap_or_default();
    Kind::ALL.iter().copied().find(|it| it.name() == written).ok_or_else(|| {
        let names: Vec<&str> = Kind::ALL.iter().map(|it| it.name()).collect();
        let hint = match nearest(written, names.iter().copied()) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => format!("known kinds: {}", names.join(", ")),
        };
        Box::new(Fault::new(kind.span.clone(), "unknown kind of manifest").hint(hint))
    })
}

/// A value of a manifest together with its place; of a field that is not given, the place above it.
#[derive(Clone)]
pub(super) struct At<'a> {
    pub(super) document: &'a Document,
    pub(super) node: &'a Node,
    span: Range<usize>,
}

impl At<'_> {
    /// A field, at its key.
    pub(super) fn field(&self, name: &str) -> Self {
        match self.node.entry(name) {
            Some(entry) => Self { document: self.document, node: &entry.value, span: entry.key_span.clone() },
            None => self.clone(),
        }
    }

    /// A field, at its value.
    pub(super) fn value(&self, name: &str) -> Self {
        match self.node.field(name) {
            Some(node) => Self { document: self.document, node, span: node.span.clone() },
            None => self.clone(),
        }
    }

    /// An item of a list.
    pub(super) fn item(&self, at: usize) -> Self {
        match self.node.item(at) {
            Some(node) => Self { document: self.document, node, span: node.span.clone() },
            None => self.clone(),
        }
    }

    /// The place, for errors that show up later.
    pub(super) fn place(&self) -> Place {
        Place { file: Arc::clone(&self.document.file), span: self.span.clone() }
    }

    /// A file that this value names.
    pub(super) fn file(&self, named: &str) -> FileRef {
        FileRef { path: self.document.file.resolve(named), place: self.place() }
    }

    /// The bytes of the file that a part of this text came from.
    pub(super) fn part(&self, part: &Range<usize>) -> Range<usize> {
        self.node.part(self.document.file.text(), part)
    }

    /// Reports an error at this place.
    pub(super) fn error(&self, findings: &mut Vec<Diagnostic>, fault: impl FnOnce(Range<usize>) -> Fault) {
        findings.push(Diagnostic::at(Severity::Error, &self.document.file, fault(self.span.clone())));
    }

    /// Reports a warning at this place.
    pub(super) fn warning(&self, findings: &mut Vec<Diagnostic>, fault: impl FnOnce(Range<usize>) -> Fault) {
        findings.push(Diagnostic::at(Severity::Warning, &self.document.file, fault(self.span.clone())));
    }
}
