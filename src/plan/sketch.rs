//! A plan under construction, and the finished plan.

use std::cell::OnceCell;
use std::collections::BTreeSet;
use std::sync::Arc;

use crate::model::{
    Anchor, CloudId, Digest, DirectoryObject, DirectoryObjects, ObjectIndex, ObjectKind, Rejection, Table,
    TableOfKeys,
};

use super::aliases::Aliases;
use super::because::Because;
use super::by_name::{arrange, name_head};
use super::change::{Change, NewValue, ObjectRef, Op, Stage, Subject, SubjectKind};
use super::digest::{self, Binding};
use super::guard::{self, GuardState};
use super::header::Header;
use super::kept::Kept;
use super::memo::{Carried, Noted, Refers, Remains, Standing};
use super::report::{About, Finding, Report, Untouched, WhyUntouched};
use super::rollback::Rollback;
use super::scoping::OutOfScope;
use super::untouched::note_untouched;
use super::{Ground, Inputs, Planned};

/// An ordered list of changes, with the guards already consulted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    binding: Binding,
    rollback: Option<Rollback>,
    policy_digest: Digest,
    id: String,
    held_digest: Option<Digest>,
    changes: Vec<Change>,
    guards: Vec<GuardState>,
}

impl Plan {
    /// What it belongs to.
    pub const fn binding(&self) -> &Binding {
        &self.binding
    }

    /// The run that it undoes; `None` for a plan that makes the tenant the same as the directory.
    pub const fn rollback(&self) -> Option<&Rollback> {
        self.rollback.as_ref()
    }

    /// Digest of the manifests that decided it.
    pub const fn policy_digest(&self) -> Digest {
        self.policy_digest
    }

    /// Eight hexadecimal digits; the same inputs give the same id.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Digest of all held changes that an approval could release; `None` if there are none.
    pub const fn held_digest(&self) -> Option<Digest> {
        self.held_digest
    }

    /// The changes, in the order in which they run.
    pub fn changes(&self) -> &[Change] {
        &self.changes
    }

    /// The guards, and whether they tripped.
    pub fn guards(&self) -> &[GuardState] {
        &self.guards
    }

    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// How many changes are held.
    pub fn held(&self) -> usize {
        self.changes.iter().filter(|it| it.held.is_some()).count()
    }

    /// The same plan with only the changes of some objects, for showing: it keeps its id and digests.
    #[must_use]
    pub fn narrowed(&self, wanted: impl Fn(&Change) -> bool) -> Self {
        let changes = self.changes.iter().filter(|it| wanted(it)).cloned().collect();
        Self { held_digest: self.held_digest, ..self.with_changes(changes) }
    }

    /// What is left of the plan after some of its changes were carried out: the plan that would be made now if nothing
    /// else moved, with its id.
    #[must_use]
    pub fn without(&self, is_done: impl Fn(&Change) -> bool) -> Self {
        let changes = self.changes.iter().filter(|it| !is_done(it)).cloned().collect();
        let of = (self.binding.clone(), self.rollback.clone());
        Self::assemble(of, self.policy_digest, changes, self.guards.clone())
    }

    /// The same plan with other changes, in their order: it keeps its id, and holds what they hold.
    pub(super) fn with_changes(&self, changes: Vec<Change>) -> Self {
        let Self { binding, rollback, policy_digest, id, held_digest: _, changes: _, guards } = self;
        Self {
            binding: binding.clone(),
            rollback: rollback.clone(),
            policy_digest: *policy_digest,
            id: id.clone(),
            held_digest: held_digest(&changes),
            changes,
            guards: guards.clone(),
        }
    }

    /// The same plan with other changes, for showing: of all digests it keeps those of wholes, and can release nothing.
    pub(super) fn without_digests(&self, changes: Vec<Change>) -> Self {
        Self { held_digest: None, ..self.with_changes(changes) }
    }

