//! Both sides and a policy from a few lines of text.
//!
//! ```text
//! ad user ada title=Clerk ou=Staff          userPrincipalName defaults to ada@contoso.com
//! ad group staff member=ada,bob
//! cloud user ada jobTitle=Clerk             joined to `ad user ada`, and linked
//! unlinked user ada                         the same, without a record
//! cloud-only user boss
//! guest user visitor
//! synced user dora                          Entra Connect is master
//! role boss name="User Administrator"       directory roles of the tenant; without a name, the highest
//! roles-unknown                             nobody could read the roles
//! quarantined ada UserPrincipalName=x@y     the tenant keeps a value of theirs back
//! synced ada                                Entra Connect is master of the tenant's object
//! broken                                    the reading of the directory broke off
//! deleted user ada                          in the recycle bin
//! cloud group staff members=ada,boss
//! blocked ada 2026-11-01                    since when our records have them blocked
//! ou People guid=Staff                      the unit that was OU=Staff
//! ```

use std::collections::BTreeMap;

use expect_test::Expect;
use jiff::Timestamp;
use samesign::model::{
    Anchor, AttributeNames, AttributeNamesBuilder, AttributesBuilder, CloudGroup, CloudId, CloudUser, Digest,
    DirectoryEntry, Domain, Form, Guid, Link, Links, ObjectKind, Origin, PartialDirectory, Property,
    Provenance, Quarantined, Reading, Roles, TenantIdentity, TenantReading, TenantSnapshot, Watermark,
    well_known,
};
use samesign::plan::{Inputs, Planned, plan};
use samesign::policy::{
    Authority, Base, Builtin, Flow, FlowOrigin, FlowSource, Flows, GroupPolicy, Guards, Lifecycle, Missing,
    Mode, Policy, Removal, Scope, UserPolicy,
};
use samesign::render::{Paint, plan_text};
use std::sync::Arc;

/// Both sides, a policy and our records.
pub(crate) struct World {
    pub(crate) directory: Reading,
    pub(crate) tenant: TenantSnapshot,
    pub(crate) links: Links,
    pub(crate) policy: Policy,
    pub(crate) as_of: Timestamp,
}

pub(crate) fn guid(name: &str) -> Guid {
    let digest = Digest::of_fields([name.as_bytes()]);
    Guid::from_bytes(digest.as_bytes()[..16].try_into().unwrap())
}

pub(crate) fn cloud_id(name: &str) -> CloudId {
    CloudId::from_uuid(uuid::Uuid::new_v5(&uuid::Uuid::NAMESPACE_DNS, name.as_bytes()))
}

struct Line<'a> {
    words: Vec<&'a str>,
    values: BTreeMap<&'a str, &'a str>,
}

fn parse(line: &str) -> Line<'_> {
    let mut words = Vec::new();
    let mut values = BTreeMap::new();
    let mut rest = line.trim();
    while !rest.is_empty() {
        let end = rest.find([' ', '=']).unwrap_or(rest.len());
        let (word, tail) = rest.split_at(end);
        let Some(value) = tail.strip_prefix('=') else {
            words.push(word);
            rest = tail.trim_start();
            continue;
        };
        let (value, tail) = match value.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"').expect("closing quote"),
            None => value.split_at(value.find(' ').unwrap_or(value.len())),
        };
        values.insert(word, value);
        rest = tail.trim_start();
    }
    Line { words, values }
}

fn dn(name: &str, ou: &str) -> String {
    format!("CN={name},OU={ou},DC=contoso,DC=com")
}

/// Organisational units of all objects, so that a member is found wherever it is.
fn units(text: &str) -> BTreeMap<&str, &str> {
    let lines = text.lines().map(parse).filter(|it| it.words.first() == Some(&"ad"));
    lines.map(|it| (it.words[2], it.values.get("ou").copied().unwrap_or(home(it.words[1])))).collect()
}

fn home(kind: &str) -> &'static str {
    if kind == "group" { "Groups" } else { "Staff" }
}

