//! Plans and effects in which nobody can be recognised, in every form; each says that it is one.

use crate::plan::{Effect, Planned, Pseudonymous};

use super::effect::{Compared, effect_markdown, effect_text, effects_json, effects_page};
use super::html::plans_page;
use super::json::pseudonymous_plans_json;
use super::markdown::{closing_table_markdown, plan_markdown};
use super::paint::{Meaning, Paint};
use super::text::{closing_table, plan_text};

/// A form of output.
#[derive(Clone, Copy, Debug)]
pub enum OutputForm {
    /// For a terminal or a log.
    Text(Paint),
    /// For scripts.
    Json,
    /// For a comment on a merge request.
    Markdown,
    /// For a file to send or to keep.
    Html,
}

/// What is said below.
const NOTE: &str =
    "names and values are pseudonyms, drawn for this output alone: one stands for the same text throughout";
/// What is said below plans, too.
const NOTE_OF_PLANS: &str =
    "--out FILE saves the plan that they stand for, under the same id, to approve and apply";

/// All plans in one form, with a closing table if there are several.
pub fn pseudonymous_plans(plans: &Pseudonymous<Planned>, form: OutputForm) -> String {
    let all = plans.as_slice();
    match form {
        OutputForm::Json => pseudonymous_plans_json(plans),
        OutputForm::Html => plans_page(all, Some(&format!("{NOTE}; {NOTE_OF_PLANS}"))),
        OutputForm::Text(paint) => {
            let texts: Vec<String> = all.iter().map(|it| plan_text(it, paint)).collect();
            let note = |it: &str| format!("{}\n", paint.text(Meaning::Quiet, it));
            texts.join("\n") + &closing_table(all) + "\n" + &note(NOTE) + &note(NOTE_OF_PLANS)
        }
        OutputForm::Markdown => {
            let texts: Vec<String> = all.iter().map(plan_markdown).collect();
            let notes = format!("\n<sub>{NOTE}; {NOTE_OF_PLANS}</sub>\n");
            texts.join("\n") + &closing_table_markdown(all) + &notes
        }
    }
}

/// What a change of manifests since a revision and its commit does, in one form.
pub fn pseudonymous_effects(
    effects: &Pseudonymous<Effect>,
    (revision, commit): (&str, &str),
    form: OutputForm,
) -> String {
    let compared = Compared { revision, commit, effects: effects.as_slice() };
    match form {
        OutputForm::Json => effects_json(&compared, true),
        OutputForm::Html => effects_page(&compared, Some(NOTE)),
        OutputForm::Text(paint) => {
            effect_text(&compared, paint) + &format!("\n{}\n", paint.text(Meaning::Quiet, NOTE))
        }
        OutputForm::Markdown => effect_markdown(&compared) + &format!("\n<sub>{NOTE}</sub>\n"),
    }
}
