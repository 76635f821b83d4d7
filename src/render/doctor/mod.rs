//! What a doctor found, for people and for scripts.

mod json;
mod text;

pub use self::json::{CHECKUP_FORMAT, checkup_json, checkup_schema};
pub use self::text::checkup_text;
