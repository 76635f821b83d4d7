//! All policies in one table.

use jiff::Timestamp;
use maud::{Markup, html};

use super::super::picture::{Found, Picture};
use super::super::server::Overview;
use super::frame::{OVERVIEW, Place, page as framed};
use super::health::{Health, alarms};
use super::moment::{distance, moment};
use crate::render::span;

pub(super) fn page(overview: &Overview, comes_again: bool) -> Markup {
    let place = Place { title: OVERVIEW, policy: None, again: Some(comes_again) };
    let main = html! {
        h1 { (OVERVIEW) }
        p.lead { (sentence(overview)) }
        (alarms(overview, None))
        @if !overview.policies.is_empty() { (table(overview)) }
    };
    framed(overview, &place, &main)
}

/// `3 policies: 1 error, 2 well`, the worst first.
fn sentence(overview: &Overview) -> String {
    let all: Vec<Health> = overview.policies.iter().map(|it| Health::of(it, overview)).collect();
    let mut kinds = all.clone();
    kinds.sort_unstable_by(|a, b| b.cmp(a));
    kinds.dedup();
    let parts = kinds.iter().map(|kind| {
        let many = all.iter().filter(|it| *it == kind).count();
        format!("{many} {}", kind.words())
    });
    let parts: Vec<String> = parts.collect();
    match all.len() {
        0 => "There is no policy.".to_owned(),
        1 => format!("1 policy: {}.", parts.join(", ")),
        many => format!("{many} policies: {}.", parts.join(", ")),
    }
}

/// On a narrow screen each row is a card: the roles stay, which a browser else forgets of what is no table to the eye.
fn table(overview: &Overview) -> Markup {
    html! {
        div.scroll {
            table.cards role="table" {
                caption.unseen { "Health, looks and pending changes of each policy" }
                thead role="rowgroup" {
                    tr role="row" {
                        (heading("Policy"))
                        (heading("Health"))
                        (heading("Last look"))
                        (heading("Next look"))
                        (number_heading("Add"))
                        (number_heading("Change"))
                        (number_heading("Block"))
                        (number_heading("Delete"))
                        (number_heading("Held"))
                        (number_heading("Waiting"))
                        (number_heading("Failing"))
                        (number_heading("Password lag"))
                    }
                }
                tbody role="rowgroup" {
                    @for picture in &overview.policies { (row(picture, overview)) }
                }
            }
        }
        p.quiet {
            "Add, change, block and delete count objects that differ now. Held: a guard holds them. "
            "Waiting: changes that wait for a person. Failing: changes that failed and are tried again later."
        }
    }
}

fn heading(words: &str) -> Markup {
    html! { th role="columnheader" scope="col" { (words) } }
}

fn number_heading(words: &str) -> Markup {
    html! { th.number role="columnheader" scope="col" { (words) } }
}

fn row(picture: &Picture, overview: &Overview) -> Markup {
    let now = overview.now;
    let found = picture.found.as_deref();
    let count = |label: &str, of: fn(&Found) -> usize| number(label, found.map(of));
    html! {
        tr role="row" {
            th role="rowheader" scope="row" {
                a href={ "/policy/" (picture.title.policy) } { (picture.title.policy) }
                span.quiet { (picture.title.directory) " → " (picture.title.tenant) ", " (picture.title.mode) }
            }
            td role="cell" { (Health::of(picture, overview).badge()) }
            td role="cell" data-label="Last look" { (last(picture, now)) }
            td role="cell" data-label="Next look" { (next(picture, now)) }
            (count("Add", |it| it.pending.objects_added))
            (count("Change", |it| it.pending.objects_changed))
            (count("Block", |it| it.pending.objects_blocked))
            (count("Delete", |it| it.pending.objects_deleted))
            (count("Held", |it| it.pending.objects_held))
            (count("Waiting", |it| it.waiting))
            (count("Failing", |it| it.failing))
            @match found.and_then(|it| it.oldest_password) {
                Some(since) => td.number role="cell" data-label="Password lag" { (span(now.duration_since(since))) }
                None => td.number.none role="cell" data-label="Password lag" { "none" }
            }
        }
    }
}

fn number(label: &str, number: Option<usize>) -> Markup {
    match number {
        Some(0) | None => html! {
            td.number.none role="cell" data-label=(label) { (number.map_or("?", |_| "0")) }
        },
        Some(many) => html! { td.number role="cell" data-label=(label) { (many) } },
    }
}

/// When the last look ended, and whether it went well.
pub(super) fn last(picture: &Picture, now: Timestamp) -> Markup {
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
                        Some(words) => strong { "failed: " (crate::render::one_line(words)) }
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
