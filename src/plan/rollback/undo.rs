//! From what a run did to the changes that undo it, object by object.
//!
//! Whether a name from before is still free is asked afterwards, when all of them are known.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use crate::model::{Anchor, CloudId, CloudObject, CloudUser, Features, ObjectKind, Origin, Property};
use crate::plan::Ground;
use crate::plan::because::Because;
use crate::plan::change::{AttributeChange, FeatureTurn, ObjectRef, Op, Stage, Subject, SubjectKind, Value};
use crate::plan::correlate::Owners;
use crate::plan::report::About;
use crate::plan::sketch::{Draft, Sketch};
use crate::policy::Channel;

use super::values::{Back, back, moved};
use super::{Deed, Did, PastDeeds};

/// Plans the opposite of everything that a run did.
pub(super) fn undo(ground: &Ground<'_>, sketch: &mut Sketch, past: &PastDeeds) {
    let mut undoing = Undoing {
        ground,
        sketch,
        run: past.rollback.run,
        created: HashMap::new(),
        brought: BTreeSet::new(),
        returning: BTreeSet::new(),
        members: BTreeMap::new(),
    };
    for deed in &past.deeds {
        match (&deed.did, deed.id) {
            (Did::Created, Some(id)) => {
                undoing.created.insert(deed.anchor, id);
                undoing.brought.insert(id);
            }
            (Did::Restored, Some(id)) => {
                undoing.brought.insert(id);
            }
            _ => (),
        }
    }
    // What others may refer to is back before anything else is looked at.
    let deleted: Vec<&Deed> = past.deeds.iter().filter(|it| it.did == Did::Deleted).collect();
    undoing.restore_all(&deleted);
    for deed in &past.deeds {
        undoing.deed(deed);
    }
    undoing.push_members();
}

struct Undoing<'a, 'g> {
    ground: &'g Ground<'a>,
    sketch: &'g mut Sketch,
    run: i64,
    /// Objects that the run created.
    created: HashMap<Anchor, CloudId>,
    /// Objects that the run created or took out of the recycle bin: they go back.
    brought: BTreeSet<CloudId>,
    /// Objects that come out of the recycle bin now.
    returning: BTreeSet<CloudId>,
    /// What each group loses and gets back: a run may have changed its members in several steps.
    members: BTreeMap<CloudId, Team>,
}

/// The members of a group that change.
struct Team {
    draft: Draft,
    before: usize,
    add: Vec<ObjectRef>,
    remove: Vec<ObjectRef>,
}

