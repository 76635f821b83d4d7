//! `samesign validate`: checks manifests, offline.

use crate::render::diagnostics;
use crate::workspace;

use super::Ending;
use super::args::Folder;
use super::console::{self, Console};
use super::error::Error;

pub(super) fn run(args: &Folder, console: Console) -> Result<Ending, Error> {
    let loaded = workspace::load(&args.dir)?;
    if !loaded.findings.is_empty() {
        console::print(&diagnostics(&loaded.findings, console.paint))?;
    }
    if loaded.has_errors() {
        return Ok(Ending::Failed);
    }
    let count =
        |number: usize, one: &str, many: &str| format!("{number} {}", if number == 1 { one } else { many });
    console::print(&format!(
        "{}: {}, {}, {}, {}\n",
        args.dir.display(),
        count(loaded.policies.len(), "policy", "policies"),
        count(loaded.directories.len(), "directory", "directories"),
        count(loaded.tenants.len(), "tenant", "tenants"),
        count(loaded.tests.len(), "test", "tests"),
    ))?;
    Ok(Ending::Done)
}
