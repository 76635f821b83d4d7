//! Redirects, a busy service, lost and broken answers, and refusals. Time is tokio's and stands still.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use expect_test::{Expect, expect};
use samesign::model::Property;
use samesign::target::dirsync::{Connection, DirSync, Endpoints, Settings};
use samesign::target::{Current, Disposition, Step, StepValue, Target, TargetError};
use samesign::wire::provisioning::{Answer, ObjectResult, ResultCode, ServiceFault};
use samesign::wire::soap::Fault;
use tokio::time::Instant;

use super::answers::strip;
use super::script::{Asked, Say, Service, World, id, known, outcomes, refused, taken};
use crate::stalling::{STALLS, host};

fn rename(number: u32) -> Step {
    let name = StepValue::Text(format!("Name {number}"));
    Step::UpdateUser { id: id(number), values: vec![(Property::DisplayName, Some(name))] }
}

fn redirect(to: &str) -> Say {
    Say::Fault(ServiceFault::Redirect(to.to_owned()))
}

async fn fail(service: &Service) -> TargetError {
    service.target().carry_out(&[rename(1)]).await.remove(0).unwrap_err()
}

#[tokio::test]
async fn a_redirect_is_followed_and_remembered() {
    let there = Service::kind().await;
    let to = format!("http://{}/other.svc", there.address);
    let here = Service::first(vec![redirect(&to)]).await;
    let target = here.target();
    assert_eq!(outcomes(&target, &[rename(1)]).await, ["applied 000000000001"]);
    assert_eq!(outcomes(&target, &[rename(2)]).await, ["applied 000000000002"]);
    assert_eq!((here.asked().len(), there.asked().len()), (1, 2));
    let asked = &there.asked()[0];
    assert_eq!(asked.path, "/other.svc");
    assert_eq!(asked.received.head.to, to);
    assert_ne!(asked.received.head.message_id, here.asked()[0].received.head.message_id);
}

async fn check_redirect(to: &str, expected: Expect) {
    let service = Service::first(vec![redirect(to)]).await;
    let error = fail(&service).await;
    assert!(error.concerns_everything() && !error.is_outcome_unknown());
    expected.assert_eq(&strip(&error.to_string(), &service));
    assert_eq!(service.asked().len(), 1);
}

#[tokio::test]
async fn a_redirect_elsewhere_does_not_get_the_token() {
    check_redirect("https://evil.example/p.svc?secret=1", expect!["HOST redirects ProvisionAzureADSyncObjects2 to https://evil.example/p.svc; not followed: the host is in another domain"]).await;
    check_redirect("http://evil.example/", expect!["HOST redirects ProvisionAzureADSyncObjects2 to http://evil.example/; not followed: it is not https"]).await;
    check_redirect("https://u:p@127.0.0.1/", expect!["HOST redirects ProvisionAzureADSyncObjects2 to 127.0.0.1/; not followed: it holds a user name or password"]).await;
    check_redirect(
        "\u{202e}nonsense",
        expect!["HOST redirects ProvisionAzureADSyncObjects2 to ?nonsense; not followed: it is no address"],
    )
    .await;
}

#[tokio::test]
async fn three_redirects_are_enough() {
    let address = Arc::new(Mutex::new(String::new()));
    let own = Arc::clone(&address);
    let service = Service::start(move |_: &Asked| redirect(&own.lock().unwrap())).await;
    *address.lock().unwrap() = format!("http://{}/again.svc", service.address);
    let error = fail(&service).await;
    expect!["HOST redirects ProvisionAzureADSyncObjects2 to http://HOST/again.svc; not followed: there were three redirects before it"].assert_eq(&strip(&error.to_string(), &service));
    assert_eq!(service.asked().len(), 4);
}

async fn check_waits(says: Vec<Say>, seconds: std::ops::RangeInclusive<u64>) {
    let asks = says.len() + 1;
    let service = Service::first(says).await;
    let target = service.target();
    let began = Instant::now();
    assert_eq!(outcomes(&target, &[rename(1)]).await, ["applied 000000000001"]);
    let waited = began.elapsed().as_secs();
    assert!(seconds.contains(&waited), "{waited} s");
    let asked = service.asked();
    assert_eq!(asked.len(), asks);
    assert_eq!(asked[0].objects(), asked[asks - 1].objects(), "the same Set is sent again");
}

