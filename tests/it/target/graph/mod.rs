//! The Microsoft Graph client, against small servers that follow a script.

mod administrators;
pub(super) mod contract;
mod creation;
mod following;
mod following_properties;
mod following_rumours;
mod following_world;
mod pacing;
mod proxy;
mod reading;
mod retries;
mod script;
mod silence;
mod steps;
mod tls;
mod tokens;
