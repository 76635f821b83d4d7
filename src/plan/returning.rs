//! With what somebody comes out of the recycle bin: with what they had, but for what is somebody else's by now.
//!
//! Which name they get then is settled in `claims`. Mail addresses the tenant leaves out when it is told to
//! (graph-tenant reference, 2.4), or by itself (8.4).

use std::sync::Arc;

use crate::model::{Attributes, AttributesBuilder, CloudUser, Property};

use super::Ground;
use super::change::{AttributeChange, Value};
use super::person::Person;
use super::sketch::Sketch;

/// Somebody in the recycle bin some of whose addresses are somebody else's by now.
pub(super) struct Bereft {
    /// As they come back.
    pub(super) user: CloudUser,
    /// What they come back without.
    pub(super) changes: Vec<AttributeChange>,
}

/// `None` if they are not in the recycle bin, or nobody has any of their addresses. Of two in the recycle bin who had the
/// same one, the first gets it.
pub(super) fn bereft(
    ground: &Ground<'_>,
    sketch: &mut Sketch,
    (user, name): (&CloudUser, &Arc<str>),
) -> Option<Bereft> {
    user.deleted_at?;
    let mut is_lost = |proxy: &str| sketch.aliases.rival(ground, proxy, None, name).is_some();
    let mail = user.attributes.text(Property::Mail.id()).filter(|it| is_lost(&format!("SMTP:{it}")));
    let proxies: Vec<&str> = user.attributes.texts(Property::ProxyAddresses.id()).collect();
    let (lost, kept): (Vec<&str>, Vec<&str>) = proxies.iter().partition(|it| is_lost(it));
    if mail.is_none() && lost.is_empty() {
        return None;
    }
    let text = |it: &str| Some(Value::Text(it.into()));
    let set = |mut all: Vec<&str>| {
        all.sort_unstable();
        let values: Box<[Box<str>]> = all.into_iter().map(Into::into).collect();
        (!values.is_empty()).then_some(Value::Set(values))
    };
    let mut changes = Vec::new();
    if let Some(mail) = mail {
        changes.push(AttributeChange { property: Property::Mail, from: text(mail), to: None });
    }
    if !lost.is_empty() {
        let (from, to) = (set(proxies), set(kept));
        changes.push(AttributeChange { property: Property::ProxyAddresses, from, to });
    }
    let attributes = without(&user.attributes, mail.is_some(), &lost);
    Some(Bereft { user: CloudUser { attributes, ..user.clone() }, changes })
}

fn without(attributes: &Attributes, mail: bool, lost: &[&str]) -> Attributes {
    let mut builder = AttributesBuilder::default();
    for (id, value) in attributes.iter() {
        let is_lost = (mail && id == Property::Mail.id())
            || (id == Property::ProxyAddresses.id() && lost.iter().any(|it| it.as_bytes() == value));
        if !is_lost {
            builder.push(id, value);
        }
    }
    builder.finish()
}

/// They come back with the name that they are to have, and are known by it in this plan: the one from before is
/// somebody else's.
pub(super) fn rename(person: &mut Person<'_>) {
    let is_name = |it: &AttributeChange| it.property == Property::UserPrincipalName;
    let Some(at) = person.differences.iter().position(is_name) else { return };
    let change = person.differences.remove(at);
    if let Some(Value::Text(name)) = &change.to {
        person.name = name.as_ref().into();
    }
    person.returns.insert(0, change);
}
