//! Synchronisation rules as the file has them.
//!
//! What a rule means for the manifests is said in `flows` and `scope`, not here.

use super::condition::{Clause, Condition};
use super::export::Reader;
use super::json::{Content, Node};
use super::note::NoteKind;

/// A custom rule that reads the directory.
#[derive(Clone, Debug)]
pub(super) struct Rule {
    pub(super) name: String,
    /// Line of the file.
    pub(super) line: usize,
    /// The rule with the lowest number wins.
    pub(super) precedence: i64,
    /// Class of the directory's objects that it is for, in lower case.
    pub(super) class: String,
    pub(super) condition: Condition,
    pub(super) mappings: Vec<Mapping>,
}

/// One attribute that a rule gives.
#[derive(Clone, Debug)]
pub(super) struct Mapping {
    /// Attribute between directory and tenant: Entra Connect's metaverse.
    pub(super) destination: String,
    pub(super) source: MappingSource,
    /// Only when the object is made.
    pub(super) once: bool,
}

/// Where the value of a mapping comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum MappingSource {
    /// An attribute, as it is.
    Direct(String),
    /// The same for everybody.
    Constant(String),
    /// An expression.
    Expression(String),
    /// Not as any rule has it.
    Unknown(String),
}

impl MappingSource {
    /// As it is written.
    pub(super) fn text(&self) -> &str {
        match self {
            Self::Direct(text) | Self::Constant(text) | Self::Expression(text) | Self::Unknown(text) => text,
        }
    }
}

/// Keys of a rule that say nothing about what it does.
const NEUTRAL: &[&str] = &[
    "description",
    "internalIdentifier",
    "uniqueIdentifier",
    "identifier",
    "immutableTag",
    "version",
    "connector",
    "connectorName",
    "target",
    "targetObjectType",
    "precedenceBefore",
    "precedenceAfter",
    "sourceNamespaceId",
    "targetNamespaceId",
    "softDeleteExpiryInterval",
    "isStandardRule",
    "isLegacyCustomRule",
    "enablePasswordSync",
];

/// Reads a custom rule; `None` with a note if it does nothing that the manifests could do.
pub(super) fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Rule> {
    let line = reader.line(node);
    let Content::Object(_) = node.content else {
        node.see();
        reader.note(NoteKind::NotUnderstood, node, format!("a rule that is {}", node.sort()));
        return None;
    };
    NEUTRAL.iter().filter_map(|it| node.field(&[it])).for_each(|it| {
        it.see();
    });
    let text =
        |names: &[&str]| node.field(names).and_then(|it| it.see().text()).unwrap_or_default().to_owned();
    let name = text(&["name"]);
    let direction = text(&["direction"]);
    let class = text(&["source", "sourceObjectType"]).to_ascii_lowercase();
    let link_type = text(&["linkType"]);
    let disabled = node.field(&["disabled"]).map(Node::see).and_then(switch) == Some(true)
        || node.field(&["enabled"]).map(Node::see).and_then(switch) == Some(false);
    if disabled {
        node.see();
        reader.note(NoteKind::Check, node, format!("the rule \"{name}\" is disabled and left out"));
        return None;
    }
    if !direction.eq_ignore_ascii_case("inbound") {
        node.see();
        let direction = if direction.is_empty() { "no direction" } else { &direction };
        let words = format!("the rule \"{name}\" ({direction}): {}", destinations(node));
        reader.note(NoteKind::NoEquivalent, node, words);
        return None;
    }
    if let Some(joins) = node.field(&["joinFilters", "joinConditions", "joinConditionGroups"])
        && !joins.see().items().is_empty()
    {
        reader.note(
            NoteKind::NoEquivalent,
            joins,
            format!("the rule \"{name}\" joins objects by its own conditions"),
        );
    }
    if !link_type.is_empty() && !link_type.eq_ignore_ascii_case("join") {
        let words = format!(
            "the rule \"{name}\" makes objects of its own ({link_type}); its attributes are carried over"
        );
        reader.note(NoteKind::Check, node, words);
    }
    let precedence = node.field(&["precedence"]).map(Node::see).and_then(number);
    Some(Rule {
        line,
        precedence: precedence.unwrap_or(i64::MAX),
        class,
        condition: condition(node, &name, reader)?,
        mappings: mappings(node),
        name,
    })
}

/// The attributes that a rule gives, for a note.
fn destinations(node: &Node) -> String {
    let mappings = mappings(node);
    let words: Vec<String> =
        mappings.iter().map(|it| format!("{} <- {}", it.destination, it.source.text())).collect();
    if words.is_empty() { "it gives no attributes".to_owned() } else { words.join("; ") }
}

