//! Directory roles and who holds them, in both of the service's views: `/roleManagement/directory` and the
//! older `/directoryRoles`; and the service principals of apps, which hold roles too.
//!
//! Custom roles and roles for less than the whole tenant are not here.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::records::{self, Sort};
use super::{Call, links, listing, object_id};
use crate::sandbox::directory_roles::{self, DirectoryRole, GLOBAL_ADMINISTRATOR, ROLES};
use crate::sandbox::errors::Refusal;
use crate::sandbox::exchange::Response;
use crate::sandbox::grants::Standing;
use crate::sandbox::path::{APP_ID, ROLE_TEMPLATE_ID};
use crate::sandbox::tenant::Answer;
use crate::sandbox::token;

const DEFINITIONS: Sort = Sort {
    name: "roleManagement/directory/roleDefinitions",
    type_name: "unifiedRoleDefinition",
    options: &["$select", "$filter"],
};
const ASSIGNMENTS: Sort = Sort {
    name: "roleManagement/directory/roleAssignments",
    type_name: "unifiedRoleAssignment",
    options: &["$select", "$filter", "$expand"],
};
const ELIGIBILITIES: Sort = Sort {
    name: "roleManagement/directory/roleEligibilityScheduleInstances",
    type_name: "unifiedRoleEligibilityScheduleInstance",
    options: &["$select", "$filter", "$expand"],
};
const DIRECTORY_ROLES: Sort =
    Sort { name: "directoryRoles", type_name: "directoryRole", options: &["$select", "$filter", "$expand"] };
const PRINCIPALS: Sort = Sort {
    name: "servicePrincipals",
    type_name: "servicePrincipal",
    options: &["$select", "$filter", "$top"],
};
/// Most references that `$expand` returns per object.
const EXPANDED_MAX: usize = 20;

/// `/roleManagement/directory/…`.
pub(crate) fn answer(call: &mut Call<'_>, rest: &[&str]) -> Answer {
    match (call.request.method.as_str(), rest) {
        ("GET", ["roleDefinitions"]) => {
            records::collection(call, DEFINITIONS, ROLES.iter().map(definition).collect())
        }
        ("GET", ["roleDefinitions", key]) => {
            let found = object_id(key).and_then(directory_roles::with_id);
            records::entity(call, DEFINITIONS, definition(found.ok_or_else(|| Refusal::not_found(key))?))
        }
        ("GET", ["roleAssignments"]) => {
            let records = assignments(call, Standing::Active)?;
            records::collection(call, ASSIGNMENTS, records)
        }
        ("GET", ["roleAssignments", key]) => {
            let found = assignments(call, Standing::Active)?.into_iter().find(|it| it["id"] == **key);
            records::entity(call, ASSIGNMENTS, found.ok_or_else(|| Refusal::not_found(key))?)
        }
        ("POST", ["roleAssignments"]) => assign(call),
        ("DELETE", ["roleAssignments", key]) => withdraw(call, key),
        ("GET", ["roleEligibilityScheduleInstances"]) => eligibilities(call),
        (_, ["roleDefinitions" | "roleAssignments" | "roleEligibilityScheduleInstances"] | [_, _]) => {
            Err(Refusal::method_not_allowed())
        }
        (_, [_, _, other, ..] | [other]) => Err(Refusal::unknown_segment(other)),
        (_, []) => Err(Refusal::unknown_segment("directory")),
    }
}

fn definition(role: &DirectoryRole) -> Value {
    json!({
        "id": role.id,
        "description": role.description,
        "displayName": role.name,
        "isBuiltIn": true,
        "isEnabled": true,
        "resourceScopes": ["/"],
        "templateId": role.id,
        "version": "1",
        "rolePermissions": [],
    })
}

/// Role and principal, those of apps among them.
fn held(call: &Call<'_>, standing: Standing) -> BTreeSet<(Uuid, Uuid)> {
    let mut held = call.tenant.store.grants.assignments(standing).clone();
    if standing == Standing::Active {
        for app in &call.tenant.seed.apps {
            let principal = token::principal(call.tenant.seed.tenant_id, &app.client_id.to_string());
            let roles = app.directory_roles.iter().filter_map(|it| directory_roles::named(it));
            held.extend(roles.map(|it| (it.id, principal)));
        }
    }
    held
}

