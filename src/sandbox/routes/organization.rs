//! The organisation, its domains and subscriptions (graph-tenant reference, 5.1 and 7.2). All read-only, but for
//! the switch of directory synchronisation.

use serde_json::{Value, json};

use super::records::{Sort, collection, entity};
use super::{Call, licences};
use crate::sandbox::errors::Refusal;
use crate::sandbox::exchange::Response;
use crate::sandbox::object::{Mastery, whole_second};
use crate::sandbox::seed::{SeedDomain, Sku};
use crate::sandbox::tenant::Answer;

const fn sort(name: &'static str, type_name: &'static str) -> Sort {
    Sort { name, type_name, options: &["$select"] }
}

const ORGANIZATION: Sort = sort("organization", "organization");
const DOMAINS: Sort = sort("domains", "domain");
const SKUS: Sort = sort("subscribedSkus", "subscribedSku");

/// `/organization`, `/domains`, `/subscribedSkus`.
pub(crate) fn answer(call: &mut Call<'_>, segments: &[&str]) -> Answer {
    if let ("PATCH", ["organization", key]) = (call.request.method.as_str(), segments) {
        return change(call, key);
    }
    if call.request.method != "GET" {
        return Err(Refusal::method_not_allowed());
    }
    let id = call.tenant.seed.tenant_id.to_string();
    match segments {
        ["organization"] => collection(call, ORGANIZATION, vec![organization(call)]),
        ["organization", key] if key.eq_ignore_ascii_case(&id) => {
            entity(call, ORGANIZATION, organization(call))
        }
        ["domains"] => collection(call, DOMAINS, call.tenant.seed.domains.iter().map(domain).collect()),
        ["domains", name] => {
            let found = call.tenant.seed.domains.iter().find(|it| it.name.eq_ignore_ascii_case(name));
            entity(call, DOMAINS, found.map(domain).ok_or_else(|| Refusal::not_found(name))?)
        }
        ["subscribedSkus"] => {
            let skus = call.tenant.seed.skus.iter().map(|it| sku(call, it)).collect();
            collection(call, SKUS, skus)
        }
        ["subscribedSkus", key] => {
            let found = call.tenant.seed.skus.iter().map(|it| sku(call, it)).find(|it| it["id"] == **key);
            entity(call, SKUS, found.ok_or_else(|| Refusal::not_found(key))?)
        }
        ["organization", key] => Err(Refusal::not_found(key)),
        [.., other] => Err(Refusal::unknown_segment(other)),
        [] => Err(Refusal::unknown_segment("")),
    }
}

/// `PATCH /organization/{id}`. Switching off leaves every synchronised object to the tenant; the service takes
/// up to three days for that, the sandbox does it at once.
fn change(call: &mut Call<'_>, key: &str) -> Answer {
    if !key.eq_ignore_ascii_case(&call.tenant.seed.tenant_id.to_string()) {
        return Err(Refusal::not_found(key));
    }
    let body = call.request.object()?;
    for (name, value) in body.iter().filter(|(name, _)| !name.starts_with("@odata.")) {
        let on = value.as_bool().filter(|_| name == "onPremisesSyncEnabled");
        let on = on.ok_or_else(|| Refusal::bad_request(format!("Invalid property '{name}'.")))?;
        call.tenant.synchronization.enabled = Some(on);
        call.tenant.store.changed = true;
        if !on {
            release_objects(call);
        }
    }
    Ok(Response::no_content())
}

fn release_objects(call: &mut Call<'_>) {
    let now = call.tenant.now();
    let synced = call.tenant.store.all().filter(|it| it.mastery == Mastery::OnPremSynced).map(|it| it.id);
    for id in synced.collect::<Vec<_>>() {
        call.tenant.store.edit(now, id, |object| {
            object.mastery = Mastery::FormerlySynced;
            vec!["onPremisesSyncEnabled".to_owned()]
        });
    }
}

fn organization(call: &Call<'_>) -> Value {
    let seed = &call.tenant.seed;
    let domains: Vec<Value> = seed
        .domains
        .iter()
        .filter(|it| it.verified)
        .map(|it| {
            json!({
                "capabilities": "Email, OfficeCommunicationsOnline",
                "isDefault": it.is_default,
                "isInitial": it.initial,
                "name": it.name,
                "type": if it.federated { "Federated" } else { "Managed" },
            })
        })
        .collect();
    json!({
        "id": seed.tenant_id,
        "deletedDateTime": null,
        "businessPhones": [],
        "city": null,
        "country": null,
        "countryLetterCode": seed.country,
        "createdDateTime": "2020-01-01T00:00:00Z",
        "defaultUsageLocation": null,
        "displayName": seed.organization,
        "isMultipleDataLocationsForServicesEnabled": null,
        "marketingNotificationEmails": [],
        "onPremisesLastSyncDateTime": call.tenant.synchronization.last_export.as_ref().map(|(_, at)| whole_second(*at)),
        "onPremisesSyncEnabled": call.tenant.synchronizes(),
        "partnerTenantType": null,
        "postalCode": null,
        "preferredLanguage": "en",
        "securityComplianceNotificationMails": [],
        "securityComplianceNotificationPhones": [],
        "state": null,
        "street": null,
        "technicalNotificationMails": [],
        "tenantType": "AAD",
        "directorySizeQuota": {
            "used": call.tenant.store.all_count(),
            "total": if seed.domains.iter().any(|it| it.verified && !it.initial) { 300_000 } else { 50_000 },
        },
        "assignedPlans": [],
        "provisionedPlans": [],
        "verifiedDomains": domains,
    })
}

fn domain(domain: &SeedDomain) -> Value {
    json!({
        "id": domain.name,
        "authenticationType": if domain.federated { "Federated" } else { "Managed" },
        "availabilityStatus": null,
        "isAdminManaged": true,
        "isDefault": domain.is_default,
        "isInitial": domain.initial,
        "isRoot": true,
        "isVerified": domain.verified,
        "manufacturer": null,
        "model": null,
        "passwordNotificationWindowInDays": 14,
        "passwordValidityPeriodInDays": 2_147_483_647_u32,
        "supportedServices": if domain.verified { json!(["Email", "OfficeCommunicationsOnline"]) } else { json!([]) },
        "state": null,
    })
}

fn sku(call: &Call<'_>, sku: &Sku) -> Value {
    let plans: Vec<Value> = sku
        .plans
        .iter()
        .map(|(name, id)| {
            json!({
                "servicePlanId": id,
                "servicePlanName": name,
                "provisioningStatus": "Success",
                "appliesTo": "User",
            })
        })
        .collect();
    let usable = sku.enabled + sku.warning;
    json!({
        "accountName": call.tenant.seed.organization,
        "accountId": call.tenant.seed.tenant_id,
        "appliesTo": "User",
        "capabilityStatus": if sku.enabled != 0 || usable == 0 { "Enabled" } else { "Warning" },
        "consumedUnits": licences::consumed(call, sku),
        "id": format!("{}_{}", call.tenant.seed.tenant_id, sku.sku_id),
        "skuId": sku.sku_id,
        "skuPartNumber": sku.sku_part_number,
        "subscriptionIds": [],
        "prepaidUnits": { "enabled": sku.enabled, "suspended": 0, "warning": sku.warning, "lockedOut": 0 },
        "servicePlans": plans,
    })
}
