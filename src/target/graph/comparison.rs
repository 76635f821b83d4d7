//! What a tenant that was followed and the same one read in full differ in, after both were brought to the same moment.
//!
//! It asks nobody, and decides nothing: the full reading counts.

use std::collections::BTreeSet;

use crate::model::{CloudId, CloudObject, Property, TenantSnapshot, Touched};

/// A line for each object that differs. What is no object is read each time, and cannot be otherwise.
pub(super) fn differences(followed: &TenantSnapshot, read: &TenantSnapshot) -> Vec<String> {
    match read.touched_since(followed) {
        Touched::Everything => Vec::new(),
        Touched::Only(ids) => ids.into_iter().filter_map(|id| difference(id, followed, read)).collect(),
    }
}

fn difference(id: CloudId, followed: &TenantSnapshot, read: &TenantSnapshot) -> Option<String> {
    let called = |it: CloudObject<'_>| format!("{} {} ({id})", it.kind(), it.name());
    match (followed.object(id), read.object(id)) {
        (None, None) => None,
        (None, Some(now)) => Some(format!("{} was not known", called(now))),
        (Some(before), None) => Some(format!("{} is not there any more", called(before))),
        (Some(before), Some(now)) => Some(format!("{}: {}", called(now), otherwise(before, now).join(", "))),
    }
}

/// What of an object is otherwise.
fn otherwise(before: CloudObject<'_>, now: CloudObject<'_>) -> Vec<&'static str> {
    let (a, b) = (before.attributes(), now.attributes());
    let differs = |it: &Property| a.values(it.id()).ne(b.values(it.id()));
    let mut all: BTreeSet<&'static str> =
        Property::ALL.iter().filter(|it| differs(it)).map(|it| it.name()).collect();
    all.extend((before.manager() != now.manager()).then_some("manager"));
    all.extend((before.deleted_at() != now.deleted_at()).then_some("deletedDateTime"));
    all.extend((before.anchor() != now.anchor()).then_some("its anchor"));
    all.extend((before.origin() != now.origin()).then_some("onPremisesSyncEnabled"));
    match (before, now) {
        (CloudObject::User(a), CloudObject::User(b)) => {
            all.extend((a.licences != b.licences).then_some("assignedLicenses"));
            all.extend((a.guest != b.guest).then_some("userType"));
        }
        (CloudObject::Group(a), CloudObject::Group(b)) => {
            all.extend((a.members != b.members).then_some("members"));
        }
        (CloudObject::User(_) | CloudObject::Group(_) | CloudObject::Contact(_), _) => (),
    }
    if all.is_empty() { vec!["what no property shows"] } else { all.into_iter().collect() }
}
