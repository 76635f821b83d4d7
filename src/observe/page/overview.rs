//! All policies in one table.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use jiff::Timestamp;
use maud::{Markup, html};

use super::frame::{OVERVIEW, Place, page as framed};
use super::health::{Health, alarms, matter};
use super::moment::{distance, moment};
use super::table::{Column, cell, count, head, row, table};
use crate::observe::{Found, Overview, Picture};
use crate::render::{one_line, span};

pub(super) fn page(overview: &Overview, comes_again: bool) -> Markup {
    let place = Place { title: OVERVIEW, policy: None, again: Some(comes_again) };
    let main = html! {
        h1 { (OVERVIEW) }
        p.lead { (sentence(overview)) }
        (alarms(overview, None))
        @if !overview.policies.is_empty() { (policies(overview)) }
    };
    framed(overview, &place, &main)
}

/// `3 policies: 1 has an error, 2 are well`, the worst first.
fn sentence(overview: &Overview) -> String {
    let mut many: BTreeMap<Reverse<Health>, usize> = BTreeMap::new();
    for picture in &overview.policies {
        *many.entry(Reverse(Health::of(picture, overview))).or_default() += 1;
    }
    let parts: Vec<String> = many.into_iter().map(|(health, many)| health.0.of_many(many)).collect();
    match overview.policies.len() {
        0 => "There is no policy.".to_owned(),
        1 => format!("1 policy: {}.", parts.join(", ")),
        all => format!("{all} policies: {}.", parts.join(", ")),
    }
}

const COLUMNS: [Column; 12] = [
    Column::Words("Policy"),
    Column::Words("Health"),
    Column::Words("Last look"),
    Column::Words("Next look"),
    Column::Numbers("Add"),
    Column::Numbers("Change"),
    Column::Numbers("Block"),
    Column::Numbers("Delete"),
    Column::Numbers("Held"),
    Column::Numbers("Waiting"),
    Column::Numbers("Failing"),
    Column::Numbers("Password lag"),
];

fn policies(overview: &Overview) -> Markup {
    let caption = html! {
        "The worst first. Add, change, block and delete count the objects that differ now; held, those that a guard holds. "
        "Waiting are changes that wait for a person, failing those that failed and are tried again later."
    };
    let mut all: Vec<&Picture> = overview.policies.iter().collect();
    all.sort_by_key(|it| Reverse(Health::of(it, overview)));
    let rows = html! { @for picture in all { (line(picture, overview)) } };
    table(&caption, &COLUMNS, &rows)
}

fn line(picture: &Picture, overview: &Overview) -> Markup {
    let now = overview.now;
    let found = picture.found.as_deref();
    let number = |column: &str, of: fn(&Found) -> usize| count(column, found.map(of));
    let name = html! {
        a href={ "/policy/" (picture.title.policy) } { (picture.title.policy) }
        " " span.quiet { (picture.title.directory) " → " (picture.title.tenant) ", " (picture.title.mode) }
    };
    let health = html! {
        (Health::of(picture, overview).badge())
        @if let Some(words) = matter(picture, overview) { " " span.quiet.matter { (words) } }
    };
    row(&html! {
        (head(&name))
        (cell("Health", &health))
        (cell("Last look", &last(picture, now)))
        (cell("Next look", &next(picture, now)))
        (number("Add", |it| it.pending.objects_added))
        (number("Change", |it| it.pending.objects_changed))
        (number("Block", |it| it.pending.objects_blocked))
        (number("Delete", |it| it.pending.objects_deleted))
        (number("Held", |it| it.pending.objects_held))
        (number("Waiting", |it| it.waiting))
        (number("Failing", |it| it.failing))
        @match found.and_then(|it| it.oldest_password) {
            Some(since) => td.number role="cell" data-label="Password lag" { (span(now.duration_since(since))) },
            None => td.number.none role="cell" data-label="Password lag" { "none" },
        }
    })
}

/// When the last look ended, and whether it went well.
fn last(picture: &Picture, now: Timestamp) -> Markup {
    html! {
        @match &picture.last {
            None => "none yet",
            Some(it) => {
                time datetime=(it.at.strftime("%Y-%m-%dT%H:%M:%SZ")) { (distance(it.at, now)) }
                @if it.trouble.is_some() { ", " strong { "failed" } }
            }
        }
    }
}

/// When the next look is due.
fn next(picture: &Picture, now: Timestamp) -> Markup {
    html! {
        @match (picture.looking_since, picture.next) {
            (Some(_), _) => "looking now",
            (None, Some(at)) if now < at => time datetime=(at.strftime("%Y-%m-%dT%H:%M:%SZ")) { (distance(at, now)) },
            (None, Some(_)) => "now",
            (None, None) => "soon",
        }
    }
}

/// When a policy is looked at, in full.
pub(super) fn looks(picture: &Picture, now: Timestamp) -> Markup {
    html! {
        dt { "Last look" }
        dd {
            @match &picture.last {
                None => "none has ended yet",
                Some(it) => {
                    (moment(it.at, Some(now))) ", took " (took(it.took)) ": "
                    @match &it.trouble {
                        None => "went well",
                        Some(words) => strong { "failed: " (one_line(words)) }
                    }
                }
            }
        }
        dt { "Next look" }
        dd {
            @match (picture.looking_since, picture.next) {
                (Some(since), _) => { "looking since " (moment(since, Some(now))) }
                (None, Some(at)) => (moment(at, Some(now))),
                (None, None) => "soon",
            }
            span.quiet { "; sooner if an event is seen" }
        }
    }
}

fn took(length: std::time::Duration) -> String {
    if length.as_secs() < 10 {
        format!("{:.1} s", length.as_secs_f64())
    } else {
        span(jiff::SignedDuration::try_from(length).unwrap_or(jiff::SignedDuration::MAX))
    }
}
