//! What a plan was made from, for people and for the lock of a saved plan.

use crate::model::{Digest, Provenance, Watermark};

use super::Inputs;

/// One side as it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Side {
    /// Name of the manifest.
    pub name: String,
    /// Objects that were read.
    pub objects: usize,
    /// Whether the reading went to the end.
    pub whole: bool,
}

/// What a plan was made from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// Name of the policy.
    pub policy: String,
    /// Version of the manifests.
    pub provenance: Provenance,
    /// Digest of what the manifests decide.
    pub policy_digest: Digest,
    /// The directory.
    pub directory: Side,
    /// How far the reading of the directory saw; `None` if it broke off.
    pub watermark: Option<Watermark>,
    /// The tenant.
    pub tenant: Side,
    /// The tenant's id.
    pub tenant_id: String,
}

impl Header {
    pub(super) fn of(inputs: &Inputs<'_>) -> Self {
        let Inputs { directory, tenant, links: _, policy, as_of: _ } = inputs;
        let whole = directory.whole();
        Self {
            policy: policy.name.clone(),
            provenance: policy.provenance.clone(),
            policy_digest: policy.digest,
            directory: Side {
                name: policy.directory.clone(),
                objects: directory.objects().len(),
                whole: whole.is_some(),
            },
            watermark: whole.map(|it| it.watermark().clone()),
            tenant: Side { name: policy.tenant.clone(), objects: tenant.active_objects(), whole: true },
            tenant_id: tenant.identity().tenant_id.clone(),
        }
    }
}
