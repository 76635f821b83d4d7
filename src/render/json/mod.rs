//! Plans, explanations and history as JSON: the saved file, and what scripts read.
//!
//! The structs here are the format; the types of `plan` are not serialisable on purpose.

mod decode;
mod encode;
mod explanation;
mod format;
mod history;
mod pseudonymous;

pub use self::decode::{PlanFile, PlanFileError, read_plans};
pub use self::encode::{Encoded, plans_json};
pub use self::explanation::{EXPLANATION_FORMAT, explanation_schema, explanations_json};
pub use self::format::{FORMAT, PLANS_FORMAT, plan_schema, plans_schema};
pub(super) use self::history::{Details, RunJson, past_run, read_details};
pub use self::history::{HISTORY_FORMAT, history_json, history_schema, past_deeds, recorded_values};
pub(super) use self::pseudonymous::plans_json as pseudonymous_plans_json;
pub use self::pseudonymous::{
    PSEUDONYMOUS_PLAN_FORMAT, PSEUDONYMOUS_PLANS_FORMAT, pseudonymous_plan_schema, pseudonymous_plans_schema,
};
