//! All integration tests in one binary; folders mirror `src/`.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot be set up has failed")]

mod policy;