#[tokio::test(start_paused = true)]
async fn a_busy_service_is_asked_again_after_half_a_minute_and_longer() {
    let busy = || refused("81", "The service is currently busy. It will be retried automatically.");
    check_waits(vec![busy(), busy()], 90..=135).await;
    check_waits(vec![refused("", "We are currently busy")], 30..=45).await;
    check_waits(vec![Say::Raw(503, None, b"<html>".to_vec())], 30..=45).await;
    check_waits(vec![Say::Raw(429, Some("7"), Vec::new())], 7..=8).await;
    let receiver = Fault { code: "Receiver".to_owned(), reason: "x".to_owned(), ..Fault::default() };
    check_waits(vec![Say::Fault(ServiceFault::Soap(receiver))], 30..=45).await;
}

#[tokio::test(start_paused = true)]
async fn a_lost_or_broken_answer_is_asked_for_again() {
    check_waits(vec![Say::Nothing, Say::Nothing], 90..=135).await;
    let whole = Answer::Objects2(vec![ObjectResult { code: ResultCode::Success, ..ObjectResult::default() }]);
    check_waits(vec![Say::Cut(whole.clone(), 90)], 30..=45).await;
    check_waits(vec![Say::Cut(whole, 0)], 30..=45).await;
    check_waits(vec![Say::Raw(200, None, b"<html></html>".to_vec())], 30..=45).await;
}

async fn check_given_up(say: Say, asks: usize, expected: Expect) {
    let service = Service::start(move |_: &Asked| say.clone()).await;
    let target = service.target();
    // Two requests would be needed.
    let results = target.carry_out(&[rename(1), Step::DeleteUser { id: id(1) }]).await;
    let error = results[0].as_ref().unwrap_err();
    assert_eq!(service.asked().len(), asks);
    let kind = match (error.concerns_everything(), error.is_outcome_unknown()) {
        (true, false) => "everything",
        (false, true) => "unknown",
        (false, false) => "this",
        (true, true) => "contradiction",
    };
    let hint = error.hint().unwrap_or_default();
    expected.assert_eq(&format!("{}\n{kind}; {hint}", strip(&error.to_string(), &service)));
}

