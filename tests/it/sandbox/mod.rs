//! The sandbox tenant, driven over HTTP as a client would.

mod access;
mod client;
mod delta;
mod groups;
mod query;
mod service;
mod users;
