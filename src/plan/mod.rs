//! Snapshots and policy to plan: pure, total and deterministic.
//!
//! Nothing here reads, writes, waits or asks for the time. A bad object is a finding, never an error.

mod adoption;
mod against;
mod aliases;
mod because;
mod by_name;
mod change;
mod claims;
mod compare;
mod contacts;
mod correlate;
mod departures;
mod difference;
mod digest;
mod edits;
mod explain;
mod features;
mod groups;
mod guard;
mod header;
mod health;
mod hold;
mod incremental;
mod intents;
mod kept;
mod limits;
mod lint;
mod locked;
mod memo;
mod passwords;
mod person;
mod population;
mod project;
mod protection;
mod pseudonym;
mod quarantine;
mod report;
mod returning;
mod review;
mod rollback;
mod saved;
mod scoping;
mod sketch;
mod status;
mod summary;
mod turning;
mod untouched;
mod users;
mod waiting;

pub use self::against::{
    Class, Effect, ObjectEffect, Passage, Presence, PropertyEffect, SettingChange, Versions, Wanted, compare,
};
pub use self::because::{Because, Departure, Move, PolicyEdit};
pub use self::change::{
    AttributeChange, Change, FeatureTurn, NewValue, ObjectRef, Op, PasswordSet, Stage, Subject, SubjectKind,
    Value,
};
pub use self::correlate::Correlation;
pub use self::digest::Binding;
pub use self::explain::{
    Absence, Absent, Asked, Containing, DirectorySignIn, ExplainedProperty, Explainer, Explanation, Fate,
    Input, JoinedBy, Leaving, LeftOut, Match, Members, Namesake, NamesakeSide, Passwords, Place, SignInState,
    Target, TenantSide, UserPassword,
};
pub use self::guard::GuardState;
pub use self::header::{Header, Side};
pub use self::health::Symptom;
pub use self::hold::{Guard, Hold};
pub use self::incremental::{Memo, News, replan};
pub use self::intents::link_intents;
pub use self::lint::{Culprit, Fault, lint, lint_saved};
pub use self::locked::Locked;
pub use self::passwords::{NoPassword, PasswordStanding, PasswordState};
pub use self::population::in_scope;
pub use self::project::{Desired, WhyAlone};
pub use self::pseudonym::{PseudonymKey, Pseudonymous};
pub use self::report::{About, Finding, LeftAlone, Renamed, Report, Untouched, WhyUntouched};
pub use self::review::{ApprovedPlan, Consent, Release, Review, Unheld, review};
pub use self::rollback::{Deed, Did, PastDeeds, Rollback, roll_back};
pub use self::saved::{PlanParts, Tampered, UnboundChange};
pub use self::scoping::OutOfScope;
pub use self::sketch::Plan;
pub use self::status::{Failing, NoTravel, OnRecord, PolicyStatus, Sides, Underway};
pub use self::summary::Summary;
pub use self::turning::turns_at;

use std::cell::{OnceCell, RefCell};
use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;

use crate::model::{
    Anchor, CloudId, DirectoryObjects, Dn, Fingerprint, Links, ObjectIndex, ObjectKind, Origin, Property,
    Reading, Table, TableOfKeys, TenantSnapshot,
};
use crate::policy::{AnchorSource, Channel, Policy};

use self::claims::Verdict;
use self::correlate::Index;
use self::edits::Edits;
use self::memo::{Remains, Standing};
use self::project::Domains;
use self::scoping::Scoping;
use self::sketch::Sketch;

/// Everything that a plan is made from.
#[derive(Clone, Copy, Debug)]
pub struct Inputs<'a> {
    /// The directory, whole or not.
    pub directory: &'a Reading,
    /// The tenant.
    pub tenant: &'a TenantSnapshot,
    /// What earlier runs recorded.
    pub links: &'a Links,
    /// What the operator decided.
    pub policy: &'a Policy,
    /// The time to judge expiry and grace periods by.
    pub as_of: Timestamp,
}

/// A plan, and what it has to say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Planned {
    /// What it was made from.
    pub header: Header,
    /// The changes, with the guards already consulted.
    pub plan: Plan,
    /// Findings, and what was left alone.
    pub report: Report,
}

/// The inputs made ready for look-ups.
struct Ground<'a> {
    objects: &'a DirectoryObjects,
    tenant: &'a TenantSnapshot,
    links: &'a Links,
    policy: &'a Policy,
    as_of: Timestamp,
    /// Whether absence from the directory means anything.
    whole: bool,
    index: Index<'a>,
    domains: Domains,
    /// Made when first asked for: whom the records know by the identity of the tenant.
    recorded: OnceCell<Table<CloudId, Anchor>>,
    /// Objects of the tenant that this channel cannot write, since somebody else is their master.
    mastered_elsewhere: TableOfKeys<CloudId>,
    /// Objects by their names as others name them: hundreds have the same manager.
    named: RefCell<Table<&'a str, Option<ObjectIndex>>>,
    edits: Edits<'a>,
}