fn entry(names: &AttributeNames, line: &Line<'_>, units: &BTreeMap<&str, &str>) -> DirectoryEntry {
    let (kind, name) = (line.words[1], line.words[2]);
    let mut attributes = AttributesBuilder::default();
    let mut push =
        |attribute: &str, value: &[u8]| attributes.push(names.id(attribute).expect("known name"), value);
    push("objectClass", kind.as_bytes());
    push("objectGUID", guid(line.values.get("guid").copied().unwrap_or(name)).as_bytes());
    push("sAMAccountName", name.as_bytes());
    push("cn", name.as_bytes());
    if kind == "group" && !line.values.contains_key("groupType") {
        push("groupType", b"-2147483646");
    }
    if kind == "user" && !line.values.contains_key("userAccountControl") {
        push("userAccountControl", b"512");
    }
    if kind == "user" && !line.values.contains_key("userPrincipalName") {
        push("userPrincipalName", format!("{name}@contoso.com").as_bytes());
    }
    let mut members = Vec::new();
    for (key, value) in &line.values {
        let target = |it: &str| match units.get(it) {
            _ if it.starts_with("CN=") => it.to_owned(),
            unit => dn(it, unit.copied().unwrap_or("Elsewhere")),
        };
        match *key {
            "ou" | "guid" => (),
            "member" => members.extend(value.split(',').map(|it| target(it).parse().unwrap())),
            "manager" | "managedBy" => push(key, target(value).as_bytes()),
            attribute => push(attribute, value.as_bytes()),
        }
    }
    let dn = dn(name, units.get(name).copied().unwrap_or("Staff")).parse().unwrap();
    DirectoryEntry { dn, attributes: attributes.finish(), members }
}

fn cloud_attributes(line: &Line<'_>, defaults: &[(Property, String)]) -> samesign::model::Attributes {
    let mut attributes = AttributesBuilder::default();
    for (property, value) in defaults {
        if !line.values.contains_key(property.name()) {
            attributes.push(property.id(), value.as_bytes());
        }
    }
    for (key, value) in &line.values {
        let Ok(property) = key.parse::<Property>() else { continue };
        match property.form() {
            Form::Reference => (),
            Form::TextSet | Form::OctetsSet | Form::Addresses => {
                value.split(',').for_each(|it| attributes.push(property.id(), it.as_bytes()));
            }
            Form::Text | Form::CaselessText | Form::Switch | Form::Number | Form::Octets => {
                attributes.push(property.id(), value.as_bytes());
            }
        }
    }
    attributes.finish()
}

fn cloud_user(line: &Line<'_>) -> CloudUser {
    let (sort, name) = (line.words[0], line.words[2]);
    let defaults = [
        (Property::UserPrincipalName, format!("{name}@contoso.com")),
        (Property::DisplayName, name.to_owned()),
        (Property::MailNickname, name.to_owned()),
        (Property::AccountEnabled, "true".to_owned()),
    ];
    let anchor = line.values.get("guid").copied().unwrap_or(name);
    CloudUser {
        id: cloud_id(name),
        anchor: (!matches!(sort, "cloud-only" | "guest")).then(|| Anchor::from_guid(guid(anchor))),
        guest: sort == "guest",
        origin: if sort == "synced" { Origin::Synced } else { Origin::Cloud },
        attributes: cloud_attributes(line, &defaults),
        manager: line.values.get("manager").map(|it| cloud_id(it)),
        deleted_at: (sort == "deleted").then(|| "2026-11-10T00:00:00Z".parse().unwrap()),
        ..CloudUser::default()
    }
}

fn cloud_group(line: &Line<'_>) -> CloudGroup {
    let (sort, name) = (line.words[0], line.words[2]);
    let defaults = [(Property::DisplayName, name.to_owned()), (Property::MailNickname, name.to_owned())];
    let mut members: Vec<CloudId> =
        line.values.get("members").map(|it| it.split(',').map(cloud_id).collect()).unwrap_or_default();
    members.sort();
    CloudGroup {
        id: cloud_id(name),
        anchor: (sort != "cloud-only").then(|| Anchor::from_guid(guid(name))),
        attributes: cloud_attributes(line, &defaults),
        members: members.into(),
        deleted_at: (sort == "deleted").then(|| "2026-11-10T00:00:00Z".parse().unwrap()),
        ..CloudGroup::default()
    }
}

fn flow(to: Property, source: FlowSource) -> Flow {
    let origin = FlowOrigin { list: "test".to_owned(), text: String::new() };
    Flow { to, source, authority: Authority::Directory, missing: Missing::Empty, origin }
}

