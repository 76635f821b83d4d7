//! Whether a document has the structure of its kind: every fault, each in our words at its place.
//!
//! What the fields mean, and whether names resolve, is not looked at here.

use std::collections::BTreeMap;

use jsonschema::error::{TypeKind, ValidationErrorKind};
use jsonschema::paths::{Location, LocationSegment};
use jsonschema::{ValidationError, Validator};
use serde_json::Value;

use super::schema;
use super::suggestion::nearest;
use super::v1alpha1::Kind;
use super::yaml::{Content, FAULTS_MAX, Fault, Node};

/// The checks of the kinds that were met so far.
#[derive(Default)]
pub(super) struct Structure {
    kinds: BTreeMap<Kind, Option<(Value, Validator)>>,
}

impl Structure {
    /// Everything that is wrong with the structure of a document.
    pub(super) fn check(&mut self, kind: Kind, document: &Node) -> Vec<Fault> {
        let compiled = self.kinds.entry(kind).or_insert_with(|| {
            let schema = schema::of_kind(kind);
            jsonschema::validator_for(&schema).ok().map(|it| (schema, it))
        });
        let Some((schema, validator)) = compiled else {
            return vec![Fault::new(
                document.span.clone(),
                format!("the schema of {} is broken", kind.name()),
            )];
        };
        let value = document.to_json();
        let mut faults = Vec::new();
        for error in validator.iter_errors(&value).take(FAULTS_MAX) {
            Rewriter { schema, document }.rewrite(&error, &mut faults);
        }
        faults
    }
}

struct Rewriter<'a> {
    schema: &'a Value,
    document: &'a Node,
}

/// The place that an error speaks of.
struct Spot<'a> {
    node: &'a Node,
    /// Where to point: the key, or the value itself in a list.
    span: std::ops::Range<usize>,
    /// `spec.users.scope`, as people say it.
    path: String,
    key: String,
}

impl Rewriter<'_> {
    #[expect(clippy::wildcard_enum_match_arm, reason = "the schemas use few of the crate's keywords")]
    fn rewrite(&self, error: &ValidationError<'_>, faults: &mut Vec<Fault>) {
        let spot = self.spot(error.instance_path());
        let rules = self.rules(error.schema_path());
        let fault = match error.kind() {
            ValidationErrorKind::AdditionalProperties { unexpected } => {
                faults.extend(unexpected.iter().map(|name| unknown_field(&spot, name, rules)));
                return;
            }
            ValidationErrorKind::AnyOf { context } => {
                for inner in meant(context, error.instance_path()) {
                    self.rewrite(inner, faults);
                }
                return;
            }
            ValidationErrorKind::Required { property } => {
                let name = property.as_str().unwrap_or_default();
                if name.strip_suffix("From").is_some_and(|it| spot.node.field(it).is_some()) {
                    // The secret itself stands there, which is reported.
                    return;
                }
                missing_field(&spot, name, rules)
            }
            ValidationErrorKind::Type { kind } => wrong_type(&spot, kind, rules),
            ValidationErrorKind::Enum { options } => wrong_word(&spot, options),
            ValidationErrorKind::Pattern { .. } => wrong_form(&spot, rules),
            ValidationErrorKind::MinProperties { .. } | ValidationErrorKind::MaxProperties { .. } => {
                not_exactly_one(&spot, rules)
            }
            ValidationErrorKind::Minimum { limit } => {
                Fault::new(spot.node.span.clone(), format!("`{}` must be at least {limit}", spot.path))
            }
            ValidationErrorKind::Maximum { limit } => {
                Fault::new(spot.node.span.clone(), format!("`{}` must be at most {limit}", spot.path))
            }
            ValidationErrorKind::MinLength { .. } => {
                Fault::new(spot.node.span.clone(), format!("`{}` must not be empty", spot.path))
            }
            _ => Fault::new(spot.span.clone(), format!("`{}`: {}", spot.path, error.masked())),
        };
        faults.push(fault);
    }

    fn spot(&self, location: &Location) -> Spot<'_> {
        let first_key = match &self.document.content {
            Content::Map(entries) => entries.first().map(|it| it.key_span.clone()),
            Content::Scalar { .. } | Content::List(_) => None,
        };
        let mut spot = Spot {
            node: self.document,
            span: first_key.unwrap_or_else(|| self.document.span.clone()),
            path: String::new(),
            key: String::new(),
        };
        for segment in location.segments() {
            match segment {
                LocationSegment::Property(name) => {
                    let Some(entry) = spot.node.entry(&name) else { break };
                    if !spot.path.is_empty() {
                        spot.path.push('.');
                    }
                    spot.path.push_str(&entry.key);
                    entry.key.clone_into(&mut spot.key);
                    (spot.node, spot.span) = (&entry.value, entry.key_span.clone());
                }
                LocationSegment::Index(at) => {
                    let Some(item) = spot.node.item(at) else { break };
                    spot.path = format!("{}[{at}]", spot.path);
                    (spot.node, spot.span) = (item, item.span.clone());
                }
            }
        }
        spot
    }

    /// The schema object that holds the keyword at fault.
    fn rules(&self, keyword: &Location) -> &Value {
        let path = keyword.as_str();
        let parent = path.rfind('/').map_or("", |at| &path[..at]);
        self.schema.pointer(parent).unwrap_or(&Value::Null)
    }
}

