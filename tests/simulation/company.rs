//! The company as its directory has it: the truth that the tenant is compared with.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rand::RngExt as _;
use rand::rngs::StdRng;
use uuid::Uuid;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Staff,
    Branch,
    /// Out of scope.
    Elsewhere,
    Gone,
}

#[derive(Clone, Debug)]
pub(crate) struct Person {
    pub(crate) id: Uuid,
    pub(crate) cn: String,
    pub(crate) login: String,
    pub(crate) display: String,
    pub(crate) title: Option<String>,
    pub(crate) is_disabled: bool,
    pub(crate) place: Place,
    pub(crate) manager: Option<usize>,
}

#[derive(Clone, Debug)]
pub(crate) struct Team {
    pub(crate) id: Uuid,
    pub(crate) name: String,
    pub(crate) members: BTreeSet<usize>,
    pub(crate) is_gone: bool,
}

/// A mail contact.
#[derive(Clone, Debug)]
pub(crate) struct Partner {
    id: Uuid,
    pub(crate) login: String,
    pub(crate) name: String,
    pub(crate) is_gone: bool,
}

pub(crate) struct Company {
    pub(crate) partners: Vec<Partner>,
    pub(crate) people: Vec<Person>,
    pub(crate) teams: Vec<Team>,
    /// Who has the login name of each other, which no tenant can take over.
    swapped: Vec<usize>,
    made: usize,
}

/// An anchor as the tenant shows it.
pub(crate) fn anchor(id: Uuid) -> String {
    STANDARD.encode(id.to_bytes_le())
}

impl Person {
    pub(crate) fn is_in_scope(&self) -> bool {
        matches!(self.place, Place::Staff | Place::Branch)
    }

    fn dn(&self) -> String {
        let unit = match self.place {
            Place::Staff => "OU=Staff",
            Place::Branch => "OU=Branch,OU=Staff",
            Place::Elsewhere | Place::Gone => "OU=Elsewhere",
        };
        format!("CN={},{unit},DC=contoso,DC=com", self.cn)
    }
}

impl Company {
    pub(crate) fn found(random: &mut StdRng) -> Self {
        let mut company = Self {
            partners: Vec::new(),
            people: Vec::new(),
            teams: Vec::new(),
            swapped: Vec::new(),
            made: 0,
        };
        for _ in 0..random.random_range(9..16) {
            company.hire(random);
        }
        for _ in 0..random.random_range(2..5) {
            company.form_team(random);
        }
        for _ in 0..3 {
            company.meet_partner();
        }
        company
    }

    fn number(&mut self) -> usize {
        self.made += 1;
        self.made
    }

    fn id(&mut self, sort: u64) -> Uuid {
        let number = self.number() as u64;
        Uuid::from_u64_pair(0x0001_0203_0405_4607 + (sort << 32), 0x8809_0a0b_0000_0000 + number)
    }

    pub(crate) fn hire(&mut self, random: &mut StdRng) -> String {
        let id = self.id(1);
        let number = self.number();
        self.people.push(Person {
            id,
            cn: format!("Person {number}"),
            login: format!("p{number}"),
            display: format!("Person {number}"),
            title: random.random_bool(0.7).then(|| format!("Title {number}")),
            is_disabled: random.random_bool(0.1),
            place: if random.random_bool(0.7) { Place::Staff } else { Place::Branch },
            manager: None,
        });
        let manager = random.random_range(0..self.people.len());
        let last = self.people.len() - 1;
        self.people[last].manager = (manager != last).then_some(manager);
        format!("hires {}", self.people[last].login)
    }

    fn form_team(&mut self, random: &mut StdRng) -> String {
        let id = self.id(2);
        let name = format!("team{}", self.number());
        let members = (0..self.people.len()).filter(|_| random.random_bool(0.4)).collect();
        self.teams.push(Team { id, name: name.clone(), members, is_gone: false });
        format!("forms {name}")
    }

    fn meet_partner(&mut self) -> String {
        let (id, number) = (self.id(3), self.number());
        let name = format!("Partner {number}");
        self.partners.push(Partner { id, login: format!("partner{number}"), name, is_gone: false });
        format!("meets partner{number}")
    }

