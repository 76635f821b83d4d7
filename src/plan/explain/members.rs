//! The members of a group on both sides, and why some are not in the tenant.

use std::collections::BTreeMap;

use crate::model::{CloudGroup, CloudId, CloudObject, GroupType, ObjectIndex, ObjectKind, Origin};

use super::{Explainer, standing};
use crate::plan::change::{Op, Subject};
use crate::plan::correlate;
use crate::plan::hold::Hold;
use crate::plan::scoping::OutOfScope;
use crate::policy::Channel;

/// The members of a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Members {
    /// Direct members in the directory.
    pub listed: usize,
    /// How many of them are members in the tenant.
    pub present: usize,
    /// Members of the tenant's group.
    pub in_tenant: usize,
    /// Whether a rule of the tenant computes them.
    pub dynamic: bool,
    /// Whether those of the tenant's group were not read, since this channel does not write such a group: then
    /// nothing is known of who is absent.
    pub not_read: bool,
    /// Members in the directory that are no members in the tenant.
    pub absent: Vec<Absent>,
}

/// A member in the directory that is no member in the tenant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Absent {
    /// Its name in the directory.
    pub dn: String,
    /// Why.
    pub why: Absence,
}

/// Why a member is not in the tenant's group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Absence {
    /// It is out of scope.
    OutOfScope(OutOfScope),
    /// Its entry was not read, and it is of another domain.
    OtherDomain(String),
    /// Its entry was not read: another class, or outside of the search bases.
    NotRead,
    /// It is in scope, and the tenant does not get it; why, in words.
    Stuck(String),
    /// The plan adds it; what holds that, if anything.
    Planned(Option<String>),
    /// It is in the tenant and not in the group, and the plan leaves that alone.
    LeftOut,
}

/// The members of a group; `None` for other objects.
pub(super) fn members(
    explainer: &Explainer<'_>,
    at: ObjectIndex,
    cloud: Option<CloudObject<'_>>,
) -> Option<Members> {
    let group = explainer.ground.objects.get(at);
    if group.kind != ObjectKind::Group {
        return None;
    }
    let listed = group.members.len() + group.members_not_read.len();
    let (current, dynamic): (&[CloudId], bool) = match cloud {
        Some(CloudObject::Group(it)) if !is_read(explainer.ground.policy.channel, it) => {
            let (present, in_tenant, absent) = (0, 0, Vec::new());
            return Some(Members { listed, present, in_tenant, dynamic: it.dynamic, not_read: true, absent });
        }
        Some(CloudObject::Group(it)) => (&it.members, it.dynamic),
        Some(CloudObject::User(_) | CloudObject::Contact(_)) | None => (&[], false),
    };
    let planned = planned(explainer, at);
    let mut absent = Vec::new();
    let mut present = 0;
    for member in group.members.iter().filter(|it| **it != at) {
        match absence(explainer, *member, current, &planned) {
            None => present += 1,
            Some(why) => absent.push(Absent { dn: explainer.ground.dn(*member).to_owned(), why }),
        }
    }
    let domain = group.dn.domain();
    for dn in &group.members_not_read {
        let other = dn.domain();
        let why = if other == domain { Absence::NotRead } else { Absence::OtherDomain(other) };
        absent.push(Absent { dn: dn.to_string(), why });
    }
    absent.sort_by(|a, b| a.dn.cmp(&b.dn));
    Some(Members { listed, present, in_tenant: current.len(), dynamic, not_read: false, absent })
}

/// Whether the members of a group of the tenant are read on a channel: of those that it can write.
fn is_read(channel: Channel, group: &CloudGroup) -> bool {
    match channel {
        Channel::Graph => group.anchor.is_some() && group.group_type == GroupType::Security,
        Channel::DirectorySync => group.origin == Origin::Synced,
    }
}

/// Members that the plan adds to a group, with what holds that.
fn planned<'a>(explainer: &Explainer<'a>, group: ObjectIndex) -> BTreeMap<Subject, Option<&'a Hold>> {
    let anchor = explainer.ground.objects.get(group).guid_anchor();
    let mut added = BTreeMap::new();
    for change in explainer.planned.plan.changes() {
        match change.op() {
            Op::Members { add, remove: _, after: _ }
                if change.kind() == ObjectKind::Group && change.anchor() == anchor =>
            {
                added.extend(add.iter().map(|it| (it.subject, change.held())));
            }
            Op::Members { .. }
            | Op::Password(_)
            | Op::Features(_)
            | Op::Create(_)
            | Op::Update(_)
            | Op::Block
            | Op::Unblock
            | Op::Delete
            | Op::Restore(_)
            | Op::Adopt { .. } => (),
        }
    }
    added
}

/// Why a member is not in the tenant's group; `None` if it is.
fn absence(
    explainer: &Explainer<'_>,
    member: ObjectIndex,
    current: &[CloudId],
    planned: &BTreeMap<Subject, Option<&Hold>>,
) -> Option<Absence> {
    let Explainer { ground, scoping, planned: _ } = explainer;
    let object = ground.objects.get(member);
    let anchor = correlate::anchor_of(object, standing::anchor_source(ground.policy));
    let (_, cloud) = standing::correlation(ground, (member, object.kind), anchor);
    if cloud.is_some_and(|it| current.binary_search(&it.id()).is_ok()) {
        return None;
    }
    if let Err(why) = scoping.decide(member) {
        return Some(Absence::OutOfScope(why));
    }
    let known = cloud.map(|it| Subject::Known(it.id()));
    let subject = known.or_else(|| anchor.map(Subject::Created));
    if let Some(hold) = subject.and_then(|it| planned.get(&it)) {
        return Some(Absence::Planned(hold.map(|it| it.reason.clone())));
    }
    let obstacle = explainer.planned.plan.changes().iter().find_map(|it| {
        let arrives = matches!(it.op(), Op::Create(_) | Op::Restore(_) | Op::Adopt { .. });
        it.held().filter(|_| arrives && Some(it.anchor()) == anchor && it.kind() == object.kind)
    });
    match (obstacle, cloud) {
        (Some(hold), _) => Some(Absence::Stuck(hold.reason.clone())),
        (None, Some(_)) => Some(Absence::LeftOut),
        (None, None) => {
            Some(Absence::Stuck("the tenant does not get it: ask about it by its name".to_owned()))
        }
    }
}
