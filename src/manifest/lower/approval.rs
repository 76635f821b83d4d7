//! `Approval` to the consent that a policy carries. Whether it has expired is asked when it is used.

use jiff::Timestamp;

use crate::manifest::document::Document;
use crate::manifest::v1alpha1::{ApprovalSpec, ApprovedChangeSpec, Kind};
use crate::manifest::yaml::Fault;
use crate::model::Digest;
use crate::policy::{Approval, ApprovedChange};

use super::Lowering;

/// Lowers one approval, together with the name of its policy.
pub(super) fn lower(lowering: &mut Lowering<'_>, document: &Document) -> Option<(String, Approval)> {
    let spec: ApprovalSpec = document.read(&mut lowering.findings)?;
    let at = document.spec();
    let Lowering { register, names: _, findings } = lowering;
    register.resolve(Kind::SyncPolicy, &spec.policy, &at.value("policy"), findings)?;
    let Ok(expires) = spec.expires.0.parse::<Timestamp>() else {
        at.value("expires").error(findings, |it| {
            Fault::new(it, "not a point in time").hint("write it as in `2026-12-01T00:00:00Z`")
        });
        return None;
    };
    let mut changes = Vec::new();
    for (index, ApprovedChangeSpec { digest, what }) in (0..).zip(spec.changes) {
        match digest.0.parse::<Digest>() {
            Ok(digest) => changes.push(ApprovedChange { digest, what }),
            // A warning only: an entry that fits nothing is safe, and the rest still counts.
            Err(error) => at.field("changes").item(index).value("digest").warning(findings, |it| {
                Fault::new(it, format!("this entry approves nothing: {error}"))
                    .hint("copy the whole digest of the change from `samesign plan --format json`")
            }),
        }
    }
    let ApprovalSpec { policy, plan: _, reason, by, expires: _, changes: _ } =
        ApprovalSpec { changes: Vec::new(), ..spec };
    Some((policy, Approval { name: document.name.clone(), reason, by, expires, changes }))
}
