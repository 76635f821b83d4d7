//! How much goes into one request, and what stands in it besides.

use samesign::model::Property;
use samesign::target::dirsync::{Connection, DirSync};
use samesign::target::{Done, Step, StepValue, Target};
use samesign::wire::provisioning::{Anchor, LinkOperation, PropertyValue, Request, SyncToken};

use super::script::{Service, TOKEN, World, anchor, id, known, many, outcomes};

fn rename(number: u32) -> Step {
    let name = StepValue::Text(format!("Name {number}"));
    Step::UpdateUser { id: id(number), values: vec![(Property::DisplayName, Some(name))] }
}

#[tokio::test]
async fn thirty_objects_go_into_one_request() {
    let service = Service::kind().await;
    let target = DirSync::new(&service.connection(), World::default(), many(100));
    let steps: Vec<Step> = (1000..1065).map(rename).collect();
    let results = target.carry_out(&steps).await;
    for (number, result) in (1000..).zip(results) {
        assert_eq!(result.unwrap(), Done::Applied(id(number)));
    }
    let sizes: Vec<usize> = service.batches().iter().map(Vec::len).collect();
    assert_eq!(sizes, [30, 30, 5]);
}

#[tokio::test]
async fn fifty_thousand_members_go_in_several_requests_of_fifteen_thousand() {
    let service = Service::kind().await;
    let target = DirSync::new(&service.connection(), World::default(), many(50_000));
    let members: Vec<_> = (1000..51_000).map(id).collect();
    let mut steps = vec![Step::UpdateGroup {
        id: id(11),
        values: vec![(Property::DisplayName, Some(StepValue::Text("All".to_owned())))],
    }];
    steps.extend(
        members.chunks(Step::MEMBERS_MAX).map(|it| Step::AddMembers { group: id(11), members: it.to_vec() }),
    );
    steps.push(Step::RemoveMember { group: id(11), member: id(1) });
    steps.push(Step::AddMembers { group: id(12), members: vec![id(1)] });
    assert!(target.carry_out(&steps).await.iter().all(Result::is_ok));
    let mut counts = Vec::new();
    let mut seen = Vec::new();
    for batch in service.batches() {
        let mut links = 0;
        for object in &batch {
            let Some(PropertyValue::Links(changes)) = object.property("member") else { panic!("{object:?}") };
            links += changes.len();
            if object.anchor() == Some(&anchor(11).to_string()) {
                seen.extend(
                    changes.iter().filter(|it| it.operation == LinkOperation::Add).map(|it| it.to.clone()),
                );
            }
        }
        counts.push((batch.len(), links));
    }
    assert_eq!(counts, [(1, 15_000), (1, 15_000), (1, 15_000), (2, 5_002)]);
    let wanted: Vec<Anchor> = (1000..51_000).map(|it| Anchor::Source(anchor(it).to_string())).collect();
    assert!(seen == wanted, "every member comes once, in order");
    assert_eq!(
        service.batches().concat().iter().filter(|it| it.property("displayName").is_some()).count(),
        1
    );
}

#[tokio::test]
async fn no_request_names_an_object_twice() {
    let service = Service::kind().await;
    let target = service.target();
    let steps = [rename(1), Step::DeleteUser { id: id(1) }, rename(2)];
    assert_eq!(
        outcomes(&target, &steps).await,
        ["applied 000000000001", "applied 000000000001", "applied 000000000002"]
    );
    let sizes: Vec<usize> = service.batches().iter().map(Vec::len).collect();
    assert_eq!(sizes, [1, 2]);
}

#[tokio::test]
async fn a_request_states_the_client_and_holds_the_token_in_its_body_only() {
    let service = Service::kind().await;
    let mut settings = service.settings();
    settings.build_number = "2.5.79.0".to_owned();
    let target = DirSync::new(&Connection::open(settings).unwrap(), World::default(), known());
    outcomes(&target, &[rename(1)]).await;
    let asked = &service.asked()[0];
    let header =
        |name: &str| asked.headers.iter().find(|(it, _)| it == name).map(|(_, value)| value.as_str());
    assert_eq!(header("content-type"), Some("application/soap+msbin1"));
    assert_eq!(header("x-ms-aadmsods-apiaction"), Some("ProvisionAzureADSyncObjects2"));
    assert_eq!(header("x-ms-aadmsods-dirsyncbuildnumber"), Some("2.5.79.0"));
    assert_eq!(header("x-ms-aadmsods-tenantid"), Some("0c5a2f2e-6f0c-4b0e-8a59-1f2f3a4b5c6d"));
    assert_eq!(header("authorization"), None);
    let token = asked.received.token.as_ref().unwrap();
    assert_eq!(token.bearer_token.reveal(), format!("{TOKEN}1"));
    assert_eq!(token.build_number, "2.5.79.0");
    assert_eq!(token.application_id, SyncToken::APPLICATION_V2);
    assert_eq!(header("client-request-id"), Some(token.tracking_id.to_string().as_str()));
    assert_eq!(asked.received.head.message_id, Some(token.tracking_id));
    assert_eq!(asked.received.head.to, format!("http://{}/provisioningservice.svc", service.address));
    assert!(service.tokens()[0].contains("scope=6bf85cfa-ac8a-4be5-b5de-425a0d0dc016%2F.default"));
    let shown = format!("{:?} {:?}", service.settings(), target);
    assert!(!shown.contains(TOKEN) && !shown.contains("s3cret"), "{shown}");
}

#[tokio::test]
async fn two_users_of_one_connection_wait_for_each_other() {
    let service = Service::kind().await;
    let connection = service.connection();
    let one = DirSync::new(&connection, World::default(), many(100));
    let two = DirSync::new(&connection, World::default(), many(100));
    let steps: Vec<Step> = (1000..1100).map(rename).collect();
    // The scripted service fails the test if two requests are under way at once.
    let (one, two) = tokio::join!(one.carry_out(&steps), two.carry_out(&steps));
    assert!(one.iter().chain(&two).all(Result::is_ok));
    assert_eq!(service.tokens().len(), 1);
}

#[tokio::test]
async fn the_end_of_a_run_is_said_once_with_its_counts() {
    let service = Service::kind().await;
    let target = service.target();
    target.finalize_export().await.unwrap();
    outcomes(&target, &[rename(1), rename(2)]).await;
    target.finalize_export().await.unwrap();
    target.finalize_export().await.unwrap();
    let asked = service.asked();
    assert_eq!(asked.len(), 2);
    assert!(matches!(asked[1].received.request, Request::FinalizeExport { total: 2, successful: 2 }));
}
