//! What the file says, as far as it is understood.
//!
//! What is certain about its form comes from scripts that administrators publish: `onpremisesDirectoryPolicy` is a
//! list of forests, each with `fullyQualifiedDomainName`, `partitionFilters` (`distinguishedName`,
//! `containerInclusions`, `containerExclusions`), `customSynchronizationRules` and `standardSynchronizationRules`;
//! `azureDirectoryPolicy` has rules of its own; `policyMetadata` and `deploymentMetadata` describe the server.
//! Everything else is looked for by `settings`.

use crate::model::Dn;

use super::ImportError;
use super::json::{Content, Node, parse, position};
use super::note::{Note, NoteKind};
use super::rule::{self, Rule, scalar, switch};
use super::settings::{FORESTS, Places, Settings};

/// Most containers of one domain that are included or excluded.
const CONTAINERS_MAX: usize = 5_000;
/// Most forests: a server with ten has a long day.
const FORESTS_MAX: usize = 50;
/// Most custom rules of one forest: their precedences are below 100 unless somebody insists.
const RULES_MAX: usize = 1_000;

/// A configuration.
#[derive(Clone, Debug)]
pub(super) struct Export {
    /// The server that wrote it, and its version.
    pub(super) server: Option<String>,
    pub(super) version: Option<String>,
    pub(super) tenant: TenantSide,
    pub(super) forests: Vec<Forest>,
}

/// What is known of the tenant.
#[derive(Clone, Debug, Default)]
pub(super) struct TenantSide {
    pub(super) id: Option<String>,
    pub(super) domain: Option<String>,
    pub(super) cloud: Option<String>,
}

/// A forest, with one account that reads it.
#[derive(Clone, Debug)]
pub(super) struct Forest {
    pub(super) line: usize,
    pub(super) name: String,
    pub(super) partitions: Vec<Partition>,
    pub(super) rules: Vec<Rule>,
    pub(super) settings: Settings,
}

/// A domain.
#[derive(Clone, Debug)]
pub(super) struct Partition {
    pub(super) line: usize,
    pub(super) dn: Dn,
    pub(super) inclusions: Vec<Dn>,
    pub(super) exclusions: Vec<Dn>,
    /// Classes of objects that are read, in lower case; empty if the file does not say.
    pub(super) classes: Vec<String>,
}

/// Notes with the places that they are about.
pub(super) struct Reader<'a> {
    text: &'a str,
    line_starts: Vec<usize>,
    pub(super) notes: Vec<Note>,
}

impl<'a> Reader<'a> {
    fn new(text: &'a str) -> Self {
        let line_starts = text.match_indices('\n').map(|it| it.0 + 1).collect();
        Self { text, line_starts, notes: Vec::new() }
    }

    pub(super) fn line(&self, node: &Node) -> usize {
        self.line_starts.partition_point(|it| *it <= node.start) + 1
    }

    pub(super) fn note(&mut self, kind: NoteKind, node: &Node, text: impl AsRef<str>) {
        self.notes.push(Note::new(kind, self.line(node), text));
    }

    /// A note that every forest would give.
    pub(super) fn note_once(&mut self, kind: NoteKind, node: &Node, text: impl AsRef<str>) {
        let new = Note::new(kind, self.line(node), text);
        if !self.notes.contains(&new) {
            self.notes.push(new);
        }
    }

    fn wrong_type(&self, node: &Node, key: &str, wanted: &'static str) -> ImportError {
        let at = position(self.text, node.start);
        ImportError::WrongType { at, key: key.to_owned(), found: node.sort(), wanted }
    }

    fn too_many(&self, node: &Node, what: &'static str, limit: usize) -> ImportError {
        ImportError::TooManyOf { at: position(self.text, node.start), what, limit }
    }

    fn list<'n>(&self, node: &'n Node, key: &str) -> Result<&'n [Node], ImportError> {
        match &node.content {
            Content::List(items) => Ok(items),
            Content::Null => Ok(&[]),
            Content::Switch(_) | Content::Number(_) | Content::Text(_) | Content::Object(_) => {
                Err(self.wrong_type(node, key, "a list"))
            }
        }
    }

    fn dn(&self, node: &Node, key: &str) -> Result<Dn, ImportError> {
        let text = node.see().text().ok_or_else(|| self.wrong_type(node, key, "a text"))?;
        text.parse().map_err(|cause| ImportError::NotADn {
            at: position(self.text, node.start),
            key: key.to_owned(),
            cause,
        })
    }
}

