//! Creating users and groups once, whatever happens to the answers.

use expect_test::{Expect, expect};
use samesign::model::{Anchor, Property};
use samesign::target::{Done, Step, StepValue, TargetError};
use serde_json::{Value, json};

use super::script::{Asked, Say, Tenant, id, token};

const ANCHOR: &str = "EiZ7L4VagEqYn9/3ZumEfw==";
const NAME: &str = "ada@contoso.example";

fn anchor() -> Anchor {
    ANCHOR.parse().unwrap()
}

fn create_ada() -> Step {
    let text = |it: &str| StepValue::Text(it.to_owned());
    let values = vec![
        (Property::UserPrincipalName, text(NAME)),
        (Property::DisplayName, text("Ada")),
        (Property::MailNickname, text("ada")),
        (Property::AccountEnabled, StepValue::Switch(true)),
    ];
    Step::CreateUser { anchor: anchor(), values }
}

fn create_staff() -> Step {
    let text = |it: &str| StepValue::Text(it.to_owned());
    let values = vec![(Property::DisplayName, text("staff")), (Property::MailNickname, text("staff"))];
    Step::CreateGroup { anchor: anchor(), values }
}

fn ada() -> Value {
    json!({ "id": id(1).to_string(), "userPrincipalName": NAME, "onPremisesImmutableId": ANCHOR })
}

fn conflict() -> Say {
    let details = json!([{ "code": "ObjectConflict", "message": "taken", "target": "userPrincipalName" }]);
    let message = "Another object with the same value for property userPrincipalName already exists.";
    Say::Json(
        400,
        json!({ "error": { "code": "Request_BadRequest", "message": message, "details": details } }),
    )
}

/// Plays a list of answers, one for each request but those for tokens.
async fn check(steps: &[Step], says: Vec<Say>, expected: Expect) {
    let mut says = says.into_iter();
    let tenant = Tenant::start(move |asked: &Asked| {
        if asked.path.ends_with("/token") {
            return token();
        }
        says.next().unwrap_or_else(|| Say::error(418, "Unexpected", "the script has no more answers"))
    })
    .await;
    let writer = tenant.writer();
    let mut told = Vec::new();
    for step in steps {
        let outcome = writer.carry_out(std::slice::from_ref(step)).await.remove(0);
        told.push(match outcome {
            Ok(done) => format!("{done:?}"),
            Err(error) => error.to_string().replace(&tenant.address.to_string(), "HOST"),
        });
    }
    expected.assert_eq(&[tenant.lines(), told].concat().join("\n"));
}

fn created() -> Say {
    Say::Json(201, ada())
}

fn absent() -> Say {
    Say::error(404, "Request_ResourceNotFound", "no")
}

fn none() -> Say {
    Say::Json(200, json!({ "value": [] }))
}