/// Of several forms that a value may have, the errors of the one that was meant: whose type is right.
fn meant<'e>(
    context: &'e [Vec<ValidationError<'static>>],
    place: &Location,
) -> &'e [ValidationError<'static>] {
    let is_type_error = |branch: &[ValidationError<'static>]| {
        branch.iter().any(|it| {
            matches!(it.kind(), ValidationErrorKind::Type { .. })
                && it.instance_path().as_str() == place.as_str()
        })
    };
    context.iter().find(|branch| !is_type_error(branch)).or(context.first()).map_or(&[], Vec::as_slice)
}

fn known_fields(rules: &Value) -> Vec<&str> {
    let properties = rules.get("properties").and_then(Value::as_object);
    properties.map(|it| it.keys().map(String::as_str).collect()).unwrap_or_default()
}

fn unknown_field(spot: &Spot<'_>, name: &str, rules: &Value) -> Fault {
    let span = spot.node.entry(name).map_or_else(|| spot.span.clone(), |it| it.key_span.clone());
    let known = known_fields(rules);
    let from = format!("{name}From");
    if known.contains(&from.as_str()) {
        return literal_secret(span, name, &from);
    }
    let fault = Fault::new(span, format!("unknown field `{name}`")).label("unknown");
    match nearest(name, known.iter().copied()) {
        Some(meant) => fault.hint(format!("did you mean `{meant}`?")),
        None if known.is_empty() => fault,
        None => fault.hint(format!("known here: {}", known.join(", "))),
    }
}

fn literal_secret(span: std::ops::Range<usize>, name: &str, from: &str) -> Fault {
    let variable: String = name
        .chars()
        .flat_map(|it| it.is_uppercase().then_some('_').into_iter().chain(it.to_uppercase()))
        .collect();
    Fault::new(span, "a secret never stands in a manifest").label("this is the secret itself").hint(format!(
        "write `{from}: {{env: {variable}}}`, or `{{file: PATH}}` or `{{credential: NAME}}`; and change the \
         secret, since it may be in the history of the repository"
    ))
}

fn missing_field(spot: &Spot<'_>, name: &str, rules: &Value) -> Fault {
    let place = if spot.path.is_empty() { "the manifest".to_owned() } else { format!("`{}`", spot.path) };
    let fault =
        Fault::new(spot.span.clone(), format!("{place} lacks `{name}`")).label(format!("`{name}` is needed"));
    let text = rules.get("properties").and_then(|it| it.get(name)).and_then(|it| it.get("description"));
    match text.and_then(Value::as_str) {
        Some(text) => fault.hint(format!("`{name}`: {}", text.lines().next().unwrap_or_default())),
        None => fault,
    }
}

/// What a value is, in words.
fn kind_of(node: &Node) -> &'static str {
    match &node.content {
        Content::List(_) => "a list",
        Content::Map(_) => "a map",
        Content::Scalar { value, .. } => match value {
            Value::Null => "nothing",
            Value::Bool(_) => "true or false",
            Value::Number(_) => "a number",
            Value::String(_) | Value::Array(_) | Value::Object(_) => "text",
        },
    }
}

