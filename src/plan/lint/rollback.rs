//! Whether a plan undoes one run and does nothing else, or undoes none.
//!
//! It does not ask what that run did.

use crate::plan::because::Because;

use super::{Case, Culprit, Fault};

pub(super) fn check(case: &Case<'_>, faults: &mut Vec<Fault>) {
    for change in case.changes {
        let undoes = if let Because::RolledBack { run } = change.because { Some(run) } else { None };
        if undoes != case.undoes {
            faults.push(Fault::MixedWithRollback(Culprit::of(change)));
        }
    }
}
