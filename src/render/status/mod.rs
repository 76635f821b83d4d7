//! How policies stand, for people and for scripts.

mod json;
mod text;

pub use self::json::{STATUS_FORMAT, status_json, status_schema};
pub use self::text::status_text;
