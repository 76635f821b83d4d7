//! What happens to one object between two versions of a policy.
//!
//! It does not know about guards, grace periods or who is on record: those decide when a plan is made.

use std::borrow::Cow;

use crate::model::{
    CloudId, CloudObject, DirectoryObjects, Dn, Form, Links, ObjectIndex, ObjectKind, Property,
    TenantSnapshot, well_known,
};
use crate::plan::correlate::{Correlation, Index, anchor_of, user_name};
use crate::plan::project::{Desired, Domains, NO_FLOW, ON_CREATION, desired};
use crate::plan::scoping::{OutOfScope, Scoping};
use crate::policy::{AnchorSource, Authority, Flow, Flows, Policy};

use super::Class;

/// What a version of a policy wants a property to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// These values; none takes them away.
    Values(Vec<String>),
    /// Whatever it is, and why.
    LeftAlone(String),
}

/// A property of which the versions do not want the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PropertyEffect {
    /// Which.
    pub property: Property,
    /// What the version before wants.
    pub before: Wanted,
    /// What the version after wants.
    pub after: Wanted,
    /// What the tenant has today; `None` if it has no such object.
    pub tenant: Option<Vec<String>>,
}

/// How an object goes in or out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Passage {
    /// In scope in both versions.
    Stays,
    /// Into scope; the condition that it failed before, if there was a policy.
    Enters(Option<OutOfScope>),
    /// Out of scope; the condition that it fails now, if there is a policy.
    Leaves(Option<OutOfScope>),
}

/// An object that something happens to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectEffect {
    /// Kind.
    pub kind: ObjectKind,
    /// The name that people know it by.
    pub name: String,
    /// Its name in the directory.
    pub dn: String,
    /// Its id in the tenant; `None` if the tenant does not have it.
    pub id: Option<CloudId>,
    /// Directory roles that it holds.
    pub roles: Vec<String>,
    /// Licences that it holds.
    pub licences: usize,
    /// In or out.
    pub passage: Passage,
    /// Properties that differ, in the order of [`Property::ALL`]; only of objects that stay.
    pub changes: Vec<PropertyEffect>,
}

impl ObjectEffect {
    /// Whether it belongs to a class.
    pub fn is_of(&self, class: Class) -> bool {
        let leaves = matches!(self.passage, Passage::Leaves(_));
        match class {
            Class::Admins => !self.roles.is_empty(),
            Class::Leaving => leaves,
            Class::Licences => leaves && self.licences != 0,
            Class::Entering => matches!(self.passage, Passage::Enters(_)),
            Class::UserNames | Class::Addresses | Class::Clears | Class::Attributes | Class::Released => {
                self.changes.iter().any(|it| it.class() == class)
            }
        }
    }
}

impl PropertyEffect {
    /// The class that it puts its object in.
    pub fn class(&self) -> Class {
        match (&self.after, self.property) {
            (Wanted::LeftAlone(_), _) => Class::Released,
            (Wanted::Values(_), Property::UserPrincipalName) => Class::UserNames,
            (Wanted::Values(_), Property::Mail) => Class::Addresses,
            (Wanted::Values(after), _) if after.is_empty() && self.has_value() => Class::Clears,
            (Wanted::Values(_), _) => Class::Attributes,
        }
    }

    /// Whether the tenant has a value that could be taken away.
    fn has_value(&self) -> bool {
        self.tenant.as_ref().is_some_and(|it| !it.is_empty())
    }

    /// Whether the tenant will be another one because of it.
    fn matters(&self) -> bool {
        let same = |one: &[String], other: &[String]| {
            one.len() == other.len()
                && one.iter().zip(other).all(|(one, other)| self.property.same(one, other))
        };
        match (&self.before, &self.after) {
            (Wanted::LeftAlone(_), Wanted::LeftAlone(_)) => false,
            (Wanted::Values(before), Wanted::Values(after)) => !same(before, after),
            (Wanted::LeftAlone(_), Wanted::Values(after)) => {
                !self.tenant.as_ref().is_some_and(|it| same(it, after))
            }
            (Wanted::Values(_), Wanted::LeftAlone(_)) => true,
        }
    }
}

/// One version made ready for look-ups.
struct Side<'a> {
    policy: &'a Policy,
    scoping: Scoping<'a>,
    index: Index<'a>,
    domains: Domains,
}

/// Both versions made ready for look-ups.
pub(super) struct Comparison<'a> {
    before: Option<Side<'a>>,
    after: Option<Side<'a>>,
    objects: &'a DirectoryObjects,
    tenant: &'a TenantSnapshot,
}

