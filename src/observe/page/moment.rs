//! Points in time, for people and for programs.

use jiff::Timestamp;
use maud::{Markup, html};

use crate::render::span;

/// To the second, in UTC, as everywhere; and how far from `now` that is.
pub(super) fn moment(at: Timestamp, now: Option<Timestamp>) -> Markup {
    html! {
        time datetime=(at.strftime("%Y-%m-%dT%H:%M:%SZ")) { (at.strftime("%Y-%m-%d %H:%M:%SZ")) }
        @if let Some(now) = now {
            " " span.quiet { "(" (distance(at, now)) ")" }
        }
    }
}

/// How far away it is: `12 s ago`, `in 18 s`.
pub(super) fn distance(at: Timestamp, now: Timestamp) -> String {
    let passed = now.duration_since(at);
    match passed.as_secs() {
        0 => "now".to_owned(),
        ..0 => format!("in {}", span(-passed)),
        1.. => format!("{} ago", span(passed)),
    }
}
