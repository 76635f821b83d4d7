//! Where the tenant is read and changed; one folder for each channel.
//!
//! A target performs the steps it is given. It never compares and never decides.

mod error;
pub mod graph;
mod step;

pub use self::error::{Disposition, TargetError};
pub use self::step::{Done, Step, StepValue};
