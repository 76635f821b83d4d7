//! All integration tests in one binary; folders mirror `src/`.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot be set up has failed")]

mod manifest;
pub(crate) mod plan;
mod policy;
mod render;
mod sandbox;
mod source;
mod state;
mod target;
mod wire;
mod workspace;
