//! Directory roles: who holds them, who may read that, and whom they protect.

use samesign::sandbox::{Seed, start};
use serde_json::json;

use super::client::{Client, group, options};

const GLOBAL: &str = "62e90394-69f5-4237-9190-012177145e10";
const HELPDESK: &str = "729827e3-9c14-49f7-bb1b-9608f156bbb8";
const SEED: &str = "
apps:
  - { clientId: aaaaaaaa-0000-4000-8000-000000000001, secret: all, roles: ['*'], directoryRoles: [User Administrator] }
  - { clientId: aaaaaaaa-0000-4000-8000-000000000002, secret: users, roles: [User.ReadWrite.All, Group.ReadWrite.All] }
  - { clientId: aaaaaaaa-0000-4000-8000-000000000003, secret: directory, roles: [Directory.Read.All] }
  - { clientId: aaaaaaaa-0000-4000-8000-000000000004, secret: roles, roles: [RoleManagement.Read.Directory] }
  - { clientId: aaaaaaaa-0000-4000-8000-000000000005, secret: root, roles: ['*'], directoryRoles: [Global Administrator] }
skus:
  - { skuId: 84a661c4-e949-4bd2-a560-ed7766fcaf2b, skuPartNumber: AAD_PREMIUM_P2, enabled: 5,
      plans: { AAD_PREMIUM_P2: eec0eb4f-6444-4f95-aba0-50c24d67f998 } }
users:
  - { userPrincipalName: boss@contoso.com, id: 00000000-0000-4000-8000-000000000001, directoryRoles: [Global Administrator, User Administrator] }
  - { userPrincipalName: desk@contoso.com, id: 00000000-0000-4000-8000-000000000002, directoryRoles: [Helpdesk Administrator] }
  - { userPrincipalName: mia@contoso.com, id: 00000000-0000-4000-8000-000000000003 }
  - { userPrincipalName: eve@contoso.com, id: 00000000-0000-4000-8000-000000000004, eligibleDirectoryRoles: [Security Reader] }
  - { userPrincipalName: guest@contoso.com, id: 00000000-0000-4000-8000-000000000005, guest: true }
groups:
  - { displayName: keepers, id: 00000000-0000-4000-8000-000000000010, directoryRoles: [Exchange Administrator], members: [mia@contoso.com], owners: [guest@contoso.com] }
";

fn id(number: u8) -> String {
    format!("00000000-0000-4000-8000-0000000000{number:02}")
}

async fn signed_in(number: u8, secret: &str) -> Client {
    let mut client = Client::without_token(options(SEED)).await;
    client.sign_in(&format!("aaaaaaaa-0000-4000-8000-00000000000{number}"), secret).await;
    client
}

#[tokio::test]
async fn assignments_name_users_groups_and_apps() {
    let client = signed_in(4, "roles").await;
    let path = "/roleManagement/directory/roleAssignments";
    let all = client.get(path).await;
    let principals = all.each("principalId");
    assert_eq!(principals.len(), 6, "{}", all.text);
    assert_eq!(principals.iter().filter(|it| **it == id(1)).count(), 2);
    assert!(principals.contains(&id(10)) && !principals.contains(&id(3)), "{principals:?}");
    assert!(all.each("directoryScopeId").iter().all(|it| it == "/"));

    let selected =
        client.get(&format!("{path}?$select=roleDefinitionId&$filter=principalId eq '{}'", id(2))).await;
    let record = &selected.body["value"][0];
    assert_eq!((&record["roleDefinitionId"], record.get("principalId")), (&json!(HELPDESK), None));
    assert!(record["id"].as_str().unwrap().ends_with("-1"));

    let expanded =
        client.get(&format!("{path}?$filter=roleDefinitionId eq '{GLOBAL}'&$expand=principal")).await;
    let mut types: Vec<&str> = expanded.body["value"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["principal"]["@odata.type"].as_str().unwrap())
        .collect();
    types.sort_unstable();
    assert_eq!(types, ["#microsoft.graph.servicePrincipal", "#microsoft.graph.user"]);
    let roles =
        client.get(&format!("{path}?$filter=principalId eq '{}'&$expand=roleDefinition", id(10))).await;
    assert_eq!(roles.body["value"][0]["roleDefinition"]["displayName"], "Exchange Administrator");
    assert_eq!(client.get(&format!("{path}?$expand=principal,roleDefinition")).await.status, 400);
    assert_eq!(client.get(&format!("{path}?$top=5")).await.code(), "Request_UnsupportedQuery");
    assert_eq!(client.get(&format!("{path}?$select=unicorn")).await.status, 400);
    assert_eq!(client.get(&format!("{path}?$filter=principalId ne 'x'")).await.status, 400);
}

