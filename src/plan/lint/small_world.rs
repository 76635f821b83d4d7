//! A world in which a plan has one change of each sort, and a way to spoil that plan.
//!
//! It does not know what a fault is.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::model::{
    Anchor, AttributeNamesBuilder, AttributesBuilder, CloudGroup, CloudId, CloudUser, Digest, DirectoryEntry,
    Domain, Guid, Link, Links, ObjectKind, PartialDirectory, Property, Provenance, Reading, Roles,
    TenantIdentity, TenantReading, TenantSnapshot, Watermark, well_known,
};
use crate::plan::change::Change;
use crate::plan::{Inputs, Planned, plan};
use crate::policy::{
    AnchorSource, Authority, Base, Builtin, Channel, Flow, FlowOrigin, FlowSource, Flows, GroupPolicy,
    Guards, Lifecycle, Missing, Mode, Policy, Removal, Scope, UserPolicy,
};

use super::{Fault, lint, lint_saved};

/// Numbers of the people and groups, in both sides.
pub(super) const ADA: u8 = 1;
const BOB: u8 = 2;
pub(super) const CLEO: u8 = 3;
pub(super) const DAN: u8 = 4;
pub(super) const EVE: u8 = 5;
const FAY: u8 = 6;
pub(super) const BOSS: u8 = 7;
const GUS: u8 = 8;
pub(super) const KIM: u8 = 9;
pub(super) const STAFF: u8 = 20;
const CREW: u8 = 21;
const OLD: u8 = 22;

/// What a plan was made from, open to be spoilt.
pub(super) struct World {
    pub(super) entries: Vec<DirectoryEntry>,
    pub(super) is_whole: bool,
    pub(super) users: Vec<CloudUser>,
    pub(super) groups: Vec<CloudGroup>,
    pub(super) roles: Roles,
    pub(super) links: Links,
    pub(super) policy: Policy,
}

pub(super) fn anchor(number: u8) -> Anchor {
    Anchor::from_guid(Guid::from_bytes([number; 16]))
}

pub(super) fn cloud(number: u8) -> CloudId {
    CloudId::from_uuid(uuid::Uuid::from_bytes([number; 16]))
}

/// The faults of the good plan of the world after both are altered, one on a line.
pub(super) fn faults(alter: impl FnOnce(&mut World, &mut Planned)) -> String {
    show(alter, lint)
}

/// The same for what is left of a saved plan.
pub(super) fn faults_of_saved(alter: impl FnOnce(&mut World, &mut Planned)) -> String {
    show(alter, lint_saved)
}