fn assignments(call: &Call<'_>, standing: Standing) -> Result<Vec<Value>, Refusal> {
    let expand = match call.request.parameter("$expand") {
        None => None,
        Some(text) => match text.split('(').next() {
            Some("principal") => Some("principal"),
            Some("roleDefinition") => Some("roleDefinition"),
            Some(_) | None => {
                return Err(Refusal::new(400, "BadRequest", "Only one property can be expanded."));
            }
        },
    };
    let records = held(call, standing).into_iter().map(|(role, principal)| {
        let mut record = match standing {
            Standing::Active => assignment(role, principal),
            Standing::Eligible => eligibility(role, principal),
        };
        match expand {
            Some("principal") => record["principal"] = principal_view(call, principal),
            Some(_) => {
                record["roleDefinition"] = directory_roles::with_id(role).map_or(Value::Null, definition);
            }
            None => (),
        }
        record
    });
    Ok(records.collect())
}

fn assignment(role: Uuid, principal: Uuid) -> Value {
    json!({
        "id": assignment_id(role, principal),
        "principalId": principal,
        "directoryScopeId": "/",
        "roleDefinitionId": role,
    })
}

/// The service makes the id of both GUIDs, so that the same assignment always has the same.
fn assignment_id(role: Uuid, principal: Uuid) -> String {
    let bytes = [role.to_bytes_le(), principal.to_bytes_le()].concat();
    format!("{}-1", URL_SAFE_NO_PAD.encode(bytes))
}

fn eligibility(role: Uuid, principal: Uuid) -> Value {
    json!({
        "id": format!("{}-e", assignment_id(role, principal)),
        "principalId": principal,
        "roleDefinitionId": role,
        "directoryScopeId": "/",
        "appScopeId": null,
        "startDateTime": "2024-01-01T00:00:00Z",
        "endDateTime": null,
        "memberType": "Direct",
        "roleEligibilityScheduleId": Uuid::new_v5(&role, principal.as_bytes()),
    })
}

/// Eligible roles belong to Privileged Identity Management, which takes Entra ID P2.
fn eligibilities(call: &Call<'_>) -> Answer {
    let premium = |it: &crate::sandbox::seed::Sku| it.plans.contains_key("AAD_PREMIUM_P2");
    let records = assignments(call, Standing::Eligible)?;
    if records.is_empty() && !call.tenant.seed.skus.iter().any(premium) {
        let text = "The tenant needs to have Microsoft Entra ID P2 or Microsoft Entra ID Governance license.";
        return Err(Refusal::new(400, "AadPremiumLicenseRequired", text));
    }
    records::collection(call, ELIGIBILITIES, records)
}

fn assign(call: &mut Call<'_>) -> Answer {
    let body = call.request.object()?;
    let id = |name: &str| {
        let found = body.get(name).and_then(Value::as_str).and_then(object_id);
        found.ok_or_else(|| Refusal::bad_request(format!("Invalid value specified for property '{name}'.")))
    };
    let (role, principal) = (id("roleDefinitionId")?, id("principalId")?);
    if directory_roles::with_id(role).is_none() {
        return Err(Refusal::bad_request("The role definition does not exist."));
    }
    if body.get("directoryScopeId").and_then(Value::as_str) != Some("/") {
        return Err(Refusal::bad_request("Invalid value specified for property 'directoryScopeId'."));
    }
    let missing = || Refusal::not_found(&principal.to_string());
    let object = call.tenant.store.get(principal).filter(|it| it.deleted.is_none()).ok_or_else(missing)?;
    if object.kind == crate::sandbox::object::Kind::Group && !object.properties.switch("isAssignableToRole") {
        return Err(Refusal::bad_request(
            "The group cannot be assigned to a role: isAssignableToRole is not set on it.",
        ));
    }
    if object.roles.contains(&role) {
        return Err(Refusal::bad_request(
            "A conflicting object with one or more of the specified property values is present in the directory.",
        ));
    }
    call.tenant.store.set_role(principal, role, true);
    let mut view = Map::new();
    view.insert("@odata.context".to_owned(), call.context(&format!("{}/$entity", ASSIGNMENTS.name)).into());
    if let Value::Object(members) = assignment(role, principal) {
        view.extend(members);
    }
    Ok(Response::json(201, Value::Object(view)))
}

fn withdraw(call: &mut Call<'_>, key: &str) -> Answer {
    let held = call.tenant.store.grants.assignments(Standing::Active);
    let found = held.iter().copied().find(|(role, principal)| assignment_id(*role, *principal) == key);
    let (role, principal) = found.ok_or_else(|| Refusal::not_found(key))?;
    call.tenant.store.set_role(principal, role, false);
    Ok(Response::no_content())
}

