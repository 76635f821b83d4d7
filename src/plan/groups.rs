//! Groups in scope, and their members.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::model::{
    Anchor, Attributes, CloudGroup, CloudId, DirectoryObject, ObjectIndex, ObjectKind, Property,
};
use crate::policy::{Authority, GroupPolicy};

use super::Ground;
use super::change::{AttributeChange, Because, NewValue, ObjectRef, Op, Stage, Subject};
use super::correlate::{Correlation, is_mastered_elsewhere};
use super::project::{Desired, WhyAlone, desired};
use super::report::About;
use super::sketch::{Draft, Place, Sketch};
use super::users::{difference, keeps_nickname};

/// One group in scope.
struct Team<'a> {
    at: ObjectIndex,
    anchor: Anchor,
    object: &'a DirectoryObject,
    subject: Subject,
    current: Option<&'a CloudGroup>,
    name: Arc<str>,
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
        plan_members(ground, sketch, &team);
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
    let (subject, current, because) = match ground.index.group(anchor, at) {
        Correlation::Joined(group) => (Subject::Known(group.id), Some(group), Because::AttributeDiffers),
        Correlation::InRecycleBin(group) => (Subject::Known(group.id), Some(group), Because::InRecycleBin),
        Correlation::DirectoryOnly => (Subject::Created(anchor), None, Because::MissingInTenant),
        Correlation::Contested(twin) => {
            let text = format!(
                "shares its anchor {anchor} with {}: neither is planned",
                ground.objects.get(twin).dn
            );
            sketch.finding(ObjectKind::Group, object.dn.as_str(), About::Anchor, text);
            return None;
        }
    };
    let (differences, name) = compare(ground, sketch, policy, at, current);
    sketch.place(at, Place::In(subject), &name);
    if current.is_some_and(|it| is_mastered_elsewhere(it.origin)) {
        let text = "Entra Connect is master of this group: Microsoft Graph refuses to change it".to_owned();
        sketch.finding(ObjectKind::Group, &name, About::MasteredElsewhere, text);
        sketch.report.left_alone.mastered_elsewhere += 1;
        return None;
    }
    emit(sketch, (anchor, subject, &name), current, differences, because);
    Some(Team { at, anchor, object, subject, current, name })
}

fn compare(
    ground: &Ground<'_>,
    sketch: &mut Sketch,
    policy: &GroupPolicy,
    at: ObjectIndex,
    current: Option<&CloudGroup>,
) -> (Vec<AttributeChange>, Arc<str>) {
    let view = ground.objects.view(at);
    let none = Attributes::default();
    let attributes = current.map_or(&none, |it| &it.attributes);
    let mut differences = Vec::new();
    let mut unusable: Vec<(Property, String)> = Vec::new();
    let mut name: Option<Arc<str>> = attributes.text(Property::DisplayName.id()).map(Into::into);
    for flow in policy.flows.iter() {
        if current.is_some()
            && (flow.authority == Authority::InitialOnly || keeps_nickname(flow, view.object()))
        {
            continue;
        }
        let wanted = desired(flow, view, &ground.domains);
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
    (differences, name)
}

fn emit(
    sketch: &mut Sketch,
    (anchor, subject, name): (Anchor, Subject, &Arc<str>),
    current: Option<&CloudGroup>,
    differences: Vec<AttributeChange>,
    because: Because,
) {
    let draft = Draft::new(ObjectKind::Group, anchor, subject, name);
    let Some(group) = current else {
        let values = differences
            .into_iter()
            .filter_map(|AttributeChange { property, from: _, to }| Some(NewValue { property, value: to? }));
        sketch.push(&draft, Op::Create(values.collect()), because, Stage::CreateGroups);
        return;
    };
    sketch.report.joined.push((anchor, ObjectKind::Group, group.id));
    if group.deleted_at.is_some() {
        sketch.push(&draft, Op::Restore, Because::InRecycleBin, Stage::Restore);
    }
    if !differences.is_empty() {
        sketch.push(&draft, Op::Update(differences), Because::AttributeDiffers, Stage::UpdateGroups);
    }
}

/// Members: what the directory names and the tenant has or gets. Others of the tenant stay as they are.
fn plan_members(ground: &Ground<'_>, sketch: &mut Sketch, team: &Team<'_>) {
    let current: &[CloudId] = team.current.map_or(&[], |it| &it.members);
    if team.current.is_some_and(|it| it.dynamic) {
        let text = "a rule of the tenant computes the members: they are left alone".to_owned();
        sketch.finding(ObjectKind::Group, &team.name, About::Members, text);
        return;
    }
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
    for (add, mut remove, because, stage) in [
        (add, Vec::new(), Because::MembersDiffer, Stage::AddMembers),
        (Vec::new(), differ, Because::MembersDiffer, Stage::RemoveMembers),
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