    fn edit_partners(&mut self, random: &mut StdRng) -> String {
        let partner = random.random_range(0..self.partners.len());
        match random.random_range(0..3) {
            0 => self.meet_partner(),
            1 => {
                self.partners[partner].is_gone = !self.partners[partner].is_gone;
                format!("{} is deleted or comes back", self.partners[partner].login)
            }
            _ => {
                self.partners[partner].name = format!("Partner {}", self.number());
                format!("{} has another name", self.partners[partner].login)
            }
        }
    }

    /// Somebody who is there.
    fn anybody(&self, random: &mut StdRng, fits: impl Fn(&Person) -> bool) -> Option<usize> {
        let all: Vec<usize> = (0..self.people.len()).filter(|it| fits(&self.people[*it])).collect();
        (!all.is_empty()).then(|| all[random.random_range(0..all.len())])
    }

    /// One edit; what was done.
    pub(crate) fn edit(&mut self, random: &mut StdRng) -> String {
        self.try_edit(random).unwrap_or_else(|| "nobody does anything".to_owned())
    }

    fn try_edit(&mut self, random: &mut StdRng) -> Option<String> {
        let here = Person::is_in_scope;
        let away = |it: &Person| !it.is_in_scope();
        Some(match random.random_range(0..21) {
            0..3 => self.hire(random),
            3 => {
                let who = self.anybody(random, here)?;
                self.people[who].place = Place::Gone;
                format!("{} is deleted", self.people[who].login)
            }
            4 => {
                let who = self.anybody(random, here)?;
                self.people[who].place = Place::Elsewhere;
                format!("{} moves out of scope", self.people[who].login)
            }
            5..7 => {
                let who = self.anybody(random, away)?;
                self.people[who].place = Place::Staff;
                format!("{} comes back", self.people[who].login)
            }
            7..9 => {
                let (who, number) = (self.anybody(random, here)?, self.number());
                self.people[who].title = random.random_bool(0.7).then(|| format!("Title {number}"));
                format!("{} has another title", self.people[who].login)
            }
            9..11 => {
                let who = self.anybody(random, here)?;
                self.people[who].is_disabled = !self.people[who].is_disabled;
                format!("{} is disabled or enabled", self.people[who].login)
            }
            11 => self.marry(random)?,
            12 => self.swap(random)?,
            13 => self.hand_on(random)?,
            14 => {
                let (who, of) = (self.anybody(random, here)?, self.anybody(random, |_| true)?);
                self.people[who].manager = (who != of).then_some(of);
                format!("{} has another manager", self.people[who].login)
            }
            15 => {
                let who = self.anybody(random, here)?;
                self.people[who].place = match self.people[who].place {
                    Place::Staff => Place::Branch,
                    Place::Branch | Place::Elsewhere | Place::Gone => Place::Staff,
                };
                format!("{} moves", self.people[who].login)
            }
            16 => self.edit_teams(random),
            17 => self.edit_partners(random),
            _ => self.enroll(random)?,
        })
    }

    fn enroll(&mut self, random: &mut StdRng) -> Option<String> {
        let team = random.random_range(0..self.teams.len());
        let who = self.anybody(random, |it| it.place != Place::Gone)?;
        let members = &mut self.teams[team].members;
        if !members.remove(&who) {
            members.insert(who);
        }
        Some(format!("{} joins or leaves {}", self.people[who].login, self.teams[team].name))
    }

    fn edit_teams(&mut self, random: &mut StdRng) -> String {
        let team = random.random_range(0..self.teams.len());
        match random.random_range(0..3) {
            0 => self.form_team(random),
            1 => {
                self.teams[team].is_gone = !self.teams[team].is_gone;
                format!("{} is deleted or comes back", self.teams[team].name)
            }
            _ => {
                let name = format!("team{}", self.number());
                let before = std::mem::replace(&mut self.teams[team].name, name.clone());
                format!("{before} is called {name}")
            }
        }
    }

    /// Another name in every place where it stands.
    fn marry(&mut self, random: &mut StdRng) -> Option<String> {
        let who = self.anybody(random, Person::is_in_scope)?;
        let before = self.rename(who);
        Some(format!("{before} is {} now", self.people[who].login))
    }

    fn rename(&mut self, who: usize) -> String {
        let number = self.number();
        let person = &mut self.people[who];
        (person.cn, person.display) = (format!("Person {number}"), format!("Person {number}"));
        std::mem::replace(&mut person.login, format!("p{number}"))
    }

