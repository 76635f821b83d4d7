//! Creations that were begun and of which nobody recorded the end: the program was killed, or no answer came.
//!
//! What the tenant has of them is ours, as if it had been recorded. Nothing is ours that only looks like it: without
//! exactly one object that is certainly meant, there is no link, and the object is somebody else's.

use std::collections::HashMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::model::{
    Anchor, CloudId, CloudObject, Link, Links, ObjectKind, Origin, Property, Sid, TableOfKeys, TenantSnapshot,
};
use crate::policy::Channel;

use super::change::{Change, NewValue, Op, Value};
use super::correlate::is_mastered_elsewhere;

impl Change {
    /// By what the object that this creates is recognised in the tenant; `None` if nothing would do, or if this creates
    /// nothing.
    pub fn mark(&self) -> Option<String> {
        let Op::Create(values) = &self.op else { return None };
        match self.kind.object()? {
            ObjectKind::User => Some(self.anchor.to_string()),
            // Only the protocol of Entra Connect sends the one, and the tenant then does not show the other.
            ObjectKind::Group => match text(values, Property::OnPremiseSecurityIdentifier) {
                Some(sid) => Some(Sid::from_bytes(&STANDARD.decode(sid).ok()?).ok()?.to_string()),
                None => Some(self.anchor.to_string()),
            },
            ObjectKind::Contact => {
                Some(mark_of_contact(primary(values)?, text(values, Property::DisplayName)?))
            }
        }
    }
}

fn text(values: &[NewValue], property: Property) -> Option<&str> {
    values.iter().find_map(|it| match &it.value {
        Value::Text(text) if it.property == property => Some(&**text),
        Value::Text(_) | Value::Switch(_) | Value::Set(_) | Value::Reference(_) | Value::NotShown => None,
    })
}

/// The primary address.
fn primary(values: &[NewValue]) -> Option<&str> {
    values.iter().find_map(|it| match &it.value {
        Value::Set(set) if it.property == Property::ProxyAddresses => {
            set.iter().find_map(|it| it.strip_prefix("SMTP:"))
        }
        Value::Text(_) | Value::Switch(_) | Value::Set(_) | Value::Reference(_) | Value::NotShown => None,
    })
}

/// The tenant shows neither anchor nor SID of one: an address alone may be that of a contact of somebody else.
fn mark_of_contact(address: &str, name: &str) -> String {
    format!("{} {name}", address.to_lowercase())
}

/// The mark that an object of the tenant bears.
fn mark_of(object: CloudObject<'_>) -> Option<String> {
    match object {
        CloudObject::User(user) => user.anchor.map(|it| it.to_string()),
        CloudObject::Group(group) if group.origin == Origin::Synced => {
            group.sid.as_ref().map(ToString::to_string)
        }
        CloudObject::Group(group) => group.anchor.map(|it| it.to_string()),
        CloudObject::Contact(contact) => Some(mark_of_contact(
            contact.attributes.text(Property::Mail.id())?,
            contact.attributes.text(Property::DisplayName.id())?,
        )),
    }
}

/// Links what came of creations that were begun.
pub fn link_intents(links: &mut Links, tenant: &TenantSnapshot, channel: Channel) {
    if links.intents.is_empty() {
        return;
    }
    let linked: TableOfKeys<CloudId> = links.by_anchor.values().map(|it| it.cloud).collect();
    let candidates = tenant
        .active()
        .filter(|it| !is_mastered_elsewhere(channel, it.origin()) && !linked.contains(&it.id()));
    let mut marked: HashMap<(ObjectKind, String), Option<CloudId>> = HashMap::new();
    for object in candidates {
        let Some(mark) = mark_of(object) else { continue };
        // Of two that bear one mark, nobody knows which is meant.
        marked.entry((object.kind(), mark)).and_modify(|it| *it = None).or_insert(Some(object.id()));
    }
    let is_there = |it: &Link| tenant.object(it.cloud).is_some_and(|it| it.deleted_at().is_none());
    let mut found: Vec<(Anchor, Link)> = Vec::new();
    for (anchor, intent) in &links.intents {
        let id = marked.remove(&(intent.kind, intent.mark.to_string())).flatten();
        if let Some(id) = id.filter(|_| !links.by_anchor.get(anchor).is_some_and(is_there)) {
            found.push((*anchor, Link::new(intent.kind, id)));
        }
    }
    links.from_intents = found.iter().map(|it| it.0).collect();
    links.by_anchor.extend(found);
}
