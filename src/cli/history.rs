//! `samesign history`: what was done, when, from which commit and by whose word.

use std::path::Path;

use crate::render::{history_json, run_text, runs_text};
use crate::state::State;

use super::args::{Common, History, HistoryFormat};
use super::console::{self, Console};
use super::error::Error;
use super::{Ending, survey};

pub(super) fn run(args: &History, common: &Common, console: Console) -> Result<Ending, Error> {
    let folder = survey::state_folder(common.state.as_ref());
    let (dir, number) = match (args.run, args.dir.parse::<i64>()) {
        (Some(number), _) => (args.dir.as_str(), Some(number)),
        // `samesign history 12`: a run of the manifests in the usual folder.
        (None, Ok(number)) if !Path::new(&args.dir).exists() => ("manifests", Some(number)),
        (None, _) => (args.dir.as_str(), None),
    };
    let text = match number {
        Some(number) => one(args, State::look(&folder)?.as_ref(), (&folder, number), console)?,
        None => table(args, Path::new(dir), &folder, console)?,
    };
    console::print(&text)?;
    Ok(Ending::Done)
}

fn one(
    args: &History,
    state: Option<&State>,
    (folder, number): (&Path, i64),
    console: Console,
) -> Result<String, Error> {
    let found = state.map(|it| it.run(number)).transpose()?.flatten();
    let (run, changes) = found.ok_or_else(|| {
        Error::failed(format!("the records in {} have no run {number}", folder.display()))
            .hint("`samesign history` lists them; old ones are dropped after 400 days")
    })?;
    Ok(match args.format {
        HistoryFormat::Text => run_text(&run, &changes, console.paint),
        HistoryFormat::Json => history_json(&[run], Some(&changes)),
    })
}

fn table(args: &History, dir: &Path, folder: &Path, console: Console) -> Result<String, Error> {
    // A policy that is named needs no manifests: they may be broken, or it may be gone from them.
    let policies: Vec<String> = if let Some(name) = &args.policy {
        vec![name.clone()]
    } else {
        let loaded = survey::load(dir, console)?;
        survey::policies(&loaded, None)?.into_iter().map(|it| it.name.clone()).collect()
    };
    let names: Vec<&str> = policies.iter().map(String::as_str).collect();
    // One more than is shown tells whether there are more.
    let asked = args.limit.saturating_add(1);
    let mut runs = match State::look(folder)? {
        Some(state) => state.runs(&names, asked)?,
        None => Vec::new(),
    };
    if runs.len() == asked as usize {
        runs.pop();
        console::say("there are older runs: --limit shows more");
    }
    if args.format == HistoryFormat::Json {
        return Ok(history_json(&runs, None));
    }
    if runs.is_empty() {
        let where_from = folder.display();
        console::say(&format!("nothing was applied yet, as far as the records in {where_from} go"));
        return Ok(String::new());
    }
    Ok(runs_text(&runs, console.paint))
}