const fn anchor_source(policy: &Policy) -> AnchorSource {
    match &policy.users {
        Some(users) => users.anchor,
        None => AnchorSource::Auto,
    }
}

impl<'a> Side<'a> {
    fn new(
        policy: &'a Policy,
        objects: &'a DirectoryObjects,
        tenant: &'a TenantSnapshot,
        links: &'a Links,
    ) -> Self {
        let index = Index::new(tenant, links, objects, anchor_source(policy));
        let domains = Domains::of(tenant, policy.channel);
        Self { policy, scoping: Scoping::new(policy, objects), index, domains }
    }

    /// In scope, or the condition that is failed, a missing anchor included.
    fn decide(&self, objects: &DirectoryObjects, at: ObjectIndex) -> Result<(), OutOfScope> {
        self.scoping.decide(at)?;
        match anchor_of(objects.get(at), anchor_source(self.policy)) {
            Some(_) => Ok(()),
            None => Err(OutOfScope::NoAnchor),
        }
    }

    /// The object of the tenant, active or in the recycle bin.
    fn found(&self, objects: &DirectoryObjects, at: ObjectIndex) -> Option<CloudObject<'a>> {
        let object = objects.get(at);
        let anchor = anchor_of(object, anchor_source(self.policy))?;
        let found = match object.kind {
            ObjectKind::User => self.index.user(anchor, at).map(CloudObject::User),
            ObjectKind::Group => self.index.group(self.policy.channel, object, at).map(CloudObject::Group),
            ObjectKind::Contact => self.index.contact(object, at).map(CloudObject::Contact),
        };
        match found {
            Correlation::Joined(it) | Correlation::InRecycleBin(it) => Some(it),
            Correlation::DirectoryOnly | Correlation::Contested(_) => None,
        }
    }

    fn flows(&self, kind: ObjectKind) -> Option<&'a Flows> {
        match kind {
            ObjectKind::User => self.policy.users.as_ref().map(|it| &it.flows),
            ObjectKind::Group => self.policy.groups.as_ref().map(|it| &it.flows),
            ObjectKind::Contact => self.policy.contacts.as_ref().map(|it| &it.flows),
        }
    }
}

impl<'a> Comparison<'a> {
    pub(super) fn new(
        (before, after): (Option<&'a Policy>, Option<&'a Policy>),
        objects: &'a DirectoryObjects,
        tenant: &'a TenantSnapshot,
        links: &'a Links,
    ) -> Self {
        let side = |it: &'a Policy| Side::new(it, objects, tenant, links);
        Self { before: before.map(side), after: after.map(side), objects, tenant }
    }

    /// How many users in scope get another anchor.
    pub(super) fn other_anchors(&self) -> usize {
        let (Some(before), Some(after)) = (&self.before, &self.after) else { return 0 };
        let sources = (anchor_source(before.policy), anchor_source(after.policy));
        if sources.0 == sources.1 {
            return 0;
        }
        let differs = |at: ObjectIndex| {
            let object = self.objects.get(at);
            anchor_of(object, sources.0) != anchor_of(object, sources.1)
        };
        let users = self.objects.iter().filter(|(_, it)| it.kind == ObjectKind::User);
        users.filter(|(at, _)| before.decide(self.objects, *at).is_ok() && differs(*at)).count()
    }

    /// Every object that something happens to.
    pub(super) fn objects(&self) -> Vec<ObjectEffect> {
        self.objects.iter().filter_map(|(at, _)| self.object(at)).collect()
    }

    fn object(&self, at: ObjectIndex) -> Option<ObjectEffect> {
        let decide = |side: &Option<Side<'a>>| side.as_ref().map(|it| it.decide(self.objects, at));
        let passage = match (decide(&self.before), decide(&self.after)) {
            (Some(Ok(())), Some(Ok(()))) => Passage::Stays,
            (Some(Ok(())), Some(Err(why))) => Passage::Leaves(Some(why)),
            (Some(Ok(())), None) => Passage::Leaves(None),
            (Some(Err(why)), Some(Ok(()))) => Passage::Enters(Some(why)),
            (None, Some(Ok(()))) => Passage::Enters(None),
            (Some(Err(_)) | None, Some(Err(_)) | None) => return None,
        };
        let of = |side: &Option<Side<'a>>| side.as_ref().and_then(|it| it.found(self.objects, at));
        let found = match passage {
            Passage::Stays | Passage::Leaves(_) => of(&self.before).or_else(|| of(&self.after)),
            Passage::Enters(_) => of(&self.after),
        };
        let changes = match passage {
            Passage::Stays => self.changes(at, found),
            Passage::Enters(_) | Passage::Leaves(_) => Vec::new(),
        };
        if passage == Passage::Stays && changes.is_empty() {
            return None;
        }
        let object = self.objects.get(at);
        let (roles, licences) = match found {
            Some(CloudObject::User(user)) => (self.tenant.roles_of(user.id), user.licences.len()),
            Some(other @ (CloudObject::Group(_) | CloudObject::Contact(_))) => {
                (self.tenant.roles_of(other.id()), 0)
            }
            None => ([].as_slice(), 0),
        };
        Some(ObjectEffect {
            kind: object.kind,
            name: self.name(at, found),
            dn: object.dn.to_string(),
            id: found.map(|it| it.id()),
            roles: roles.iter().map(ToString::to_string).collect(),
            licences,
            passage,
            changes,
        })
    }