/// Reads a file. What it says and nobody here knows is among the notes.
pub(super) fn read(text: &str) -> Result<(Export, Vec<Note>), ImportError> {
    let root = parse(text)?;
    let mut reader = Reader::new(text);
    let metadata = root.field(&["policyMetadata"]).map(Node::see);
    let deployment = root.field(&["deploymentMetadata"]).map(Node::see);
    let Some(forests) = root.field(FORESTS) else {
        let is_known = metadata.is_some() || deployment.is_some();
        return Err(if is_known { ImportError::MigrationOnly } else { ImportError::NotAConfiguration });
    };
    let tenant = read_tenant(&root, &mut reader)?;
    let list = match forests.content {
        Content::Object(_) => std::slice::from_ref(forests),
        Content::Null | Content::Switch(_) | Content::Number(_) | Content::Text(_) | Content::List(_) => {
            reader.list(forests, FORESTS[0])?
        }
    };
    if FORESTS_MAX < list.len() {
        return Err(reader.too_many(forests, "forests", FORESTS_MAX));
    }
    let mut read_forests = Vec::new();
    for node in list {
        read_forests.push(read_forest(node, &root, &mut reader)?);
    }
    left_over(&root, "", &mut reader);
    let word = |node: Option<&Node>, names: &[&str]| node?.field(names)?.text().map(str::to_owned);
    let export = Export {
        server: word(deployment, &["hostName"]),
        version: word(metadata, &["azureADConnectVersion", "entraConnectVersion", "version"]),
        tenant,
        forests: read_forests,
    };
    Ok((export, reader.notes))
}

/// Rules of the tenant's side give attributes of the tenant new values; the manifests have no such step.
fn read_tenant(root: &Node, reader: &mut Reader<'_>) -> Result<TenantSide, ImportError> {
    let section = root.field(&["azureDirectoryPolicy", "azureDirectory", "azurePolicy"]);
    if let Some(section) = section {
        for rule in read_rules(section, reader)? {
            let words = format!("the rule \"{}\", which reads the tenant", rule.name);
            reader.notes.push(Note::new(NoteKind::NoEquivalent, rule.line, words));
        }
    }
    let here = Places(section.into_iter().collect());
    let text = |places: &Places<'_>, names: &[&str]| places.text(names).map(str::to_owned);
    let account =
        text(&here, &["azureADAccount", "azureAccount", "globalAdministrator", "userName", "accountName"]);
    let connector = text(&here, &["friendlyName", "connectorName", "name"]);
    if let Some(section) = section {
        see_neutral(section);
    }
    let domain_of = |it: &String| {
        let name = it.rsplit('@').next()?.split(' ').next()?.to_owned();
        name.contains('.').then_some(name)
    };
    let anywhere = Places(vec![root]);
    Ok(TenantSide {
        id: text(&anywhere, &["tenantId", "azureTenantId", "aadTenantId", "directoryId", "tenantIdentifier"]),
        domain: text(&here, &["initialDomain", "tenantDomain", "fullyQualifiedDomainName"])
            .or_else(|| connector.as_ref().and_then(domain_of))
            .or_else(|| account.as_ref().and_then(domain_of)),
        cloud: text(&anywhere, &["azureEnvironment", "azureInstance", "cloudInstance", "cloudEnvironment"]),
    })
}

fn see_neutral(node: &Node) {
    NEUTRAL.iter().filter_map(|it| node.field(&[it])).for_each(|it| {
        it.see();
    });
}

/// Keys that say nothing about what is synchronised.
const NEUTRAL: &[&str] = &[
    "uniqueIdentifier",
    "identifier",
    "connectorId",
    "friendlyName",
    "connectorName",
    "name",
    "type",
    "version",
];

fn read_forest(node: &Node, root: &Node, reader: &mut Reader<'_>) -> Result<Forest, ImportError> {
    if !matches!(node.content, Content::Object(_)) {
        return Err(reader.wrong_type(node, "onpremisesDirectoryPolicy", "an object"));
    }
    let name = node.field(&["fullyQualifiedDomainName", "forestName", "friendlyName", "name"]);
    let name = name.map(Node::see).and_then(Node::text).unwrap_or_default().to_owned();
    see_neutral(node);
    let mut partitions = Vec::new();
    if let Some(list) = node.field(&["partitionFilters", "partitions", "domains"]) {
        for partition in reader.list(list, "partitionFilters")? {
            partitions.extend(read_partition(partition, reader)?);
        }
    }
    let settings = Settings::read(&Places(vec![node, root]), reader);
    let rules = read_rules(node, reader)?;
    Ok(Forest { line: reader.line(node), name, partitions, rules, settings })
}

