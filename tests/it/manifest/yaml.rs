//! The YAML tree against another parser, and its places against the text.

use proptest::prelude::*;
use samesign::manifest::yaml::{Content, Node, Style, parse};
use serde_json::{Map, Value, json};

/// Any JSON value, keys and texts as awkward as they come.
fn value() -> impl Strategy<Value = Value> {
    let text = prop_oneof![
        "[a-z]{0,6}",
        "[ -~äöü€\\n\\t]{0,12}",
        prop::sample::select(vec![
            "NO", "yes", "on", "null", "~", "0x1F", "0o7", "007", "1e3", ".inf", "12:30", "<<", "- a",
            "a: b", "#x", "'", "\"", "*a", "&a", "!t", "%d", "@e", "|", ">", "true", "1_000", "-", "?", ":",
            "", " ", "\n",
        ])
        .prop_map(str::to_owned),
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        text.prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 40, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::btree_map("[a-zA-Z][a-zA-Z0-9 .-]{0,8}", inner, 0..5)
                .prop_map(|it| Value::Object(it.into_iter().collect::<Map<String, Value>>())),
        ]
    })
}

/// Every value stands where the tree says: the text there, read again, is the value.
fn places_are_true(text: &str, node: &Node) {
    match &node.content {
        Content::Scalar { text: scalar, style, .. } => {
            let raw = &text[node.span.clone()];
            match style {
                Style::Plain if !raw.contains('\n') => assert_eq!(raw, scalar),
                Style::SingleQuoted | Style::DoubleQuoted if !raw.contains('\n') => {
                    assert_eq!(parse(raw).documents[0].literal(), Some(scalar.as_str()), "{raw}");
                }
                Style::Plain | Style::SingleQuoted | Style::DoubleQuoted | Style::Block => (),
            }
        }
        Content::List(items) => items.iter().for_each(|it| places_are_true(text, it)),
        Content::Map(entries) => {
            for entry in entries {
                assert!(text[entry.key_span.clone()].contains(&entry.key));
                places_are_true(text, &entry.value);
            }
        }
    }
}

proptest! {
    #[test]
    fn what_serde_yaml_writes_is_read_back(value in value()) {
        let text = serde_yaml::to_string(&value).unwrap();
        // A lone `null` is an empty document to us.
        let parsed = parse(&text);
        prop_assert!(parsed.faults.is_empty(), "{text}\n{:?}", parsed.faults);
        let read = parsed.documents.first().map_or(Value::Null, Node::to_json);
        prop_assert_eq!(&read, &value, "{}", text);
        for document in &parsed.documents {
            places_are_true(&text, document);
        }
    }

    #[test]
    fn json_is_read_as_serde_yaml_reads_it(value in value()) {
        let text = value.to_string();
        let read = parse(&text).documents.first().map_or(Value::Null, Node::to_json);
        let oracle: Value = serde_yaml::from_str(&text).unwrap();
        prop_assert_eq!(read, oracle);
    }

    #[test]
    fn any_text_is_read_or_refused(text in "[ -~\\n\\täß&*<>{}\\[\\]:#|'\"-]{0,80}") {
        let parsed = parse(&text);
        prop_assert!(parsed.whole || !parsed.faults.is_empty());
        for fault in &parsed.faults {
            prop_assert!(text.get(fault.span.clone()).is_some());
        }
        super::findings(&text);
    }
}

#[test]
fn plain_scalars_are_those_of_the_core_schema() {
    let parsed = parse("[NO, no, y, True, 0o17, 0x1f, 1_000, 12:30, 2026-12-01, ~, , 1.5, +1, .5]\n");
    let text = "[NO, no, y, True, 0o17, 0x1f, 1_000, 12:30, 2026-12-01, ~, 1.5, +1, .5]\n";
    assert!(!parsed.faults.is_empty(), "an empty item is not YAML");
    let read = parse(text).documents[0].to_json();
    let expected = json!(["NO", "no", "y", true, 15, 31, "1_000", "12:30", "2026-12-01", null, 1.5, 1, 0.5]);
    assert_eq!(read, expected);
}

#[test]
fn an_alias_stands_for_a_whole_value() {
    let parsed = parse("a: &s {bases: [x]}\nb: *s\n");
    assert_eq!(parsed.documents[0].to_json(), json!({"a": {"bases": ["x"]}, "b": {"bases": ["x"]}}));
}
