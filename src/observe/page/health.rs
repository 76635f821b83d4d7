//! How a policy does, in a word and a sign.

use maud::{Markup, html};

use super::super::alarm::{Alarm, Severity, Topic};
use super::super::picture::Picture;
use super::super::server::Overview;

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

    /// The word alone.
    pub(super) const fn words(self) -> &'static str {
        self.parts().2
    }
}

/// What is the matter with a policy, or with all of them, and since when.
pub(super) fn of_policy<'a>(
    overview: &'a Overview,
    policy: Option<&'a str>,
) -> impl Iterator<Item = (&'a Alarm, jiff::Timestamp)> {
    overview
        .alarms
        .iter()
        .filter(move |it| it.0.as_deref() == policy)
        .map(|(_, alarm, since)| (alarm, *since))
}

/// A table of what is the matter; nothing if nothing is.
pub(super) fn alarms(overview: &Overview, policy: Option<&str>) -> Markup {
    let mut open: Vec<_> = of_policy(overview, policy).collect();
    open.sort_by_key(|(alarm, since)| (std::cmp::Reverse(alarm.severity), *since));
    html! {
        @if !open.is_empty() {
            div.scroll {
                table {
                    caption { "Alarms that are open" }
                    thead { tr { th scope="col" { "How bad" } th scope="col" { "What" } th scope="col" { "Since" } } }
                    tbody {
                        @for (alarm, since) in &open {
                            tr {
                                td { (severity(alarm.severity)) }
                                td.words {
                                    @for line in alarm.text.lines() {
                                        p { (crate::render::one_line(line)) }
                                    }
                                }
                                td { (super::moment::moment(*since, Some(overview.now))) }
                            }
                        }
                    }
                }
            }
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
