//! Each step as the requests that it becomes.

use std::fmt::Write as _;

use expect_test::{Expect, expect};
use samesign::model::{Anchor, Property};
use samesign::target::{Step, StepValue, TargetError};
use serde_json::json;

use super::script::{Asked, Say, Tenant, id, token};

fn text(value: &str) -> StepValue {
    StepValue::Text(value.to_owned())
}

/// Answers what `answer` knows, and 204 to everything else.
async fn check(step: Step, mut answer: impl FnMut(&Asked) -> Option<Say> + Send + 'static, expected: Expect) {
    let tenant = Tenant::start(move |asked| match answer(asked) {
        _ if asked.path.ends_with("/token") => token(),
        Some(say) => say,
        None => Say::Json(204, json!(null)),
    })
    .await;
    let outcomes = tenant.writer().carry_out(&[step]).await;
    let mut told = String::new();
    for asked in tenant.asked() {
        let prefer = asked.header("prefer").map(|it| format!(" [{it}]")).unwrap_or_default();
        let body = asked.body.to_string().replace(&tenant.address.to_string(), "HOST");
        writeln!(told, "{} {}{prefer} {body}", asked.method, asked.path).unwrap();
    }
    match &outcomes[0] {
        Ok(done) => write!(told, "{done:?}").unwrap(),
        Err(error) => write!(told, "{error}").unwrap(),
    }
    expected.assert_eq(&told);
}

fn nothing(_: &Asked) -> Option<Say> {
    None
}

#[expect(clippy::unnecessary_wraps, reason = "the form that `check` takes")]
fn not_found(_: &Asked) -> Option<Say> {
    Some(Say::error(404, "Request_ResourceNotFound", "does not exist"))
}