pub(crate) fn policy(names: &AttributeNames) -> Policy {
    let copy = |to, from: &str| flow(to, FlowSource::Copy(names.id(from).expect("known name")));
    let scope = |ou: &str| Scope {
        bases: vec![Base::Dn(format!("OU={ou},DC=contoso,DC=com").parse().unwrap())],
        exclude_bases: Vec::new(),
        filter: None,
        exclude: Vec::new(),
        member_of: Vec::new(),
        default_exclusions: true,
    };
    Policy {
        name: "contoso".to_owned(),
        directory: "corp".to_owned(),
        tenant: "office".to_owned(),
        channel: samesign::policy::Channel::Graph,
        mode: Mode::Review,
        users: Some(UserPolicy {
            scope: scope("Staff"),
            anchor: samesign::policy::AnchorSource::Auto,
            flows: Flows::combine([
                flow(Property::UserPrincipalName, FlowSource::Builtin(Builtin::UserPrincipalName)),
                flow(Property::DisplayName, FlowSource::Builtin(Builtin::DisplayName)),
                flow(Property::MailNickname, FlowSource::Builtin(Builtin::MailNickname)),
                flow(Property::Mail, FlowSource::Builtin(Builtin::Mail)),
                flow(Property::BusinessPhones, FlowSource::Builtin(Builtin::BusinessPhones)),
                copy(Property::JobTitle, "title"),
                copy(Property::Department, "department"),
                copy(Property::Manager, "manager"),
            ]),
            lifecycle: Lifecycle::default(),
        }),
        groups: Some(GroupPolicy {
            scope: scope("Groups"),
            flows: Flows::combine([
                flow(Property::DisplayName, FlowSource::Builtin(Builtin::DisplayName)),
                flow(Property::MailNickname, FlowSource::Builtin(Builtin::MailNickname)),
                flow(Property::Description, FlowSource::Builtin(Builtin::Cut(well_known::DESCRIPTION))),
            ]),
            removal: Removal::default(),
        }),
        contacts: None,
        features: BTreeMap::new(),
        passwords: None,
        guards: Guards::default(),
        approvals: Vec::new(),
        digest: Digest::of_fields([b"policy".as_slice()]),
        directory_digest: Digest::of_fields([b"directory".as_slice()]),
        provenance: Provenance::default(),
    }
}

/// Names that filters and policies of a world can use.
pub(crate) fn known_names() -> AttributeNamesBuilder {
    let mut names = AttributeNamesBuilder::new();
    for name in ["title", "department", "pwdLastSet", "adminCount", "managedBy"] {
        names.intern(name).unwrap();
    }
    names
}

pub(crate) fn names() -> Arc<AttributeNames> {
    known_names().finish()
}

pub(crate) fn world(text: &str) -> World {
    let server = "dc1.contoso.com".to_owned();
    world_read_at(text, Watermark { server, ..Watermark::default() })
}

/// A world of which the reading of the directory says where it comes from.
pub(crate) fn world_read_at(text: &str, watermark: Watermark) -> World {
    let names = names();
    let policy = policy(&names);
    let mut reading = PartialDirectory::new(Arc::clone(&names));
    let mut tenant = TenantReading {
        identity: TenantIdentity {
            tenant_id: "t".to_owned(),
            display_name: "Contoso".to_owned(),
            takes_synchronised: None,
        },
        domains: vec![domain("contoso.com", false), domain("contoso.onmicrosoft.com", true)],
        ..TenantReading::default()
    };
    let mut links = Links { reviewed: Some(policy.reviewed()), ..Links::default() };
    let units = units(text);
    let mut is_broken = false;
    for unit in ["Staff", "Groups"].into_iter().filter(|it| !text.contains(&format!("guid={it}"))) {
        reading.push(container(unit, unit));
    }
    let mut roles: BTreeMap<CloudId, Box<[Box<str>]>> = BTreeMap::new();
    for line in text.lines().map(parse).filter(|it| !it.words.is_empty()) {
        match line.words[..] {
            ["ad", ..] => reading.push(entry(&names, &line, &units)),
            ["ou", unit] => reading.push(container(unit, line.values["guid"])),
            ["blocked", name, since] => {
                let link = links.by_anchor.get_mut(&Anchor::from_guid(guid(name))).expect("linked above");
                link.blocked_since = Some(format!("{since}T08:00:00Z").parse().unwrap());
            }
            ["broken"] => is_broken = true,
            ["roles-unknown"] => tenant.roles = Roles::Unknown("no right".to_owned()),
            ["quarantined", name] => {
                let users = tenant.users.iter_mut().filter(|it| it.id == cloud_id(name));
                users.for_each(|it| it.quarantined = quarantined(&line));
            }
            ["synced", name] => {
                let users = tenant.users.iter_mut().filter(|it| it.id == cloud_id(name));
                users.for_each(|it| it.origin = Origin::Synced);
                let groups = tenant.groups.iter_mut().filter(|it| it.id == cloud_id(name));
                groups.for_each(|it| it.origin = Origin::Synced);
            }
            ["role", name] => {
                let names = line.values.get("name").copied().unwrap_or("Global Administrator");
                roles.insert(cloud_id(name), names.split(',').map(Into::into).collect());
            }
            [sort, kind, name] => {
                let kind = if kind == "user" { ObjectKind::User } else { ObjectKind::Group };
                if kind == ObjectKind::User {
                    tenant.users.push(cloud_user(&line));
                } else {
                    tenant.groups.push(cloud_group(&line));
                }
                if sort == "cloud" || sort == "deleted" {
                    let link = Link::new(kind, cloud_id(name));
                    links.by_anchor.insert(Anchor::from_guid(guid(name)), link);
                }
            }
            _ => panic!("not a line of a world: {:?}", line.words),
        }
    }
    if let Roles::Known(known) = &mut tenant.roles {
        *known = roles;
    }
    let directory = if is_broken {
        Reading::Broken { objects: reading.break_off(), cause: "the connection was lost".to_owned() }
    } else {
        Reading::Whole(reading.finish(watermark))
    };
    let as_of = "2026-11-22T09:00:00Z".parse().unwrap();
    World { directory, tenant: tenant.finish(), links, policy, as_of }
}

