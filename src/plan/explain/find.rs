//! Finds the object that a person means, wherever it is.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{
    Anchor, CloudId, CloudObject, DirectoryObject, Dn, Facts as _, Guid, ObjectIndex, ObjectKind, Property,
    Rejection, well_known,
};

use super::{namesakes, standing};
use crate::plan::Ground;
use crate::plan::scoping::Scoping;

/// An object that somebody may mean.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Target {
    /// An object of the directory.
    Directory(ObjectIndex),
    /// An object of the tenant that is not joined to one of the directory.
    Tenant(CloudId),
    /// An object that only our records know.
    Record(Anchor),
    /// A container of the directory.
    Container(Guid),
    /// An entry of the directory that nobody keeps the same.
    LeftOut(LeftOut),
}

/// An entry of the directory that nobody keeps the same.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LeftOut {
    /// Its name.
    pub dn: String,
    /// Why.
    pub why: Rejection,
}

/// A container, and what lies below it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Containing {
    /// Its name.
    pub dn: String,
    /// Its `objectGUID`.
    pub guid: Guid,
    /// For each kind: objects below it, and how many of them are in scope.
    pub below: BTreeMap<ObjectKind, (usize, usize)>,
    /// Those out of scope, by the condition that they fail.
    pub out_of_scope: BTreeMap<&'static str, usize>,
}

/// How surely a word means an object; a surer meaning hides the others.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Sense {
    /// DN, GUID, anchor or id.
    Identity,
    /// User name or account name.
    Account,
    /// Mail address.
    Address,
    /// A name that many may bear.
    Name,
}

/// The targets of the surest sense in which a word means any, those of the directory before others.
pub(super) fn find(ground: &Ground<'_>, who: &str) -> Vec<Target> {
    let who = who.trim();
    let mut hits: Vec<(Sense, Target)> = Vec::new();
    by_identity(ground, who, &mut |it| hits.push((Sense::Identity, it)));
    if hits.is_empty() {
        by_name(ground, &Wanted::new(who), &mut |sense, it| hits.push((sense, it)));
    }
    let found: BTreeSet<(Sense, Target)> = hits.into_iter().collect();
    let Some(surest) = found.first().map(|it| it.0) else { return Vec::new() };
    let surest: Vec<Target> = found.into_iter().filter(|it| it.0 == surest).map(|it| it.1).collect();
    let of_directory = |it: &Target| matches!(it, Target::Directory(_));
    // Who has the same name in the tenant alone is said where the directory's object is explained.
    let only = surest.iter().any(of_directory);
    surest.into_iter().filter(|it| !only || of_directory(it)).collect()
}

/// The object of the directory that an object of the tenant is joined to, else itself.
fn of_cloud(ground: &Ground<'_>, object: CloudObject<'_>) -> Target {
    let joined = standing::anchor_of(ground, object).and_then(|anchor| {
        let at = ground.index.in_directory(anchor)?;
        let kind = ground.objects.get(at).kind;
        let (_, cloud) = standing::correlation(ground, (at, kind), Some(anchor));
        cloud.filter(|it| it.id() == object.id()).map(|_| at)
    });
    joined.map_or(Target::Tenant(object.id()), Target::Directory)
}

/// What our records know under an anchor: an object of the tenant, else the record alone.
fn of_record(ground: &Ground<'_>, anchor: Anchor) -> Option<Target> {
    let link = ground.links.by_anchor.get(&anchor)?;
    let cloud = ground.tenant.object(link.cloud);
    Some(cloud.map_or(Target::Record(anchor), |it| of_cloud(ground, it)))
}

fn by_identity(ground: &Ground<'_>, who: &str, note: &mut dyn FnMut(Target)) {
    if let Ok(dn) = who.parse::<Dn>()
        && who.contains('=')
    {
        by_dn(ground, &dn, note);
    }
    if let Ok(guid) = who.parse::<Guid>() {
        ground.objects.find_guid(guid).into_iter().for_each(|it| note(Target::Directory(it)));
        ground.objects.container(guid).into_iter().for_each(|_| note(Target::Container(guid)));
        by_anchor(ground, Anchor::from_guid(guid), note);
    }
    if let Ok(id) = who.parse::<CloudId>() {
        ground.tenant.object(id).into_iter().for_each(|it| note(of_cloud(ground, it)));
    }
    if let Ok(anchor) = who.parse::<Anchor>() {
        by_anchor(ground, anchor, note);
    }
}

fn by_anchor(ground: &Ground<'_>, anchor: Anchor, note: &mut dyn FnMut(Target)) {
    if let Some(at) = ground.index.in_directory(anchor) {
        return note(Target::Directory(at));
    }
    let users = ground.tenant.users().iter().filter(|it| it.anchor == Some(anchor)).map(CloudObject::User);
    let groups = ground.tenant.groups().iter().filter(|it| it.anchor == Some(anchor)).map(CloudObject::Group);
    users.chain(groups).for_each(|it| note(of_cloud(ground, it)));
    of_record(ground, anchor).into_iter().for_each(note);
}

fn by_dn(ground: &Ground<'_>, dn: &Dn, note: &mut dyn FnMut(Target)) {
    if let Some(at) = ground.objects.find_dn(dn) {
        return note(Target::Directory(at));
    }
    if let Some(guid) = ground.objects.container_guid(dn) {
        return note(Target::Container(guid));
    }
    for entry in ground.objects.rejected().iter().filter(|it| it.dn.parse().is_ok_and(|it: Dn| it == *dn)) {
        note(Target::LeftOut(LeftOut { dn: entry.dn.to_string(), why: entry.why }));
    }
    let recorded = ground.links.by_anchor.iter().filter(|(_, link)| link.dn.as_ref() == Some(dn));
    recorded.filter_map(|(anchor, _)| of_record(ground, *anchor)).for_each(note);
}

