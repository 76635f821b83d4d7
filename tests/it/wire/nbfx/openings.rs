//! Starts of elements that were encoded once.

use samesign::wire::nbfx::{Opening, Start, Tag, Value, WriteError, Writer};

fn value() -> Tag<'static> {
    let tag = Tag::prefixed("c", "Value").namespace("d", "http://www.w3.org/2001/XMLSchema");
    tag.attribute("i", "type", Value::chars("d:string"))
}

fn document(start: &impl Start) -> Vec<u8> {
    let mut writer = Writer::new();
    let written = writer.element(&Tag::new("all"), |it| {
        it.text(&Value::chars("before"))?;
        it.leaf(start, &Value::chars("Ada"))?;
        it.leaf(start, &Value::Empty)?;
        it.element(start, |it| it.leaf(start, &Value::chars("within")))
    });
    written.unwrap();
    writer.into_bytes().to_vec()
}

#[test]
fn a_start_that_was_encoded_before_is_that_of_its_tag() {
    assert_eq!(document(&Opening::known(&value())), document(&value()));
}

#[test]
#[should_panic(expected = "names that XML can carry")]
fn nothing_opens_with_a_name_that_xml_cannot_carry() {
    Opening::known(&Tag::new("a b"));
}

#[test]
fn such_a_name_in_a_tag_is_an_error() {
    let written = Writer::new().leaf(&Tag::new("a b"), &Value::Empty);
    assert_eq!(written.unwrap_err(), WriteError::Name);
}
