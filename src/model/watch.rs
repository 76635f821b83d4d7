//! What a controller remembers of its own doings: whom it told what, what it cannot look at, and what it tries again
//! later. Texts and numbers, of which nothing decides what a plan says.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::Digest;

/// Something that is the matter, as people were told it last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToldAlarm {
    /// Of which policy; `None` is the whole process.
    pub policy: Option<String>,
    /// The word of who found it out.
    pub part: String,
    /// The word of what it is about.
    pub topic: String,
    /// Which one, if there can be several of the topic.
    pub about: String,
    /// The word of how bad it was.
    pub severity: String,
    /// The sentence for people.
    pub text: String,
    /// How much of it there was.
    pub size: u64,
    /// When it began.
    pub since: Timestamp,
    /// The notifiers that were told; `None` is whoever there was, as older versions did not write it down.
    pub to: Option<BTreeSet<String>>,
}

/// A change that failed by itself, and is tried again later.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PausedChange {
    /// Its digest: a change that wants something else has another.
    pub digest: Digest,
    /// Which password it is about, as `pwdLastSet` has it; 0 for all else.
    pub password_set: i64,
    /// How often it failed in a row.
    pub failures: u32,
    /// How long it is left alone, in seconds.
    pub pause: u64,
    /// When it is tried again.
    pub next: Timestamp,
}