/// Plans: decides about every object of both sides, then lets the guards look at the whole.
pub fn plan(inputs: &Inputs<'_>) -> Planned {
    let ground = Ground::new(inputs);
    let scoping = Scoping::new(inputs.policy, ground.objects);
    let sketch = Sketch::new(ground.objects.len());
    decide(inputs, &ground, &scoping, sketch).0
}

/// Decides about every object that does not stand as it did, then lets the guards look at the whole.
fn decide<'a>(
    inputs: &Inputs<'a>,
    ground: &Ground<'a>,
    scoping: &Scoping<'_>,
    mut sketch: Sketch,
) -> (Planned, Option<Remains>) {
    sketch.make_room(ground);
    note_readings(ground, inputs, scoping, &mut sketch);
    let (users, groups, contacts) = in_scope_of(ground, scoping, &mut sketch);
    features::plan_features(ground, &mut sketch);
    sketch.resume(ObjectKind::User);
    if let Some(policy) = &inputs.policy.users {
        users::plan_users(ground, &mut sketch, policy, &users);
    }
    sketch.resume(ObjectKind::Contact);
    if let Some(policy) = &inputs.policy.contacts {
        contacts::plan_contacts(ground, &mut sketch, policy, &contacts);
    }
    if let Some(policy) = &inputs.policy.passwords {
        passwords::plan_passwords(ground, &mut sketch, policy, &users);
    }
    sketch.resume(ObjectKind::Group);
    // Only a whole look at the groups tells which of the tenant's belong to one: not all of them bear an anchor.
    let teams = inputs
        .policy
        .groups
        .as_ref()
        .map(|policy| groups::survey_groups(ground, &mut sketch, policy, &groups));
    departures::plan_departures(ground, &mut sketch, |at| scoping.decide(at).err());
    groups::plan_groups(ground, &mut sketch, teams.unwrap_or_default());
    sketch.finish(inputs, ground)
}

/// Users, groups and contacts in scope that have to be planned; all that are in scope are counted.
fn in_scope_of(
    ground: &Ground<'_>,
    scoping: &Scoping<'_>,
    sketch: &mut Sketch,
) -> (Vec<ObjectIndex>, Vec<ObjectIndex>, Vec<ObjectIndex>) {
    let (mut users, mut groups, mut contacts) = (Vec::new(), Vec::new(), Vec::new());
    let managed = [ObjectKind::User, ObjectKind::Group, ObjectKind::Contact].map(|it| (it, 0));
    let mut managed = BTreeMap::from(managed);
    for (at, object) in ground.objects.iter() {
        match *sketch.carried(at) {
            Standing::Same(_) => *managed.entry(object.kind).or_default() += 1,
            Standing::Out(word) => *sketch.report.left_alone.out_of_scope.entry(word).or_default() += 1,
            Standing::Open(_) => match scoping.decide(at) {
                Ok(()) => {
                    *managed.entry(object.kind).or_default() += 1;
                    match object.kind {
                        ObjectKind::User => users.push(at),
                        ObjectKind::Group => groups.push(at),
                        ObjectKind::Contact => contacts.push(at),
                    }
                }
                Err(why) => sketch.leave_out(at, object, &why),
            },
        }
    }
    sketch.report.managed = managed;
    (users, groups, contacts)
}

/// What the readings themselves have to say: how much they can be trusted, bases and groups that are not there,
/// entries without identity.
fn note_readings(ground: &Ground<'_>, inputs: &Inputs<'_>, scoping: &Scoping<'_>, sketch: &mut Sketch) {
    let Inputs { directory, tenant, links, policy, as_of: _ } = *inputs;
    sketch.report.stock = health::stock(directory, policy, links.stock.as_ref());
    sketch.report.symptoms = health::symptoms(directory, sketch.report.stock.as_ref(), policy, links);
    for symptom in sketch.report.symptoms.clone() {
        let text = health::sentence(&symptom, sketch.report.stock.as_ref());
        sketch.finding(None, &policy.directory, About::Health, text);
    }
    if policy.channel == Channel::DirectorySync && tenant.identity().takes_synchronised != Some(true) {
        let text =
            "directory synchronisation is off in the tenant, which then takes nothing on this channel: set \
                    onPremisesSyncEnabled of the organisation to true as a Global Administrator"
                .to_owned();
        sketch.finding(None, &policy.tenant, About::Channel, text);
        sketch.report.is_closed = true;
    }
    for missing in scoping.missing() {
        let text = match missing.parse().ok().and_then(|it| health::renamed(ground.objects, links, &it)) {
            Some(renamed) => {
                let text = format!("the scope names it, and it is {} now: correct the policy", renamed.to);
                sketch.report.renamed.push(renamed);
                text
            }
            None => "the scope names it, the directory does not have it: correct the policy, or let the account of \
                     samesign read it"
                .to_owned(),
        };
        sketch.finding(None, &missing, About::Scope, text);
    }
    for excluded in scoping.excluded_elsewhere() {
        let Some(renamed) = health::renamed(ground.objects, links, excluded) else { continue };
        let text = format!("the scope excludes it, and it is {} now: correct the policy", renamed.to);
        sketch.report.renamed.push(renamed);
        sketch.finding(None, &excluded.to_string(), About::Scope, text);
    }
    for entry in ground.objects.rejected() {
        if let Some(text) = sketch::rejection_sentence(entry.why) {
            sketch.finding(None, &entry.dn, About::Entry, text.to_owned());
        }
    }
}

