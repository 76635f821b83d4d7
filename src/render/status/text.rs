//! How policies stand, for people: a few lines for each, with the first of every long list.

use std::collections::BTreeMap;
use std::fmt::{Result, Write as _};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::table::table;
use crate::model::{PastRun, PausedChange};
use crate::plan::{Failing, PasswordStanding, Passwords, PolicyStatus, Sides, Underway, UserPassword};
use crate::render::Paint;
use crate::render::paint::Meaning;
use crate::render::words;

const LABEL_WIDTH: usize = 12;
/// Objects and users listed by name; more are counted.
const SHOWN_MAX: usize = 20;

/// All policies, one after the other; of several, a table of all of them first.
pub fn status_text(policies: &[PolicyStatus], paint: Paint) -> String {
    let texts: Vec<String> = policies.iter().map(|it| policy_text(it, paint)).collect();
    table(policies, paint) + &texts.join("\n")
}

/// Above each of several looks: when it was.
pub fn look_heading(as_of: Timestamp, paint: Paint) -> String {
    paint.text(Meaning::Heading, format!("as of {}", time(as_of))).to_string()
}

/// Above what is looked at again and again in one place: how old it is, and when it is looked at again.
pub fn watch_heading(as_of: Timestamp, now: Timestamp, every: Duration, paint: Paint) -> String {
    let age = words::span(now.duration_since(as_of).max(SignedDuration::ZERO));
    let every = words::span(SignedDuration::try_from(every).unwrap_or(SignedDuration::MAX));
    let heading = format!("as of {}, {age} ago   every {every}   Ctrl-C ends it", time(as_of));
    paint.text(Meaning::Heading, heading).to_string()
}

fn policy_text(it: &PolicyStatus, paint: Paint) -> String {
    let mut page = Page { out: String::new(), paint };
    page.write(it).expect("writing to a string cannot fail");
    page.out
}

struct Page {
    out: String,
    paint: Paint,
}

impl Page {
    fn write(&mut self, it: &PolicyStatus) -> Result {
        let PolicyStatus { policy, directory, tenant, as_of, last, failing, leaving, .. } = it;
        let heading = format!("policy {}", words::name(policy));
        let between = format!("{} -> {}", words::name(directory), words::name(tenant));
        writeln!(self.out, "{}   {between}", self.paint.text(Meaning::Heading, heading))?;
        self.line("last apply", last_words(last.as_ref()))?;
        self.now(it.sides.as_ref())?;
        self.failing(failing)?;
        self.leaving(leaving)?;
        self.passwords(it, *as_of)
    }

    fn line(&mut self, label: &str, words: impl std::fmt::Display) -> Result {
        writeln!(self.out, "  {label:<LABEL_WIDTH$} {words}")
    }

    fn item(&mut self, words: impl std::fmt::Display) -> Result {
        writeln!(self.out, "    {words}")
    }

    /// Says how many are not shown.
    fn rest(&mut self, all: usize) -> Result {
        match all.checked_sub(SHOWN_MAX) {
            None | Some(0) => Ok(()),
            Some(more) => self.item(format!("… and {more} more (--format json lists all)")),
        }
    }

    fn now(&mut self, sides: std::result::Result<&Sides, &String>) -> Result {
        let Sides { broken, changes, drifted, held, notes, passwords: _ } = match sides {
            Ok(sides) => sides,
            Err(why) => {
                let words = format!("not known, both sides have to be read: {}", words::name(why));
                let words = self.paint.text(Meaning::Removed, words).to_string();
                return self.line("now", words);
            }
        };
        if let Some(cause) = broken {
            let words =
                format!("only in part, the reading of the directory broke off: {}", words::name(cause));
            let words = self.paint.text(Meaning::Removed, words).to_string();
            self.line("now", words)?;
        }
        let mut facts = Vec::new();
        if 0 < *drifted {
            facts.push(format!("{drifted} drifted in the tenant"));
        }
        let number: usize = held.iter().map(|it| it.1).sum();
        if 0 < number {
            let guards: Vec<String> =
                held.iter().map(|(guard, it)| format!("{} {it}", guard.word())).collect();
            facts.push(format!("{number} held ({})", guards.join(", ")));
        }
        let facts = if facts.is_empty() { String::new() } else { format!(": {}", facts.join(", ")) };
        let pending = match changes {
            0 => "nothing to do".to_owned(),
            many => format!("{} pending{facts}", words::count(*many, "change", "changes")),
        };
        self.line(if broken.is_some() { "" } else { "now" }, pending)?;
        notes.iter().try_for_each(|it| self.item(format!("! {}", words::name(it))))
    }

