//! One message, and how it reads in each form.
//!
//! It is sent nowhere from here. Texts can hold what somebody wrote into a directory: no form lets them be markup.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use schemars::{JsonSchema, Schema, schema_for};
use serde::Serialize;
use serde_json::{Value, json};

use super::alarm::{Part, Severity, Topic};
use crate::model::ToldAlarm;

/// What happened to an alarm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// It began.
    Raised,
    /// There is more of it, or it is worse.
    Worse,
    /// It is over.
    Recovered,
}

impl Event {
    /// The word of messages.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Raised => "raised",
            Self::Worse => "worse",
            Self::Recovered => "recovered",
        }
    }
}

/// One message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// What happened.
    pub event: Event,
    /// Of which policy; `None` is the whole process.
    pub policy: Option<String>,
    /// Who found it out.
    pub part: Part,
    /// What it is about.
    pub topic: Topic,
    /// Which one, if there can be several of the topic.
    pub about: String,
    /// How bad the alarm is; when it is over, how bad it was told to be.
    pub severity: Severity,
    /// How much of it there is.
    pub size: u64,
    /// A sentence for people, with what to do.
    pub text: String,
    /// When it began.
    pub since: Timestamp,
    /// When this was found out.
    pub at: Timestamp,
    /// Whom it is for.
    pub to: Audience,
}

/// Whom a message is for, by name of the notifier.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Audience {
    /// All.
    Everybody,
    /// Those who know of the alarm.
    Only(BTreeSet<String>),
    /// Those who do not know of it.
    AllBut(BTreeSet<String>),
}

impl Audience {
    /// Whether a notifier is among them.
    pub fn has(&self, name: &str) -> bool {
        match self {
            Self::Everybody => true,
            Self::Only(names) => names.contains(name),
            Self::AllBut(names) => !names.contains(name),
        }
    }
}

/// The format of messages for programs.
const NOTICE_FORMAT: &str = "samesign.dev/notice/v1alpha1";

/// The JSON Schema of messages for programs.
pub fn notice_schema() -> Schema {
    schema_for!(NoticeJson)
}

/// A message for programs.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(title = "samesign notice", rename = "Notice")]
struct NoticeJson {
    /// Always `samesign.dev/notice/v1alpha1`.
    #[schemars(extend("const" = NOTICE_FORMAT))]
    format: &'static str,
    /// `raised`, `worse` or `recovered`.
    event: &'static str,
    /// The policy; null for the whole process.
    policy: Option<String>,
    /// What it is about, in one word.
    topic: &'static str,
    /// `info`, `warning` or `error`; of the alarm, also when it is over.
    severity: &'static str,
    /// A sentence for people.
    text: String,
    /// When it began (RFC 3339).
    since: String,
    /// When this was found out (RFC 3339).
    at: String,
    /// The machine that tells it.
    host: String,
}

impl Notice {
    /// One line: `samesign error, contoso: no cycle went well since …`.
    pub fn subject(&self) -> String {
        let whose = self.policy.as_deref().map_or_else(String::new, |it| format!(", {it}"));
        let first = self.text.lines().next().unwrap_or_default();
        match self.event {
            Event::Raised => format!("samesign {}{whose}: {first}", self.severity.word()),
            Event::Worse => format!("samesign {}, worse{whose}: {first}", self.severity.word()),
            Event::Recovered => format!("samesign recovered{whose}: {first}"),
        }
    }

    /// A few lines below that: what, since when, where.
    pub fn body(&self, host: &str) -> String {
        let when = match self.event {
            Event::Raised => format!("Found at {}.", time(self.at)),
            Event::Worse => format!("Since {}; worse at {}.", time(self.since), time(self.at)),
            Event::Recovered => {
                format!("Over at {}, after {}.", time(self.at), length(self.at.duration_since(self.since)))
            }
        };
        format!("{}\n\n{when}\nTold by samesign on {host} ({}).\n", self.text, self.topic.word())
    }

    /// As it is recorded once these notifiers were told.
    pub fn told(&self, to: BTreeSet<String>) -> ToldAlarm {
        let Self { event: _, policy, part, topic, about, severity, size, text, since, at: _, to: _ } = self;
        ToldAlarm {
            policy: policy.clone(),
            part: part.word().to_owned(),
            topic: topic.word().to_owned(),
            about: about.clone(),
            severity: severity.word().to_owned(),
            text: text.clone(),
            size: *size,
            since: *since,
            to: Some(to),
        }
    }

    /// For programs.
    pub fn json(&self, host: &str) -> Value {
        let Self { event, policy, part: _, topic, about: _, severity, size: _, text, since, at, to: _ } =
            self;
        let notice = NoticeJson {
            format: NOTICE_FORMAT,
            event: event.word(),
            policy: policy.clone(),
            topic: topic.word(),
            severity: severity.word(),
            text: text.clone(),
            since: since.to_string(),
            at: at.to_string(),
            host: host.to_owned(),
        };
        serde_json::to_value(notice).expect("texts serialise without failing")
    }

    /// For a workflow of Microsoft Teams: a card whose texts are runs, in which nothing is markup.
    pub fn teams(&self, host: &str) -> Value {
        let colour = match (self.event, self.severity) {
            (Event::Recovered, _) => "Good",
            (Event::Raised | Event::Worse, Severity::Error) => "Attention",
            (Event::Raised | Event::Worse, Severity::Warning) => "Warning",
            (Event::Raised | Event::Worse, Severity::Info) => "Default",
        };
        let lines = |text: &str, run: &Value| -> Vec<Value> {
            let line = |it: &str| {
                let mut inline = run.clone();
                inline["type"] = json!("TextRun");
                inline["text"] = json!(it);
                json!({ "type": "RichTextBlock", "inlines": [inline] })
            };
            text.lines().filter(|it| !it.is_empty()).map(line).collect()
        };
        let mut body = lines(&self.subject(), &json!({ "weight": "Bolder", "color": colour }));
        body.extend(lines(&self.body(host), &json!({})));
        let card = json!({
            "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
            "type": "AdaptiveCard",
            "version": "1.4",
            "body": body,
        });
        json!({
            "type": "message",
            "attachments": [{ "contentType": "application/vnd.microsoft.card.adaptive", "content": card }],
        })
    }

    /// For Slack: plain text, in which nothing is markup; the fallback is escaped as Slack asks for.
    pub fn slack(&self, host: &str) -> Value {
        let escaped = self.subject().replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        let block = |text: &str| {
            let text: String = text.chars().take(SLACK_TEXT_MAX).collect();
            json!({ "type": "section", "text": { "type": "plain_text", "text": text } })
        };
        json!({ "text": escaped, "blocks": [block(&self.subject()), block(&self.body(host))] })
    }
}

/// Slack refuses longer texts.
const SLACK_TEXT_MAX: usize = 3_000;

fn time(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M UTC").to_string()
}

fn length(length: SignedDuration) -> String {
    let minutes = length.as_mins();
    match (minutes / 60, minutes % 60) {
        (0, 0) => "less than a minute".to_owned(),
        (0, minutes) => format!("{minutes} min"),
        (hours, minutes) => format!("{hours} h {minutes} min"),
    }
}
