//! What is the matter now, and what of that is news.
//!
//! It tells nobody, and takes the time from whoever reports.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::alarm::{Alarm, Part, Severity, Topic};
use super::notice::{Event, Notice};

/// All that is the matter.
#[derive(Debug, Default)]
pub struct Board {
    open: BTreeMap<Place, BTreeMap<(Topic, String), Open>>,
}

/// Who reports: a part of one policy, or of the whole process.
type Place = (Option<String>, Part);

#[derive(Debug)]
struct Open {
    alarm: Alarm,
    since: Timestamp,
    /// How much and how bad it was when it was last told.
    told: (u64, Severity),
}

impl Board {
    /// All that one part finds the matter now; what it found before and does not find any more is over.
    pub fn report(
        &mut self,
        (policy, part): (Option<&str>, Part),
        now: Timestamp,
        alarms: Vec<Alarm>,
    ) -> Vec<Notice> {
        let place = (policy.map(str::to_owned), part);
        let mut before = self.open.remove(&place).unwrap_or_default();
        let mut notices = Vec::new();
        let mut open = BTreeMap::new();
        for alarm in alarms {
            let key = (alarm.topic, alarm.about.clone());
            let found = (alarm.size, alarm.severity);
            let entry = match before.remove(&key) {
                None => {
                    notices.push(notice(policy, &alarm, Event::Raised, (now, now)));
                    Open { alarm, since: now, told: found }
                }
                Some(Open { since, told, .. }) if told.0 < found.0 || told.1 < found.1 => {
                    notices.push(notice(policy, &alarm, Event::Worse, (since, now)));
                    Open { alarm, since, told: found }
                }
                Some(Open { since, told, .. }) => Open { alarm, since, told },
            };
            open.insert(key, entry);
        }
        let over = before.into_values();
        notices.extend(over.map(|it| notice(policy, &it.alarm, Event::Recovered, (it.since, now))));
        if !open.is_empty() {
            self.open.insert(place, open);
        }
        notices
    }

    /// A policy is gone, and with it all that was the matter with it.
    pub fn forget(&mut self, is_there: impl Fn(&str) -> bool) {
        self.open.retain(|(policy, _), _| policy.as_deref().is_none_or(&is_there));
    }

    /// All that is the matter, since when; those of the whole process first, then by policy.
    pub fn open(&self) -> impl Iterator<Item = (Option<&str>, &Alarm, Timestamp)> {
        self.open.iter().flat_map(|((policy, _), alarms)| {
            alarms.values().map(move |it| (policy.as_deref(), &it.alarm, it.since))
        })
    }
}

fn notice(policy: Option<&str>, alarm: &Alarm, event: Event, (since, at): (Timestamp, Timestamp)) -> Notice {
    let Alarm { topic, about: _, severity, text, size: _ } = alarm;
    Notice {
        event,
        policy: policy.map(str::to_owned),
        topic: *topic,
        severity: *severity,
        text: text.clone(),
        since,
        at,
    }
}
