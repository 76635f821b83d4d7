//! `samesign schema`, `completions` and `man`: what editors and shells want to know.

use clap::CommandFactory as _;

use crate::manifest::schema;
use crate::observe::notice_schema;
use crate::render::{
    checkup_schema, effect_schema, explanation_schema, history_schema, plan_schema, plans_schema,
    pseudonymous_plan_schema, pseudonymous_plans_schema, status_schema,
};

use super::Ending;
use super::args::{Args, Completions, Schema};
use super::console;
use super::error::Error;

pub(super) fn run(args: &Schema) -> Result<Ending, Error> {
    let found = match args.kind.as_deref() {
        None => schema::of_all_kinds(),
        Some(kind) if kind.eq_ignore_ascii_case("plan") => plan_schema().to_value(),
        Some(kind) if kind.eq_ignore_ascii_case("plans") => plans_schema().to_value(),
        Some(kind) if kind.eq_ignore_ascii_case("pseudonymousPlan") => pseudonymous_plan_schema().to_value(),
        Some(kind) if kind.eq_ignore_ascii_case("pseudonymousPlans") => {
            pseudonymous_plans_schema().to_value()
        }
        Some(kind) if kind.eq_ignore_ascii_case("explanation") => explanation_schema().to_value(),
        Some(kind) if kind.eq_ignore_ascii_case("history") => history_schema().to_value(),
        Some(kind) if kind.eq_ignore_ascii_case("status") => status_schema().to_value(),
        Some(kind) if kind.eq_ignore_ascii_case("effect") => effect_schema().to_value(),
        Some(kind) if kind.eq_ignore_ascii_case("notice") => notice_schema().to_value(),
        Some(kind) if kind.eq_ignore_ascii_case("doctor") => checkup_schema().to_value(),
        Some(kind) => {
            let known = |it: &&schema::Kind| it.name().eq_ignore_ascii_case(kind);
            let unknown = || {
                let names: Vec<&str> = schema::Kind::ALL.iter().map(|it| it.name()).collect();
                Error::usage(format!("{kind} is no kind of manifest")).hint(format!(
                    "there are: {}, Plan, Plans, PseudonymousPlan, PseudonymousPlans, Explanation, Effect, History, Status, Doctor, Notice",
                    names.join(", ")
                ))
            };
            schema::of_kind(*schema::Kind::ALL.iter().find(known).ok_or_else(unknown)?)
        }
    };
    let text = serde_json::to_string_pretty(&found)
        .map_err(|cause| Error::failed("cannot print the schema").because(&cause))?;
    console::print(&(text + "\n"))?;
    Ok(Ending::Done)
}

pub(super) fn completions(args: &Completions) -> Result<Ending, Error> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Args::command(), "samesign", &mut script);
    console::print(&String::from_utf8_lossy(&script))?;
    Ok(Ending::Done)
}

pub(super) fn man() -> Result<Ending, Error> {
    let mut page = Vec::new();
    clap_mangen::Man::new(Args::command()).render(&mut page)?;
    console::print(&String::from_utf8_lossy(&page))?;
    Ok(Ending::Done)
}
