//! Saved plans as they are given on the command line.

use std::path::Path;

use crate::render::{PlanFile, read_plans};

use super::error::Error;

/// Reads one plan or several, to do something with them: `apply`, `approve`.
pub(super) fn read(path: &Path, doing: &str) -> Result<Vec<PlanFile>, Error> {
    #[expect(clippy::disallowed_methods, reason = "the command line reads what it is given")]
    let text = std::fs::read_to_string(path)
        .map_err(|cause| Error::failed(format!("cannot read {}", path.display())).because(&cause))?;
    read_plans(&text).map_err(|cause| {
        let error = Error::failed(format!("cannot {doing} {}", path.display())).because(&cause);
        match cause.hint() {
            Some(hint) => error.hint(hint),
            None => error,
        }
    })
}