fn read_partition(node: &Node, reader: &mut Reader<'_>) -> Result<Option<Partition>, ImportError> {
    let dn = node.field(&["distinguishedName", "dn", "name"]);
    let Some(dn) = dn else {
        return Err(reader.wrong_type(node, "partitionFilters", "an object with a name"));
    };
    let dn = reader.dn(dn, "distinguishedName")?;
    see_neutral(node);
    if node.field(&["selected", "isSelected", "enabled"]).map(Node::see).and_then(switch) == Some(false) {
        return Ok(None);
    }
    let list = |names: &[&str], reader: &Reader<'_>| -> Result<Option<Vec<Dn>>, ImportError> {
        let Some(list) = node.field(names) else { return Ok(None) };
        list.see();
        let dns = reader.list(list, names[0])?.iter().map(|it| reader.dn(it, names[0]));
        dns.collect::<Result<_, _>>().map(Some)
    };
    let inclusions = list(&["containerInclusions", "containerInclusionList"], reader)?;
    let exclusions = list(&["containerExclusions", "containerExclusionList"], reader)?;
    let count = [&inclusions, &exclusions].into_iter().flatten().map(Vec::len).sum::<usize>();
    if CONTAINERS_MAX < count {
        return Err(reader.too_many(node, "containers of one domain", CONTAINERS_MAX));
    }
    let classes = node.field(&["objectClassInclusions", "objectTypeInclusions", "objectTypes"]);
    let classes = classes.map(Node::see).map(Node::items).unwrap_or_default();
    if inclusions.as_ref().is_some_and(Vec::is_empty) {
        reader.note(NoteKind::Check, node, format!("no container of {dn} is selected: it is left out"));
        return Ok(None);
    }
    Ok(Some(Partition {
        line: reader.line(node),
        inclusions: inclusions.unwrap_or_else(|| vec![dn.clone()]),
        exclusions: exclusions.unwrap_or_default(),
        classes: classes.iter().filter_map(scalar).map(|it| it.to_ascii_lowercase()).collect(),
        dn,
    }))
}

/// The custom rules; standard rules are what `entra-connect` does, unless somebody has switched one off.
fn read_rules(node: &Node, reader: &mut Reader<'_>) -> Result<Vec<Rule>, ImportError> {
    if let Some(standard) = node.field(&["standardSynchronizationRules"]) {
        standard.see();
        for rule in standard.items() {
            let is_off = rule.field(&["disabled"]).and_then(switch) == Some(true)
                || rule.field(&["enabled"]).and_then(switch) == Some(false);
            if is_off {
                let name = rule.field(&["name"]).and_then(Node::text).unwrap_or_default();
                let words =
                    format!("the standard rule \"{name}\" is disabled: `entra-connect` does what it did");
                reader.note(NoteKind::NoEquivalent, rule, words);
            }
        }
    }
    let custom = node.field(&["customSynchronizationRules"]);
    // A list without rules is understood; one with rules is as far as each of them is.
    custom.filter(|it| matches!(&it.content, Content::List(items) if items.is_empty())).map(Node::see);
    let rules = custom.map(Node::items).unwrap_or_default();
    if RULES_MAX < rules.len() {
        return Err(reader.too_many(node, "custom rules of one forest", RULES_MAX));
    }
    Ok(rules.iter().filter_map(|it| rule::read(it, reader)).collect())
}

/// Notes everything that nobody has understood.
fn left_over(node: &Node, path: &str, reader: &mut Reader<'_>) {
    if node.is_seen() {
        return;
    }
    if !holds_seen(node) && !path.is_empty() {
        let value = match &node.content {
            // A secret has no business in the file; if there is one, it goes no further.
            Content::Text(_) | Content::Number(_) if is_secret(path) => " (not shown)".to_owned(),
            Content::Text(text) if 100 < text.chars().count() => " (a long text)".to_owned(),
            Content::Text(text) => format!(" = \"{text}\""),
            Content::Number(text) => format!(" = {text}"),
            Content::Switch(switch) => format!(" = {switch}"),
            Content::Null => " = null".to_owned(),
            Content::List(items) => format!(" (a list of {})", items.len()),
            Content::Object(entries) => format!(" (an object of {})", entries.len()),
        };
        reader.note(NoteKind::NotUnderstood, node, format!("{path}{value}"));
        return;
    }
    match &node.content {
        Content::Object(entries) => {
            for (key, value) in entries {
                let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                left_over(value, &path, reader);
            }
        }
        Content::List(items) => {
            for (index, item) in items.iter().enumerate() {
                left_over(item, &format!("{path}[{index}]"), reader);
            }
        }
        Content::Null | Content::Switch(_) | Content::Number(_) | Content::Text(_) => (),
    }
}

fn holds_seen(node: &Node) -> bool {
    match &node.content {
        Content::Object(entries) => entries.iter().any(|it| it.1.is_seen() || holds_seen(&it.1)),
        Content::List(items) => items.iter().any(|it| it.is_seen() || holds_seen(it)),
        Content::Null | Content::Switch(_) | Content::Number(_) | Content::Text(_) => false,
    }
}

fn is_secret(path: &str) -> bool {
    let path = path.to_ascii_lowercase();
    ["password", "secret", "credential", "token", "key"].iter().any(|it| path.contains(it))
}
