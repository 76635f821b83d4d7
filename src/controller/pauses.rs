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

/// How long something is left alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pause {
    /// How often it failed in a row.
    pub failures: u32,
    /// How long the pause is.
    pub length: Duration,
    /// When it ends.
    pub until: Duration,
}

impl<K> Default for Pauses<K> {
    fn default() -> Self {
        Self { by: BTreeMap::new() }
    }
}

impl<K: Ord + Clone> Pauses<K> {
    /// It failed: a pause as long as the first, or twice as long as the one before, up to the longest.
    pub fn failed(&mut self, key: K, now: Duration, (first, longest): (Duration, Duration)) {
        let before = self.by.get(&key);
        let length = before.map_or(first, |it| it.length.saturating_mul(2)).min(longest);
        let failures = before.map_or(0, |it| it.failures).saturating_add(1);
        self.by.insert(key, Pause { failures, length, until: now + length });
    }

    /// It went well.
    pub fn succeeded(&mut self, key: &K) {
        self.by.remove(key);
    }

    /// A pause that began earlier, in another process.
    pub fn resume(&mut self, key: K, pause: Pause) {
        self.by.insert(key, pause);
    }

    /// All that failed last.
    pub fn iter(&self) -> impl Iterator<Item = (&K, &Pause)> {
        self.by.iter()
    }

    /// What is paused at this time.
    pub fn at(&self, now: Duration) -> BTreeSet<K> {
        self.by.iter().filter(|(_, it)| now < it.until).map(|(key, _)| key.clone()).collect()
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
