//! Plans, reports, diagnostics and history as text, JSON, Markdown and HTML.
//!
//! Writes to strings and `fmt::Write`, never to a terminal; whether to colour is an argument.

mod approval;
mod block;
mod diagnostics;
mod doctor;
mod effect;
mod explanation;
mod history;
mod html;
mod json;
mod markdown;
mod outcome;
mod paint;
mod patch;
mod pseudonymous;
mod status;
mod text;
mod words;

pub use self::approval::{ApprovalText, approval_yaml, held_words, unreleasable_line};
pub use self::diagnostics::{diagnostic, diagnostics};
pub use self::doctor::{CHECKUP_FORMAT, checkup_json, checkup_schema, checkup_text};
pub use self::effect::{
    Compared, EFFECT_FORMAT, effect_html, effect_json, effect_markdown, effect_schema, effect_text, verdict,
};
pub use self::explanation::{choices_text, explanation_text};
pub use self::history::{recorded_reason, run_text, runs_text};
pub use self::html::{STYLE, plans_html};
pub use self::json::{
    EXPLANATION_FORMAT, Encoded, FORMAT, HISTORY_FORMAT, PLANS_FORMAT, PSEUDONYMOUS_PLAN_FORMAT,
    PSEUDONYMOUS_PLANS_FORMAT, PlanFile, PlanFileError, explanation_schema, explanations_json, history_json,
    history_schema, past_deeds, plan_schema, plans_json, plans_schema, pseudonymous_plan_schema,
    pseudonymous_plans_schema, read_plans, recorded_values,
};
pub use self::markdown::{closing_table_markdown, plan_markdown};
pub use self::outcome::{
    approved_line, gone_line, moved_lines, outcome_line, outcome_record, outcomes_summary,
};
pub use self::paint::Paint;
pub use self::patch::{patch, renamed_in};
pub use self::pseudonymous::{OutputForm, pseudonymous_effects, pseudonymous_plans};
pub use self::status::{
    STATUS_FORMAT, look_heading, status_json, status_json_line, status_schema, status_text, watch_heading,
};
pub use self::text::{closing_table, guard_words, plan_text};
pub use self::words::{name as one_line, span};
