//! Whether each change is about an object that this program may touch.
//!
//! It does not ask whether what is done to the object is right.

use std::cell::OnceCell;
use std::collections::HashSet;

use crate::model::{Anchor, CloudId, CloudObject, ObjectKind, Origin, TenantSnapshot};
use crate::plan::change::{Change, Op, Subject};
use crate::policy::Channel;

use super::{Case, Culprit, Fault};

pub(super) fn check(case: &Case<'_>, faults: &mut Vec<Fault>) {
    let known = Known { case, directory: OnceCell::new(), recorded: OnceCell::new() };
    for change in case.changes {
        match change.subject {
            Subject::Known(id) => existing(case, change, id, faults),
            Subject::Created(anchor) if anchor != change.anchor => {
                faults.push(Fault::OtherAnchor { what: Culprit::of(change), found: anchor });
            }
            Subject::Created(_) => (),
        }
        for member in change.members_taken_out() {
            if !known.comes_from_directory(member.subject) {
                let member = member.name.to_string();
                faults.push(Fault::ForeignMember { what: Culprit::of(change), member });
            }
        }
    }
    new_objects(case, faults);
}

/// What an object of the tenant says of itself.
struct Bearer<'a> {
    anchor: Option<Anchor>,
    has_foreign_anchor: bool,
    origin: Origin,
    is_deleted: bool,
    object: CloudObject<'a>,
}

fn bearer(tenant: &TenantSnapshot, kind: ObjectKind, id: CloudId) -> Option<Bearer<'_>> {
    match kind {
        ObjectKind::User => tenant.user(id).map(|it| Bearer {
            anchor: it.anchor,
            has_foreign_anchor: it.foreign_anchor.is_some(),
            origin: it.origin,
            is_deleted: it.deleted_at.is_some(),
            object: CloudObject::User(it),
        }),
        ObjectKind::Group => tenant.group(id).map(|it| Bearer {
            anchor: it.anchor,
            has_foreign_anchor: false,
            origin: it.origin,
            is_deleted: it.deleted_at.is_some(),
            object: CloudObject::Group(it),
        }),
        ObjectKind::Contact => tenant.contact(id).map(|it| Bearer {
            anchor: None,
            has_foreign_anchor: false,
            origin: it.origin,
            is_deleted: false,
            object: CloudObject::Contact(it),
        }),
    }
}

fn existing(case: &Case<'_>, change: &Change, id: CloudId, faults: &mut Vec<Fault>) {
    let what = || Culprit::of(change);
    let Some(kind) = change.kind.object() else {
        if change.held.is_none() {
            faults.push(Fault::UnheldFeatures(what()));
        }
        return;
    };
    let Some(bearer) = bearer(case.inputs.tenant, kind, id) else {
        faults.push(Fault::NotInTenant(what()));
        return;
    };
    let is_adopted = matches!(change.op, Op::Adopt { .. });
    let has_other_master = match case.inputs.policy.channel {
        Channel::Graph => bearer.origin == Origin::Synced,
        Channel::DirectorySync => bearer.origin == Origin::Cloud && !is_adopted,
    };
    if has_other_master {
        faults.push(Fault::MasteredElsewhere(what()));
    }
    if is_adopted {
        adoption(case, change, &bearer, faults);
        return;
    }
    let is_linked = case.inputs.links.by_anchor.get(&change.anchor).is_some_and(|it| it.cloud == id);
    // What is done besides taking somebody over waits for the same consent.
    let is_being_adopted = change.held.is_some() && case.adopted.contains(&(id, change.anchor));
    match bearer.anchor {
        Some(found) if found != change.anchor => faults.push(Fault::OtherAnchor { what: what(), found }),
        Some(_) => (),
        None if is_being_adopted || (is_linked && !bearer.has_foreign_anchor) => (),
        // The tenant shows no anchor of them; that a directory is their master is all that it shows.
        None if is_mastered_by_directory(case, &bearer) => (),
        None => faults.push(Fault::CloudOnly(what())),
    }
    match (&change.op, bearer.is_deleted) {
        (Op::Restore(_), false) => faults.push(Fault::NotInRecycleBin(what())),
        (Op::Restore(_), true) => (),
        (_, true) if case.is_everything() && !case.restored.contains(&id) => {
            faults.push(Fault::InRecycleBin(what()));
        }
        (_, true | false) => (),
    }
}

