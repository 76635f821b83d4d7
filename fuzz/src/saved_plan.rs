//! Saved plans: read as they were saved, or refused.
//!
//! It does not know who approves one.

use samesign::render::read_plans;

/// Reads a text as one plan or several.
pub fn read(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let _plans = read_plans(text);
}