impl<'a> Undoing<'a, '_> {
    fn because(&self) -> Because {
        Because::RolledBack { run: self.run }
    }

    fn note(&mut self, deed: &Deed, text: String) {
        self.sketch.finding(deed.kind.object(), &deed.name, About::Rollback, text);
    }

    fn deed(&mut self, deed: &Deed) {
        let is_new = deed.id.is_some() && self.created.get(&deed.anchor).copied() == deed.id;
        // It goes with all that was done to it.
        if is_new && deed.did != Did::Created {
            return;
        }
        if let Did::Unclear(why) = &deed.did {
            return self.note(deed, format!("is left as it is: {why}"));
        }
        let SubjectKind::Object(kind) = deed.kind else {
            if let Did::Turned(turns) = &deed.did {
                self.turn_back(deed, turns);
            }
            return;
        };
        match &deed.did {
            // What was deleted was looked at before all others.
            Did::Deleted | Did::Turned(_) | Did::Unclear(_) => (),
            Did::Password => {
                let text =
                    format!("keeps the password that run {} sent: nobody knows the one before", self.run);
                self.note(deed, text);
            }
            Did::Created | Did::Restored => self.take_away(deed, kind),
            Did::Blocked => self.switch_sign_in(deed, true),
            Did::Unblocked => self.switch_sign_in(deed, false),
            Did::Updated(changes) => self.put_back(deed, kind, changes),
            Did::Adopted(changes) => {
                let text = format!(
                    "stays linked to the directory, which run {} did: samesign takes no anchor away",
                    self.run
                );
                self.note(deed, text);
                self.put_back(deed, kind, changes);
            }
            Did::Members { added, removed } => self.members(deed, added, removed),
        }
    }

    /// The object of a deed, if it is still the one; else why not.
    fn object(&self, deed: &Deed) -> Result<CloudObject<'a>, String> {
        let tenant = self.ground.tenant;
        let id = deed.id.ok_or("is left as it is: the records do not have its id in the tenant")?;
        let found = match deed.kind.object() {
            Some(ObjectKind::User) => tenant.user(id).map(CloudObject::User),
            Some(ObjectKind::Group) => tenant.group(id).map(CloudObject::Group),
            Some(ObjectKind::Contact) => tenant.contact(id).map(CloudObject::Contact),
            None => None,
        };
        let object =
            found.ok_or_else(|| format!("is not in the tenant any more, nor in its recycle bin ({id})"))?;
        if self.ground.is_mastered_by_other(object.origin()) {
            return Err("is left as it is: somebody else is its master now".to_owned());
        }
        let is_synchronised = self.ground.policy.channel == Channel::DirectorySync
            && object.kind() != ObjectKind::User
            && object.origin() != Origin::Cloud;
        let is_same = match object.anchor() {
            Some(anchor) => anchor == deed.anchor,
            None => is_synchronised || self.ground.index.is_linked(deed.anchor, id),
        };
        if is_same {
            Ok(object)
        } else {
            Err("is left as it is: it is linked to this object of the directory no more".to_owned())
        }
    }

    /// The object, if it is not in the recycle bin, or comes back from there.
    fn active(&mut self, deed: &Deed) -> Option<CloudObject<'a>> {
        match self.object(deed) {
            Ok(object) if object.deleted_at().is_none() || self.returning.contains(&object.id()) => {
                Some(object)
            }
            // It is where it was before.
            Ok(object) if self.brought.contains(&object.id()) => None,
            Ok(_) => {
                self.note(deed, "is in the recycle bin: nothing of it is put back".to_owned());
                None
            }
            Err(why) => {
                self.note(deed, why);
                None
            }
        }
    }

    /// Takes out of the recycle bin whom a run put there, unless the name is somebody else's by now.
    fn restore_all(&mut self, deleted: &[&Deed]) {
        if deleted.is_empty() {
            return;
        }
        let owners = Owners::of(self.ground.tenant);
        let mut names: HashSet<String> = HashSet::new();
        for deed in deleted {
            let object = match self.object(deed) {
                Ok(object) => object,
                Err(why) => {
                    self.note(deed, why);
                    continue;
                }
            };
            if object.deleted_at().is_none() {
                continue;
            }
            if let CloudObject::User(user) = object {
                let name = user.user_name().to_lowercase();
                if let Some(owner) = owners.of_user_name(&name) {
                    let text = format!(
                        "stays in the recycle bin: its name belongs to {} now, who has to get another first",
                        self.ground.owner(owner)
                    );
                    self.note(deed, text);
                    continue;
                }
                if !names.insert(name) {
                    self.note(
                        deed,
                        "stays in the recycle bin: another user of this name comes back".to_owned(),
                    );
                    continue;
                }
            }
            self.returning.insert(object.id());
            let draft = Draft::new(object.kind(), deed.anchor, Subject::Known(object.id()), &deed.name);
            let because = self.because();
            self.sketch.push(&draft, Op::Restore(Vec::new()), because, Stage::Restore);
        }
    }

    /// Moves to the recycle bin what a run created or took out of there.
    fn take_away(&mut self, deed: &Deed, kind: ObjectKind) {
        let Some(object) = self.active(deed) else { return };
        let id = object.id();
        let stage = match kind {
            ObjectKind::User => Stage::DeleteUsers,
            ObjectKind::Group => Stage::DeleteGroups,
            ObjectKind::Contact => Stage::DeleteContacts,
        };
        let is_for_good = kind == ObjectKind::Contact
            || (kind == ObjectKind::Group && self.ground.policy.channel == Channel::DirectorySync);
        let why_not = if is_for_good {
            Some("the recycle bin does not keep such objects: delete it by hand if it has to go")
        } else if !self.ground.whole {
            Some("the directory was not read to its end, and then nobody is deleted")
        } else if !self.ground.index.is_linked(deed.anchor, id) {
            Some("the records have no link to it, and then nobody is deleted")
        } else {
            None
        };
        if let Some(why) = why_not {
            return self.note(deed, format!("stays in the tenant, where run {} put it: {why}", self.run));
        }
        let draft = Draft::new(kind, deed.anchor, Subject::Known(id), &name_of(object));
        let because = self.because();
        self.sketch.push(&draft, Op::Delete, because, stage);
    }

    /// Allows or blocks sign-in, if that is not so.
    fn switch_sign_in(&mut self, deed: &Deed, allowed: bool) {
        let Some(CloudObject::User(user)) = self.active(deed) else { return };
        if may_sign_in(user) == allowed {
            return;
        }
        let is_returning = user.deleted_at.is_some();
        let (op, stage) = match (allowed, is_returning) {
            (true, _) => (Op::Unblock, Stage::Unblock),
            (false, false) => (Op::Block, Stage::Block),
            (false, true) => (Op::Block, Stage::Unblock),
        };
        let draft = Draft::new(
            ObjectKind::User,
            deed.anchor,
            Subject::Known(user.id),
            &name_of(CloudObject::User(user)),
        );
        let because = self.because();
        self.sketch.push(&draft, op, because, stage);
    }

    /// Properties: those that still have what the run gave them get what they had.
    fn put_back(&mut self, deed: &Deed, kind: ObjectKind, changes: &[AttributeChange]) {
        let Some(object) = self.active(deed) else { return };
        let mut values = Vec::new();
        for change in changes.iter().filter(|it| it.from != it.to) {
            // Who was taken over got everything in one write.
            if change.property == Property::AccountEnabled {
                self.switch_sign_in(deed, change.from == Some(Value::Switch(true)));
                continue;
            }
            let found = if change.property == Property::Manager {
                self.manager_back(object, change)
            } else {
                back(self.ground.policy.channel, object, change, self.run)
            };
            match found {
                Back::Already => (),
                Back::Left(text) => self.note(deed, text),
                Back::To(change) => values.push(change),
            }
        }
        let (managers, others): (Vec<_>, Vec<_>) =
            values.into_iter().partition(|it| it.property == Property::Manager);
        let stage = match kind {
            ObjectKind::User => Stage::UpdateUsers(0),
            ObjectKind::Group => Stage::UpdateGroups,
            ObjectKind::Contact => Stage::UpdateContacts,
        };
        let draft = Draft::new(kind, deed.anchor, Subject::Known(object.id()), &name_of(object));
        for (changes, stage) in [(others, stage), (managers, Stage::Managers)] {
            if !changes.is_empty() {
                let because = self.because();
                self.sketch.push(&draft, Op::Update(changes), because, stage);
            }
        }
    }

    fn manager_back(&self, object: CloudObject<'_>, change: &AttributeChange) -> Back {
        let AttributeChange { property, from, to } = change;
        let referred = |it: &Option<Value>| match it {
            Some(Value::Reference(object)) => self.resolve(object),
            Some(Value::Text(_) | Value::Switch(_) | Value::Set(_) | Value::NotShown) | None => None,
        };
        let (before, after, now) = (referred(from), referred(to), object.manager());
        let is_lost = |value: &Option<Value>, id: Option<CloudId>| value.is_some() && id.is_none();
        if now == before && !is_lost(from, before) {
            return Back::Already;
        }
        let now_words = now.map_or_else(|| "(none)".to_owned(), |it| self.ground.owner(it));
        if now != after || is_lost(to, after) {
            let left = after.map_or_else(|| "none".to_owned(), |it| self.ground.owner(it));
            return Back::Left(moved(*property, &now_words, &left, self.run));
        }
        let boxed = |id: CloudId| Value::Reference(Box::new(self.ground.reference(id)));
        match (from, before) {
            (None, _) => (),
            (Some(_), Some(id)) if self.can_be_named(id) => (),
            (Some(_), _) => {
                return Back::Left(format!(
                    "{property} stays {now_words}: the one before run {} cannot be named any more",
                    self.run
                ));
            }
        }
        Back::To(AttributeChange { property: *property, from: after.map(boxed), to: before.map(boxed) })
    }

    /// The object that a reference means; a run refers by anchor to what it creates.
    fn resolve(&self, reference: &ObjectRef) -> Option<CloudId> {
        match reference.subject {
            Subject::Known(id) => Some(id),
            Subject::Created(anchor) => self
                .created
                .get(&anchor)
                .copied()
                .or_else(|| self.ground.links.by_anchor.get(&anchor).map(|it| it.cloud)),
        }
    }

    /// Whether something can refer to an object, now or once others are back.
    fn can_be_named(&self, id: CloudId) -> bool {
        let object = self.ground.tenant.object(id);
        let is_there = object.is_some_and(|it| it.deleted_at().is_none() || self.returning.contains(&id));
        is_there && self.ground.can_refer_to(Subject::Known(id))
    }

    fn members(&mut self, deed: &Deed, added: &[ObjectRef], removed: &[ObjectRef]) {
        let Some(CloudObject::Group(group)) = self.active(deed) else { return };
        if group.dynamic {
            return self.note(deed, "keeps its members: a rule of the tenant computes them now".to_owned());
        }
        let (mut add, mut remove) = (Vec::new(), Vec::new());
        for member in added {
            let Some(id) = self.resolve(member).filter(|it| group.members.binary_search(it).is_ok()) else {
                continue;
            };
            if !self.ground.whole {
                let text = format!("keeps {}: the directory was not read to its end", member.name);
                self.note(deed, text);
            } else if self.ground.is_ours(id) {
                remove.push(self.ground.reference(id));
            } else {
                let text = format!("keeps {}, who comes from no directory any more", member.name);
                self.note(deed, text);
            }
        }
        for member in removed {
            match self.resolve(member) {
                Some(id) if group.members.binary_search(&id).is_ok() => (),
                Some(id) if self.can_be_named(id) => add.push(self.ground.reference(id)),
                Some(_) | None => {
                    let text =
                        format!("does not get {} back, who is not in the tenant any more", member.name);
                    self.note(deed, text);
                }
            }
        }
        let name = name_of(CloudObject::Group(group));
        let team = self.members.entry(group.id).or_insert_with(|| Team {
            draft: Draft::new(ObjectKind::Group, deed.anchor, Subject::Known(group.id), &name),
            before: group.members.len(),
            add: Vec::new(),
            remove: Vec::new(),
        });
        team.add.append(&mut add);
        team.remove.append(&mut remove);
    }

    fn push_members(&mut self) {
        for Team { draft, before, mut add, mut remove } in std::mem::take(&mut self.members).into_values() {
            for list in [&mut add, &mut remove] {
                list.sort_by(|a, b| (&a.name, a.subject).cmp(&(&b.name, b.subject)));
                list.dedup();
            }
            let with = before + add.len();
            let after = with - remove.len();
            if !add.is_empty() {
                let because = self.because();
                let op = Op::Members { add, remove: Vec::new(), after: with };
                self.sketch.push(&draft, op, because, Stage::AddMembers);
            }
            if !remove.is_empty() {
                let because = self.because();
                let op = Op::Members { add: Vec::new(), remove, after };
                self.sketch.push(&draft, op, because, Stage::RemoveMembers);
            }
        }
    }

    /// Switches that are still as the run turned them.
    fn turn_back(&mut self, deed: &Deed, turns: &[FeatureTurn]) {
        let features = self.ground.tenant.features();
        if let Features::Unknown(why) = features {
            return self.note(deed, format!("keeps its switches, which cannot be read: {why}"));
        }
        let mut back = Vec::new();
        for FeatureTurn { feature, on } in turns.iter().filter(|it| features.has(it.feature) == it.on) {
            if *on && feature.stays_on() {
                self.note(
                    deed,
                    format!("keeps {feature} on: the tenant does not let it be turned off again"),
                );
            } else {
                back.push(FeatureTurn { feature: *feature, on: !on });
            }
        }
        if let (Some(id), false) = (deed.id, back.is_empty()) {
            let draft = Draft::new(SubjectKind::Tenant, deed.anchor, Subject::Known(id), &deed.name);
            let because = self.because();
            self.sketch.push(&draft, Op::Features(back), because, Stage::Features);
        }
    }
}

fn may_sign_in(user: &CloudUser) -> bool {
    user.attributes.text(Property::AccountEnabled.id()) != Some("false")
}

/// The name that an object has now: whoever is listed as protected is so by this one.
fn name_of(object: CloudObject<'_>) -> Arc<str> {
    match object {
        CloudObject::User(user) => user.user_name().into(),
        CloudObject::Group(_) | CloudObject::Contact(_) => object.name().into(),
    }
}
