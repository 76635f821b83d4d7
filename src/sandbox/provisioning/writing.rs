//! One object of a batch becomes an object of the tenant: made, changed, brought back or deleted.
//!
//! Its links come later, once every object of the batch is there.

use jiff::Timestamp;
use serde_json::{Map, Value};
use uuid::Uuid;

use super::attributes::Sent;
use super::calculation::INPUTS;
use super::failure::Failure;
use super::matching::{self, Match};
use super::{anchors, quarantine, shaping};
use crate::sandbox::object::{Kind, Mastery, Object, Properties, whole_second};
use crate::sandbox::routes::{blank_user, free_name};
use crate::sandbox::tenant::Tenant;

/// Makes or changes an object; its id.
pub(super) fn write(tenant: &mut Tenant, sent: &Sent) -> Result<Uuid, Failure> {
    let found = matching::find(tenant, sent)?;
    let now = tenant.now();
    match found {
        Match::Nobody => {
            if sent.source_anchor.is_none() {
                return Err(Failure::invalid("A new object needs a SourceAnchor."));
            }
            let mut object = blank(tenant.ids.next(), sent.kind, now);
            fill(tenant, &mut object, sent, false)?;
            object.properties.set("onPremisesLastSyncDateTime", whole_second(now).into());
            let id = object.id;
            tenant.store.insert(now, object);
            Ok(id)
        }
        Match::Is(id) => {
            let mut object = existing(tenant, id)?;
            let same_name = sent.text("userPrincipalName") == kept_name(&object);
            let may_rename = may_rename(tenant, &object);
            let keep_name = sent.text("userPrincipalName").is_none() || same_name || !may_rename;
            fill(tenant, &mut object, sent, keep_name)?;
            replace(tenant, object);
            Ok(id)
        }
        Match::InBin(id) => {
            let mut object = existing(tenant, id)?;
            fill(tenant, &mut object, sent, false)?;
            object.properties.set("onPremisesLastSyncDateTime", whole_second(now).into());
            tenant.store.shelve(now, id, None, |it| take(it, object));
            Ok(id)
        }
    }
}

/// Deletes an object that Entra Connect brought: a user goes into the recycle bin, others go for good.
pub(super) fn delete(tenant: &mut Tenant, sent: &Sent) -> Result<Uuid, Failure> {
    let by_source =
        sent.source_anchor.as_deref().and_then(|it| anchors::holder(&tenant.store, sent.kind, it));
    let found = by_source.or(sent.cloud_anchor).and_then(|id| tenant.store.get(id));
    let object = found
        .filter(|it| it.kind == sent.kind && it.deleted.is_none())
        .filter(|it| sent.cloud_anchor.is_none_or(|id| id == it.id))
        .filter(|it| match it.mastery {
            Mastery::OnPremSynced | Mastery::SoaConverted => it.source_anchor().is_some(),
            Mastery::Cloud | Mastery::FormerlySynced => false,
        })
        .ok_or_else(Failure::invalid_delete)?;
    let (id, now) = (object.id, tenant.now());
    match object.kind {
        Kind::User => tenant.store.shelve(now, id, Some(now), free_name),
        Kind::Group | Kind::Contact => tenant.store.purge(now, id),
    }
    Ok(id)
}

/// Everything but the members, of which there may be very many.
pub(super) fn shallow(object: &Object) -> Object {
    let mut copy = blank(object.id, object.kind, object.created);
    copy.properties = object.properties.clone();
    copy.mastery = object.mastery;
    copy.anchor.clone_from(&object.anchor);
    copy.shadow.clone_from(&object.shadow);
    copy
}

/// Replaces the properties of an object, if that changes anything.
pub(super) fn replace(tenant: &mut Tenant, mut object: Object) {
    let (id, now) = (object.id, tenant.now());
    let Some(before) = tenant.store.get(id) else { return };
    let mut names = object.properties.differences(&before.properties);
    if before.mastery != object.mastery {
        names.push("onPremisesSyncEnabled".to_owned());
    }
    if names.is_empty() && before.shadow == object.shadow && before.anchor == object.anchor {
        return;
    }
    object.properties.set("onPremisesLastSyncDateTime", whole_second(now).into());
    names.push("onPremisesLastSyncDateTime".to_owned());
    tenant.store.edit(now, id, |it| {
        take(it, object);
        names
    });
}

fn take(object: &mut Object, from: Object) {
    object.properties = from.properties;
    object.mastery = from.mastery;
    object.anchor = from.anchor;
    object.shadow = from.shadow;
}

fn blank(id: Uuid, kind: Kind, now: Timestamp) -> Object {
    let user = blank_user(id, now);
    match kind {
        Kind::User => user,
        Kind::Group | Kind::Contact => Object { kind, properties: Properties::default(), ..user },
    }
}

fn existing(tenant: &Tenant, id: Uuid) -> Result<Object, Failure> {
    let object = tenant.store.get(id).ok_or_else(|| Failure::invalid("The object does not exist."))?;
    let mut copy = shallow(object);
    if copy.shadow.is_none() && copy.mastery == Mastery::OnPremSynced {
        copy.shadow = Some(Box::new(presumed(&copy)));
    }
    Ok(copy)
}

/// What Entra Connect must have sent of an object that a seed declares as synchronised.
fn presumed(object: &Object) -> Map<String, Value> {
    let value = |name: &str| object.properties.get(name).map(|it| (name.to_owned(), it));
    INPUTS.iter().filter(|it| **it != "mailNickname").filter_map(|it| value(it)).collect()
}

fn kept_name(object: &Object) -> Option<&str> {
    object.shadow.as_ref()?.get("userPrincipalName")?.as_str()
}

/// Licensed users of managed domains are renamed only where the tenant wants it (graph-tenant reference, 8.5).
fn may_rename(tenant: &Tenant, user: &Object) -> bool {
    user.properties.get("assignedLicenses").is_none()
        || tenant.feature("synchronizeUpnForManagedUsersEnabled")
}

/// Puts what was sent and what follows from it into an object.
fn fill(tenant: &mut Tenant, object: &mut Object, sent: &Sent, keep_name: bool) -> Result<(), Failure> {
    object.mastery = Mastery::OnPremSynced;
    if let Some(anchor) = &sent.source_anchor {
        match object.kind {
            Kind::User => {
                object.properties.set("onPremisesImmutableId", anchor.as_str().into());
            }
            Kind::Group | Kind::Contact => object.anchor = Some(anchor.as_str().into()),
        }
    }
    object.shadow.get_or_insert_default();
    shaping::shape(object, sent)?;
    quarantine::settle(tenant, object, keep_name)?;
    if object.kind == Kind::Group {
        shaping::complete_group(object)?;
    }
    Ok(())
}
