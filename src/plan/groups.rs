//! Groups in scope, and their members.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::model::{
    Anchor, CloudGroup, CloudId, CloudObject, DirectoryObject, DirectoryObjects, Fingerprint,
    FingerprintBuilder, MemberMark, ObjectIndex, ObjectKind, Property,
};
use crate::policy::{Authority, Channel, GroupPolicy};

use super::Ground;
use super::because::Because;
use super::change::{AttributeChange, ObjectRef, Op, Stage, Subject, Value};
use super::compare::{Compared, compare};
use super::correlate::Correlation;
use super::report::About;
use super::sketch::{Draft, Place, Sketch};

/// The protocol of Entra Connect takes groups of at most so many members (graph-tenant reference, 9.1).
const MEMBERS_MAX: usize = 250_000;

/// One group in scope.
pub(super) struct Team<'a> {
    at: ObjectIndex,
    anchor: Anchor,
    object: &'a DirectoryObject,
    subject: Subject,
    current: Option<&'a CloudGroup>,
    name: Arc<str>,
    compared: Compared,
    /// Which side says who looks after it, if the policy has a flow for that.
    is_managed: Option<Authority>,
}

/// Finds all groups in scope in the tenant, so that every group has its place before members are looked at.
pub(super) fn survey_groups<'a>(
    ground: &Ground<'a>,
    sketch: &mut Sketch,
    policy: &'a GroupPolicy,
    places: &[ObjectIndex],
) -> Vec<Team<'a>> {
    let mut teams: Vec<Team<'a>> = Vec::with_capacity(places.len());
    for at in places {
        teams.extend(survey_group(ground, sketch, policy, *at));
    }
    let all = [ObjectKind::User, ObjectKind::Group, ObjectKind::Contact];
    for at in sketch.reopen(ground.objects, ObjectKind::Group, &all) {
        teams.extend(survey_group(ground, sketch, policy, at));
    }
    teams.sort_by_key(|it| it.at);
    teams
}

/// Plans groups, and their members now that it is known who leaves.
pub(super) fn plan_groups<'a>(ground: &Ground<'a>, sketch: &mut Sketch, teams: Vec<Team<'a>>) {
    let marks = MemberMarks::of(ground.objects, &teams);
    for mut team in teams {
        sketch.turn_to(team.at);
        let members = Members::of(sketch, &team);
        let wanted = wanted(ground, &marks, &team, &members);
        emit(ground, sketch, &mut team, wanted);
        plan_members(ground, sketch, (&team, members), wanted);
    }
}

fn survey_group<'a>(
    ground: &Ground<'a>,
    sketch: &mut Sketch,
    policy: &'a GroupPolicy,
    at: ObjectIndex,
) -> Option<Team<'a>> {
    sketch.turn_to(at);
    let object = ground.objects.get(at);
    let anchor = object.guid_anchor();
    let (subject, current) = match ground.index.group(ground.policy.channel, object, at) {
        Correlation::Joined(group) | Correlation::InRecycleBin(group) => {
            (Subject::Known(group.id), Some(group))
        }
        Correlation::DirectoryOnly => (Subject::Created(anchor), None),
        Correlation::Contested(twin) => {
            ground.note_twins(sketch, ObjectKind::Group, (at, twin));
            return None;
        }
    };
    let flows = (ObjectKind::Group, &policy.flows);
    let compared = compare(ground, sketch, flows, at, current.map(CloudObject::Group));
    let name = Arc::clone(&compared.name);
    let is_ours = current.is_none_or(|it| !ground.is_mastered_by_other(it.origin));
    // Nobody can refer to a group that stays in the recycle bin.
    let stays_deleted = !is_ours && current.is_some_and(|it| it.deleted_at.is_some());
    sketch.place(at, if stays_deleted { Place::Stuck } else { Place::In(subject) }, &name);
    if !is_ours {
        ground.note_other_master(sketch, ObjectKind::Group, &name);
        return None;
    }
    let is_managed = policy.flows.to(Property::ManagedBy).map(|it| it.authority);
    Some(Team { at, anchor, object, subject, current, name, compared, is_managed })
}

