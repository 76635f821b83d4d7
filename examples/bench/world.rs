//! A company of any size, made from a number: the directory and the tenant as they are after a first run.
//!
//! Every value is a function of an index, so nothing is kept besides what is built. It knows no clock.

use std::sync::Arc;

use samesign::manifest::{InputContent, InputFile, load};
use samesign::model::{
    Anchor, AttributeNames, AttributesBuilder, CloudGroup, CloudId, CloudUser, DirectoryEntry, Domain, Guid,
    Link, Links, ObjectKind, Property, Provenance, TenantIdentity, TenantReading, TenantSnapshot, well_known,
};
use samesign::policy::Policy;

/// As one writes it and as it stands in a login.
const GIVEN: &[(&str, &str)] = &[
    ("Ada", "ada"),
    ("José", "jose"),
    ("Zoë", "zoe"),
    ("Grace", "grace"),
    ("Björn", "bjorn"),
    ("Fatima", "fatima"),
    ("Wei", "wei"),
    ("Margaret", "margaret"),
    ("Olu", "olu"),
    ("Anneliese", "anneliese"),
    ("Tim", "tim"),
    ("Chloé", "chloe"),
    ("Dmitri", "dmitri"),
    ("Hana", "hana"),
    ("Ibrahim", "ibrahim"),
    ("Jan", "jan"),
    ("Katherine", "katherine"),
    ("Liam", "liam"),
    ("Noor", "noor"),
    ("Priya", "priya"),
    ("Sven", "sven"),
    ("Yuki", "yuki"),
];
/// Surnames are put together, so that there are thousands of names: what is sorted by name is as hard to sort
/// as in a real company.
const SURNAME_HEADS: &[(&str, &str)] = &[
    ("Ber", "ber"),
    ("Mül", "mul"),
    ("Nak", "nak"),
    ("Wiś", "wis"),
    ("Lov", "lov"),
    ("Hop", "hop"),
    ("Gar", "gar"),
    ("Oka", "oka"),
    ("Ham", "ham"),
    ("Sör", "sor"),
    ("Kow", "kow"),
    ("Fer", "fer"),
    ("Lin", "lin"),
    ("Dub", "dub"),
    ("Ros", "ros"),
    ("O'Br", "obr"),
    ("Tan", "tan"),
    ("Schu", "schu"),
    ("De", "de"),
    ("Al", "al"),
];
const SURNAME_TAILS: &[(&str, &str)] = &[
    ("elace", "elace"),
    ("ler", "ler"),
    ("amura", "amura"),
    ("niewska", "niewska"),
    ("per", "per"),
    ("cía", "cia"),
    ("for", "for"),
    ("ilton", "ilton"),
    ("ensen", "ensen"),
    ("alski", "alski"),
    ("reira", "reira"),
    ("dgren", "dgren"),
    ("ois", "ois"),
    ("setti", "setti"),
    ("aka", "aka"),
    ("berg", "berg"),
    ("man", "man"),
    ("son", "son"),
    ("ini", "ini"),
    ("ova", "ova"),
];
const UNITS: &[&str] = &["Accounting", "Engineering", "Research", "Sales", "Support", "Legal", "Operations"];
const CITIES: &[&str] = &["London", "München", "São Paulo", "Utrecht", "Osaka"];
const TITLES: &[&str] = &["Clerk", "Engineer", "Senior Engineer", "Accountant", "Director", "Analyst"];
const STAFF: &str = "OU=Staff,DC=corp,DC=example,DC=com";
const GROUPS: &str = "OU=Groups,DC=corp,DC=example,DC=com";

/// Members of the other groups by the last two digits of the group's number: 85 on average.
const SIZES: &[(u32, u32)] = &[(50, 15), (80, 60), (95, 200), (100, 590)];

/// What differs between the two sides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Drift {
    /// Nothing.
    None,
    /// The title of every hundredth user, and one member of every hundredth group.
    OnePercent,
    /// The title of every user.
    AllUsers,
}

/// So many users, a tenth as many groups, ten times as many memberships.
#[derive(Clone, Copy, Debug)]
pub(super) struct World {
    pub(super) users: u32,
    pub(super) house_rule: bool,
}

