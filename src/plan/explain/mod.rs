//! One object, looked at with the eyes of the planner: where it is, what the policy makes of it, and what the
//! plan does with it now.
//!
//! Nothing is decided here: conditions are asked by `scoping`, values made by `project`, and what differs is what
//! the plan changes.

mod find;
mod input;
mod members;
mod namesakes;
mod near;
mod passwords;
mod properties;
mod scope;
mod standing;

pub use self::find::{Containing, LeftOut, Target};
pub use self::input::Input;
pub use self::members::{Absence, Absent, Members};
pub use self::namesakes::{Namesake, Side as NamesakeSide};
pub use self::passwords::{Passwords, UserPassword};
pub use self::properties::{ExplainedProperty, Fate};
pub use self::scope::Asked;
pub use self::standing::{DirectorySignIn, JoinedBy, Leaving, Match, SignInState, TenantSide};

use std::collections::BTreeSet;

use crate::model::{Anchor, CloudId, CloudObject, Guid, ObjectIndex, ObjectKind, PastChange};

use super::change::Subject;
use super::correlate;
use super::passwords::PasswordState;
use super::report::Finding;
use super::scoping::{OutOfScope, Scoping};
use super::sketch::Plan;
use super::{Ground, Inputs, Planned};

/// Where an object was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// In the directory.
    Directory {
        /// Its name there.
        dn: String,
        /// Its `objectGUID`.
        guid: Guid,
    },
    /// In the tenant only.
    Tenant,
    /// On record only: neither side has it any more.
    Records,
    /// It is a container of the directory.
    Container(Containing),
    /// It is an entry of the directory that nobody keeps the same.
    LeftOut(LeftOut),
}

/// Everything that a policy has to say about one object.
#[derive(Clone, Debug)]
pub struct Explanation {
    /// Name of the policy.
    pub policy: String,
    /// Kind; `None` for what is not kept the same, such as a container.
    pub kind: Option<ObjectKind>,
    /// The name that people know it by.
    pub name: String,
    /// Where it was found.
    pub place: Place,
    /// Name of the `Directory` manifest.
    pub directory: String,
    /// Server or file that answered; `None` if the reading broke off.
    pub server: Option<String>,
    /// Its anchor, if it has one of the wanted sort.
    pub anchor: Option<Anchor>,
    /// The conditions of the scope, in their order; empty for what the directory does not have.
    pub scope: Vec<Asked>,
    /// How both sides relate.
    pub found: Match,
    /// Its object in the tenant.
    pub tenant: Option<TenantSide>,
    /// Others that bear one of its names or addresses.
    pub namesakes: Vec<Namesake>,
    /// The properties, in the order of [`Property::ALL`](crate::model::Property::ALL).
    pub properties: Vec<ExplainedProperty>,
    /// Whether a user may sign in.
    pub sign_in: Option<SignInState>,
    /// The password of a user in scope; `None` if the policy sends none.
    pub password: Option<PasswordState>,
    /// What our records say of an object that left.
    pub leaving: Option<Leaving>,
    /// The members of a group.
    pub members: Option<Members>,
    /// Why the whole object is left alone, if it is.
    pub alone: Option<String>,
    /// What the plan does with it.
    pub changes: Plan,
    /// What there is to know about it.
    pub findings: Vec<Finding>,
    /// What the latest run that touched it did, with the number of that run; whoever has the records fills it in.
    pub last: Vec<(i64, PastChange)>,
}

impl Explanation {
    /// Whether it is in scope, or the first condition that it fails.
    pub fn in_scope(&self) -> Result<(), &OutOfScope> {
        self.scope.iter().find_map(|it| it.answer.as_ref().err()).map_or(Ok(()), Err)
    }
}

/// Both sides and the plan, ready for questions about single objects.
pub struct Explainer<'a> {
    ground: Ground<'a>,
    scoping: Scoping<'a>,
    planned: &'a Planned,
}

