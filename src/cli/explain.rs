//! `samesign explain`: one object, wherever it is.

use std::fmt::Write as _;
use std::path::Path;

use crate::model::PastChange;
use crate::plan::{Explainer, Explanation, Header};
use crate::render::{choices_text, explanation_text, explanations_json};
use crate::state::State;

use super::Ending;
use super::args::{Common, Explain, ExplainFormat};
use super::console::{self, Console};
use super::error::Error;
use super::survey::{self, Survey, Tenants};

pub(super) async fn run(args: &Explain, common: &Common, console: Console) -> Result<Ending, Error> {
    let (dir, who) = match &args.who {
        Some(who) => (args.dir.as_str(), who.as_str()),
        None => ("manifests", args.dir.as_str()),
    };
    let loaded = survey::load(Path::new(dir), console)?;
    let state = State::look(&survey::state_folder(common.state.as_ref()))?;
    let mut tenants = Tenants::default();
    let mut text = String::new();
    let mut found: Vec<Explanation> = Vec::new();
    let mut suggestions: Vec<String> = Vec::new();
    for policy in survey::policies(&loaded, args.policy.as_deref())? {
        let tenant = tenants.open(&loaded, policy).await?;
        let survey = Survey::read(&loaded, policy, tenant, state.as_ref(), console).await?;
        let planned = survey.plan(policy);
        let explainer = Explainer::new(&survey.inputs(policy), &planned);
        let mut answers: Vec<Explanation> =
            explainer.find(who).iter().map(|it| explainer.explain(it)).collect();
        for answer in &mut answers {
            answer.last = last(state.as_ref(), &planned.header, answer)?;
        }
        match answers.as_slice() {
            [] => {
                suggestions.extend(explainer.suggestions(who));
                let _infallible = writeln!(
                    text,
                    "policy {}: neither its directory nor its tenant has {who}\n",
                    policy.name
                );
            }
            [one] => text += &explanation_text(one, console.paint),
            several => text += &choices_text(&policy.name, who, several),
        }
        found.extend(answers);
    }
    tenants.close().await?;
    if found.is_empty() {
        return Err(nobody(who, suggestions));
    }
    match args.format {
        ExplainFormat::Text => console::print(&text)?,
        ExplainFormat::Json => console::print(&explanations_json(who, &found))?,
    }
    Ok(Ending::Done)
}

/// What the records say that the latest run did with an object.
pub(super) fn last(
    state: Option<&State>,
    header: &Header,
    explanation: &Explanation,
) -> Result<Vec<(i64, PastChange)>, Error> {
    match (state, explanation.kind, explanation.anchor) {
        (Some(state), Some(kind), Some(anchor)) => {
            Ok(state.last_changes((&header.policy, &header.tenant_id), kind, anchor)?)
        }
        (None, _, _) | (_, None, _) | (_, _, None) => Ok(Vec::new()),
    }
}

/// Nobody is called so; perhaps somebody is nearly.
pub(super) fn nobody(who: &str, mut suggestions: Vec<String>) -> Error {
    let error = Error::failed(format!("no directory and no tenant of these policies has {who}"));
    suggestions.dedup();
    suggestions.truncate(5);
    let error = if suggestions.is_empty() {
        error
    } else {
        error.hint(format!("there are: {}", suggestions.join(", ")))
    };
    error.hint(
        "give a user name, mail address, account name, group name, DN, objectGUID, anchor, or id in the tenant",
    )
}
