//! The organisation, its domains, subscriptions and directory-synchronisation settings (graph-tenant
//! reference, 5.1, 7.1 and 7.2). All read-only.

use serde_json::{Map, Value, json};

use super::Call;
use crate::sandbox::errors::Refusal;
use crate::sandbox::exchange::Response;
use crate::sandbox::seed::{SeedDomain, Sku};
use crate::sandbox::tenant::Answer;

/// `/organization`, `/domains`, `/subscribedSkus`, `/directory/onPremisesSynchronization`.
pub(crate) fn answer(call: &Call<'_>, segments: &[&str]) -> Answer {
    if call.request.method != "GET" {
        return Err(Refusal::method_not_allowed());
    }
    let id = call.tenant.seed.tenant_id.to_string();
    match segments {
        ["organization"] => collection(call, "organization", vec![organization(call)]),
        ["organization", key] if key.eq_ignore_ascii_case(&id) => {
            entity(call, "organization", organization(call))
        }
        ["domains"] => collection(call, "domains", call.tenant.seed.domains.iter().map(domain).collect()),
        ["domains", name] => {
            let found = call.tenant.seed.domains.iter().find(|it| it.name.eq_ignore_ascii_case(name));
            entity(call, "domains", found.map(domain).ok_or_else(|| Refusal::not_found(name))?)
        }
        ["subscribedSkus"] => {
            let skus = call.tenant.seed.skus.iter().map(|it| sku(call, it)).collect();
            collection(call, "subscribedSkus", skus)
        }
        ["subscribedSkus", key] => {
            let found = call.tenant.seed.skus.iter().map(|it| sku(call, it)).find(|it| it["id"] == **key);
            entity(call, "subscribedSkus", found.ok_or_else(|| Refusal::not_found(key))?)
        }
        ["directory", "onPremisesSynchronization"] => {
            collection(call, "directory/onPremisesSynchronization", vec![synchronization(call)])
        }
        ["directory", "onPremisesSynchronization", key] if key.eq_ignore_ascii_case(&id) => {
            entity(call, "directory/onPremisesSynchronization", synchronization(call))
        }
        ["organization", key] | ["directory", "onPremisesSynchronization", key] => {
            Err(Refusal::not_found(key))
        }
        [.., other] => Err(Refusal::unknown_segment(other)),
        [] => Err(Refusal::unknown_segment("")),
    }
}

fn collection(call: &Call<'_>, name: &str, items: Vec<Value>) -> Answer {
    let mut selected = Vec::new();
    for item in items {
        selected.push(select(call, name, item)?);
    }
    Ok(Response::json(200, json!({ "@odata.context": call.context(name), "value": selected })))
}

fn entity(call: &Call<'_>, name: &str, item: Value) -> Answer {
    let mut view = Map::new();
    view.insert("@odata.context".to_owned(), call.context(&format!("{name}/$entity")).into());
    if let Value::Object(members) = select(call, name, item)? {
        view.extend(members);
    }
    Ok(Response::json(200, Value::Object(view)))
}

/// Only `$select` works on these.
fn select(call: &Call<'_>, name: &str, item: Value) -> Result<Value, Refusal> {
    if let Some((option, _)) =
        call.request.query.iter().find(|(it, _)| it.starts_with('$') && it != "$select")
    {
        return Err(Refusal::unsupported_query(format!("The query option '{option}' is not supported.")));
    }
    let Some(list) = call.request.parameter("$select") else { return Ok(item) };
    let mut view = Map::new();
    for property in list.split(',').map(str::trim) {
        let value = item.get(property).ok_or_else(|| {
            let kind = match name {
                "domains" => "domain",
                "subscribedSkus" => "subscribedSku",
                "organization" => "organization",
                _ => "onPremisesDirectorySynchronization",
            };
            Refusal::bad_request(format!(
                "Could not find a property named '{property}' on type 'microsoft.graph.{kind}'."
            ))
        })?;
        view.insert(property.to_owned(), value.clone());
    }
    if !view.contains_key("id") {
        view.insert("id".to_owned(), item["id"].clone());
    }
    Ok(Value::Object(view))
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
        "onPremisesLastSyncDateTime": null,
        "onPremisesSyncEnabled": seed.on_premises_sync_enabled,
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
        "consumedUnits": sku.consumed,
        "id": format!("{}_{}", call.tenant.seed.tenant_id, sku.sku_id),
        "skuId": sku.sku_id,
        "skuPartNumber": sku.sku_part_number,
        "subscriptionIds": [],
        "prepaidUnits": { "enabled": sku.enabled, "suspended": 0, "warning": sku.warning, "lockedOut": 0 },
        "servicePlans": plans,
    })
}

fn synchronization(call: &Call<'_>) -> Value {
    json!({
        "id": call.tenant.seed.tenant_id,
        "configuration": {
            "accidentalDeletionPrevention": {
                "synchronizationPreventionType": "enabledForCount",
                "alertThreshold": 500,
            },
        },
        "features": {
            "allowOnPremUpdateOfOnPremisesObjectIdentifierEnabled": false,
            "blockCloudObjectTakeoverThroughHardMatchEnabled": false,
            "blockSoftMatchEnabled": false,
            "bypassDirSyncOverridesEnabled": false,
            "cloudPasswordPolicyForPasswordSyncedUsersEnabled": false,
            "concurrentCredentialUpdateEnabled": false,
            "concurrentOrgIdProvisioningEnabled": false,
            "deviceWritebackEnabled": false,
            "directoryExtensionsEnabled": false,
            "fopeConflictResolutionEnabled": false,
            "groupWriteBackEnabled": false,
            "passwordSyncEnabled": call.tenant.seed.on_premises_sync_enabled == Some(true),
            "passwordWritebackEnabled": false,
            "quarantineUponProxyAddressesConflictEnabled": true,
            "quarantineUponUpnConflictEnabled": true,
            "softMatchOnUpnEnabled": true,
            "synchronizeUpnForManagedUsersEnabled": true,
            "unifiedGroupWritebackEnabled": false,
            "userForcePasswordChangeOnLogonEnabled": false,
            "userWritebackEnabled": false,
        },
    })
}
