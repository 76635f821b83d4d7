//! When each policy is looked at, for as long as the program runs.
//!
//! Events only say when: each look compares whole truth. How a policy is looked at is not known here, nor what a
//! policy is; time comes from the runtime, so that tests can let it pass.

mod pauses;
mod timetable;
mod worker;

pub use self::pauses::{Pause, Pauses};
pub use self::timetable::{Due, Rhythm, Timetable};
pub use self::worker::{Bell, Turn, Work, work};