fn show(
    alter: impl FnOnce(&mut World, &mut Planned),
    judge: impl Fn(&Planned, &Inputs<'_>) -> Vec<Fault>,
) -> String {
    let mut world = World::new();
    let mut planned = world.with_inputs(plan);
    alter(&mut world, &mut planned);
    let faults = world.with_inputs(|inputs| judge(&planned, inputs));
    let lines: Vec<String> = faults.iter().map(|it| format!("{it}\n")).collect();
    lines.concat()
}

/// The place of a change by its operation and a part of its name.
pub(super) fn place(changes: &[Change], op: &str, name: &str) -> usize {
    let is_it = |it: &Change| it.op.word() == op && it.name.contains(name);
    changes.iter().position(is_it).expect("the plan has it")
}

/// Alters the changes of a plan, which stay in the order that they are left in.
pub(super) fn alter(planned: &mut Planned, by: impl FnOnce(&mut Vec<Change>)) {
    let mut changes = planned.plan.changes().to_vec();
    by(&mut changes);
    planned.plan = planned.plan.with_changes(changes);
}

/// Alters one change of a plan.
pub(super) fn alter_one(planned: &mut Planned, (op, name): (&str, &str), by: impl FnOnce(&mut Change)) {
    alter(planned, |changes| {
        let at = place(changes, op, name);
        by(&mut changes[at]);
    });
}

impl World {
    fn new() -> Self {
        let policy = policy();
        let mut world = Self {
            entries: vec![container("Staff"), container("Groups")],
            is_whole: true,
            users: Vec::new(),
            groups: Vec::new(),
            roles: Roles::default(),
            links: Links { reviewed: Some(policy.reviewed()), ..Links::default() },
            policy,
        };
        world.person(ADA, "ada", &[("title", "Clerk")]);
        world.person(BOB, "bob", &[("userAccountControl", "514")]);
        world.person(CLEO, "cleo", &[("manager", "CN=ada,OU=Staff,DC=contoso,DC=com")]);
        world.person(FAY, "fay", &[]);
        world.person(GUS, "gus", &[]);
        world.person(KIM, "kim", &[]);
        world.team(STAFF, "staff", &["ada", "cleo"]);
        world.team(CREW, "crew", &["cleo"]);
        for (number, name) in
            [(ADA, "ada"), (BOB, "bob"), (DAN, "dan"), (EVE, "eve"), (FAY, "fay"), (GUS, "gus")]
        {
            world.account(number, name, true);
        }
        world.account(BOSS, "boss", false);
        world.account(KIM, "kim", false);
        world.cloud_group(STAFF, "staff", &[ADA, DAN, EVE, BOSS, GUS]);
        world.cloud_group(OLD, "old", &[]);
        let fay = world.users.iter_mut().find(|it| it.id == cloud(FAY)).expect("she has an account");
        fay.deleted_at = Some("2026-11-20T00:00:00Z".parse().expect("a time"));
        for number in [DAN, OLD] {
            let link = world.links.by_anchor.get_mut(&anchor(number)).expect("both are linked");
            link.blocked_since = Some("2026-11-01T00:00:00Z".parse().expect("a time"));
        }
        let dan = world.users.iter_mut().find(|it| it.id == cloud(DAN)).expect("he has an account");
        dan.attributes = account_attributes("dan", false);
        world
    }

    /// Plans, or judges a plan.
    fn with_inputs<T>(&self, with: impl FnOnce(&Inputs<'_>) -> T) -> T {
        let mut names = AttributeNamesBuilder::new();
        names.intern("title").expect("a name");
        let mut reading = PartialDirectory::new(names.finish());
        self.entries.iter().for_each(|it| reading.push(it.clone()));
        let directory = if self.is_whole {
            Reading::Whole(reading.finish(Watermark::default()))
        } else {
            Reading::Broken { objects: reading.break_off(), cause: "cut".to_owned() }
        };
        let inputs = Inputs {
            directory: &directory,
            tenant: &self.tenant(),
            links: &self.links,
            policy: &self.policy,
            as_of: "2026-11-22T09:00:00Z".parse().expect("a time"),
        };
        with(&inputs)
    }

    fn tenant(&self) -> TenantSnapshot {
        let domain = Domain {
            name: "contoso.com".to_owned(),
            verified: true,
            federated: false,
            initial: true,
            default: true,
        };
        let (users, groups, roles) = (self.users.clone(), self.groups.clone(), self.roles.clone());
        let identity = TenantIdentity {
            tenant_id: "t".to_owned(),
            display_name: "Contoso".to_owned(),
            takes_synchronised: None,
        };
        TenantReading { identity, domains: vec![domain], users, groups, roles, ..TenantReading::default() }
            .finish()
    }

    pub(super) fn person(&mut self, number: u8, name: &str, more: &[(&str, &str)]) {
        let upn = format!("{name}@contoso.com");
        let control = if more.iter().any(|it| it.0 == "userAccountControl") { None } else { Some("512") };
        let mut values = vec![("objectClass", "user"), ("sAMAccountName", name), ("userPrincipalName", &upn)];
        values.extend(control.map(|it| ("userAccountControl", it)));
        values.extend(more);
        self.entries.push(entry((number, name, "Staff"), &values, &[]));
    }

    fn team(&mut self, number: u8, name: &str, members: &[&str]) {
        let values = [("objectClass", "group"), ("sAMAccountName", name), ("groupType", "-2147483646")];
        self.entries.push(entry((number, name, "Groups"), &values, members));
    }

    fn account(&mut self, number: u8, name: &str, is_ours: bool) {
        self.users.push(CloudUser {
            id: cloud(number),
            anchor: is_ours.then(|| anchor(number)),
            attributes: account_attributes(name, true),
            ..CloudUser::default()
        });
        if is_ours {
            self.links.by_anchor.insert(anchor(number), Link::new(ObjectKind::User, cloud(number)));
        }
    }

    fn cloud_group(&mut self, number: u8, name: &str, members: &[u8]) {
        let mut attributes = AttributesBuilder::default();
        attributes.push(Property::DisplayName.id(), name.as_bytes());
        let mut members: Vec<CloudId> = members.iter().copied().map(cloud).collect();
        members.sort();
        self.groups.push(CloudGroup {
            id: cloud(number),
            anchor: Some(anchor(number)),
            attributes: attributes.finish(),
            members: members.into(),
            ..CloudGroup::default()
        });
        self.links.by_anchor.insert(anchor(number), Link::new(ObjectKind::Group, cloud(number)));
    }

    pub(super) fn user(&mut self, number: u8) -> &mut CloudUser {
        self.users.iter_mut().find(|it| it.id == cloud(number)).expect("the tenant has them")
    }

    pub(super) fn group(&mut self, number: u8) -> &mut CloudGroup {
        self.groups.iter_mut().find(|it| it.id == cloud(number)).expect("the tenant has it")
    }
}

fn account_attributes(name: &str, may_sign_in: bool) -> crate::model::Attributes {
    let mut attributes = AttributesBuilder::default();
    attributes.push(Property::UserPrincipalName.id(), format!("{name}@contoso.com").as_bytes());
    attributes.push(Property::DisplayName.id(), name.as_bytes());
    attributes.push(Property::MailNickname.id(), name.as_bytes());
    attributes.push(Property::AccountEnabled.id(), if may_sign_in { b"true" } else { b"false" });
    attributes.finish()
}

fn entry(
    (number, name, unit): (u8, &str, &str),
    values: &[(&str, &str)],
    members: &[&str],
) -> DirectoryEntry {
    let mut names = AttributeNamesBuilder::new();
    names.intern("title").expect("a name");
    let names = names.finish();
    let mut attributes = AttributesBuilder::default();
    attributes.push(well_known::OBJECT_GUID, &[number; 16]);
    attributes.push(well_known::CN, name.as_bytes());
    for (attribute, value) in values {
        attributes.push(names.id(attribute).expect("a known name"), value.as_bytes());
    }
    let dn =
        |name: &str, unit: &str| format!("CN={name},OU={unit},DC=contoso,DC=com").parse().expect("a name");
    let members = members.iter().map(|it| dn(it, "Staff")).collect();
    DirectoryEntry { dn: dn(name, unit), attributes: attributes.finish(), members }
}

fn container(unit: &str) -> DirectoryEntry {
    let mut attributes = AttributesBuilder::default();
    attributes.push(well_known::OBJECT_CLASS, b"organizationalUnit");
    attributes.push(well_known::OBJECT_GUID, &[unit.as_bytes()[0]; 16]);
    let dn = format!("OU={unit},DC=contoso,DC=com").parse().expect("a name");
    DirectoryEntry { dn, attributes: attributes.finish(), members: Vec::new() }
}

fn policy() -> Policy {
    let mut names = AttributeNamesBuilder::new();
    let title = names.intern("title").expect("a name");
    let flow = |to, source| {
        let origin = FlowOrigin { list: "test".to_owned(), text: String::new() };
        Flow { to, source, authority: Authority::Directory, missing: Missing::Empty, origin }
    };
    let scope = |unit: &str| Scope {
        bases: vec![Base::Dn(format!("OU={unit},DC=contoso,DC=com").parse().expect("a name"))],
        exclude_bases: Vec::new(),
        filter: None,
        exclude: Vec::new(),
        member_of: Vec::new(),
        default_exclusions: true,
    };
    let display_name = || flow(Property::DisplayName, FlowSource::Builtin(Builtin::DisplayName));
    Policy {
        name: "contoso".to_owned(),
        directory: "corp".to_owned(),
        tenant: "office".to_owned(),
        channel: Channel::Graph,
        mode: Mode::Review,
        users: Some(UserPolicy {
            scope: scope("Staff"),
            anchor: AnchorSource::Auto,
            flows: Flows::combine([
                flow(Property::UserPrincipalName, FlowSource::Builtin(Builtin::UserPrincipalName)),
                display_name(),
                flow(Property::MailNickname, FlowSource::Builtin(Builtin::MailNickname)),
                flow(Property::JobTitle, FlowSource::Copy(title)),
                flow(Property::Manager, FlowSource::Copy(well_known::MANAGER)),
            ]),
            lifecycle: Lifecycle::default(),
        }),
        groups: Some(GroupPolicy {
            scope: scope("Groups"),
            flows: Flows::combine([display_name()]),
            removal: Removal::default(),
        }),
        features: BTreeMap::new(),
        contacts: None,
        passwords: None,
        guards: Guards::default(),
        approvals: Vec::new(),
        digest: Digest::of_fields([]),
        directory_digest: Digest::of_fields([]),
        provenance: Provenance::default(),
    }
}

/// A reference by name, to anything.
pub(super) fn reference(subject: crate::plan::Subject, name: &str) -> crate::plan::ObjectRef {
    crate::plan::ObjectRef { subject, name: Arc::from(name) }
}
