//! What of one policy cannot be looked at: said once in the log, and told to people if it lasts, also across restarts.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

use crate::observe::{Alarm, Part, Severity, Topic};

use super::converge::lock;
use super::cycle::Shared;
use super::error::Error;

/// The parts of a policy, and how looking at them goes.
pub(super) struct Silence {
    policy: String,
    /// When a look went well last; for want of one, when the first failed or this process began.
    well: BTreeMap<Part, (Instant, Timestamp)>,
    /// What is not looked at well, in words that were said.
    said: BTreeMap<Part, String>,
    /// Parts that are on record as silent.
    recorded: BTreeSet<Part>,
}

impl Silence {
    /// Goes on from what is on record.
    pub(super) fn new(policy: &str, shared: &Shared) -> Self {
        let (now, at) = (Instant::now(), shared.outside.now());
        let silences = lock(&shared.records).silences(policy).unwrap_or_else(|error| {
            tracing::error!(policy, error = &error as &dyn std::error::Error, "the records cannot be read");
            Vec::new()
        });
        let well: BTreeMap<Part, (Instant, Timestamp)> = silences
            .into_iter()
            .filter_map(|(part, since)| {
                let lasts = Duration::try_from(at.duration_since(since)).unwrap_or_default();
                Some((Part::of_word(&part)?, (now.checked_sub(lasts).unwrap_or(now), since)))
            })
            .collect();
        let recorded = well.keys().copied().collect();
        Self { policy: policy.to_owned(), well, said: BTreeMap::new(), recorded }
    }

    /// Waits for what a look needs. People are told if that takes longer than `limit`, and not only once it has ended;
    /// without a limit, they are told of failures alone.
    pub(super) async fn wait<T>(
        &mut self,
        part: Part,
        mut answer: impl Future<Output = T> + Unpin,
        limit: Duration,
        shared: &Shared,
    ) -> T {
        let begun = (Instant::now(), shared.outside.now());
        self.well.entry(part).or_insert(begun);
        tokio::select! {
            biased;
            answer = &mut answer => return answer,
            () = tokio::time::sleep(limit), if !limit.is_zero() => (),
        }
        let begun = begun.1.strftime("%H:%M UTC");
        let error = format!("the look that began at {begun} has not come to its end");
        self.lasts(part, &error, limit, shared);
        answer.await
    }

    /// A look went well.
    pub(super) fn ended(&mut self, part: Part, shared: &Shared) {
        self.well.insert(part, (Instant::now(), shared.outside.now()));
        if self.said.remove(&part).is_some() {
            let (policy, what) = (&self.policy, words(part));
            tracing::info!(policy, "{what} can be looked at again");
        }
        if self.recorded.remove(&part) {
            self.record(part, None, shared);
        }
        shared.alarms.report((Some(&self.policy), part), Vec::new());
    }

    /// A look came to nothing; people are told if that lasts for longer than `limit`.
    pub(super) fn lasts(&mut self, part: Part, error: &str, limit: Duration, shared: &Shared) {
        let (began, since) = *self.well.entry(part).or_insert_with(|| (Instant::now(), shared.outside.now()));
        if self.recorded.insert(part) {
            self.record(part, Some(since), shared);
        }
        if limit <= began.elapsed() {
            let topic = if part == Part::Passwords { Topic::PasswordsUnseen } else { Topic::NoSuccess };
            let (what, since) = (words(part), since.strftime("%Y-%m-%d %H:%M UTC"));
            let text = format!("nothing went well with {what} since {since}: {error}");
            let alarm = Alarm { topic, about: String::new(), severity: Severity::Error, text, size: 1 };
            shared.alarms.report((Some(&self.policy), part), vec![alarm]);
        }
    }

    /// Logs an error, once for as long as it stays the same; its sentence.
    pub(super) fn say(&mut self, part: Part, error: &Error) -> String {
        let (policy, what) = (&self.policy, words(part));
        let (error, hint) = error.sentences();
        if self.said.get(&part) == Some(&error) {
            tracing::debug!(policy, error, "{what} still cannot be looked at");
        } else {
            tracing::error!(policy, error, hint, "{what} cannot be looked at");
            self.said.insert(part, error.clone());
        }
        error
    }

    fn record(&self, part: Part, since: Option<Timestamp>, shared: &Shared) {
        let policy = &self.policy;
        if let Err(error) = lock(&shared.records).note_silence(policy, part.word(), since) {
            tracing::error!(
                policy,
                error = &error as &dyn std::error::Error,
                "the records cannot be written"
            );
        }
    }
}

/// What a part looks at.
const fn words(part: Part) -> &'static str {
    match part {
        Part::Passwords => "passwords",
        Part::Manifests | Part::Cycle | Part::Plan | Part::Credentials => "both sides",
    }
}
