//! Whether values are such that their properties can have them.
//!
//! Which values they are is not asked: anybody may write anything into a directory.

use crate::model::{Form, Property};
use crate::plan::change::{AttributeChange, NewValue, Op, Value};

use super::{Case, Culprit, Fault};

pub(super) fn check(case: &Case<'_>, faults: &mut Vec<Fault>) {
    for change in case.changes {
        let mut look = |property: Property, value: Option<&Value>| {
            if value.is_some_and(|it| !fits(property, it)) {
                faults.push(Fault::WrongValue { what: Culprit::of(change), property });
            }
        };
        if let Op::Create(values) | Op::Adopt { differ: _, agree: values } = &change.op {
            for NewValue { property, value } in values {
                look(*property, Some(value));
            }
        }
        for AttributeChange { property, from, to } in change.attribute_changes() {
            look(*property, from.as_ref());
            look(*property, to.as_ref());
        }
        // Who is taken over gets everything in one write.
        let is_update = matches!(change.op, Op::Update(_));
        if is_update && change.attribute_changes().iter().any(|it| it.property == Property::AccountEnabled) {
            faults.push(Fault::SignInByUpdate(Culprit::of(change)));
        }
    }
}

const fn fits(property: Property, value: &Value) -> bool {
    match (property.form(), value) {
        (Form::Text | Form::CaselessText | Form::Number | Form::Octets, Value::Text(_))
        | (Form::Switch, Value::Switch(_))
        | (Form::TextSet | Form::OctetsSet | Form::Addresses, Value::Set(_))
        | (Form::Reference, Value::Reference(_))
        | (_, Value::NotShown) => true,
        (_, Value::Text(_) | Value::Switch(_) | Value::Set(_) | Value::Reference(_)) => false,
    }
}
