//! Password hashes (password-sync reference, 2 and 3.7): checked for form and dropped, since nobody signs in here.

use serde_json::Value;
use uuid::Uuid;

use super::access;
use super::attributes::cloud_anchor;
use crate::sandbox::features::PASSWORDS;
use crate::sandbox::object::{Kind, Mastery, whole_second};
use crate::sandbox::store::KeySpace;
use crate::sandbox::tenant::{Tenant, lag};
use crate::wire::provisioning::{CREDENTIALS_PER_CALL_MAX, CredentialChange, CredentialResult, Refusal};

const ITERATIONS: &str = "1000";

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
    if !is_well_formed(item.credential.reveal()) {
        return Err("The credential is not in a known format.");
    }
    let id = user(tenant, item).ok_or("The user does not exist or is not synchronised.")?;
    let now = tenant.now();
    if tenant.store.fresh(id, now, lag(tenant.replication.reference_ms)) {
        return Err("The user has not been replicated yet.");
    }
    // Passwords of synchronised users do not expire in the tenant, unless it wants that.
    let expires = tenant.feature("cloudPasswordPolicyForPasswordSyncedUsersEnabled");
    let policy = if expires { Value::from("None") } else { "DisablePasswordExpiration".into() };
    let changed_at = whole_second(item.changed_at);
    tenant.store.edit(now, id, |user| {
        let values = [("lastPasswordChangeDateTime", changed_at.into()), ("passwordPolicies", policy)];
        values
            .into_iter()
            .filter_map(|(name, value)| user.properties.set(name, value).then(|| name.to_owned()))
            .collect()
    });
    Ok(())
}

fn user(tenant: &Tenant, item: &CredentialChange) -> Option<Uuid> {
    let by_source =
        || item.source_anchor.as_deref().and_then(|it| tenant.store.holder(KeySpace::ImmutableId, it));
    let by_cloud = item.cloud_anchor.as_deref().map(|it| cloud_anchor(it).map(|(_, id)| id));
    let id = by_cloud.unwrap_or_else(by_source)?;
    let user = tenant.store.get(id).filter(|it| it.kind == Kind::User && it.deleted.is_none())?;
    (user.mastery == Mastery::OnPremSynced).then_some(id)
}

/// `v1;PPH1_MD4,<salt of ten bytes>,1000,<hash of 32 bytes>;`, bytes in hexadecimal digits.
fn is_well_formed(credential: &str) -> bool {
    let hex =
        |text: &str, length: usize| text.len() == length && text.bytes().all(|it| it.is_ascii_hexdigit());
    let parts = credential.strip_prefix("v1;PPH1_MD4,").and_then(|it| it.strip_suffix(';'));
    let parts: Vec<&str> = parts.map(|it| it.split(',').collect()).unwrap_or_default();
    matches!(parts.as_slice(), [salt, ITERATIONS, hash] if hex(salt, 20) && hex(hash, 64))
}