/// The two sides of one object.
#[derive(Clone, Copy)]
struct Sides<'a> {
    at: Option<ObjectIndex>,
    anchor: Option<Anchor>,
    cloud: Option<CloudObject<'a>>,
}

impl<'a> Explainer<'a> {
    /// Gets ready; the plan is that of the same inputs.
    pub fn new(inputs: &Inputs<'a>, planned: &'a Planned) -> Self {
        let ground = Ground::new(inputs);
        let scoping = Scoping::new(inputs.policy, ground.objects);
        Self { ground, scoping, planned }
    }

    /// What a person means by a word: one target, several if it is ambiguous, none if nobody is called so.
    pub fn find(&self, who: &str) -> Vec<Target> {
        find::find(&self.ground, who)
    }

    /// Names that look like a word, the nearest first.
    pub fn suggestions(&self, who: &str) -> Vec<String> {
        near::suggestions(&self.ground, who)
    }

    /// Explains one object.
    pub fn explain(&self, target: &Target) -> Explanation {
        match target {
            Target::Directory(at) => self.of_directory(*at),
            Target::Tenant(id) => self.of_tenant(*id),
            Target::Record(anchor) => self.of_record(*anchor),
            Target::Container(guid) => self.of_container(*guid),
            Target::LeftOut(entry) => {
                let name = entry.dn.clone();
                Explanation { name, place: Place::LeftOut(entry.clone()), ..self.blank() }
            }
        }
    }

    /// The part of the plan that is about some objects: its changes and findings.
    pub fn narrowed(&self, targets: &[Target]) -> (Plan, Vec<Finding>) {
        let explained: Vec<Explanation> = targets.iter().map(|it| self.explain(it)).collect();
        let digests: BTreeSet<_> =
            explained.iter().flat_map(|it| it.changes.changes()).map(super::Change::digest).collect();
        let mut findings: Vec<Finding> = explained.into_iter().flat_map(|it| it.findings).collect();
        findings.sort();
        findings.dedup();
        (self.planned.plan.narrowed(|it| digests.contains(&it.digest())), findings)
    }

    /// The name of an object of the tenant, if it has it.
    pub(super) fn name_in_tenant(&self, id: CloudId) -> Option<String> {
        self.ground.tenant.object(id).map(standing::name_of)
    }

    /// Whether the directory has an object with this anchor in scope; `None` if a part that was not read may have.
    pub(super) fn is_in_scope(&self, anchor: Anchor) -> Option<bool> {
        let Some(at) = self.ground.index.in_directory(anchor) else {
            return self.ground.whole.then_some(false);
        };
        Some(self.scoping.decide(at).is_ok())
    }

    fn blank(&self) -> Explanation {
        let header = &self.planned.header;
        Explanation {
            policy: header.policy.clone(),
            kind: None,
            name: String::new(),
            place: Place::Tenant,
            directory: header.directory.name.clone(),
            server: header.watermark.as_ref().map(|it| it.server.clone()),
            anchor: None,
            scope: Vec::new(),
            found: Match::Missing,
            tenant: None,
            namesakes: Vec::new(),
            properties: Vec::new(),
            sign_in: None,
            password: None,
            leaving: None,
            members: None,
            alone: None,
            changes: self.planned.plan.narrowed(|_| false),
            findings: Vec::new(),
            last: Vec::new(),
        }
    }

    fn of_directory(&self, at: ObjectIndex) -> Explanation {
        let object = self.ground.objects.get(at);
        let anchor = correlate::anchor_of(object, standing::anchor_source(self.ground.policy));
        let (found, cloud) = standing::correlation(&self.ground, (at, object.kind), anchor);
        let sides = Sides { at: Some(at), anchor, cloud };
        let mut explanation = self.about(sides, object.kind);
        explanation.place = Place::Directory { dn: object.dn.to_string(), guid: object.guid };
        explanation.scope = scope::trace(&self.scoping, self.ground.objects.view(at));
        explanation.found = found;
        explanation.members = members::members(self, at, cloud);
        explanation.sign_in = standing::sign_in_of(&self.ground, sides);
        if object.kind == ObjectKind::User && explanation.in_scope().is_ok() {
            explanation.password = self.ground.password_state(at, cloud.map(|it| it.id()));
        }
        explanation.alone = standing::alone(&self.ground, sides, &explanation.found);
        explanation.properties = properties::properties(self, sides, &explanation);
        explanation
    }

