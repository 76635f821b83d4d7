//! All integration tests in one binary; folders mirror `src/`.

mod manifest;
mod plan;
mod workspace;
