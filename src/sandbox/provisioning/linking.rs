//! Managers, members and owners, once the objects of a batch are there (password-sync reference, 3.8).
//!
//! It checks links against the tenant and the batch before anything is written, and writes them afterwards.

use std::collections::BTreeSet;

use uuid::Uuid;

use super::anchors;
use super::attributes::{Generation, Links, Sent};
use super::failure::Failure;
use crate::sandbox::object::Kind;
use crate::sandbox::store::Store;
use crate::sandbox::tenant::Tenant;
use crate::wire::provisioning::{Anchor, LinkOperation};

/// The links that the tenant keeps; others are taken and forgotten.
const KEPT: &[&str] = &["manager", "managedBy", "member"];

/// Most members of a group.
const fn members_max(generation: Generation) -> usize {
    match generation {
        Generation::Whole => 50_000,
        Generation::Changes => 250_000,
    }
}

/// How many links an object has in a batch.
pub(super) fn count(sent: &Sent) -> usize {
    sent.links.values().map(|it| anchors_of(it).count()).sum()
}

/// Whether everything that an object refers to is there, or comes with the batch.
pub(super) fn check(store: &Store, sent: &Sent, batch: &BTreeSet<&str>) -> Result<(), Failure> {
    for (name, links) in sent.links.iter().filter(|(name, _)| KEPT.contains(name)) {
        for anchor in anchors_of(links).filter_map(|(anchor, comes)| comes.then_some(anchor)) {
            let comes = matches!(anchor, Anchor::Source(text) if batch.contains(text.as_str()));
            if !comes && anchors::resolve(store, anchor).is_none() {
                return Err(unresolved(name, anchor));
            }
        }
    }
    Ok(())
}

/// Writes the links of an object.
pub(super) fn apply(
    tenant: &mut Tenant,
    id: Uuid,
    sent: &Sent,
    generation: Generation,
) -> Result<(), Failure> {
    for (name, links) in &sent.links {
        match *name {
            "member" => apply_members(tenant, id, links, generation)?,
            "manager" => apply_manager(tenant, id, links)?,
            "managedBy" => apply_owner(tenant, id, links)?,
            _ => (),
        }
    }
    Ok(())
}

/// Each anchor, and whether it comes.
fn anchors_of(links: &Links) -> Box<dyn Iterator<Item = (&Anchor, bool)> + '_> {
    match links {
        Links::Replace(anchors) => Box::new(anchors.iter().map(|it| (it, true))),
        Links::Change(changes) => {
            Box::new(changes.iter().map(|it| (&it.to, it.operation == LinkOperation::Add)))
        }
    }
}

fn unresolved(name: &str, anchor: &Anchor) -> Failure {
    let (Anchor::Source(text) | Anchor::Cloud(text)) = anchor;
    Failure::invalid(format!("The attribute {name} refers to the object {text}, which does not exist."))
}

/// What comes and what goes; something that goes and is not there is no mistake.
fn resolved(store: &Store, name: &str, links: &Links) -> Result<(Vec<Uuid>, Vec<Uuid>), Failure> {
    let (mut added, mut removed) = (Vec::new(), Vec::new());
    for (anchor, comes) in anchors_of(links) {
        match (anchors::resolve(store, anchor), comes) {
            (Some(id), true) => added.push(id),
            (Some(id), false) => removed.push(id),
            (None, true) => return Err(unresolved(name, anchor)),
            (None, false) => (),
        }
    }
    Ok((added, removed))
}

fn apply_members(
    tenant: &mut Tenant,
    id: Uuid,
    links: &Links,
    generation: Generation,
) -> Result<(), Failure> {
    let (added, mut removed) = resolved(&tenant.store, "member", links)?;
    let Some(group) = tenant.store.get(id) else { return Ok(()) };
    if added.contains(&id) {
        return Err(Failure::invalid("A group cannot be a member of itself."));
    }
    if let Links::Replace(_) = links {
        let wanted: BTreeSet<Uuid> = added.iter().copied().collect();
        removed.extend(group.members.difference(&wanted).copied());
    }
    let fresh = added.iter().filter(|it| !group.members.contains(it)).count();
    let gone = removed.iter().filter(|it| group.members.contains(it)).count();
    if members_max(generation) < (group.members.len() + fresh).saturating_sub(gone) {
        return Err(Failure::too_large("member"));
    }
    let now = tenant.now();
    tenant.store.change_members(now, id, &added, &removed);
    Ok(())
}

/// The one object that a single reference ends up with.
fn single(before: Option<Uuid>, (added, removed): (&[Uuid], &[Uuid]), links: &Links) -> Option<Uuid> {
    let kept = match links {
        Links::Replace(_) => None,
        Links::Change(_) => before.filter(|it| !removed.contains(it)),
    };
    added.last().copied().or(kept)
}

fn apply_manager(tenant: &mut Tenant, id: Uuid, links: &Links) -> Result<(), Failure> {
    let (added, removed) = resolved(&tenant.store, "manager", links)?;
    let before = tenant.store.get(id).and_then(|it| it.manager);
    let manager = single(before, (&added, &removed), links);
    let kind = manager.and_then(|it| tenant.store.get(it)).map(|it| it.kind);
    if kind == Some(Kind::Group) {
        return Err(Failure::invalid("The attribute manager refers to a group."));
    }
    if manager != before {
        let now = tenant.now();
        tenant.store.set_manager(now, id, manager);
    }
    Ok(())
}

/// Whoever manages a group with mail owns it (graph-tenant reference, 9.3).
fn apply_owner(tenant: &mut Tenant, id: Uuid, links: &Links) -> Result<(), Failure> {
    let (added, removed) = resolved(&tenant.store, "managedBy", links)?;
    let Some(group) = tenant.store.get(id) else { return Ok(()) };
    let owner = single(group.owners.first().copied(), (&added, &removed), links)
        .filter(|it| tenant.store.get(*it).is_some_and(|it| it.kind == Kind::User))
        .filter(|_| group.properties.switch("mailEnabled"));
    let owners: BTreeSet<Uuid> = owner.into_iter().collect();
    if group.owners != owners {
        let now = tenant.now();
        tenant.store.edit(now, id, |it| {
            it.owners = owners;
            vec!["owners".to_owned()]
        });
    }
    Ok(())
}