    /// Two whose names may become each other's.
    fn two(&mut self, random: &mut StdRng) -> Option<(usize, usize)> {
        let here = Person::is_in_scope;
        let (one, other) = (self.anybody(random, here)?, self.anybody(random, here)?);
        (one != other).then_some((one, other))
    }

    fn swap(&mut self, random: &mut StdRng) -> Option<String> {
        let (one, other) = self.two(random)?;
        let name = self.people[one].login.clone();
        self.people[one].login = std::mem::replace(&mut self.people[other].login, name);
        self.swapped.extend([one, other]);
        Some(format!("{} and {} swap names", self.people[one].login, self.people[other].login))
    }

    /// One gets a new name, and another one gets that name at the same time.
    fn hand_on(&mut self, random: &mut StdRng) -> Option<String> {
        let (one, other) = self.two(random)?;
        let name = self.rename(one);
        let before = std::mem::replace(&mut self.people[other].login, name);
        Some(format!("{before} takes the name of {}", self.people[other].login))
    }

    /// Names that no tenant can take over become others; whether there were any.
    pub(crate) fn resolve(&mut self) {
        for who in std::mem::take(&mut self.swapped) {
            self.rename(who);
        }
    }

    /// Half of the company is gone at once.
    pub(crate) fn decimate(&mut self, random: &mut StdRng) -> Vec<usize> {
        let here: Vec<usize> =
            (0..self.people.len()).filter(|it| self.people[*it].place == Place::Staff).collect();
        let count = here.len().min(random.random_range(6..9));
        for who in &here[..count] {
            self.people[*who].place = Place::Gone;
        }
        here[..count].to_vec()
    }

    /// They were never gone.
    pub(crate) fn bring_back(&mut self, victims: &[usize]) {
        for who in victims {
            self.people[*who].place = Place::Staff;
        }
    }

    pub(crate) fn ldif(&self) -> String {
        let mut ldif = String::new();
        let units = ["OU=Staff", "OU=Branch,OU=Staff", "OU=Elsewhere", "OU=Groups", "OU=Contacts"];
        for (number, unit) in units.iter().enumerate() {
            let class = "organizationalUnit";
            let _infallible = writeln!(
                ldif,
                "dn: {unit},DC=contoso,DC=com\nobjectClass: {class}\n\
                 objectGUID: {{00000000-0000-4000-8000-00000000010{number}}}\n"
            );
        }
        for person in self.people.iter().filter(|it| it.place != Place::Gone) {
            let Person { id, login, display, title, is_disabled, manager, .. } = person;
            let control = if *is_disabled { 514 } else { 512 };
            let _infallible = writeln!(
                ldif,
                "dn: {}\nobjectClass: user\nobjectGUID: {{{id}}}\nsAMAccountName: {login}\n\
                 userPrincipalName: {login}@contoso.com\ndisplayName: {display}\nuserAccountControl: {control}",
                person.dn()
            );
            if let Some(title) = title {
                let _infallible = writeln!(ldif, "title: {title}");
            }
            if let Some(manager) = manager.map(|it| &self.people[it]).filter(|it| it.place != Place::Gone) {
                let _infallible = writeln!(ldif, "manager: {}", manager.dn());
            }
            ldif.push('\n');
        }
        for team in self.teams.iter().filter(|it| !it.is_gone) {
            let Team { id, name, members, is_gone: _ } = team;
            let _infallible = writeln!(
                ldif,
                "dn: CN={name},OU=Groups,DC=contoso,DC=com\nobjectClass: group\nobjectGUID: {{{id}}}\n\
                 sAMAccountName: {name}\ngroupType: -2147483646"
            );
            for member in members.iter().map(|it| &self.people[*it]).filter(|it| it.place != Place::Gone) {
                let _infallible = writeln!(ldif, "member: {}", member.dn());
            }
            ldif.push('\n');
        }
        for Partner { id, login, name, is_gone: _ } in self.partners.iter().filter(|it| !it.is_gone) {
            let _infallible = writeln!(
                ldif,
                "dn: CN={login},OU=Contacts,DC=contoso,DC=com\nobjectClass: contact\nobjectGUID: {{{id}}}\n\
                 mail: {login}@elsewhere.example\ndisplayName: {name}\n"
            );
        }
        ldif
    }
}