fn wrong_type(spot: &Spot<'_>, expected: &TypeKind, rules: &Value) -> Fault {
    let word = |it: &str| match it {
        "string" => "text",
        "array" => "a list",
        "object" => "a map",
        "boolean" => "true or false",
        "integer" => "a whole number",
        _ => "a number",
    };
    let expected: Vec<&str> = match expected {
        TypeKind::Single(one) => vec![word(one.as_str())],
        TypeKind::Multiple(several) => several.iter().map(|it| word(it.as_str())).collect(),
    };
    let found = kind_of(spot.node);
    if super::source::is_secret_field(&spot.key)
        && spot.key.ends_with("From")
        && !matches!(spot.node.content, Content::Map(_) | Content::List(_))
    {
        return literal_secret(spot.span.clone(), spot.key.trim_end_matches("From"), &spot.key);
    }
    let span = if found == "nothing" { spot.span.clone() } else { spot.node.span.clone() };
    let title = format!("`{}` must be {}, not {found}", spot.path, expected.join(" or "));
    let fault = Fault::new(span, title).label(found);
    match (expected.first(), found) {
        (_, "nothing") => fault.hint("give a value, or remove the line to get the default"),
        (Some(&"text"), "a number" | "true or false") => match examples(rules) {
            Some(examples) => fault.hint(examples),
            None => fault.hint("put it in quotes"),
        },
        (Some(&"a list"), "text" | "a number") => fault.hint("put it in brackets: `[…]`"),
        (Some(&"true or false"), "text") => fault.hint("write `true` or `false` without quotes"),
        (Some(&"a whole number"), "text") => fault.hint("write the number without quotes and without a unit"),
        _ => fault,
    }
}

fn wrong_word(spot: &Spot<'_>, options: &Value) -> Fault {
    let words: Vec<&str> =
        options.as_array().map(|it| it.iter().filter_map(Value::as_str).collect()).unwrap_or_default();
    let span = spot.node.span.clone();
    let Some(written) = spot.node.literal() else {
        return Fault::new(span, format!("`{}` must be one of: {}", spot.path, words.join(", ")));
    };
    let title = format!("`{}` cannot be `{}`", spot.path, abbreviate(written));
    let fault = Fault::new(span, title).label(format!("one of: {}", words.join(", ")));
    match nearest(written, words.iter().copied()) {
        Some(meant) => fault.hint(format!("did you mean `{meant}`?")),
        None => fault.hint(format!("write one of: {}", words.join(", "))),
    }
}

fn wrong_form(spot: &Spot<'_>, rules: &Value) -> Fault {
    let title = rules.get("title").and_then(Value::as_str).unwrap_or("text of this form");
    let written = spot.node.literal().unwrap_or_default();
    let fault =
        Fault::new(spot.node.span.clone(), format!("`{}` is not a valid {title}", abbreviate(written)))
            .label(format!("`{}`", spot.path));
    match (title, examples(rules)) {
        ("name", _) => fault.hint("use lower-case letters, digits, `-` and `.`, at most 63"),
        (_, Some(examples)) => fault.hint(examples),
        (_, None) => fault,
    }
}

/// `for example …`, if the schema has examples.
fn examples(rules: &Value) -> Option<String> {
    let examples: Vec<String> = rules
        .get("examples")?
        .as_array()?
        .iter()
        .take(4)
        .filter_map(Value::as_str)
        .map(|it| format!("`{it}`"))
        .collect();
    (!examples.is_empty()).then(|| format!("for example {}", examples.join(", ")))
}

fn not_exactly_one(spot: &Spot<'_>, rules: &Value) -> Fault {
    let known = known_fields(rules);
    let count = match &spot.node.content {
        Content::Map(entries) => entries.len(),
        Content::Scalar { .. } | Content::List(_) => 0,
    };
    let (amount, hint) = if rules.get("maxProperties").is_some() {
        ("exactly one", if count == 0 { "add one of them" } else { "keep one of them" })
    } else {
        ("at least one", "add one of them")
    };
    Fault::new(spot.span.clone(), format!("`{}` takes {amount} of: {}", spot.path, known.join(", ")))
        .label(format!("has {count}"))
        .hint(hint)
}

/// Text for a message: not longer than a line takes.
fn abbreviate(text: &str) -> String {
    const LENGTH_MAX: usize = 60;
    let line = text.lines().next().unwrap_or_default();
    if line.len() == text.len() && line.chars().count() <= LENGTH_MAX {
        return text.to_owned();
    }
    line.chars().take(LENGTH_MAX).chain(['…']).collect()
}
