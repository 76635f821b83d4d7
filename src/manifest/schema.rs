//! JSON Schema of every kind, for editors and for the check of structure.
//!
//! The schemas come from the structs of `v1alpha1`; here they only become plainer: no `null`, and words as
//! one `enum`, so that messages can be as plain.

use schemars::Schema;
use schemars::generate::SchemaSettings;
use schemars::transform::RecursiveTransform;
use serde_json::{Map, Value, json};

pub use super::v1alpha1::Kind;
use super::v1alpha1::{API_VERSION, metadata_schema};

/// The dialect.
const DIALECT: &str = "https://json-schema.org/draft/2020-12/schema";

/// The schema of one kind.
pub fn of_kind(kind: Kind) -> Value {
    let mut generator = SchemaSettings::draft2020_12()
        .for_deserialize()
        .with_transform(RecursiveTransform(plain))
        .into_generator();
    let metadata = metadata_schema(&mut generator);
    let spec = kind.spec_schema(&mut generator);
    let definitions = generator.take_definitions(true);
    json!({
        "$schema": DIALECT,
        "title": kind.name(),
        "description": kind.description(),
        "type": "object",
        "required": ["apiVersion", "kind", "metadata", "spec"],
        "additionalProperties": false,
        "properties": {
            "apiVersion": {"description": "Version of this kind.", "const": API_VERSION},
            "kind": {"description": kind.description(), "const": kind.name()},
            "metadata": metadata,
            "spec": spec,
        },
        "$defs": definitions,
    })
}

/// One schema for all kinds, which `kind` selects from.
pub fn of_all_kinds() -> Value {
    let mut definitions = Map::new();
    let mut branches = Vec::new();
    for kind in Kind::ALL {
        let mut schema = of_kind(*kind);
        if let Some(schema) = schema.as_object_mut() {
            schema.remove("$schema");
            if let Some(Value::Object(inner)) = schema.remove("$defs") {
                definitions.extend(inner);
            }
        }
        branches.push(json!({
            "if": {"properties": {"kind": {"const": kind.name()}}, "required": ["kind"]},
            "then": schema,
        }));
    }
    let kinds: Vec<&str> = Kind::ALL.iter().map(|it| it.name()).collect();
    json!({
        "$schema": DIALECT,
        "title": "samesign manifest",
        "description": "Any manifest of samesign; `kind` says which.",
        "type": "object",
        "required": ["apiVersion", "kind", "metadata", "spec"],
        "properties": {
            "apiVersion": {"const": API_VERSION},
            "kind": {"enum": kinds},
        },
        "allOf": branches,
        "$defs": definitions,
    })
}

/// The files below `schema/` that are generated: name and text.
pub fn files() -> Vec<(String, String)> {
    let text = |schema: &Value| serde_json::to_string_pretty(schema).map(|it| it + "\n").unwrap_or_default();
    let mut files: Vec<(String, String)> = Kind::ALL
        .iter()
        .map(|kind| (format!("{}.schema.json", file_stem(*kind)), text(&of_kind(*kind))))
        .collect();
    files.push(("manifest.schema.json".to_owned(), text(&of_all_kinds())));
    files
}

/// `attribute-flow` of `AttributeFlow`.
fn file_stem(kind: Kind) -> String {
    let mut stem = String::new();
    for character in kind.name().chars() {
        if character.is_uppercase() && !stem.is_empty() {
            stem.push('-');
        }
        stem.extend(character.to_lowercase());
    }
    stem
}

/// Makes one schema plainer.
fn plain(schema: &mut Schema) {
    let Some(object) = schema.as_object_mut() else { return };
    drop_null(object);
    join_words(object);
    if object.get("default") == Some(&Value::Null) {
        object.remove("default");
    }
    // `uint32` is no format that JSON Schema knows.
    object.remove("format");
}

/// An optional field is left out; it is never written as `null`.
fn drop_null(object: &mut Map<String, Value>) {
    if let Some(Value::Array(types)) = object.get_mut("type") {
        types.retain(|it| it != "null");
        if let [only] = types.as_slice() {
            let only = only.clone();
            object.insert("type".to_owned(), only);
        }
    }
    if let Some(Value::Array(branches)) = object.get_mut("anyOf") {
        branches.retain(|it| it.get("type") != Some(&json!("null")));
        if let [Value::Object(only)] = branches.as_slice() {
            let only = only.clone();
            object.remove("anyOf");
            for (key, value) in only {
                object.entry(key).or_insert(value);
            }
        }
    }
}

/// Words with a description each become one `enum` with one description.
fn join_words(object: &mut Map<String, Value>) {
    let Some(Value::Array(branches)) = object.get("oneOf") else { return };
    let Some(words) = branches.iter().map(|it| it.get("const").cloned()).collect::<Option<Vec<Value>>>()
    else {
        return;
    };
    let mut text = object.get("description").and_then(Value::as_str).unwrap_or_default().to_owned();
    for branch in branches {
        let part = |key: &str| branch.get(key).and_then(Value::as_str).unwrap_or_default();
        text.extend(["\n- `", part("const"), "`: ", part("description")]);
    }
    object.remove("oneOf");
    object.insert("type".to_owned(), json!("string"));
    object.insert("enum".to_owned(), Value::Array(words));
    object.insert("description".to_owned(), Value::String(text));
}
