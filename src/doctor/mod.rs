//! What has to be there before a policy can do its work, and how to tell: facts in, findings out.
//!
//! Nothing here connects, reads or waits: the command line gathers facts, and what they mean is decided in here.

mod channel;
mod controller;
mod deadline;
mod edition;
mod finding;
mod permissions;
mod quality;
mod tenant;

pub use self::channel::{DirectorySync, Obstacle, Ways};
pub use self::controller::ControllerFacts;
pub use self::deadline::{certificate, export_age};
pub use self::finding::{About, Check, Examples, Finding, Level, Section};
pub use self::permissions::{Need, Wants, missing, needed};
pub use self::quality::Population;
pub use self::tenant::{Session, TenantFacts, Unread};

/// `1 user`, `2 users`.
fn count(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}
