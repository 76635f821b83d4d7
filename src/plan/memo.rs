//! How every object of the directory stood when a plan was made: what the next plan need not look at again.
//!
//! An object stands as before if the tenant had all that is wanted of it and there was nothing to say about it, or if it
//! was out of scope. Everything else is planned each time. Who has changed since is not known here.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::change::Subject;
use super::sketch::Place;
use crate::model::{CloudId, DirectoryObjects, ObjectIndex, ObjectKind, TenantSnapshot};

/// Whom an object refers to, such as its manager.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub(super) enum Refers {
    /// Nobody, or the policy does not ask.
    #[default]
    ToNobody,
    /// A name that no object has.
    ToAName,
    /// An object of the directory.
    To(ObjectIndex),
}

impl Refers {
    pub(super) fn of(to: Option<ObjectIndex>, names_somebody: bool) -> Self {
        match to {
            Some(at) => Self::To(at),
            None if names_somebody => Self::ToAName,
            None => Self::ToNobody,
        }
    }
}

/// What planning notes of an object.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Noted {
    /// Whether there was anything to do, to say or to record, or something that others decide.
    pub(super) is_minded: bool,
    /// The condition of the scope that it fails.
    pub(super) out: Option<&'static str>,
    pub(super) joined: Option<CloudId>,
    pub(super) refers: Refers,
    /// How many members its group has in the tenant.
    pub(super) memberships: usize,
}

/// How an object stands.
#[derive(Debug)]
pub(super) enum Standing {
    /// It is planned each time; where it was.
    Open(Place),
    /// Out of scope, by this condition.
    Out(&'static str),
    /// In the tenant, as it is wanted.
    Same(Same),
}

impl Standing {
    /// It is planned from now on.
    pub(super) fn open(&mut self) {
        match self {
            Self::Open(_) => (),
            Self::Out(_) => *self = Self::Open(Place::Out),
            Self::Same(same) => *self = Self::Open(Place::In(Subject::Known(same.id))),
        }
    }
}

/// An object that the tenant has as it is wanted.
#[derive(Debug)]
pub(super) struct Same {
    pub(super) kind: ObjectKind,
    pub(super) id: CloudId,
    pub(super) refers: Refers,
    pub(super) memberships: usize,
}

/// How all objects stand, by their places; empty if nothing is known.
#[derive(Debug, Default)]
pub(super) struct Carried {
    pub(super) standings: Vec<Standing>,
}

const UNKNOWN: Standing = Standing::Open(Place::Out);

impl Carried {
    pub(super) const fn is_empty(&self) -> bool {
        self.standings.is_empty()
    }

    pub(super) fn of(&self, at: ObjectIndex) -> &Standing {
        self.standings.get(at.position()).unwrap_or(&UNKNOWN)
    }

    /// Objects that are planned, and where they were.
    pub(super) fn open(&self, objects: &DirectoryObjects) -> impl Iterator<Item = (ObjectIndex, Place)> {
        let all = objects.iter().zip(&self.standings);
        all.filter_map(|((at, _), it)| match it {
            Standing::Open(place) => Some((at, *place)),
            Standing::Out(_) | Standing::Same(_) => None,
        })
    }

    /// Opens objects of one kind that refer to whoever moved, or have them for a member.
    pub(super) fn reopen(
        &mut self,
        objects: &DirectoryObjects,
        kind: ObjectKind,
        moved: &BTreeSet<ObjectIndex>,
    ) -> Vec<ObjectIndex> {
        if moved.is_empty() {
            return Vec::new();
        }
        let groups = moved.iter().filter(|_| kind == ObjectKind::Group);
        let groups: BTreeSet<ObjectIndex> =
            groups.flat_map(|it| objects.get(*it).member_of.iter().copied()).collect();
        let mut opened = Vec::new();
        for ((at, _), standing) in objects.iter().zip(&mut self.standings) {
            let Standing::Same(same) = standing else { continue };
            let counts_on =
                matches!(same.refers, Refers::To(it) if moved.contains(&it)) || groups.contains(&at);
            if same.kind == kind && counts_on {
                standing.open();
                opened.push(at);
            }
        }
        opened
    }
}

/// What a plan leaves behind.
pub(super) struct Remains {
    pub(super) carried: Carried,
    pub(super) places: Vec<Place>,
    pub(super) names: Vec<Arc<str>>,
    pub(super) noted: Vec<Noted>,
}

impl Remains {
    /// How many objects of the directory were planned.
    pub(super) fn planned(&self) -> usize {
        let is_open = |it: &&Standing| matches!(it, Standing::Open(_));
        self.places.len() - self.carried.standings.iter().filter(|it| !is_open(it)).count()
    }

    /// How everybody stands after the plan.
    pub(super) fn carried(self, objects: &DirectoryObjects, tenant: &TenantSnapshot) -> Carried {
        let Self { carried, places, names, noted } = self;
        let mut before = carried.standings.into_iter();
        let all = objects.iter().zip(places.into_iter().zip(names).zip(noted));
        let standings =
            all.map(|((_, object), ((place, name), noted))| match before.next().unwrap_or(UNKNOWN) {
                Standing::Out(word) => Standing::Out(word),
                Standing::Same(same) => Standing::Same(same),
                Standing::Open(_) => noted.standing(object.kind, (place, &name), tenant),
            });
        Carried { standings: standings.collect() }
    }
}

impl Noted {
    fn standing(self, kind: ObjectKind, (place, name): (Place, &str), tenant: &TenantSnapshot) -> Standing {
        let Self { is_minded, out, joined, refers, memberships } = self;
        if let Some(word) = out {
            return Standing::Out(word);
        }
        // The name of whoever stands as before is looked up in the tenant.
        let is_named_so = |id: CloudId| tenant.object(id).is_some_and(|it| it.name() == name);
        match (place, joined) {
            (Place::In(Subject::Known(id)), Some(joined))
                if id == joined && !is_minded && is_named_so(id) =>
            {
                Standing::Same(Same { kind, id, refers, memberships })
            }
            (Place::Out | Place::Stuck | Place::In(_), _) => Standing::Open(place),
        }
    }
}
