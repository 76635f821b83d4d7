//! Every attribute that the service knows either flows or is listed with a reason, and the documents say which.

use std::fmt::Write as _;

use expect_test::expect_file;

use samesign::model::{AttributeNamesBuilder, ObjectKind, Property};
use samesign::policy::{Channel, NOT_SENT, preset_flows};
use samesign::target::dirsync::attribute_name;

/// A kind and an attribute of the tenant on each line: those that the default rules of Entra Connect send
/// (graph-tenant reference, appendix A), and, marked, those that only its schema has.
const ATTRIBUTES: &str = include_str!("attributes.txt");
const NO_RULE: &str = "no default rule sends it";

fn attributes(kind: ObjectKind) -> Vec<(&'static str, bool)> {
    let word = kind.to_string();
    let of_kind = ATTRIBUTES.lines().filter_map(|it| it.strip_prefix(&word)?.strip_prefix(' '));
    of_kind.map(|it| it.strip_suffix(" schema").map_or((it, true), |it| (it, false))).collect()
}

/// How the attribute gets its value, and whether it flows at all.
fn source(kind: ObjectKind, (attribute, is_default): (&str, bool)) -> Result<String, &'static str> {
    let is_it =
        |it: &Property| attribute_name(kind, *it).is_some_and(|it| it.eq_ignore_ascii_case(attribute));
    let flows =
        preset_flows(Channel::DirectorySync, kind, "entra-connect", &mut AttributeNamesBuilder::new());
    match flows.into_iter().find(|it| is_it(&it.to)) {
        Some(flow) => Ok(flow.origin.text),
        None if is_default => Err(NOT_SENT.iter().find(|it| it.0 == attribute).map_or("", |it| it.1)),
        None => Err(NO_RULE),
    }
}

#[test]
fn every_attribute_flows_or_has_a_reason() {
    for kind in [ObjectKind::User, ObjectKind::Group, ObjectKind::Contact] {
        let has_nothing = |it: &(&str, bool)| source(kind, *it) == Err("");
        let forgotten: Vec<_> = attributes(kind).into_iter().filter(has_nothing).collect();
        assert_eq!(forgotten, [], "{kind}");
    }
}

#[test]
fn every_reason_is_needed() {
    let kinds = [ObjectKind::User, ObjectKind::Group, ObjectKind::Contact];
    for (attribute, _) in NOT_SENT {
        let is_used = |kind: &ObjectKind| {
            attributes(*kind).contains(&(attribute, true)) && source(*kind, (attribute, true)).is_err()
        };
        assert!(kinds.iter().any(is_used), "{attribute}");
    }
}

#[test]
fn the_documents_list_them() {
    let mut text = "# Attributes on the channel `directorySync`\n\nThe preset `entra-connect` sends what the default \
                    rules of Entra Connect send. *From* is an attribute of the directory, or the rule in words. A flow \
                    of your own takes the place of a line; `samesign explain` shows each value of one object.\n"
        .to_owned();
    for (kind, title) in
        [(ObjectKind::User, "Users"), (ObjectKind::Group, "Groups"), (ObjectKind::Contact, "Contacts")]
    {
        let (mut sent, mut kept) = (String::new(), String::new());
        for it @ (attribute, _) in attributes(kind) {
            match source(kind, it) {
                Ok(from) => writeln!(sent, "| `{attribute}` | {from} |").unwrap(),
                Err(reason) => writeln!(kept, "| `{attribute}` | {reason} |").unwrap(),
            }
        }
        write!(
            text,
            "\n## {title}\n\n| attribute | from |\n|---|---|\n{sent}\nNot sent:\n\n| attribute | why |\n|---|---|\n{kept}"
        )
        .unwrap();
    }
    expect_file!["../../../../docs/attributes.md"].assert_eq(&text);
}