fn quarantined(line: &Line<'_>) -> Box<[Quarantined]> {
    let one = |(property, value): (&&str, &&str)| Quarantined {
        property: (*property).into(),
        value: (*value).into(),
    };
    line.values.iter().map(one).collect()
}

fn domain(name: &str, initial: bool) -> Domain {
    Domain { name: name.to_owned(), verified: true, federated: false, initial, default: !initial }
}

impl World {
    /// As if a plan of the other world had been the last one that was applied.
    pub(crate) fn since(mut self, before: &Self) -> Self {
        let report = before.plan().report;
        for (anchor, dn) in report.named {
            self.links.by_anchor.entry(anchor).and_modify(|it| it.dn = Some(dn.parse().unwrap()));
        }
        for (anchor, wanted) in report.wanted {
            self.links.by_anchor.entry(anchor).and_modify(|it| it.settled = Some(wanted));
        }
        self.links.stock = report.stock;
        self
    }

    /// Guards and names of what is held.
    pub(crate) fn held(&self) -> Vec<String> {
        let plan = self.plan().plan;
        let held = plan.changes().iter().filter_map(|it| Some((it.held()?.guard.word(), it)));
        held.map(|(guard, it)| format!("{guard}: {} {}", it.op().word(), it.name())).collect()
    }

    /// What is not held.
    pub(crate) fn free(&self) -> Vec<String> {
        let plan = self.plan().plan;
        let free = plan.changes().iter().filter(|it| it.held().is_none());
        free.map(|it| format!("{} {}", it.op().word(), it.name())).collect()
    }

    /// As if a setting of the policy had been another one when a plan of it was last applied.
    pub(crate) fn edit(&mut self, setting: &str) {
        let settings = &mut self.links.reviewed.as_mut().unwrap().settings;
        let before = settings.insert(setting.to_owned(), Digest::of_fields([b"before".as_slice()]));
        assert!(before.is_some(), "{setting} is no setting");
    }

    pub(crate) fn inputs(&self) -> Inputs<'_> {
        Inputs {
            directory: &self.directory,
            tenant: &self.tenant,
            links: &self.links,
            policy: &self.policy,
            as_of: self.as_of,
        }
    }

    pub(crate) fn plan(&self) -> Planned {
        plan(&self.inputs())
    }

    /// The plan, with what nothing happens to counted and not listed.
    pub(crate) fn plan_without_list(&self) -> Planned {
        let mut planned = self.plan();
        planned.report.left_alone.objects.clear();
        planned
    }
}

fn container(unit: &str, known_as: &str) -> DirectoryEntry {
    let mut attributes = AttributesBuilder::default();
    attributes.push(well_known::OBJECT_CLASS, b"organizationalUnit");
    attributes.push(well_known::OBJECT_GUID, guid(known_as).as_bytes());
    let dn = format!("OU={unit},DC=contoso,DC=com").parse().unwrap();
    DirectoryEntry { dn, attributes: attributes.finish(), members: Vec::new() }
}

/// One entry of the directory.
pub(crate) fn one_entry(line: &str) -> DirectoryEntry {
    entry(&names(), &parse(line), &units(line))
}

/// Plans a world and compares what prints below the heading.
pub(crate) fn check(text: &str, expect: &Expect) {
    check_world(&world(text), expect);
}

pub(crate) fn check_world(world: &World, expect: &Expect) {
    let planned = world.plan();
    let shown = plan_text(&planned, Paint::Plain);
    // The heading has digests, which other tests look at.
    expect.assert_eq(shown.split_once("\n\n").expect("a heading").1);
}