#[tokio::test]
async fn an_update_sends_only_what_it_is_given() {
    let values = vec![
        (Property::JobTitle, Some(text("Clerk \"&<+#\n"))),
        (Property::Department, None),
        (Property::BusinessPhones, Some(StepValue::Set(vec!["+44 1".to_owned()]))),
        (Property::OtherMails, None),
        (Property::ExtensionAttribute2, Some(text("two"))),
        (Property::ExtensionAttribute15, None),
        (Property::AccountEnabled, Some(StepValue::Switch(true))),
    ];
    check(Step::UpdateUser { id: id(1), values }, nothing, expect![[r#"
        PATCH /users/00000000-0000-4000-8000-000000000001 {"jobTitle":"Clerk \"&<+#\n","department":null,"businessPhones":["+44 1"],"otherMails":[],"accountEnabled":true,"onPremisesExtensionAttributes":{"extensionAttribute2":"two","extensionAttribute15":null}}
        Applied(CloudId(00000000-0000-4000-8000-000000000001))"#]]).await;
    check(
        Step::UpdateUser { id: id(1), values: Vec::new() },
        nothing,
        expect!["AlreadySo(CloudId(00000000-0000-4000-8000-000000000001))"],
    )
    .await;
    let manager = vec![(Property::Manager, Some(text("x")))];
    check(
        Step::UpdateUser { id: id(1), values: manager },
        nothing,
        expect!["the step cannot be sent: manager does not take such a value"],
    )
    .await;
    let values = vec![(Property::Description, None)];
    check(
        Step::UpdateGroup { id: id(1), values },
        nothing,
        expect![[r#"
        PATCH /groups/00000000-0000-4000-8000-000000000001 {"description":null}
        Applied(CloudId(00000000-0000-4000-8000-000000000001))"#]],
    )
    .await;
    let anchor: Anchor = "EiZ7L4VagEqYn9/3ZumEfw==".parse().unwrap();
    check(
        Step::SetAnchor { id: id(1), anchor },
        nothing,
        expect![[r#"
        PATCH /users/00000000-0000-4000-8000-000000000001 {"onPremisesImmutableId":"EiZ7L4VagEqYn9/3ZumEfw=="}
        Applied(CloudId(00000000-0000-4000-8000-000000000001))"#]],
    )
    .await;
}

#[tokio::test]
async fn blocking_also_ends_the_sessions() {
    check(
        Step::BlockUser { id: id(1) },
        nothing,
        expect![[r#"
        PATCH /users/00000000-0000-4000-8000-000000000001 {"accountEnabled":false}
        POST /users/00000000-0000-4000-8000-000000000001/revokeSignInSessions ""
        Applied(CloudId(00000000-0000-4000-8000-000000000001))"#]],
    )
    .await;
    let value = |it: &Asked| it.path.ends_with("Sessions").then(|| Say::Json(200, json!({ "value": true })));
    check(
        Step::BlockUser { id: id(1) },
        value,
        expect![[r#"
        PATCH /users/00000000-0000-4000-8000-000000000001 {"accountEnabled":false}
        POST /users/00000000-0000-4000-8000-000000000001/revokeSignInSessions ""
        Applied(CloudId(00000000-0000-4000-8000-000000000001))"#]],
    )
    .await;
    check(
        Step::UnblockUser { id: id(1) },
        nothing,
        expect![[r#"
        PATCH /users/00000000-0000-4000-8000-000000000001 {"accountEnabled":true}
        Applied(CloudId(00000000-0000-4000-8000-000000000001))"#]],
    )
    .await;
}

#[tokio::test]
async fn managers_are_references() {
    check(Step::SetManager { id: id(1), manager: Some(id(2)) }, nothing, expect![[r#"
        PUT /users/00000000-0000-4000-8000-000000000001/manager/$ref {"@odata.id":"http://HOST/v1.0/directoryObjects/00000000-0000-4000-8000-000000000002"}
        Applied(CloudId(00000000-0000-4000-8000-000000000001))"#]]).await;
    check(
        Step::SetManager { id: id(1), manager: None },
        nothing,
        expect![[r#"
        DELETE /users/00000000-0000-4000-8000-000000000001/manager/$ref ""
        Applied(CloudId(00000000-0000-4000-8000-000000000001))"#]],
    )
    .await;
    check(
        Step::SetManager { id: id(1), manager: None },
        not_found,
        expect![[r#"
        DELETE /users/00000000-0000-4000-8000-000000000001/manager/$ref ""
        AlreadySo(CloudId(00000000-0000-4000-8000-000000000001))"#]],
    )
    .await;
}

#[tokio::test]
async fn what_is_gone_needs_no_deletion() {
    check(
        Step::DeleteUser { id: id(1) },
        nothing,
        expect![[r#"
        DELETE /users/00000000-0000-4000-8000-000000000001 ""
        Applied(CloudId(00000000-0000-4000-8000-000000000001))"#]],
    )
    .await;
    check(
        Step::DeleteUser { id: id(1) },
        not_found,
        expect![[r#"
        DELETE /users/00000000-0000-4000-8000-000000000001 ""
        AlreadySo(CloudId(00000000-0000-4000-8000-000000000001))"#]],
    )
    .await;
    check(
        Step::DeleteGroup { id: id(1) },
        not_found,
        expect![[r#"
        DELETE /groups/00000000-0000-4000-8000-000000000001 ""
        AlreadySo(CloudId(00000000-0000-4000-8000-000000000001))"#]],
    )
    .await;
    let denied = |_: &Asked| Some(Say::error(403, "Authorization_RequestDenied", "Insufficient privileges"));
    check(Step::DeleteUser { id: id(1) }, denied, expect![[r#"
        DELETE /users/00000000-0000-4000-8000-000000000001 ""
        GET /roleManagement/directory/roleAssignments?$filter=principalId%20eq%20%2700000000-0000-4000-8000-000000000001%27&$select=principalId,roleDefinitionId ""
        GET /users/00000000-0000-4000-8000-000000000001/memberOf/microsoft.graph.group?$select=id,isAssignableToRole&$top=999 ""
        DELETE /users/00000000-0000-4000-8000-000000000001 was refused: the app may not delete users (request-id req-1)"#]]).await;
}

#[tokio::test]
async fn a_member_is_removed_by_its_reference_and_never_itself() {
    let step = Step::RemoveMember { group: id(1), member: id(2) };
    check(step.clone(), nothing, expect![[r#"
        DELETE /groups/00000000-0000-4000-8000-000000000001/members/00000000-0000-4000-8000-000000000002/$ref ""
        Applied(CloudId(00000000-0000-4000-8000-000000000001))"#]]).await;
    check(step.clone(), not_found, expect![[r#"
        DELETE /groups/00000000-0000-4000-8000-000000000001/members/00000000-0000-4000-8000-000000000002/$ref ""
        AlreadySo(CloudId(00000000-0000-4000-8000-000000000001))"#]]).await;
    let words = "One or more removed object references do not exist for the following modified properties: 'members'.";
    check(step, move |_| Some(Say::error(400, "Request_BadRequest", words)), expect![[r#"
        DELETE /groups/00000000-0000-4000-8000-000000000001/members/00000000-0000-4000-8000-000000000002/$ref ""
        AlreadySo(CloudId(00000000-0000-4000-8000-000000000001))"#]]).await;
}

#[tokio::test]
async fn whoever_comes_back_otherwise_than_they_went_says_so() {
    let restore = |name: Option<&str>, leaves_addresses| Step::Restore {
        id: id(1),
        name: name.map(str::to_owned),
        leaves_addresses,
    };
    check(restore(Some("a.b@contoso.com"), false), nothing, expect![[r#"
        POST /directory/deletedItems/00000000-0000-4000-8000-000000000001/restore {"newUserPrincipalName":"a.b@contoso.com"}
        Applied(CloudId(00000000-0000-4000-8000-000000000001))"#]]).await;
    check(restore(Some("a.b@contoso.com"), true), nothing, expect![[r#"
        POST /directory/deletedItems/00000000-0000-4000-8000-000000000001/restore {"newUserPrincipalName":"a.b@contoso.com","autoReconcileProxyConflict":true}
        Applied(CloudId(00000000-0000-4000-8000-000000000001))"#]]).await;
    check(restore(None, true), nothing, expect![[r#"
        POST /directory/deletedItems/00000000-0000-4000-8000-000000000001/restore {"autoReconcileProxyConflict":true}
        Applied(CloudId(00000000-0000-4000-8000-000000000001))"#]]).await;
}

#[tokio::test]
async fn restoring_what_is_active_changes_nothing() {
    check(
        Step::Restore { id: id(1), name: None, leaves_addresses: false },
        nothing,
        expect![[r#"
        POST /directory/deletedItems/00000000-0000-4000-8000-000000000001/restore ""
        Applied(CloudId(00000000-0000-4000-8000-000000000001))"#]],
    )
    .await;
    let active = |it: &Asked| {
        if it.path.starts_with("/groups/") {
            Some(Say::Json(200, json!({ "id": id(1).to_string() })))
        } else {
            not_found(it)
        }
    };
    check(
        Step::Restore { id: id(1), name: None, leaves_addresses: false },
        active,
        expect![[r#"
        POST /directory/deletedItems/00000000-0000-4000-8000-000000000001/restore ""
        GET /users/00000000-0000-4000-8000-000000000001?$select=id ""
        GET /groups/00000000-0000-4000-8000-000000000001?$select=id ""
        AlreadySo(CloudId(00000000-0000-4000-8000-000000000001))"#]],
    )
    .await;
    check(Step::Restore { id: id(1), name: None, leaves_addresses: false }, not_found, expect![[r#"
        POST /directory/deletedItems/00000000-0000-4000-8000-000000000001/restore ""
        GET /users/00000000-0000-4000-8000-000000000001?$select=id ""
        GET /groups/00000000-0000-4000-8000-000000000001?$select=id ""
        POST /directory/deletedItems/00000000-0000-4000-8000-000000000001/restore was answered with 404 Request_ResourceNotFound: does not exist (request-id req-1)"#]]).await;
}

fn already() -> Say {
    let words =
        "One or more added object references already exist for the following modified properties: 'members'.";
    Say::error(400, "Request_BadRequest", words)
}

#[tokio::test]
async fn members_are_added_together_or_one_by_one() {
    let step = |members: &[u32]| Step::AddMembers {
        group: id(1),
        members: members.iter().copied().map(id).collect(),
    };
    check(step(&[3, 2, 3]), nothing, expect![[r#"
        PATCH /groups/00000000-0000-4000-8000-000000000001 {"members@odata.bind":["http://HOST/v1.0/directoryObjects/00000000-0000-4000-8000-000000000002","http://HOST/v1.0/directoryObjects/00000000-0000-4000-8000-000000000003"]}
        Applied(CloudId(00000000-0000-4000-8000-000000000001))"#]]).await;
    let one_there =
        |it: &Asked| (it.method == "PATCH" || it.body.to_string().contains(&id(2).to_string())).then(already);
    check(step(&[2, 3]), one_there, expect![[r#"
        PATCH /groups/00000000-0000-4000-8000-000000000001 {"members@odata.bind":["http://HOST/v1.0/directoryObjects/00000000-0000-4000-8000-000000000002","http://HOST/v1.0/directoryObjects/00000000-0000-4000-8000-000000000003"]}
        POST /groups/00000000-0000-4000-8000-000000000001/members/$ref {"@odata.id":"http://HOST/v1.0/directoryObjects/00000000-0000-4000-8000-000000000002"}
        POST /groups/00000000-0000-4000-8000-000000000001/members/$ref {"@odata.id":"http://HOST/v1.0/directoryObjects/00000000-0000-4000-8000-000000000003"}
        Applied(CloudId(00000000-0000-4000-8000-000000000001))"#]]).await;
    check(step(&[2]), |_| Some(already()), expect![[r#"
        PATCH /groups/00000000-0000-4000-8000-000000000001 {"members@odata.bind":["http://HOST/v1.0/directoryObjects/00000000-0000-4000-8000-000000000002"]}
        POST /groups/00000000-0000-4000-8000-000000000001/members/$ref {"@odata.id":"http://HOST/v1.0/directoryObjects/00000000-0000-4000-8000-000000000002"}
        AlreadySo(CloudId(00000000-0000-4000-8000-000000000001))"#]]).await;
    check(step(&[]), nothing, expect!["AlreadySo(CloudId(00000000-0000-4000-8000-000000000001))"]).await;
    check(
        step(&(1..=21).collect::<Vec<_>>()),
        nothing,
        expect!["the step cannot be sent: 21 members at once, at most 20"],
    )
    .await;
}

#[tokio::test]
async fn steps_on_one_object_keep_their_order_and_never_share_a_batch() {
    let tenant =
        Tenant::start(
            |asked| if asked.path.ends_with("/token") { token() } else { Say::Json(204, json!(null)) },
        )
        .await;
    let mut steps = Vec::new();
    for round in 0..3 {
        for at in 1..=30 {
            let values = vec![(Property::JobTitle, Some(text(&format!("round {round}"))))];
            steps.push(Step::UpdateUser { id: id(at), values });
        }
    }
    let outcomes = tenant.writer().carry_out(&steps).await;
    assert!(outcomes.iter().all(Result::is_ok) && outcomes.len() == 90);
    let asked = tenant.asked();
    assert_eq!(asked.len(), 90);
    for at in 1..=30 {
        let of_one: Vec<String> = asked
            .iter()
            .filter(|it| it.path.ends_with(&id(at).to_string()))
            .map(|it| it.body["jobTitle"].as_str().unwrap().to_owned())
            .collect();
        assert_eq!(of_one, ["round 0", "round 1", "round 2"]);
    }
    assert!(60 <= asked.iter().filter(|it| it.batched).count(), "independent steps travel together");
}

#[tokio::test]
async fn a_refusal_of_the_connection_stops_the_rest() {
    let tenant = Tenant::start(|asked| {
        if asked.path.ends_with("/token") {
            Say::Json(401, json!({ "error": "invalid_client", "error_codes": [7_000_222] }))
        } else {
            Say::Json(204, json!(null))
        }
    })
    .await;
    let steps: Vec<Step> = (1..=2000).map(|at| Step::DeleteUser { id: id(at) }).collect();
    let outcomes = tenant.writer().carry_out(&steps).await;
    assert!(outcomes.iter().all(|it| matches!(it, Err(TargetError::Token { .. }))));
    assert!(tenant.tokens_asked().len() < 20, "{}", tenant.tokens_asked().len());
    assert_eq!(tenant.asked().len(), 0);
}

fn denied() -> Say {
    Say::error(403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.")
}

#[tokio::test]
async fn a_user_whom_the_service_protects_is_named_with_what_to_do() {
    let by_role = |asked: &Asked| {
        if asked.method != "GET" {
            Some(denied())
        } else if asked.path.contains("roleAssignments") {
            let held = json!({ "principalId": id(1).to_string(), "roleDefinitionId": "r-1" });
            Some(Say::Json(200, json!({ "value": [held] })))
        } else {
            Some(Say::Json(
                200,
                json!({ "id": id(1).to_string(), "userPrincipalName": "ada@contoso.example" }),
            ))
        }
    };
    check(Step::BlockUser { id: id(1) }, by_role, expect![[r#"
        PATCH /users/00000000-0000-4000-8000-000000000001 {"accountEnabled":false}
        GET /roleManagement/directory/roleAssignments?$filter=principalId%20eq%20%2700000000-0000-4000-8000-000000000001%27&$select=principalId,roleDefinitionId ""
        GET /users/00000000-0000-4000-8000-000000000001?$select=userPrincipalName ""
        ada@contoso.example holds an admin role, and Microsoft protects such users: to write users like this one, the app lacks the Entra role Privileged Authentication Administrator (request-id req-1)"#]]).await;
    let by_group = |asked: &Asked| {
        if asked.method != "GET" {
            Some(denied())
        } else if asked.path.contains("/memberOf/") {
            Some(Say::Json(
                200,
                json!({ "value": [{ "id": id(9).to_string(), "isAssignableToRole": true }] }),
            ))
        } else if asked.path.contains("roleAssignments") {
            Some(Say::Json(200, json!({ "value": [] })))
        } else {
            Some(denied())
        }
    };
    check(Step::DeleteUser { id: id(1) }, by_group, expect![[r#"
        DELETE /users/00000000-0000-4000-8000-000000000001 ""
        GET /roleManagement/directory/roleAssignments?$filter=principalId%20eq%20%2700000000-0000-4000-8000-000000000001%27&$select=principalId,roleDefinitionId ""
        GET /users/00000000-0000-4000-8000-000000000001/memberOf/microsoft.graph.group?$select=id,isAssignableToRole&$top=999 ""
        GET /users/00000000-0000-4000-8000-000000000001?$select=userPrincipalName ""
        00000000-0000-4000-8000-000000000001 holds an admin role, and Microsoft protects such users: to delete users like this one, the app lacks the Entra role Privileged Authentication Administrator (request-id req-1)"#]]).await;
    let tenant =
        Tenant::start(
            move |asked| {
                if asked.path.ends_with("/token") { token() } else { by_role(asked).unwrap() }
            },
        )
        .await;
    let error = tenant.writer().carry_out(&[Step::BlockUser { id: id(1) }]).await.remove(0).unwrap_err();
    expect!["the permission User.ReadWrite.All does not reach administrators, and the role should not be given to the app: change ada@contoso.example by hand as an administrator, or take the admin role away first, or leave the account out of scope"].assert_eq(&error.hint().unwrap());
}

#[tokio::test]
async fn a_block_counts_though_the_sessions_could_not_be_ended() {
    let no_right = |asked: &Asked| asked.path.ends_with("revokeSignInSessions").then(denied);
    check(
        Step::BlockUser { id: id(1) },
        no_right,
        expect![[r#"
        PATCH /users/00000000-0000-4000-8000-000000000001 {"accountEnabled":false}
        POST /users/00000000-0000-4000-8000-000000000001/revokeSignInSessions ""
        Applied(CloudId(00000000-0000-4000-8000-000000000001))"#]],
    )
    .await;
    let not_blocked = |asked: &Asked| {
        (asked.method == "PATCH").then(|| Say::error(400, "Request_BadRequest", "mastered elsewhere"))
    };
    check(Step::BlockUser { id: id(1) }, not_blocked, expect![[r#"
        PATCH /users/00000000-0000-4000-8000-000000000001 {"accountEnabled":false}
        PATCH /users/00000000-0000-4000-8000-000000000001 was answered with 400 Request_BadRequest: mastered elsewhere (request-id req-1)"#]]).await;
}