    fn failing(&mut self, failing: &[Failing]) -> Result {
        if failing.is_empty() {
            return Ok(());
        }
        self.line("failing", format!("{} failed last", words::count(failing.len(), "change", "changes")))?;
        for Failing { run, change, planned, paused } in failing.iter().take(SHOWN_MAX) {
            let sign = self.paint.text(Meaning::Removed, "!").to_string();
            let name = words::name(&change.name);
            let because = words::name(&change.because);
            let over = if *planned == Some(false) { "; nothing is planned for it now" } else { "" };
            let when = time(change.settled);
            self.item(format!(
                "{sign} {} {} {name}   {}, run {run}, {when}: {because}{over}",
                change.op, change.kind, change.outcome
            ))?;
            for line in change.message.iter().flat_map(|it| it.lines()) {
                writeln!(self.out, "        {}", self.paint.text(Meaning::Quiet, words::name(line)))?;
            }
            if let Some(PausedChange { failures, next, .. }) = paused {
                let times = words::count(*failures as usize, "time", "times");
                let next = time(*next);
                writeln!(
                    self.out,
                    "        failed {times} in a row; the service tries it again {next}, or at once when its values change"
                )?;
            }
        }
        self.rest(failing.len())
    }

    fn leaving(&mut self, leaving: &[Underway]) -> Result {
        if leaving.is_empty() {
            return Ok(());
        }
        let many = words::count(leaving.len(), "object", "objects");
        self.line("leaving", format!("{many} left and in a grace period"))?;
        for Underway { kind, name, since, delete_from, is_back } in leaving.iter().take(SHOWN_MAX) {
            let end = match (is_back, delete_from) {
                (Some(true), _) => "back in scope: the next apply ends it".to_owned(),
                (Some(false) | None, Some(day)) => format!("to be deleted from {day} on"),
                (Some(false) | None, None) => "never to be deleted".to_owned(),
            };
            self.item(format!("{kind} {}   since {}, {end}", words::name(name), time(*since)))?;
        }
        self.rest(leaving.len())
    }

    fn passwords(&mut self, it: &PolicyStatus, as_of: Timestamp) -> Result {
        if let Some(why) = it.no_travel {
            return self.line("passwords", format!("none travel: {why}"));
        }
        let current = it.sides.as_ref().ok().and_then(|it| it.passwords.as_ref());
        let Some(Passwords { confirmed, waiting, left }) = current else {
            let (many, at) = it.confirmed;
            let users = words::count(many, "user", "users");
            let last = at.map_or_else(String::new, |at| format!(", the last one {}", time(at)));
            return self.line("passwords", format!("the tenant confirmed one of {users} once{last}"));
        };
        let oldest = waiting.iter().find_map(|it| it.state.lag(as_of));
        let oldest = oldest.map_or_else(String::new, |it| format!("; oldest lag {}", words::span(it)));
        let (here, wait, stay) = (confirmed.len(), waiting.len(), left.len());
        self.line("passwords", format!("{here} confirmed, {wait} waiting, {stay} not sent{oldest}"))?;
        if let Some(user) = confirmed.last() {
            self.item(format!("latest   {}", user_words(user, as_of)))?;
        }
        for user in waiting.iter().take(SHOWN_MAX) {
            let line = format!("waiting  {}", user_words(user, as_of));
            let line = self.paint.text(Meaning::Changed, line).to_string();
            self.item(line)?;
        }
        self.rest(wait)?;
        let mut reasons: BTreeMap<String, usize> = BTreeMap::new();
        for user in left {
            if let PasswordStanding::Left(why) = &user.state.standing {
                *reasons.entry(why.to_string()).or_default() += 1;
            }
        }
        reasons.iter().try_for_each(|(why, many)| {
            self.item(format!("not sent {}: {}", words::count(*many, "user", "users"), words::name(why)))
        })
    }
}

/// `ada@contoso.com   lag 2 h 5 min: changed in AD …, confirmed by the tenant …`.
fn user_words(user: &UserPassword, as_of: Timestamp) -> String {
    let UserPassword { name, in_tenant, state } = user;
    let lag =
        state.lag(as_of).map_or_else(|| "lag not known".to_owned(), |it| format!("lag {}", words::span(it)));
    let changed = state.changed.map_or_else(
        || "must be changed at the next logon".to_owned(),
        |it| format!("changed in AD {}", time(it)),
    );
    let confirmed = match (state.confirmed, &state.standing, in_tenant) {
        (Some(at), PasswordStanding::Confirmed, _) => format!("confirmed by the tenant {}", time(at)),
        (Some(at), PasswordStanding::Waiting | PasswordStanding::Left(_), _) => {
            format!("an older one confirmed by the tenant {}", time(at))
        }
        (None, _, true) => "none confirmed by the tenant yet".to_owned(),
        (None, _, false) => "the tenant has no such user yet".to_owned(),
    };
    format!("{}   {lag}: {changed}, {confirmed}", words::name(name))
}

/// `2026-11-22 09:00:03Z, run 12 of commit 3f2c1d9 by kim: 10 done, 1 failed, 2 held`.
fn last_words(last: Option<&PastRun>) -> String {
    let Some(run) = last else { return "nothing was applied yet, as far as the records go".to_owned() };
    let PastRun { number, commit, dirty, by, started, ended, done, failed, held, .. } = run;
    let version = commit.as_ref().map_or_else(String::new, |it| {
        format!(" of commit {}{}", words::name(it), if *dirty { "+changes" } else { "" })
    });
    let end = ended.map_or_else(|| format!("began {} and did not end", time(*started)), time);
    format!("{end}, run {number}{version} by {}: {done} done, {failed} failed, {held} held", words::name(by))
}

/// To the second, in UTC, as the history has it.
pub(super) fn time(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M:%SZ").to_string()
}