    fn of_tenant(&self, id: CloudId) -> Explanation {
        let Some(cloud) = self.ground.tenant.object(id) else { return self.blank() };
        let anchor = standing::anchor_of(&self.ground, cloud);
        let sides = Sides { at: None, anchor, cloud: Some(cloud) };
        let mut explanation = self.about(sides, cloud.kind());
        explanation.found = Match::NotInDirectory;
        explanation.sign_in = standing::sign_in_of(&self.ground, sides);
        explanation.alone = standing::alone(&self.ground, sides, &explanation.found);
        explanation
    }

    fn of_record(&self, anchor: Anchor) -> Explanation {
        let kind = self.ground.links.by_anchor.get(&anchor).map(|it| it.kind);
        let sides = Sides { at: None, anchor: Some(anchor), cloud: None };
        let mut explanation = self.about(sides, kind.unwrap_or(ObjectKind::User));
        let dn = explanation.leaving.as_ref().and_then(|it| it.last_dn.clone());
        explanation.name = dn.unwrap_or_else(|| anchor.to_string());
        explanation.place = Place::Records;
        explanation
    }

    fn of_container(&self, guid: Guid) -> Explanation {
        let containing = find::containing(&self.ground, &self.scoping, guid);
        let name = containing.dn.clone();
        let findings = self.findings(&BTreeSet::from([name.to_lowercase()]));
        Explanation { name, place: Place::Container(containing), findings, ..self.blank() }
    }

    /// What is the same for all kinds of objects.
    fn about(&self, sides: Sides<'a>, kind: ObjectKind) -> Explanation {
        let Sides { at, anchor, cloud } = sides;
        let is_it =
            |subject: Subject| matches!(subject, Subject::Known(id) if cloud.is_some_and(|it| it.id() == id));
        let changes = self
            .planned
            .plan
            .narrowed(|it| it.kind() == kind && (anchor == Some(it.anchor()) || is_it(it.subject())));
        let dn = at.map(|it| self.ground.dn(it).to_owned());
        let known_as =
            cloud.map(standing::name_of).or_else(|| changes.changes().first().map(|it| it.name().to_owned()));
        let name =
            known_as.or_else(|| at.map(|it| find::name_of(self.ground.objects.get(it)))).unwrap_or_default();
        let is_kept = changes.changes().iter().any(|it| it.is_removal() && it.held().is_some());
        let leaving = standing::leaving(self, sides, kind).map(|it| Leaving {
            // Nobody knows when it is released, if ever.
            delete_on: it.delete_on.filter(|_| !is_kept),
            ..it
        });
        let names = [dn, Some(name.clone())].into_iter().flatten().map(|it| it.to_lowercase());
        let findings = self.findings(&names.collect());
        Explanation {
            kind: Some(kind),
            name,
            anchor,
            tenant: cloud.map(|it| standing::tenant_side(&self.ground, it, anchor)),
            namesakes: namesakes::namesakes(&self.ground, sides),
            leaving,
            changes,
            findings: findings.into_iter().filter(|it| it.kind.is_none_or(|it| it == kind)).collect(),
            last: Vec::new(),
            ..self.blank()
        }
    }

    fn findings(&self, names: &BTreeSet<String>) -> Vec<Finding> {
        let all = self.planned.report.findings.iter();
        all.filter(|it| names.contains(&it.name.to_lowercase())).cloned().collect()
    }
}