#[tokio::test]
async fn many_assignments_come_in_pages() {
    let users: Vec<_> = (0..150)
        .map(|it| json!({ "userPrincipalName": format!("user{it}@contoso.com"), "directoryRoles": ["Reports Reader"] }))
        .collect();
    let client = Client::of(&json!({ "users": users }).to_string()).await;
    let path = "/roleManagement/directory/roleAssignments?$select=principalId,roleDefinitionId";
    let first = client.get(path).await;
    assert_eq!(first.each("principalId").len(), 100);
    let second = client.get(first.body["@odata.nextLink"].as_str().unwrap()).await;
    assert_eq!((second.each("principalId").len(), second.body.get("@odata.nextLink")), (50, None));
    assert!(first.each("principalId").iter().all(|it| !second.each("principalId").contains(it)));
    assert_eq!(client.get(&format!("{path}&$skiptoken=made-up")).await.status, 400);
}

#[tokio::test]
async fn definitions_and_eligible_roles_are_listed() {
    let client = signed_in(4, "roles").await;
    let path = "/roleManagement/directory/roleDefinitions";
    let names = client.get(&format!("{path}?$select=id,displayName")).await.each("displayName");
    assert!(names.contains(&"Global Administrator".to_owned()) && 20 < names.len());
    let found = client.get(&format!("{path}?$filter=displayName eq 'Global Administrator'")).await;
    assert_eq!(found.each("id"), [GLOBAL]);
    assert_eq!(client.get(&format!("{path}/{GLOBAL}")).await.body["isBuiltIn"], true);
    assert_eq!(client.get(&format!("{path}/{}", id(1))).await.status, 404);
    let eligible = client.get("/roleManagement/directory/roleEligibilityScheduleInstances").await;
    assert_eq!(eligible.each("principalId"), [id(4)]);
    let without_premium =
        Client::of("").await.get("/roleManagement/directory/roleEligibilityScheduleInstances").await;
    assert_eq!((without_premium.status, without_premium.code()), (400, "AadPremiumLicenseRequired"));
}

#[tokio::test]
async fn the_older_view_shows_active_roles_by_either_id() {
    let client = signed_in(3, "directory").await;
    let roles = client.get("/directoryRoles").await;
    assert_eq!(
        roles.each("displayName"),
        ["Exchange Administrator", "Global Administrator", "Helpdesk Administrator", "User Administrator"]
    );
    let found =
        client.get(&format!("/directoryRoles?$filter=roleTemplateId eq '{HELPDESK}'&$expand=members")).await;
    let role = &found.body["value"][0];
    assert_ne!(role["id"], HELPDESK);
    assert_eq!(role["members"][0]["userPrincipalName"], "desk@contoso.com");
    for key in [role["id"].as_str().unwrap(), HELPDESK] {
        assert_eq!(client.get(&format!("/directoryRoles/{key}/members")).await.each("id"), [id(2)]);
    }
    for key in [format!("/roleTemplateId={HELPDESK}"), format!("(roleTemplateId='{HELPDESK}')")] {
        let path = format!("/directoryRoles{key}");
        assert_eq!(client.get(&format!("{path}/members?$select=id")).await.each("id"), [id(2)], "{path}");
        assert_eq!(client.get(&path).await.body["displayName"], "Helpdesk Administrator");
    }
    // Nobody holds this one, so it is not active.
    assert_eq!(
        client.get("/directoryRoles/roleTemplateId=4a5d8f65-41da-4de4-8968-e035b65339cf").await.status,
        404
    );
}

