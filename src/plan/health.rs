//! Whether a reading of the directory can be trusted for what is missing from it.
//!
//! A domain controller that answers less than it has looks like many people who left at once. What is compared
//! is the last reading that nobody had to worry about. Nothing is held here; guards do that.

use std::collections::BTreeMap;
use std::fmt;

use crate::model::{
    DirectoryObjects, DirectorySnapshot, Dn, Guid, Links, ObjectKind, Reading, Stock, Watermark, well_known,
};
use crate::policy::{Base, Policy};

use super::report::Renamed;

/// What makes a reading doubtful.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Symptom {
    /// It broke off.
    Broken {
        /// Objects that came before.
        objects: usize,
        /// Why, in words.
        cause: String,
    },
    /// The directory is another domain than at the last good reading.
    OtherDomain {
        /// `objectGUID` of the domain then.
        before: Guid,
        /// And now.
        now: Guid,
    },
    /// The database of a domain controller is older than it was: restored from a copy of its disk, perhaps.
    OlderDatabase {
        /// The server.
        server: String,
        /// Its highest change number then.
        before: u64,
        /// And now.
        now: u64,
    },
    /// Far fewer objects of a kind than at the last good reading.
    Fewer {
        /// Kind.
        kind: ObjectKind,
        /// How many then.
        before: usize,
        /// How many now.
        now: usize,
    },
    /// No object of a kind has a value of an attribute that many had.
    Vanished {
        /// Kind.
        kind: ObjectKind,
        /// The attribute.
        attribute: String,
        /// How many objects had one.
        before: usize,
    },
    /// An object is not there that every good reading has.
    CanaryMissing(String),
}

/// An attribute that fewer objects had can well be cleared on purpose.
const VANISHED_FLOOR: usize = 5;

impl Symptom {
    /// Whether values may be wrong, and not only missing: a name is made from others when the first choice cannot
    /// be read, and an account that expired looks like one that never does.
    pub(super) const fn spoils_values(&self) -> bool {
        matches!(self, Self::Vanished { .. })
    }

    /// Whether objects may be others than those of the tenant, however much they look like them.
    pub(super) const fn spoils_identity(&self) -> bool {
        matches!(self, Self::OtherDomain { .. })
    }

    /// The kind of object that it is about, if it is not the whole reading.
    pub(super) const fn kind(&self) -> Option<ObjectKind> {
        match self {
            Self::Fewer { kind, .. } | Self::Vanished { kind, .. } => Some(*kind),
            Self::Broken { .. }
            | Self::OtherDomain { .. }
            | Self::OlderDatabase { .. }
            | Self::CanaryMissing(_) => None,
        }
    }

    /// What to do about it.
    pub const fn advice(&self) -> &'static str {
        match self {
            Self::Broken { .. } => "updates go on, and the next whole reading decides about the rest",
            Self::OtherDomain { .. } => "correct `domain`, `servers` or `path` of the Directory",
            Self::OlderDatabase { .. } => {
                "look whether this domain controller was restored from a copy of its disk, and read from another \
                 one meanwhile"
            }
            Self::Fewer { .. } => {
                "look whether the account of samesign may still read all of them, or the export ended early"
            }
            Self::Vanished { .. } => "look whether the account of samesign may still read it",
            Self::CanaryMissing(_) => {
                "look whether the account of samesign may still read its container; if it was deleted or moved, \
                 correct `guards.directory.canaries`"
            }
        }
    }
}

impl fmt::Display for Symptom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Broken { objects, cause } => {
                let objects =
                    if *objects == 1 { "1 object".to_owned() } else { format!("{objects} objects") };
                write!(f, "the reading broke off after {objects}: {cause}")
            }
            Self::OtherDomain { before, now } => write!(
                f,
                "this is another domain: its objectGUID is {now}, it was {before} at the last good reading"
            ),
            Self::OlderDatabase { server, before, now } => write!(
                f,
                "the database of {server} is older than it was: its highest change number went back from \
                 {before} to {now}"
            ),
            Self::Fewer { kind, before, now: 0 } => {
                write!(f, "no {kind} was read, the last good reading had {before}")
            }
            Self::Fewer { kind, before, now } => {
                write!(f, "only {now} {kind}s were read, the last good reading had {before}")
            }
            Self::Vanished { kind, attribute, before } => {
                write!(f, "no {kind} has `{attribute}` any more, {before} had it at the last good reading")
            }
            Self::CanaryMissing(dn) => write!(f, "the canary {dn} was not read"),
        }
    }
}

/// What a reading came to, for the next one to be compared with; `None` if it broke off.
pub(super) fn stock(reading: &Reading, policy: &Policy, before: Option<&Stock>) -> Option<Stock> {
    let whole = reading.whole()?;
    let objects = whole.objects();
    let Watermark { server, invocation_id, highest_usn, domain } = whole.watermark();
    let mut databases = before.map_or_else(BTreeMap::new, |it| it.databases.clone());
    if let (Some(id), Some(usn)) = (invocation_id, highest_usn) {
        databases.insert(*id, *usn);
    }
    let mut stock = Stock {
        server: server.clone(),
        domain: *domain,
        landmarks: landmarks(objects, policy, before),
        databases,
        ..Stock::default()
    };
    let mut values: BTreeMap<ObjectKind, Vec<usize>> = BTreeMap::new();
    for (_, object) in objects.iter() {
        *stock.objects.entry(object.kind).or_default() += 1;
        let counts = values.entry(object.kind).or_default();
        for id in object.attributes.ids() {
            if counts.len() <= id.position() {
                counts.resize(id.position() + 1, 0);
            }
            counts[id.position()] += 1;
        }
    }
    for (kind, counts) in values {
        let named = objects.names().iter().zip(counts).filter(|(_, count)| 0 < *count);
        stock.values.extend(named.map(|((_, name), count)| ((kind, name.into()), count)));
    }
    Some(stock)
}