    /// Orders and names the changes.
    pub(super) fn assemble(
        (binding, rollback): (Binding, Option<Rollback>),
        policy_digest: Digest,
        mut changes: Vec<Change>,
        guards: Vec<GuardState>,
    ) -> Self {
        put_in_order(&mut changes);
        let policy = policy_digest.to_string();
        let mut head =
            vec!["samesign.dev/plan/v1alpha1", &binding.policy, &binding.tenant_id, policy.as_str()];
        let undone = rollback.as_ref().map(|it| (it.run.to_string(), &it.plan));
        if let Some((run, plan)) = &undone {
            head.extend(["rollback", run, plan]);
        }
        let id = digest::of_changes(&head, changes.iter()).short();
        Self { binding, rollback, policy_digest, id, held_digest: held_digest(&changes), changes, guards }
    }
}

/// By stage, kind and name. Changes are large to move, and names far away to compare: what is sorted is small, and
/// each change moves once.
fn put_in_order(changes: &mut [Change]) {
    let heads = changes.iter().zip(0..).map(|(it, at)| (it.stage, it.kind, name_head(&it.name), at));
    let mut order: Vec<(Stage, SubjectKind, u128, u32)> = heads.collect();
    let rest = |at: u32| {
        let it = &changes[at as usize];
        (&it.name, it.anchor, it.digest)
    };
    order.sort_unstable_by(|a, b| {
        (a.0, a.1, a.2).cmp(&(b.0, b.1, b.2)).then_with(|| rest(a.3).cmp(&rest(b.3)))
    });
    arrange(changes, order.iter().map(|it| it.3).collect());
}

/// The digest of all held changes that an approval could release.
fn held_digest(changes: &[Change]) -> Option<Digest> {
    let can_be_released = |it: &&Change| it.held.as_ref().is_some_and(|hold| hold.guard.can_be_approved());
    let mut releasable = changes.iter().filter(can_be_released).peekable();
    releasable.peek()?;
    Some(digest::of_changes(&["samesign.dev/held/v1alpha1"], releasable))
}

/// Where a directory object stands in the tenant once the plan is applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// Out of scope.
    Out,
    /// In scope, and not in the tenant all the same.
    Stuck,
    /// In the tenant.
    In(Subject),
}

impl Place {
    const fn subject(self) -> Option<Subject> {
        match self {
            Self::In(subject) => Some(subject),
            Self::Out | Self::Stuck => None,
        }
    }
}

/// A plan under construction.
pub(super) struct Sketch {
    pub(super) changes: Vec<Change>,
    pub(super) report: Report,
    /// Where each object of the directory stands.
    places: Vec<Place>,
    /// What each is called in the tenant; apart from the places, since members are asked for these alone.
    names: Vec<Arc<str>>,
    /// What was noted of each object of the directory, if there is a next plan.
    noted: Vec<Noted>,
    /// The object of the directory that is being planned.
    turn: Option<ObjectIndex>,
    /// What is as it was when the last plan was made, and not planned again.
    carried: Carried,
    /// Objects that nothing happens to, as far as they are known, if they are to be listed.
    alone: Option<Vec<Untouched>>,
    /// Objects of the tenant that belong to one in scope.
    kept: Kept,
    departed: TableOfKeys<CloudId>,
    /// Names in the directory of new users who want the name of one who left.
    pub(super) recreated: Table<CloudId, Box<str>>,
    /// Made when first asked for: the place of each object in the order of names.
    ranks: OnceCell<Vec<u32>>,
    /// Who gets which further address.
    pub(super) aliases: Aliases,
    /// Empty between users: where the values of the next one are collected.
    pub(super) values: Vec<NewValue>,
    /// The run that the plan undoes.
    pub(super) rollback: Option<Rollback>,
}

/// What the next changes are about.
pub(super) struct Draft {
    kind: SubjectKind,
    anchor: Anchor,
    subject: Subject,
    name: Arc<str>,
}

