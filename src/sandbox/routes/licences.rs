//! Licences of users: assign, take away, show (graph-tenant reference, 5.2 and 5.3).
//!
//! Licences that a group hands on are not here, nor what a licence does to addresses of users of the cloud.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::{Call, object_id, users};
use crate::sandbox::errors::Refusal;
use crate::sandbox::exchange::Response;
use crate::sandbox::grants;
use crate::sandbox::object::{Kind, Object, whole_second};
use crate::sandbox::provisioning::recalculate;
use crate::sandbox::query::Query;
use crate::sandbox::seed::Sku;
use crate::sandbox::tenant::Answer;

/// What one `assignLicense` asks for.
struct Wish {
    add: Vec<(Uuid, Vec<Uuid>)>,
    remove: BTreeSet<Uuid>,
}

/// `POST /users/{id}/assignLicense`: all of it or nothing.
pub(crate) fn change(call: &mut Call<'_>, key: &str) -> Answer {
    let id = call.find_to_write(Kind::User, key)?;
    let wish = wish(&call.request.object()?)?;
    check(call, call.current(id)?, &wish)?;
    let now = call.tenant.now();
    call.tenant.store.edit(now, id, |user| {
        for sku in &wish.remove {
            withdraw(user, *sku);
        }
        for (sku, disabled) in &wish.add {
            assign(user, now, (*sku, disabled));
        }
        vec!["assignedLicenses".to_owned(), "licenseAssignmentStates".to_owned()]
    });
    // Of a synchronised user the service calculates addresses from licences as well.
    recalculate(call.tenant, id);
    Ok(users::entity(call, call.current(id)?, &Query::default()))
}

/// Both lists have to be there, though either may be empty.
fn wish(body: &Map<String, Value>) -> Result<Wish, Refusal> {
    let list = |name: &str| {
        body.get(name).and_then(Value::as_array).ok_or_else(|| {
            Refusal::bad_request(format!("One or more parameters of the operation 'assignLicense' are missing from the request payload. The missing parameters are: {name}."))
        })
    };
    let id = |value: &Value| {
        value.as_str().and_then(object_id).ok_or_else(|| Refusal::bad_request("Invalid GUID."))
    };
    let mut add = Vec::new();
    for licence in list("addLicenses")? {
        let disabled = licence.get("disabledPlans").and_then(Value::as_array).into_iter().flatten();
        let disabled = disabled.map(id).collect::<Result<Vec<Uuid>, Refusal>>()?;
        add.push((id(&licence["skuId"])?, disabled));
    }
    let remove = list("removeLicenses")?.iter().map(id).collect::<Result<_, _>>()?;
    Ok(Wish { add, remove })
}

fn check(call: &Call<'_>, user: &Object, wish: &Wish) -> Result<(), Refusal> {
    let held = grants::licences(user);
    if !wish.remove.iter().all(|it| held.contains(it)) {
        return Err(Refusal::bad_request("User does not have a corresponding license."));
    }
    if !wish.add.is_empty() && user.properties.text("usageLocation").is_none() {
        let text = "License assignment cannot be done for user with invalid usage location.";
        return Err(Refusal::bad_request(text));
    }
    for (id, disabled) in &wish.add {
        let sku = call.tenant.seed.skus.iter().find(|it| it.sku_id == *id).ok_or_else(|| {
            Refusal::bad_request(format!("License {id} does not correspond to a valid company License."))
        })?;
        if let Some(plan) = disabled.iter().find(|plan| !sku.plans.values().any(|it| it == *plan)) {
            let text = format!("The service plan {plan} is not part of the license {id}.");
            return Err(Refusal::bad_request(text));
        }
        if !held.contains(id) && free(call, sku) == 0 {
            let text = format!("Subscription with SKU {id} does not have any available licenses.");
            return Err(Refusal::bad_request(text));
        }
    }
    Ok(())
}

/// Seats in use.
pub(crate) fn consumed(call: &Call<'_>, sku: &Sku) -> u32 {
    sku.consumed.saturating_add(call.tenant.store.grants.seats(sku.sku_id))
}

/// Seats past their date can still be given away.
fn free(call: &Call<'_>, sku: &Sku) -> u32 {
    sku.enabled.saturating_add(sku.warning).saturating_sub(consumed(call, sku))
}

/// Gives a user a licence, or other plans of one that the user has.
pub(crate) fn assign(user: &mut Object, now: Timestamp, (sku, disabled): (Uuid, &[Uuid])) {
    withdraw(user, sku);
    push(user, "assignedLicenses", json!({ "disabledPlans": disabled, "skuId": sku }));
    let state = json!({
        "skuId": sku,
        "disabledPlans": disabled,
        "assignedByGroup": null,
        "state": "Active",
        "error": "None",
        "lastUpdatedDateTime": whole_second(now),
    });
    push(user, "licenseAssignmentStates", state);
}

fn withdraw(user: &mut Object, sku: Uuid) {
    for name in ["assignedLicenses", "licenseAssignmentStates"] {
        let mut items = items(user, name);
        items.retain(|it| it["skuId"] != sku.to_string());
        user.properties.set(name, items.into());
    }
}

fn push(user: &mut Object, name: &str, item: Value) {
    let mut items = items(user, name);
    items.push(item);
    user.properties.set(name, items.into());
}

fn items(user: &Object, name: &str) -> Vec<Value> {
    user.properties.get(name).and_then(|it| it.as_array().cloned()).unwrap_or_default()
}

/// `GET /users/{id}/licenseDetails`.
pub(crate) fn details(call: &Call<'_>, key: &str) -> Answer {
    let user = call.find(Kind::User, key)?;
    let skus = &call.tenant.seed.skus;
    let details: Vec<Value> = items(user, "assignedLicenses")
        .iter()
        .filter_map(|licence| {
            let sku = skus.iter().find(|it| licence["skuId"] == it.sku_id.to_string())?;
            let disabled = |plan: &Uuid| {
                licence["disabledPlans"]
                    .as_array()
                    .is_some_and(|it| it.iter().any(|it| *it == plan.to_string()))
            };
            let plans = sku.plans.iter().map(|(name, id)| {
                json!({
                    "servicePlanId": id,
                    "servicePlanName": name,
                    "provisioningStatus": if disabled(id) { "Disabled" } else { "Success" },
                    "appliesTo": "User",
                })
            });
            Some(json!({
                "id": format!("{}_{}", user.id.simple(), sku.sku_id.simple()),
                "skuId": sku.sku_id,
                "skuPartNumber": sku.sku_part_number,
                "servicePlans": plans.collect::<Vec<_>>(),
            }))
        })
        .collect();
    let context = call.context(&format!("users('{}')/licenseDetails", user.id));
    Ok(Response::json(200, json!({ "@odata.context": context, "value": details })))
}