#[tokio::test]
async fn service_principals_are_found_by_their_app() {
    const APP: &str = "aaaaaaaa-0000-4000-8000-000000000005";
    let client = signed_in(3, "directory").await;
    let by_key = client.get(&format!("/servicePrincipals(appId='{APP}')?$select=id,appId")).await;
    let by_filter = client.get(&format!("/servicePrincipals?$filter=appId eq '{APP}'")).await;
    assert_eq!(by_filter.each("id"), [by_key.id()]);
    assert_eq!(client.get(&format!("/servicePrincipals/{}", by_key.id())).await.body["appId"], APP);
    let held = client
        .get(&format!("/roleManagement/directory/roleAssignments?$filter=principalId eq '{}'", by_key.id()))
        .await;
    assert_eq!(held.each("roleDefinitionId"), [GLOBAL]);
}

#[tokio::test]
async fn reading_roles_takes_a_permission_for_it() {
    let client = signed_in(2, "users").await;
    for path in [
        "/roleManagement/directory/roleAssignments",
        "/roleManagement/directory/roleDefinitions",
        "/roleManagement/directory/roleEligibilityScheduleInstances",
        "/directoryRoles",
        "/servicePrincipals",
    ] {
        client.get(path).await.refused(
            403,
            "Authorization_RequestDenied",
            "Insufficient privileges to complete the operation.",
        );
    }
    let reader = signed_in(3, "directory").await;
    assert_eq!(reader.get("/roleManagement/directory/roleAssignments").await.status, 200);
    // Reading the directory shows what is in force, not what can be activated.
    assert_eq!(reader.get("/roleManagement/directory/roleEligibilityScheduleInstances").await.status, 403);
    let assignment = json!({ "principalId": id(3), "roleDefinitionId": HELPDESK, "directoryScopeId": "/" });
    assert_eq!(
        signed_in(4, "roles")
            .await
            .post("/roleManagement/directory/roleAssignments", assignment)
            .await
            .status,
        403
    );
}

#[tokio::test]
async fn a_role_protects_until_it_is_taken_away() {
    let client = signed_in(1, "all").await;
    let block = json!({ "accountEnabled": false });
    let path = format!("/users/{}", id(4));
    assert_eq!(client.patch(&path, block.clone()).await.status, 204, "an eligible role protects nobody yet");
    let assignment = json!({ "principalId": id(4), "roleDefinitionId": GLOBAL, "directoryScopeId": "/" });
    let made = client.post("/roleManagement/directory/roleAssignments", assignment.clone()).await;
    assert_eq!(made.status, 201, "{}", made.text);
    assert_eq!(client.post("/roleManagement/directory/roleAssignments", assignment).await.status, 400);
    for body in [block.clone(), json!({ "onPremisesImmutableId": "EiZ7L4VagEqYn9/3ZumEfw==" })] {
        assert_eq!(client.patch(&path, body).await.status, 403);
    }
    assert_eq!(client.delete(&path).await.status, 403);
    let role = format!("/roleManagement/directory/roleAssignments/{}", made.id());
    assert_eq!(client.delete(&role).await.status, 204);
    assert_eq!(client.delete(&role).await.status, 404);
    assert_eq!(client.patch(&path, block).await.status, 204);
}

