//! One policy: what waits, what fails, what was done.

use std::collections::BTreeMap;

use jiff::Timestamp;
use maud::{Markup, html};

use super::explanation::form;
use super::frame::{Place, page as framed};
use super::health::{Health, alarms, of_policy};
use super::moment::moment;
use super::overview::looks;
use super::plan::printed;
use super::table::{Column, cell, count, head, row, table};
use crate::model::{PastChange, PastRun};
use crate::observe::{Found, Overview, Past, Picture};
use crate::render::{one_line, span};

pub(super) fn page(
    overview: &Overview,
    picture: &Picture,
    past: &Result<Past, String>,
    comes_again: bool,
) -> Markup {
    let name = &picture.title.policy;
    let place = Place { title: name, policy: None, again: Some(comes_again) };
    let main = html! {
        h1 { (name) " " (Health::of(picture, overview).badge()) }
        (facts(picture, overview.now))
        section aria-labelledby="alarms" {
            h2 #alarms { "Alarms" }
            @if of_policy(overview, Some(name)).next().is_none() { p { "Nothing is the matter." } }
            (alarms(overview, Some(name)))
        }
        section aria-labelledby="plan" {
            h2 #plan { "What differs" }
            (pending(picture, overview.now))
        }
        @match past {
            Ok(past) => {
                (failing(picture, past, overview.now))
                (history(name, &past.runs))
            }
            Err(why) => section aria-labelledby="history" {
                h2 #history { "History" }
                p { strong { "The records cannot be read: " } (one_line(why)) }
            }
        }
        section aria-labelledby="explain" {
            h2 #explain { "Explain one object" }
            (form(name, ""))
        }
    };
    framed(overview, &place, &main)
}

fn facts(picture: &Picture, now: Timestamp) -> Markup {
    let found = picture.found.as_deref();
    let objects = |of: fn(&Found) -> usize| match found.map(of) {
        None => "not read yet".to_owned(),
        Some(1) => "1 object".to_owned(),
        Some(many) => format!("{many} objects"),
    };
    html! {
        dl.facts {
            (looks(picture, now))
            dt { "Directory" }
            dd {
                (picture.title.directory) ": " (objects(|it| it.directory_objects))
                @if let Some(cause) = found.and_then(|it| it.broken.as_ref()) {
                    ", " strong { "not read to its end: " (one_line(cause)) }
                }
            }
            dt { "Tenant" }
            dd { (picture.title.tenant) ": " (objects(|it| it.tenant_objects)) }
            dt { "Mode" }
            dd { (picture.title.mode) span.quiet { (meaning(picture.title.mode)) } }
            dt { "Passwords" }
            dd { (passwords(picture, now)) }
        }
    }
}

fn meaning(mode: &str) -> &'static str {
    match mode {
        "observe" => ": changes nothing",
        "review" => ": applies what is approved",
        _ => ": applies what no guard holds",
    }
}

fn passwords(picture: &Picture, now: Timestamp) -> Markup {
    html! {
        @match (&picture.title.no_travel, picture.found.as_deref()) {
            (Some(why), _) => { "none travel: " (why) }
            (None, None) => "not looked at yet",
            (None, Some(found)) => {
                @match (found.pending.passwords, found.oldest_password) {
                    (0, _) => "none waits",
                    (many, None) => { (many) " wait for their users to be created" }
                    (many, Some(since)) => {
                        (many) " waiting; the oldest for " strong { (span(now.duration_since(since))) }
                        ", changed in AD " (moment(since, None))
                    }
                }
            }
        }
    }
}

fn pending(picture: &Picture, now: Timestamp) -> Markup {
    let Some(found) = picture.found.as_deref() else {
        return html! { p { "No look has come to a plan yet." } };
    };
    let command = format!("samesign plan --policy {}", picture.title.policy);
    html! {
        p {
            "As of the look " (moment(found.at, Some(now))) ", without what it applied; "
            @match found.waiting {
                0 => "no change waits for a person. ",
                1 => { strong { "1 change waits for a person" } ". " }
                many => { strong { (many) " changes wait for a person" } ". " }
            }
            span.quiet { code { (command) } " prints it anew." }
        }
        (printed(&found.plan, "Plan"))
    }
}

