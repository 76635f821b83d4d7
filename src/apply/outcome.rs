//! What became of a change.

use crate::model::CloudId;
use crate::target::{Done, TargetError};

/// Something that is no longer as the plan expects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moved {
    /// Property, or what else it is about.
    pub what: String,
    /// As the plan expects it.
    pub expected: String,
    /// As it is.
    pub found: String,
}

/// What became of a change.
#[derive(Debug)]
pub enum Outcome {
    /// Carried out.
    Applied,
    /// Nothing had to be done: the tenant was already so.
    AlreadySo,
    /// Not carried out: the object is no longer as the plan expects.
    Stale(Vec<Moved>),
    /// Not carried out: the tenant refused.
    Refused(TargetError),
    /// It may or may not have been carried out: no answer came. The next plan shows.
    Unknown(TargetError),
    /// Not carried out: it needs this object, which could not be created.
    Waits(String),
    /// Some of several steps were carried out.
    Partly {
        /// So many.
        done: usize,
        /// Of so many.
        of: usize,
        /// Objects that do not exist, by name.
        missing: Vec<String>,
        /// The first error.
        error: Option<TargetError>,
    },
    /// Not begun: stopped, or nothing could succeed any more for this reason.
    NotTried(Option<String>),
}

impl Outcome {
    /// Whether the tenant is now as the change wants it.
    pub const fn is_done(&self) -> bool {
        match self {
            Self::Applied | Self::AlreadySo => true,
            Self::Stale(_)
            | Self::Refused(_)
            | Self::Unknown(_)
            | Self::Waits(_)
            | Self::Partly { .. }
            | Self::NotTried(_) => false,
        }
    }
}

/// An outcome, and the id of the object if the change made it known.
#[derive(Debug)]
pub struct Applied {
    /// What became of it.
    pub outcome: Outcome,
    /// The object in the tenant.
    pub id: Option<CloudId>,
}

impl Applied {
    pub(super) fn not_tried(why: Option<&str>) -> Self {
        Self { outcome: Outcome::NotTried(why.map(str::to_owned)), id: None }
    }
}

/// Brings the results of all steps of one change together.
pub(super) fn combine(results: Vec<Result<Done, TargetError>>, missing: Vec<String>) -> Applied {
    let of = results.len();
    let (mut id, mut applied, mut done, mut errors) = (None, false, 0, Vec::new());
    for result in results {
        match result {
            Ok(Done::Applied(it)) => {
                (id, applied) = (Some(it), true);
                done += 1;
            }
            Ok(Done::AlreadySo(it)) => {
                id = Some(it);
                done += 1;
            }
            Err(error) => errors.push(error),
        }
    }
    let outcome = match (errors.into_iter().next(), done) {
        (None, _) if missing.is_empty() && applied => Outcome::Applied,
        (None, _) if missing.is_empty() => Outcome::AlreadySo,
        (Some(error), 0) if missing.is_empty() && error.is_outcome_unknown() => Outcome::Unknown(error),
        (Some(error), 0) if missing.is_empty() => Outcome::Refused(error),
        (error, _) => Outcome::Partly { done, of: of + missing.len(), missing, error },
    };
    Applied { outcome, id }
}