#[tokio::test]
async fn whom_an_app_reaches_depends_on_its_own_role() {
    let block = json!({ "accountEnabled": false });
    // App and users: boss, desk, mia (in a group that holds a role), guest (owner of it), eve.
    for (app, secret, statuses) in [
        (1, "all", [403, 204, 403, 403, 204]),
        (2, "users", [403, 403, 403, 403, 204]),
        (5, "root", [204, 204, 204, 204, 204]),
    ] {
        let client = signed_in(app, secret).await;
        for (number, status) in [1, 2, 3, 5, 4].into_iter().zip(statuses) {
            let reply = client.patch(&format!("/users/{}", id(number)), block.clone()).await;
            assert_eq!(reply.status, status, "{secret} {number}");
        }
    }
    let client = signed_in(2, "users").await;
    let member = format!("/groups/{}/members/{}/$ref", id(10), id(3));
    assert_eq!(client.delete(&member).await.status, 403);
    assert_eq!(client.delete(&format!("/groups/{}", id(10))).await.status, 403);
    assert_eq!(client.patch(&format!("/users/{}", id(1)), json!({ "department": "x" })).await.status, 204);
}

#[tokio::test]
async fn roles_rest_while_their_holder_is_in_the_recycle_bin() {
    let client = signed_in(5, "root").await;
    let held = format!("/roleManagement/directory/roleAssignments?$filter=principalId eq '{}'", id(2));
    client.delete(&format!("/users/{}", id(2))).await;
    assert!(client.get(&held).await.each("id").is_empty());
    // Restoring an administrator takes as much as deleting one.
    let restore = format!("/directory/deletedItems/{}/restore", id(2));
    assert_eq!(client.post(&restore, json!({})).await.status, 200);
    assert_eq!(client.get(&held).await.each("roleDefinitionId"), [HELPDESK]);
}

#[tokio::test]
async fn members_of_members_are_listed_once() {
    let client = Client::of("").await;
    let (outer, inner) = (client.add_group("outer").await, client.add_group("inner").await);
    let (mia, ben) = (client.add_user("mia").await, client.add_user("ben").await);
    for (group, member) in
        [(&outer, &inner), (&inner, &outer), (&inner, &mia), (&outer, &ben), (&outer, &mia)]
    {
        assert_eq!(client.add_member(group, member).await.status, 204);
    }
    let users =
        client.get(&format!("/groups/{outer}/transitiveMembers/microsoft.graph.user?$select=id")).await;
    let mut expected = [mia, ben];
    expected.sort();
    assert_eq!(users.each("id"), expected);
    assert_eq!(client.get(&format!("/groups/{outer}/transitiveMembers?$top=2")).await.each("id").len(), 2);
}

#[tokio::test]
async fn only_a_role_assignable_group_takes_a_role() {
    let client = Client::of("").await;
    let plain = client.add_group("plain").await;
    let mut body = group("admins");
    body["isAssignableToRole"] = true.into();
    let assignable = client.post("/groups", body).await.id();
    let assign =
        |id: &str| json!({ "principalId": id, "roleDefinitionId": HELPDESK, "directoryScopeId": "/" });
    let path = "/roleManagement/directory/roleAssignments";
    assert_eq!(client.post(path, assign(&plain)).await.status, 400);
    assert_eq!(client.post(path, assign(&assignable)).await.status, 201);
    assert_eq!(client.post(path, assign("00000000-0000-4000-8000-00000000dead")).await.status, 404);
}

#[tokio::test]
async fn a_seed_with_a_role_or_a_licence_of_nothing_is_an_error() {
    for (seed, expected) in [
        (
            "users: [{ userPrincipalName: a@contoso.com, directoryRoles: [Emperor] }]",
            "the seed's `a@contoso.com` holds `Emperor`, which is no built-in directory role that the sandbox knows",
        ),
        (
            "users: [{ userPrincipalName: a@contoso.com, licences: [E9] }]",
            "the seed's `a@contoso.com` has a licence of `E9`, which is none of the seed's `skus`",
        ),
    ] {
        let mut wrong = options("");
        wrong.seed = Seed::parse(seed).unwrap();
        let error = start(wrong).await.err().unwrap();
        assert_eq!(std::error::Error::source(&error).unwrap().to_string(), expected);
    }
}
