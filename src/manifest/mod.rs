//! From YAML text to policies, or to findings that say what to mend and where.
//!
//! Files come in as bytes; nothing here opens one, reads a secret or knows the time.

mod connection;
mod diagnostic;
mod document;
pub mod entra_connect;
mod lower;
mod policy_test;
pub mod schema;
mod settings;
mod source;
pub mod starter;
mod structure;
mod suggestion;
pub mod v1alpha1;
pub mod yaml;

pub use self::connection::{
    AlarmForm, AlarmLevel, AlarmWay, Bind, Credential, DirectoryConnection, DirectorySpec,
    DirectorySyncSettings, FileRef, KerberosKey, LdapConnection, LdapTransport, MailConnection,
    NotifierConnection, Place, SecretRef, SecretSource, Server, TenantAuth, TenantCloud, TenantSpec,
};
pub use self::diagnostic::{Diagnostic, Related, Severity};
pub use self::policy_test::{Expected, PolicyTest, PolicyTestCase};
pub use self::settings::{AlarmThresholds, PolicySettings, Schedule};
pub use self::source::{InputContent, InputFile, Source};
pub use self::v1alpha1::OutOfScopeWord;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

pub use crate::model::Provenance;
use crate::model::{AttributeNames, AttributeNamesBuilder};
use crate::policy::Policy;

use self::document::Document;
use self::structure::Structure;
use self::yaml::{Content, Fault, Node};

/// Most findings of one file that are reported; the rest is counted.
const FINDINGS_PER_FILE_MAX: usize = 100;

/// Everything that a set of manifests says.
///
/// With an error among the findings there is nothing but findings: a policy that is half understood is
/// never planned with.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// Policies, by name.
    pub policies: Vec<Policy>,
    /// What policies say beyond the plan, one for each policy and in the same order.
    pub settings: Vec<PolicySettings>,
    /// Directories, by name.
    pub directories: Vec<DirectorySpec>,
    /// Tenants, by name.
    pub tenants: Vec<TenantSpec>,
    /// Tests of policies, by name.
    pub tests: Vec<PolicyTest>,
    /// Where alarms go, by name.
    pub notifiers: Vec<NotifierConnection>,
    /// The directory attributes that all of it reads.
    pub names: Arc<AttributeNames>,
    /// What is wrong or doubtful, sorted by place.
    pub findings: Vec<Diagnostic>,
}

impl Loaded {
    /// Whether anything has to be mended before there is a policy.
    pub fn has_errors(&self) -> bool {
        self.findings.iter().any(|it| it.severity == Severity::Error)
    }

    /// How often a policy is looked at.
    pub fn schedule(&self, policy: &str) -> Option<Schedule> {
        self.settings.iter().find(|it| it.policy == policy).map(|it| it.schedule)
    }

    /// After how long people are told what goes wrong with a policy.
    pub fn alarm_thresholds(&self, policy: &str) -> Option<AlarmThresholds> {
        self.settings.iter().find(|it| it.policy == policy).map(|it| it.alarms)
    }

    /// The directory of a policy.
    pub fn directory(&self, name: &str) -> Option<&DirectorySpec> {
        self.directories.iter().find(|it| it.name == name)
    }

    /// The tenant of a policy.
    pub fn tenant(&self, name: &str) -> Option<&TenantSpec> {
        self.tenants.iter().find(|it| it.name == name)
    }
}

/// Reads manifests; the order of the files does not matter.
pub fn load(files: Vec<InputFile>, provenance: &Provenance) -> Loaded {
    load_with(files, provenance, AttributeNamesBuilder::new())
}

/// Reads another version of manifests: one reading of the directory by its names serves both versions.
pub fn load_beside(other: &Loaded, files: Vec<InputFile>, provenance: &Provenance) -> Loaded {
    load_with(files, provenance, AttributeNamesBuilder::continuing(&other.names))
}

fn load_with(files: Vec<InputFile>, provenance: &Provenance, names: AttributeNamesBuilder) -> Loaded {
    let mut findings = Vec::new();
    let mut texts: Vec<Text> = files.into_iter().map(read).collect();
    let seeds: BTreeSet<PathBuf> = texts.iter().flat_map(Text::seeds).collect();
    texts.retain(|it| it.has_manifest() || !seeds.contains(&source::normalise(&it.file.path)));
    texts.sort_by(|one, other| one.file.path.cmp(&other.file.path));

    let mut documents = Vec::new();
    let mut structure = Structure::default();
    let mut whole = texts.iter().all(|it| it.whole);
    for text in texts {
        findings.extend(text.findings);
        for node in text.documents {
            match Document::identify(&text.file, node) {
                Ok(mut document) => {
                    let faults = structure.check(document.kind, &document.node);
                    document.is_sound = faults.is_empty();
                    findings
                        .extend(faults.into_iter().map(|it| Diagnostic::at(Severity::Error, &text.file, it)));
                    documents.push(document);
                }
                Err(fault) => {
                    whole = false;
                    findings.push(Diagnostic::at(Severity::Error, &text.file, *fault));
                }
            }
        }
    }
    let mut loaded = lower::lower(&documents, provenance, names, whole);
    loaded.findings.append(&mut findings);
    loaded.finish()
}

