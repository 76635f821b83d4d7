//! From the configuration that Microsoft Entra Connect exports to manifests that do the same.
//!
//! Text comes in and text goes out: no file is opened and no tenant is asked. What has no equivalent is a note;
//! nothing of the file is dropped in silence. Whether the manifests do the same is for a plan to show.

mod cel;
mod condition;
mod encoding;
mod error;
mod export;
mod expression;
mod filter;
mod flows;
mod functions;
mod json;
mod manifests;
mod note;
mod rule;
mod scope;
mod settings;
mod translation;
mod yaml_text;

pub use self::error::ImportError;
pub use self::expression::Untranslated;
pub use self::note::{Note, NoteKind};
pub use self::translation::{Parameters, Translated, translate};

use std::collections::BTreeSet;

use crate::model::{Dn, ObjectKind};

use self::export::{Export, Forest, Partition, TenantSide};
use self::flows::Flows;
use self::manifests::{DomainFile, DomainText, KindText, TenantText, manifest_name};
use self::rule::Rule;
use self::scope::{Containers, excludes, kind_of};

/// Largest file that is read: a real one has less than a megabyte.
pub const BYTES_MAX: usize = 16 << 20;

/// What an import comes to.
#[derive(Clone, Debug)]
pub struct Imported {
    /// Files to be written: name and text.
    pub files: Vec<(String, String)>,
    /// What has no equivalent or has to be looked at, in the order of the file.
    pub notes: Vec<Note>,
}

/// Imports one exported file. `name` is what the manifests say they were made from.
pub fn import(bytes: &[u8], name: &str) -> Result<Imported, ImportError> {
    if BYTES_MAX < bytes.len() {
        return Err(ImportError::TooLarge(bytes.len() as u64));
    }
    let text = encoding::decode(bytes)?;
    let (export, notes) = export::read(&text)?;
    let mut import = Import { notes, said: BTreeSet::new() };
    let tenant = import.tenant(&export.tenant);
    let domains = import.domains(&export);
    if domains.is_empty() {
        return Err(ImportError::NothingSelected);
    }
    let mut notes = import.notes;
    notes.sort_by_key(|it| it.line);
    let origin = origin(&export, name);
    let mut files = vec![("tenant.yaml".to_owned(), tenant.to_string())];
    for domain in &domains {
        let file = DomainFile { domain, tenant: &tenant.name, origin: &origin, notes: &notes };
        files.push((format!("{}.yaml", domain.name), file.to_string()));
    }
    Ok(Imported { files, notes })
}

fn origin(export: &Export, name: &str) -> String {
    let server = export.server.as_ref().map_or_else(String::new, |it| format!(" of {it}"));
    let version = export.version.as_ref().map_or_else(String::new, |it| format!(", Entra Connect {it}"));
    format!("{name}{server}{version}")
}

/// Whether a manifest could name this domain.
fn is_dns_name(domain: &str) -> bool {
    let is_label = |it: &str| {
        let is_inside = |c: char| c.is_ascii_alphanumeric() || c == '-';
        !it.is_empty() && it.chars().all(is_inside) && !it.starts_with('-') && !it.ends_with('-')
    };
    domain.split('.').all(is_label)
}

/// An import under way.
struct Import {
    notes: Vec<Note>,
    /// The notes that were made here.
    said: BTreeSet<Note>,
}

impl Import {
    /// Notes are about the file, so that what two domains share is said once.
    fn note(&mut self, note: Note) {
        if self.said.insert(note.clone()) {
            self.notes.push(note);
        }
    }

    fn check(&mut self, line: impl Into<Option<usize>>, text: impl AsRef<str>) {
        self.note(Note::new(NoteKind::Check, line, text));
    }

    fn tenant(&mut self, side: &TenantSide) -> TenantText {
        let id = side.id.clone().filter(|it| uuid::Uuid::try_parse(it).is_ok());
        if id.is_none() {
            self.check(None, "the file does not say the id of the tenant: write it into tenant.yaml");
        }
        self.check(None, "tenant.yaml needs an app registration of your own and its certificate");
        let cloud = side.cloud.as_deref().unwrap_or_default().to_ascii_lowercase();
        let cloud = match () {
            () if cloud.contains("china") => "china",
            () if cloud.contains("dod") => "usGovDod",
            () if cloud.contains("gov") => "usGov",
            () => "global",
        };
        let label = side.domain.as_deref().and_then(|it| it.split('.').next()).map(manifest_name);
        let name = label.filter(|it| !it.is_empty()).unwrap_or_else(|| "tenant".to_owned());
        TenantText { name, id, cloud }
    }

    fn domains(&mut self, export: &Export) -> Vec<DomainText> {
        let mut domains: Vec<DomainText> = Vec::new();
        for forest in &export.forests {
            let mut rules = forest.rules.clone();
            rules.sort_by_key(|it| it.precedence);
            self.note_classes(&rules);
            for partition in &forest.partitions {
                let domain = self.domain(forest, partition, &rules);
                let Some(domain) = domain else { continue };
                if domains.iter().any(|it| it.name == domain.name) {
                    self.check(partition.line, format!("{} stands twice: the first counts", partition.dn));
                } else {
                    domains.push(domain);
                }
            }
        }
        if 1 < domains.len() {
            for domain in &mut domains {
                let name = domain.name.to_ascii_uppercase().replace(['.', '-'], "_");
                domain.password_variable = format!("AD_PASSWORD_{name}");
            }
            self.check(None, "each domain has a policy of its own: groups have no members of another domain");
        }
        domains
    }

