//! Every text arrives as it left, or is refused.

use proptest::prelude::*;
use samesign::wire::nbfx::{Limits, Reader, Tag, Value, WriteError, Writer, forbidden_character};

use super::tree::{Child, Node};

fn sent(text: &str) -> Result<String, WriteError> {
    let mut writer = Writer::new();
    let tag = Tag::new("e").attribute("", "a", Value::chars(text));
    writer.leaf(&tag, &Value::chars(text))?;
    Ok(arrived(&writer.into_bytes()))
}

fn arrived(bytes: &[u8]) -> String {
    let mut reader = Reader::new(bytes, Limits::default()).unwrap();
    let element = reader.root().unwrap();
    let arrived = reader.text().unwrap().into_owned();
    assert_eq!(element.attribute("", "a").unwrap().to_string(), arrived);
    reader.finish().unwrap();
    arrived
}

#[test]
fn text_is_never_markup() {
    let long = "ß".repeat(16 << 10);
    for text in [
        "",
        "<b>",
        "&amp;",
        "]]>",
        "\"'",
        "--",
        "a\tb\nc\rd",
        " ",
        "😀🏳️‍🌈",
        "\u{202e}שלום\u{202c}",
        "x\u{feff}",
        "0",
        "1",
        "true",
        &long,
        &"a".repeat(255),
        &"a".repeat(256),
        &"a".repeat(65_535),
        &"a".repeat(65_536),
    ] {
        assert_eq!(sent(text).as_deref(), Ok(text));
    }
}

#[test]
fn what_xml_cannot_carry_is_named() {
    assert_eq!(sent("ok\u{b}"), Err(WriteError::Character { character: '\u{b}', at: 2 }));
    assert_eq!(
        sent("\u{ffff}").unwrap_err().to_string(),
        "character U+FFFF at byte 0 cannot stand in XML; remove it"
    );
    let mut writer = Writer::new();
    for name in ["", "a b", "xmlns", "a:b", "<"] {
        assert_eq!(writer.leaf(&Tag::new(name), &Value::Empty), Err(WriteError::Name), "{name:?}");
        assert_eq!(writer.leaf(&Tag::prefixed(name, "e"), &Value::Empty).is_err(), !name.is_empty());
    }
}

fn name() -> impl Strategy<Value = String> {
    prop_oneof![
        prop::sample::select(vec!["Envelope", "Body", "Value", "type", "Header"]).prop_map(str::to_owned),
        "[a-z][a-zA-Zé0-9._-]{0,20}",
    ]
    .prop_filter("not a name", |it| it != "xmlns")
}

fn text() -> impl Strategy<Value = String> {
    "(.|\n){0,40}".prop_filter("not XML", |it| forbidden_character(it).is_none())
}

fn node() -> impl Strategy<Value = Node> {
    let prefix = || prop::sample::select(vec!["", "a", "s", "pre"]).prop_map(str::to_owned);
    let attributes = prop::collection::btree_map((prefix(), name()), text(), 0..4);
    let leaf = (prefix(), name(), attributes, text()).prop_map(|(prefix, name, attributes, text)| Node {
        prefix,
        name,
        namespaces: ["", "a", "s", "pre"].map(|it| (it.to_owned(), format!("urn:{it}"))).to_vec(),
        attributes: attributes.into_iter().map(|((prefix, name), text)| (prefix, name, text)).collect(),
        children: Vec::from_iter((!text.is_empty()).then_some(Child::Text(text))),
    });
    leaf.prop_recursive(4, 20, 4, |inner| {
        (inner.clone(), prop::collection::vec(inner, 0..4)).prop_map(|(mut parent, children)| {
            parent.children.extend(children.into_iter().map(Child::Element));
            parent
        })
    })
}

proptest! {
    #[test]
    fn any_text_arrives_or_is_refused(text: String) {
        match forbidden_character(&text) {
            None => prop_assert_eq!(sent(&text), Ok(text)),
            Some((at, character)) => prop_assert_eq!(sent(&text), Err(WriteError::Character { character, at })),
        }
    }

    #[test]
    fn any_document_comes_back(node in node()) {
        prop_assert_eq!(Node::decode(&node.encode().unwrap()), Ok(node));
    }
}