impl Draft {
    pub(super) fn new(
        kind: impl Into<SubjectKind>,
        anchor: Anchor,
        subject: Subject,
        name: &Arc<str>,
    ) -> Self {
        Self { kind: kind.into(), anchor, subject, name: Arc::clone(name) }
    }
}

impl Sketch {
    /// A plan of everything: it lists what nothing happens to, and nothing is noted for the next plan.
    pub(super) fn new(objects: usize) -> Self {
        Self { alone: Some(Vec::new()), ..Self::empty(objects) }
    }

    /// Begins with what is as it was when the last plan was made, and notes how everybody stands for the next one.
    pub(super) fn carrying(objects: usize, carried: Carried) -> Self {
        Self { carried, noted: vec![Noted::default(); objects], ..Self::empty(objects) }
    }

    fn empty(objects: usize) -> Self {
        Self {
            changes: Vec::new(),
            report: Report::default(),
            places: vec![Place::Out; objects],
            names: vec![Arc::from(""); objects],
            noted: Vec::new(),
            turn: None,
            carried: Carried::default(),
            alone: None,
            kept: Kept::default(),
            departed: TableOfKeys::default(),
            recreated: Table::default(),
            ranks: OnceCell::new(),
            aliases: Aliases::default(),
            values: Vec::new(),
            rollback: None,
        }
    }

    /// Makes room for what is said of each object: a list that grows is moved again and again, each time to memory that
    /// has to be got from the system.
    pub(super) fn make_room(&mut self, ground: &Ground<'_>) {
        let known = ground.tenant.users().len() + ground.tenant.groups().len();
        let joined = known.min(ground.objects.len());
        self.kept.reserve(joined);
        self.report.joined.reserve(joined);
        if self.carried.is_empty() {
            self.report.named.reserve(ground.objects.len());
            self.report.wanted.reserve(ground.objects.len());
        }
    }

    /// From now on it is about this object of the directory.
    pub(super) const fn turn_to(&mut self, at: ObjectIndex) {
        self.turn = Some(at);
    }

    /// From now on it is about no object of the directory.
    pub(super) const fn turn_away(&mut self) {
        self.turn = None;
    }

    /// What is noted of the object that is being planned.
    fn noted(&mut self) -> Option<&mut Noted> {
        self.noted.get_mut(self.turn?.position())
    }

    /// Notes that there is something about the object that the next plan has to look at again.
    pub(super) fn mind(&mut self) {
        if let Some(noted) = self.noted() {
            noted.is_minded = true;
        }
    }

    /// Notes whom the object refers to, if it names anybody.
    pub(super) fn refer(&mut self, to: Option<ObjectIndex>, names_somebody: bool) {
        if let Some(noted) = self.noted() {
            noted.refers = Refers::of(to, names_somebody);
        }
    }

    /// Notes that the object is joined to one of the tenant.
    pub(super) fn join(&mut self, anchor: Anchor, kind: ObjectKind, id: CloudId) {
        if let Some(noted) = self.noted() {
            noted.joined = Some(id);
        }
        self.report.joined.push((anchor, kind, id));
    }

    /// Notes how many members the tenant's group has.
    pub(super) fn count_memberships(&mut self, members: usize) {
        if let Some(noted) = self.noted() {
            noted.memberships = members;
        }
        self.report.memberships += members;
    }

    /// Notes an object that is out of scope.
    pub(super) fn leave_out(&mut self, at: ObjectIndex, object: &DirectoryObject, why: &OutOfScope) {
        if let Some(noted) = self.noted.get_mut(at.position()) {
            noted.out = Some(why.word());
        }
        *self.report.left_alone.out_of_scope.entry(why.word()).or_default() += 1;
        if let Some(alone) = &mut self.alone {
            let (name, why) = (object.dn.as_str().into(), WhyUntouched::OutOfScope(why.words()));
            alone.push(Untouched { kind: object.kind, name, why });
        }
    }

