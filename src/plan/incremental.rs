//! Planning what changed: the plan that planning everything would make, at less cost.
//!
//! Who has to be planned is found here: whoever changed on either side or on record, whoever these may count for, and
//! whoever there was something to do or to say about the last time. Everybody else stands as before, so the passes of a
//! whole plan leave them out, and come to the same. Where anything casts a doubt on that, everything is planned.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::memo::{Carried, Refers, Remains, Standing};
use super::person::expiry;
use super::scoping::Scoping;
use super::sketch::{Place, Sketch};
use super::{Ground, Inputs, Planned, decide, turns_at};
use crate::model::{
    Anchor, AttributeNames, CloudId, Digest, Dn, Fingerprint, FingerprintBuilder, Guid, Link, Links,
    ObjectIndex, Syntax, Touched, well_known,
};
use crate::policy::{Filter, FlowSource, Flows, Policy};

/// What is otherwise on both sides since the last plan. What is on record is compared.
#[derive(Clone, Debug)]
pub struct News {
    /// Objects of the directory: those that came, went, have other values, another name, or other members or groups.
    pub directory: Touched<Guid>,
    /// Objects of the tenant.
    pub tenant: Touched<CloudId>,
}

/// What a plan was made of, and how everybody stands with it.
#[derive(Debug)]
pub struct Memo {
    policy: Digest,
    as_of: Timestamp,
    turns_at: Timestamp,
    /// Bases of the scopes by their names.
    bases: Vec<Dn>,
    guids: Vec<Guid>,
    /// In which groups of the scopes each object is.
    memberships: Vec<u8>,
    /// A mark of each link.
    links: Vec<(Anchor, Fingerprint)>,
    carried: Carried,
    /// How many objects of the directory were planned.
    planned: usize,
}

impl Memo {
    /// The first time at which another plan may come of the same inputs, as [`turns_at`] finds it.
    pub const fn turns_at(&self) -> Timestamp {
        self.turns_at
    }

    /// How many objects of the directory had to be looked at for that plan.
    pub const fn planned(&self) -> usize {
        self.planned
    }
}

/// Plans as [`plan`](super::plan) does: what is known from the plan before and still holds is not planned again. What
/// nothing happens to is counted, and not listed.
///
/// The news have to be all that there are since that plan. The memo is for the next one; there is none if that has to
/// plan everything.
pub fn replan(memo: Option<Memo>, inputs: &Inputs<'_>, news: &News) -> (Planned, Option<Memo>) {
    let ground = Ground::new(inputs);
    let scoping = Scoping::new(inputs.policy, ground.objects);
    let made = Made { inputs, ground: &ground, scoping: &scoping, links: marks(inputs.links) };
    if let Some((carried, turns_at)) = memo.and_then(|it| made.carry(it, news)) {
        let (planned, remains) = decide(inputs, &ground, &scoping, made.sketch(carried));
        // Two for one: what was left out may count for what was planned.
        if let Some(remains) = remains {
            return (planned, Some(made.memo(remains, turns_at)));
        }
    }
    let (planned, remains) = decide(inputs, &ground, &scoping, made.sketch(Carried::default()));
    let memo = remains.filter(|_| ground.whole).map(|it| made.memo(it, turns_at(inputs)));
    (planned, memo)
}

/// What a plan is made of.
struct Made<'a> {
    inputs: &'a Inputs<'a>,
    ground: &'a Ground<'a>,
    scoping: &'a Scoping<'a>,
    links: Vec<(Anchor, Fingerprint)>,
}

/// Which objects of the directory have to be planned, by their places.
struct Flags<'a> {
    ground: &'a Ground<'a>,
    flags: Vec<bool>,
}

impl Flags<'_> {
    fn set(&mut self, at: ObjectIndex) {
        self.flags[at.position()] = true;
    }

    fn has(&self, at: ObjectIndex) -> bool {
        self.flags[at.position()]
    }

    fn set_bearers(&mut self, anchor: Anchor) {
        self.ground.index.bearers(anchor).for_each(|it| self.flags[it.position()] = true);
    }
}