    /// Rules for objects that no policy handles.
    fn note_classes(&mut self, rules: &[Rule]) {
        for rule in rules.iter().filter(|it| kind_of(it).is_none()) {
            let words = format!("the rule \"{}\" is for objects of class \"{}\"", rule.name, rule.class);
            self.note(Note::new(NoteKind::NoEquivalent, rule.line, words));
        }
    }

    fn domain(&mut self, forest: &Forest, partition: &Partition, rules: &[Rule]) -> Option<DomainText> {
        let domain = partition.dn.domain();
        let name = manifest_name(&domain);
        let is_domain = partition.dn.as_str().to_ascii_lowercase().starts_with("dc=") && !name.is_empty();
        if !is_domain {
            self.check(partition.line, format!("{} is no domain: it is left out", partition.dn));
            return None;
        }
        if !is_dns_name(&domain) {
            self.check(
                partition.line,
                format!("{} has no name that DNS allows: it is left out", partition.dn),
            );
            return None;
        }
        let settings = &forest.settings;
        let parameters = Parameters {
            domain: domain.clone(),
            domain_dn: partition.dn.to_string(),
            forest: forest.name.to_ascii_lowercase(),
        };
        let user_name = settings
            .user_name_attribute
            .as_deref()
            .filter(|it| !it.eq_ignore_ascii_case("userPrincipalName"));
        let mut kinds = Vec::new();
        for kind in [ObjectKind::User, ObjectKind::Group, ObjectKind::Contact] {
            if !self.handles(kind, partition) {
                continue;
            }
            let mut notes = Vec::new();
            let exclude = excludes(kind, rules, &mut notes);
            let flows = Flows { kind, rules, parameters: &parameters, user_name }.of_rules(&mut notes);
            for note in notes {
                self.note(note);
            }
            kinds.push(KindText { kind, exclude, flows });
        }
        Some(DomainText {
            user: self.user(forest, &domain),
            anchor: self.anchor(forest),
            group: self.group(forest),
            name,
            domain,
            password_variable: "AD_PASSWORD".to_owned(),
            containers: Containers::of(&partition.inclusions, &partition.exclusions),
            kinds,
            password_hashes: settings.password_hashes,
            deletions: settings.deletions,
        })
    }

    /// Whether a kind of object is read at all.
    fn handles(&mut self, kind: ObjectKind, partition: &Partition) -> bool {
        let class = match kind {
            ObjectKind::User => "user",
            ObjectKind::Group => "group",
            ObjectKind::Contact => "contact",
        };
        let handles = partition.classes.is_empty() || partition.classes.iter().any(|it| it == class);
        if !handles {
            self.check(partition.line, format!("{} has no {class}s among its object types", partition.dn));
        }
        handles
    }

    /// The account that reads the directory. Its password is nowhere in the file.
    fn user(&mut self, forest: &Forest, domain: &str) -> String {
        let words = "the password of the account that reads the directory is not in the file: give samesign an \
                     account of its own, or reset this one's";
        self.check(forest.line, words);
        match forest.settings.account.as_deref().map(|it| it.rsplit('\\').next().unwrap_or(it)) {
            Some(name) if name.contains(['@', '=']) => name.to_owned(),
            Some(name) if !name.trim().is_empty() => format!("{name}@{domain}"),
            _ => format!("svc-samesign@{domain}"),
        }
    }

    fn anchor(&mut self, forest: &Forest) -> &'static str {
        match forest.settings.source_anchor.as_deref() {
            Some(name) if name.eq_ignore_ascii_case("objectGUID") => "objectGUID",
            Some(name) if name.eq_ignore_ascii_case("mS-DS-ConsistencyGuid") => "auto",
            Some(name) => {
                let words = format!(
                    "the source anchor is {name}: samesign goes by objectGUID or mS-DS-ConsistencyGuid only, and \
                     would take everybody in the tenant for a stranger. Do not apply"
                );
                self.note(Note::new(NoteKind::NoEquivalent, forest.line, words));
                "auto"
            }
            None => {
                let words = "the file does not say the source anchor: `auto` takes mS-DS-ConsistencyGuid, else \
                             objectGUID, as Entra Connect does unless it was told otherwise";
                self.check(forest.line, words);
                "auto"
            }
        }
    }

    fn group(&mut self, forest: &Forest) -> Option<String> {
        let group = forest.settings.group.clone()?;
        if group.parse::<Dn>().map_or(true, |it| it.key().is_empty()) {
            // It stays in the policy, which is refused until somebody has mended it: without it, everybody would
            // be in scope.
            let words = format!("write the distinguished name of the group \"{group}\" into `memberOf`");
            self.check(forest.line, words);
        }
        let words = "group filtering: Entra Connect takes the direct members of the group only, `memberOf` takes \
                     those of groups in it as well";
        self.check(forest.line, words);
        Some(group)
    }
}