impl<'a> Ground<'a> {
    fn new(inputs: &Inputs<'a>) -> Self {
        let Inputs { directory, tenant, links, policy, as_of } = *inputs;
        let objects = directory.objects();
        let source = policy.users.as_ref().map_or(AnchorSource::Auto, |it| it.anchor);
        Self {
            objects,
            tenant,
            links,
            policy,
            as_of,
            whole: directory.whole().is_some(),
            index: Index::new(tenant, links, objects, source),
            domains: Domains::of(tenant, policy.channel),
            recorded: OnceCell::new(),
            mastered_elsewhere: tenant
                .objects()
                .filter(|it| correlate::is_mastered_elsewhere(policy.channel, it.origin()))
                .map(|it| it.id())
                .collect(),
            named: RefCell::default(),
            edits: Edits::of(policy, links),
        }
    }

    /// Notes what is to be recorded of a joined object, if it is not on record.
    fn note(
        &self,
        sketch: &mut Sketch,
        (anchor, id): (Anchor, Option<CloudId>),
        dn: &Dn,
        wanted: Option<Fingerprint>,
    ) {
        let link = self.index.link(anchor);
        if link.is_none_or(|it| Some(it.cloud) != id) {
            sketch.mind();
        }
        if link.is_none_or(|it| it.dn.as_ref().map(Dn::as_str) != Some(dn.as_str())) {
            sketch.mind();
            sketch.report.named.push((anchor, dn.as_str().into()));
        }
        if link.is_none_or(|it| it.settled != wanted) {
            sketch.mind();
            sketch.report.wanted.extend(wanted.map(|it| (anchor, it)));
        }
    }

    /// The anchor of an object of the directory.
    fn anchor(&self, at: ObjectIndex) -> Option<Anchor> {
        let source = self.policy.users.as_ref().map_or(AnchorSource::Auto, |it| it.anchor);
        correlate::anchor_of(self.objects.get(at), source)
    }

    /// Why values of a joined object differ: another flow, another value in the directory, or a change of the
    /// tenant itself.
    fn why_different(
        &self,
        (kind, anchor): (ObjectKind, Anchor),
        changes: &[AttributeChange],
        wanted: Option<Fingerprint>,
    ) -> Because {
        if let Some(edit) = self.edits.of_flows(kind, changes) {
            return Because::FlowChanged(edit);
        }
        if self.had(anchor, wanted) { Because::DriftedInTenant } else { Because::AttributeDiffers }
    }

    /// Whether the tenant had what is wanted of an object when that was last recorded.
    fn had(&self, anchor: Anchor, wanted: Option<Fingerprint>) -> bool {
        let settled = self.index.link(anchor).and_then(|it| it.settled);
        settled.is_some() && settled == wanted
    }

    /// The anchor under which our records know an object of the tenant.
    fn recorded_anchor(&self, id: CloudId) -> Option<Anchor> {
        let recorded = || self.links.by_anchor.iter().map(|(anchor, link)| (link.cloud, *anchor)).collect();
        self.recorded.get_or_init(recorded).get(&id).copied()
    }

    /// Whether an object of the tenant comes from this directory.
    fn is_ours(&self, id: CloudId) -> bool {
        let anchor = self.tenant.user(id).and_then(|it| it.anchor).or_else(|| self.recorded_anchor(id));
        anchor.is_some_and(|it| self.index.in_directory(it).is_some() || self.index.is_linked(it, id))
    }

