//! How much is told: everything, or with `--pseudonymise` only what names nobody.
//!
//! Which pseudonym stands for what is not known here. What failed is told by words that were written for it, since
//! causes quote what a directory, a tenant or a file says.

use std::path::Path;

use crate::manifest::{Loaded, Severity};
use crate::plan::{Effect, Planned, Pseudonymous};
use crate::render::{OutputForm, pseudonymous_effects, pseudonymous_plans};
use crate::workspace;

use super::args::{Common, Format, Plan};
use super::console::{self, Console};
use super::error::Error;
use super::survey;

/// What is told of directories, tenants and manifests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Disclosure {
    /// Everything.
    Everything,
    /// Only what names nobody.
    Pseudonyms,
}

impl Disclosure {
    /// What the arguments ask for.
    pub(super) fn of(args: &Plan, common: &Common) -> Result<Self, Error> {
        match (args.pseudonymise, common.verbose) {
            (false, _) => Ok(Self::Everything),
            (true, 0) => Ok(Self::Pseudonyms),
            (true, _) => Err(Error::usage("--pseudonymise cannot be used with -v: the log names objects")),
        }
    }

    /// The terminal for whatever says more than is told here.
    pub(super) fn console(self, console: Console) -> Console {
        match self {
            Self::Everything => console,
            Self::Pseudonyms => Console { is_taken: true, ..console },
        }
    }

    /// Loads manifests; of findings, which quote them, only the places are told.
    pub(super) fn load(self, dir: &Path, console: Console) -> Result<Loaded, Error> {
        if self == Self::Everything {
            return survey::load(dir, console);
        }
        let loaded = workspace::load(dir)?;
        for finding in loaded.findings.iter().filter(|it| it.severity == Severity::Error) {
            let file = finding.file.path.display();
            let place =
                finding.position().map_or_else(String::new, |(line, column)| format!(":{line}:{column}"));
            console::say(&format!("{}: {file}{place}", finding.severity.word()));
        }
        survey::refuse_errors(&loaded, &dir.display().to_string())
            .map_err(|it| it.hint(format!("samesign validate {} says what they are", dir.display())))?;
        Ok(loaded)
    }

    /// What became of a step; if it failed, `what` says so where the cause is not told.
    pub(super) fn step<T>(self, result: Result<T, Error>, what: impl Fn() -> String) -> Result<T, Error> {
        match self {
            Self::Everything => result,
            Self::Pseudonyms => result.map_err(|_| {
                Error::failed(what())
                    .cause("not told under pseudonyms, since it may name people")
                    .hint("without --pseudonymise, where only you can read it, the same command says why")
            }),
        }
    }
}

/// Plans under pseudonyms that are drawn for this output.
pub(super) fn plans(plans: &[Planned], format: Format, console: Console) -> String {
    pseudonymous_plans(&Pseudonymous::of_plans(plans, &rand::random()), form(format, console))
}

/// Effects under pseudonyms that are drawn for this output.
pub(super) fn effects(effects: &[Effect], against: (&str, &str), format: Format, console: Console) -> String {
    let effects = Pseudonymous::of_effects(effects, &rand::random());
    pseudonymous_effects(&effects, against, form(format, console))
}

const fn form(format: Format, console: Console) -> OutputForm {
    match format {
        Format::Text => OutputForm::Text(console.paint),
        Format::Json => OutputForm::Json,
        Format::Markdown => OutputForm::Markdown,
        Format::Html => OutputForm::Html,
    }
}
