//! The JSON bodies of writes.
//!
//! It sends only the properties that it is given, and does not know whether a value is allowed.

use serde_json::{Map, Value, json};

use super::password::random_password;
use crate::model::{Anchor, CloudId, Form, Property};
use crate::target::{StepValue, TargetError};

/// The body that creates a user.
pub(super) fn new_user(anchor: Anchor, values: &[(Property, StepValue)]) -> Result<Value, TargetError> {
    let mut body = properties(values.iter().map(|(property, value)| (*property, Some(value))))?;
    body.insert("onPremisesImmutableId".to_owned(), Value::String(anchor.to_string()));
    let password = random_password()?;
    body.insert(
        "passwordProfile".to_owned(),
        json!({ "password": password.reveal(), "forceChangePasswordNextSignIn": false }),
    );
    Ok(Value::Object(body))
}

/// The body that creates a security group, or updates the one with that `uniqueName`.
pub(super) fn new_group(values: &[(Property, StepValue)]) -> Result<Value, TargetError> {
    let mut body = properties(values.iter().map(|(property, value)| (*property, Some(value))))?;
    body.insert("mailEnabled".to_owned(), Value::Bool(false));
    body.insert("securityEnabled".to_owned(), Value::Bool(true));
    Ok(Value::Object(body))
}

/// The body that changes properties; `None` takes a value away.
pub(super) fn changes(values: &[(Property, Option<StepValue>)]) -> Result<Value, TargetError> {
    properties(values.iter().map(|(property, value)| (*property, value.as_ref()))).map(Value::Object)
}

/// The body of a reference to an object.
pub(super) fn reference(root: &str, id: CloudId) -> Value {
    json!({ "@odata.id": format!("{root}/directoryObjects/{id}") })
}

/// The body that adds members.
pub(super) fn members(root: &str, ids: &[CloudId]) -> Value {
    let links: Vec<String> = ids.iter().map(|id| format!("{root}/directoryObjects/{id}")).collect();
    json!({ "members@odata.bind": links })
}

/// The body that takes a user out of the recycle bin who comes back otherwise than they went (graph-tenant
/// reference, 2.4); `None` for all others.
pub(super) fn restore((name, leaves_addresses): (Option<&str>, bool)) -> Option<Value> {
    let mut body = Map::new();
    body.extend(name.map(|it| ("newUserPrincipalName".to_owned(), it.into())));
    if leaves_addresses {
        body.insert("autoReconcileProxyConflict".to_owned(), true.into());
    }
    (!body.is_empty()).then_some(Value::Object(body))
}

fn properties<'a>(
    values: impl Iterator<Item = (Property, Option<&'a StepValue>)>,
) -> Result<Map<String, Value>, TargetError> {
    let mut body = Map::new();
    let mut extensions = Map::new();
    for (property, value) in values {
        let json = json_of(property, value)?;
        let place = if property.extension_number().is_some() { &mut extensions } else { &mut body };
        place.insert(property.name().to_owned(), json);
    }
    if !extensions.is_empty() {
        body.insert("onPremisesExtensionAttributes".to_owned(), Value::Object(extensions));
    }
    Ok(body)
}

/// null clears a single value, an empty list clears a set (graph-tenant reference, 2.3).
fn json_of(property: Property, value: Option<&StepValue>) -> Result<Value, TargetError> {
    let misfit = || TargetError::Step { what: format!("{property} does not take such a value") };
    match (property.form(), value) {
        (Form::Text | Form::CaselessText, None) => Ok(Value::Null),
        (Form::Text | Form::CaselessText, Some(StepValue::Text(text))) => Ok(Value::String(text.clone())),
        (Form::TextSet, None) => Ok(Value::Array(Vec::new())),
        (Form::TextSet, Some(StepValue::Set(texts))) => Ok(json!(texts)),
        (Form::TextSet, Some(StepValue::Text(text))) => Ok(json!([text])),
        (Form::Switch, Some(StepValue::Switch(on))) => Ok(Value::Bool(*on)),
        (Form::Switch, None | Some(StepValue::Text(_) | StepValue::Set(_)))
        | (Form::Text | Form::CaselessText, Some(StepValue::Switch(_) | StepValue::Set(_)))
        | (Form::TextSet, Some(StepValue::Switch(_)))
        | (Form::Number | Form::Octets | Form::OctetsSet | Form::Addresses | Form::Reference, _) => {
            Err(misfit())
        }
    }
}