/// The scoping filter: groups of clauses, each a list or an object that holds one; or clauses without groups.
fn condition(node: &Node, name: &str, reader: &mut Reader<'_>) -> Option<Condition> {
    let Some(filters) = node.field(&["scopeFilters", "scopeFilter", "scopeConditions"]) else {
        return Some(Condition::default());
    };
    filters.see();
    let is_clause = |it: &Node| it.field(&["attribute"]).is_some();
    let mut groups = Vec::new();
    let items = filters.items();
    let is_list = matches!(filters.content, Content::Null | Content::List(_));
    if items.iter().any(is_clause) {
        if 1 < items.len() {
            let words = format!("the clauses of the rule \"{name}\" are taken as one group: all must hold");
            reader.note(NoteKind::Check, filters, words);
        }
        groups.push(items.iter().collect::<Vec<_>>());
    } else {
        for item in items {
            let inner = item.field(&["scopeConditions", "conditions", "clauses", "scopeConditionList"]);
            groups.push(inner.unwrap_or(item).items().iter().collect());
        }
    }
    let groups: Option<Vec<Vec<Clause>>> =
        groups.into_iter().map(|group| group.into_iter().map(clause).collect()).collect();
    match groups {
        Some(groups) if is_list && groups.iter().all(|it| !it.is_empty()) => Some(Condition { groups }),
        _ => {
            let words = format!("the scoping filter of the rule \"{name}\", which is left out");
            reader.note(NoteKind::NotUnderstood, filters, words);
            None
        }
    }
}

fn clause(node: &Node) -> Option<Clause> {
    let value = |names: &[&str]| node.field(names).map(scalar);
    Some(Clause {
        attribute: value(&["attribute"])??,
        condition: value(&["condition", "comparisonOperator", "operator"])??,
        value: value(&["value", "comparisonValue"]).flatten().unwrap_or_default(),
    })
}

fn mappings(node: &Node) -> Vec<Mapping> {
    let Some(list) = node.field(&["attributeMappings", "attributeFlowMappings"]) else { return Vec::new() };
    list.see().items().iter().map(mapping).collect()
}

fn mapping(node: &Node) -> Mapping {
    let text = |names: &[&str]| node.field(names).and_then(joined).unwrap_or_default();
    let (source, expression) = (text(&["source", "sources"]), text(&["expression"]));
    let sort = text(&["mappingType", "flowType", "type"]).to_ascii_lowercase();
    let source = match (sort.as_str(), expression.is_empty()) {
        ("constant", _) => MappingSource::Constant(source),
        (_, false) => MappingSource::Expression(expression),
        ("expression", true) => MappingSource::Expression(source),
        ("direct", true) if !source.is_empty() => MappingSource::Direct(source),
        // Without a word for it, the name of an attribute is one.
        ("", true) if is_name(&source) => MappingSource::Direct(source),
        ("", true) if source.contains(['[', '(', '"', '%']) => MappingSource::Expression(source),
        _ => MappingSource::Unknown(source),
    };
    let once = node.field(&["executeOnce", "applyOnce"]).and_then(switch) == Some(true);
    Mapping { destination: text(&["destination", "target"]), source, once }
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|it| it.is_ascii_alphanumeric() || it == b'-')
}

/// A text, a number or a switch as text.
pub(super) fn scalar(node: &Node) -> Option<String> {
    match &node.content {
        Content::Text(text) | Content::Number(text) => Some(text.clone()),
        Content::Switch(switch) => Some(switch.to_string()),
        Content::Null => Some(String::new()),
        Content::List(_) | Content::Object(_) => None,
    }
}

/// A text, or a list of texts as one.
fn joined(node: &Node) -> Option<String> {
    match &node.content {
        Content::List(items) => {
            let texts: Option<Vec<String>> = items.iter().map(scalar).collect();
            texts.map(|it| it.join(","))
        }
        Content::Null | Content::Switch(_) | Content::Number(_) | Content::Text(_) | Content::Object(_) => {
            scalar(node)
        }
    }
}

/// True or false, however it is written.
pub(super) fn switch(node: &Node) -> Option<bool> {
    let word = scalar(node)?.to_ascii_lowercase();
    match word.as_str() {
        "true" | "enabled" | "yes" | "on" | "1" => Some(true),
        "false" | "disabled" | "no" | "off" | "0" | "" | "none" => Some(false),
        _ => None,
    }
}

/// A whole number.
pub(super) fn number(node: &Node) -> Option<i64> {
    scalar(node)?.trim().parse().ok()
}