/// A word, ready to be compared.
struct Wanted {
    /// As a name.
    name: String,
    /// As an account name: without `DOMAIN\`.
    account: String,
    /// As an address: without `smtp:`.
    address: String,
}

impl Wanted {
    fn new(who: &str) -> Self {
        let name = who.to_lowercase();
        let account = name.rsplit('\\').next().unwrap_or(&name).to_owned();
        let address = name.strip_prefix("smtp:").unwrap_or(&name).to_owned();
        Self { name, account, address }
    }

    /// Leaves of distinguished names, which may have been escaped.
    fn is_leaf(&self, dn: &Dn) -> bool {
        dn.leaf().to_lowercase() == self.name
    }

    fn is_any(&self, mut names: impl Iterator<Item = String>) -> bool {
        names.any(|it| it == self.address)
    }
}

fn by_name(ground: &Ground<'_>, wanted: &Wanted, note: &mut dyn FnMut(Sense, Target)) {
    for (at, object) in ground.objects.iter() {
        if let Some(sense) = sense_of_entry(ground, wanted, at, object) {
            note(sense, Target::Directory(at));
        }
    }
    let users = ground.tenant.users().iter().map(CloudObject::User);
    for object in users.chain(ground.tenant.groups().iter().map(CloudObject::Group)) {
        if let Some(sense) = sense_of_cloud(wanted, object) {
            note(sense, of_cloud(ground, object));
        }
    }
    let leaving = ground.links.by_anchor.iter().filter(|(anchor, link)| {
        ground.index.in_directory(**anchor).is_none() && link.dn.as_ref().is_some_and(|it| wanted.is_leaf(it))
    });
    leaving.filter_map(|it| of_record(ground, *it.0)).for_each(|it| note(Sense::Name, it));
    for (guid, _) in ground.objects.containers().filter(|it| wanted.is_leaf(it.1)) {
        note(Sense::Name, Target::Container(guid));
    }
    for entry in ground.objects.rejected() {
        if entry.dn.parse().is_ok_and(|it: Dn| wanted.is_leaf(&it)) {
            note(Sense::Name, Target::LeftOut(LeftOut { dn: entry.dn.to_string(), why: entry.why }));
        }
    }
}

fn sense_of_entry(
    ground: &Ground<'_>,
    wanted: &Wanted,
    at: ObjectIndex,
    object: &DirectoryObject,
) -> Option<Sense> {
    let view = ground.objects.view(at);
    let is = |id, name: &str| view.values(id).any(|it| String::from_utf8_lossy(it).to_lowercase() == name);
    match () {
        () if is(well_known::USER_PRINCIPAL_NAME, &wanted.name) => Some(Sense::Account),
        () if is(well_known::SAM_ACCOUNT_NAME, &wanted.account) => Some(Sense::Account),
        () if wanted.is_any(namesakes::of_directory(object)) => Some(Sense::Address),
        () if [well_known::CN, well_known::DISPLAY_NAME, well_known::MAIL_NICKNAME]
            .iter()
            .any(|it| is(*it, &wanted.name)) =>
        {
            Some(Sense::Name)
        }
        () => None,
    }
}

fn sense_of_cloud(wanted: &Wanted, object: CloudObject<'_>) -> Option<Sense> {
    let attributes = object.attributes();
    let is = |it: Property| attributes.text(it.id()).is_some_and(|it| it.to_lowercase() == wanted.name);
    match () {
        () if standing::name_of(object).to_lowercase() == wanted.name => Some(Sense::Account),
        () if wanted.is_any(namesakes::of_tenant(object)) => Some(Sense::Address),
        () if is(Property::DisplayName) || is(Property::MailNickname) => Some(Sense::Name),
        () => None,
    }
}

/// The name that people know an object of the directory by.
pub(super) fn name_of(object: &DirectoryObject) -> String {
    let text = |id| object.attributes.text(id);
    let name = match object.kind {
        ObjectKind::User => {
            text(well_known::USER_PRINCIPAL_NAME).or_else(|| text(well_known::SAM_ACCOUNT_NAME))
        }
        ObjectKind::Group | ObjectKind::Contact => {
            text(well_known::DISPLAY_NAME).or_else(|| text(well_known::CN))
        }
    };
    name.map_or_else(|| object.dn.leaf(), str::to_owned)
}

/// What lies below a container.
pub(super) fn containing(ground: &Ground<'_>, scoping: &Scoping<'_>, guid: Guid) -> Containing {
    let base = ground.objects.container(guid);
    let mut below: BTreeMap<ObjectKind, (usize, usize)> = BTreeMap::new();
    let mut out_of_scope: BTreeMap<&'static str, usize> = BTreeMap::new();
    for (at, object) in ground.objects.iter().filter(|it| base.is_some_and(|base| it.1.dn.is_within(base))) {
        let counts = below.entry(object.kind).or_default();
        counts.0 += 1;
        match scoping.decide(at) {
            Ok(()) => counts.1 += 1,
            Err(why) => *out_of_scope.entry(why.word()).or_default() += 1,
        }
    }
    Containing { dn: base.map_or_else(String::new, ToString::to_string), guid, below, out_of_scope }
}
