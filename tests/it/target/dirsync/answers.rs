//! What answers come to: matched by anchor, warnings, failures with what to do, and what is left open.

use expect_test::{Expect, expect};
use samesign::model::Property;
use samesign::target::{Step, StepValue, Target, TargetError};
use samesign::wire::provisioning::{Answer, Capabilities, CompanyConfiguration, ObjectResult, ResultCode};
use samesign::wire::soap::Field;

use super::script::{Asked, Say, Service, id, line, outcomes, result_of};

fn rename(number: u32) -> Step {
    let name = StepValue::Text(format!("Name {number}"));
    Step::UpdateUser { id: id(number), values: vec![(Property::DisplayName, Some(name))] }
}

/// Answers each request with its good results after they went through `alter`.
async fn altered(alter: impl Fn(&mut Vec<ObjectResult>) + Send + 'static) -> Service {
    Service::start(move |asked: &Asked| {
        let mut results: Vec<ObjectResult> = asked.objects().iter().map(result_of).collect();
        alter(&mut results);
        Say::Good(Answer::Objects2(results))
    })
    .await
}

fn fail(result: &mut ObjectResult, code: &str, words: &str) {
    result.code = ResultCode::Failure;
    result.error_code = Some(code.to_owned());
    result.error_description = Some(words.to_owned());
}

