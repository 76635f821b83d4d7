//! What steps become in messages.

use expect_test::{Expect, expect};
use samesign::model::{AttributesBuilder, CloudUser, Property};
use samesign::target::dirsync::DirSync;
use samesign::target::{Current, Step, StepValue};

use super::script::{Service, World, anchor, id, known, line, outcomes, user};

fn text(value: &str) -> StepValue {
    StepValue::Text(value.to_owned())
}

/// Carries steps out and shows what was sent and what came of it.
async fn check(world: World, steps: &[Step], expected: Expect) {
    let service = Service::kind().await;
    let target = DirSync::new(&service.connection(), world, known());
    let outcomes = outcomes(&target, steps).await;
    let mut shown = String::new();
    for batch in service.batches() {
        shown.push_str("request\n");
        for object in &batch {
            shown = format!("{shown}  {}\n", line(object));
        }
    }
    for outcome in outcomes {
        shown = format!("{shown}{outcome}\n");
    }
    expected.assert_eq(&shown);
}

#[tokio::test]
async fn all_steps_on_one_object_become_one_object_of_the_message() {
    let steps = [
        Step::UpdateUser {
            id: id(1),
            values: vec![
                (Property::DisplayName, Some(text("<b>Ann</b> &amp; 'Bo'"))),
                (Property::JobTitle, None),
                (Property::BusinessPhones, Some(StepValue::Set(vec!["+49 1".to_owned()]))),
            ],
        },
        Step::BlockUser { id: id(2) },
        Step::SetManager { id: id(1), manager: Some(id(3)) },
        Step::SetManager { id: id(2), manager: None },
        Step::UnblockUser { id: id(1) },
        Step::UpdateGroup {
            id: id(11),
            values: vec![
                (Property::Description, Some(text("d"))),
                (Property::ExtensionAttribute7, Some(text("x"))),
                (Property::MailNickname, Some(text("nick"))),
            ],
        },
        Step::DeleteUser { id: id(4) },
        Step::DeleteGroup { id: id(12) },
    ];
    check(World::default(), &steps, expect![[r#"
        request
          Set User SourceAnchor=AAAAAQcHBwcHBwcHBwcHBw== displayName=<b>Ann</b> &amp; 'Bo' title=nil telephoneNumber=+49 1 manager=AAAAAwcHBwcHBwcHBwcHBw== accountEnabled=true
          Set User SourceAnchor=AAAAAgcHBwcHBwcHBwcHBw== accountEnabled=false manager=nil
          Set Group SourceAnchor=AAAACwcHBwcHBwcHBwcHBw== Description=d extensionAttribute7=x alias=nick
          Delete User SourceAnchor=AAAABAcHBwcHBwcHBwcHBw==
          Delete Group SourceAnchor=AAAADAcHBwcHBwcHBwcHBw==
        applied 000000000001
        applied 000000000002
        applied 000000000001
        applied 000000000002
        applied 000000000001
        applied 000000000011
        applied 000000000004
        applied 000000000012
    "#]]).await;
}

#[tokio::test]
async fn what_is_created_is_known_by_its_anchor_and_then_by_its_id() {
    let service = Service::kind().await;
    let target = service.target();
    let steps = [
        Step::CreateUser {
            anchor: anchor(500),
            values: vec![
                (Property::UserPrincipalName, text("ann@contoso.example")),
                (Property::AccountEnabled, StepValue::Switch(true)),
                (Property::EmployeeId, text("7")),
            ],
        },
        Step::CreateGroup {
            anchor: anchor(501),
            values: vec![
                (Property::DisplayName, text("Team")),
                (Property::SecurityEnabled, StepValue::Switch(true)),
            ],
        },
    ];
    assert_eq!(outcomes(&target, &steps).await, ["applied 000000000500", "applied 000000000501"]);
    let steps = [Step::AddMembers { group: id(501), members: vec![id(500), id(20)] }];
    assert_eq!(outcomes(&target, &steps).await, ["applied 000000000501"]);
    let lines: Vec<String> = service.batches().concat().iter().map(line).collect();
    expect![[r#"
        Set User SourceAnchor=AAAB9AcHBwcHBwcHBwcHBw== userPrincipalName=ann@contoso.example accountEnabled=true employeeId=7
        Set Group SourceAnchor=AAAB9QcHBwcHBwcHBwcHBw== displayName=Team SecurityEnabled=true
        Set Group SourceAnchor=AAAB9QcHBwcHBwcHBwcHBw== member=[LinkChange { to: Source("AAAB9AcHBwcHBwcHBwcHBw=="), operation: Add }, LinkChange { to: Cloud("User_00000000-0000-4000-8000-000000000020"), operation: Add }]"#]].assert_eq(&lines.join("\n"));
}

#[tokio::test]
async fn members_come_and_go_as_changes_and_the_last_word_counts() {
    let steps = [
        Step::AddMembers { group: id(11), members: vec![id(1), id(12)] },
        Step::RemoveMember { group: id(11), member: id(2) },
        Step::RemoveMember { group: id(11), member: id(1) },
        Step::AddMembers { group: id(13), members: vec![id(77)] },
    ];
    check(World::default(), &steps, expect![[r#"
        request
          Set Group SourceAnchor=AAAACwcHBwcHBwcHBwcHBw== member=[LinkChange { to: Source("AAAAAQcHBwcHBwcHBwcHBw=="), operation: Remove }, LinkChange { to: Source("AAAADAcHBwcHBwcHBwcHBw=="), operation: Add }, LinkChange { to: Source("AAAAAgcHBwcHBwcHBwcHBw=="), operation: Remove }]
        applied 000000000011
        applied 000000000011
        applied 000000000011
        group13 cannot be sent: it refers to 00000000-0000-4000-8000-000000000077, whose anchor is not known
    "#]]).await;
}

#[tokio::test]
async fn an_object_without_a_known_anchor_is_named_by_its_cloud_anchor() {
    let steps = [
        Step::BlockUser { id: id(20) },
        Step::SetManager { id: id(1), manager: Some(id(20)) },
        Step::Restore { id: id(20), name: None, leaves_addresses: false },
    ];
    check(
        World::default(),
        &steps[..2],
        expect![[r#"
            request
              Set User CloudAnchor=User_00000000-0000-4000-8000-000000000020 accountEnabled=false
            applied 000000000020
            user1 cannot be sent: it refers to 00000000-0000-4000-8000-000000000020, whose anchor is not known
        "#]],
    )
    .await;
    check(
        World::default(),
        &steps[2..],
        expect![[r#"
        the step cannot be sent: user20 cannot be restored: its anchor is not known
    "#]],
    )
    .await;
}

/// With addresses of their own, and one that the tenant calculates.
fn addressed(user: CloudUser) -> CloudUser {
    let mut attributes = AttributesBuilder::default();
    for property in [Property::UserPrincipalName, Property::DisplayName] {
        attributes.push(property.id(), user.attributes.text(property.id()).unwrap().as_bytes());
    }
    attributes.push(Property::Mail.id(), b"t@contoso.example");
    attributes.push(Property::MailNickname.id(), b"t");
    for address in ["SMTP:t@contoso.example", "smtp:also@contoso.example", "smtp:t@c.onmicrosoft.com"] {
        attributes.push(Property::ProxyAddresses.id(), address.as_bytes());
    }
    CloudUser { attributes: attributes.finish(), ..user }
}

#[tokio::test]
async fn taking_over_and_restoring_say_the_name_that_the_service_matches_by() {
    let mut world = World::default();
    world.current.insert(id(20), Current::User(Box::new(addressed(user(20, "twenty@contoso.example")))));
    // The recycle bin puts the id before the name.
    let name = format!("{}one@contoso.example", id(1).to_string().replace('-', ""));
    let deleted_at = Some("2026-11-20T00:00:00Z".parse().unwrap());
    world.users.insert(anchor(1), CloudUser { deleted_at, ..user(1, &name) });
    // Somebody else has the anchor now.
    world.users.insert(anchor(2), user(3, "three@contoso.example"));
    let steps = [
        Step::SetAnchor { id: id(20), anchor: anchor(20) },
        Step::UpdateUser { id: id(20), values: vec![(Property::City, Some(text("Bonn")))] },
        Step::Restore { id: id(1), name: None, leaves_addresses: false },
        Step::Restore { id: id(2), name: None, leaves_addresses: false },
        Step::SetAnchor { id: id(5), anchor: anchor(5) },
        Step::Restore { id: id(11), name: None, leaves_addresses: false },
        Step::SetAnchor { id: id(12), anchor: anchor(12) },
    ];
    check(world, &steps, expect![[r#"
        request
          Set User SourceAnchor=AAAAFAcHBwcHBwcHBwcHBw== city=Bonn userPrincipalName=twenty@contoso.example displayName=Shown Name mail=t@contoso.example alias=t proxyAddresses=["SMTP:t@contoso.example", "smtp:also@contoso.example"]
          Set User SourceAnchor=AAAAAQcHBwcHBwcHBwcHBw== userPrincipalName=one@contoso.example displayName=Shown Name
        applied 000000000020
        applied 000000000020
        applied 000000000001
        the step cannot be sent: user2 is not found by its anchor any more
        the step cannot be sent: user5 is not an active user any more
        a group cannot be restored through the protocol of Entra Connect
        a group cannot be taken over through the protocol of Entra Connect
    "#]]).await;
}

#[tokio::test]
async fn whoever_comes_back_under_another_name_is_sent_with_it() {
    let mut world = World::default();
    let deleted_at = Some("2026-11-20T00:00:00Z".parse().unwrap());
    world.users.insert(anchor(1), CloudUser { deleted_at, ..user(1, "one@contoso.example") });
    let name = Some("uno@contoso.example".to_owned());
    check(world, &[Step::Restore { id: id(1), name, leaves_addresses: true }], expect![[r#"
        request
          Set User SourceAnchor=AAAAAQcHBwcHBwcHBwcHBw== userPrincipalName=uno@contoso.example displayName=Shown Name
        applied 000000000001
    "#]]).await;
}

#[tokio::test]
async fn what_cannot_be_said_keeps_its_object_back_and_no_other() {
    let name = |id, name: &str| Step::UpdateUser {
        id,
        values: vec![(Property::City, Some(text("Bonn"))), (Property::DisplayName, Some(text(name)))],
    };
    let other_mails = vec![(Property::OtherMails, Some(StepValue::Set(vec!["a@b".to_owned()])))];
    let phones = StepValue::Set(vec!["1".to_owned(), "2".to_owned()]);
    let steps = [
        name(id(1), "bad\u{1}name"),
        Step::SetManager { id: id(1), manager: Some(id(2)) },
        name(id(2), "good\tname"),
        Step::UpdateUser { id: id(3), values: other_mails },
        Step::UpdateUser { id: id(4), values: vec![(Property::BusinessPhones, Some(phones))] },
        Step::UpdateGroup { id: id(11), values: vec![(Property::City, None)] },
        name(id(5), "\u{fffe}"),
    ];
    check(World::default(), &steps, expect![[r#"
        request
          Set User SourceAnchor=AAAAAgcHBwcHBwcHBwcHBw== city=Bonn displayName=good	name
        displayName of user1 cannot be sent
        displayName of user1 cannot be sent
        applied 000000000002
        otherMails of user3 cannot be sent: the protocol of Entra Connect has no attribute for it at users
        businessPhones of user4 cannot be sent: the protocol of Entra Connect has no attribute for more than one value of it
        city of group11 cannot be sent: the protocol of Entra Connect has no attribute for it at groups
        displayName of user5 cannot be sent
    "#]]).await;
}

#[tokio::test]
async fn long_values_arrive_as_they_are() {
    let long = "<b>&amp;ü\u{1F600}]]>".repeat(2000);
    assert!(32 * 1024 < long.len());
    let service = Service::kind().await;
    let values = vec![(Property::ExtensionAttribute1, Some(text(&long)))];
    let target = service.target();
    assert_eq!(outcomes(&target, &[Step::UpdateUser { id: id(1), values }]).await, ["applied 000000000001"]);
    assert!(line(&service.batches()[0][0]).ends_with(&long));
}