impl Loaded {
    fn finish(mut self) -> Self {
        diagnostic::sort(&mut self.findings);
        diagnostic::limit(&mut self.findings, FINDINGS_PER_FILE_MAX);
        if self.has_errors() {
            self.policies.clear();
            self.settings.clear();
            self.directories.clear();
            self.tenants.clear();
            self.tests.clear();
            self.names = AttributeNamesBuilder::new().finish();
        }
        self
    }
}

/// A file that was read as YAML.
struct Text {
    file: Arc<Source>,
    documents: Vec<Node>,
    findings: Vec<Diagnostic>,
    /// Whether nothing of it may be missing.
    whole: bool,
}

impl Text {
    fn failed(path: PathBuf, title: String, hint: Option<String>) -> Self {
        let file = Arc::new(Source::unread(path));
        let findings = vec![Diagnostic::whole_file(&file, title, hint)];
        Self { file, documents: Vec::new(), findings, whole: false }
    }

    /// Whether any of it says that it is a manifest: naming such a file as a seed must not hide it.
    fn has_manifest(&self) -> bool {
        let ours = |it: &Node| it.field("apiVersion").and_then(Node::text) == Some(v1alpha1::API_VERSION);
        self.documents.iter().any(ours)
    }

    /// Files that tenants of this file name as seed of their sandbox: these are not manifests.
    fn seeds(&self) -> Vec<PathBuf> {
        self.documents
            .iter()
            .filter(|it| it.field("kind").and_then(Node::text) == Some(v1alpha1::Kind::Tenant.name()))
            .filter_map(|it| it.field("spec")?.field("sandbox")?.field("seed")?.text())
            .map(|it| self.file.resolve(it))
            .collect()
    }
}

fn read(file: InputFile) -> Text {
    let limit = yaml::BYTES_MAX >> 20;
    let too_large = |bytes: u64| {
        let title = format!("the file has {bytes} bytes, more than the {limit} MB that a manifest may have");
        let hint = "split it, or move it out of the directory if it is no manifest".to_owned();
        (title, Some(hint))
    };
    let bytes = match file.content {
        InputContent::Bytes(bytes) if bytes.len() <= yaml::BYTES_MAX => bytes,
        InputContent::Bytes(bytes) => {
            let (title, hint) = too_large(bytes.len() as u64);
            return Text::failed(file.path, title, hint);
        }
        InputContent::TooLarge(bytes) => {
            let (title, hint) = too_large(bytes);
            return Text::failed(file.path, title, hint);
        }
        InputContent::Unreadable(reason) => {
            let title = format!("the file cannot be read: {reason}");
            return Text::failed(file.path, title, Some("check its owner and its mode".to_owned()));
        }
    };
    match yaml::decode(&bytes) {
        Ok(text) => parse(file.path, text),
        Err(error) => Text::failed(file.path, error.to_string(), Some(error.hint().to_owned())),
    }
}

fn parse(path: PathBuf, text: &str) -> Text {
    let parsed = yaml::parse(text);
    let mut secrets = Vec::new();
    for document in &parsed.documents {
        literal_secrets(document, "", &mut secrets);
    }
    let file = Arc::new(Source::new(path, text, &secrets));
    let findings = parsed.faults.into_iter().map(|it| Diagnostic::at(Severity::Error, &file, it)).collect();
    Text { file, documents: parsed.documents, findings, whole: parsed.whole }
}

/// Values that look as if they were secrets: no finding may quote them.
fn literal_secrets(node: &Node, parent: &str, found: &mut Vec<std::ops::Range<usize>>) {
    match &node.content {
        Content::Scalar { .. } => (),
        Content::List(items) => items.iter().for_each(|it| literal_secrets(it, parent, found)),
        Content::Map(entries) => {
            for entry in entries {
                let is_map = matches!(entry.value.content, Content::Map(_));
                let is_named = source::is_secret_field(&entry.key)
                    || (["webhook", "heartbeat"].contains(&parent) && entry.key == "url");
                if is_named && !(is_map && entry.key.ends_with("From")) {
                    found.push(entry.value.span.clone());
                } else {
                    literal_secrets(&entry.value, &entry.key, found);
                }
            }
        }
    }
}

/// The fault of a document that is no manifest.
fn not_a_manifest(node: &Node, title: &str) -> Fault {
    let span = match &node.content {
        Content::Map(entries) => entries.first().map(|it| it.key_span.clone()),
        Content::Scalar { .. } | Content::List(_) => None,
    };
    Fault::new(span.unwrap_or_else(|| node.span.clone()), title)
}
