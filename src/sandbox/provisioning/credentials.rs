//! Password hashes as Entra Connect sends them (password-sync reference, 2 and 3.7): whose they are, and which of
//! them are taken.
//!
//! Of those that are taken only a verifier is kept. An empty list is the sign of life that clients send, and is
//! taken.

use serde_json::Value;
use uuid::Uuid;

use super::access;
use super::attributes::cloud_anchor;
use crate::sandbox::features::{MUST_CHANGE, PASSWORDS};
use crate::sandbox::object::{Kind, Mastery, whole_second};
use crate::sandbox::store::{KeySpace, Store};
use crate::sandbox::tenant::{Tenant, lag};
use crate::sandbox::verifier::Verifier;
use crate::wire::provisioning::{CREDENTIALS_PER_CALL_MAX, CredentialChange, CredentialResult, Refusal};

/// `ProvisionCredentials`.
pub(super) fn write(
    tenant: &mut Tenant,
    items: &[CredentialChange],
) -> Result<Vec<CredentialResult>, Refusal> {
    if !tenant.feature(PASSWORDS) {
        let code = Refusal::PASSWORDS_NOT_ACTIVATED;
        return Err(Refusal {
            code: code.to_owned(),
            description: access::text_of(code).to_owned(),
            tracking_id: None,
        });
    }
    if CREDENTIALS_PER_CALL_MAX < items.len() {
        let description = format!("The request has more than {CREDENTIALS_PER_CALL_MAX} items.");
        return Err(Refusal { description, ..Refusal::default() });
    }
    // One after the other: of two for one user the latter holds.
    Ok(items.iter().map(|item| result(item, write_one(tenant, item))).collect())
}

fn result(item: &CredentialChange, outcome: Result<(), &'static str>) -> CredentialResult {
    CredentialResult {
        cloud_anchor: item.cloud_anchor.clone(),
        source_anchor: item.source_anchor.clone(),
        // Only 0 is documented.
        result: if outcome.is_ok() { "0" } else { "1" }.to_owned(),
        extended_error: outcome.err().map(str::to_owned),
    }
}

fn write_one(tenant: &mut Tenant, item: &CredentialChange) -> Result<(), &'static str> {
    let id = user(tenant, item)?;
    // As said of the service: without the feature it does not look at the flag. Of users that are new in the
    // directory it is also said that the flag always holds; the references do not agree on that.
    let must_change = item.must_change && tenant.feature(MUST_CHANGE);
    let verifier = Verifier::of_credential(item.credential.reveal(), must_change)
        .ok_or("The credential is not in a known format.")?;
    let now = tenant.now();
    if tenant.store.fresh(id, now, lag(tenant.replication.reference_ms)) {
        return Err("The user has not been replicated yet.");
    }
    // Passwords of synchronised users do not expire in the tenant, unless it wants that.
    let expires = tenant.feature("cloudPasswordPolicyForPasswordSyncedUsersEnabled");
    let policy = if expires { Value::from("None") } else { "DisablePasswordExpiration".into() };
    // An earlier date than that of the password before is taken like any other.
    let changed_at = whole_second(item.changed_at);
    tenant.store.edit(now, id, |user| {
        let values = [("lastPasswordChangeDateTime", changed_at.into()), ("passwordPolicies", policy)];
        values
            .into_iter()
            .filter_map(|(name, value)| user.properties.set(name, value).then(|| name.to_owned()))
            .collect()
    });
    tenant.store.set_verifier(id, verifier);
    Ok(())
}

/// The user that both anchors name, or the one of them that was sent.
fn user(tenant: &Tenant, item: &CredentialChange) -> Result<Uuid, &'static str> {
    let by_source = item.source_anchor.as_deref().map(|it| by_source_anchor(&tenant.store, it));
    let by_cloud = item.cloud_anchor.as_deref().map(|it| cloud_anchor(it).map(|(_, id)| id));
    let id = match (by_source, by_cloud) {
        (Some(source), Some(cloud)) if source != cloud => {
            return Err("The SourceAnchor and the CloudAnchor do not name the same user.");
        }
        (Some(found), _) | (None, Some(found)) => found,
        (None, None) => return Err("A SourceAnchor or a CloudAnchor is needed."),
    };
    let user = id.and_then(|it| tenant.store.get(it)).filter(|it| it.kind == Kind::User);
    let user = user.ok_or("The user does not exist.")?;
    if user.deleted.is_some() {
        return Err("The user is deleted.");
    }
    match user.mastery {
        Mastery::OnPremSynced => Ok(user.id),
        Mastery::Cloud | Mastery::SoaConverted | Mastery::FormerlySynced => {
            Err("A credential update is not supported for a cloud-only user.")
        }
    }
}

/// The user of an anchor, in the recycle bin too.
fn by_source_anchor(store: &Store, anchor: &str) -> Option<Uuid> {
    store.holder(KeySpace::ImmutableId, anchor).or_else(|| store.in_bin(anchor))
}
