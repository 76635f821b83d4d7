//! The company of the soak: what is in the domain, edited at random, and written down a second time.
//!
//! It knows nothing of tenants: what is written down here is what they are held against.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use rand::RngExt as _;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;

use crate::lab::{BASE, Lab, quoted};

/// People at the beginning.
const PEOPLE: usize = 30;
const TEAMS: usize = 4;
const PARTNERS: usize = 5;

/// Where somebody is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    North,
    South,
    /// In the directory, and in no scope.
    Away,
    /// Deleted.
    Gone,
}

#[derive(Clone, Debug)]
pub(super) struct Person {
    pub(super) place: Place,
    /// Also the display name.
    pub(super) cn: String,
    pub(super) account: String,
    pub(super) title: Option<String>,
    pub(super) may_sign_in: bool,
    pub(super) manager: Option<usize>,
    pub(super) password: String,
    /// base64 of `objectGUID`.
    pub(super) anchor: String,
}

impl Person {
    pub(super) const fn is_in_scope(&self) -> bool {
        matches!(self.place, Place::North | Place::South)
    }

    pub(super) fn upn(&self) -> String {
        format!("{}@{}", self.account, Lab::DOMAIN)
    }

    fn dn(&self) -> String {
        format!("CN={},OU={:?},{}", self.cn, self.place, root())
    }
}

#[derive(Clone, Debug)]
pub(super) struct Team {
    pub(super) cn: String,
    pub(super) members: BTreeSet<usize>,
    pub(super) is_gone: bool,
}

#[derive(Clone, Debug)]
pub(super) struct Partner {
    cn: String,
    pub(super) display: String,
    pub(super) is_gone: bool,
}

/// How much may still be done before everything has come to rest: less than what guards hold.
#[derive(Clone, Copy, Debug)]
struct Budget {
    departures: u32,
    blocks: u32,
    renames: u32,
    teams: u32,
    partners: u32,
}

/// Groups and contacts that stay: a reading without any of a kind is doubted, rightly, until a person has looked.
const LEAST: usize = 2;
const BUDGET: Budget = Budget { departures: 5, blocks: 6, renames: 8, teams: 1, partners: 2 };

/// What is in the domain.
pub(super) struct Company<'a> {
    lab: &'a Lab,
    pub(super) people: Vec<Person>,
    pub(super) teams: Vec<Team>,
    pub(super) partners: Vec<Partner>,
    /// Makes names and passwords that were not there before.
    serial: usize,
    budget: Budget,
    /// Who takes whose name: the taker gets no name before the giver has given it up.
    handed: Vec<(usize, usize)>,
}

/// Everything of the soak is below it.
pub(super) fn root() -> String {
    format!("OU=Soak,{BASE}")
}

impl<'a> Company<'a> {
    pub(super) fn found(lab: &'a Lab) -> Self {
        let mut units = format!("dn: {}\nobjectClass: organizationalUnit\n\n", root());
        for unit in ["North", "South", "Away", "Teams", "Partners"] {
            writeln!(units, "dn: OU={unit},{}\nobjectClass: organizationalUnit\n", root()).unwrap();
        }
        lab.ldif(&units);
        let (people, teams, partners) = (Vec::new(), Vec::new(), Vec::new());
        let mut company =
            Self { lab, people, teams, partners, serial: 0, budget: BUDGET, handed: Vec::new() };
        for number in 0..PEOPLE {
            company.hire(if number % 2 == 0 { Place::North } else { Place::South });
        }
        for number in 0..TEAMS {
            company.found_team();
            company.teams[number].members = (0..PEOPLE).filter(|it| it % TEAMS == number).collect();
            let mut lines = String::from("add: member\n");
            for member in &company.teams[number].members {
                writeln!(lines, "member: {}", company.people[*member].dn()).unwrap();
            }
            company.modify_team(number, &lines);
        }
        for _ in 0..PARTNERS {
            company.add_partner();
        }
        company
    }

    /// All is as it should be: from now on as much may change as before.
    pub(super) fn rest(&mut self) {
        self.budget = BUDGET;
    }

