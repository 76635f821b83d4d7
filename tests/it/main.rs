//! All integration tests in one binary; folders mirror `src/`.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a fixture that does not parse is a bug in the test")]

pub(crate) mod plan;
mod render;
mod state;