impl Made<'_> {
    fn sketch(&self, carried: Carried) -> Sketch {
        Sketch::carrying(self.ground.objects.len(), carried)
    }

    fn memo(self, remains: Remains, turns_at: Timestamp) -> Memo {
        let objects = self.ground.objects;
        Memo {
            policy: self.inputs.policy.digest,
            as_of: self.inputs.as_of,
            turns_at,
            bases: self.scoping.bases(),
            guids: objects.iter().map(|it| it.1.guid).collect(),
            memberships: self.scoping.memberships(),
            links: self.links,
            planned: remains.planned(),
            carried: remains.carried(objects, self.ground.tenant),
        }
    }

    /// What stands as it did, and when that turns by itself; `None` if there is a doubt.
    fn carry(&self, memo: Memo, news: &News) -> Option<(Carried, Timestamp)> {
        let News { directory: Touched::Only(directory), tenant: Touched::Only(tenant) } = news else {
            return None;
        };
        let Inputs { directory: _, tenant: _, links: _, policy, as_of } = *self.inputs;
        let holds = self.ground.whole
            && memo.policy == policy.digest
            && (memo.as_of..memo.turns_at).contains(&as_of)
            && memo.bases == self.scoping.bases()
            && (directory.is_empty() || !follows_links(policy, self.ground.objects.names()));
        if !holds {
            return None;
        }
        let Memo { policy: _, as_of: _, turns_at, bases: _, guids, memberships, links, carried, planned: _ } =
            memo;
        let mut flags = Flags { ground: self.ground, flags: vec![false; self.ground.objects.len()] };
        self.flag_directory(directory, &mut flags);
        self.flag_tenant(tenant, &mut flags);
        self.flag_links(&links, &mut flags);
        let mut carried = self.moved_up((guids, memberships), carried, &mut flags);
        open(&mut carried, (directory, tenant), flags);
        let new = directory.iter().filter_map(|it| self.ground.objects.find_guid(*it));
        let expiries = new.filter_map(|it| expiry(self.ground.objects.get(it))).filter(|it| as_of < *it);
        Some((carried, expiries.chain([turns_at]).min().unwrap_or(turns_at)))
    }

    /// Flags objects of the directory that changed, and whoever has an anchor of theirs.
    fn flag_directory(&self, touched: &BTreeSet<Guid>, flags: &mut Flags<'_>) {
        for at in touched.iter().filter_map(|it| self.ground.objects.find_guid(*it)) {
            flags.set(at);
            self.ground.anchor(at).into_iter().for_each(|it| flags.set_bearers(it));
        }
    }

    /// Flags whoever may be joined to an object of the tenant that changed. Who was joined to it is known by its id.
    fn flag_tenant(&self, touched: &BTreeSet<CloudId>, flags: &mut Flags<'_>) {
        for id in touched {
            if let Some(anchor) = self.ground.tenant.object(*id).and_then(|it| it.anchor()) {
                flags.set_bearers(anchor);
            }
        }
    }

    /// Flags whoever has another link than before.
    fn flag_links(&self, before: &[(Anchor, Fingerprint)], flags: &mut Flags<'_>) {
        let mut before = before.iter().peekable();
        for link in &self.links {
            while let Some((gone, _)) = before.next_if(|it| it.0 < link.0) {
                flags.set_bearers(*gone);
            }
            if before.next_if(|it| it.0 == link.0) != Some(link) {
                flags.set_bearers(link.0);
            }
        }
        before.for_each(|it| flags.set_bearers(it.0));
    }

    /// What was known, by the places that objects have now; flags whoever is in other groups of the scopes.
    fn moved_up(
        &self,
        (guids, memberships): (Vec<Guid>, Vec<u8>),
        carried: Carried,
        flags: &mut Flags<'_>,
    ) -> Carried {
        let now = self.scoping.memberships();
        let mut places: Vec<Option<ObjectIndex>> = Vec::with_capacity(guids.len());
        let mut before = guids.into_iter().zip(carried.standings).peekable();
        let mut standings: Vec<Standing> = Vec::with_capacity(self.ground.objects.len());
        for (at, object) in self.ground.objects.iter() {
            while before.next_if(|it| it.0 < object.guid).is_some() {
                places.push(None);
            }
            let known = before.next_if(|it| it.0 == object.guid);
            if known.is_some() {
                if memberships.get(places.len()) != now.get(at.position()) {
                    flags.set(at);
                }
                places.push(Some(at));
            }
            standings.push(known.map_or(Standing::Open(Place::Out), |it| it.1));
        }
        places.extend(before.map(|_| None));
        let place = |it: ObjectIndex| places[it.position()];
        for standing in &mut standings {
            if let Standing::Same(same) = standing
                && let Refers::To(to) = same.refers
            {
                // Whoever referred to somebody who is gone refers to a name now, if to anything.
                same.refers = place(to).map_or(Refers::ToAName, Refers::To);
            }
        }
        Carried { standings }
    }
}

