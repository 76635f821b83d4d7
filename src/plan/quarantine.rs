//! Values that the tenant keeps back because somebody else has them (graph-tenant reference, 8.4).
//!
//! It gives them by itself once they are free: writing them again changes nothing, so a plan says who has them, and
//! leaves them alone.

use std::sync::Arc;

use crate::model::{CloudObject, ObjectKind, Property, Quarantined, addresses};

use super::Ground;
use super::change::{AttributeChange, Value};
use super::report::About;
use super::sketch::Sketch;

/// Takes what is in quarantine out of the differences, and says so; whether there was anything.
pub(super) fn leave_alone(
    ground: &Ground<'_>,
    sketch: &mut Sketch,
    (kind, name): (ObjectKind, &Arc<str>),
    current: CloudObject<'_>,
    differences: &mut Vec<AttributeChange>,
) -> bool {
    let mut is_any = false;
    for quarantined in current.quarantined() {
        let Some(property) = property_of(quarantined) else { continue };
        let Some(at) = differences.iter().position(|it| it.property == property) else { continue };
        if !withdraw(&mut differences[at], &quarantined.value) {
            continue;
        }
        is_any = true;
        if is_settled(&differences[at]) {
            differences.remove(at);
        }
        let holder = holder(ground, property, current, &quarantined.value);
        let why = match holder {
            Some(it) => format!("because {} has it; take it from one of them", ground.owner(it.id())),
            None => "although nobody that can be seen has it any more: it gives it by itself within an hour"
                .to_owned(),
        };
        let text = format!("{property} {} is left alone: the tenant keeps it back {why}", quarantined.value);
        sketch.finding(kind, name, About::Quarantine, text);
    }
    is_any
}

/// The property that the tenant means.
fn property_of(quarantined: &Quarantined) -> Option<Property> {
    match &*quarantined.property {
        "UserPrincipalName" => Some(Property::UserPrincipalName),
        "ProxyAddress" | "ProxyAddresses" => Some(Property::ProxyAddresses),
        "Mail" => Some(Property::Mail),
        _ => None,
    }
}

/// Takes a value out of what is wanted; whether it was in there.
fn withdraw(change: &mut AttributeChange, value: &str) -> bool {
    let plain = addresses::smtp_address(value).unwrap_or(value);
    let is_it = |it: &str| addresses::smtp_address(it).unwrap_or(it).eq_ignore_ascii_case(plain);
    match &mut change.to {
        Some(Value::Text(text)) if is_it(text) => {
            change.to.clone_from(&change.from);
            true
        }
        Some(Value::Set(values)) if values.iter().any(|it| is_it(it)) => {
            *values = values.iter().filter(|it| !is_it(it)).cloned().collect();
            if values.is_empty() {
                change.to = None;
            }
            true
        }
        Some(Value::Text(_) | Value::Set(_) | Value::Switch(_) | Value::Reference(_) | Value::NotShown)
        | None => false,
    }
}

/// Whether nothing is left to change.
fn is_settled(change: &AttributeChange) -> bool {
    change.from == change.to
}

/// Who has a value.
fn holder<'a>(
    ground: &Ground<'a>,
    property: Property,
    current: CloudObject<'_>,
    value: &str,
) -> Option<CloudObject<'a>> {
    let plain = addresses::smtp_address(value).unwrap_or(value);
    let is_it = |it: &str| addresses::smtp_address(it).is_some_and(|it| it.eq_ignore_ascii_case(plain));
    let has = |it: &CloudObject<'_>| {
        if property == Property::UserPrincipalName {
            it.name().eq_ignore_ascii_case(plain)
        } else {
            it.attributes().texts(Property::ProxyAddresses.id()).any(is_it)
        }
    };
    ground.tenant.active().find(|it| it.id() != current.id() && has(it))
}
