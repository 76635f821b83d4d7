//! How policies stand, for people and for scripts.

mod json;
mod table;
mod text;

pub use self::json::{STATUS_FORMAT, status_json, status_json_line, status_schema};
pub use self::text::{look_heading, status_text, watch_heading};
