//! The sandbox tenant, driven over HTTP as a client would.

mod access;
pub(crate) mod client;
mod delta;
mod dynamic_groups;
mod groups;
mod licences;
mod links;
mod provisioning;
mod query;
mod roles;
mod service;
mod sign_in;
mod synchronization;
mod users;