    /// One edit; what it was.
    pub(super) fn edit(&mut self, rng: &mut StdRng) -> &'static str {
        loop {
            let done = match rng.random_range(0..27) {
                0..2 => Some(self.hire(if rng.random() { Place::North } else { Place::South })),
                2..5 => self.depart(rng),
                5..8 => self.come_back(rng),
                8..10 => self.change_unit(rng),
                10..13 => self.rename(rng),
                13 => self.hand_over_name(rng),
                14..16 => self.switch(rng),
                16..18 => self.retitle(rng),
                18..20 => self.set_password(rng),
                20 => self.set_manager(rng),
                21..24 => self.change_members(rng),
                24 => self.change_teams(rng),
                25 => self.swap_names(rng),
                _ => self.change_partners(rng),
            };
            if let Some(done) = done {
                return done;
            }
        }
    }

    fn next(&mut self) -> usize {
        self.serial += 1;
        self.serial
    }

    fn some(&self, rng: &mut StdRng, which: impl Fn(&Person) -> bool) -> Option<usize> {
        let found: Vec<usize> = (0..self.people.len()).filter(|it| which(&self.people[*it])).collect();
        found.choose(rng).copied()
    }

    fn some_in_scope(&self, rng: &mut StdRng) -> Option<usize> {
        self.some(rng, Person::is_in_scope)
    }

    fn hire(&mut self, place: Place) -> &'static str {
        let (number, serial) = (self.people.len(), self.next());
        let mut person = Person {
            place,
            cn: format!("Person {number}"),
            account: format!("soak{number}"),
            title: Some(format!("Title {serial}")),
            may_sign_in: true,
            manager: None,
            password: format!("First-Harbour.{serial}"),
            anchor: String::new(),
        };
        let Person { cn, account, password, .. } = &person;
        let (dn, upn) = (person.dn(), person.upn());
        self.lab.ldif(&format!(
            "dn: {dn}\nobjectClass: user\nsAMAccountName: {account}\nuserPrincipalName: {upn}\nmail: {upn}\n\
             displayName: {cn}\nsn: {number}\ntitle: Title {serial}\nuserAccountControl: 512\nunicodePwd:: {}\n",
            quoted(password)
        ));
        let shown = self.lab.search_as_service(&["-b", &dn, "-s", "base", "objectGUID"]);
        let anchor = shown.lines().find_map(|it| it.strip_prefix("objectGUID:: ")).expect("a GUID");
        anchor.clone_into(&mut person.anchor);
        self.people.push(person);
        "hire"
    }

    /// Deletes somebody, or moves them out of scope.
    fn depart(&mut self, rng: &mut StdRng) -> Option<&'static str> {
        let who = self.some_in_scope(rng)?;
        self.budget.departures = self.budget.departures.checked_sub(1)?;
        if rng.random_bool(0.3) {
            self.lab.modify(&format!("dn: {}\nchangetype: delete\n", self.people[who].dn()));
            self.people[who].place = Place::Gone;
            // The directory takes who is gone out of all groups, and nobody reports to them any more.
            for it in &mut self.teams {
                it.members.remove(&who);
            }
            for it in self.people.iter_mut().filter(|it| it.manager == Some(who)) {
                it.manager = None;
            }
            Some("delete")
        } else {
            self.move_to(who, Place::Away);
            Some("leave the scope")
        }
    }

    fn move_to(&mut self, who: usize, place: Place) {
        let Person { cn, .. } = &self.people[who];
        self.lab.modify(&format!(
            "dn: {}\nchangetype: modrdn\nnewrdn: CN={cn}\ndeleteoldrdn: 1\nnewsuperior: OU={place:?},{}\n",
            self.people[who].dn(),
            root()
        ));
        self.people[who].place = place;
    }

    fn come_back(&mut self, rng: &mut StdRng) -> Option<&'static str> {
        let who = self.some(rng, |it| it.place == Place::Away)?;
        self.move_to(who, if rng.random() { Place::North } else { Place::South });
        Some("come back")
    }

    fn change_unit(&mut self, rng: &mut StdRng) -> Option<&'static str> {
        let who = self.some_in_scope(rng)?;
        let other = if self.people[who].place == Place::North { Place::South } else { Place::North };
        self.move_to(who, other);
        Some("change unit")
    }

    fn modify(&self, who: usize, lines: &str) {
        self.lab.modify(&format!("dn: {}\nchangetype: modify\n{lines}\n", self.people[who].dn()));
    }

    fn name(&mut self, who: usize, account: String) {
        self.people[who].account = account;
        let Person { account, .. } = &self.people[who];
        let upn = self.people[who].upn();
        self.modify(
            who,
            &format!(
                "replace: sAMAccountName\nsAMAccountName: {account}\n-\nreplace: userPrincipalName\n\
                 userPrincipalName: {upn}\n-\nreplace: mail\nmail: {upn}\n-"
            ),
        );
    }

    fn rename(&mut self, rng: &mut StdRng) -> Option<&'static str> {
        let who = self.some_in_scope(rng)?;
        self.budget.renames = self.budget.renames.checked_sub(1)?;
        let serial = self.next();
        let cn = format!("Person {who} |{serial}| & 'Co'");
        self.lab.modify(&format!(
            "dn: {}\nchangetype: modrdn\nnewrdn: CN={cn}\ndeleteoldrdn: 1\n",
            self.people[who].dn()
        ));
        self.people[who].cn.clone_from(&cn);
        self.modify(who, &format!("replace: displayName\ndisplayName: {cn}\n-"));
        self.name(who, format!("soak{who}x{serial}"));
        Some("rename")
    }

    /// Somebody takes the name that somebody else gives up.
    fn hand_over_name(&mut self, rng: &mut StdRng) -> Option<&'static str> {
        let (giver, taker) = (self.some_in_scope(rng)?, self.some_in_scope(rng)?);
        if giver == taker {
            return None;
        }
        self.budget.renames = self.budget.renames.checked_sub(2)?;
        let (serial, account) = (self.next(), self.people[giver].account.clone());
        self.name(giver, format!("soak{giver}h{serial}"));
        self.name(taker, account);
        self.handed.push((giver, taker));
        Some("hand over name")
    }

    /// Two get the names of each other: unless somebody looks in between, both wait until one has another name.
    fn swap_names(&mut self, rng: &mut StdRng) -> Option<&'static str> {
        let (one, other) = (self.some_in_scope(rng)?, self.some_in_scope(rng)?);
        if one == other {
            return None;
        }
        self.budget.renames = self.budget.renames.checked_sub(2)?;
        let (serial, first) = (self.next(), self.people[one].account.clone());
        let second = self.people[other].account.clone();
        self.name(one, format!("soak{one}s{serial}"));
        self.name(other, first);
        self.name(one, second);
        self.handed.extend([(one, other), (other, one)]);
        Some("swap names")
    }

    /// Whoever waits for a name for ever gets another: of those who swapped one, and everybody where somebody left who
    /// keeps theirs in the tenant.
    pub(super) fn untangle(&mut self) {
        let handed = std::mem::take(&mut self.handed);
        let mut renamed = BTreeSet::new();
        let is_away = handed.iter().any(|it| !self.people[it.0].is_in_scope());
        for (giver, taker) in &handed {
            let is_swap = handed.contains(&(*taker, *giver)) && !renamed.contains(giver);
            if (is_swap || is_away) && self.people[*taker].is_in_scope() && renamed.insert(*taker) {
                let serial = self.next();
                self.name(*taker, format!("soak{taker}u{serial}"));
            }
        }
    }

    fn switch(&mut self, rng: &mut StdRng) -> Option<&'static str> {
        let who = self.some_in_scope(rng)?;
        if self.people[who].may_sign_in {
            self.budget.blocks = self.budget.blocks.checked_sub(1)?;
        }
        self.people[who].may_sign_in ^= true;
        let control = if self.people[who].may_sign_in { 512 } else { 514 };
        self.modify(who, &format!("replace: userAccountControl\nuserAccountControl: {control}\n-"));
        Some(if control == 512 { "enable" } else { "disable" })
    }

    fn retitle(&mut self, rng: &mut StdRng) -> Option<&'static str> {
        let who = self.some_in_scope(rng)?;
        let title = if rng.random_bool(0.2) { None } else { Some(format!("Title {}", self.next())) };
        self.people[who].title.clone_from(&title);
        let value = title.map_or_else(String::new, |it| format!("title: {it}\n"));
        self.modify(who, &format!("replace: title\n{value}-"));
        Some("change title")
    }

    fn set_password(&mut self, rng: &mut StdRng) -> Option<&'static str> {
        let who = self.some_in_scope(rng)?;
        let password = format!("Later-Harbour.{}", self.next());
        self.modify(who, &format!("replace: unicodePwd\nunicodePwd:: {}\n-", quoted(&password)));
        self.people[who].password = password;
        Some("set password")
    }

    fn set_manager(&mut self, rng: &mut StdRng) -> Option<&'static str> {
        let who = self.some_in_scope(rng)?;
        let manager = self.some_in_scope(rng).filter(|it| *it != who)?;
        self.modify(who, &format!("replace: manager\nmanager: {}\n-", self.people[manager].dn()));
        self.people[who].manager = Some(manager);
        Some("set manager")
    }

    fn some_team(&self, rng: &mut StdRng) -> Option<usize> {
        let found: Vec<usize> = (0..self.teams.len()).filter(|it| !self.teams[*it].is_gone).collect();
        found.choose(rng).copied()
    }

    fn modify_team(&self, team: usize, lines: &str) {
        let dn = format!("CN={},OU=Teams,{}", self.teams[team].cn, root());
        self.lab.modify(&format!("dn: {dn}\nchangetype: modify\n{lines}-\n"));
    }

    fn change_members(&mut self, rng: &mut StdRng) -> Option<&'static str> {
        let team = self.some_team(rng)?;
        let who = self.some(rng, |it| it.place != Place::Gone)?;
        let (is_member, dn) = (self.teams[team].members.contains(&who), self.people[who].dn());
        let word = if is_member { "delete" } else { "add" };
        self.modify_team(team, &format!("{word}: member\nmember: {dn}\n"));
        let members = &mut self.teams[team].members;
        if is_member {
            members.remove(&who)
        } else {
            members.insert(who)
        };
        Some(if is_member { "leave team" } else { "join team" })
    }

    fn found_team(&mut self) -> &'static str {
        let cn = format!("Team {}", self.next());
        self.lab.ldif(&format!(
            "dn: CN={cn},OU=Teams,{}\nobjectClass: group\nsAMAccountName: {cn}\ngroupType: -2147483646\n",
            root()
        ));
        self.teams.push(Team { cn, members: BTreeSet::new(), is_gone: false });
        "found team"
    }

    fn change_teams(&mut self, rng: &mut StdRng) -> Option<&'static str> {
        let there = self.teams.iter().filter(|it| !it.is_gone).count();
        if there <= LEAST || rng.random() {
            return Some(self.found_team());
        }
        let team = self.some_team(rng)?;
        self.budget.teams = self.budget.teams.checked_sub(1)?;
        let Team { cn, is_gone, .. } = &mut self.teams[team];
        *is_gone = true;
        self.lab.modify(&format!("dn: CN={cn},OU=Teams,{}\nchangetype: delete\n", root()));
        Some("delete team")
    }

    fn add_partner(&mut self) -> &'static str {
        let serial = self.next();
        let (cn, display) = (format!("Partner {serial}"), format!("Partner {serial}"));
        self.lab.ldif(&format!(
            "dn: CN={cn},OU=Partners,{}\nobjectClass: contact\nmail: partner{serial}@elsewhere.example\n\
             displayName: {display}\n",
            root()
        ));
        self.partners.push(Partner { cn, display, is_gone: false });
        "add partner"
    }

    fn change_partners(&mut self, rng: &mut StdRng) -> Option<&'static str> {
        let there: Vec<usize> = (0..self.partners.len()).filter(|it| !self.partners[*it].is_gone).collect();
        let Some(which) = there.choose(rng).copied().filter(|_| rng.random_bool(0.7)) else {
            return Some(self.add_partner());
        };
        let dn = format!("CN={},OU=Partners,{}", self.partners[which].cn, root());
        if rng.random() {
            let display = format!("Partner {which} as {}", self.next());
            self.lab.modify(&format!(
                "dn: {dn}\nchangetype: modify\nreplace: displayName\ndisplayName: {display}\n-\n"
            ));
            self.partners[which].display = display;
            return Some("rename partner");
        }
        if there.len() <= LEAST {
            return Some(self.add_partner());
        }
        self.budget.partners = self.budget.partners.checked_sub(1)?;
        self.lab.modify(&format!("dn: {dn}\nchangetype: delete\n"));
        self.partners[which].is_gone = true;
        Some("delete partner")
    }
}
