//! A batch of objects (password-sync reference, 3.8): each is written or fails by itself.
//!
//! First come the objects, then their links, so that objects of one batch may refer to each other.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use uuid::Uuid;

use super::attributes::{Generation, Sent};
use super::failure::Failure;
use super::{anchors, linking, quarantine, writing};
use crate::sandbox::tenant::Tenant;
use crate::wire::provisioning::{ObjectResult, Operation, Refusal, ResultCode, SyncObject, SyncOperation};

/// Writes a batch, or refuses all of it.
pub(super) fn write(
    tenant: &mut Tenant,
    objects: &[SyncObject],
    generation: Generation,
) -> Result<Vec<ObjectResult>, Refusal> {
    let read: Vec<Result<Sent, Failure>> = objects.iter().map(|it| Sent::read(it, generation)).collect();
    check_size(tenant, &read)?;
    let batch: BTreeSet<&str> = objects
        .iter()
        .zip(&read)
        .filter(|(object, _)| object.operation != SyncOperation::Delete)
        .filter_map(|(_, sent)| sent.as_ref().ok()?.source_anchor.as_deref())
        .collect();
    let mut outcomes: Vec<Result<Uuid, Failure>> = Vec::new();
    for (object, sent) in objects.iter().zip(&read) {
        let outcome = sent.as_ref().map_err(Clone::clone).and_then(|sent| match object.operation {
            SyncOperation::Delete => writing::delete(tenant, sent),
            SyncOperation::Add | SyncOperation::Set => {
                linking::check(&tenant.store, sent, &batch)?;
                writing::write(tenant, sent)
            }
        });
        outcomes.push(outcome);
    }
    for ((object, sent), outcome) in objects.iter().zip(&read).zip(&mut outcomes) {
        if let (Ok(sent), Ok(id), true) = (sent, outcome.as_ref(), object.operation != SyncOperation::Delete)
            && let Err(failure) = linking::apply(tenant, *id, sent, generation)
        {
            *outcome = Err(failure);
        }
    }
    Ok(objects.iter().zip(outcomes).map(|(object, outcome)| result(tenant, object, outcome)).collect())
}

/// What the audit log keeps of a batch: which objects and attributes, no values.
pub(super) fn trace(operation: Operation, objects: &[SyncObject]) -> Value {
    let objects: Vec<Value> = objects
        .iter()
        .map(|it| {
            let names: Vec<&str> = it.properties.iter().map(|(name, _)| name.as_str()).collect();
            json!({
                "anchor": it.anchor(),
                "kind": it.kind.name(),
                "operation": it.operation.name(),
                "attributes": names,
            })
        })
        .collect();
    json!({ "operation": operation.name(), "objects": objects })
}

fn check_size(tenant: &Tenant, read: &[Result<Sent, Failure>]) -> Result<(), Refusal> {
    let limits = &tenant.seed.provisioning;
    let links: usize = read.iter().flatten().map(linking::count).sum();
    let refused = |what: &str, max: usize| Refusal {
        description: format!("The batch has more than {max} {what}."),
        ..Refusal::default()
    };
    if limits.objects_per_batch_max < read.len() {
        return Err(refused("objects", limits.objects_per_batch_max));
    }
    if limits.links_per_batch_max < links {
        return Err(refused("links", limits.links_per_batch_max));
    }
    Ok(())
}

fn result(tenant: &Tenant, object: &SyncObject, outcome: Result<Uuid, Failure>) -> ObjectResult {
    let text = |name: &str| match object.property(name) {
        Some(crate::wire::provisioning::PropertyValue::Text(text)) => Some(text.clone()),
        Some(_) | None => None,
    };
    let asked = ObjectResult {
        cloud_anchor: text("CloudAnchor"),
        source_anchor: text("SourceAnchor"),
        kind: Some(object.kind),
        operation: Some(object.operation),
        ..ObjectResult::default()
    };
    match outcome {
        Ok(id) => {
            let written = tenant.store.get(id).filter(|it| it.deleted.is_none());
            ObjectResult {
                cloud_anchor: written.map(anchors::of).or(asked.cloud_anchor),
                code: ResultCode::Success,
                error_description: written.and_then(quarantine::warning),
                ..asked
            }
        }
        Err(Failure { code, text }) => ObjectResult {
            code: ResultCode::Failure,
            error_code: Some(code.to_owned()),
            error_description: Some(text),
            ..asked
        },
    }
}
