//! Progress of long readings: drawn on a terminal, a plain line now and then elsewhere.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use crate::{source, target};

use super::console::{self, Console};

/// Without a terminal, a line so often.
const PLAIN_EVERY: Duration = Duration::from_secs(10);

/// Progress of one reading.
pub(super) struct Reading {
    name: String,
    bar: Option<ProgressBar>,
    started: Instant,
    plain: Mutex<Instant>,
}

impl Reading {
    pub(super) fn begin(name: &str, console: Console) -> Self {
        let bar = console.shows_progress.then(|| {
            let bar = ProgressBar::new_spinner();
            let style = ProgressStyle::with_template("{spinner} {msg}");
            if let Ok(style) = style {
                bar.set_style(style);
            }
            bar.enable_steady_tick(Duration::from_millis(120));
            bar.set_message(format!("reading {name}"));
            bar
        });
        let started = Instant::now();
        Self { name: name.to_owned(), bar, started, plain: Mutex::new(started) }
    }

    fn advance(&self, what: &str, objects: usize) {
        let elapsed = self.started.elapsed();
        let rate = objects as u128 * 1000 / elapsed.as_millis().max(1);
        let words = format!("reading {}: {objects} {what}, {rate}/s", self.name);
        if let Some(bar) = &self.bar {
            bar.set_message(words);
            return;
        }
        let Ok(mut last) = self.plain.lock() else { return };
        if PLAIN_EVERY <= last.elapsed() {
            let passed = last.elapsed();
            *last += passed;
            console::say(&words);
        }
    }
}

impl Drop for Reading {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
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
