//! One property of one object: whether it still has what a run gave it, and then what it had before.

use crate::model::{CloudObject, Form, Property};
use crate::plan::change::{AttributeChange, Value};
use crate::policy::Channel;

/// What becomes of a property.
pub(super) enum Back {
    /// It has what it had before.
    Already,
    /// It gets that.
    To(AttributeChange),
    /// It stays as it is; why.
    Left(String),
}

/// Turns the change of a property round, if nobody changed it since.
pub(super) fn back(channel: Channel, object: CloudObject<'_>, change: &AttributeChange, run: i64) -> Back {
    let AttributeChange { property, from: before, to: after } = change;
    let is_hidden = [before, after].into_iter().any(|it| *it == Some(Value::NotShown));
    if is_hidden || !property.shown().has(object.kind()) {
        return Back::Left(format!(
            "{property} stays as run {run} left it: the tenant does not show it, so nobody knows what was there before"
        ));
    }
    let has = |value: &Option<Value>| Value::is_in(value.as_ref(), *property, object.attributes());
    if has(before) {
        return Back::Already;
    }
    if !has(after) {
        return Back::Left(moved(
            *property,
            &current(*property, object),
            &said(*property, after.as_ref()),
            run,
        ));
    }
    if before.is_none() && channel == Channel::Graph && !property.clearable() {
        return Back::Left(format!(
            "{property} had no value before run {run}, and Microsoft Graph clears none of it"
        ));
    }
    Back::To(AttributeChange { property: *property, from: after.clone(), to: before.clone() })
}

/// Somebody changed it after the run did.
pub(super) fn moved(property: Property, now: &str, left: &str, run: i64) -> String {
    format!("{property} is {now} now, where run {run} left {left}: left as it is")
}

fn is_text(property: Property) -> bool {
    !matches!(property.form(), Form::Octets | Form::OctetsSet)
}

fn said(property: Property, value: Option<&Value>) -> String {
    match value {
        None => "none".to_owned(),
        Some(_) if !is_text(property) => "other bytes".to_owned(),
        Some(Value::Text(text)) => format!("{text:?}"),
        Some(Value::Switch(on)) => on.to_string(),
        Some(Value::Set(values)) => values.iter().map(|it| format!("{it:?}")).collect::<Vec<_>>().join(", "),
        Some(Value::Reference(object)) => object.name.to_string(),
        Some(Value::NotShown) => "a value that is not shown".to_owned(),
    }
}

fn current(property: Property, object: CloudObject<'_>) -> String {
    let values: Vec<String> = object
        .attributes()
        .texts(property.id())
        .filter(|it| !it.is_empty())
        .map(|it| format!("{it:?}"))
        .collect();
    match (values.is_empty(), is_text(property)) {
        (true, _) => "empty".to_owned(),
        (false, true) => values.join(", "),
        (false, false) => "of other bytes".to_owned(),
    }
}
