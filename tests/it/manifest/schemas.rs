//! The committed JSON Schemas.

use expect_test::expect_file;
use samesign::manifest::schema;

/// `UPDATE_EXPECT=1 cargo test --test it the_committed_schemas_are_fresh` refreshes them.
#[test]
fn the_committed_schemas_are_fresh() {
    for (name, text) in schema::files() {
        let path = format!("{}/schema/{name}", env!("CARGO_MANIFEST_DIR"));
        expect_file![path].assert_eq(&text);
    }
}

#[test]
fn every_field_has_a_description() {
    fn check(path: &str, schema: &serde_json::Value, without: &mut Vec<String>) {
        let Some(object) = schema.as_object() else { return };
        for (name, field) in object.get("properties").and_then(|it| it.as_object()).into_iter().flatten() {
            if field.get("description").is_none() {
                without.push(format!("{path}.{name}"));
            }
        }
        for (name, inner) in object {
            check(&format!("{path}.{name}"), inner, without);
        }
    }
    let mut without = Vec::new();
    for kind in samesign::manifest::v1alpha1::Kind::ALL {
        let schema = schema::of_kind(*kind);
        check(kind.name(), &schema["$defs"], &mut without);
    }
    assert_eq!(without, Vec::<String>::new());
}

#[test]
fn the_joint_schema_accepts_what_each_kind_accepts() {
    let all = jsonschema::validator_for(&schema::of_all_kinds()).unwrap();
    let documents = samesign::manifest::yaml::parse(include_str!("appendix_a.yaml")).documents;
    assert_eq!(documents.len(), 8);
    for document in documents {
        assert!(all.is_valid(&document.to_json()), "{:?}", document.field("kind"));
    }
}
