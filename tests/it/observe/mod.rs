//! Alarms: when they are news, how messages read, that they arrive; and the page.

mod board;
mod delivery;
mod forms;
mod page;
pub(crate) mod post_office;

use jiff::Timestamp;
use samesign::observe::{Alarm, Audience, Event, Notice, Part, Severity, Topic};

fn at(time: &str) -> Timestamp {
    format!("2026-11-22T{time}:00Z").parse().unwrap()
}

fn alarm(topic: Topic, text: &str, size: u64) -> Alarm {
    Alarm { topic, about: String::new(), severity: Severity::Warning, text: text.to_owned(), size }
}

fn notice(event: Event, text: &str) -> Notice {
    Notice {
        event,
        policy: Some("contoso".to_owned()),
        part: Part::Plan,
        topic: Topic::HeldPlan,
        about: String::new(),
        size: 1,
        severity: Severity::Warning,
        text: text.to_owned(),
        since: at("08:00"),
        at: at("09:30"),
        to: Audience::Everybody,
    }
}
