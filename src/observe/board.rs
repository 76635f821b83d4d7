//! What is the matter now, and what of that is news.
//!
//! It tells nobody, and takes the time from whoever reports.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::alarm::{Alarm, Part, Severity, Topic};
use super::notice::{Audience, Event, Notice};
use crate::model::ToldAlarm;

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
    /// Who knows of it: not everybody, if it is from the records, and nobody has looked whether it still stands.
    known_to: Audience,
}

impl Board {
    /// With what people were told before this process began. Words that mean nothing here are of another version, whose
    /// alarms are told anew.
    pub fn remembering(told: Vec<ToldAlarm>) -> Self {
        let mut board = Self::default();
        for ToldAlarm { policy, part, topic, about, severity, text, size, since, to } in told {
            let words = (Part::of_word(&part), Topic::of_word(&topic), Severity::of_word(&severity));
            let (Some(part), Some(topic), Some(severity)) = words else { continue };
            let key = (topic, about.clone());
            let alarm = Alarm { topic, about, severity, text, size };
            let known_to = to.map_or(Audience::Everybody, Audience::Only);
            let open = Open { alarm, since, told: (size, severity), known_to };
            board.open.entry((policy, part)).or_default().insert(key, open);
        }
        board
    }

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
                    let open = Open { alarm, since: now, told: found, known_to: Audience::Everybody };
                    notices.push(open.notice(&place, Event::Raised, now));
                    open
                }
                Some(Open { since, told, known_to, .. }) => {
                    let is_worse = told.0 < found.0 || told.1 < found.1;
                    let told = (told.0.max(found.0), told.1.max(found.1));
                    let open = Open { alarm, since, told, known_to: Audience::Everybody };
                    if is_worse {
                        notices.push(open.notice(&place, Event::Worse, now));
                    } else if let Audience::Only(names) = known_to {
                        // Whoever was added while nothing ran hears of it now that it is known to stand.
                        let notice = open.notice(&place, Event::Raised, now);
                        notices.push(Notice { to: Audience::AllBut(names), ..notice });
                    }
                    open
                }
            };
            open.insert(key, entry);
        }
        notices.extend(before.values().map(|it| it.notice(&place, Event::Recovered, now)));
        if !open.is_empty() {
            self.open.insert(place, open);
        }
        notices
    }

    /// Policies are gone, and with them all that was the matter with them.
    pub fn forget(&mut self, is_there: impl Fn(&str) -> bool, now: Timestamp) -> Vec<Notice> {
        let is_gone = |(policy, _): &Place| policy.as_deref().is_some_and(|it| !is_there(it));
        let gone = self.open.extract_if(.., |place, _| is_gone(place));
        gone.flat_map(|(place, alarms)| {
            alarms.into_values().map(move |it| it.notice(&place, Event::Recovered, now))
        })
        .collect()
    }

    /// All that is known to be the matter, for somebody who was told nothing yet.
    pub fn news(&self, now: Timestamp) -> Vec<Notice> {
        let told = |(place, alarms): (&Place, &BTreeMap<_, Open>)| -> Vec<Notice> {
            let known = alarms.values().filter(|it| it.known_to == Audience::Everybody);
            known.map(|it| it.notice(place, Event::Raised, now)).collect()
        };
        self.open.iter().flat_map(told).collect()
    }

    /// All that is the matter, since when; those of the whole process first, then by policy.
    pub fn open(&self) -> impl Iterator<Item = (Option<&str>, &Alarm, Timestamp)> {
        self.open.iter().flat_map(|((policy, _), alarms)| {
            alarms.values().map(move |it| (policy.as_deref(), &it.alarm, it.since))
        })
    }
}

impl Open {
    /// A message; whoever was told how bad it was is told that it is over, even if it got less bad meanwhile.
    fn notice(&self, (policy, part): &Place, event: Event, at: Timestamp) -> Notice {
        let Self { alarm, since, told: (size, severity), known_to } = self;
        Notice {
            event,
            policy: policy.clone(),
            part: *part,
            topic: alarm.topic,
            about: alarm.about.clone(),
            severity: *severity,
            size: *size,
            text: alarm.text.clone(),
            since: *since,
            at,
            to: known_to.clone(),
        }
    }
}
