//! What the protocol of Entra Connect has to know of the objects that a plan names by id: their kind and anchor.
//!
//! It decides nothing; a user whom the cloud masters is named by id, since the protocol knows no anchor of them.

use std::collections::HashMap;

use crate::model::{Anchor, CloudId, CloudObject, Origin, TableOfKeys};
use crate::plan::{Change, ObjectRef, Op, Planned, Subject, Value};
use crate::target::dirsync::{Known, KnownObject};

use super::survey::Survey;

/// The objects of the tenant that the changes name, those in the recycle bin included.
pub(super) fn of(survey: &Survey, planned: &Planned) -> Known {
    let named: TableOfKeys<CloudId> = planned.plan.changes().iter().flat_map(named_by).collect();
    let recorded = survey.links.by_anchor.iter().map(|(anchor, link)| (link.cloud, *anchor));
    let joined = planned.report.joined.iter().map(|(anchor, _, cloud)| (*cloud, *anchor));
    let anchors: HashMap<CloudId, Anchor> =
        recorded.chain(joined).filter(|it| named.contains(&it.0)).collect();
    let deleted_users = survey.tenant.users().iter().filter(|it| it.deleted_at.is_some());
    let objects = survey.tenant.active().chain(deleted_users.map(CloudObject::User));
    objects
        .filter(|it| named.contains(&it.id()))
        .map(|object| {
            let own = object.anchor().or_else(|| anchors.get(&object.id()).copied());
            let anchor = own.filter(|_| object.origin() != Origin::Cloud);
            (object.id(), KnownObject { kind: object.kind(), anchor, name: object.name().into() })
        })
        .collect()
}

/// Whom a change is about, and to whom it refers.
fn named_by(change: &Change) -> impl Iterator<Item = CloudId> {
    let members: [&[ObjectRef]; 2] = match change.op() {
        Op::Members { add, remove, after: _ } => [add, remove],
        Op::Create(_)
        | Op::Adopt { .. }
        | Op::Update(_)
        | Op::Block
        | Op::Unblock
        | Op::Restore(_)
        | Op::Delete
        | Op::Password(_)
        | Op::Features(_) => [&[], &[]],
    };
    let references = change.attribute_changes().iter().filter_map(|it| match &it.to {
        Some(Value::Reference(other)) => Some(other.subject),
        Some(Value::Text(_) | Value::Switch(_) | Value::Set(_) | Value::NotShown) | None => None,
    });
    let members = members.into_iter().flatten().map(|it| it.subject);
    std::iter::once(change.subject()).chain(references).chain(members).filter_map(|it| match it {
        Subject::Known(id) => Some(id),
        Subject::Created(_) => None,
    })
}
