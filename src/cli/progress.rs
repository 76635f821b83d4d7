//! Progress of long readings: drawn on a terminal, a plain line now and then elsewhere.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use crate::{source, target};

use super::console::{self, Console};

/// Without a terminal, a line so often.
const PLAIN_EVERY: Duration = Duration::from_secs(10);

/// A line that is drawn over on a terminal, and said now and then elsewhere.
struct Line {
    bar: Option<ProgressBar>,
    is_silent: bool,
    started: Instant,
    said: Mutex<Instant>,
}

impl Line {
    fn begin(words: String, console: Console) -> Self {
        let bar = (console.shows_progress && !console.is_taken).then(|| {
            let bar = ProgressBar::new_spinner();
            if let Ok(style) = ProgressStyle::with_template("{spinner} {msg}") {
                bar.set_style(style);
            }
            bar.enable_steady_tick(Duration::from_millis(120));
            bar.set_message(words);
            bar
        });
        let started = Instant::now();
        Self { bar, is_silent: console.is_taken, started, said: Mutex::new(started) }
    }

    fn update(&self, words: String) {
        if let Some(bar) = &self.bar {
            bar.set_message(words);
            return;
        }
        if self.is_silent {
            return;
        }
        let Ok(mut last) = self.said.lock() else { return };
        let passed = last.elapsed();
        if PLAIN_EVERY <= passed {
            *last += passed;
            console::say(&words);
        }
    }

    /// Per second since the beginning.
    fn rate(&self, done: usize) -> u128 {
        done as u128 * 1000 / self.started.elapsed().as_millis().max(1)
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

/// Progress of one reading.
pub(super) struct Reading {
    name: String,
    line: Line,
}

impl Reading {
    pub(super) fn begin(name: &str, console: Console) -> Self {
        Self { name: name.to_owned(), line: Line::begin(format!("reading {name}"), console) }
    }

    fn advance(&self, what: &str, objects: usize) {
        self.line.update(format!("reading {}: {objects} {what}, {}/s", self.name, self.line.rate(objects)));
    }
}

impl source::Progress for Reading {
    fn objects_read(&self, objects: usize) {
        self.advance("objects", objects);
    }
}

impl target::graph::Progress for Reading {
    fn objects_read(&self, what: &str, objects: usize) {
        self.advance(what, objects);
    }
}

/// Progress of one application: how many changes are settled, and how long the rest will take.
pub(super) struct Applying {
    name: String,
    changes: usize,
    done: usize,
    line: Line,
}

impl Applying {
    pub(super) fn begin(name: &str, changes: usize, console: Console) -> Self {
        let line = Line::begin(format!("applying {name}: 0 of {changes}"), console);
        Self { name: name.to_owned(), changes, done: 0, line }
    }

    pub(super) fn advance(&mut self, settled: usize) {
        self.done += settled;
        let (name, done, changes) = (&self.name, self.done, self.changes);
        let left_s = self.line.started.elapsed().as_secs() * (changes.saturating_sub(done) as u64)
            / (done as u64).max(1);
        let (minutes, seconds) = (left_s / 60, left_s % 60);
        self.line.update(format!("applying {name}: {done} of {changes}, about {minutes}:{seconds:02} left"));
    }
}