    /// How an object stood when the last plan was made, if that holds still.
    pub(super) fn carried(&self, at: ObjectIndex) -> &Standing {
        self.carried.of(at)
    }

    /// Objects of one kind stand as they did.
    pub(super) fn resume(&mut self, kind: ObjectKind) {
        for (place, standing) in self.places.iter_mut().zip(&self.carried.standings) {
            if let Standing::Same(same) = standing
                && same.kind == kind
            {
                *place = Place::In(Subject::Known(same.id));
                self.kept.add(same.id);
            }
        }
    }

    /// Objects of one kind that are as they were, and that count on others of these kinds who are not: they have to be
    /// planned after all.
    pub(super) fn reopen(
        &mut self,
        objects: &DirectoryObjects,
        kind: ObjectKind,
        others: &[ObjectKind],
    ) -> Vec<ObjectIndex> {
        let Self { places, carried, .. } = self;
        let moved: BTreeSet<ObjectIndex> = carried
            .open(objects)
            .filter(|(at, before)| {
                *before != places[at.position()] && others.contains(&objects.get(*at).kind)
            })
            .map(|it| it.0)
            .collect();
        carried.reopen(objects, kind, &moved)
    }

    /// Adds a change that nothing holds yet.
    pub(super) fn push(&mut self, about: &Draft, op: Op, because: Because, stage: Stage) -> &mut Change {
        self.mind();
        let Draft { kind, anchor, subject, ref name } = *about;
        let name = Arc::clone(name);
        // The digest covers what the sketch does not know; it is filled in when the plan is finished.
        let digest = Digest::from_bytes([0; 32]);
        let (held, for_good) = (None, false);
        self.changes.push_mut(Change {
            kind,
            anchor,
            subject,
            name,
            op,
            because,
            stage,
            held,
            for_good,
            digest,
        })
    }

    pub(super) fn finding(
        &mut self,
        kind: impl Into<Option<ObjectKind>>,
        name: &str,
        about: About,
        text: String,
    ) {
        self.mind();
        self.report.findings.push(Finding { kind: kind.into(), name: name.into(), about, text });
    }

    /// Notes an object of the tenant that nothing happens to.
    pub(super) fn untouched(&mut self, kind: ObjectKind, name: &str, why: WhyUntouched) {
        if let Some(alone) = &mut self.alone {
            alone.push(Untouched { kind, name: name.into(), why });
        }
    }

    /// Notes where an object of the directory stands.
    pub(super) fn place(&mut self, at: ObjectIndex, place: Place, name: &Arc<str>) {
        let before = std::mem::replace(&mut self.places[at.position()], place);
        self.names[at.position()] = Arc::clone(name);
        if let Place::In(Subject::Known(id)) = place
            && before != place
        {
            self.kept.add(id);
        }
        self.ranks.take();
    }

    /// Sorts objects that are in the tenant or get there by name, then by identity.
    ///
    /// Groups name the same people over and over: comparing their names in each group took an eighth of a first
    /// plan of a million memberships, comparing ranks hardly anything.
    pub(super) fn sort_by_name(&self, ground: &Ground<'_>, objects: &mut [ObjectIndex]) {
        if objects.len() < 2 {
            return;
        }
        // A plan of few objects sorts few members: nobody has to know the place of everybody for that.
        if self.carried.is_empty() {
            let ranks = self.ranks.get_or_init(|| self.rank());
            objects.sort_unstable_by_key(|it| ranks[it.position()]);
        } else {
            objects.sort_by_cached_key(|at| self.reference(ground, *at).map(|it| (it.name, it.subject)));
        }
    }

    fn rank(&self) -> Vec<u32> {
        let mut order: Vec<(u128, u32)> = self.names.iter().map(|it| name_head(it)).zip(0..).collect();
        let rest = |at: u32| (&self.names[at as usize], self.places[at as usize].subject());
        order.sort_unstable_by(|a, b| a.0.cmp(&b.0).then_with(|| rest(a.1).cmp(&rest(b.1))));
        let mut ranks = vec![0; order.len()];
        for (rank, (_, at)) in (0..).zip(order) {
            ranks[at as usize] = rank;
        }
        ranks
    }

