//! All integration tests in one binary; folders mirror `src/`.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod target;
mod wire;
