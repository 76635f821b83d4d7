//! Plans, reports and diagnostics as text, JSON and Markdown.
//!
//! Writes to strings and `fmt::Write`, never to a terminal; whether to colour is an argument.

mod block;
mod diagnostics;
mod effect;
mod explanation;
mod json;
mod markdown;
mod outcome;
mod paint;
mod text;
mod words;

pub use self::diagnostics::{diagnostic, diagnostics};
pub use self::effect::{
    Compared, EFFECT_FORMAT, effect_json, effect_markdown, effect_schema, effect_text, verdict,
};
pub use self::explanation::{explanation_text, plan_changes_text};
pub use self::json::{
    Encoded, FORMAT, PLANS_FORMAT, PlanFile, PlanFileError, plan_schema, plans_json, plans_schema, read_plans,
};
pub use self::markdown::{closing_table_markdown, plan_markdown};
pub use self::outcome::{approved_line, gone_line, moved_lines, outcome_line, outcomes_summary};
pub use self::paint::Paint;
pub use self::text::{closing_table, plan_text};