/// What the tenant should have of a group, members included; `None` if it cannot get all of it.
fn wanted(
    ground: &Ground<'_>,
    marks: &MemberMarks<'_>,
    team: &Team<'_>,
    members: &Members,
) -> Option<Fingerprint> {
    if team.compared.is_kept_back {
        return None;
    }
    let mut mark = team.compared.mark;
    if team.is_managed.is_some()
        && let Some(id) = ground.objects.names().id("managedBy")
    {
        mark.field(team.object.attributes.first(id).unwrap_or_default());
    }
    members.all().for_each(|it| mark.member(marks.get(it)));
    Some(mark.finish())
}

fn emit<'a>(ground: &Ground<'a>, sketch: &mut Sketch, team: &mut Team<'a>, wanted: Option<Fingerprint>) {
    let draft = Draft::new(ObjectKind::Group, team.anchor, team.subject, &team.name);
    ground.note(sketch, (team.anchor, team.current.map(|it| it.id)), &team.object.dn, wanted);
    let managed_by = managed_by(ground, sketch, team);
    ground.note_exports(sketch, team.anchor, std::mem::take(&mut team.compared.exports));
    let mut differences: Vec<AttributeChange> = managed_by.into_iter().collect();
    match team.current {
        None => {
            let values = team.compared.new_values();
            sketch.push(&draft, Op::Create(values), Because::MissingInTenant, Stage::CreateGroups);
        }
        Some(group) => {
            sketch.join(team.anchor, ObjectKind::Group, group.id);
            if group.deleted_at.is_some() {
                sketch.push(&draft, Op::Restore(Vec::new()), Because::InRecycleBin, Stage::Restore);
            }
            differences.splice(..0, team.compared.differences.iter().cloned());
        }
    }
    if !differences.is_empty() {
        let because = ground.why_different((ObjectKind::Group, team.anchor), &differences, wanted);
        sketch.push(&draft, Op::Update(differences), because, Stage::UpdateGroups);
    }
}

/// Who looks after a group: a reference that the tenant does not show, so it is compared with what was sent.
fn managed_by<'a>(ground: &Ground<'a>, sketch: &mut Sketch, team: &mut Team<'a>) -> Option<AttributeChange> {
    match team.is_managed? {
        Authority::Tenant => return None,
        Authority::InitialOnly if team.current.is_some() => return None,
        Authority::InitialOnly | Authority::Directory => (),
    }
    let id = ground.objects.names().id("managedBy")?;
    let named = team.object.attributes.text(id);
    let at = named.and_then(|it| ground.named(it));
    sketch.refer(at, named.is_some());
    if at.is_some_and(|it| sketch.is_stuck(it)) {
        return None;
    }
    let to = at.and_then(|at| sketch.reference(ground, at).map(|it| (at, it)));
    if to.as_ref().is_some_and(|(_, it)| !ground.can_refer_to(it.subject)) {
        sketch.mind();
        return None;
    }
    let mark = to.as_ref().map(|(at, _)| {
        let mut mark = FingerprintBuilder::default();
        mark.field(ground.objects.get(*at).guid.as_bytes());
        mark.finish()
    });
    team.compared.exports.extend(mark.map(|it| (Property::ManagedBy, it)));
    let before = match (team.current, ground.exported(team.anchor)) {
        (None, _) => None,
        (Some(_), Some(exported)) => exported.of(Property::ManagedBy),
        (Some(_), None) => return None,
    };
    let from = before.map(|_| Value::NotShown);
    let to = to.map(|(_, it)| Value::Reference(Box::new(it)));
    (before != mark).then_some(AttributeChange { property: Property::ManagedBy, from, to })
}