/// What failed by itself, and when it is tried again.
fn failing(picture: &Picture, past: &Past, now: Timestamp) -> Markup {
    let none = BTreeMap::new();
    let found = picture.found.as_deref();
    let paused = found.map_or(&none, |it| &it.paused);
    let rows: Vec<(&i64, &PastChange, &Timestamp)> = past
        .failing
        .iter()
        .filter_map(|(run, change)| Some((run, change, paused.get(&change.digest)?)))
        .collect();
    let all = found.map_or(0, |it| it.failing);
    let columns = ["Change", "What was answered", "Failed", "Tried again"].map(Column::Words);
    let caption =
        html! { "Each is tried again by itself, later each time that it fails; no other waits for it" };
    let policy = &picture.title.policy;
    let lines = html! {
        @for (run, change, again) in &rows { (failing_row(policy, **run, change, (**again, now))) }
    };
    html! {
        section aria-labelledby="failing" {
            h2 #failing { "Failing changes" }
            @if all == 0 { p { "None." } }
            @if !rows.is_empty() { (table(&caption, &columns, &lines)) }
            @if rows.len() < all {
                p { "Not all of these " (all) " are shown here: " code { "samesign status" } " lists them." }
            }
        }
    }
}

fn failing_row(policy: &str, run: i64, change: &PastChange, (again, now): (Timestamp, Timestamp)) -> Markup {
    let PastChange { op, kind, name, because, outcome, message, settled, .. } = change;
    let what = html! { (op) " " (kind) " " (one_line(name)) " " span.quiet { (one_line(because)) } };
    let answer = html! {
        p { (one_line(outcome)) }
        @for line in message.iter().flat_map(|it| it.lines()) { p { (one_line(line)) } }
    };
    let failed = html! { (moment(*settled, Some(now))) ", " (run_link(policy, run)) };
    let again = html! { @if now < again { (moment(again, Some(now))) } @else { "at the next look" } };
    row(&html! {
        (head(&what)) (cell("What was answered", &answer)) (cell("Failed", &failed)) (cell("Tried again", &again))
    })
}

fn run_link(policy: &str, number: i64) -> Markup {
    html! { a href={ "/policy/" (policy) "/run/" (number) } { "run " (number) } }
}

fn history(policy: &str, runs: &[PastRun]) -> Markup {
    let (words, numbers) = (Column::Words, Column::Numbers);
    let columns = [
        words("Run"),
        words("Began"),
        words("Manifests"),
        numbers("Done"),
        numbers("Failed"),
        numbers("Held"),
        words("By"),
    ];
    let caption = html! { "The latest runs; each link shows the values before and after" };
    let rows = html! { @for run in runs { (history_row(policy, run)) } };
    html! {
        section aria-labelledby="history" {
            h2 #history { "History" }
            @if runs.is_empty() { p { "Nothing was applied yet, as far as the records go." } }
            @else { (table(&caption, &columns, &rows)) }
        }
    }
}

fn history_row(policy: &str, run: &PastRun) -> Markup {
    let number = |column: &str, many: u32| count(column, Some(many as usize));
    let began =
        html! { (moment(run.started, None)) @if run.ended.is_none() { " " strong { "(did not end)" } } };
    let manifests = html! {
        @match &run.commit {
            Some(commit) => code { (one_line(commit)) @if run.dirty { "+changes" } },
            None => span.quiet { "not in git" },
        }
    };
    row(&html! {
        (head(&run_link(policy, run.number)))
        (cell("Began", &began))
        (cell("Manifests", &manifests))
        (number("Done", run.done))
        (number("Failed", run.failed))
        (number("Held", run.held))
        (cell("By", &html! { (one_line(&run.by)) }))
    })
}
