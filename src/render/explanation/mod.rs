//! One object explained, as text: where it is, what the policy makes of it, what the plan does with it now.

mod details;
mod members;
mod properties;
mod scope;

use std::fmt::{Result, Write as _};

use crate::model::{ObjectKind, Origin, PastChange, Rejection};
use crate::plan::{Explanation, JoinedBy, Match, NamesakeSide, Place};

use super::paint::{Meaning, Paint};
use super::{text, words};

/// The column of what a line is about.
const LABEL_WIDTH: usize = 10;
/// Objects listed if a name means several; more are counted.
const CHOICES_MAX: usize = 20;

/// Where the lines of an explanation go, and how they look.
struct Page<'a> {
    out: &'a mut String,
    paint: Paint,
    it: &'a Explanation,
}

impl Page<'_> {
    fn line(&mut self, label: &str, text: impl std::fmt::Display) -> Result {
        writeln!(self.out, "  {label:<LABEL_WIDTH$} {text}")
    }

    fn quiet(&mut self, label: &str, text: impl std::fmt::Display) -> Result {
        let text = self.paint.text(Meaning::Quiet, text);
        writeln!(self.out, "  {label:<LABEL_WIDTH$} {text}")
    }
}

/// What a policy has to say about one object.
pub fn explanation_text(explanation: &Explanation, paint: Paint) -> String {
    let mut out = String::new();
    let _infallible = write(&mut Page { out: &mut out, paint, it: explanation });
    out + "\n"
}

/// What a name means that means several objects: one line for each.
pub fn choices_text(policy: &str, who: &str, explanations: &[Explanation]) -> String {
    let mut out = format!(
        "policy {policy}: {} objects are called {}; say which by DN or id\n",
        explanations.len(),
        words::name(who)
    );
    for it in explanations.iter().take(CHOICES_MAX) {
        let verdict = match (it.in_scope(), &it.place) {
            (Ok(()), Place::Directory { .. }) => "in scope".to_owned(),
            (Err(why), _) => format!("out of scope: {why}"),
            (Ok(()), Place::Tenant) => "in the tenant only".to_owned(),
            (Ok(()), Place::Records) => "on record only".to_owned(),
            (Ok(()), Place::Container(_)) => "a container".to_owned(),
            (Ok(()), Place::LeftOut(_)) => "not kept the same".to_owned(),
        };
        let name = match &it.place {
            Place::Directory { dn, guid: _ } => dn.clone(),
            Place::Tenant => {
                it.tenant.as_ref().map_or_else(String::new, |it| format!("{} ({})", it.name, it.id))
            }
            Place::Records | Place::Container(_) | Place::LeftOut(_) => it.name.clone(),
        };
        let _infallible = writeln!(out, "  {:<9} {}   {verdict}", kind_word(it), words::name(&name));
    }
    if CHOICES_MAX < explanations.len() {
        let _infallible = writeln!(out, "  … and {} more", explanations.len() - CHOICES_MAX);
    }
    out + "\n"
}

fn kind_word(it: &Explanation) -> &'static str {
    match (it.kind, &it.place) {
        (Some(kind), _) => kind.word(),
        (None, Place::Container(_)) => "container",
        (None, _) => "entry",
    }
}

fn write(page: &mut Page<'_>) -> Result {
    let it = page.it;
    let heading = format!("{} {}", kind_word(it), words::name(&it.name));
    writeln!(page.out, "{}   policy {}", page.paint.text(Meaning::Heading, heading), it.policy)?;
    write_place(page)?;
    if matches!(it.place, Place::Container(_) | Place::LeftOut(_)) {
        return text::write_changes(page.out, &it.changes, &it.findings, page.paint);
    }
    scope::write(page)?;
    write_match(page)?;
    details::write_tenant(page)?;
    write_namesakes(page)?;
    details::write_sign_in(page)?;
    details::write_password(page)?;
    details::write_leaving(page)?;
    members::write(page)?;
    properties::write(page)?;
    details::write_guards(page)?;
    write_last(page)?;
    write_plan(page)
}

fn write_last(page: &mut Page<'_>) -> Result {
    let mut label = "last run";
    for (run, change) in &page.it.last {
        let PastChange { op, because, outcome, settled, message, .. } = change;
        let words = format!("{run}, {settled}: {outcome}: {op}, {}", words::name(because));
        page.line(std::mem::take(&mut label), words)?;
        for line in message.iter().flat_map(|it| it.lines()) {
            page.quiet("", words::name(line))?;
        }
    }
    Ok(())
}

