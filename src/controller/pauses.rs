//! What failed by itself, and is not tried again for a while: one bad object delays no other.
//!
//! It does not know what that is. As long as it fails the pauses double; what is asked for under another key, since its
//! values changed, is tried at once.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// Pauses by what is paused.
#[derive(Clone, Debug)]
pub struct Pauses<K> {
    by: BTreeMap<K, Pause>,
}

#[derive(Clone, Copy, Debug)]
struct Pause {
    length: Duration,
    until: Duration,
}

impl<K> Default for Pauses<K> {
    fn default() -> Self {
        Self { by: BTreeMap::new() }
    }
}

impl<K: Ord + Clone> Pauses<K> {
    /// It failed: a pause as long as the first, or twice as long as the one before, up to the longest.
    pub fn failed(&mut self, key: K, now: Duration, (first, longest): (Duration, Duration)) {
        let before = self.by.get(&key).map(|it| it.length.saturating_mul(2));
        let length = before.unwrap_or(first).min(longest);
        self.by.insert(key, Pause { length, until: now + length });
    }

    /// It went well.
    pub fn over(&mut self, key: &K) {
        self.by.remove(key);
    }

    /// What is paused at this time.
    pub fn at(&self, now: Duration) -> BTreeSet<K> {
        self.by.iter().filter(|(_, it)| now < it.until).map(|(key, _)| key.clone()).collect()
    }

    /// All that failed last, and when each is tried again.
    pub fn iter(&self) -> impl Iterator<Item = (&K, Duration)> {
        self.by.iter().map(|(key, it)| (key, it.until))
    }

    /// How many things failed last.
    pub fn len(&self) -> usize {
        self.by.len()
    }

    /// Whether nothing failed last.
    pub fn is_empty(&self) -> bool {
        self.by.is_empty()
    }

    /// Forgets what is not asked for any more.
    pub fn retain(&mut self, is_asked_for: impl Fn(&K) -> bool) {
        self.by.retain(|key, _| is_asked_for(key));
    }
}
