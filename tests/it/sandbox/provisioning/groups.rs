//! Groups of every sort and their links.

use samesign::wire::provisioning::{
    Anchor, LinkChange, LinkOperation, PropertyValue, Request, ResultCode, SyncObject, SyncObjectType,
};
use serde_json::json;

use super::connector::{Connector, anchor, delete, group, links, set, text, texts, user, user_with};

fn with(mut object: SyncObject, name: &str, value: PropertyValue) -> SyncObject {
    object.properties.push((name.to_owned(), value));
    object
}

#[tokio::test]
async fn mail_and_security_make_the_sort_of_a_group() {
    let connector = Connector::of("").await;
    for (n, security, mail) in [(1, true, false), (2, true, true), (3, false, true)] {
        let mut object = set(
            SyncObjectType::Group,
            n,
            &[("displayName", text("Staff")), ("SecurityEnabled", PropertyValue::Bool(security))],
        );
        if mail {
            object = with(object, "mail", text(&format!("staff{n}@contoso.com")));
        }
        let (id, _) = connector.write(object).await;
        let shown = connector.shown("groups", &id, "securityEnabled,mailEnabled,groupTypes").await;
        assert_eq!(shown, json!({ "securityEnabled": security, "mailEnabled": mail, "groupTypes": [] }));
    }
    let neither = [("displayName", text("Staff")), ("securityEnabled", PropertyValue::Bool(false))];
    assert_eq!(connector.fail(set(SyncObjectType::Group, 4, &neither)).await, "DataValidationFailed");
}

#[tokio::test]
async fn objects_of_one_batch_refer_to_each_other() {
    let connector = Connector::of("").await;
    let add = LinkOperation::Add;
    let results = connector
        .export(vec![
            with(group(1, "staff"), "member", links(&[(2, add), (3, add), (4, add)])),
            with(user(2, "anna"), "manager", text(&anchor(3))),
            user(3, "ben"),
            group(4, "nested"),
            with(with(group(5, "list"), "mail", text("list@contoso.com")), "managedBy", text(&anchor(3))),
        ])
        .await;
    assert!(results.iter().all(|it| it.code == ResultCode::Success), "{results:?}");
    let id = |at: usize| results[at].cloud_anchor.clone().unwrap().split_once('_').unwrap().1.to_owned();
    let members = connector.graph.get(&format!("/groups/{}/members", id(0))).await;
    assert_eq!(members.each("displayName"), ["anna", "ben", "nested"]);
    let manager = connector.graph.get(&format!("/users/{}/manager", id(1))).await;
    assert_eq!(manager.body["displayName"], "ben");
    let owners = connector.graph.get(&format!("/groups/{}/owners", id(4))).await;
    assert_eq!(owners.each("displayName"), ["ben"]);
    connector.write(set(SyncObjectType::User, 2, &[("manager", PropertyValue::Nil)])).await;
    assert_eq!(connector.graph.get(&format!("/users/{}/manager", id(1))).await.status, 404);
}

#[tokio::test]
async fn a_link_to_an_object_that_failed_fails_as_well() {
    let connector = Connector::of("").await;
    let member = links(&[(2, LinkOperation::Add)]);
    let batch = vec![
        with(group(1, "staff"), "member", member.clone()),
        user_with(2, "anna", "usageLocation", text("ZZ")),
    ];
    let results = connector.export(batch).await;
    assert!(results.iter().all(|it| it.code == ResultCode::Failure));
    assert_eq!(connector.fail(with(group(3, "other"), "member", member)).await, "DataValidationFailed");
    let own = links(&[(4, LinkOperation::Add)]);
    assert_eq!(connector.fail(with(group(4, "own"), "member", own)).await, "DataValidationFailed");
}

