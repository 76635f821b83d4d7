//! What a policy has in scope of one reading, without a tenant and without a plan.

use super::scoping::Scoping;
use crate::model::{DirectoryObjects, ObjectIndex};
use crate::policy::Policy;

/// What of a reading is in scope, and which containers and groups of the scope are not in the reading.
pub fn in_scope(policy: &Policy, objects: &DirectoryObjects) -> (Vec<ObjectIndex>, Vec<String>) {
    let scoping = Scoping::new(policy, objects);
    let found = objects.iter().map(|it| it.0).filter(|it| scoping.decide(*it).is_ok()).collect();
    (found, scoping.missing())
}