    /// The tenant object of an object of the directory, if the tenant has it or gets it.
    pub(super) fn subject(&self, at: ObjectIndex) -> Option<Subject> {
        self.places[at.position()].subject()
    }

    /// A reference to an object of the directory, if the tenant has it or gets it.
    pub(super) fn reference(&self, ground: &Ground<'_>, at: ObjectIndex) -> Option<ObjectRef> {
        let subject = self.subject(at)?;
        if let Standing::Same(same) = self.carried(at) {
            return Some(ground.reference(same.id));
        }
        Some(ObjectRef { subject, name: Arc::clone(&self.names[at.position()]) })
    }

    pub(super) fn is_stuck(&self, at: ObjectIndex) -> bool {
        self.places[at.position()] == Place::Stuck
    }

    /// Whether an object of the tenant belongs to one in scope.
    pub(super) fn is_kept(&self, id: CloudId) -> bool {
        self.kept.has(id)
    }

    pub(super) fn depart(&mut self, id: CloudId, anchor: Anchor) {
        self.departed.insert(id);
        self.report.departed.push(anchor);
    }

    pub(super) fn has_departed(&self, id: CloudId) -> bool {
        self.departed.contains(&id)
    }

    /// The plan, and how everybody stands with it, if that can be gone on from.
    pub(super) fn finish(mut self, inputs: &Inputs<'_>, ground: &Ground<'_>) -> (Planned, Option<Remains>) {
        self.carry_over(ground);
        let Self {
            mut changes,
            mut report,
            places,
            names,
            noted,
            turn: _,
            carried,
            alone,
            kept,
            departed: _,
            recreated: _,
            ranks: _,
            aliases: _,
            values: _,
            rollback,
        } = self;
        let binding = Binding {
            policy: inputs.policy.name.clone(),
            tenant_id: inputs.tenant.identity().tenant_id.clone(),
        };
        let guards = guard::consult(&mut changes, ground, &report);
        for change in &mut changes {
            change.digest = digest::of_change(&binding, change);
        }
        note_untouched(ground, &changes, (&places, &names, &carried), (alone, &mut report.left_alone));
        report.findings.sort();
        report.findings.dedup();
        let held: BTreeSet<Anchor> =
            changes.iter().filter(|it| it.held.is_some()).map(|it| it.anchor).collect();
        report.departed.retain(|it| !held.contains(it));
        report.departed.sort();
        report.joined.sort();
        report.exported.sort_by_key(|it| it.0);
        let plan = Plan::assemble((binding, rollback), inputs.policy.digest, changes, guards);
        let planned = Planned { header: Header::of(inputs), plan, report };
        (planned, (!kept.is_doubled()).then_some(Remains { carried, places, names, noted }))
    }

    /// Counts whatever is as it was.
    fn carry_over(&mut self, ground: &Ground<'_>) {
        for ((at, object), standing) in ground.objects.iter().zip(&self.carried.standings) {
            if let Standing::Same(same) = standing {
                let anchor = ground.anchor(at).unwrap_or_else(|| object.guid_anchor());
                self.report.joined.push((anchor, same.kind, same.id));
                self.report.memberships += same.memberships;
            }
        }
    }
}

/// What to say about an entry that was left out; nothing about what nobody expects to be kept the same.
pub(super) const fn rejection_sentence(why: Rejection) -> Option<&'static str> {
    match why {
        Rejection::NoGuid => Some("has no objectGUID, so there is nothing to recognise it by: left out"),
        Rejection::DuplicateGuid => Some("has the objectGUID of another entry: left out"),
        Rejection::OtherClass | Rejection::Deleted => None,
    }
}