/// Names of the bases and groups that the policy names, and of those that it still misses.
fn landmarks(objects: &DirectoryObjects, policy: &Policy, before: Option<&Stock>) -> BTreeMap<Guid, Dn> {
    let named: Vec<&Dn> = named_places(policy).collect();
    let missed = before.into_iter().flat_map(|it| &it.landmarks).filter(|(_, dn)| named.contains(dn));
    let mut landmarks: BTreeMap<Guid, Dn> = missed.map(|(guid, dn)| (*guid, dn.clone())).collect();
    for dn in named {
        let group = || objects.find_dn(dn).map(|it| objects.get(it).guid);
        if let Some(guid) = objects.container_guid(dn).or_else(group) {
            landmarks.retain(|_, known| known != dn);
            landmarks.insert(guid, dn.clone());
        }
    }
    landmarks
}

/// The bases and groups that the scopes of a policy name.
fn named_places(policy: &Policy) -> impl Iterator<Item = &Dn> {
    let users = policy.users.iter().map(|it| &it.scope);
    let scopes = users.chain(policy.groups.iter().map(|it| &it.scope));
    scopes.flat_map(|scope| {
        let bases = scope.bases.iter().chain(&scope.exclude_bases).filter_map(|it| match it {
            Base::Dn(dn) => Some(dn),
            Base::Guid(_) => None,
        });
        bases.chain(&scope.member_of)
    })
}

/// What became of a base or group that is missing under its name: its name now, if it was only renamed.
pub(super) fn renamed(objects: &DirectoryObjects, links: &Links, missing: &Dn) -> Option<Renamed> {
    let landmarks = &links.stock.as_ref()?.landmarks;
    let (guid, _) = landmarks.iter().find(|it| it.1 == missing)?;
    let container = objects.container(*guid);
    let now = container.or_else(|| objects.find_guid(*guid).map(|it| &objects.get(it).dn))?;
    let (from, to) = (missing.to_string(), now.to_string());
    Some(Renamed { guid: *guid, is_container: container.is_some(), from, to })
}

/// A symptom, who answered, and what to do about it.
pub(super) fn sentence(symptom: &Symptom, stock: Option<&Stock>) -> String {
    let server = stock.map(|it| it.server.as_str()).filter(|it| !it.is_empty());
    let server = server.map_or_else(String::new, |it| format!(" (source: {it})"));
    format!("{symptom}{server}; {}", symptom.advice())
}

/// Everything that makes a reading doubtful.
pub(super) fn symptoms(
    reading: &Reading,
    stock: Option<&Stock>,
    policy: &Policy,
    links: &Links,
) -> Vec<Symptom> {
    let objects = reading.objects();
    let mut symptoms = Vec::new();
    if let Reading::Broken { objects, cause } = reading {
        symptoms.push(Symptom::Broken { objects: objects.len(), cause: cause.clone() });
    }
    if let (Some(before), Some(now)) = (&links.stock, stock) {
        compare(reading, before, now, policy, &mut symptoms);
    }
    let is_there = |it: &Dn| objects.find_dn(it).is_some() || objects.has_container(it);
    let canaries = policy.guards.directory.canaries.iter();
    symptoms.extend(canaries.filter(|it| !is_there(it)).map(|it| Symptom::CanaryMissing(it.to_string())));
    symptoms
}

fn compare(reading: &Reading, before: &Stock, now: &Stock, policy: &Policy, symptoms: &mut Vec<Symptom>) {
    if let (Some(before), Some(now)) = (before.domain, now.domain)
        && before != now
    {
        symptoms.push(Symptom::OtherDomain { before, now });
    }
    if let Some(Watermark { server, invocation_id: Some(id), highest_usn: Some(now), domain: _ }) =
        reading.whole().map(DirectorySnapshot::watermark)
        && let Some(before) = before.databases.get(id).copied()
        && *now < before
    {
        symptoms.push(Symptom::OlderDatabase { server: server.clone(), before, now: *now });
    }
    for (kind, before) in &before.objects {
        let now = now.objects.get(kind).copied().unwrap_or_default();
        if policy.guards.directory.is_loss(*before, now) {
            symptoms.push(Symptom::Fewer { kind: *kind, before: *before, now });
        }
    }
    let names = reading.objects().names();
    let gone = |kind: ObjectKind| {
        let of = |stock: &Stock| stock.objects.get(&kind).copied().unwrap_or_default();
        of(before).saturating_sub(of(now))
    };
    for ((kind, attribute), count) in &before.values {
        let is_gone = !now.values.contains_key(&(*kind, attribute.clone()));
        // A policy that no longer asks for it is no loss, and neither is a kind that is gone altogether.
        let is_asked_for = names.id(attribute).is_some() && now.objects.contains_key(kind);
        let is_one_of_ours = names.id(attribute) != Some(well_known::IS_DELETED);
        // Whoever is gone took their values with them.
        let stayed_without = count.saturating_sub(gone(*kind));
        if is_gone && is_asked_for && is_one_of_ours && VANISHED_FLOOR <= stayed_without {
            let (attribute, before) = (attribute.to_string(), *count);
            symptoms.push(Symptom::Vanished { kind: *kind, attribute, before });
        }
    }
}
