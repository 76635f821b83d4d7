//! Groups in scope, and their members.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::model::{
    Anchor, Attributes, CloudGroup, CloudId, DirectoryObject, Fingerprint, FingerprintBuilder, ObjectIndex,
    ObjectKind, Property,
};
use crate::policy::{Authority, GroupPolicy};

use super::Ground;
use super::change::{AttributeChange, Because, NewValue, ObjectRef, Op, Stage, Subject};
use super::correlate::{Correlation, is_mastered_elsewhere};
use super::difference::{difference, keeps_nickname};
use super::project::{Desired, WhyAlone, desired};
use super::report::About;
use super::sketch::{Draft, Place, Sketch};

/// One group in scope.
struct Team<'a> {
    at: ObjectIndex,
    anchor: Anchor,
    object: &'a DirectoryObject,
    subject: Subject,
    current: Option<&'a CloudGroup>,
    name: Arc<str>,
    differences: Vec<AttributeChange>,
    /// What the tenant should have, members apart.
    mark: FingerprintBuilder,
}

/// Plans all groups in scope; members last, when every group has its place.
pub(super) fn plan_groups<'a>(
    ground: &Ground<'a>,
    sketch: &mut Sketch,
    policy: &'a GroupPolicy,
    places: &[ObjectIndex],
) {
    let mut teams: Vec<Team<'a>> = Vec::with_capacity(places.len());
    for at in places {
        teams.extend(plan_group(ground, sketch, policy, *at));
    }
    for team in teams {
        let wanted = wanted(ground, sketch, &team);
        emit(ground, sketch, &team, wanted);
        plan_members(ground, sketch, &team, wanted);
    }
}

fn plan_group<'a>(
    ground: &Ground<'a>,
    sketch: &mut Sketch,
    policy: &'a GroupPolicy,
    at: ObjectIndex,
) -> Option<Team<'a>> {
    let object = ground.objects.get(at);
    let anchor = object.guid_anchor();
    let (subject, current) = match ground.index.group(anchor, at) {
        Correlation::Joined(group) | Correlation::InRecycleBin(group) => {
            (Subject::Known(group.id), Some(group))
        }
        Correlation::DirectoryOnly => (Subject::Created(anchor), None),
        Correlation::Contested(twin) => {
            let text = format!(
                "shares its anchor {anchor} with {}: neither is planned",
                ground.objects.get(twin).dn
            );
            sketch.finding(ObjectKind::Group, object.dn.as_str(), About::Anchor, text);
            return None;
        }
    };
    let Compared { differences, name, mark } = compare(ground, sketch, policy, at, current);
    let is_ours = current.is_none_or(|it| !is_mastered_elsewhere(it.origin));
    // Nobody can refer to a group that stays in the recycle bin.
    let stays_deleted = !is_ours && current.is_some_and(|it| it.deleted_at.is_some());
    sketch.place(at, if stays_deleted { Place::Stuck } else { Place::In(subject) }, &name);
    if !is_ours {
        let text = "Entra Connect is master of this group: Microsoft Graph refuses to change it".to_owned();
        sketch.finding(ObjectKind::Group, &name, About::MasteredElsewhere, text);
        sketch.report.left_alone.mastered_elsewhere += 1;
        return None;
    }
    Some(Team { at, anchor, object, subject, current, name, differences, mark })
}

/// What comparing a group came to.
struct Compared {
    differences: Vec<AttributeChange>,
    name: Arc<str>,
    mark: FingerprintBuilder,
}

fn compare(
    ground: &Ground<'_>,
    sketch: &mut Sketch,
    policy: &GroupPolicy,
    at: ObjectIndex,
    current: Option<&CloudGroup>,
) -> Compared {
    let view = ground.objects.view(at);
    let none = Attributes::default();
    let attributes = current.map_or(&none, |it| &it.attributes);
    let mut differences = Vec::new();
    let mut unusable: Vec<(Property, String)> = Vec::new();
    let mut mark = FingerprintBuilder::default();
    let mut name: Option<Arc<str>> = attributes.text(Property::DisplayName.id()).map(Into::into);
    for flow in policy.flows.iter() {
        if current.is_some()
            && (flow.authority == Authority::InitialOnly || keeps_nickname(flow, view.object()))
        {
            continue;
        }
        let wanted = desired(flow, view, &ground.domains);
        wanted.mark(flow.to, &mut mark);
        if let Desired::LeftAlone(WhyAlone::Unusable(why)) = &wanted {
            unusable.push((flow.to, why.clone()));
        }
        if let (Property::DisplayName, Desired::Text(text), None) = (flow.to, &wanted, &name) {
            name = Some(text.as_ref().into());
        }
        differences.extend(difference(flow.to, attributes, wanted));
    }
    let name = name.unwrap_or_else(|| view.object().dn.as_str().into());
    for (property, why) in unusable {
        sketch.finding(ObjectKind::Group, &name, About::Value, format!("{property} is left alone: {why}"));
    }
    Compared { differences, name, mark }
}

