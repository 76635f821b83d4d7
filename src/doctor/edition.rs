//! What the subscriptions of a tenant say about directory synchronisation (graph-tenant reference, 11).
//!
//! That is partly inferred: every edition that has a directory of its own synchronises, but for the small-business
//! plans of the first years. Plans for consumers have no tenant, so that nobody gets here with one.

use crate::wire::odata::SubscriptionRecord;

/// Office 365 Small Business and Small Business Premium, both retired.
const WITHOUT: &str = "LITEPACK";

/// What the subscriptions mean.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Edition {
    /// None in use: Entra ID Free, which synchronises.
    Free,
    /// At least one that synchronises; their names.
    Synchronises(Vec<String>),
    /// Only such as do not; their names.
    Without(Vec<String>),
}

impl Edition {
    pub(super) fn of(subscriptions: &[SubscriptionRecord]) -> Self {
        let usable = subscriptions.iter().filter(|it| it.is_usable());
        let mut names: Vec<String> = usable.map(|it| it.sku_part_number.clone()).collect();
        names.sort();
        names.dedup();
        let is_without = |it: &String| it.to_ascii_uppercase().starts_with(WITHOUT);
        match () {
            () if names.is_empty() => Self::Free,
            () if names.iter().all(is_without) => Self::Without(names),
            () => Self::Synchronises(names),
        }
    }

    /// The subscriptions, in words.
    pub(super) fn words(&self) -> String {
        match self {
            Self::Free => {
                "no subscription is in use: Entra ID Free, which has directory synchronisation".to_owned()
            }
            Self::Synchronises(names) => {
                format!("{}: an edition with directory synchronisation", names.join(", "))
            }
            Self::Without(names) => {
                format!("{}: an edition without directory synchronisation", names.join(", "))
            }
        }
    }
}