/// Opens whoever is flagged, is joined to an object of the tenant that changed, or refers to one of these.
fn open(
    carried: &mut Carried,
    (directory, tenant): (&BTreeSet<Guid>, &BTreeSet<CloudId>),
    mut flags: Flags<'_>,
) {
    for (flag, standing) in flags.flags.iter_mut().zip(&carried.standings) {
        *flag |= matches!(standing, Standing::Same(same) if tenant.contains(&same.id));
    }
    let names_may_differ = !directory.is_empty();
    for (flag, standing) in flags.flags.iter().zip(&mut carried.standings) {
        let refers = match standing {
            Standing::Same(same) => match same.refers {
                Refers::ToNobody => false,
                Refers::ToAName => names_may_differ,
                Refers::To(it) => flags.has(it),
            },
            Standing::Open(_) | Standing::Out(_) => false,
        };
        if *flag || refers {
            standing.open();
        }
    }
}

/// Whether what a policy decides about an object depends on others that it is linked with: on groups that it belongs to
/// over any number of steps, or on names that others have. (What the scopes' own `memberOf` come to is compared.)
fn follows_links(policy: &Policy, names: &AttributeNames) -> bool {
    let Policy { users, groups, contacts, passwords, .. } = policy;
    let scopes = users.iter().map(|it| &it.scope).chain(groups.iter().map(|it| &it.scope));
    let scopes = scopes.chain(contacts.iter().map(|it| &it.scope));
    let filters = scopes.flat_map(|it| it.filter.iter().chain(&it.exclude));
    let mut filters = filters.chain(passwords.iter().flat_map(|it| it.select.iter().chain(&it.exclude)));
    let is_link = |filter: &Filter| {
        let is_name = |it| Syntax::of(names.name(it)) == Syntax::Dn;
        filter
            .reads()
            .into_iter()
            .any(|it| [well_known::MEMBER, well_known::MEMBER_OF].contains(&it) || is_name(it))
    };
    let flows = users.iter().map(|it| &it.flows).chain(groups.iter().map(|it| &it.flows));
    let mut flows = flows.chain(contacts.iter().map(|it| &it.flows)).flat_map(Flows::iter);
    filters.any(is_link)
        || flows.any(|it| match &it.source {
            FlowSource::Expression(expression) => expression.reads().contains(&well_known::MEMBER_OF),
            FlowSource::None | FlowSource::Copy(_) | FlowSource::Builtin(_) => false,
        })
}

/// Marks of all links, in order of anchors.
fn marks(links: &Links) -> Vec<(Anchor, Fingerprint)> {
    links.by_anchor.iter().map(|(anchor, link)| (*anchor, mark(link))).collect()
}

/// A mark of all that planning asks of a link.
fn mark(link: &Link) -> Fingerprint {
    let Link { kind, cloud, blocked_since, dn, settled, exported, password } = link;
    let mut mark = FingerprintBuilder::default();
    mark.field(kind.word().as_bytes());
    mark.field(cloud.as_bytes());
    mark.word(u64::from(blocked_since.is_some()));
    mark.word(u64::from(dn.is_some()));
    mark.field(dn.as_ref().map_or("", Dn::as_str).as_bytes());
    mark.word(u64::from(settled.is_some()));
    mark.word(settled.map_or(0, Fingerprint::to_bits));
    mark.word(exported.as_ref().map_or(0, |it| 1 + it.0.len() as u64));
    for (property, sent) in exported.iter().flat_map(|it| &it.0) {
        mark.word(property.tag());
        mark.word(sent.to_bits());
    }
    mark.word(u64::from(password.is_some()));
    mark.field(&password.map_or(0, |it| it.last_set).to_be_bytes());
    mark.finish()
}
