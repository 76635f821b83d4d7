//! Objects that Entra Connect leaves out by default.

use std::fmt;

use crate::model::{DirectoryObject, well_known};

/// Why an object is left out by default (graph-tenant reference, 9.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exclusion {
    /// `isCriticalSystemObject` is true.
    CriticalSystemObject,
}

impl Exclusion {
    /// The first rule that leaves this object out.
    pub fn of(object: &DirectoryObject) -> Option<Self> {
        let critical = object.attributes.boolean(well_known::IS_CRITICAL_SYSTEM_OBJECT) == Some(true);
        critical.then_some(Self::CriticalSystemObject)
    }
}

impl fmt::Display for Exclusion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CriticalSystemObject => f.write_str("isCriticalSystemObject is true"),
        }
    }
}
