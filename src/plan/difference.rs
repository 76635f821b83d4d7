//! How what the tenant has differs from what is wanted, property by property.
//!
//! It does not know why something is wanted.

use std::borrow::Cow;

use crate::model::{Attributes, DirectoryObject, Form, Property, well_known};
use crate::policy::{Builtin, Flow, FlowSource};

use super::change::{AttributeChange, Value};
use super::project::Desired;

/// A nickname that was derived from other names stays when these change (graph-tenant reference, 8.5).
pub(super) fn keeps_nickname(flow: &Flow, object: &DirectoryObject) -> bool {
    matches!(flow.source, FlowSource::Builtin(Builtin::MailNickname))
        && object.attributes.first(well_known::MAIL_NICKNAME).is_none()
}

pub(super) fn text_difference(
    property: Property,
    current: Option<&str>,
    wanted: &Desired<'_>,
) -> Option<AttributeChange> {
    let from = || current.map(|it| text_value(property, it));
    match wanted {
        Desired::Text(text) if current.is_some_and(|it| property.same(it, text)) => None,
        Desired::Text(text) => {
            Some(AttributeChange { property, from: from(), to: Some(text_value(property, text)) })
        }
        Desired::Nothing => {
            current.map(|it| AttributeChange { property, from: Some(text_value(property, it)), to: None })
        }
        Desired::Set(_) | Desired::LeftAlone(_) => None,
    }
}

fn text_value(property: Property, text: &str) -> Value {
    if property.form() == Form::Switch { Value::Switch(text == "true") } else { Value::Text(text.into()) }
}

/// How a property of the tenant differs from what is wanted. Absent and empty are the same.
pub(super) fn difference(
    property: Property,
    current: &Attributes,
    wanted: Desired<'_>,
) -> Option<AttributeChange> {
    if property.form() != Form::TextSet {
        return text_difference(property, current.text(property.id()).filter(|it| !it.is_empty()), &wanted);
    }
    let mut has: Vec<&str> =
        current.values(property.id()).filter_map(|it| std::str::from_utf8(it).ok()).collect();
    has.sort_unstable();
    has.dedup();
    let wanted: Vec<Cow<'_, str>> = match wanted {
        Desired::Set(values) => values,
        Desired::Text(text) => vec![text],
        Desired::Nothing => Vec::new(),
        Desired::LeftAlone(_) => return None,
    };
    if has == wanted {
        return None;
    }
    let set = |values: Vec<Box<str>>| (!values.is_empty()).then(|| Value::Set(values.into()));
    Some(AttributeChange {
        property,
        from: set(has.into_iter().map(Into::into).collect()),
        to: set(wanted.into_iter().map(|it| it.as_ref().into()).collect()),
    })
}