/// Members: what the directory names and the tenant has or gets. Others of the tenant stay as they are.
fn plan_members(
    ground: &Ground<'_>,
    sketch: &mut Sketch,
    (team, members): (&Team<'_>, Members),
    wanted: Option<Fingerprint>,
) {
    let current: &[CloudId] = team.current.map_or(&[], |it| &it.members);
    if team.current.is_some_and(|it| it.dynamic) {
        let text = "a rule of the tenant computes the members: they are left alone".to_owned();
        sketch.finding(ObjectKind::Group, &team.name, About::Members, text);
        return;
    }
    if MEMBERS_MAX < team.object.members.len() && ground.policy.channel == Channel::DirectorySync {
        let text = format!(
            "has {} members, the tenant takes {MEMBERS_MAX}: they are left alone",
            team.object.members.len()
        );
        sketch.finding(ObjectKind::Group, &team.name, About::Members, text);
        return;
    }
    sketch.count_memberships(current.len());
    let (kept, mut missing) = members.compare(current);
    sketch.sort_by_name(ground, &mut missing);
    let mut add: Vec<ObjectRef> = Vec::with_capacity(missing.len());
    add.extend(missing.into_iter().filter_map(|it| sketch.reference(ground, it)));
    let Surplus { differ, departed, foreign } = if ground.whole && current.len() != kept {
        // Whether a member is ours, or leaves, is decided by others.
        sketch.mind();
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
    let drifted = ground.had(team.anchor, wanted);
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

/// Members of a group that the tenant has or gets.
struct Members {
    known: Vec<(CloudId, ObjectIndex)>,
    created: Vec<ObjectIndex>,
}

impl Members {
    fn of(sketch: &Sketch, team: &Team<'_>) -> Self {
        let mut members = Self { known: Vec::with_capacity(team.object.members.len()), created: Vec::new() };
        for member in team.object.members.iter().filter(|it| **it != team.at) {
            match sketch.subject(*member) {
                Some(Subject::Known(id)) => members.known.push((id, *member)),
                Some(Subject::Created(_)) => members.created.push(*member),
                None => (),
            }
        }
        members
    }

    fn all(&self) -> impl Iterator<Item = ObjectIndex> {
        self.known.iter().map(|it| it.1).chain(self.created.iter().copied())
    }

    /// How many members the tenant's group has already, and which ones it lacks.
    ///
    /// Both sides are gone through side by side: a search for each member of half a million went all over the memory.
    fn compare(self, current: &[CloudId]) -> (usize, Vec<ObjectIndex>) {
        let Self { mut known, created: mut missing } = self;
        known.sort_unstable();
        let total = known.len();
        let mut rest = current.iter().peekable();
        known.retain(|(id, _)| {
            while rest.next_if(|it| *it < id).is_some() {}
            rest.peek() != Some(&id)
        });
        let kept = total - known.len();
        missing.extend(known.into_iter().map(|it| it.1));
        (kept, missing)
    }
}

/// The mark of each object as a member. People are in ten groups each: where all groups are planned, all marks lie beside
/// one another, since what they are made of is spread over far more memory than the caches hold.
enum MemberMarks<'a> {
    Dense(Vec<MemberMark>),
    Each(&'a DirectoryObjects),
}

impl<'a> MemberMarks<'a> {
    fn of(objects: &'a DirectoryObjects, teams: &[Team<'_>]) -> Self {
        let memberships: usize = teams.iter().map(|it| it.object.members.len()).sum();
        if memberships < objects.len() {
            return Self::Each(objects);
        }
        Self::Dense(objects.iter().map(|(_, it)| member_mark(it)).collect())
    }

    fn get(&self, at: ObjectIndex) -> MemberMark {
        match self {
            Self::Dense(marks) => marks[at.position()],
            Self::Each(objects) => member_mark(objects.get(at)),
        }
    }
}

fn member_mark(object: &DirectoryObject) -> MemberMark {
    MemberMark::of(object.guid.as_bytes())
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
