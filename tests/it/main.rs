//! All integration tests in one binary; folders mirror `src/`.

mod sandbox;
