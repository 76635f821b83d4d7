//! What the protocol of Entra Connect has to know of the objects that a plan names by id: their kind and anchor.
//!
//! It decides nothing; a user whom the cloud masters is named by id, since the protocol knows no anchor of them.

use std::collections::HashMap;

use crate::model::{Anchor, CloudId, CloudObject, Origin};
use crate::plan::Planned;
use crate::target::dirsync::{Known, KnownObject};

use super::survey::Survey;

/// All objects of the tenant, those in the recycle bin included.
pub(super) fn of(survey: &Survey, planned: &Planned) -> Known {
    let recorded = survey.links.by_anchor.iter().map(|(anchor, link)| (link.cloud, *anchor));
    let joined = planned.report.joined.iter().map(|(anchor, _, cloud)| (*cloud, *anchor));
    let anchors: HashMap<CloudId, Anchor> = recorded.chain(joined).collect();
    let deleted_users = survey.tenant.users().iter().filter(|it| it.deleted_at.is_some());
    let objects = survey.tenant.active().chain(deleted_users.map(CloudObject::User));
    objects
        .map(|object| {
            let own = object.anchor().or_else(|| anchors.get(&object.id()).copied());
            let anchor = own.filter(|_| object.origin() != Origin::Cloud);
            (object.id(), KnownObject { kind: object.kind(), anchor, name: object.name().into() })
        })
        .collect()
}
