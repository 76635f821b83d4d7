//! How a policy does, in a word and a sign.

use std::cmp::Reverse;

use jiff::Timestamp;
use maud::{Markup, html};

use super::moment::moment;
use super::table::{Column, cell, head, row, table};
use crate::observe::{Alarm, Overview, Picture, Severity, Topic};
use crate::render::one_line;

/// How a policy does, the worst last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Health {
    Well,
    New,
    Waits,
    Warns,
    Fails,
}

impl Health {
    /// How this policy does.
    pub(super) fn of(picture: &Picture, overview: &Overview) -> Self {
        let alarms = of_policy(overview, Some(&picture.title.policy)).map(|(it, _)| match it.severity {
            Severity::Error => Self::Fails,
            Severity::Warning if it.topic == Topic::HeldPlan => Self::Waits,
            Severity::Warning => Self::Warns,
            Severity::Info => Self::Well,
        });
        let last = match &picture.last {
            None => Self::New,
            Some(it) if it.trouble.is_some() => Self::Fails,
            Some(_) => Self::Well,
        };
        alarms.chain([last]).max().unwrap_or(last)
    }

    const fn parts(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Well => ("well", "✔", "well"),
            Self::New => ("new", "…", "not looked at yet"),
            Self::Waits => ("waits", "‖", "waits for a person"),
            Self::Warns => ("warns", "▲", "warning"),
            Self::Fails => ("fails", "✖", "error"),
        }
    }

    /// A sign, and the word for it: colour is never all there is.
    pub(super) fn badge(self) -> Markup {
        let (class, sign, words) = self.parts();
        html! { span.badge.(class) { span aria-hidden="true" { (sign) } " " (words) } }
    }

    /// How so many policies do.
    pub(super) fn of_many(self, policies: usize) -> String {
        let (one, many) = match self {
            Self::Well => ("is well", "are well"),
            Self::New => ("is not looked at yet", "are not looked at yet"),
            Self::Waits => ("waits for a person", "wait for a person"),
            Self::Warns => ("has a warning", "have warnings"),
            Self::Fails => ("has an error", "have errors"),
        };
        format!("{policies} {}", if policies == 1 { one } else { many })
    }
}

/// What is the matter with a policy most of all, in a few words.
pub(super) fn matter(picture: &Picture, overview: &Overview) -> Option<String> {
    let alarms = of_policy(overview, Some(&picture.title.policy));
    let worst = alarms.map(|it| it.0).max_by_key(|it| (it.severity, Reverse(it.topic)));
    let trouble = picture.last.as_ref().and_then(|it| it.trouble.as_deref());
    let words = trouble.or(worst.map(|it| it.text.as_str()))?.lines().next().unwrap_or_default();
    let end = [words.find(": "), words.find(". ")].into_iter().flatten().min().unwrap_or(words.len());
    let short: String = words[..end].chars().take(MATTER_MAX).collect();
    let more = if short.len() < end { "…" } else { "" };
    Some(format!("{}{more}", one_line(&short)))
}

/// So many characters of it.
const MATTER_MAX: usize = 90;

/// What is the matter with a policy, or with all of them, and since when.
pub(super) fn of_policy<'a>(
    overview: &'a Overview,
    policy: Option<&'a str>,
) -> impl Iterator<Item = (&'a Alarm, Timestamp)> {
    overview
        .alarms
        .iter()
        .filter(move |it| it.0.as_deref() == policy)
        .map(|(_, alarm, since)| (alarm, *since))
}

/// A table of what is the matter; nothing if nothing is.
pub(super) fn alarms(overview: &Overview, policy: Option<&str>) -> Markup {
    let mut open: Vec<_> = of_policy(overview, policy).collect();
    open.sort_by_key(|(alarm, since)| (Reverse(alarm.severity), *since));
    let line = |(alarm, since): &(&Alarm, Timestamp)| {
        let words = html! { @for line in alarm.text.lines() { p { (one_line(line)) } } };
        let since = moment(*since, Some(overview.now));
        row(&html! { (head(&severity(alarm.severity))) (cell("What", &words)) (cell("Since", &since)) })
    };
    let columns = [Column::Words("How bad"), Column::Words("What"), Column::Words("Since")];
    html! {
        @if !open.is_empty() {
            (table(&html! { "What is the matter, the worst first" }, &columns, &html! { @for it in &open { (line(it)) } }))
        }
    }
}

fn severity(severity: Severity) -> Markup {
    let (class, sign) = match severity {
        Severity::Error => ("fails", "✖"),
        Severity::Warning => ("warns", "▲"),
        Severity::Info => ("new", "i"),
    };
    html! { span.badge.(class) { span aria-hidden="true" { (sign) } " " (severity.word()) } }
}