#[tokio::test]
async fn results_belong_to_their_anchors_wherever_they_stand() {
    let service = altered(|results| {
        results.rotate_left(1);
        fail(&mut results[0], "AttributeValueMustBeUnique", "Unable to update this object.");
        results[0]
            .further
            .push(Field::new("ObjectIdInConflict", "User_00000000-0000-4000-8000-000000000099"));
        // Twice, a stranger, and one that only its cloud anchor names.
        results.push(ObjectResult { code: ResultCode::Success, ..results[0].clone() });
        results.push(ObjectResult { source_anchor: Some("stranger".to_owned()), ..results[1].clone() });
        results[1].source_anchor = None;
    })
    .await;
    let target = service.target();
    let shown = outcomes(&target, &[rename(1), rename(2), rename(3)]).await.join("\n");
    expect![[r#"
        applied 000000000001
        user2 was not written (AttributeValueMustBeUnique): Unable to update this object. [ObjectIdInConflict: User_00000000-0000-4000-8000-000000000099] (tracking id ID)
        applied 000000000003"#]].assert_eq(&strip(&shown, &service));
}

#[tokio::test]
async fn a_success_with_words_is_done_and_warned_of() {
    let service = altered(|results| {
        results[0].error_code = Some("QuarantinedAttribute".to_owned());
        results[0].error_description = Some("smtp:a@b is held by another object".to_owned());
    })
    .await;
    let target = service.target();
    assert_eq!(outcomes(&target, &[rename(1)]).await, ["applied 000000000001"]);
    expect![[r#"
        [
            Warning {
                object: "user1",
                code: "QuarantinedAttribute",
                description: "smtp:a@b is held by another object",
            },
        ]
    "#]]
    .assert_debug_eq(&target.take_warnings());
    assert!(target.take_warnings().is_empty());
}

#[tokio::test]
async fn what_the_answer_leaves_open_is_unknown() {
    let service = altered(|results| {
        results.remove(0);
        results[0].code = ResultCode::Missing;
        results[1].code = ResultCode::Other("Perhaps".to_owned());
        results[2].cloud_anchor = None;
    })
    .await;
    let target = service.target();
    let create = Step::CreateUser {
        anchor: super::script::anchor(600),
        values: vec![(Property::DisplayName, StepValue::Text("New".to_owned()))],
    };
    let results = target.carry_out(&[rename(1), rename(2), rename(3), create]).await;
    let mut shown = String::new();
    for result in results {
        let error = result.unwrap_err();
        assert!(error.is_outcome_unknown() && !error.concerns_everything());
        shown = format!("{shown}{}\n", strip(&error.to_string(), &service));
    }
    expect![[r#"
        the answer of HOST does not say what became of user1: there is no result for it (tracking id ID)
        the answer of HOST does not say what became of user2: its result has no code (tracking id ID)
        the answer of HOST does not say what became of user3: its result is "Perhaps" (tracking id ID)
        the answer of HOST does not say what became of New: it was written, but has no cloud anchor (tracking id ID)
    "#]].assert_eq(&shown);
}

/// Without what changes from run to run.
pub(super) fn strip(text: &str, service: &Service) -> String {
    let mut text = text.replace(&service.name(), "HOST");
    for label in ["(tracking id ", "(request-id "] {
        let parts: Vec<&str> = text.split(label).collect();
        let rest = parts[1..].iter().map(|it| {
            let (id, rest) = it.split_once(')').unwrap();
            let id = if id == "track-9" { id } else { "ID" };
            format!("{label}{id}){rest}")
        });
        text = std::iter::once(parts[0].to_owned()).chain(rest).collect();
    }
    text
}

#[tokio::test]
async fn a_match_with_another_object_is_an_error() {
    let service = altered(|results| {
        results[0].cloud_anchor = Some(format!("User_{}", id(42)));
    })
    .await;
    let target = service.target();
    let error = target.carry_out(&[rename(1)]).await.remove(0).unwrap_err();
    expect!["user1 was matched with 00000000-0000-4000-8000-000000000042 instead of 00000000-0000-4000-8000-000000000001, which was not written"].assert_eq(&error.to_string());
}

async fn check_failure(code: &'static str, expected: Expect) {
    let service = altered(move |results| fail(&mut results[0], code, "words")).await;
    let results = service.target().carry_out(&[rename(1), rename(2)]).await;
    let error = results[0].as_ref().unwrap_err();
    assert!(!error.is_outcome_unknown() && !error.concerns_everything());
    assert!(results[1].is_ok(), "the others go on");
    expected.assert_eq(&format!(
        "{}\n{}",
        strip(&error.to_string(), &service),
        error.hint().unwrap_or_default()
    ));
}

#[tokio::test]
async fn failures_of_objects_say_what_to_do() {
    check_failure("InvalidSoftMatch", expect![[r#"
        user1 was not written (InvalidSoftMatch): words (tracking id ID)
        another object of the tenant has this name or address, and another anchor: find out whether they are the same, then correct the anchor or take the name from one of them"#]]).await;
    check_failure("InvalidHardMatch", expect![[r#"
        user1 was not written (InvalidHardMatch): words (tracking id ID)
        the tenant does not let this cloud object be taken over: look at blockCloudObjectTakeoverThroughHardMatchEnabled, at the object's onPremisesObjectIdentifier and at its admin roles"#]]).await;
    check_failure(
        "ObjectTypeMismatch",
        expect![[r#"
        user1 was not written (ObjectTypeMismatch): words (tracking id ID)
        an object of another kind has the same address: change the address of one of them"#]],
    )
    .await;
    check_failure("AttributeValueMustBeUnique", expect![[r#"
        user1 was not written (AttributeValueMustBeUnique): words (tracking id ID)
        another object of the tenant has the same value: find it, also in the recycle bin, and change one of the two"#]]).await;
    check_failure(
        "IdentityDataValidationFailed",
        expect![[r#"
        user1 was not written (IdentityDataValidationFailed): words (tracking id ID)
        check the user principal name: characters and a verified domain"#]],
    )
    .await;
    check_failure(
        "LargeObject",
        expect![[r#"
        user1 was not written (LargeObject): words (tracking id ID)
        shorten the lists: addresses and certificates above all"#]],
    )
    .await;
    check_failure("ExistingAdminRoleConflict", expect![[r#"
        user1 was not written (ExistingAdminRoleConflict): words (tracking id ID)
        a user with an admin role has the same name, and such users are never matched: take the role away, match, then give it back, or leave the account out of scope"#]]).await;
    check_failure(
        "SomethingNew",
        expect![[r#"
        user1 was not written (SomethingNew): words (tracking id ID)
    "#]],
    )
    .await;
}

#[tokio::test]
async fn the_settings_of_the_tenant_and_the_builds_can_be_read() {
    let configuration = CompanyConfiguration {
        is_dir_syncing: Some(true),
        links_per_batch_max: Some(15_000),
        ..CompanyConfiguration::default()
    };
    let xml = "<A MinimumProductVersion='2.5.79.0'/>".to_owned();
    let service = Service::first(vec![
        Say::Good(Answer::CompanyConfiguration(Box::new(configuration.clone()))),
        Say::Good(Answer::Capabilities(Capabilities { xml })),
    ])
    .await;
    let connection = service.connection();
    assert_eq!(connection.company_configuration().await.unwrap(), configuration);
    assert_eq!(connection.capabilities().await.unwrap().minimum_version(), Some("2.5.79.0"));
    connection.sign_in().await.unwrap();
    assert_eq!(service.tokens().len(), 1);
}

#[tokio::test]
async fn an_answer_to_another_operation_is_malformed() {
    let service = Service::first(vec![Say::Good(Answer::ExportFinalized); 3]).await;
    let mut settings = service.settings();
    settings.patience.backoff = std::time::Duration::ZERO;
    let connection = samesign::target::dirsync::Connection::open(settings).unwrap();
    let error = connection.capabilities().await.unwrap_err();
    assert!(matches!(error, TargetError::Malformed { .. }));
    expect![[r#"the answer to POST /provisioningservice.svc from HOST is malformed: the provisioning service answered "FinalizeExportResponse" to Capabilities"#]].assert_eq(&strip(&error.to_string(), &service));
}

#[tokio::test]
async fn names_in_the_services_words_do_not_break_the_line() {
    let service = altered(|results| fail(&mut results[0], "X", "<b>one</b>\n\u{9}two &amp; three")).await;
    let shown = outcomes(&service.target(), &[rename(1)]).await.remove(0);
    expect!["user1 was not written (X): <b>one</b> two &amp; three (tracking id ID)"]
        .assert_eq(&strip(&shown, &service));
    assert!(line(&service.batches()[0][0]).starts_with("Set User"));
}