/// What the tenant should have of a group, members included.
fn wanted(ground: &Ground<'_>, sketch: &Sketch, team: &Team<'_>) -> Fingerprint {
    let mut mark = team.mark;
    let members = team.object.members.iter().filter(|it| **it != team.at && sketch.subject(**it).is_some());
    members.for_each(|it| mark.member(ground.objects.get(*it).guid.as_bytes()));
    mark.finish()
}

fn emit(ground: &Ground<'_>, sketch: &mut Sketch, team: &Team<'_>, wanted: Fingerprint) {
    let draft = Draft::new(ObjectKind::Group, team.anchor, team.subject, &team.name);
    ground.note(sketch, team.anchor, &team.object.dn, Some(wanted));
    let Some(group) = team.current else {
        let new = |it: &AttributeChange| Some(NewValue { property: it.property, value: it.to.clone()? });
        let values = team.differences.iter().filter_map(new).collect();
        sketch.push(&draft, Op::Create(values), Because::MissingInTenant, Stage::CreateGroups);
        return;
    };
    sketch.report.joined.push((team.anchor, ObjectKind::Group, group.id));
    if group.deleted_at.is_some() {
        sketch.push(&draft, Op::Restore, Because::InRecycleBin, Stage::Restore);
    }
    if !team.differences.is_empty() {
        let differences = team.differences.clone();
        let because = ground.why_different((ObjectKind::Group, team.anchor), &differences, Some(wanted));
        sketch.push(&draft, Op::Update(differences), because, Stage::UpdateGroups);
    }
}

/// Members: what the directory names and the tenant has or gets. Others of the tenant stay as they are.
fn plan_members(ground: &Ground<'_>, sketch: &mut Sketch, team: &Team<'_>, wanted: Fingerprint) {
    let current: &[CloudId] = team.current.map_or(&[], |it| &it.members);
    if team.current.is_some_and(|it| it.dynamic) {
        let text = "a rule of the tenant computes the members: they are left alone".to_owned();
        sketch.finding(ObjectKind::Group, &team.name, About::Members, text);
        return;
    }
    sketch.report.memberships += current.len();
    let mut missing: Vec<ObjectIndex> = Vec::new();
    let mut kept = 0;
    for member in team.object.members.iter().filter(|it| **it != team.at) {
        match sketch.subject(*member) {
            Some(Subject::Known(id)) if current.binary_search(&id).is_ok() => kept += 1,
            Some(Subject::Known(_) | Subject::Created(_)) => missing.push(*member),
            None => (),
        }
    }
    sketch.sort_by_name(&mut missing);
    let mut add: Vec<ObjectRef> = Vec::with_capacity(missing.len());
    add.extend(missing.into_iter().filter_map(|it| sketch.reference(it)));
    let Surplus { differ, departed, foreign } = if ground.whole && current.len() != kept {
        surplus(ground, sketch, team, current)
    } else {
        Surplus::default()
    };
    if 0 < foreign {
        let are = if foreign == 1 { "is" } else { "are" };
        let text =
            format!("{foreign} of its members in the tenant {are} not from this directory: left alone");
        sketch.finding(ObjectKind::Group, &team.name, About::Members, text);
    }
    let after = current.len() + add.len() - differ.len() - departed.len();
    let draft = Draft::new(ObjectKind::Group, team.anchor, team.subject, &team.name);
    let drifted = ground.had(team.anchor, Some(wanted));
    let why = || if drifted { Because::DriftedInTenant } else { Because::MembersDiffer };
    for (add, mut remove, because, stage) in [
        (add, Vec::new(), why(), Stage::AddMembers),
        (Vec::new(), differ, why(), Stage::RemoveMembers),
        (Vec::new(), departed, Because::MembersDeparted, Stage::RemoveMembers),
    ] {
        if !add.is_empty() || !remove.is_empty() {
            remove.sort_by(|a, b| (&a.name, a.subject).cmp(&(&b.name, b.subject)));
            sketch.push(&draft, Op::Members { add, remove, after }, because, stage);
        }
    }
}

/// Members of the tenant's group that the directory's group does not name.
#[derive(Default)]
struct Surplus {
    /// They are in scope, and the directory's group does not name them.
    differ: Vec<ObjectRef>,
    /// They left.
    departed: Vec<ObjectRef>,
    /// They are not from this directory.
    foreign: usize,
}

fn surplus(ground: &Ground<'_>, sketch: &Sketch, team: &Team<'_>, current: &[CloudId]) -> Surplus {
    let named: BTreeSet<CloudId> = team
        .object
        .members
        .iter()
        .filter_map(|it| match sketch.subject(*it)? {
            Subject::Known(id) => Some(id),
            Subject::Created(_) => None,
        })
        .collect();
    let mut surplus = Surplus::default();
    for id in current.iter().filter(|it| !named.contains(it)) {
        if sketch.has_departed(*id) {
            surplus.departed.push(ground.reference(*id));
        } else if sketch.is_kept(*id) {
            surplus.differ.push(ground.reference(*id));
        } else if !ground.is_ours(*id) {
            // One of ours whose removal waits for a person keeps its groups meanwhile.
            surplus.foreign += 1;
        }
    }
    surplus
}