#[tokio::test(start_paused = true)]
async fn patience_ends_with_an_error_that_says_what_happened() {
    check_given_up(
        refused("81", "currently busy"),
        7,
        expect![[r#"
            HOST refused ProvisionAzureADSyncObjects2 (code 81): currently busy (tracking id track-9)
            everything; run it again later; what was written stays"#]],
    )
    .await;
    check_given_up(
        Say::Nothing,
        14,
        expect![[r#"
        no answer to POST /provisioningservice.svc from HOST; whether it was carried out is not known
        unknown; "#]],
    )
    .await;
    check_given_up(Say::Raw(200, None, b"nonsense".to_vec()), 6, expect![[r#"
        the answer to POST /provisioningservice.svc from HOST is malformed: the message is not well-formed: byte 2 of the binary XML: the document breaks off
        unknown; "#]]).await;
    check_given_up(Say::Raw(302, None, Vec::new()), 2, expect![[r#"
        POST /provisioningservice.svc was answered with 302 (no code): a redirect of HTTP, which is not followed (request-id ID)
        this; "#]]).await;
    check_given_up(Say::Raw(503, Some("86400"), Vec::new()), 2, expect![[r#"
        POST /provisioningservice.svc was answered with 503 (no code): the answer is no message of the service (request-id ID)
        unknown; "#]]).await;
}

#[tokio::test]
async fn a_refusal_of_the_whole_request_says_what_to_check() {
    let denied = "Access to Azure Active Directory has been denied. Contact Technical Support.";
    check_given_up(refused("115", denied), 2, expect![[r#"
        HOST refused ProvisionAzureADSyncObjects2 (code 115): Access to Azure Active Directory has been denied. Contact Technical Support. (tracking id track-9)
        everything; check that an administrator consented to the app's permission ADSynchronization.ReadWrite.All, that directory synchronisation is enabled in the tenant, and that the build number is one of Entra Connect that the service still serves"#]]).await;
    check_given_up(
        refused("", "Identity synchronization is not yet activated for this company"),
        1,
        expect![[r#"
            HOST refused ProvisionAzureADSyncObjects2 (code none): Identity synchronization is not yet activated for this company (tracking id track-9)
            everything; enable directory synchronisation in the tenant (onPremisesSyncEnabled of the organisation); it may take hours until the service knows"#]],
    )
    .await;
    check_given_up(
        refused("114", "The synchronization operation, Delete, is not valid."),
        2,
        expect![[r#"
            HOST refused ProvisionAzureADSyncObjects2 (code 114): The synchronization operation, Delete, is not valid. (tracking id track-9)
            this; "#]],
    )
    .await;
    let sender =
        Fault { code: "Sender".to_owned(), reason: "Unable to read.".to_owned(), ..Fault::default() };
    check_given_up(
        Say::Fault(ServiceFault::Soap(sender)),
        2,
        expect![[r#"
        HOST refused ProvisionAzureADSyncObjects2 (code Sender): Unable to read. (tracking id ID)
        this; "#]],
    )
    .await;
    check_given_up(Say::Raw(401, None, Vec::new()), 2, expect![[r#"
        HOST refused ProvisionAzureADSyncObjects2 (code HTTP 401): the answer is no message of the service (tracking id ID)
        everything; check that an administrator consented to the app's permission ADSynchronization.ReadWrite.All, that directory synchronisation is enabled in the tenant, and that the build number is one of Entra Connect that the service still serves"#]]).await;
}

#[tokio::test]
async fn one_object_for_which_the_whole_request_is_refused_does_not_take_the_others_with_it() {
    let service = Service::start(|asked: &Asked| {
        if asked.objects().iter().any(|it| it.anchor() == Some(&super::script::anchor(4).to_string())) {
            return refused("114", "The synchronization operation, Delete, is not valid.");
        }
        Say::Good(taken(asked))
    })
    .await;
    let steps: Vec<Step> =
        (1..=7).map(|it| if it == 4 { Step::DeleteUser { id: id(4) } } else { rename(it) }).collect();
    let results = service.target().carry_out(&steps).await;
    let failed: Vec<usize> = (1..).zip(&results).filter(|(_, it)| it.is_err()).map(|(at, _)| at).collect();
    assert_eq!(failed, [4]);
    let sizes: Vec<usize> = service.batches().iter().map(Vec::len).collect();
    assert_eq!(sizes, [7, 4, 2, 2, 1, 1, 1, 1, 1]);
}

#[tokio::test]
async fn after_a_denial_one_new_token_is_tried() {
    let service = Service::first(vec![refused("115", "Access has been denied.")]).await;
    assert_eq!(outcomes(&service.target(), &[rename(1)]).await, ["applied 000000000001"]);
    assert_eq!(service.tokens().len(), 2);
    let token = |at: usize| service.asked()[at].received.token.clone().unwrap().bearer_token;
    assert_ne!(token(0).reveal(), token(1).reveal());
}

#[tokio::test(start_paused = true)]
async fn a_deletion_whose_answer_was_lost_is_looked_up() {
    let failing = |asked: &Asked| {
        let Answer::Objects2(mut results) = taken(asked) else { panic!("not asked") };
        for result in &mut results {
            result.code = ResultCode::Failure;
            result.error_code = Some("InvalidDelete".to_owned());
        }
        Say::Good(Answer::Objects2(results))
    };
    let mut lost = true;
    let service =
        Service::start(
            move |asked| {
                if std::mem::replace(&mut lost, false) { Say::Nothing } else { failing(asked) }
            },
        )
        .await;
    let mut world = World::default();
    world.current.insert(id(1), Current::Deleted);
    world.current.insert(id(2), Current::User(Box::default()));
    let target = DirSync::new(&service.connection(), world, known());
    let steps = [Step::DeleteUser { id: id(1) }, Step::DeleteUser { id: id(2) }, rename(3)];
    let found = outcomes(&target, &steps).await;
    assert_eq!(found[0], "applied 000000000001");
    assert!(found[1].starts_with("user2 was not written (InvalidDelete)"), "{}", found[1]);
    assert!(found[2].starts_with("user3 was not written"), "{}", found[2]);
}

#[tokio::test(start_paused = true)]
async fn an_unreachable_service_was_not_asked() {
    let service = Service::kind().await;
    let mut settings = service.settings();
    let login = format!("http://{}", service.address);
    settings.endpoints = Endpoints::explicit(&login, "http://127.0.0.1:1/p.svc").unwrap();
    let target = DirSync::new(&Connection::open(settings).unwrap(), World::default(), known());
    let error = target.carry_out(&[rename(1)]).await.remove(0).unwrap_err();
    expect!["cannot connect to 127.0.0.1:1"].assert_eq(&error.to_string());
    assert_eq!(error.disposition(), Disposition::Retry { after_ms: 30_000 });
    assert!(error.concerns_everything() && !error.is_outcome_unknown());
}

fn check_settings(change: impl Fn(&mut Settings), settings: &Settings, expected: &Expect) {
    let mut settings = settings.clone();
    change(&mut settings);
    expected.assert_eq(&Connection::open(settings).unwrap_err().to_string());
}

#[tokio::test]
async fn settings_that_cannot_work_are_refused_before_anything_is_sent() {
    let service = Service::kind().await;
    let mut settings = service.settings();
    settings.endpoints =
        Endpoints::explicit("https://login.contoso.example", "https://sync.contoso.example/p.svc").unwrap();
    check_settings(
        |it| it.build_number = "2.6".to_owned(),
        &settings,
        &expect![[
            r#"the tenant's connection cannot be used: the build number "2.6" is not four numbers such as 2.6.84.0"#
        ]],
    );
    check_settings(
        |it| it.build_number = "2.6.84.\u{1}".to_owned(),
        &settings,
        &expect![[
            r#"the tenant's connection cannot be used: the build number "2.6.84.\u{1}" is not four numbers such as 2.6.84.0"#
        ]],
    );
    check_settings(
        |it| it.batches.objects_max = 0,
        &settings,
        &expect![
            "the tenant's connection cannot be used: a batch must hold at least one object and one member"
        ],
    );
    check_settings(
        |it| it.redirect_suffix = Some("example.org".to_owned()),
        &settings,
        &expect![[
            r#"the tenant's connection cannot be used: sync.contoso.example is not below the domain "example.org", where redirects are followed"#
        ]],
    );
    check_settings(
        |it| it.redirect_suffix = Some("example".to_owned()),
        &settings,
        &expect![[
            r#"the tenant's connection cannot be used: sync.contoso.example is not below the domain "example", where redirects are followed"#
        ]],
    );
    settings.redirect_suffix = Some("contoso.example".to_owned());
    Connection::open(settings).unwrap();
    Connection::open(Settings::new(Endpoints::global(), service.settings().app, service.settings().clock))
        .unwrap();
}

#[tokio::test]
async fn a_service_that_refuses_each_object_alone_is_not_asked_for_the_rest() {
    let service = Service::start(|_: &Asked| refused("1", "Something is wrong.")).await;
    let mut settings = service.settings();
    settings.batches.objects_max = 4;
    let target = DirSync::new(&Connection::open(settings).unwrap(), World::default(), known());
    let results = target.carry_out(&(1..=9).map(rename).collect::<Vec<_>>()).await;
    assert!(results.iter().all(Result::is_err));
    let sizes: Vec<usize> = service.batches().iter().map(Vec::len).collect();
    assert_eq!(sizes, [4, 2, 1, 1, 1, 1]);
}

#[tokio::test(start_paused = true)]
async fn a_service_that_never_ends_its_answer_is_given_up_after_three_time_limits() {
    for stall in STALLS {
        let address = host(stall, true).await;
        let root = format!("http://{address}");
        let mut settings = Service::kind().await.settings();
        settings.endpoints = Endpoints::explicit(&root, &format!("{root}/provisioningservice.svc")).unwrap();
        settings.timeouts.request = Duration::from_mins(2);
        let target = DirSync::new(&Connection::open(settings).unwrap(), World::default(), known());
        let began = Instant::now();
        // Two requests would be needed.
        let results = target.carry_out(&[rename(1), Step::DeleteUser { id: id(1) }]).await;
        let took = began.elapsed().as_secs();
        assert!((3 * 120 + 90..=3 * 120 + 140).contains(&took), "{took} seconds");
        let [Err(sent), Err(unsent)] = &results[..] else { panic!("{results:?}") };
        assert!(sent.is_outcome_unknown() && sent.to_string().contains(&address.to_string()), "{sent}");
        assert_eq!(unsent.to_string(), format!("{address} does not answer, so this was not sent"));
        assert!(!unsent.is_outcome_unknown());
    }
}
