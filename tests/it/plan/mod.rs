//! Planner scenarios: a world in a few lines in, the plan as it prints out.

mod adoption;
mod against;
mod conflicts;
mod departures;
mod explain;
mod explain_agrees;
mod explain_finding;
mod groups;
mod health;
mod incremental;
mod intents;
mod limits;
mod passwords;
mod properties;
mod protection;
mod reasons;
mod returning;
pub(crate) mod rollback;
mod users;
pub(crate) mod world;
