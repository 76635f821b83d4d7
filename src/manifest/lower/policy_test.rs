//! `PolicyTest` to cases that can be run.

use std::collections::BTreeMap;

use crate::manifest::document::{At, Document};
use crate::manifest::policy_test::{Expected, PolicyTest, PolicyTestCase};
use crate::manifest::v1alpha1::{ExpectSpec, Kind, PolicyTestSpec, TestCase};
use crate::manifest::yaml::{Content, Fault, Node};
use crate::model::ObjectKind;

use super::Lowering;
use super::flow::{attribute, object_kind, property};

/// Lowers one manifest of tests.
pub(super) fn lower(lowering: &mut Lowering<'_>, document: &Document) -> Option<PolicyTest> {
    let spec: PolicyTestSpec = document.read(&mut lowering.findings)?;
    let at = document.spec();
    let Lowering { register, names: _, findings } = &mut *lowering;
    register.resolve(Kind::SyncPolicy, &spec.policy, &at.value("policy"), findings)?;
    let cases = (0..)
        .zip(&spec.cases)
        .map(|(index, case)| lower_case(lowering, case, &at.field("cases").item(index)))
        .collect();
    Some(PolicyTest { name: document.name.clone(), policy: spec.policy, cases })
}

fn lower_case(lowering: &mut Lowering<'_>, spec: &TestCase, at: &At<'_>) -> PolicyTestCase {
    let TestCase { name, object, directory, expect } = spec;
    let mut attributes: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for name in directory.keys() {
        let at = at.field("directory").field(name);
        if let Err(title) = attribute(name, &mut lowering.names) {
            at.error(&mut lowering.findings, |it| Fault::new(it, title));
        }
        attributes.insert(name.clone(), texts(at.node));
    }
    let object = object.map_or_else(|| kind_of(&attributes), object_kind);
    let expected = lower_expected(lowering, expect, &at.field("expect"));
    PolicyTestCase { name: name.clone(), place: at.value("name").place(), object, attributes, expected }
}

fn lower_expected(lowering: &mut Lowering<'_>, spec: &ExpectSpec, at: &At<'_>) -> Expected {
    let ExpectSpec { attributes, removed, out_of_scope } = spec;
    let findings = &mut lowering.findings;
    let mut expected = Expected::default();
    for name in attributes.keys() {
        let at = at.field("attributes").field(name);
        if let Some(property) = property(name, &at, findings) {
            expected.attributes.push((property, texts(at.node), at.place()));
        }
    }
    for (index, name) in (0..).zip(removed) {
        let at = at.field("removed").item(index);
        if let Some(property) = property(name, &at, findings) {
            expected.removed.push((property, at.place()));
        }
    }
    expected.attributes.sort_by_key(|it| it.0);
    expected.removed.sort_by_key(|it| it.0);
    let at_word = at.field("outOfScope");
    expected.out_of_scope = out_of_scope.map(|it| (it, at_word.place()));
    if out_of_scope.is_some() && !(attributes.is_empty() && removed.is_empty()) {
        at_word.error(findings, |it| {
            Fault::new(it, "an object that is out of scope has no attributes in the tenant")
                .hint("expect `outOfScope`, or `attributes` and `removed`")
        });
    }
    expected
}

/// The values of an attribute as they are written: `0042` is not 42.
fn texts(node: &Node) -> Vec<String> {
    match &node.content {
        Content::Scalar { text, .. } => vec![text.clone()],
        Content::List(items) => items.iter().filter_map(Node::literal).map(str::to_owned).collect(),
        Content::Map(_) => Vec::new(),
    }
}

/// The kind that an object's classes make it; a user if it has none.
fn kind_of(attributes: &BTreeMap<String, Vec<String>>) -> ObjectKind {
    let classes = attributes.iter().find(|(name, _)| name.eq_ignore_ascii_case("objectClass"));
    let has = |class: &str| {
        classes.is_some_and(|(_, values)| values.iter().any(|it| it.eq_ignore_ascii_case(class)))
    };
    if has("group") {
        ObjectKind::Group
    } else if has("contact") {
        ObjectKind::Contact
    } else {
        ObjectKind::User
    }
}