    /// Whether somebody can be named as a manager: the protocol of Entra Connect knows only those by name whose master
    /// it is.
    fn can_refer_to(&self, subject: Subject) -> bool {
        match (self.policy.channel, subject) {
            (Channel::Graph, _) | (Channel::DirectorySync, Subject::Created(_)) => true,
            (Channel::DirectorySync, Subject::Known(id)) => !self.is_mastered_elsewhere(id),
        }
    }

    /// Whether somebody else is master of an object of the tenant, so that this channel cannot write it.
    fn is_mastered_elsewhere(&self, id: CloudId) -> bool {
        self.mastered_elsewhere.contains(&id)
    }

    /// The object that an attribute of another one names.
    fn named(&self, name: &'a str) -> Option<ObjectIndex> {
        let find = || self.objects.find_dn(&name.parse().ok()?);
        *self.named.borrow_mut().entry(name).or_insert_with(find)
    }

    /// Whether an object of this origin cannot be written, since somebody else is its master.
    fn is_mastered_by_other(&self, origin: Origin) -> bool {
        correlate::is_mastered_elsewhere(self.policy.channel, origin)
    }

    /// Whether values are sent that the tenant does not show.
    fn sends_hidden_values(&self) -> bool {
        self.policy.channel == Channel::DirectorySync
    }

    /// Says that somebody else is master of an object in scope.
    fn note_other_master(&self, sketch: &mut Sketch, kind: ObjectKind, name: &str) {
        let text = match self.policy.channel {
            Channel::Graph => {
                format!("Entra Connect is master of this {kind}: Microsoft Graph refuses to change it")
            }
            Channel::DirectorySync => format!(
                "the cloud is master of this {kind}, and the protocol of Entra Connect takes over no {kind}s: \
                 delete it in the tenant, and it is made anew"
            ),
        };
        sketch.finding(kind, name, About::MasteredElsewhere, text);
        sketch.report.left_alone.mastered_elsewhere += 1;
    }

    /// Says that two objects of the directory have one anchor.
    fn note_twins(&self, sketch: &mut Sketch, kind: ObjectKind, (at, twin): (ObjectIndex, ObjectIndex)) {
        let object = self.objects.get(at);
        let anchor = object.guid_anchor();
        let text =
            format!("shares its anchor {anchor} with {}: neither is planned", self.objects.get(twin).dn);
        sketch.finding(kind, object.dn.as_str(), About::Anchor, text);
    }

    /// The anchor of an object of the tenant that was ours and is no longer in a whole reading of the directory.
    fn left_directory(&self, id: CloudId) -> Option<Anchor> {
        let anchor = self.recorded_anchor(id).filter(|_| self.whole)?;
        self.index.in_directory(anchor).is_none().then_some(anchor)
    }

    /// A reference to an object of the tenant.
    fn reference(&self, id: CloudId) -> ObjectRef {
        let name = self.tenant.object(id).map_or_else(|| id.to_string().into(), |it| Arc::from(it.name()));
        ObjectRef { subject: Subject::Known(id), name }
    }

    /// Who else has or wants a name, and what to do about it.
    fn rival(&self, property: Property, anchor: Anchor, verdict: &Verdict) -> String {
        match verdict {
            Verdict::Free(_) | Verdict::FreeOnReturn => String::new(),
            Verdict::AlsoWanted(at) => {
                format!("{property} is also claimed by {}: change one of them in the directory", self.dn(*at))
            }
            Verdict::Circle(id) => format!(
                "{property} belongs to {}, who waits for this name in turn: give one of them another name first",
                self.owner(*id)
            ),
            Verdict::Taken(id) if let Some(before) = self.left_directory(*id) => format!(
                "{property} belongs to {}, whose account in AD is gone: if this is the same person, made again, set \
                 mS-DS-ConsistencyGuid of the new account to {}, else wait until the old user is deleted or give \
                 one of them another name",
                self.owner(*id),
                before.guid()
            ),
            Verdict::Taken(id) if self.is_ours(*id) => format!("{property} belongs to {}", self.owner(*id)),
            Verdict::Taken(id) => match self.tenant.object(*id).map(|it| it.kind()) {
                Some(ObjectKind::User) => format!(
                    "{property} belongs to the cloud-only user {}: if it is the same person, set that user's \
                     onPremisesImmutableId to {anchor}, else rename one of them",
                    self.owner(*id)
                ),
                Some(ObjectKind::Group | ObjectKind::Contact) | None => {
                    format!("{property} belongs to {} of the tenant: change one of them", self.owner(*id))
                }
            },
        }
    }

    /// Name and id of an object of the tenant.
    fn owner(&self, id: CloudId) -> String {
        self.tenant.object(id).map_or_else(|| id.to_string(), |it| format!("{} ({id})", it.name()))
    }

    fn dn(&self, at: ObjectIndex) -> &str {
        self.objects.get(at).dn.as_str()
    }
}
