//! Looks at one policy again and again, until it is told to stop.
//!
//! Policies do not wait for each other: each has a worker of its own. What a look does is not known here.

use std::time::Duration;

use futures_util::future::BoxFuture;
use tokio::sync::watch;
use tokio::time::Instant;

use super::timetable::{Due, Rhythm, Timetable};

/// How a look ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// There is nothing else to do now.
    Done,
    /// It was found that a cycle is due.
    News,
    /// It came to nothing, or to a part.
    Failed,
}

/// How one policy is looked at. Whatever goes wrong was said when it happened.
pub trait Work: Send {
    /// How often; `None` if the policy is gone.
    fn rhythm(&self) -> Option<Rhythm>;

    /// Reads both sides, plans, and applies what may run.
    fn cycle(&mut self) -> BoxFuture<'_, Turn>;

    /// Asks whether the directory tells a change.
    fn changes(&mut self) -> BoxFuture<'_, Turn>;

    /// Asks whether a password was changed.
    fn passwords(&mut self) -> BoxFuture<'_, Turn>;

    /// Told after each look when the next cycle is due, if nothing happens before.
    fn due(&self, _after: Duration) {}
}

/// What all workers listen to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bell {
    /// Grows with each event that makes a cycle due.
    pub rung: u64,
    /// Set once: what runs is brought to an end, nothing new is begun.
    pub stop: bool,
}

/// Works until the bell says stop, the policy is gone, or nobody holds the bell any more.
pub async fn work(work: &mut dyn Work, mut bell: watch::Receiver<Bell>) {
    let start = Instant::now();
    let Some(rhythm) = work.rhythm() else { return };
    let mut timetable = Timetable::new(rhythm, start.elapsed());
    let mut rung = bell.borrow().rung;
    loop {
        let heard = *bell.borrow_and_update();
        let Some(rhythm) = work.rhythm().filter(|_| !heard.stop) else { return };
        timetable.set(rhythm);
        // Also what rang while something was under way.
        if heard.rung != std::mem::replace(&mut rung, heard.rung) {
            timetable.trigger(start.elapsed());
        }
        let (at, due) = timetable.next();
        tokio::select! {
            biased;
            changed = bell.changed() => match changed {
                Ok(()) => continue,
                Err(_) => return,
            },
            () = tokio::time::sleep_until(start + at) => (),
        }
        let turn = match due {
            Due::Cycle => work.cycle().await,
            Due::Changes => work.changes().await,
            Due::Passwords => work.passwords().await,
        };
        let now = start.elapsed();
        timetable.ended(due, now, turn != Turn::Failed);
        if turn == Turn::News {
            timetable.trigger(now);
        }
        work.due(timetable.next_cycle().saturating_sub(now));
    }
}