/// SplitMix64's step: a number that looks random, from a number that does not.
const fn mix(seed: u64) -> u64 {
    let one = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let two = (one ^ (one >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let three = (two ^ (two >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    three ^ (three >> 31)
}

fn identity(sort: u64, number: u32) -> [u8; 16] {
    let seed = sort << 40 | u64::from(number);
    let halves = [mix(seed).to_be_bytes(), mix(seed | 1 << 39).to_be_bytes()];
    halves.concat().try_into().expect("two halves of eight bytes")
}

fn pick<T: Copy>(list: &[T], seed: u64) -> T {
    let length = u64::try_from(list.len()).expect("a short list");
    list[usize::try_from(seed % length).expect("shorter than the list")]
}

/// One user: all of their values follow from their number.
struct Person {
    number: u32,
    given: (&'static str, &'static str),
    surname: [(&'static str, &'static str); 2],
    unit: &'static str,
    city: &'static str,
    title: &'static str,
}

impl Person {
    fn new(number: u32) -> Self {
        let seed = |sort: u64| mix(u64::from(number) | sort << 48);
        Self {
            number,
            given: pick(GIVEN, seed(1)),
            surname: [pick(SURNAME_HEADS, seed(2)), pick(SURNAME_TAILS, seed(6))],
            unit: pick(UNITS, seed(3)),
            city: pick(CITIES, seed(4)),
            title: pick(TITLES, seed(5)),
        }
    }

    fn guid(number: u32) -> Guid {
        Guid::from_bytes(identity(1, number))
    }

    fn cloud(number: u32) -> CloudId {
        CloudId::from_uuid(uuid::Uuid::from_bytes(identity(2, number)))
    }

    fn login(&self) -> String {
        let [head, tail] = self.surname;
        format!("{}.{}{}{}", self.given.1, head.1, tail.1, self.number)
    }

    fn name(&self) -> String {
        format!("{}, {} {}", self.surname(), self.given.0, self.number)
    }

    fn surname(&self) -> String {
        self.surname.map(|it| it.0).concat()
    }

    fn dn(&self) -> String {
        let Self { number, given, surname: _, unit, city, title: _ } = self;
        format!("CN={}\\, {} {number},OU={unit},OU={city},{STAFF}", self.surname(), given.0)
    }

    /// Values that both sides have, under the names of both.
    fn shared(&self, drift: Drift) -> Vec<(&'static str, Property, String)> {
        let number = self.number;
        let moved = match drift {
            Drift::None => false,
            Drift::OnePercent => number.is_multiple_of(100),
            Drift::AllUsers => true,
        };
        let title = if moved { "Head of Something" } else { self.title };
        let mut shared = vec![
            ("userPrincipalName", Property::UserPrincipalName, format!("{}@example.com", self.login())),
            ("displayName", Property::DisplayName, self.name()),
            ("mailNickname", Property::MailNickname, self.login()),
            ("mail", Property::Mail, format!("{}@example.com", self.login())),
            ("givenName", Property::GivenName, self.given.0.to_owned()),
            ("sn", Property::Surname, self.surname()),
            ("title", Property::JobTitle, title.to_owned()),
            ("department", Property::Department, self.unit.to_owned()),
            ("company", Property::CompanyName, "Example".to_owned()),
            ("l", Property::City, self.city.to_owned()),
            ("telephoneNumber", Property::BusinessPhones, format!("+44 20 7946 {number}")),
            ("employeeID", Property::EmployeeId, number.to_string()),
        ];
        if number.is_multiple_of(3) {
            shared.push(("mobile", Property::MobilePhone, format!("+44 7700 {number}")));
        }
        shared
    }

    fn entry(&self, names: &AttributeNames, drift: Drift) -> DirectoryEntry {
        let dn = self.dn();
        let mut attributes = AttributesBuilder::default();
        let mut push = |name: &str, value: &[u8]| {
            if let Some(id) = names.id(name) {
                attributes.push(id, value);
            }
        };
        push("objectClass", b"top");
        push("objectClass", b"person");
        push("objectClass", b"user");
        push("objectGUID", Self::guid(self.number).as_bytes());
        push("distinguishedName", dn.as_bytes());
        push("sAMAccountName", format!("u{}", self.number).as_bytes());
        push("userAccountControl", b"512");
        push("accountExpires", b"9223372036854775807");
        push("primaryGroupID", b"513");
        push("whenChanged", b"20261122091400.0Z");
        push("cn", self.name().as_bytes());
        for (name, _, value) in self.shared(drift) {
            push(name, value.as_bytes());
        }
        push("proxyAddresses", format!("SMTP:{}@example.com", self.login()).as_bytes());
        push("proxyAddresses", format!("smtp:u{}@example.com", self.number).as_bytes());
        if let Some(manager) = self.manager() {
            push("manager", Self::new(manager).dn().as_bytes());
        }
        let dn = dn.parse().expect("a name");
        DirectoryEntry { dn, attributes: attributes.finish(), members: Vec::new() }
    }

    /// Ten people report to one, who reports to another.
    const fn manager(&self) -> Option<u32> {
        if self.number == 0 { None } else { Some(self.number / 10) }
    }

    fn cloud_user(&self, house_rule: bool) -> CloudUser {
        let mut attributes = AttributesBuilder::default();
        for (_, property, value) in self.shared(Drift::None) {
            attributes.push(property.id(), value.as_bytes());
        }
        attributes.push(Property::AccountEnabled.id(), b"true");
        if house_rule {
            attributes.push(Property::UsageLocation.id(), b"GB");
        }
        let address = format!("SMTP:{}@example.com", self.login());
        attributes.push(Property::ProxyAddresses.id(), address.as_bytes());
        CloudUser {
            id: Self::cloud(self.number),
            anchor: Some(Anchor::from_guid(Self::guid(self.number))),
            attributes: attributes.finish(),
            manager: self.manager().map(Self::cloud),
            ..CloudUser::default()
        }
    }
}

/// One group.
struct Team(u32);

impl Team {
    fn guid(&self) -> Guid {
        Guid::from_bytes(identity(3, self.0))
    }

    fn cloud(&self) -> CloudId {
        CloudId::from_uuid(uuid::Uuid::from_bytes(identity(4, self.0)))
    }

    fn name(&self) -> String {
        format!("Team {}", self.0)
    }

    fn dn(&self) -> String {
        format!("CN=Team {},{GROUPS}", self.0)
    }

    fn description(&self) -> String {
        format!("Whoever works on project {}", self.0)
    }

    /// Members that are users. The first three groups hold half of all users each; the fourth holds groups.
    fn people(&self, users: u32) -> Box<dyn Iterator<Item = u32>> {
        let half = users / 2;
        // Odd and no multiple of five: it meets everybody once before it comes round.
        let stride = 10 * (u32::try_from(mix(u64::from(self.0)) % 1_000).expect("below 1,000") + 7) + 3;
        let start = u32::try_from(mix(u64::from(self.0) | 1 << 48) % u64::from(users)).expect("below users");
        let walk = move |count: u32| {
            (0..count).map(move |it| {
                let at = (u64::from(start) + u64::from(it) * u64::from(stride)) % u64::from(users);
                u32::try_from(at).expect("below the number of users")
            })
        };
        match self.0 {
            0 => Box::new(0..half),
            1 => Box::new(half..users),
            2 => Box::new(walk(half)),
            3 => Box::new(std::iter::empty()),
            number => {
                let size = SIZES.iter().find(|it| number % 100 < it.0).map_or(0, |it| it.1);
                Box::new(walk(size.min(users)))
            }
        }
    }

    /// Members that are groups: two in one of fifty, the first two in the fourth.
    fn teams(&self, groups: u32) -> Vec<Self> {
        match self.0 {
            3 => vec![Self(0), Self(1)],
            number if number % 50 == 7 => {
                [number + 1, number + 12].into_iter().filter(|it| *it < groups).map(Self).collect()
            }
            _ => Vec::new(),
        }
    }

    fn entry(&self, world: World, names: &AttributeNames, drift: Drift) -> DirectoryEntry {
        let dn = self.dn();
        let mut attributes = AttributesBuilder::default();
        let mut push = |name: &str, value: &[u8]| {
            if let Some(id) = names.id(name) {
                attributes.push(id, value);
            }
        };
        push("objectClass", b"top");
        push("objectClass", b"group");
        push("objectGUID", self.guid().as_bytes());
        push("distinguishedName", dn.as_bytes());
        push("sAMAccountName", self.name().as_bytes());
        push("groupType", b"-2147483646");
        push("cn", self.name().as_bytes());
        push("mailNickname", format!("team{}", self.0).as_bytes());
        push("description", self.description().as_bytes());
        let leaves = drift == Drift::OnePercent && self.0 % 100 == 50;
        let people = self.people(world.users).skip(usize::from(leaves)).map(|it| Person::new(it).dn());
        let members = people.chain(self.teams(world.groups()).into_iter().map(|it| it.dn()));
        let members = members.map(|it| it.parse().expect("a name")).collect();
        DirectoryEntry { dn: dn.parse().expect("a name"), attributes: attributes.finish(), members }
    }

    fn cloud_group(&self, world: World) -> CloudGroup {
        let mut attributes = AttributesBuilder::default();
        attributes.push(Property::DisplayName.id(), self.name().as_bytes());
        attributes.push(Property::MailNickname.id(), format!("team{}", self.0).as_bytes());
        attributes.push(Property::Description.id(), self.description().as_bytes());
        attributes.push(Property::SecurityEnabled.id(), b"true");
        let mut members: Vec<CloudId> = self.people(world.users).map(Person::cloud).collect();
        members.extend(self.teams(world.groups()).iter().map(Self::cloud));
        members.sort_unstable();
        CloudGroup {
            id: self.cloud(),
            anchor: Some(Anchor::from_guid(self.guid())),
            attributes: attributes.finish(),
            members: members.into(),
            ..CloudGroup::default()
        }
    }
}

const MANIFESTS: &str = r#"
apiVersion: samesign.dev/v1alpha1
kind: SyncPolicy
metadata: {name: company}
spec:
  directory: corp
  tenant: office
  users:
    scope:
      bases: ["OU=Staff,DC=corp,DC=example,DC=com"]
      filter: "(&(objectClass=user)(!(userAccountControl:1.2.840.113556.1.4.803:=2)))"
      exclude: ["(employeeType=robot)"]
      memberOf: ["CN=Team 3,OU=Groups,DC=corp,DC=example,DC=com"]
    flows: [default, house-rules]
  groups:
    scope: {bases: ["OU=Groups,DC=corp,DC=example,DC=com"]}
---
apiVersion: samesign.dev/v1alpha1
kind: Directory
metadata: {name: corp}
spec:
  ldif: {path: directory.ldif}
---
apiVersion: samesign.dev/v1alpha1
kind: Tenant
metadata: {name: office}
spec: {cloud: sandbox}
"#;

const HOUSE_RULE: &str = r#"---
apiVersion: samesign.dev/v1alpha1
kind: AttributeFlow
metadata: {name: house-rules}
spec:
  object: user
  flows:
    - {to: usageLocation, value: 'has(ad.c) ? ad.c : "GB"'}
"#;

/// The manifests of one of many companies.
pub(super) fn manifests(number: u32) -> InputFile {
    let mut text = MANIFESTS.replace("[default, house-rules]", "[default]");
    for name in ["company", "corp", "office"] {
        for field in ["name", "directory", "tenant"] {
            text = text.replace(&format!("{field}: {name}"), &format!("{field}: {name}-{number}"));
        }
    }
    InputFile {
        path: format!("company-{number}.yaml").into(),
        content: InputContent::Bytes(text.into_bytes()),
    }
}

impl World {
    const fn groups(self) -> u32 {
        self.users / 10
    }

    /// All memberships, nested ones included.
    pub(super) fn memberships(self) -> usize {
        let of = |it: u32| Team(it).people(self.users).count() + Team(it).teams(self.groups()).len();
        (0..self.groups()).map(of).sum()
    }

    /// The policy, read from manifests as everywhere, and the attributes that it asks for.
    pub(super) fn policy(self) -> (Policy, Arc<AttributeNames>) {
        let text = if self.house_rule {
            format!("{MANIFESTS}{HOUSE_RULE}")
        } else {
            MANIFESTS.replace("[default, house-rules]", "[default]")
        };
        let file = InputFile { path: "company.yaml".into(), content: InputContent::Bytes(text.into_bytes()) };
        let mut loaded = load(vec![file], &Provenance::default());
        assert!(!loaded.has_errors(), "{:?}", loaded.findings);
        (loaded.policies.swap_remove(0), loaded.names)
    }

    /// The entries of the directory, in no particular order of their identities.
    pub(super) fn entries(
        self,
        names: &AttributeNames,
        drift: Drift,
    ) -> impl Iterator<Item = DirectoryEntry> {
        let containers = [STAFF, GROUPS].into_iter().zip(0..).map(|(dn, number)| {
            let mut attributes = AttributesBuilder::default();
            attributes.push(well_known::OBJECT_CLASS, b"organizationalUnit");
            attributes.push(well_known::OBJECT_GUID, &identity(5, number));
            DirectoryEntry {
                dn: dn.parse().expect("a name"),
                attributes: attributes.finish(),
                members: Vec::new(),
            }
        });
        let people = (0..self.users).map(move |it| Person::new(it).entry(names, drift));
        let teams = (0..self.groups()).map(move |it| Team(it).entry(self, names, drift));
        containers.chain(people).chain(teams)
    }

    /// One user, with another title.
    pub(super) fn entry(number: u32, names: &AttributeNames, title: &str) -> DirectoryEntry {
        let person = Person::new(number);
        let before = person.entry(names, Drift::None);
        let mut attributes = AttributesBuilder::default();
        for (id, value) in before.attributes.iter() {
            let is_title = names.id("title") == Some(id);
            attributes.push(id, if is_title { title.as_bytes() } else { value });
        }
        DirectoryEntry { attributes: attributes.finish(), ..before }
    }

    /// What all entries lie below, as an export writes it: parents first.
    pub(super) fn containers() -> Vec<String> {
        use base64::Engine as _;
        let mut all = vec!["dn: DC=corp,DC=example,DC=com\nobjectClass: domain\ndc: corp\n\n".to_owned()];
        let mut unit = |name: &str, parent: &str| {
            let encode = |it: &str| base64::engine::general_purpose::STANDARD.encode(it);
            let (dn, name) = (encode(&format!("OU={name},{parent}")), encode(name));
            all.push(format!("dn:: {dn}\nobjectClass: organizationalUnit\nou:: {name}\n\n"));
        };
        unit("Staff", "DC=corp,DC=example,DC=com");
        unit("Groups", "DC=corp,DC=example,DC=com");
        for city in CITIES {
            unit(city, STAFF);
            for name in UNITS {
                unit(name, &format!("OU={city},{STAFF}"));
            }
        }
        all
    }

    /// The tenant before the first run.
    pub(super) fn empty_tenant() -> TenantSnapshot {
        Self::tenant_with(Vec::new(), Vec::new())
    }

    /// The tenant after it.
    pub(super) fn tenant(self) -> TenantSnapshot {
        let users = (0..self.users).map(|it| Person::new(it).cloud_user(self.house_rule));
        let groups = (0..self.groups()).map(|it| Team(it).cloud_group(self));
        Self::tenant_with(users.collect(), groups.collect())
    }

    fn tenant_with(users: Vec<CloudUser>, groups: Vec<CloudGroup>) -> TenantSnapshot {
        let domain = |name: &str, initial: bool| Domain {
            name: name.to_owned(),
            verified: true,
            federated: false,
            initial,
            default: !initial,
        };
        let identity = TenantIdentity {
            tenant_id: "t".to_owned(),
            display_name: "Example".to_owned(),
            takes_synchronised: None,
        };
        let domains = vec![domain("example.com", false), domain("example.onmicrosoft.com", true)];
        TenantReading { identity, domains, users, groups, ..TenantReading::default() }.finish()
    }

    /// What the first run recorded.
    pub(super) fn links(self, policy: &Policy) -> Links {
        let link = |guid, kind, cloud| (Anchor::from_guid(guid), Link::new(kind, cloud));
        let people = (0..self.users).map(|it| link(Person::guid(it), ObjectKind::User, Person::cloud(it)));
        let teams = (0..self.groups()).map(|it| link(Team(it).guid(), ObjectKind::Group, Team(it).cloud()));
        Links {
            by_anchor: people.chain(teams).collect(),
            reviewed: Some(policy.reviewed()),
            ..Links::default()
        }
    }
}

/// One entry as an export writes it.
pub(super) fn ldif(entry: &DirectoryEntry, names: &AttributeNames, out: &mut String) {
    let mut line = |name: &str, value: &[u8]| {
        use std::fmt::Write as _;

        use base64::Engine as _;
        let plain = value.iter().all(|it| (b' '..=b'~').contains(it)) && value.first() != Some(&b' ');
        let _infallible = match std::str::from_utf8(value) {
            Ok(text) if plain => writeln!(out, "{name}: {text}"),
            Ok(_) | Err(_) => {
                writeln!(out, "{name}:: {}", base64::engine::general_purpose::STANDARD.encode(value))
            }
        };
    };
    line("dn", entry.dn.as_str().as_bytes());
    entry.attributes.iter().for_each(|(id, value)| line(names.name(id), value));
    entry.members.iter().for_each(|it| line("member", it.as_str().as_bytes()));
    out.push('\n');
}