    /// As the tenant calls it, else as the directory does.
    fn name(&self, at: ObjectIndex, found: Option<CloudObject<'_>>) -> String {
        let object = self.objects.get(at);
        match (found, object.kind) {
            (Some(CloudObject::User(user)), _) => user_name(user).to_owned(),
            (Some(other @ (CloudObject::Group(_) | CloudObject::Contact(_))), _) => other.name().to_owned(),
            (None, ObjectKind::User) => object
                .attributes
                .text(well_known::USER_PRINCIPAL_NAME)
                .map_or_else(|| object.dn.leaf(), str::to_owned),
            (None, ObjectKind::Group | ObjectKind::Contact) => object.dn.leaf(),
        }
    }

    fn changes(&self, at: ObjectIndex, found: Option<CloudObject<'_>>) -> Vec<PropertyEffect> {
        let kind = self.objects.get(at).kind;
        let (Some(one), Some(other)) = (&self.before, &self.after) else { return Vec::new() };
        let (Some(before), Some(after)) = (one.flows(kind), other.flows(kind)) else {
            return Vec::new();
        };
        let written = |it: &&Property| before.to(**it).is_some() || after.to(**it).is_some();
        let effects = Property::ALL.iter().filter(written).map(|property| PropertyEffect {
            property: *property,
            before: self.wanted((before.to(*property), &one.domains), at, found.is_some()),
            after: self.wanted((after.to(*property), &other.domains), at, found.is_some()),
            tenant: found.map(|it| current(self.tenant, it, *property)),
        });
        effects.filter(PropertyEffect::matters).collect()
    }

    fn wanted(&self, (flow, domains): (Option<&'a Flow>, &Domains), at: ObjectIndex, exists: bool) -> Wanted {
        let Some(flow) = flow else { return Wanted::LeftAlone(NO_FLOW.to_owned()) };
        if flow.authority == Authority::InitialOnly && exists {
            return Wanted::LeftAlone(ON_CREATION.to_owned());
        }
        let view = self.objects.view(at);
        if flow.to.form() == Form::Reference && flow.authority != Authority::Tenant {
            let manager = view.object().attributes.text(well_known::MANAGER);
            return Wanted::Values(manager.map(|it| self.manager(it)).into_iter().collect());
        }
        match desired(flow, view, domains) {
            Desired::Text(text) => Wanted::Values(vec![text.into_owned()]),
            Desired::Set(values) => Wanted::Values(values.into_iter().map(Cow::into_owned).collect()),
            Desired::Nothing => Wanted::Values(Vec::new()),
            Desired::LeftAlone(why) => Wanted::LeftAlone(why.to_string()),
        }
    }

    /// A manager as the tenant calls them, so that both sides can be compared.
    fn manager(&self, dn: &str) -> String {
        let Ok(parsed) = dn.parse::<Dn>() else { return dn.to_owned() };
        let Some(at) = self.objects.find_dn(&parsed) else { return parsed.leaf() };
        let found = self.after.as_ref().and_then(|it| it.found(self.objects, at));
        self.name(at, found)
    }
}

/// What the tenant has, sorted.
fn current(tenant: &TenantSnapshot, object: CloudObject<'_>, property: Property) -> Vec<String> {
    if property.form() == Form::Reference {
        let name =
            |id: CloudId| tenant.user(id).map_or_else(|| id.to_string(), |it| user_name(it).to_owned());
        return object.manager().map(name).into_iter().collect();
    }
    let mut values: Vec<String> = object
        .attributes()
        .values(property.id())
        .map(|it| String::from_utf8_lossy(it).into_owned())
        .collect();
    values.sort();
    values
}
