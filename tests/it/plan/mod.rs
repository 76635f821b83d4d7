//! Planner scenarios: a world in a few lines in, the plan as it prints out.

mod conflicts;
mod departures;
mod groups;
mod properties;
mod users;
pub(crate) mod world;
