//! Which objects a policy handles.

use std::collections::BTreeSet;

use crate::model::{Digest, Dn, Guid};

use super::filter::Filter;

/// A container below which objects are in scope.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Base {
    /// By its name.
    Dn(Dn),
    /// By its `objectGUID`, so that a renamed container is still found.
    Guid(Guid),
}

/// All conditions must hold.
#[derive(Clone, Debug)]
pub struct Scope {
    /// Below one of these; empty means anywhere.
    pub bases: Vec<Base>,
    /// Below none of these, unless a base that lies deeper holds it.
    pub exclude_bases: Vec<Base>,
    /// Matches this.
    pub filter: Option<Filter>,
    /// Matches none of these.
    pub exclude: Vec<Filter>,
    /// Belongs to one of these groups, directly or through others; empty means no such condition.
    pub member_of: Vec<Dn>,
    /// Whether Entra Connect's own exclusions apply (graph-tenant reference, 9.1).
    pub default_exclusions: bool,
}

impl Scope {
    /// The digest of each condition by its name: the order of lists and the spelling of names do not count.
    pub fn digests(&self) -> [(&'static str, Digest); 6] {
        let Self { bases, exclude_bases, filter, exclude, member_of, default_exclusions } = self;
        let base = |it: &Base| match it {
            Base::Dn(dn) => dn.key().to_owned(),
            Base::Guid(guid) => guid.to_string(),
        };
        [
            ("bases", digest(bases.iter().map(base))),
            ("excludeBases", digest(exclude_bases.iter().map(base))),
            ("filter", digest(filter.iter().map(|it| it.text().to_owned()))),
            ("exclude", digest(exclude.iter().map(|it| it.text().to_owned()))),
            ("memberOf", digest(member_of.iter().map(|it| it.key().to_owned()))),
            ("defaultExclusions", digest([default_exclusions.to_string()])),
        ]
    }
}

fn digest(list: impl IntoIterator<Item = String>) -> Digest {
    let list: BTreeSet<String> = list.into_iter().collect();
    Digest::of_fields(list.iter().map(String::as_bytes))
}
