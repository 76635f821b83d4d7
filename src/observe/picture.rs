//! What is known of each policy for whoever looks at the page: what its last look found, and when it looks again.
//!
//! It is told all of it and finds nothing out. A picture does not grow with the directory: of long texts and lists the
//! beginning is kept, and snapshots not at all.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use crate::plan::Summary;

/// What a policy is, by its manifests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Title {
    /// Name of the policy.
    pub policy: String,
    /// Name of the `Directory` manifest.
    pub directory: String,
    /// Name of the `Tenant` manifest.
    pub tenant: String,
    /// What it may do by itself, in the word of manifests.
    pub mode: &'static str,
    /// Why none of its passwords travel, if none do.
    pub no_travel: Option<String>,
}

/// All that is shown of a policy.
#[derive(Clone, Debug)]
pub struct Picture {
    /// What it is.
    pub title: Title,
    /// Since when it is looked at, if it is now.
    pub looking_since: Option<Timestamp>,
    /// How the last look ended; `None` before the first has.
    pub last: Option<Ended>,
    /// When the next look is due.
    pub next: Option<Timestamp>,
    /// What the last look found that came to a plan.
    pub found: Option<Arc<Found>>,
}

/// How a look ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    /// When.
    pub at: Timestamp,
    /// How long it took.
    pub took: Duration,
    /// What went wrong, as a sentence.
    pub trouble: Option<String>,
}

/// What a look found, and left over.
#[derive(Clone, Debug)]
pub struct Found {
    /// When.
    pub at: Timestamp,
    /// Id of the tenant.
    pub tenant_id: String,
    /// Objects of the directory.
    pub directory_objects: usize,
    /// Objects of the tenant.
    pub tenant_objects: usize,
    /// Why the reading of the directory broke off, if it did.
    pub broken: Option<String>,
    /// What is still to do, by operation.
    pub pending: Summary,
    /// The plan of that, as `samesign plan` prints it; see [`excerpt`].
    pub plan: String,
    /// Changes that wait for a person.
    pub waiting: usize,
    /// Changes that fail by themselves, and pause.
    pub failing: usize,
    /// The digests of some of them, and when each is tried again.
    pub paused: BTreeMap<String, Timestamp>,
    /// Since when the password waits that waits longest.
    pub oldest_password: Option<Timestamp>,
}

/// Of the changes that pause, so many are known one by one.
pub const PAUSED_MAX: usize = 200;

/// The pictures of all policies.
#[derive(Debug, Default)]
pub struct Pictures {
    by_name: BTreeMap<String, Picture>,
}

impl Pictures {
    /// From now on there are these policies and no others.
    pub fn follow(&mut self, titles: Vec<Title>) {
        let mut before = std::mem::take(&mut self.by_name);
        for title in titles {
            let picture = match before.remove(&title.policy) {
                Some(picture) => Picture { title, ..picture },
                None => Picture { title, looking_since: None, last: None, next: None, found: None },
            };
            self.by_name.insert(picture.title.policy.clone(), picture);
        }
    }

    /// A look begins.
    pub fn began(&mut self, policy: &str, now: Timestamp) {
        self.change(policy, |it| it.looking_since = Some(now));
    }

    /// A look came to a plan.
    pub fn found(&mut self, policy: &str, found: Found) {
        self.change(policy, |it| it.found = Some(Arc::new(found)));
    }

    /// A look has ended.
    pub fn ended(&mut self, policy: &str, ended: Ended) {
        self.change(policy, |it| {
            it.looking_since = None;
            it.last = Some(ended);
        });
    }

    /// When the next look is due.
    pub fn due(&mut self, policy: &str, at: Timestamp) {
        self.change(policy, |it| it.next = Some(at));
    }

    /// A policy that is gone has no picture any more.
    fn change(&mut self, policy: &str, change: impl FnOnce(&mut Picture)) {
        if let Some(picture) = self.by_name.get_mut(policy) {
            change(picture);
        }
    }

    /// All of them, by name.
    pub fn all(&self) -> impl Iterator<Item = &Picture> {
        self.by_name.values()
    }
}

/// What is kept of the beginning of a text, and of its end, where a plan has its summary: a few thousand lines.
const BEGINNING_MAX: usize = 120 << 10;
const END_MAX: usize = 8 << 10;

/// A text that is not too long for a page, or its beginning and its end with a line between them that says how many
/// are left out and which `command` prints all.
pub fn excerpt(text: String, command: &str) -> String {
    if text.len() <= BEGINNING_MAX + END_MAX {
        return text;
    }
    let beginning = text[..text.floor_char_boundary(BEGINNING_MAX)].rfind('\n').map_or(0, |it| it + 1);
    let from = text.floor_char_boundary(text.len() - END_MAX);
    let end = text[from..].find('\n').map_or(text.len(), |it| from + it + 1);
    let left_out = text[beginning..end].lines().count();
    format!(
        "{}… {left_out} lines are left out here: {command} prints all\n{}",
        &text[..beginning],
        &text[end..]
    )
}
