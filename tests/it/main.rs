//! All integration tests in one binary; folders mirror `src/`.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot be set up has failed")]

mod apply;
mod cli;
mod controller;
mod doctor;
mod documents;
mod fuzzing;
mod manifest;
mod model;
mod observe;
mod pipelines;
pub(crate) mod plan;
mod policy;
mod program;
mod render;
mod sandbox;
mod scenarios;
mod source;
mod stalling;
mod state;
mod target;
mod wire;
mod workspace;