fn adoption(case: &Case<'_>, change: &Change, bearer: &Bearer<'_>, faults: &mut Vec<Fault>) {
    let what = || Culprit::of(change);
    let Some(hold) = &change.held else {
        faults.push(Fault::UnheldAdoption(what()));
        return;
    };
    if !hold.guard.can_be_approved() {
        return;
    }
    let is_guest = match bearer.object {
        CloudObject::User(user) => user.guest,
        CloudObject::Group(_) | CloudObject::Contact(_) => false,
    };
    let is_own = case.inputs.policy.channel == Channel::DirectorySync && bearer.anchor == Some(change.anchor);
    let has_anchor = bearer.has_foreign_anchor || (bearer.anchor.is_some() && !is_own);
    let against = [
        (has_anchor, "has an anchor already"),
        (!case.inputs.tenant.roles_of(bearer.object.id()).is_empty(), "holds an admin role"),
        (is_guest, "is a guest"),
        (bearer.is_deleted, "is in the recycle bin"),
    ];
    let unfit = against.into_iter().filter(|it| it.0);
    faults.extend(unfit.map(|(_, why)| Fault::UnfitAdoption { what: what(), why }));
}

/// Whether a directory is master of a group or contact, on the channel that can write such.
fn is_mastered_by_directory(case: &Case<'_>, bearer: &Bearer<'_>) -> bool {
    case.inputs.policy.channel == Channel::DirectorySync
        && bearer.origin != Origin::Cloud
        && bearer.object.kind() != ObjectKind::User
}

/// What is created must not be there.
fn new_objects(case: &Case<'_>, faults: &mut Vec<Fault>) {
    if case.created.is_empty() {
        return;
    }
    let users = case.inputs.tenant.users().iter();
    let groups = case.inputs.tenant.groups().iter();
    let users = users.filter(|it| it.deleted_at.is_none()).map(|it| (it.anchor, ObjectKind::User, it.id));
    let groups = groups.filter(|it| it.deleted_at.is_none()).map(|it| (it.anchor, ObjectKind::Group, it.id));
    for (anchor, kind, id) in users.chain(groups) {
        let Some(anchor) = anchor.filter(|it| case.created.contains_key(it)) else { continue };
        let creates = |it: &&Change| matches!(it.op, Op::Create(_)) && it.anchor == anchor && it.kind == kind;
        let what = case.changes.iter().find(creates).map(Culprit::of);
        faults.extend(what.map(|what| Fault::AnchorTaken { what, id }));
    }
}

/// Who comes from the directory; asked for members only, and then made once.
struct Known<'a> {
    case: &'a Case<'a>,
    directory: OnceCell<HashSet<Anchor>>,
    recorded: OnceCell<HashSet<CloudId>>,
}

impl Known<'_> {
    fn comes_from_directory(&self, subject: Subject) -> bool {
        let Subject::Known(id) = subject else { return false };
        let links = &self.case.inputs.links.by_anchor;
        let tenant = self.case.inputs.tenant;
        let kinds = [ObjectKind::User, ObjectKind::Group, ObjectKind::Contact];
        let found = kinds.into_iter().find_map(|kind| bearer(tenant, kind, id));
        match found {
            None => false,
            Some(bearer) => match bearer.anchor {
                Some(anchor) => links.contains_key(&anchor) || self.directory().contains(&anchor),
                None if is_mastered_by_directory(self.case, &bearer) => true,
                None => !bearer.has_foreign_anchor && self.recorded().contains(&id),
            },
        }
    }

    fn directory(&self) -> &HashSet<Anchor> {
        self.directory.get_or_init(|| {
            let objects = self.case.inputs.directory.objects().iter();
            objects.flat_map(|(_, it)| [Some(it.guid_anchor()), it.consistency_anchor()]).flatten().collect()
        })
    }

    fn recorded(&self) -> &HashSet<CloudId> {
        self.recorded.get_or_init(|| self.case.inputs.links.by_anchor.values().map(|it| it.cloud).collect())
    }
}