#[tokio::test]
async fn two_thousand_members_come_and_go_by_changes() {
    let connector = Connector::of("").await;
    for start in (0..2_000).step_by(500) {
        let users = (start..start + 500).map(|n| user(n + 10, &format!("user{n}"))).collect();
        let results = connector.export(users).await;
        assert!(results.iter().all(|it| it.code == ResultCode::Success));
    }
    let all: Vec<(u32, LinkOperation)> = (10..2_010).map(|n| (n, LinkOperation::Add)).collect();
    let (id, _) = connector.write(with(group(1, "staff"), "member", links(&all))).await;
    let count = connector.graph.get_eventual(&format!("/groups/{id}/members/$count")).await;
    assert_eq!(count.text, "2000");
    let gone: Vec<(u32, LinkOperation)> = (10..1_999).map(|n| (n, LinkOperation::Remove)).collect();
    let change = set(SyncObjectType::Group, 1, &[("member", links(&gone))]);
    connector.write(change.clone()).await;
    connector.write(change).await;
    let count = connector.graph.get_eventual(&format!("/groups/{id}/members/$count")).await;
    assert_eq!(count.text, "11");
}

#[tokio::test]
async fn the_first_generation_has_whole_lists_and_the_second_has_changes() {
    let connector = Connector::of("").await;
    connector.export(vec![user(1, "anna"), user(2, "ben"), group(3, "staff")]).await;
    let whole = |anchors: &[&str]| set(SyncObjectType::Group, 3, &[("member", texts(anchors))]);
    let results = connector.export_whole(vec![whole(&[&anchor(1), &anchor(2)])]).await;
    let id = results[0].cloud_anchor.clone().unwrap().replace("Group_", "");
    connector.export_whole(vec![whole(&[&anchor(2)])]).await;
    let members =
        || async { connector.graph.get(&format!("/groups/{id}/members")).await.each("displayName") };
    assert_eq!(members().await, ["ben"]);
    assert_eq!(connector.fail(whole(&[&anchor(1)])).await, "DataValidationFailed");
    let change = set(SyncObjectType::Group, 3, &[("member", links(&[(1, LinkOperation::Add)]))]);
    assert_eq!(connector.export_whole(vec![change]).await[0].code, ResultCode::Failure);
    assert_eq!(members().await, ["ben"]);
}

#[tokio::test]
async fn members_of_the_cloud_are_named_by_their_cloud_anchor() {
    let connector = Connector::of("").await;
    let id = connector.graph.add_user("cleo").await;
    let change = |anchor: String| {
        let to = Anchor::Cloud(anchor);
        let links = PropertyValue::Links(vec![LinkChange { to, operation: LinkOperation::Add }]);
        with(group(1, "staff"), "member", links)
    };
    let (staff, _) = connector.write(change(format!("User_{id}"))).await;
    assert_eq!(connector.graph.get(&format!("/groups/{staff}/members")).await.each("displayName"), ["cleo"]);
    assert_eq!(connector.fail(change(format!("Group_{id}"))).await, "DataValidationFailed");
}

#[tokio::test]
async fn limits_of_a_batch_refuse_all_of_it() {
    let connector = Connector::of("provisioning: { objectsPerBatchMax: 2, linksPerBatchMax: 3 }").await;
    let many = vec![user(1, "a"), user(2, "b"), user(3, "c")];
    let (_, text) = connector.refused(&Request::ProvisionObjects2(many)).await;
    assert_eq!(text, "The batch has more than 2 objects.");
    let four: Vec<_> = (1..5).map(|n| (n, LinkOperation::Remove)).collect();
    let links = vec![with(group(9, "g"), "member", links(&four))];
    let (_, text) = connector.refused(&Request::ProvisionObjects2(links)).await;
    assert_eq!(text, "The batch has more than 3 links.");
}

#[tokio::test]
async fn a_deleted_group_is_gone_and_comes_back_as_another() {
    let connector = Connector::of("").await;
    let (id, _) = connector.write(group(1, "staff")).await;
    connector.write(delete(SyncObjectType::Group, 1)).await;
    assert_eq!(connector.graph.get(&format!("/directory/deletedItems/{id}")).await.status, 404);
    assert_ne!(connector.write(group(1, "staff")).await.0, id);
    assert_eq!(connector.fail(delete(SyncObjectType::User, 1)).await, "114");
}
