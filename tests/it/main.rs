//! All integration tests in one binary; folders mirror `src/`.

mod plan;
mod source;
mod wire;