#[tokio::test]
async fn a_new_user_gets_a_password_that_nobody_knows() {
    let tenant =
        Tenant::start(|asked| if asked.path.ends_with("/token") { token() } else { created() }).await;
    let outcomes = tenant.writer().carry_out(&[create_ada(), create_ada()]).await;
    assert_eq!(outcomes[0].as_ref().unwrap(), &Done::Applied(id(1)));
    let mut body = tenant.asked()[0].body.clone();
    let password = body["passwordProfile"]["password"].take();
    let password = password.as_str().unwrap();
    assert_eq!(password.len(), 127);
    for class in [char::is_ascii_uppercase, char::is_ascii_lowercase, char::is_ascii_digit] {
        assert!(password.chars().any(|it| class(&it)));
    }
    assert_ne!(password, tenant.asked()[1].body["passwordProfile"]["password"].as_str().unwrap());
    expect![[r#"{"userPrincipalName":"ada@contoso.example","displayName":"Ada","mailNickname":"ada","accountEnabled":true,"onPremisesImmutableId":"EiZ7L4VagEqYn9/3ZumEfw==","passwordProfile":{"password":null,"forceChangePasswordNextSignIn":false}}"#]].assert_eq(&body.to_string());
}

#[tokio::test(start_paused = true)]
async fn a_lost_answer_to_a_creation_is_looked_up_and_not_repeated() {
    check(
        &[create_ada()],
        vec![Say::Nothing, Say::Json(200, ada())],
        expect![[r#"
        POST /users
        GET /users/ada%40contoso.example
        Applied(CloudId(00000000-0000-4000-8000-000000000001))"#]],
    )
    .await;
    let unavailable = Say::error(503, "ServiceUnavailable", "busy");
    let listed = Say::Json(200, json!({ "value": [ada()] }));
    check(
        &[create_ada()],
        vec![unavailable.clone(), absent(), listed],
        expect![[r#"
        POST /users
        GET /users/ada%40contoso.example
        GET /users
        Applied(CloudId(00000000-0000-4000-8000-000000000001))"#]],
    )
    .await;
    // It was not carried out: it is sent again.
    check(
        &[create_ada()],
        vec![unavailable, absent(), none(), created()],
        expect![[r#"
        POST /users
        GET /users/ada%40contoso.example
        GET /users
        POST /users
        Applied(CloudId(00000000-0000-4000-8000-000000000001))"#]],
    )
    .await;
    // It was carried out, but neither place shows it yet.
    let late = vec![Say::Nothing, absent(), none(), conflict(), Say::Json(200, ada())];
    check(
        &[create_ada()],
        late,
        expect![[r#"
        POST /users
        GET /users/ada%40contoso.example
        GET /users
        POST /users
        GET /users/ada%40contoso.example
        Applied(CloudId(00000000-0000-4000-8000-000000000001))"#]],
    )
    .await;
    let garbled = Say::Raw(201, "application/json", b"{\"id\":".to_vec());
    check(
        &[create_ada()],
        vec![garbled, Say::Json(200, ada())],
        expect![[r#"
        POST /users
        GET /users/ada%40contoso.example
        Applied(CloudId(00000000-0000-4000-8000-000000000001))"#]],
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_name_that_somebody_else_has_is_an_error() {
    let mut other = ada();
    other["onPremisesImmutableId"] = Value::Null;
    check(&[create_ada()], vec![conflict(), Say::Json(200, other), none()], expect![[r#"
        POST /users
        GET /users/ada%40contoso.example
        GET /users
        POST /users was answered with 400 Request_BadRequest: Another object with the same value for property userPrincipalName already exists. (ObjectConflict userPrincipalName) (request-id req-1)"#]]).await;
    check(
        &[create_ada()],
        vec![conflict(), Say::Json(200, ada())],
        expect![[r#"
        POST /users
        GET /users/ada%40contoso.example
        AlreadySo(CloudId(00000000-0000-4000-8000-000000000001))"#]],
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_throttled_creation_was_not_carried_out() {
    let throttled = Say::With(429, vec![("retry-after", "3".to_owned())], json!({}));
    check(
        &[create_ada()],
        vec![throttled, created()],
        expect![[r#"
        POST /users
        POST /users
        Applied(CloudId(00000000-0000-4000-8000-000000000001))"#]],
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_validation_error_of_a_creation_is_tried_thrice() {
    let invalid = Say::error(400, "Request_BadRequest", "One or more property values specified are invalid.");
    check(
        &[create_ada()],
        vec![invalid.clone(), created()],
        expect![[r#"
        POST /users
        POST /users
        Applied(CloudId(00000000-0000-4000-8000-000000000001))"#]],
    )
    .await;
    check(&[create_ada()], vec![invalid; 9], expect![[r#"
        POST /users
        POST /users
        POST /users
        POST /users was answered with 400 Request_BadRequest: One or more property values specified are invalid. (request-id req-1)"#]]).await;
}

#[tokio::test(start_paused = true)]
async fn a_group_is_created_or_found_by_its_unique_name() {
    let group = json!({ "id": id(5).to_string() });
    check(
        &[create_staff()],
        vec![Say::Json(201, group.clone())],
        expect![[r#"
        PATCH /groups(uniqueName='2f7b2612-5a85-4a80-989f-dff766e9847f')
        Applied(CloudId(00000000-0000-4000-8000-000000000005))"#]],
    )
    .await;
    let found = || Say::Json(200, group.clone());
    check(
        &[create_staff()],
        vec![Say::Json(204, json!(null)), found()],
        expect![[r#"
        PATCH /groups(uniqueName='2f7b2612-5a85-4a80-989f-dff766e9847f')
        GET /groups(uniqueName='2f7b2612-5a85-4a80-989f-dff766e9847f')
        AlreadySo(CloudId(00000000-0000-4000-8000-000000000005))"#]],
    )
    .await;
    check(
        &[create_staff()],
        vec![Say::Nothing, Say::Json(204, json!(null)), absent(), found()],
        expect![[r#"
            PATCH /groups(uniqueName='2f7b2612-5a85-4a80-989f-dff766e9847f')
            PATCH /groups(uniqueName='2f7b2612-5a85-4a80-989f-dff766e9847f')
            GET /groups(uniqueName='2f7b2612-5a85-4a80-989f-dff766e9847f')
            GET /groups(uniqueName='2f7b2612-5a85-4a80-989f-dff766e9847f')
            Applied(CloudId(00000000-0000-4000-8000-000000000005))"#]],
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn replicas_that_do_not_know_our_new_objects_get_time() {
    let add = Step::AddMembers { group: id(9), members: vec![id(1)] };
    let unknown = Say::error(
        400,
        "Request_BadRequest",
        "The source resource object or one of the objects being referenced don't exist.",
    );
    let says = vec![created(), unknown.clone(), absent(), Say::Json(204, json!(null))];
    check(
        &[create_ada(), add.clone()],
        says,
        expect![[r#"
        POST /users
        PATCH /groups/00000000-0000-4000-8000-000000000009
        PATCH /groups/00000000-0000-4000-8000-000000000009
        PATCH /groups/00000000-0000-4000-8000-000000000009
        Applied(CloudId(00000000-0000-4000-8000-000000000001))
        Applied(CloudId(00000000-0000-4000-8000-000000000009))"#]],
    )
    .await;
    // Of an object that we did not create, the same answer is the truth.
    check(&[add], vec![unknown], expect![[r#"
        PATCH /groups/00000000-0000-4000-8000-000000000009
        PATCH /groups/00000000-0000-4000-8000-000000000009 was answered with 400 Request_BadRequest: The source resource object or one of the objects being referenced don't exist. (request-id req-1)"#]]).await;
    let update = Step::UpdateUser { id: id(2), values: vec![(Property::JobTitle, None)] };
    check(&[create_ada(), update], vec![created(), absent()], expect![[r#"
        POST /users
        PATCH /users/00000000-0000-4000-8000-000000000002
        Applied(CloudId(00000000-0000-4000-8000-000000000001))
        PATCH /users/00000000-0000-4000-8000-000000000002 was answered with 404 Request_ResourceNotFound: no (request-id req-1)"#]]).await;
}

#[tokio::test(start_paused = true)]
async fn a_fate_that_stays_unknown_is_reported_as_unknown() {
    let tenant =
        Tenant::start(|asked| if asked.path.ends_with("/token") { token() } else { Say::Nothing }).await;
    let error = tenant.writer().carry_out(&[create_ada()]).await.remove(0).unwrap_err();
    assert!(matches!(error, TargetError::NoAnswer { .. }) && error.is_outcome_unknown());
    let posts = tenant.asked().iter().filter(|it| it.method == "POST").count();
    assert!(posts <= 4, "{posts}");
}