fn write_place(page: &mut Page<'_>) -> Result {
    let it = page.it;
    let server = match &it.server {
        Some(server) if !server.is_empty() && *server != it.directory => {
            format!("{} ({server})", it.directory)
        }
        Some(_) => it.directory.clone(),
        None => format!("{}, which could not be read to the end", it.directory),
    };
    match &it.place {
        Place::Directory { dn, guid } => {
            page.line("directory", words::name(dn))?;
            page.quiet("", format!("objectGUID {guid}, read from {}", words::name(&server)))
        }
        Place::Tenant => page.line("directory", format!("not in {}", words::name(&server))),
        Place::Records => page.line(
            "directory",
            format!(
                "not in {}, and the tenant has no such object any more: only our records know it",
                words::name(&server)
            ),
        ),
        Place::Container(below) => {
            let counts: Vec<String> = below
                .below
                .iter()
                .map(|(kind, (all, inside))| {
                    format!("{}, {inside} in scope", words::count(*all, kind.word(), plural(*kind)))
                })
                .collect();
            let counts = if counts.is_empty() { "nothing".to_owned() } else { counts.join("; ") };
            page.line("below it", counts)?;
            let out: Vec<String> =
                below.out_of_scope.iter().map(|(word, count)| format!("{count} by {word}")).collect();
            if !out.is_empty() {
                page.line("out", format!("{} (explain one of them to see why)", out.join(", ")))?;
            }
            page.quiet("", format!("objectGUID {}, read from {}", below.guid, words::name(&server)))
        }
        Place::LeftOut(entry) => {
            page.line("directory", words::name(&entry.dn))?;
            page.line(
                "left out",
                match entry.why {
                    Rejection::NoGuid => "it has no objectGUID, so there is nothing to recognise it by",
                    Rejection::DuplicateGuid => "it has the objectGUID of another entry",
                    Rejection::OtherClass => {
                        "it is neither a user, a group nor a contact; computers are never users"
                    }
                    Rejection::Deleted => "it is a tombstone: deleted in the directory",
                },
            )
        }
    }
}

fn write_match(page: &mut Page<'_>) -> Result {
    let it = page.it;
    let anchor =
        it.anchor.map_or_else(|| "no anchor of the wanted sort".to_owned(), |it| format!("anchor {it}"));
    let words = match &it.found {
        Match::Joined(JoinedBy::RecordAndAnchor) => format!("the same object, by our records and {anchor}"),
        // Of what Entra Connect's protocol writes, only users show their anchor.
        Match::Joined(JoinedBy::Record) if is_synchronised(page) => {
            format!("the same object, by our records ({anchor}, which the tenant does not show)")
        }
        Match::Joined(JoinedBy::Record) => {
            format!("the same object, by our records ({anchor}, not in the tenant)")
        }
        Match::Joined(JoinedBy::Anchor) => format!("the same object, by {anchor}"),
        Match::InRecycleBin => format!("the same object, in the recycle bin, by {anchor}"),
        Match::Missing => format!("none in the tenant ({anchor})"),
        Match::Contested(other) => format!("contested: {} has the same {anchor}", words::name(other)),
        Match::NotInDirectory if it.anchor.is_none() => "none in the directory: it has no anchor".to_owned(),
        Match::NotInDirectory => format!("none in the directory ({anchor})"),
    };
    page.line("match", words)
}

fn is_synchronised(page: &Page<'_>) -> bool {
    let origin = page.it.tenant.as_ref().map(|it| it.origin);
    page.it.kind != Some(ObjectKind::User) && origin == Some(Origin::Synced)
}

fn write_namesakes(page: &mut Page<'_>) -> Result {
    for (at, other) in page.it.namesakes.iter().enumerate() {
        let side = match (other.side, other.deleted) {
            (NamesakeSide::Directory, _) => "directory",
            (NamesakeSide::Tenant, false) => "tenant",
            (NamesakeSide::Tenant, true) => "recycle bin",
        };
        let words = format!(
            "{} {} ({}, {}) bears {} too",
            other.kind,
            words::name(&other.name),
            side,
            other.id,
            words::quoted(&other.shared)
        );
        page.line(if at == 0 { "namesake" } else { "" }, words)?;
    }
    Ok(())
}

fn write_plan(page: &mut Page<'_>) -> Result {
    let it = page.it;
    if let Some(why) = &it.alone {
        page.line("left alone", words::name(why))?;
    }
    text::write_changes(page.out, &it.changes, &it.findings, page.paint)?;
    if it.changes.is_empty() {
        writeln!(page.out, "nothing to do for it")?;
    }
    Ok(())
}

/// The plural of a kind, as sentences need it.
const fn plural(kind: ObjectKind) -> &'static str {
    match kind {
        ObjectKind::User => "users",
        ObjectKind::Group => "groups",
        ObjectKind::Contact => "contacts",
    }
}