/// `/directoryRoles…`: only roles that are active, which the first assignment makes them.
pub(crate) fn directory_roles(call: &Call<'_>, rest: &[&str]) -> Answer {
    if call.request.method != "GET" {
        return Err(Refusal::method_not_allowed());
    }
    let (role, rest) = match rest {
        [] => {
            let roles: Vec<Value> = activated(call).into_iter().map(|it| directory_role(call, it)).collect();
            return records::collection(call, DIRECTORY_ROLES, roles);
        }
        [marker, key, rest @ ..] if *marker == ROLE_TEMPLATE_ID => {
            (activated(call).into_iter().find(|it| it.id.to_string().eq_ignore_ascii_case(key)), rest)
        }
        // Members can be asked for by the id of the template, too.
        [key, rest @ ..] => {
            let named = |it: &&DirectoryRole| {
                object_id(key).is_some_and(|id| id == it.id || id == directory_role_id(call, it))
            };
            (activated(call).into_iter().find(named), rest)
        }
    };
    let role =
        role.ok_or_else(|| Refusal::not_found(call.request.path.rsplit('/').next().unwrap_or_default()))?;
    match rest {
        [] => records::entity(call, DIRECTORY_ROLES, directory_role(call, role)),
        ["members", rest @ ..] => links::read(call, Some(&members(call, role)), rest),
        [other, ..] => Err(Refusal::unknown_segment(other)),
    }
}

fn activated(call: &Call<'_>) -> Vec<&'static DirectoryRole> {
    let held: BTreeSet<Uuid> = held(call, Standing::Active).into_iter().map(|(role, _)| role).collect();
    ROLES.iter().filter(|it| it.id == GLOBAL_ADMINISTRATOR || held.contains(&it.id)).collect()
}

fn members(call: &Call<'_>, role: &DirectoryRole) -> BTreeSet<Uuid> {
    held(call, Standing::Active).into_iter().filter(|(it, _)| *it == role.id).map(|(_, id)| id).collect()
}

/// A role that is active has an id of its own in each tenant.
fn directory_role_id(call: &Call<'_>, role: &DirectoryRole) -> Uuid {
    Uuid::new_v5(&call.tenant.seed.tenant_id, role.id.as_bytes())
}

fn directory_role(call: &Call<'_>, role: &DirectoryRole) -> Value {
    let mut view = json!({
        "id": directory_role_id(call, role),
        "deletedDateTime": null,
        "description": role.description,
        "displayName": role.name,
        "roleTemplateId": role.id,
    });
    if call.request.parameter("$expand") == Some("members") {
        let members = members(call, role).into_iter().take(EXPANDED_MAX);
        view["members"] = members.map(|it| principal_view(call, it)).collect();
    }
    view
}

/// A user, a group or the service principal of an app.
fn principal_view(call: &Call<'_>, id: Uuid) -> Value {
    if let Some(object) = call.tenant.store.get(id) {
        return Value::Object(listing::typed(object, None));
    }
    let Some(mut view) = service_principals(call).into_iter().find(|it| it["id"] == id.to_string()) else {
        return Value::Null;
    };
    view["@odata.type"] = "#microsoft.graph.servicePrincipal".into();
    view
}

/// `GET /servicePrincipals…`.
pub(crate) fn principals(call: &Call<'_>, rest: &[&str]) -> Answer {
    if call.request.method != "GET" {
        return Err(Refusal::method_not_allowed());
    }
    let all = service_principals(call);
    let (name, key) = match rest {
        [] => return records::collection(call, PRINCIPALS, all),
        [marker, key] if *marker == APP_ID => ("appId", key),
        [key] => ("id", key),
        [_, other, ..] => return Err(Refusal::unknown_segment(other)),
    };
    let same = |it: &Value| it[name].as_str().is_some_and(|it| it.eq_ignore_ascii_case(key));
    records::entity(call, PRINCIPALS, all.into_iter().find(same).ok_or_else(|| Refusal::not_found(key))?)
}

/// Of the apps of the seed; without any, of the app that asks.
fn service_principals(call: &Call<'_>) -> Vec<Value> {
    let apps = &call.tenant.seed.apps;
    let ids: Vec<String> = if apps.is_empty() {
        vec![call.caller.app.clone()]
    } else {
        apps.iter().map(|it| it.client_id.to_string()).collect()
    };
    let view = |app: String| {
        json!({
            "id": token::principal(call.tenant.seed.tenant_id, &app),
            "deletedDateTime": null,
            "accountEnabled": true,
            "displayName": format!("App {app}"),
            "servicePrincipalType": "Application",
            "appId": app,
        })
    };
    ids.into_iter().map(view).collect()
}
